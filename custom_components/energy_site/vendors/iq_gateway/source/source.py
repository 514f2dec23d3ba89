"""The IQ Gateway as a source: feeds, clock, counters, and the parts built from them."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta, tzinfo
from typing import Any, override

from ....api.errors import ApiConnectionError, ApiError, ApiStatusError
from ....site.circuits import Generator, LoadCircuits
from ....site.control import BlockReason, Control, ControlName
from ....site.energy.ledger import Ledger
from ....site.export_limit import ExportLimit
from ....site.meters import Meters
from ....site.model import (
    Battery,
    DeviceInfo,
    EnergyCounters,
    GridStatus,
    Health,
    Inverters,
    LivePower,
    Part,
    PowerFlow,
    Settings,
)
from ....site.prices import Prices
from ....sources.feed import Feed, Pace
from ....sources.source import AnotherSystemError, Builder, Source
from ..client.client import IqGatewayClient
from ..client.models.info import GatewayInfo
from ..client.models.status import Home
from ..client.token import GatewayToken
from . import (
    battery,
    circuits,
    energy,
    export_limit,
    feeds,
    grid,
    health,
    inverters,
    live,
    meters,
    power,
    remembered,
    settings,
)
from .answers import Answers, GatewayClock
from .capabilities import Capabilities
from .checks import Checks
from .controls import GatewayControls
from .counter_names import counter_name
from .detection import detect_capabilities
from .fallback import via_fallback
from .feeds import GatewayFeed
from .prices import GatewayPrices
from .schedule import GatewaySchedule

# Live power ends automatically, like in the vendor's own app.
LIVE_LASTS = timedelta(minutes=15)

# When the house is disconnected from the grid, the frequency changes, or there is none.
_FREQUENCY_STEP = 0.4
_DEAD = 40.0

# A jump of this size means that the gateway's clock was set; its time isn't requested too often.
_CLOCK_STEP = timedelta(minutes=2)
_CLOCK_PAUSE = timedelta(minutes=5)

_BATTERY_KEYS = frozenset({feeds.BATTERY_POWER.key, feeds.DEVICE_DATA.key, feeds.PRODUCTION_SUMMARY.key})
_COUNTED = frozenset(feed.key for feed in energy.FEEDS)


class IqGatewaySource(Source):
    """One gateway."""

    feeds: Mapping[str, GatewayFeed[Any]] = {feed.key: feed for feed in feeds.ALL}
    schedule: GatewaySchedule

    def __init__(
        self,
        client: IqGatewayClient,
        serial: str,
        token: GatewayToken,
        intervals: Mapping[Pace, timedelta],
        zone: tzinfo,
        find_zone: Callable[[str], Awaitable[tzinfo | None]],
        *,
        live_lasts: timedelta = LIVE_LASTS,
        net_phases: bool = False,
    ) -> None:
        """Poll the gateway with this serial number using `client`.

        Days begin in `zone` until the gateway's own time zone is known, whose name `find_zone`
        resolves. Live power ends automatically after `live_lasts`. With `net_phases`, the grid's
        import and export are those of the sum of all phases.
        """
        super().__init__()
        self.client = client
        self.token = token
        self.serial = serial
        self.info: GatewayInfo | None = None
        self.capabilities = Capabilities()
        self.ledger = Ledger(zone)
        self.clock = GatewayClock()
        self.live = live.Live(live_lasts)
        self.curtailment = export_limit.Curtailment()
        self.false_openings = circuits.FalseOpenings()
        self._prices = GatewayPrices()
        self._net_phases = net_phases
        self._balanced = True
        self.answers = Answers(self._answers, self.states)
        self.checks = Checks(self.answers, self._answers, self.clock)
        self._find_zone = find_zone
        self._zone_name: str | None = None
        self._zone: tzinfo | None = None
        self._firmware: str | None = None
        self._clock_set_at: datetime | None = None
        self._date_offset: timedelta | None = None
        self._grid_seen: dict[int, tuple[float, bool]] = {}
        self._relay_seen: int | None = None
        self._turn = 0
        self.schedule = GatewaySchedule(self, intervals)
        self._builders = self._make_builders()
        self._controls = GatewayControls(self)

    @property
    @override
    def device(self) -> DeviceInfo:
        info = self.info
        return DeviceInfo(
            serial=self.serial,
            model="IQ Gateway Metered" if info and info.metered else "IQ Gateway",
            model_id=info.part_number if info else None,
            firmware=info.software if info else None,
        )

    @property
    @override
    def builders(self) -> tuple[Builder, ...]:
        return self._builders

    @override
    async def prepare(self, now: datetime) -> None:
        """Request the gateway's identity.

        Raises `AnotherSystemError` if it isn't the one that was set up, and forgets what an older
        firmware lacked.
        """
        info = await self.client.info()
        if info.serial != self.serial:
            raise AnotherSystemError("info", "another gateway answers at this address")
        self.info = info
        self._set_clock(info, now)
        if self._firmware not in (None, info.software):
            self.forget_absence()
            self.live.forget_refusal()
        self._firmware = info.software
        if self._zone_name is not None and (zone := await self._find_zone(self._zone_name)) is not None:
            self.ledger.move(zone, now)

    @override
    async def close(self) -> None:
        await self.live.end()

    @override
    def control_names(self) -> Iterable[ControlName]:
        return self._controls.names()

    @override
    def own_control(self, name: ControlName, now: datetime) -> Control | None:
        return self._controls.control(name, now) or self._controls.shown(name)

    @override
    def control(self, name: ControlName, now: datetime) -> Control | None:
        control = self._controls.control(name, now)
        if control is None or control.block_reason is not BlockReason.CLOUD_CONTROLLED or self.fallback is None:
            return control
        return (
            control if (way := self.fallback()) is None else via_fallback(control, name, way, self._controls.event(now))
        )

    @override
    def counter_name(self, key: str, serial: str | None) -> str | None:
        return counter_name(key, serial)

    @override
    def as_dict(self) -> dict[str, Any]:
        return {
            **super().as_dict(),
            "firmware": self._firmware,
            "hardware": self.capabilities.as_dict(),
            "meters": remembered.as_dict(self.answers.last(feeds.METERS)),
            "timezone": self._zone_name,
            "books": self.ledger.as_dict(),
            "checks": self.checks.as_dict(),
        }

    @override
    def restore(self, data: Mapping[str, Any]) -> None:
        super().restore(data)
        firmware, zone, capabilities, counters = (
            data.get(key) for key in ("firmware", "timezone", "hardware", "books")
        )
        self._firmware = firmware if isinstance(firmware, str) else None
        self._zone_name = zone if isinstance(zone, str) else None
        if isinstance(capabilities, Mapping):
            self.capabilities = Capabilities.restore(capabilities)
        if (set_up := remembered.restore(data.get("meters"))) is not None:
            self._answers[feeds.METERS.key] = set_up
        if isinstance(counters, Mapping):
            self.ledger.restore(counters)
        if isinstance(checks := data.get("checks"), Mapping):
            self.checks.restore(checks)

    @override
    def in_maintenance_window(self, now: datetime) -> bool:
        return self.schedule.in_maintenance_window(now)

    @override
    async def _fetch(self, feed: Feed, now: datetime) -> object:
        if feed.key == feeds.LIVE_DATA.key:
            return await self.live.ask(self.client, self.capabilities, now)
        answer = await self.client.get(self.feeds[feed.key].ask)
        await self._watch_clock(now)
        if isinstance(answer, Home) and answer.timezone not in (None, self._zone_name):
            self._zone = await self._find_zone(answer.timezone)
            self._zone_name = answer.timezone if self._zone else self._zone_name
        return answer

    def _set_clock(self, info: GatewayInfo, now: datetime) -> None:
        """Set the gateway's time, and remember the offset of its responses' dates."""
        self._clock_set_at = now
        self._date_offset = None if self.client.date is None else self.client.date - now
        if info.time is not None:
            self.clock.told(info.time, now)
        elif self.client.date is not None:
            self.clock.told(int(self.client.date.timestamp()), now)

    async def _watch_clock(self, now: datetime) -> None:
        """Request the gateway's time when its responses' dates show that its clock was set."""
        if self.client.date is None or self._date_offset is None or self._clock_set_at is None:
            return
        moved = abs(self.client.date - now - self._date_offset)
        if moved <= _CLOCK_STEP or now - self._clock_set_at <= _CLOCK_PAUSE:
            return
        # If the gateway fails to respond now, its time is requested again with the next response.
        with suppress(ApiError):
            self._set_clock(await self.client.info(), now)

    @override
    async def _is_reachable(self) -> bool:
        try:
            await self.client.info()
        except ApiError:
            return False
        return True

    @override
    async def _is_busy(self) -> bool:
        others = [key for key in self.essential() if key != self.schedule.lead]
        if self.outage is not None and others:
            # One is requested at a time, as all of them would be a burden for a busy gateway.
            self._turn += 1
            others = [others[self._turn % len(others)]]
        # The last feeds in the setup order are the least related to the meters.
        for key in reversed(others):
            try:
                await self.client.get(self.feeds[key].ask)
            except ApiStatusError as err:
                if not err.busy:
                    return False
            except ApiConnectionError:
                continue
            except ApiError:
                return False
            else:
                return False
        return bool(others)

    @override
    def _is_empty(self, feed: Feed, answer: object) -> bool:
        return self.feeds[feed.key].empty(answer)

    @override
    def _observe(self, feed: Feed, now: datetime) -> None:
        self._detect_capabilities()
        if self._zone is not None:
            self.ledger.move(self._zone, now)
            self._zone = None
        key = feed.key
        streams = key == feeds.LIVE_DATA.key and self.live.on(now)
        interval = self.schedule.stretched(Pace.LIVE) if streams else self.schedule.interval(key)
        waited = self.checks.take(key, self.capabilities, interval, now)
        self._detect_capabilities()
        if waited:
            self._count(feeds.METER_READINGS.key, now)
        if key == feeds.METER_READINGS.key:
            self._watch_grid()
        if key == feeds.LIVE_DATA.key:
            self._watch_relay()
        if key == feeds.DRY_CONTACTS.key and (contacts := self.answers.last(feeds.DRY_CONTACTS)) is not None:
            self._answers[key] = self.false_openings.mend(contacts, now)
        if key == feeds.DEVICE_DATA.key:
            inverters.count(self.answers, self.ledger, now)
        self._count(key, now)

    def _count(self, key: str, now: datetime) -> None:
        if key not in _COUNTED:
            return
        bounds, flows = self.checks.limits(self.capabilities), self._flows(now)
        if key in _BATTERY_KEYS:
            energy.count_battery(self.answers, self.capabilities, self.ledger, flows, now)
        if key == feeds.METER_READINGS.key:
            energy.count_flows(self.capabilities, self.ledger, flows, now)
        else:
            energy.count_inverters(self.answers, self.capabilities, self.ledger, bounds, now)
        # The gateway's own sums show how much of today's energy is from before the first reading.
        if key in (feeds.METER_READINGS.key, feeds.ENERGY.key):
            energy.count_meters(self.answers, self.capabilities, self.ledger, bounds, now, net_phases=self._net_phases)
            if self.capabilities.grid_meter and not self.capabilities.load_meter:
                self._balanced = energy.balance_house(
                    self.answers, self.capabilities, self.ledger, flows, now, afresh=not self._balanced
                )

    def _detect_capabilities(self) -> None:
        """Detect the site's hardware; feeds that are to be polled more often now are polled at once."""
        capabilities = detect_capabilities(self.answers, self.capabilities, self.checks.witnesses.doubted)
        if capabilities == self.capabilities:
            return
        before = {key: self.schedule.pace_interval(feed) for key, feed in self.feeds.items()}
        self.capabilities = capabilities
        self.refresh_requested |= {
            key
            for key, feed in self.feeds.items()
            if self.schedule.pace_interval(feed) < before[key] and self.states[key].polled_at is not None
        }

    def _watch_grid(self) -> None:
        """Poll the grid switch at once when the meters' values indicate a change."""
        grid = self.answers.last(feeds.METER_READINGS) or ()
        seen = {
            reading.eid: (reading.freq, (reading.voltage or 0.0) > _DEAD)
            for reading in grid
            if reading.freq is not None
        }
        for eid, (frequency, powered) in seen.items():
            before = self._grid_seen.get(eid)
            if before is not None and (abs(frequency - before[0]) > _FREQUENCY_STEP or powered != before[1]):
                self.refresh_requested |= {feeds.RELAY.key, feeds.ENSEMBLE_INVENTORY.key, feeds.DRY_CONTACTS.key}
        self._grid_seen = {
            eid: (frequency, powered) for eid, (frequency, powered) in seen.items() if frequency is not None
        }

    def _watch_relay(self) -> None:
        """Poll the grid switch at once when live data shows that it moved; the meaning of its codes is unknown."""
        data = self.answers.last(feeds.LIVE_DATA)
        state = data.main_relay_state if data is not None and data.streaming else None
        if state is not None and self._relay_seen not in (None, state):
            self.refresh_requested |= {feeds.RELAY.key, feeds.ENSEMBLE_INVENTORY.key}
        self._relay_seen = state if state is not None else self._relay_seen

    def _flows(self, now: datetime) -> PowerFlow:
        return power.build(self.answers, self.capabilities, self.clock, self.checks.limits(self.capabilities), now)

    def _newest_flows(self, now: datetime) -> PowerFlow:
        """Return the flows from live data while values arrive; energy is still counted from the meters."""
        polled = self._flows(now)
        newest = live.flows(self.live, self.answers, self.capabilities, polled, now)
        return polled if newest is None else newest

    def _make_builders(self) -> tuple[Builder, ...]:
        answers, clock, ledger = self.answers, self.clock, self.ledger

        def made_of(part: type[Part], used: Iterable[Feed], build: Callable[[datetime], Part | None]) -> Builder:
            return Builder(part=part, feeds=frozenset(feed.key for feed in used), build=build)

        return (
            made_of(PowerFlow, (feeds.METER_READINGS, *power.FEEDS), self._newest_flows),
            made_of(EnergyCounters, energy.FEEDS, lambda now: energy.build(answers, ledger, self.checks.refused, now)),
            made_of(
                Meters,
                (feeds.METERS, feeds.METER_READINGS, feeds.GRID_READING),
                lambda now: meters.build(answers, ledger, now),
            ),
            made_of(Battery, battery.FEEDS, lambda now: battery.build(answers, clock, ledger, now)),
            made_of(
                Inverters,
                (feeds.INVERTERS, feeds.DEVICE_DATA, feeds.INVENTORY),
                lambda now: inverters.build(answers, self.capabilities, clock, ledger, now),
            ),
            made_of(GridStatus, grid.FEEDS, lambda now: grid.build(answers, clock, now)),
            made_of(
                Settings,
                (feeds.SECONDARY_CONTROL, feeds.TARIFF, feeds.SCHEDULE),
                lambda now: settings.build(answers, self.capabilities, now),
            ),
            # Only the home page has the time zone that the tariff's hours refer to.
            made_of(Prices, (feeds.TARIFF, feeds.HOME), lambda now: self._prices.build(answers, now, ledger.zone)),
            made_of(LoadCircuits, circuits.FEEDS, lambda now: circuits.build(answers, now)),
            made_of(
                Generator,
                (feeds.GENERATOR, feeds.GENERATOR_CONFIG, feeds.GENERATOR_MODE),
                lambda now: settings.build_generator(answers, now),
            ),
            made_of(LivePower, (feeds.LIVE_DATA,), self._live_power),
            made_of(
                ExportLimit,
                (*export_limit.FEEDS, feeds.METER_READINGS, feeds.BATTERY_POWER, feeds.LIVE_DATA, feeds.DEVICE_DATA),
                self._export_limit,
            ),
            made_of(Health, health.FEEDS, self._health),
        )

    def _live_power(self, now: datetime) -> LivePower | None:
        offered = self.capabilities.any_meter and self.answers.last(feeds.LIVE_DATA) is not None
        return self.live.part(now) if offered else None

    def _export_limit(self, now: datetime) -> ExportLimit | None:
        return export_limit.build(
            self.answers,
            self.curtailment,
            self.part(PowerFlow),
            self.part(Inverters),
            self.part(GridStatus),
            now,
            known=self.capabilities.export_limit,
        )

    def _health(self, now: datetime) -> Health | None:
        if self.info is None:
            return None
        return health.build(
            self.answers,
            self.info,
            self.client.load,
            self.token.expires_at,
            self.clock,
            self.checks.witnesses.findings,
            now,
        )
