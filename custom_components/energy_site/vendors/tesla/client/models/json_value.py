"""JSON that another module reads, kept within bounds."""

from collections.abc import Mapping

# A tariff is eight levels deep, and one of ten thousand periods has sixty thousand values.
_DEEPEST = 16
_MOST = 250_000
_LONGEST = 1024
_LARGEST = 1e15


def bounded_object(value: object) -> Mapping[str, object] | None:
    """Return an object as sent; `None` for anything else, and for one that is too deep or too large.

    Numbers that aren't finite or are too large, and texts that are too long, become `None`.
    """
    budget = [_MOST]
    try:
        read = _bounded(value, _DEEPEST, budget) if isinstance(value, dict) else None
    except _TooMuchError:
        return None
    return read if isinstance(read, dict) else None


class _TooMuchError(Exception):
    """There is more in it than anything sensible has."""


def _bounded(value: object, depth: int, budget: list[int]) -> object:
    budget[0] -= 1
    if budget[0] < 0 or depth < 0:
        raise _TooMuchError
    match value:
        case dict():
            return {str(key)[:_LONGEST]: _bounded(item, depth - 1, budget) for key, item in value.items()}
        case list():
            return [_bounded(item, depth - 1, budget) for item in value]
        case str():
            return value if len(value) <= _LONGEST else None
        case bool() | None:
            return value
        case int() | float():
            return value if -_LARGEST < value < _LARGEST else None
    return None
