"""Payloads and stored data of which one value is something else."""

from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

HUGE = st.sampled_from(
    [10**18, -(10**18), 2**64, 2**63, 2**32, 1e308, -1e308, 5e-324, -0.0, 4_294_967_292, 99_999_999_999]
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | HUGE | st.text()
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
WRONG: tuple[Any, ...] = (
    "unknown",
    [],
    {},
    [[]],
    None,
    True,
    10**18,
    -1,
    1e308,
    "9" * 400,
    "9999-12-31T00:00:00+14:00",
)


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Return the way to each value."""
    yield path
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        yield from places(child, (*path, key))


def changed(node: Any, path: tuple[Any, ...], value: Any) -> Any:
    """Return a copy with another value at a place."""
    if not path:
        return value
    copy = dict(node) if isinstance(node, dict) else list(node)
    copy[path[0]] = changed(node[path[0]], path[1:], value)
    return copy


def mutations(real: Any, *, longest: int | None = None) -> Iterator[Any]:
    """Return a payload with each value replaced by something else, and each field left out.

    Of lists, only the first `longest` items are touched.
    """
    for place in places(real):
        if longest is not None and any(isinstance(key, int) and key >= longest for key in place):
            continue
        for value in WRONG:
            yield changed(real, place, value)
        if place and isinstance(place[-1], str):
            parent = real
            for key in place[:-1]:
                parent = parent[key]
            yield changed(real, place[:-1], {key: value for key, value in parent.items() if key != place[-1]})
