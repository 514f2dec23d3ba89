"""A system of the owner's Enphase account as a source."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any, cast, override

from ....api.errors import AccountServiceError, ApiConnectionError, ApiError, ApiStatusError
from ....site.control import Control, ControlName
from ....site.energy.days import DailyCounters
from ....site.history.intervals import day_of
from ....site.model import (
    Battery,
    CounterKind,
    DeviceInfo,
    EnergyCounters,
    GridStatus,
    Health,
    Part,
    PowerFlow,
    Settings,
    Storm,
)
from ....site.past_outages import PastOutages
from ....site.prices import Prices
from ....site.status import SystemStatus
from ....sources.cloud import ZoneFinder
from ....sources.feed import Feed, Presence
from ....sources.source import Builder, Source
from ...enphase.client.errors import NotYetError
from ..client import endpoints
from ..client.models.settings import SiteSettings
from . import battery, energy, feeds, health, outages, power, settings
from .configuration import Configuration
from .context import AccountContext
from .controls import AccountControls
from .feeds import AccountFeed
from .prices import AccountPrices
from .schedule import AccountSchedule
from .urgency import is_urgent, urgently
from .watches import ProfileWatch, UnlistedOutage

# A gateway reports every 5 to 15 minutes; a change waits for one that hasn't for longer.
_LATE = timedelta(minutes=30)

# Systems with a cellular modem report every six hours. What is older isn't current.
_OLDEST = timedelta(hours=7)


def _is_busy(error: ApiError) -> bool:
    return isinstance(error, ApiStatusError) and error.busy


class AccountSource(Source):
    """One system of an account."""

    feeds: Mapping[str, AccountFeed[Any]] = {feed.key: feed for feed in feeds.ALL}
    schedule: AccountSchedule

    counts_by_day = True

    # A refusal is reported once another endpoint has shown that the session is alive.
    doubts_refusals_of_all = False

    def __init__(
        self,
        context: AccountContext,
        unique_id: str,
        find_zone: ZoneFinder,
        *,
        sign_ins: Callable[[], int | None] = lambda: None,
        gateways: frozenset[str] = frozenset(),
    ) -> None:
        """Poll the system of `context`, whose days begin in its zone until the site tells its own.

        `gateways` are the serial numbers that are known until the site lists them. `sign_ins` returns how often the account was signed in to since it was set up.
        """
        super().__init__()
        self.context = context
        self.unique_id = unique_id
        self.schedule = AccountSchedule(self)
        self.counters = DailyCounters()
        self.closed: date | None = None
        # When the feeds are polled whose turn didn't come, as too many requests were sent.
        self.put_off: dict[str, datetime] = {}
        self._find_zone = find_zone
        self._zone_name: str | None = None
        self._sign_ins = sign_ins
        self._gateways = gateways
        self._profiles = ProfileWatch()
        self._outage = UnlistedOutage()
        self._prices_of = AccountPrices()
        self._controls = AccountControls(self)
        self._builders = self._make_builders()

    @property
    @override
    def device(self) -> DeviceInfo:
        devices = self.answer(feeds.DEVICES)
        gateways = [each for each in devices.devices if each.serial_number in self._gateways] if devices else []
        firmware = gateways[0].firmware if len(gateways) == 1 else None
        return DeviceInfo(serial=self.context.site_id, model="Enphase system", firmware=firmware)

    @property
    @override
    def builders(self) -> tuple[Builder, ...]:
        return self._builders

    @property
    @override
    def gateway_serials(self) -> frozenset[str]:
        return self._gateways

    @property
    def zone(self) -> tzinfo:
        """The site's time zone, which defines its days."""
        return self.context.zone

    @property
    def busy(self) -> bool:
        """Whether the vendor works on the system."""
        site, details = self.answer(feeds.SITE), self.answer(feeds.SETTINGS)
        return bool((site and site.calibration_progress) or (details and details.system_task))

    @property
    def is_refused(self) -> bool:
        """Whether nothing about the system is for this account, as after it was sold."""
        asked = [feed.key for feed in (feeds.SETTINGS, feeds.TODAY, feeds.BATTERY) if self.is_wanted(feed.key)]
        return all(self.states[key].presence is Presence.FORBIDDEN for key in asked)

    @property
    def statement_missing(self) -> bool:
        """Whether Enphase's statement has to be accepted before the battery may be charged from the grid."""
        known = self.configuration()
        return known is not None and self._controls.lacks_statement(known)

    async def accept_statement(self) -> None:
        """Pass on that the owner accepted Enphase's statement; raises `ApiError` if the service doesn't take it."""
        await self.context.client.write(endpoints.ACCEPT_DISCLAIMER, {"disclaimer-type": "itc"})
        with self.user_requested():
            await self.poll(feeds.SETTINGS.key, self.context.clock())

    def answer[T](self, feed: AccountFeed[T]) -> T | None:
        """Return a feed's last answer, however old."""
        return cast("T | None", self._answers.get(feed.key))

    def current[T](self, feed: AccountFeed[T], now: datetime) -> T | None:
        """Return a feed's answer while it is valid and wanted, `None` otherwise."""
        return self.answer(feed) if self.states[feed.key].is_fresh(now) and self.is_wanted(feed.key) else None

    def answered_at(self, feed: AccountFeed[Any]) -> datetime:
        """Return when a feed last answered, the Unix epoch if it never did."""
        return self.states[feed.key].answered_at or datetime.fromtimestamp(0, UTC)

    def configuration(self) -> Configuration | None:
        """Return what is known of the settings, `None` before they were reported."""
        if (details := self.answer(feeds.SETTINGS)) is None:
            return None
        return Configuration(
            details=details,
            site=self.answer(feeds.SITE),
            # One that can't be read any more may have been changed since.
            profile=self.answer(feeds.PROFILE) if self.states[feeds.PROFILE.key].error is None else None,
            schedules=self.answer(feeds.SCHEDULES),
            alerts=self.answer(feeds.STORM),
            profile_changed=self._profiles.is_another(details),
        )

    def is_current(self, now: datetime) -> bool:
        """Return whether the settings were reported lately."""
        return self.current(feeds.SETTINGS, now) is not None

    def is_silent(self, now: datetime, after: timedelta = _LATE) -> bool:
        """Return whether the gateway says nothing to the cloud, or hasn't for longer than `after`."""
        status, reported_at = self._status(now), self.reported_at()
        if status is not None and not status.reports:
            return True
        return reported_at is not None and now - reported_at > after

    def reported_at(self) -> datetime | None:
        """Return when the system last reported to the cloud, `None` if unknown."""
        today = self.answer(feeds.TODAY) if self.is_wanted(feeds.TODAY.key) else None
        return today.reported_at if today is not None else None

    def read_again(self, *keys: str) -> None:
        """Poll some feeds soon."""
        self.refresh_requested |= set(keys)

    @override
    def grid_returned(self) -> None:
        self._outage.handle_return(self.context.clock())
        self.read_again(feeds.OUTAGES.key)

    @override
    def is_wanted(self, key: str) -> bool:
        return self.feeds[key].beside is not None or not self.is_left(key)

    @override
    def essential(self) -> tuple[str, ...]:
        return tuple(key for key in super().essential() if self.is_wanted(key))

    @override
    def control_names(self) -> Iterable[ControlName]:
        return self._controls.names()

    @override
    def control(self, name: ControlName, now: datetime) -> Control | None:
        return self._controls.control(name, now)

    @override
    async def prepare(self, now: datetime) -> None:
        if self._zone_name is not None:
            await self._move(self._zone_name)
        # The account has nothing that is asked first: a session that is over shows in the first poll.
        self.age(now)

    @override
    async def close(self) -> None:
        """Leave the account, which other entries may use, with what was sent answered and stored."""
        await self.context.client.drain()

    @override
    def age(self, now: datetime) -> None:
        for builder in self.builders:
            self._build(builder, "age", now)

    @override
    def user_requested(self) -> AbstractContextManager[None]:
        return urgently()

    @override
    async def poll(self, key: str, now: datetime) -> None:
        self.put_off.pop(key, None)
        if not self.is_wanted(key):
            self.states[key].polled_at = now
            return
        try:
            await super().poll(key, now)
        except NotYetError as err:
            # Nothing is wrong, so nothing is reported: other feeds, or another system, were first.
            state = self.states[key]
            state.failures -= 1
            state.error = None
            self.put_off[key] = now + timedelta(seconds=err.retry_after)

    @override
    def counter_name(self, key: str, serial: str | None) -> str | None:
        return self.counters.name(key, serial)

    @override
    def as_dict(self) -> dict[str, Any]:
        return {
            **super().as_dict(),
            "books": self.counters.as_dict(),
            "timezone": self._zone_name,
            "closed": self.closed.isoformat() if self.closed is not None else None,
            "gateways": sorted(self._gateways),
            "off_grid": self._outage.off_grid,
        }

    @override
    def restore(self, data: Mapping[str, Any]) -> None:
        super().restore(data)
        zone, counters, closed, gateways = (data.get(key) for key in ("timezone", "books", "closed", "gateways"))
        self._zone_name = zone if isinstance(zone, str) else None
        if isinstance(counters, Mapping):
            self.counters.restore(counters)
        try:
            self.closed = date.fromisoformat(closed) if isinstance(closed, str) else None
        except ValueError:
            self.closed = None
        if isinstance(gateways, list):
            self._gateways = frozenset(each for each in gateways if isinstance(each, str)) or self._gateways
        self._outage = UnlistedOutage(off_grid=data.get("off_grid") is True)

    @override
    async def _is_out(self, error: ApiError) -> bool:
        """Return whether the account as a whole waits, such as while the service is spared, or its services are down."""
        if isinstance(error, AccountServiceError):
            return True
        if not isinstance(error, ApiConnectionError) and not _is_busy(error):
            return False
        try:
            await self.context.client.get(endpoints.SITES, urgent=True)
        except NotYetError:
            return self.outage is not None
        except ApiError:
            return True
        return False

    @override
    def _disproves_outage(self, error: ApiError) -> bool:
        # Each of the services may be down for the reason that the others are.
        return super()._disproves_outage(error) and not _is_busy(error)

    @override
    async def _fetch(self, feed: Feed, now: datetime) -> object:
        answer = await self.context.client.get(self.feeds[feed.key].ask, urgent=is_urgent())
        if isinstance(answer, SiteSettings) and answer.timezone:
            await self._move(answer.timezone)
        return answer

    @override
    def _observe(self, feed: Feed, now: datetime) -> None:
        match feed.key:
            case feeds.SETTINGS.key if (details := self.answer(feeds.SETTINGS)) is not None:
                if self._profiles.asks_for_profile(details):
                    self.read_again(feeds.PROFILE.key)
            case feeds.PROFILE.key if (profile := self.answer(feeds.PROFILE)) is not None:
                if self._profiles.asks_for_settings(profile, self.answer(feeds.SETTINGS)):
                    self.read_again(feeds.SETTINGS.key)
            case feeds.TODAY.key:
                self._observe_today(now)
            case feeds.LIFETIME.key:
                self._observe_life(now)
            case feeds.DEVICES.key if (devices := self.answer(feeds.DEVICES)) is not None:
                self._gateways = devices.gateway_serials or self._gateways
            case feeds.OUTAGES.key if (at := self._outage.look_again_at(now)) is not None:
                self.put_off[feed.key] = at
            case feeds.OFF_GRID.key if (off_grid := self.answer(feeds.OFF_GRID)) is not None:
                if self._outage.is_over(off_grid):
                    self.read_again(feeds.OUTAGES.key)

    def _observe_today(self, now: datetime) -> None:
        if (today := self._believed(now)) is None:
            return
        kinds = self._kinds(feeds.TODAY)
        if self.closed is not None or not self.states[feeds.LIFETIME.key].presence.answers:
            for kind in kinds:
                self.counters.of(kind).begin(day_of(today.starts_at, self.zone))
        energy.record_today(self.counters, today, kinds, self.zone)

    def _observe_life(self, now: datetime) -> None:
        if (life := self.answer(feeds.LIFETIME)) is None:
            return
        self.closed = energy.last_day(life, now, self.zone)
        kinds = self._kinds(feeds.LIFETIME) | self._kinds(feeds.TODAY)
        energy.record_life(self.counters, life, kinds, self.closed)

    def _kinds(self, feed: AccountFeed[Any]) -> frozenset[CounterKind]:
        """Return what a feed's answer counts."""
        answer = self.answer(feed)
        if feed is feeds.TODAY:
            answer = answer.buckets if answer is not None else None
        return energy.kinds_of(answer.flows, battery=self._has_battery()) if answer is not None else frozenset()

    def _has_battery(self) -> bool:
        site, today = self.answer(feeds.SITE), self.answer(feeds.TODAY)
        if battery.has_battery(self.answer(feeds.BATTERY)) or (site is not None and site.has_encharge):
            return True
        return today is not None and today.level is not None

    def _believed(self, now: datetime) -> energy.Believed | None:
        today = self.answer(feeds.TODAY)
        return energy.believed(today, now) if today is not None else None

    def _status(self, now: datetime) -> SystemStatus | None:
        """Return the state of the system as a whole."""
        today, site = self.current(feeds.TODAY, now), self.answer(feeds.SITE)
        word = (today.site_status if today is not None else None) or (site.status if site is not None else None)
        return SystemStatus.of(word)

    async def _move(self, name: str) -> None:
        """Use the site's own time zone."""
        if name == self._zone_name == str(self.context.zone):
            # Home Assistant finds a zone in a thread, even one that it has found before.
            return
        if (zone := await self._find_zone(name)) is not None:
            self._zone_name = name
            self.context.zone = zone

    def _make_builders(self) -> tuple[Builder, ...]:
        def made_of(
            part: type[Part], used: Iterable[AccountFeed[Any]], build: Callable[[datetime], Part | None]
        ) -> Builder:
            return Builder(part=part, feeds=frozenset(feed.key for feed in used), build=build)

        configuration = (feeds.SETTINGS, feeds.SITE, feeds.PROFILE, feeds.SCHEDULES, feeds.STORM)
        return (
            made_of(PowerFlow, (feeds.TODAY, feeds.POWER), self._power),
            made_of(EnergyCounters, (feeds.TODAY, feeds.LIFETIME), self._counters),
            made_of(Battery, (feeds.BATTERY, feeds.DEVICES, feeds.TODAY), self._battery),
            made_of(GridStatus, (feeds.OFF_GRID,), self._grid),
            made_of(Settings, configuration, self._settings),
            made_of(Storm, (feeds.STORM, feeds.SETTINGS), self._storm),
            made_of(PastOutages, (feeds.OUTAGES,), self._outages),
            made_of(Prices, (feeds.TARIFF, feeds.SITE), self._prices),
            made_of(Health, feeds.ALL, self._health),
        )

    def _power(self, now: datetime) -> PowerFlow | None:
        if self.leaves(PowerFlow):
            return None
        if self.is_silent(now, after=_OLDEST):
            return PowerFlow(observed_at=now)
        today = self._believed(now) if self.current(feeds.TODAY, now) is not None else None
        kinds = {*self._kinds(feeds.TODAY), *self.counters.counts(day_of(now, self.zone))}
        return power.build(today, self.current(feeds.POWER, now), kinds, now)

    def _counters(self, now: datetime) -> EnergyCounters | None:
        counts = {} if self.leaves(EnergyCounters) else self.counters.counts(day_of(now, self.zone))
        return EnergyCounters(observed_at=now, counts=counts, rejected=0) if counts else None

    def _battery(self, now: datetime) -> Battery | None:
        if (status := self.current(feeds.BATTERY, now)) is None:
            return None
        today = self.current(feeds.TODAY, now)
        return battery.build(
            status,
            self.answer(feeds.DEVICES),
            today.backup_minutes if today is not None else None,
            now,
            self.answered_at(feeds.BATTERY),
            current=not self.is_silent(now, after=_OLDEST),
            readings=not self.leaves(Battery),
        )

    def _grid(self, now: datetime) -> GridStatus | None:
        current = not self.is_silent(now, after=_OLDEST)
        return outages.build_grid(self.current(feeds.OFF_GRID, now), self.answered_at(feeds.OFF_GRID), current=current)

    def _settings(self, now: datetime) -> Settings | None:
        if (known := self.configuration()) is None or not self.is_current(now):
            return None
        return settings.build(known, self.answered_at(feeds.SETTINGS), self._controls.witnessed())

    def _storm(self, now: datetime) -> Storm | None:
        if (known := self.configuration()) is None or not self.is_current(now):
            return None
        return settings.build_storm(known, now, self.answered_at(feeds.STORM))

    def _outages(self, now: datetime) -> PastOutages | None:
        if (listed := self.answer(feeds.OUTAGES)) is None:
            return None
        return outages.build_past(listed, now, self.zone, self.answered_at(feeds.OUTAGES))

    def _prices(self, now: datetime) -> Prices | None:
        return self._prices_of.build(self.current(feeds.TARIFF, now), now, self.zone, self.answered_at(feeds.TARIFF))

    def _health(self, now: datetime) -> Health:
        return health.build(
            self.current(feeds.EVENTS, now),
            self._status(now),
            self.reported_at(),
            max((state.answered_at for state in self.states.values() if state.answered_at), default=None),
            now,
            firmware=self.device.firmware,
            sign_ins=self._sign_ins(),
            requests=self.context.client.requests,
        )
