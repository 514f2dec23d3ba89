"""Payloads and stored data of which one value is something else."""

from collections.abc import Iterator
from typing import Any

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
