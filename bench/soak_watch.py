"""What a soak is judged by: the log, the states, the memory."""

import asyncio
from dataclasses import dataclass
import gc
import logging
from pathlib import Path
from typing import override

from custom_components.energy_site.const import DOMAIN
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback

_PAGE_KILOBYTES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of the log: when, s since the epoch, how loud, and what."""

    at: float
    level: int
    text: str


class LogWatch(logging.Handler):
    """Keeps what we log, and the tracebacks of everybody."""

    def __init__(self) -> None:
        """Listen to everything from information upwards."""
        super().__init__(logging.INFO)
        self.lines: list[Line] = []
        self.tracebacks: list[str] = []

    @override
    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if record.exc_info or "Traceback" in text:
            self.tracebacks.append(logging.Formatter().format(record))
        if record.name.startswith(f"custom_components.{DOMAIN}"):
            self.lines.append(Line(at=record.created, level=record.levelno, text=text))

    @property
    def loud(self) -> list[Line]:
        """What was a warning or worse."""
        return [line for line in self.lines if line.level >= logging.WARNING]


class CounterWatch:
    """Counts states, and finds counters that fall: they never may."""

    def __init__(self, hass: HomeAssistant, counters: frozenset[str]) -> None:
        """Watch these entities from now on."""
        self.states = 0
        self.falls: list[str] = []
        self._counters = counters
        self._highest: dict[str, float] = {}
        self._stop = hass.bus.async_listen(EVENT_STATE_CHANGED, self._written)

    def stop(self) -> None:
        """Watch no longer."""
        self._stop()

    @callback
    def _written(self, event: Event[EventStateChangedData]) -> None:
        self.states += 1
        state = event.data["new_state"]
        if state is None or state.entity_id not in self._counters or (value := _number(state.state)) is None:
            return
        before = self._highest.get(state.entity_id, value)
        if value < before:
            self.falls.append(f"{state.entity_id} {before} -> {value}")
        self._highest[state.entity_id] = max(before, value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """What the process carries: MB of memory, Python's objects, and tasks."""

    memory: float
    objects: int
    tasks: int


def weigh() -> Weight:
    """Collect garbage, then look."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return Weight(memory=pages * _PAGE_KILOBYTES / 1024, objects=len(gc.get_objects()), tasks=len(asyncio.all_tasks()))


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
