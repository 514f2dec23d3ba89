"""What happens to a site, for those who want to hear of it: events, triggers, repairs."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from homeassistant.core import CALLBACK_TYPE, Context, callback

from .const import GRID_ENABLED
from .site.control import Change, ControlName
from .site.model import GridStatus
from .site.outage import OutageEvent, OutageWatch

if TYPE_CHECKING:
    from .coordinator import SiteRuntime

type Happening = Change | OutageEvent


class Happenings:
    """Turns what is known of a site into what happened to it."""

    def __init__(self, runtime: SiteRuntime) -> None:
        """Watch the parts of `runtime`."""
        self._runtime = runtime
        self._outage = OutageWatch()
        self._listeners: dict[type, list[Callable[[Any], None]]] = {}
        self.contexts: dict[ControlName, Context] = {}

    @callback
    def async_watch(self) -> None:
        """Watch from now on."""
        self._look_at_grid()
        self._runtime.entry.async_on_unload(self._runtime.listen(GridStatus, self._look_at_grid))

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
        return {"outage": self._outage.dump()}

    def load(self, data: Mapping[str, Any]) -> None:
        """Take over what `dump` returned."""
        if isinstance(outage := data.get("outage"), Mapping):
            self._outage.load(outage)

    @callback
    def _look_at_grid(self) -> None:
        runtime = self._runtime
        grid = runtime.part(GridStatus)
        # A switch that is told to close is open for some seconds yet.
        if grid is None or runtime.steering.pending(ControlName(None, GRID_ENABLED)) is not None:
            return
        if (event := self._outage.observe(grid, runtime.now())) is not None:
            self.tell(event)
