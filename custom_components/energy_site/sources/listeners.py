"""Callbacks that are called until they are removed."""

from collections.abc import Callable, Iterator


class Listeners[**P]:
    """A list of callbacks. A callback may remove itself or others while it is called."""

    def __init__(self) -> None:
        """Start with no callbacks."""
        self._callbacks: list[Callable[P, None]] = []

    def __iter__(self) -> Iterator[Callable[P, None]]:
        return iter(tuple(self._callbacks))

    def add(self, callback: Callable[P, None]) -> Callable[[], None]:
        """Add `callback`; return a function that removes it."""
        self._callbacks.append(callback)
        return lambda: self._callbacks.remove(callback)

    def notify(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Call all callbacks."""
        for callback in self:
            callback(*args, **kwargs)
