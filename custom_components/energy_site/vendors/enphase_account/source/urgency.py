"""Whether somebody waits for the requests of a piece of work."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_URGENT: ContextVar[bool] = ContextVar("urgent", default=False)


def is_urgent() -> bool:
    """Return whether somebody waits."""
    return _URGENT.get()


@contextmanager
def urgently() -> Iterator[None]:
    """Send requests that somebody waits for."""
    token = _URGENT.set(True)
    try:
        yield
    finally:
        _URGENT.reset(token)
