"""A site of Tesla's cloud as a source."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, override

from ....api.errors import ApiError, ApiQuotaError
from ....site.chargers import Chargers
from ....site.control import Control, ControlName
from ....site.grid_services import GridServices
from ....site.history.intervals import day_of
from ....site.model import (
    Battery,
    CounterKind,
    DeviceInfo,
    EnergyCounters,
    GridStatus,
    Health,
    PowerFlow,
    Quota,
    Settings,
    Storm,
)
from ....site.past_outages import PastOutages
from ....site.prices import Prices
from ....site.tariff.current import CurrentPrices
from ....site.tariff.past_prices import PastPrices, SeenTariff
from ....sources.budget import SystemBudget
from ....sources.cloud import CloudFeed, CloudSource, ZoneFinder
from ....sources.feed import Feed
from ....sources.source import Builder
from ..client.errors import SiteOfflineError, SiteUnavailableError
from ..client.models.live_status import LiveStatus
from ..client.models.site_info import SiteInfo
from . import battery, chargers, energy, equipment, feeds, grid, outages, power, settings
from .context import Context
from .controls import TeslaControls
from .live import LiveAnswers, measured_at
from .tariff_content import read
from .tariff_setting import TeslaTariff

# The same answer for several minutes is usual, as Tesla caches.
_CACHED = timedelta(minutes=10)

# An update that is never further away than this is nothing to wait for.
_NEAR = timedelta(minutes=5)

# Two intervals of polling and what is cached; a gateway that doesn't report for longer is offline.
_LATE = 2

# A feed without an answer is polled at its usual pace this many times, then ever more rarely, but
# at least this often: a site that is stale is so for good, and costs two requests each time.
_PATIENT = 3
_LONG_ENOUGH = 8
_OFFLINE_INTERVAL = timedelta(minutes=15)
_STALE_INTERVAL = timedelta(hours=2)

_GRID = (CounterKind.GRID_IMPORT, CounterKind.GRID_EXPORT)
_BATTERY = (CounterKind.BATTERY_CHARGE, CounterKind.BATTERY_DISCHARGE)


class TeslaSource(CloudSource[Context]):
    """One energy site of the Fleet API."""

    feeds: Mapping[str, CloudFeed[Context, Any]] = {feed.key: feed for feed in feeds.ALL}

    def __init__(self, context: Context, system: str, budget: SystemBudget, find_zone: ZoneFinder) -> None:
        """Poll `system`, whose days begin in the context's zone until it reports its own."""
        super().__init__(context, system, budget, context.client.recorded, find_zone)
        self.tariff: TeslaTariff = TeslaTariff(self)
        self._controls = TeslaControls(self, self.tariff)
        self._live = LiveAnswers()
        self._polled: datetime | None = None
        self._polled_before: datetime | None = None
        self._prices_of: CurrentPrices[Mapping[str, object] | None] = CurrentPrices(read)
        self._past_prices = PastPrices()
        self._listed = outages.ListedOutages()
        self._builders = self._make_builders()

    @property
    @override
    def device(self) -> DeviceInfo:
        info = self.answer(feeds.INFO)
        firmware = info.version if info is not None else None
        return DeviceInfo(serial=str(self.context.site_id), model="Energy site", firmware=firmware)

    @property
    @override
    def gateway_serials(self) -> frozenset[str]:
        info = self.answer(feeds.INFO)
        gateways = info.components.gateways if info is not None else ()
        return frozenset(each.din.upper() for each in gateways if each.din is not None)

    @property
    @override
    def builders(self) -> tuple[Builder, ...]:
        return self._builders

    @override
    def control_names(self) -> Iterable[ControlName]:
        return self._controls.names()

    @override
    def control(self, name: ControlName, now: datetime) -> Control | None:
        return self._controls.control(name) if self._info(now) is not None else None

    @override
    def as_dict(self) -> dict[str, Any]:
        return {
            **super().as_dict(),
            "generator": self._live.has_generator,
            "rejected": self._live.rejected,
            "outage_seconds": self._listed.as_dict(),
            "storm_watch_told": self.context.storm_watch_told,
            "tariff": self.tariff.as_dict(),
            "prices": self._past_prices.as_dict(),
        }

    @override
    def restore(self, data: Mapping[str, Any]) -> None:
        self._live.has_generator = data.get("generator") is True
        self.context.storm_watch_told = data.get("storm_watch_told") is True
        rejected = data.get("rejected")
        self._live.rejected = max(rejected, 0) if isinstance(rejected, int) else 0
        self._listed.restore(data.get("outage_seconds"))
        self.tariff.restore(data.get("tariff"))
        self._past_prices.restore(data.get("prices"))
        super().restore(data)

    @override
    async def prepare(self, now: datetime) -> None:
        await super().prepare(now)
        if (info := self.answer(feeds.INFO)) is not None and (tariff := self._tariff_of(info)) is not None:
            self._past_prices.resume(tariff, now)

    @override
    def wait(self, key: str, now: datetime) -> timedelta:
        """Return how long to wait until a feed is polled again, which gets longer while Tesla has no answer for it."""
        wait, state = super().wait(key, now), self.states[key]
        if not isinstance(state.error, SiteUnavailableError) or state.failures <= _PATIENT:
            return wait
        is_stale = self.outage is not None and not isinstance(state.error, SiteOfflineError)
        longer = feeds.LIVE.request.min_interval * (1 << min(state.failures - _PATIENT, _LONG_ENOUGH))
        return max(wait, min(longer, _STALE_INTERVAL if is_stale else _OFFLINE_INTERVAL))

    @override
    async def _is_out(self, error: ApiError) -> bool:
        """Return whether Tesla has no answer for anything of the site, such as for that of a sold house."""
        if await super()._is_out(error):
            return True
        if not isinstance(error, SiteUnavailableError) or not isinstance(
            self.states[feeds.INFO.key].error, SiteUnavailableError
        ):
            return False
        if self.outage is None:
            return True
        try:
            await super()._fetch(feeds.INFO, self.context.clock())
        except ApiError:
            return True
        self.refresh_requested |= {feeds.INFO.key}
        return False

    @property
    def kinds(self) -> tuple[CounterKind, ...]:
        """What the site counts."""
        info = self.answer(feeds.INFO)
        return (
            *((CounterKind.SOLAR,) if equipment.has_solar(info) else ()),
            *(_GRID if equipment.has_grid_meter(info) else ()),
            *((CounterKind.LOAD,) if equipment.has_load_meter(info) else ()),
            *(_BATTERY if equipment.has_battery(info) else ()),
            *((CounterKind.GENERATOR,) if self._live.has_generator else ()),
        )

    @override
    async def _fetch(self, feed: Feed, now: datetime) -> object:
        if feed.key == feeds.DAYS.key:
            self.context.since = energy.first_missing(self.counters, self.kinds, self.context.today)
        if feed.key == feeds.LIVE.key:
            self._polled_before, self._polled = self._polled, now
        answer = await super()._fetch(feed, now)
        if isinstance(answer, SiteInfo):
            if answer.installation_time_zone:
                await self._move(answer.installation_time_zone)
            self._remember(answer)
        return answer

    def _remember(self, info: SiteInfo) -> None:
        if info.installation_date is not None:
            installed = info.installation_date.date()
            # A date to come is that of something else, as the site has a history already.
            self.context.installed = installed if installed <= self.context.today else None
        self.context.storm_watch_told |= info.user_settings.storm_mode_enabled is not None
        settings.forget_written(info, self.context)

    @override
    def _handle_restored(self, feed: CloudFeed[Context, Any]) -> None:
        if feed is feeds.INFO and (info := self.answer(feeds.INFO)) is not None:
            self._remember(info)
        if feed is feeds.LIVE and (live := self.answer(feeds.LIVE)) is not None:
            self._live.restore(live, self.answer(feeds.INFO))

    @override
    def _observe(self, feed: Feed, now: datetime) -> None:
        self._past_prices.pass_time(now)
        if feed.key == feeds.INFO.key:
            if (info := self.answer(feeds.INFO)) is not None:
                self._past_prices.see(self._tariff_of(info), now)
            self.refresh_requested |= {key for key in self.feeds if self.is_wanted(key) and self._was_skipped(key)}
        if feed.key == feeds.LIVE.key and (live := self.answer(feeds.LIVE)) is not None:
            # A gateway that reports is never further behind than the previous poll and Tesla's cache.
            silent_after = _CACHED + (now - self._polled_before) if self._polled_before is not None else timedelta.max
            may_have_ended = self._live.observe(live, self.answer(feeds.INFO), silent_after=silent_after)
            self.refresh_requested |= {feeds.OUTAGES.key} if may_have_ended else set()
        if feed.key == feeds.OUTAGES.key and (listed := self.answer(feeds.OUTAGES)) is not None:
            self._listed.observe(listed, now, self._age(now), self.zone)
        for each, daily in ((feeds.TODAY, False), (feeds.DAYS, True)):
            if feed.key == each.key and (history := self.answer(each)) is not None:
                today = day_of(now, self.zone)
                days = energy.days_of(history, self.zone, daily=daily)
                # The row of the day under way is incomplete among daily ones.
                known = {day: flows for day, flows in days.items() if not daily or day < today}
                self._live.has_generator |= any((flows.generator or 0.0) > 0 for flows in known.values())
                energy.record(self.counters, known, self.kinds, today)

    def _was_skipped(self, key: str) -> bool:
        """Return whether a feed wasn't requested when it was last due, as nothing said that the site needs it."""
        state = self.states[key]
        if state.polled_at is None or state.error is not None:
            return False
        return state.answered_at is None or state.answered_at < state.polled_at

    def _oldest(self, now: datetime) -> timedelta:
        """Return for how long values count as current."""
        return _CACHED + _LATE * self._pace(now)

    def _pace(self, now: datetime) -> timedelta:
        """Return how often the power is polled."""
        is_planned = self.system in self.planner.systems
        pace = self.planner.interval(self.system, feeds.LIVE.request, now) if is_planned else None
        return max(pace or timedelta(), feeds.LIVE.request.min_interval)

    def _info(self, now: datetime) -> SiteInfo | None:
        """Return what the site says of itself, as long as it can be believed.

        An old answer is good while only the budget prevents a newer one, so that the requests
        that are kept for changes are of use.
        """
        error = self.states[feeds.INFO.key].error
        spared = error is None or isinstance(error, ApiQuotaError)
        return self.answer(feeds.INFO) if spared else self.current(feeds.INFO, now)

    def _current(self, live: LiveStatus | None, now: datetime) -> LiveStatus | None:
        """Return an answer if its values, not its arrival, are recent enough."""
        if live is None or self.answer(feeds.LIVE) is None:
            return None
        return live if now - self._measured_at(live) <= self._oldest(now) else None

    def _measured_at(self, live: LiveStatus | None) -> datetime:
        answered = self.answered_at(feeds.LIVE)
        return measured_at(live, answered) if live is not None else answered

    def _make_builders(self) -> tuple[Builder, ...]:
        made_of = self._builder
        return (
            made_of(PowerFlow, (feeds.LIVE, feeds.INFO), self._power),
            made_of(EnergyCounters, (feeds.TODAY, feeds.DAYS, feeds.LIVE), self._counters),
            made_of(Battery, (feeds.LIVE, feeds.INFO), self._battery),
            made_of(GridStatus, (feeds.LIVE, feeds.INFO), self._grid),
            made_of(GridServices, (feeds.LIVE, feeds.INFO), self._services),
            made_of(Storm, (feeds.LIVE, feeds.INFO), self._storm),
            made_of(Settings, (feeds.INFO,), self._settings),
            made_of(Chargers, (feeds.LIVE, feeds.INFO, feeds.SESSIONS), self._chargers),
            made_of(Prices, (feeds.INFO,), self._prices),
            made_of(PastOutages, (feeds.OUTAGES,), self._outages),
            made_of(Health, feeds.ALL, self._health),
            made_of(Quota, feeds.ALL, self._coarse_quota),
        )

    def _power(self, now: datetime) -> PowerFlow | None:
        if (live := self._current(self._live.power, now)) is None:
            return None
        generator = self._live.has_generator
        return power.build(live, self.answer(feeds.INFO), self._measured_at(live), generator=generator)

    def _counters(self, now: datetime) -> EnergyCounters | None:
        counts = self.counters.counts(day_of(now, self.zone))
        return EnergyCounters(observed_at=now, counts=counts, rejected=self._live.rejected) if counts else None

    def _battery(self, now: datetime) -> Battery | None:
        if (info := self._info(now)) is None:
            return None
        live = self._current(self._live.level, now)
        return battery.build(live, info, self._measured_at(live))

    def _grid(self, now: datetime) -> GridStatus:
        live = self._current(self.answer(feeds.LIVE), now)
        return grid.build(live, self.answer(feeds.INFO), self._measured_at(live))

    def _services(self, now: datetime) -> GridServices | None:
        live = self._current(self.answer(feeds.LIVE), now)
        return grid.build_services(live, self.answer(feeds.INFO), self._measured_at(live))

    def _storm(self, now: datetime) -> Storm | None:
        info = self._info(now)
        if info is None or not grid.can_guard(info):
            return None
        live = self._current(self.answer(feeds.LIVE), now)
        guarded = settings.storm_guard(info, self.context)
        return grid.build_storm(live, guarded=guarded, now=now, observed_at=self._measured_at(live))

    def _settings(self, now: datetime) -> Settings | None:
        info = self._info(now)
        return settings.build(info, self.context, self.answered_at(feeds.INFO)) if info is not None else None

    def _chargers(self, now: datetime) -> Chargers | None:
        if (info := self._info(now)) is None:
            return None
        live = self._current(self.answer(feeds.LIVE), now)
        seen = self._live.chargers.current if live is not None else {}
        return chargers.build(info, seen, self.answer(feeds.SESSIONS) or (), self._measured_at(live))

    def _prices(self, now: datetime) -> Prices | None:
        if (info := self._info(now)) is None:
            return None
        return self._prices_of.build(_tariff_content(info), now, self.zone, self.answered_at(feeds.INFO))

    def _tariff_of(self, info: SiteInfo) -> SeenTariff | None:
        return self._prices_of.tariff(_tariff_content(info), self.zone)

    def past_prices(self, now: datetime) -> PastPrices:
        """Return the prices of the last days until now."""
        self._past_prices.pass_time(now)
        return self._past_prices

    def _outages(self, now: datetime) -> PastOutages | None:
        if (history := self.answer(feeds.OUTAGES)) is None:
            return None
        return self._listed.build(history, now, self._age(now), self.zone, self.answered_at(feeds.OUTAGES))

    def _age(self, now: datetime) -> timedelta:
        """Return for how long the site has been installed at most."""
        first = self.context.installed
        return timedelta(days=3650 if first is None else (day_of(now, self.zone) - first).days + 1)

    def _health(self, now: datetime) -> Health:
        updated = max((state.answered_at for state in self.states.values() if state.answered_at), default=None)
        live = self.answer(feeds.LIVE)
        return Health(
            observed_at=updated or now,
            firmware=self.device.firmware,
            last_update=updated,
            requests=self.planner.usage.used,
            last_cloud_report=self.reported_at(),
            cloud_connected=self._current(live, now) is not None if live is not None else None,
            breaker_open=live.battery_breaker_open if live is not None else None,
            ailing=self.ailing(now),
        )

    def _coarse_quota(self, now: datetime) -> Quota:
        """Return the quota without the time of an update that is never far away, and so another one each minute."""
        quota = self._quota(now)
        return replace(quota, next_update=None) if self._pace(now) < _NEAR else quota

    @override
    def reported_at(self) -> datetime | None:
        live = self.answer(feeds.LIVE)
        return self._measured_at(live) if live is not None else None


def _tariff_content(info: SiteInfo) -> Mapping[str, object] | None:
    return info.tariff_content_v2 or info.tariff_content
