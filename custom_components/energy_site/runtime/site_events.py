"""The events of a site, for event entities, triggers and repairs."""

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

from homeassistant.core import CALLBACK_TYPE, Context, callback
from homeassistant.util import dt as dt_util

from ..site.control import Change, ControlKey, ControlName
from ..site.model import GridStatus, Storm
from ..site.occurrences import Occurrence, StormLog, all_occurrences, joined
from ..site.outage import OutageEvent, OutageWatch
from ..site.past_outages import PastOutages
from ..sources.control_queue import ControlQueue
from ..sources.listeners import Listeners
from .poller import Poller


@dataclass(frozen=True, slots=True, kw_only=True)
class StormEvent:
    """A storm is expected, or no longer expected."""

    expected: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayedChange:
    """A change of a setting of `site`, another entry, and the contexts in which its settings were requested."""

    change: Change
    site: str
    contexts: MutableMapping[ControlName, Context]


type SiteEvent = Change | OutageEvent | StormEvent | RelayedChange


class SiteEvents:
    """Turns changes of a site's parts into events."""

    def __init__(self, poller: Poller) -> None:
        """Watch the parts of `poller`."""
        self._poller = poller
        self._controls: ControlQueue | None = None
        self._outage = OutageWatch()
        self._storm: bool | None = None
        self._storms = StormLog()
        # All storms and outages that are known, the oldest first, and who is told when they change.
        self.occurrences: tuple[Occurrence, ...] = ()
        self.occurrences_changed: Listeners[[]] = Listeners()
        self._relayed: dict[str, tuple[Occurrence, ...]] = {}
        self._listeners: dict[type, Listeners[[Any]]] = {}
        self.contexts: dict[ControlName, Context] = {}

    @callback
    def async_watch(self, controls: ControlQueue) -> tuple[CALLBACK_TYPE, ...]:
        """Start watching, and return what stops that; `controls` has the pending commands."""
        self._controls = controls
        self._look_at_grid()
        self._look_at_storm()
        self._review_outages()
        self._list_occurrences()
        looks = ((GridStatus, self._look_at_grid), (Storm, self._look_at_storm), (PastOutages, self._review_outages))
        return (
            *(self._poller.listen(part, look) for part, look in looks),
            *(self._poller.listen(part, self._list_occurrences) for part, _ in looks),
        )

    @callback
    def listen[E: SiteEvent](self, kind: type[E], handle: Callable[[E], None]) -> CALLBACK_TYPE:
        """Call `handle` with each event of a kind; return what stops that."""
        return self._listeners.setdefault(kind, Listeners()).add(handle)

    @callback
    def dispatch(self, event: SiteEvent) -> None:
        """Pass an event to its listeners."""
        if (listeners := self._listeners.get(type(event))) is not None:
            listeners.notify(event)

    def as_dict(self) -> dict[str, Any]:
        """Return the state to store across restarts, as plain JSON data."""
        return {"outage": self._outage.as_dict(), "storm": self._storm, "storms": self._storms.as_dict()}

    def restore(self, data: Mapping[str, Any]) -> None:
        """Restore the data of `as_dict`."""
        if isinstance(outage := data.get("outage"), Mapping):
            self._outage.restore(outage)
        storm = data.get("storm")
        self._storm = storm if isinstance(storm, bool) else None
        self._storms.restore(data.get("storms"))

    @callback
    def _look_at_grid(self) -> None:
        grid = self._poller.part(GridStatus)
        # After a command to close, the grid switch stays open for some seconds.
        switching = (
            self._controls is not None
            and self._controls.pending(ControlName(None, ControlKey.GRID_ENABLED)) is not None
        )
        if grid is None or switching:
            return
        # After a start, the grid's presence may be known before it is known whether the site is
        # meant to be connected.
        if grid.enabled is None and self._is_starting():
            return
        if (event := self._outage.observe(grid)) is not None:
            self.dispatch(event)

    @callback
    def _review_outages(self) -> None:
        past = self._poller.part(PastOutages)
        for event in self._outage.review(past.outages, dt_util.utcnow()) if past is not None else ():
            self.dispatch(event)

    @callback
    def relay_occurrences(self, site: str, occurrences: tuple[Occurrence, ...]) -> None:
        """Show what another entry of the site, `site`, knows of storms and outages."""
        self._relayed[site] = occurrences
        self._list_occurrences()

    @callback
    def _list_occurrences(self) -> None:
        past = self._poller.part(PastOutages)
        listed = past.outages if past is not None else ()
        before = self.occurrences
        own = all_occurrences(self._storms.storms, listed, self._outage.seen, self._outage.lost_at)
        # A cloud's list has the times of outages that were observed here.
        self.occurrences = joined(*self._relayed.values(), own)
        if self.occurrences != before:
            self.occurrences_changed.notify()

    def _is_starting(self) -> bool:
        """Return whether a feed of the grid status has not been polled yet."""
        source = self._poller.source
        states = (source.states[key] for key in source.feeds_of(GridStatus))
        return any(state.polled_at is None and state.presence.answers for state in states)

    @callback
    def _look_at_storm(self) -> None:
        storm = self._poller.part(Storm)
        if storm is None or storm.alert is None:
            return
        self._storms.observe(storm, dt_util.utcnow())
        before, self._storm = self._storm, storm.alert
        if before is not None and before is not storm.alert:
            self.dispatch(StormEvent(expected=storm.alert))
