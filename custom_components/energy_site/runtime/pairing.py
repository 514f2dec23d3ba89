"""Connects the entries of one home, each of which knows what the others don't."""

from collections.abc import Iterable
from functools import partial

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..site.control import Change, Control, ControlName, Value
from ..site.model import GridState, GridStatus, Settings
from ..sources.control_queue import ControlQueue
from .home import home_entries, site_names
from .site import SiteConfigEntry, SiteRuntime, loaded_site
from .site_events import RelayedChange


@callback
def async_pair(runtime: SiteRuntime) -> None:
    """Use the site's cloud, if there is one, for what can't be set on the local network, and the network's word for it."""
    runtime.source.fallback = partial(_fallback_of, runtime)
    runtime.source.witness = partial(_witness_of, runtime)
    runtime.entry.async_on_unload(runtime.poller.listen(Settings, partial(_pass_on, runtime)))
    runtime.entry.async_on_unload(runtime.poller.listen(GridStatus, _OutageWatch(runtime).update))
    runtime.entry.async_on_unload(runtime.events.listen(Change, partial(_relay, runtime)))
    runtime.entry.async_on_unload(runtime.events.occurrences_changed.add(partial(_relay_occurrences, runtime)))
    for each in (runtime, *(each for each in _loaded(runtime.hass) if runtime.entry in each.ways.others)):
        _relay_occurrences(each)


@callback
def async_clouds_of(hass: HomeAssistant, gateway: SiteConfigEntry) -> list[SiteRuntime]:
    """Return the loaded cloud sites that a gateway belongs to, those first that changes cost least."""
    names = site_names(hass, gateway)
    clouds = [each for each in _loaded(hass) if not names.isdisjoint(each.source.gateway_serials)]
    return sorted(clouds, key=lambda cloud: cloud.source.counts_requests)


def _loaded(hass: HomeAssistant) -> list[SiteRuntime]:
    entries: list[SiteConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    return [entry.runtime_data for entry in entries]


def _fallback_of(runtime: SiteRuntime) -> ControlQueue | None:
    """Return the control queue of the gateway's cloud system, if its plan allows controls."""
    for cloud in async_clouds_of(runtime.hass, runtime.entry):
        if any(cloud.controls.control(name) is not None for name in cloud.source.control_names()):
            return cloud.controls
    return None


@callback
def _pass_on(runtime: SiteRuntime) -> None:
    """Show in the gateway's cloud systems what the gateway has in force now."""
    for cloud in async_clouds_of(runtime.hass, runtime.entry):
        cloud.controls.observe()
        cloud.poller.async_show(Settings)


class _OutageWatch:
    """Tells the gateway's cloud systems of the end of an outage, which they don't poll beside it."""

    def __init__(self, runtime: SiteRuntime) -> None:
        self._runtime = runtime
        self._is_off_grid = False

    @callback
    def update(self) -> None:
        grid = self._runtime.poller.part(GridStatus)
        if grid is None or grid.state not in (GridState.ON_GRID, GridState.OFF_GRID):
            return
        if self._is_off_grid and grid.state is GridState.ON_GRID:
            for cloud in async_clouds_of(self._runtime.hass, self._runtime.entry):
                cloud.source.grid_returned()
        self._is_off_grid = grid.state is GridState.OFF_GRID


@callback
def _relay(runtime: SiteRuntime, change: Change) -> None:
    """Tell of a change to a setting that only a cloud has where the home's other changes are told."""
    if (teller := _shown_by(runtime, Platform.EVENT, "setting")) is None or runtime.ways.hides_control(change.name):
        return
    teller.events.dispatch(RelayedChange(change=change, site=runtime.site, contexts=runtime.events.contexts))


@callback
def _relay_occurrences(runtime: SiteRuntime) -> None:
    """Show in the home's one calendar the storms and outages that only a cloud knows."""
    if (teller := _shown_by(runtime, Platform.CALENDAR, "storms_and_outages")) is not None:
        teller.events.relay_occurrences(runtime.site, runtime.events.occurrences)


def _shown_by(runtime: SiteRuntime, platform: Platform, key: str) -> SiteRuntime | None:
    """Return the other site of the home that shows an entity, `None` if this one does or that one isn't there."""
    if not runtime.ways.hides(platform, key):
        return None
    # A site that is about to be loaded has it already.
    sites: list[SiteRuntime | None] = [getattr(each, "runtime_data", None) for each in runtime.ways.others]
    return next((site for site in sites if site is not None and not site.ways.hides(platform, key)), None)


def _gateway_of(runtime: SiteRuntime) -> SiteRuntime | None:
    """Return the gateway of a cloud system, `None` unless it is set up and loaded."""
    serials = runtime.source.gateway_serials
    sites = (each for each in _loaded(runtime.hass) if each is not runtime)
    return next((each for each in sites if not serials.isdisjoint(site_names(runtime.hass, each.entry))), None)


def _witness_of(runtime: SiteRuntime) -> GatewayWitness | None:
    gateway = _gateway_of(runtime)
    return GatewayWitness(gateway) if gateway is not None else None


class GatewayWitness:
    """Shows what a gateway has in force, without what is set through a cloud in turn."""

    def __init__(self, runtime: SiteRuntime) -> None:
        """Use the gateway's own values."""
        self._runtime = runtime

    def control(self, name: ControlName) -> Control | None:
        """Return the gateway's own state of a control, `None` if it has none or doesn't respond."""
        source = self._runtime.source
        return None if source.outage is not None else source.own_control(name, dt_util.utcnow())

    def expect(self, name: ControlName, value: Value, brings: Iterable[str] = ()) -> None:
        """Expect a change that is made through the cloud, and what it `brings`."""
        self._runtime.controls.expect(name, value, brings)

    async def look(self, *names: ControlName) -> bool:
        """Poll what shows the values of some controls; return whether all of it answered."""
        controls, since = [control for name in names if (control := self.control(name)) is not None], dt_util.utcnow()
        keys = tuple(dict.fromkeys(key for control in controls for key in control.feeds))
        for key in keys:
            await self._runtime.poller.async_poll_now(key)
        self._runtime.controls.observe()
        states = self._runtime.source.states
        return bool(keys) and all((at := states[key].answered_at) is not None and at >= since for key in keys)


@callback
def async_ways_to(runtime: SiteRuntime) -> list[SiteRuntime]:
    """Return the other loaded entries of the same home."""
    _, *others = home_entries(runtime.hass, runtime.entry, runtime.source.gateway_serials)
    return [site for each in others if (site := loaded_site(each)) is not None]
