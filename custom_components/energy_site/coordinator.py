"""One coordinator runs one feed; the runtime shares out what they bring."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol, override

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed, HomeAssistantError
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed
from homeassistant.util import dt as dt_util

from .api.errors import ApiAuthError, ApiError, ApiQuotaError, ApiStatusError, RenewalPendingError
from .const import DOMAIN, IMPERSONAL_DATA, LOGGER, SAVE_INTERVAL
from .errors import translated
from .helpers.redaction import Redactor
from .helpers.storage import left_out, site_file
from .runtime.history_runs import INTERVAL as HISTORY_INTERVAL, HistoryRuns
from .runtime.overrides import Overrides
from .runtime.site_events import Happenings
from .site.model import Part
from .sources.control_queue import Steering
from .sources.feed import Feed, Presence
from .sources.source import Source
from .vendors.adapter import SourceAdapter

type SiteConfigEntry = ConfigEntry[SiteRuntime]

_TEND_INTERVAL = timedelta(hours=1)

# Seconds that an answer may cost while Home Assistant's start waits for it.
_QUICK = 1.0


class FeedCoordinator(DataUpdateCoordinator[None]):
    """Polls one feed.

    Values that still stand hide a failure. When they do not, that is logged
    once; where the whole source is silent the runtime has said so already.
    """

    config_entry: SiteConfigEntry

    def __init__(self, hass: HomeAssistant, entry: SiteConfigEntry, runtime: SiteRuntime, feed: Feed) -> None:
        """Poll `feed` at the rate that its source asks for."""
        super().__init__(hass, LOGGER, config_entry=entry, name=feed.key)
        self.feed = feed
        self._runtime = runtime
        self._quiet = False

    @override
    async def _async_update_data(self) -> None:
        source, key = self._runtime.source, self.feed.key
        now = dt_util.utcnow()
        outage = source.outage
        try:
            await source.poll(key, now)
        except ApiError as err:
            self._runtime.noticed(outage, source.outage)
            if source.states[key].fresh(now):
                return
            self._hush(err)
            raise translated(UpdateFailed, err) from err
        finally:
            self.update_interval = source.wait(key, now)
        self._runtime.noticed(outage, source.outage)
        if self._quiet:
            self.last_update_success = True
            self._quiet = False

    def _hush(self, error: ApiError) -> None:
        """Keep the base class from logging what is known, expected, or was never different."""
        if isinstance(error, ApiQuotaError):
            # A repair tells of a quota that is used up.
            self.last_update_success, self._quiet = False, True
            return
        source = self._runtime.source
        never_answered = source.states[self.feed.key].answered_at is None
        if source.outage is None and not never_answered and not source.expects_silence(dt_util.utcnow()):
            return
        if self.last_update_success:
            LOGGER.debug("No data of %s: %s", self.feed.key, error)
            self.last_update_success = False
            self._quiet = True


class Keeper(Protocol):
    """Keeps something over a restart."""

    def dump(self) -> dict[str, Any]:
        """Return it as plain JSON data."""

    def load(self, data: Mapping[str, Any]) -> None:
        """Take over what `dump` returned."""


class SiteRuntime:
    """A loaded site: its source, a coordinator a feed, and who listens to which part."""

    def __init__(self, hass: HomeAssistant, entry: SiteConfigEntry, adapter: SourceAdapter[Any]) -> None:
        """Tie the source of `adapter` to Home Assistant."""
        self.hass = hass
        self.entry = entry
        self.adapter = adapter
        self.coordinators = {key: FeedCoordinator(hass, entry, self, feed) for key, feed in self.source.feeds.items()}
        self._file = site_file(hass, entry.entry_id, entry.title)
        self.happenings = Happenings(self)
        self.steering = Steering(
            self.source, clock=self.now, ask=self._async_ask, keep=self.async_save, changed=self.happenings.tell
        )
        self.overrides = Overrides(self)
        self.history: HistoryRuns | None = None
        self._listeners: dict[type[Part], list[Callable[[], None]]] = {}
        self._forgetful: list[Callable[[str], None]] = []
        self._logged = False
        self._started = False
        self._stopped = False
        # One for as long as the site is loaded: what is told of a device on one day fits what is told on another.
        self.redactor = Redactor()
        secrets = (value for key, value in entry.data.items() if key not in IMPERSONAL_DATA)
        self.redactor.hide(entry.unique_id, *secrets)

    @property
    def source(self) -> Source:
        """The site's source."""
        source: Source = self.adapter.source
        return source

    @property
    def site(self) -> str:
        """The site's part in unique ids."""
        return self.entry.unique_id or self.entry.entry_id

    def part[P: Part](self, kind: type[P]) -> P | None:
        """Return a part as it is known now."""
        return self.source.part(kind)

    def settled(self, kind: type[Part]) -> bool:
        """Tell whether a missing value of this part is not to be had, rather than not known now."""
        return self.source.settled(kind, dt_util.utcnow())

    def now(self) -> datetime:
        """Return the time, as every part of the site takes it."""
        return dt_util.utcnow()

    @callback
    def listen(self, kind: type[Part], update: Callable[[], None]) -> CALLBACK_TYPE:
        """Call `update` whenever the part may have changed."""
        listeners = self._listeners.setdefault(kind, [])
        listeners.append(update)
        return lambda: listeners.remove(update)

    @callback
    def listen_forgotten(self, forget: Callable[[str], None]) -> CALLBACK_TYPE:
        """Call `forget` with the serial number of a device that was removed."""
        self._forgetful.append(forget)
        return lambda: self._forgetful.remove(forget)

    @callback
    def forget(self, serial: str) -> None:
        """Take a device for a new one, should it ever come back."""
        for forget in tuple(self._forgetful):
            forget(serial)

    async def async_start(self) -> None:
        """Take up the books, make first contact and ask for what is essential.

        Raises what `SourceAdapter.async_connect` raises, also where the source
        stops to answer right after.
        """
        memory = await self._file.async_load()
        await self._async_recall(memory)
        await self.adapter.async_connect()
        essential = self.source.essential()
        for key in essential:
            await self.coordinators[key].async_refresh()
            if self.source.outage is None:
                continue
            if _passes(self.source.outage):
                # It answers, so the polling finds out when it does so as it should.
                break
            await self.adapter.async_connect()
            self.source.outage = None
        if self.source.outage is None:
            self.adapter.recovered()
        # Which flows a system has is known by now, and so what there is of its past.
        self.history = self.adapter.history_runs(self.site)
        if self.history is not None and isinstance(kept := memory.get("history"), Mapping):
            self.history.load(kept)
        if essential and all(self.source.states[key].presence is Presence.FORBIDDEN for key in essential):
            raise translated(ConfigEntryAuthFailed, ApiAuthError(essential[0], 401))
        self._started = True

    @callback
    def async_run(self) -> None:
        """Go on polling, what was not asked yet first."""
        entry = self.entry
        for key, coordinator in self.coordinators.items():
            if self.source.states[key].asked_at is not None:
                # What was asked before, as long as a restart ago, goes on at its own pace.
                coordinator.update_interval = self.source.wait(key, self.now())
            entry.async_on_unload(coordinator.async_add_listener(partial(self._polled, key)))
        self.happenings.async_watch()
        entry.async_create_task(self.hass, self._async_begin(), f"{DOMAIN} first poll")
        entry.async_on_unload(async_track_time_interval(self.hass, self._async_save, SAVE_INTERVAL))
        entry.async_on_unload(self.hass.bus.async_listen_once(EVENT_HOMEASSISTANT_FINAL_WRITE, self._async_save))
        entry.async_on_unload(async_track_time_interval(self.hass, self._async_tend, _TEND_INTERVAL))

    async def async_refresh(self, keys: Iterable[str]) -> None:
        """Ask some feeds now, except for slow scripts: a person in a hurry must not starve the source."""
        for key in keys:
            state, feed = self.source.states[key], self.source.feeds[key]
            if feed.cost > _QUICK or state.presence is not Presence.PRESENT:
                continue
            with self.source.by_hand():
                await self.coordinators[key].async_request_refresh()

    async def async_save(self) -> None:
        """Write the books down."""
        kept = {key: keeper.dump() for keeper, key in self._keepers}
        await self._file.async_save({**self.source.memory(), **kept})

    async def async_stop(self) -> None:
        """Leave what is under way for the next start."""
        self._stopped = True
        if self.history is not None:
            self.history.cancel()
        self.steering.stop()
        await self.source.close()
        await self.async_save()

    async def _async_recall(self, memory: Mapping[str, Any]) -> None:
        """Take over what was kept; what of the books cannot be read is not lost in silence."""
        if not memory:
            return
        self.source.remember(memory)
        for keeper, key in self._keepers:
            if isinstance(kept := memory.get(key), Mapping):
                keeper.load(kept)
        if left_out(memory.get("books"), self.source.memory().get("books")):
            await self._file.async_give_up("a part of it")

    @property
    def _keepers(self) -> tuple[tuple[Keeper, str], ...]:
        kept: tuple[tuple[Keeper, str], ...] = (
            (self.steering, "steering"),
            (self.happenings, "happenings"),
            (self.overrides, "overrides"),
        )
        return kept if self.history is None else (*kept, (self.history, "history"))

    @callback
    def noticed(self, before: ApiError | None, after: ApiError | None) -> None:
        """Log once that the source as a whole fell silent, and once that it is back."""
        if after is not None and after is not before:
            self.entry.async_create_background_task(self.hass, self.adapter.async_examine(after), f"{DOMAIN} examine")
        # What ends a start is told by Home Assistant.
        told = self._started or (after is not None and _passes(after))
        if after is not None and told and not self._logged and not self.source.expects_silence(dt_util.utcnow()):
            LOGGER.warning(*_outage_line(self.entry.title, after))
            self._logged = True
        if after is None and self._logged:
            LOGGER.info("%s answers again", self.entry.title)
            self._logged = False
        if before is not None and after is None:
            self.adapter.recovered()
        if isinstance(before, ApiAuthError) and after is None:
            # The refusal was a mood of the source: nobody needs to sign in again.
            for flow in self.entry.async_get_active_flows(self.hass, {SOURCE_REAUTH}):
                self.hass.config_entries.flow.async_abort(flow["flow_id"])

    @callback
    def _tell(self, parts: Iterable[type[Part]], endpoint: str) -> None:
        for part in parts:
            updates = tuple(self._listeners.get(part, ()))
            self.source.mishaps.call_each(f"What shows {part.__name__}", endpoint, updates)

    @callback
    def _polled(self, key: str) -> None:
        endpoint = self.source.feeds[key].endpoint
        self._tell((builder.part for builder in self.source.builders if key in builder.feeds), endpoint)
        self.source.mishaps.call_each("What is in force", endpoint, (self.steering.observe,))
        if taken := self.source.take_wishes():
            # What others need, or costs little, comes first.
            wishes = [key for key in self.source.feeds if key in taken]
            self.entry.async_create_background_task(self.hass, self._async_poll(wishes), f"{DOMAIN} poll")

    async def _async_begin(self) -> None:
        """Ask for the rest, then take up what the last stop interrupted."""
        await self._async_poll_the_rest()
        if self._stopped:
            return
        self.steering.resume()
        self.overrides.async_resume()
        if self.history is not None:
            self._fetch_history()
            self.entry.async_on_unload(async_track_time_interval(self.hass, self._fetch_history, HISTORY_INTERVAL))

    @callback
    def _fetch_history(self, _: datetime | None = None) -> None:
        """Fetch what is due of the past; a stop need not wait for that."""
        if self.history is not None:
            self.entry.async_create_background_task(self.hass, self.history.async_run(), f"{DOMAIN} history")

    async def _async_ask(self, key: str) -> None:
        with self.source.by_hand():
            await self.coordinators[key].async_refresh()

    async def _async_poll_the_rest(self) -> None:
        """Ask for what was not asked yet; slow scripts must not keep Home Assistant's start waiting."""
        waiting = [key for key, state in self.source.states.items() if state.asked_at is None]
        slow = [key for key in waiting if self.source.feeds[key].cost > _QUICK]
        await self._async_poll(key for key in waiting if key not in slow)
        self.entry.async_create_background_task(self.hass, self._async_poll(slow), f"{DOMAIN} slow first poll")

    async def _async_poll(self, keys: Iterable[str]) -> None:
        for key in keys:
            # Home Assistant waits for some of these tasks instead of cancelling them when it unloads.
            if self._stopped:
                return
            await self.coordinators[key].async_refresh()

    async def _async_save(self, _: datetime | Event) -> None:
        await self.async_save()

    async def _async_tend(self, _: datetime) -> None:
        self.source.age(self.now())
        self._tell((builder.part for builder in self.source.builders), "age")
        await self.adapter.async_tend()


def _passes(outage: ApiError) -> bool:
    """Tell whether a source that is out answers all the same, and nobody needs to do anything."""
    return isinstance(outage, ApiStatusError) and (
        isinstance(outage, RenewalPendingError) or not isinstance(outage, ApiAuthError)
    )


def _outage_line(title: str, outage: ApiError) -> tuple[str, str, object]:
    if isinstance(outage, ApiAuthError):
        return "%s: %s", title, translated(HomeAssistantError, outage)
    if isinstance(outage, ApiStatusError):
        return "%s is busy: it answers everything with status %s", title, outage.status
    return "%s does not answer: %s", title, outage.reason
