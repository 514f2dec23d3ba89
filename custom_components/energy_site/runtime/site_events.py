"""What happens to a site, for those who want to hear of it: events, triggers, repairs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from homeassistant.core import CALLBACK_TYPE, Context, callback

from ..const import GRID_ENABLED
from ..site.control import Change, ControlName
from ..site.model import GridStatus, Storm
from ..site.outage import OutageEvent, OutageWatch

if TYPE_CHECKING:
    from ..coordinator import SiteRuntime


@dataclass(frozen=True, slots=True, kw_only=True)
class StormEvent:
    """A storm is expected, or expected no more."""

    expected: bool


type Happening = Change | OutageEvent | StormEvent


class Happenings:
    """Turns what is known of a site into what happened to it."""

    def __init__(self, runtime: SiteRuntime) -> None:
        """Watch the parts of `runtime`."""
        self._runtime = runtime
        self._outage = OutageWatch()
        self._storm: bool | None = None
        self._listeners: dict[type, list[Callable[[Any], None]]] = {}
        self.contexts: dict[ControlName, Context] = {}

    @callback
    def async_watch(self) -> None:
        """Watch from now on."""
        self._look_at_grid()
        self._look_at_storm()
        self._runtime.entry.async_on_unload(self._runtime.listen(GridStatus, self._look_at_grid))
        self._runtime.entry.async_on_unload(self._runtime.listen(Storm, self._look_at_storm))

    @callback
    def listen[H: Happening](self, kind: type[H], hear: Callable[[H], None]) -> CALLBACK_TYPE:
        """Call `hear` with each happening of a kind."""
        listeners = self._listeners.setdefault(kind, [])
        listeners.append(hear)
        return lambda: listeners.remove(hear)

    @callback
    def tell(self, happening: Happening) -> None:
        """Tell all who listen."""
        for hear in tuple(self._listeners.get(type(happening), ())):
            hear(happening)

    def dump(self) -> dict[str, Any]:
        """Return what outlives a restart, as plain JSON data."""
        return {"outage": self._outage.dump(), "storm": self._storm}

    def load(self, data: Mapping[str, Any]) -> None:
        """Take over what `dump` returned."""
        if isinstance(outage := data.get("outage"), Mapping):
            self._outage.load(outage)
        storm = data.get("storm")
        self._storm = storm if isinstance(storm, bool) else None

    @callback
    def _look_at_grid(self) -> None:
        runtime = self._runtime
        grid = runtime.part(GridStatus)
        # A switch that is told to close is open for some seconds yet.
        if grid is None or runtime.steering.pending(ControlName(None, GRID_ENABLED)) is not None:
            return
        # After a start, what tells of the grid may come before what tells whether it is meant to be there.
        if grid.enabled is None and self._is_starting():
            return
        if (event := self._outage.observe(grid, runtime.now())) is not None:
            self.tell(event)

    def _is_starting(self) -> bool:
        """Tell whether something that knows of the grid was not asked yet."""
        source = self._runtime.source
        states = (source.states[key] for key in source.feeds_of(GridStatus))
        return any(state.asked_at is None and state.presence.answers for state in states)

    @callback
    def _look_at_storm(self) -> None:
        storm = self._runtime.part(Storm)
        if storm is None or storm.alert is None:
            return
        before, self._storm = self._storm, storm.alert
        if before is not None and before is not storm.alert:
            self.tell(StormEvent(expected=storm.alert))
