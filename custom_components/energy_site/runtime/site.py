"""A loaded site, composed of its poller, controls, events, devices and storage."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..helpers.issues import EntryIssues
from ..helpers.redaction import Redactor
from ..helpers.storage import is_incomplete, site_file
from ..site.model import Part
from ..site.outage import OutageEvent
from ..sources.control_queue import ControlQueue
from ..sources.history_turns import HistoryTurns
from ..sources.source import Source
from ..vendors.adapter import SourceAdapter
from ..vendors.registry import personal_data, vocabulary
from .devices import SiteDevices
from .issues import async_track_issues
from .overrides import Overrides
from .poller import Poller
from .price_clock import async_follow_prices
from .site_events import SiteEvents
from .statistics import HistoryImporter
from .ways import Ways

type SiteConfigEntry = ConfigEntry[SiteRuntime]

_MAINTENANCE_INTERVAL = timedelta(hours=1)
_HISTORY_INTERVAL = timedelta(hours=1)

# The state is stored at this interval, and on every unload and shutdown.
_SAVE_INTERVAL = timedelta(minutes=10)


class Storable(Protocol):
    """Has a state that is stored across restarts."""

    def as_dict(self) -> dict[str, Any]:
        """Return the state as plain JSON data."""

    def restore(self, data: Mapping[str, Any]) -> None:
        """Restore the data of `as_dict`."""


@callback
def loaded_site(entry: ConfigEntry[Any]) -> SiteRuntime | None:
    """Return the site of an entry, `None` while it isn't loaded."""
    # Home Assistant removes the attribute when it unloads an entry.
    runtime: SiteRuntime | None = getattr(entry, "runtime_data", None)
    return runtime if entry.state is ConfigEntryState.LOADED else None


class SiteRuntime:
    """A loaded site."""

    def __init__(self, hass: HomeAssistant, entry: SiteConfigEntry, adapter: SourceAdapter[Any]) -> None:
        """Compose the site of `entry`, with the source of `adapter`."""
        self.hass = hass
        self.entry = entry
        self.adapter = adapter
        self.issues = EntryIssues(hass, entry)
        self.poller = Poller(hass, entry, adapter)
        self.ways = Ways(hass, entry, self.source)
        self.source.leaves = self.ways.leaves
        self.devices = SiteDevices(hass, entry, self.poller, adapter)
        self.events = SiteEvents(self.poller)
        self.controls = ControlQueue(
            self.source,
            clock=dt_util.utcnow,
            poll=self.poller.async_poll_now,
            save=self.async_save,
            changed=self.events.dispatch,
        )
        self.overrides = Overrides(hass, entry, self.controls, self.events, self.issues, self.async_save)
        self.history: HistoryTurns | None = None
        # It lives as long as the site is loaded, so that a device always has the same pseudonym.
        self.redactor = Redactor(vocabulary(entry))
        self.redactor.hide(entry.unique_id, *personal_data(entry).values())
        self._file = site_file(hass, entry.entry_id, entry.title)

    @property
    def source(self) -> Source:
        """The site's source."""
        return self.poller.source

    @property
    def site(self) -> str:
        """The site's prefix in unique IDs."""
        return self.entry.unique_id or self.entry.entry_id

    def part[P: Part](self, kind: type[P]) -> P | None:
        """Return the latest state of a part, `None` if it is unknown."""
        return self.poller.part(kind)

    async def async_start(self) -> None:
        """Restore the stored state, make the first contact and poll the essential feeds.

        Raises what `SourceAdapter.async_connect` raises.
        """
        kept = await self._file.async_load()
        await self._async_restore(kept)
        await self.poller.async_start()
        if (provider := self.adapter.history()) is not None:
            self.history = HistoryTurns(
                self.adapter.source,
                provider,
                lambda allowance, changed: HistoryImporter(
                    self.hass,
                    site=self.site,
                    title=self.entry.title,
                    provider=provider,
                    allowance=allowance,
                    changed=changed,
                ),
                dt_util.utcnow,
            )
            if isinstance(progress := kept.get("history"), Mapping):
                self.history.restore(progress)

    @callback
    def async_run(self) -> None:
        """Start regular polling, beginning with what was not polled yet."""
        on_unload = self.entry.async_on_unload
        self.poller.async_run()
        on_unload(self.poller.polled.add(self.controls.observe))
        on_unload(self.poller.polled.add(self.ways.look))
        on_unload(async_follow_prices(self.hass, self.poller))
        for stop in self.ways.async_watch():
            on_unload(stop)
        on_unload(self.events.listen(OutageEvent, self._keep_told))
        for stop in self.events.async_watch(self.controls):
            on_unload(stop)
        for stop in async_track_issues(
            self.hass, self.site, self.poller, self.events, self.issues, self.redactor.vocabulary
        ):
            on_unload(stop)
        for stop in self.devices.async_track():
            on_unload(stop)
        self.entry.async_create_task(self.hass, self._async_begin(), f"{DOMAIN} first poll")
        on_unload(async_track_time_interval(self.hass, self._async_save, _SAVE_INTERVAL))
        on_unload(self.hass.bus.async_listen_once(EVENT_HOMEASSISTANT_FINAL_WRITE, self._async_save))
        on_unload(async_track_time_interval(self.hass, self._async_maintain, _MAINTENANCE_INTERVAL))

    async def async_save(self) -> None:
        """Store the state."""
        kept = {key: storable.as_dict() for key, storable in self._storables.items()}
        await self._file.async_save({**self.source.as_dict(), **kept})

    async def async_stop(self) -> None:
        """Stop, and store the state for the next start."""
        self.poller.stop()
        if self.history is not None:
            self.history.cancel()
        self.controls.stop()
        await self.source.close()
        await self.async_save()

    @property
    def _storables(self) -> dict[str, Storable]:
        """The stored objects by their keys in the file, which never change."""
        kept: dict[str, Storable] = {
            "steering": self.controls,
            "happenings": self.events,
            "overrides": self.overrides,
            "beside": self.ways,
        }
        return kept if self.history is None else {**kept, "history": self.history}

    async def _async_restore(self, kept: Mapping[str, Any]) -> None:
        """Restore the stored state, and report counters that cannot be read."""
        if not kept:
            return
        self.source.restore(kept)
        for key, storable in self._storables.items():
            if isinstance(data := kept.get(key), Mapping):
                storable.restore(data)
        if is_incomplete(kept.get("books"), self.source.as_dict().get("books")):
            await self._file.async_give_up("a part of it")

    async def _async_begin(self) -> None:
        """Poll the remaining feeds, then resume what the last stop interrupted."""
        await self.poller.async_poll_the_rest()
        if self.poller.stopped:
            return
        self.controls.resume()
        self.overrides.async_resume()
        if self.history is not None:
            self._fetch_history()
            self.entry.async_on_unload(async_track_time_interval(self.hass, self._fetch_history, _HISTORY_INTERVAL))

    @callback
    def _fetch_history(self, _: datetime | None = None) -> None:
        """Fetch the history that is due, in a task that an unload doesn't wait for."""
        if self.history is not None:
            self.entry.async_create_background_task(self.hass, self.history.async_run(), f"{DOMAIN} history")

    @callback
    def _keep_told(self, _: OutageEvent) -> None:
        """Store the state, so that an outage isn't reported again if the power fails next."""
        self.entry.async_create_task(self.hass, self.async_save(), f"{DOMAIN} outage")

    async def _async_save(self, _: datetime | Event) -> None:
        await self.async_save()

    async def _async_maintain(self, now: datetime) -> None:
        self.poller.async_age(now)
        await self.adapter.async_maintain()
