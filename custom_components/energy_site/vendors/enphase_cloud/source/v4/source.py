"""A system in the Enphase cloud as a source, by v4."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, override

from .....api.errors import ApiNotFoundError
from .....site.chargers import Chargers
from .....site.circuits import LoadCircuits
from .....site.control import Control, ControlName
from .....site.energy.grid_balance import derived
from .....site.heat_pumps import HeatPumps
from .....site.model import (
    Battery,
    CounterKind,
    DeviceInfo,
    EnergyCounters,
    GridStatus,
    Health,
    Inverters,
    PowerFlow,
    Quota,
    Settings,
    Storm,
)
from .....sources.budget import SystemBudget
from .....sources.cloud import CloudFeed, CloudSource, ZoneFinder
from .....sources.feed import Feed
from .....sources.source import Builder
from ...client.models.common import DailySeries
from .. import health
from ..planned_feed import QUARTER
from . import devices, energy, feeds, intervals, power, settings, unit_feeds, units
from .context import V4Context
from .controls import CloudControls

_NO_CONTENT = 204

# The cloud's statuses of a gateway that doesn't report.
_SILENT = ("comm", "no_data")

_ENERGY = (
    feeds.SUMMARY,
    feeds.CONSUMPTION,
    feeds.IMPORT,
    feeds.EXPORT,
    feeds.BATTERY,
    feeds.CONSUMPTION_LIFETIME,
    feeds.IMPORT_LIFETIME,
    feeds.EXPORT_LIFETIME,
    feeds.BATTERY_LIFETIME,
    feeds.PRODUCTION_METER,
    feeds.PRODUCTION_MICRO,
)

# The feeds that the balance of the grid is calculated from.
_BALANCE = (
    feeds.CONSUMPTION,
    feeds.BATTERY,
    feeds.PRODUCTION_METER,
    feeds.PRODUCTION_MICRO,
    feeds.IMPORT,
    feeds.EXPORT,
)


class EnphaseCloudSource(CloudSource[V4Context]):
    """One system of the Monitoring API v4."""

    feeds: Mapping[str, CloudFeed[V4Context, Any]] = {feed.key: feed for feed in feeds.ALL}

    def __init__(
        self,
        context: V4Context,
        system: str,
        budget: SystemBudget,
        find_zone: ZoneFinder,
    ) -> None:
        """Poll `system`, with days in the context's time zone until its own is known."""
        super().__init__(context, system, budget, context.client.recorded, find_zone)
        self._word: str | None = None
        self._is_listed = False
        self._charging: frozenset[str] | None = None
        self._strangers: frozenset[str] = frozenset()
        self._charged = units.UnitEnergy()
        self._pumped = units.UnitEnergy()
        self._builders = self._make_builders()
        self._controls = CloudControls(self)

    @property
    @override
    def device(self) -> DeviceInfo:
        gateway = self._gateway()
        return DeviceInfo(
            serial=gateway.serial if gateway is not None else self.system,
            model="IQ Gateway" if gateway is not None else "Enphase system",
            model_id=gateway.model_id if gateway is not None else None,
            firmware=gateway.firmware if gateway is not None else None,
        )

    @property
    @override
    def gateway_serials(self) -> frozenset[str]:
        """The serial numbers of the system's gateways, by which a local entry is recognized as the same site."""
        known = self.answer(feeds.DEVICES)
        return frozenset(device.serial_number for device in known.of("gateways")) if known is not None else frozenset()

    @property
    @override
    def builders(self) -> tuple[Builder, ...]:
        return self._builders

    @override
    def control_names(self) -> Iterable[ControlName]:
        return self._controls.names()

    @override
    def control(self, name: ControlName, now: datetime) -> Control | None:
        return self._controls.control(name, now)

    @override
    def as_dict(self) -> dict[str, Any]:
        return {
            **super().as_dict(),
            "paths": dict(self.context.client.paths),
            "chargers": self._charged.as_dict(),
            "heat_pumps": self._pumped.as_dict(),
        }

    @override
    def restore(self, data: Mapping[str, Any]) -> None:
        paths = data.get("paths")
        if isinstance(paths, Mapping):
            self.context.client.paths.update({str(key): str(path) for key, path in paths.items()})
        self._charged.restore(data.get("chargers"))
        self._pumped.restore(data.get("heat_pumps"))
        super().restore(data)

    @override
    async def poll(self, key: str, now: datetime) -> None:
        try:
            await super().poll(key, now)
        finally:
            # Substitutes that weren't needed until now would otherwise wait for the next day.
            self.refresh_requested |= {
                feed.key
                for feed in (feeds.PRODUCTION_METER, feeds.PRODUCTION_MICRO)
                if self.is_wanted(feed.key) and not self.states[feed.key].failures and feed.key not in self._answers
            }

    @override
    async def _fetch(self, feed: Feed, now: datetime) -> object:
        self.context.days = feeds.BALANCED_DAYS if feeds.missing_directions(self) else 1
        answer = await super()._fetch(feed, now)
        if isinstance(answer, DailySeries) and not answer.values and feeds.is_unproved(self, feed.key):
            raise ApiNotFoundError(feed.key, _NO_CONTENT)
        if feed.key == feeds.SYSTEM.key and (name := getattr(answer, "timezone", None)):
            await self._move(name)
        return answer

    @override
    def _handle_restored(self, feed: CloudFeed[V4Context, Any]) -> None:
        known, system, context = self.answer(feeds.DEVICES), self.answer(feeds.SYSTEM), self.context
        if feed is feeds.SYSTEM and system is not None and system.operational_at is not None:
            context.since = datetime.fromtimestamp(system.operational_at, self.zone).date()
        if feed is feeds.DEVICES and known is not None:
            context.batteries = tuple(device.serial_number for device in known.of("encharges"))
            context.chargers = tuple(device.serial_number for device in known.of(units.CHARGER_KIND))
            context.heat_pumps = tuple(device.serial_number for device in known.of(units.HEAT_PUMP_KIND))
            context.gateways = tuple(device.serial_number for device in known.of("gateways"))
            self.feeds = {**self.feeds, **unit_feeds.planned_for(context)}
            self._is_listed = True
        if feed is feeds.LATEST:
            self._charging = units.charging(self._latest_chargers(self.answered_at(feeds.LATEST)))

    @override
    def _rebuild(self, key: str, now: datetime) -> None:
        for counters, life_of in (
            (self._charged, unit_feeds.CHARGER_LIFETIME),
            (self._pumped, unit_feeds.HEAT_PUMP_LIFETIME),
        ):
            if not self.states[life_of.key].presence.answers:
                counters.begin(self._today(now))
        super()._rebuild(key, now)

    @override
    def _observe(self, feed: Feed, now: datetime) -> None:
        counters, zone, key = self.counters, self.zone, feed.key
        self._observe_units(key, now)
        if key in (feeds.DEVICES.key, feeds.SYSTEM.key):
            self._handle_restored(self.feeds[key])
        if key == feeds.SUMMARY.key and (summary := self.answer(feeds.SUMMARY)) is not None:
            energy.record_summary(counters, summary)
            if summary.status != self._word:
                # The list of devices shows which gateway or device the new status is about.
                self.refresh_requested |= {feeds.DEVICES.key} if self._word is not None else set()
                self._word = summary.status
        for each, kind in ((feeds.IMPORT, CounterKind.GRID_IMPORT), (feeds.EXPORT, CounterKind.GRID_EXPORT)):
            if key == each.key and (telemetry := self.answer(each)) is not None:
                energy.record_day(counters, kind, telemetry, zone)
        for life_of, kind in (
            (feeds.IMPORT_LIFETIME, CounterKind.GRID_IMPORT),
            (feeds.EXPORT_LIFETIME, CounterKind.GRID_EXPORT),
        ):
            if key == life_of.key and (series := self.answer(life_of)) is not None:
                energy.record_life(counters, kind, series, zone)
        if key == feeds.BATTERY.key and (battery := self.answer(feeds.BATTERY)) is not None:
            energy.record_battery_day(counters, battery, zone)
        if key == feeds.BATTERY_LIFETIME.key and (life := self.answer(feeds.BATTERY_LIFETIME)) is not None:
            energy.record_battery_life(counters, life, zone)
        self._observe_house(key)
        if key in {feed.key for feed in _BALANCE}:
            self._observe_balance(now)

    def _observe_units(self, key: str, now: datetime) -> None:
        """Record what chargers and heat pumps have used, and ask for more of them when something has changed."""
        today, context = self._today(now), self.context
        for counters, day_of, life_of, since in (
            (self._charged, unit_feeds.CHARGER_TELEMETRY, unit_feeds.CHARGER_LIFETIME, context.since),
            (self._pumped, unit_feeds.HEAT_PUMP_TELEMETRY, unit_feeds.HEAT_PUMP_LIFETIME, None),
        ):
            if key == life_of.key and (lives := self.answer(life_of)) is not None:
                counters.record_life(lives, since, today)
            if key == day_of.key and (telemetry := self.answer(day_of)) is not None:
                counters.record_day(telemetry, self.zone)
        if key == feeds.DEVICES.key and (known := self.answer(feeds.DEVICES)) is not None and self._is_listed:
            # During setup, these feeds are polled anyway.
            new = {each.serial_number for each in known.of(units.CHARGER_KIND)} - {*context.chargers}
            self.refresh_requested |= {feed.key for feed in unit_feeds.OF_CHARGERS} if new else set()
        if key == feeds.LATEST.key:
            latest = self._latest_chargers(now)
            before, self._charging = self._charging, units.charging(latest)
            if before is not None and before != self._charging:
                ended = before - self._charging
                wanted = (unit_feeds.CHARGER_SESSIONS, unit_feeds.CHARGER_TELEMETRY)[: 2 if ended else 1]
                self.refresh_requested |= {feed.key for feed in wanted if self.is_wanted(feed.key)}
            strangers = latest.strangers | (latest.serials - {*context.chargers})
            if strangers - self._strangers:
                # A charger that the list of devices doesn't have yet.
                self.refresh_requested.add(feeds.DEVICES.key)
            self._strangers = strangers

    def _latest_chargers(self, now: datetime) -> units.Latest:
        latest = self.current(feeds.LATEST, now)
        return units.latest_chargers(latest, self.answer(feeds.DEVICES), now, self.answered_at(feeds.LATEST))

    def _today(self, now: datetime) -> date:
        return now.astimezone(self.zone).date()

    def _observe_balance(self, now: datetime) -> None:
        """Record the missing directions of the grid, derived from everything else."""
        missing, zone = feeds.missing_directions(self), self.zone
        metered = feeds.has_production_meter(self)
        production = self.answer(feeds.PRODUCTION_METER if metered else feeds.PRODUCTION_MICRO)
        consumption, battery = self.answer(feeds.CONSUMPTION), self.answer(feeds.BATTERY)
        if not missing or production is None or consumption is None:
            return
        reported = {
            **intervals.of_production(production, zone, meter=metered).found,
            **intervals.of_meter(CounterKind.LOAD, consumption).found,
            **(intervals.of_battery(battery).found if battery is not None else {}),
        }
        for kind, (today, _) in feeds.GRID_FEEDS.items():
            if kind not in missing and (telemetry := self.answer(today)) is not None:
                reported |= intervals.of_meter(kind, telemetry).found
        for kind in missing:
            found = derived(kind, reported, with_battery=feeds.battery_in_balance(self), step=QUARTER)
            lasting = feeds.GRID_FEEDS[kind][1].key in self.ailing(now)
            energy.record_grid(self.counters.of(kind), found, zone, lasting=lasting)

    def _observe_house(self, key: str) -> None:
        """Record the house's consumption: its meter's, or that and the battery's share of the same time."""
        counters, zone, with_battery = self.counters, self.zone, feeds.house_needs_battery(self)
        of_battery = with_battery and key in (feeds.BATTERY.key, feeds.BATTERY_LIFETIME.key)
        if key == feeds.CONSUMPTION.key or of_battery:
            today, battery = self.answer(feeds.CONSUMPTION), self.answer(feeds.BATTERY)
            if today is not None and not with_battery:
                energy.record_day(counters, CounterKind.LOAD, today, zone)
            elif today is not None and battery is not None:
                energy.record_house_day(counters, today, battery, zone)
        if key == feeds.CONSUMPTION_LIFETIME.key or of_battery:
            life, battery_life = self.answer(feeds.CONSUMPTION_LIFETIME), self.answer(feeds.BATTERY_LIFETIME)
            if life is not None and not with_battery:
                energy.record_life(counters, CounterKind.LOAD, life, zone)
            elif life is not None and battery_life is not None:
                energy.record_house_life(counters, life, battery_life, zone)

    def _make_builders(self) -> tuple[Builder, ...]:
        made_of, fresh, known, at = self._builder, self.current, self.answer, self.answered_at
        return (
            made_of(
                PowerFlow,
                (feeds.LATEST, feeds.SUMMARY, feeds.DEVICES),
                lambda now: power.build(
                    fresh(feeds.LATEST, now),
                    fresh(feeds.SUMMARY, now),
                    known(feeds.DEVICES),
                    now,
                    by_modem=self._reports_by_modem(),
                ),
            ),
            made_of(EnergyCounters, _ENERGY, self._counters),
            made_of(
                Battery,
                (feeds.BATTERY, feeds.EACH_BATTERY, feeds.DEVICES, feeds.SUMMARY),
                lambda now: devices.build_battery(
                    known(feeds.DEVICES),
                    fresh(feeds.BATTERY, now),
                    fresh(feeds.EACH_BATTERY, now) or {},
                    known(feeds.SUMMARY),
                    at(feeds.BATTERY, feeds.DEVICES),
                ),
            ),
            made_of(
                Inverters,
                (feeds.INVERTERS, feeds.DEVICES),
                lambda now: devices.build_inverters(
                    fresh(feeds.INVERTERS, now), known(feeds.DEVICES), at(feeds.INVERTERS, feeds.DEVICES)
                ),
            ),
            made_of(
                GridStatus,
                (feeds.GRID_STATUS, feeds.DEVICES),
                lambda now: devices.build_grid(
                    known(feeds.DEVICES), fresh(feeds.GRID_STATUS, now), at(feeds.GRID_STATUS, feeds.DEVICES)
                ),
            ),
            made_of(
                Settings,
                (feeds.BATTERY_SETTINGS,),
                lambda now: settings.build(fresh(feeds.BATTERY_SETTINGS, now), at(feeds.BATTERY_SETTINGS)),
            ),
            made_of(
                Storm,
                (feeds.STORM_GUARD,),
                lambda now: settings.build_storm(fresh(feeds.STORM_GUARD, now), at(feeds.STORM_GUARD)),
            ),
            made_of(
                LoadCircuits,
                (feeds.LOAD_CONTROL,),
                lambda now: settings.build_circuits(fresh(feeds.LOAD_CONTROL, now), at(feeds.LOAD_CONTROL)),
            ),
            *self._unit_builders(),
            made_of(Health, feeds.ALL, self._health),
            made_of(Quota, feeds.ALL, self._quota),
        )

    def _unit_builders(self) -> tuple[Builder, ...]:
        made_of, known, at = self._builder, self.answer, self.answered_at
        return (
            made_of(
                Chargers,
                (feeds.LATEST, feeds.DEVICES, *unit_feeds.OF_CHARGERS),
                lambda now: units.build_chargers(
                    known(feeds.DEVICES),
                    self._latest_chargers(now),
                    known(unit_feeds.CHARGER_SESSIONS),
                    self._charged,
                    self._today(now),
                    at(feeds.LATEST, feeds.DEVICES),
                ),
            ),
            made_of(
                HeatPumps,
                (feeds.LATEST, feeds.DEVICES, *unit_feeds.OF_HEAT_PUMPS),
                lambda now: units.build_heat_pumps(
                    known(feeds.DEVICES),
                    self.current(feeds.LATEST, now),
                    self._pumped,
                    now,
                    self._today(now),
                    at(feeds.LATEST, feeds.DEVICES),
                ),
            ),
        )

    def _counters(self, now: datetime) -> EnergyCounters | None:
        counts = self.counters.counts(self._today(now))
        return EnergyCounters(observed_at=now, counts=counts, rejected=0) if counts else None

    def _health(self, now: datetime) -> Health:
        system, summary = self.answer(feeds.SYSTEM), self.answer(feeds.SUMMARY)
        events = self.current(feeds.OPEN_EVENTS, now)
        return health.build(
            self,
            now,
            words=(
                (feeds.SYSTEM, system.status if system is not None else None),
                (feeds.SUMMARY, summary.status if summary is not None else None),
            ),
            gateways=self._gateways_connected(),
            reported_at=self.reported_at(),
            firmware=self.device.firmware,
            open_events=None if events is None else len(events),
        )

    def _gateways_connected(self) -> list[bool]:
        known = self.answer(feeds.DEVICES)
        gateways = known.of("gateways") if known is not None else ()
        return [gateway.status.casefold() not in _SILENT for gateway in gateways if gateway.status]

    def _reports_by_modem(self) -> bool:
        system, known = self.answer(feeds.SYSTEM), self.answer(feeds.DEVICES)
        connection = (system.connection_type or "").casefold() if system is not None else ""
        return connection == "cellular" or (
            not connection and known is not None and any(gateway.cellular for gateway in known.of("gateways"))
        )

    @override
    def reported_at(self) -> datetime | None:
        summary, system = self.answer(feeds.SUMMARY), self.answer(feeds.SYSTEM)
        stamps = [each.last_report_at for each in (summary, system) if each is not None and each.last_report_at]
        return devices.moment(max(stamps, default=None))

    def _gateway(self) -> DeviceInfo | None:
        known = self.answer(feeds.DEVICES)
        gateway = next(iter(known.of("gateways")), None) if known is not None else None
        if gateway is None:
            return None
        return DeviceInfo(
            serial=gateway.serial_number,
            model_id=gateway.part_number,
            firmware=gateway.emu_sw_version,
        )
