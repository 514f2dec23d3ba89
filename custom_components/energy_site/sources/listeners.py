"""Callbacks that are told of something until they no longer want to be."""

from collections.abc import Callable, Iterator


class Listeners[**P]:
    """The callbacks of one thing. A callback may remove itself, or others, while it is called."""

    def __init__(self) -> None:
        """Begin with none."""
        self._callbacks: list[Callable[P, None]] = []

    def __iter__(self) -> Iterator[Callable[P, None]]:
        return iter(tuple(self._callbacks))

    def add(self, callback: Callable[P, None]) -> Callable[[], None]:
        """Call `callback` from now on; return what ends that."""
        self._callbacks.append(callback)
        return lambda: self._callbacks.remove(callback)

    def notify(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Call all of them."""
        for callback in self:
            callback(*args, **kwargs)
