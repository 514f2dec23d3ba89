"""Clocks a simulation can run on."""

import time
from typing import Protocol, override


class Clock(Protocol):
    """Tells the time of the simulated world."""

    def now(self) -> float:
        """Return seconds since the epoch."""
        ...


class SystemClock(Clock):
    """Follows the machine's time, faster or from another start when asked."""

    def __init__(self, speed: float = 1.0, start: float | None = None) -> None:
        """Run at `speed` simulated seconds a real second, from `start` (epoch s)."""
        self._speed = speed
        self._start = time.time() if start is None else start
        self._began = time.monotonic()

    @override
    def now(self) -> float:
        """Return seconds since the epoch."""
        return self._start + (time.monotonic() - self._began) * self._speed


class ManualClock(Clock):
    """Stands still until told to advance."""

    def __init__(self, start: float) -> None:
        """Start at `start`, seconds since the epoch."""
        self._now = start

    @override
    def now(self) -> float:
        """Return seconds since the epoch."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move on by `seconds`; time never goes back."""
        if seconds < 0:
            msg = "a clock does not run backwards"
            raise ValueError(msg)
        self._now += seconds
