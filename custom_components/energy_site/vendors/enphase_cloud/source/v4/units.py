"""EV chargers and heat pumps: what each of them does, and the energy it has used."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta, tzinfo
import re
from typing import Any

from .....site.chargers import Chargers, ChargerState, ChargerUnit
from .....site.energy.days import DailyCounter
from .....site.heat_pumps import HeatPumpMode, HeatPumps, HeatPumpUnit
from .....site.history.intervals import DAY
from .....site.model import DeviceInfo
from ...client.models.common import DailySeries
from ...client.models.devices import Device, Devices
from ...client.models.ev_charger import Session, SessionPage
from ...client.models.telemetry import EnergyTelemetry, LatestReading, LatestTelemetry
from .devices import moment
from .energy import note

# Power in W that no such device of a home has, and what it would use in a quarter of an hour and in a day.
_TOO_MUCH = 50_000.0
_TOO_MUCH_BY_QUARTER, _TOO_MUCH_BY_DAY = _TOO_MUCH / 4, _TOO_MUCH * 24

# Systems with a cellular modem report every six hours. Anything older isn't current.
_OLDEST = timedelta(hours=7)

# A device that was silent for this long when the service answered is offline.
_SILENT = timedelta(days=1)

CHARGER_KIND, HEAT_PUMP_KIND = "ev_chargers", "heat_pump"

_STATES: Mapping[str, ChargerState] = {
    "pluggedout": ChargerState.UNPLUGGED,
    "unplugged": ChargerState.UNPLUGGED,
    # A word of its own says that nothing is plugged in, so a vehicle is plugged in here.
    "idle": ChargerState.IDLE,
    "pluggedin": ChargerState.IDLE,
    "charging": ChargerState.CHARGING,
    "faulted": ChargerState.FAULT,
}


class UnitEnergy:
    """The lifetime energy of each device, which never falls."""

    def __init__(self) -> None:
        """Start without any device."""
        self._counters: dict[str, DailyCounter] = {}

    def record_life(self, lives: Mapping[str, DailySeries], since: date | None, today: date) -> None:
        """Record the days until yesterday of each device; `since` is the first day that was requested."""
        for serial, series in lives.items():
            counter = self._counters.setdefault(serial, DailyCounter())
            days = {
                day: max(wh, 0.0) for day, wh in _aligned(series, since, today) if day < today and wh < _TOO_MUCH_BY_DAY
            }
            counter.life(days.items())
            if series.values:
                # A new device has used nothing yet.
                counter.begin(today)

    def record_day(self, telemetry: Mapping[str, EnergyTelemetry], zone: tzinfo) -> None:
        """Record the intervals of a day so far."""
        for serial, answer in telemetry.items():
            counter = self._counters.setdefault(serial, DailyCounter())
            intervals = {
                each.end_at: max(each.wh, 0.0)
                for each in answer.intervals
                if each.wh is not None and each.wh < _TOO_MUCH_BY_QUARTER
            }
            note(counter, intervals, zone)

    def begin(self, today: date) -> None:
        """Count from `today`, as the service has no lifetime energy of these devices."""
        for counter in self._counters.values():
            counter.begin(today)

    def total(self, serial: str, today: date) -> float | None:
        """Return a device's Wh, `None` as long as its lifetime energy is unknown."""
        counter = self._counters.get(serial)
        return None if counter is None or counter.through is None else counter.count(today).total

    def as_dict(self) -> dict[str, Any]:
        """Return the counters by serial number, as plain JSON data."""
        return {serial: counter.as_dict() for serial, counter in self._counters.items()}

    def restore(self, data: object) -> None:
        """Restore the data of `as_dict`, ignoring anything else."""
        for serial, counter in data.items() if isinstance(data, Mapping) else ():
            self._counters[str(serial)] = DailyCounter.restore(counter)


def _aligned(series: DailySeries, since: date | None, today: date) -> Iterable[tuple[date, float]]:
    """Return the reported days of a series.

    A service that leaves out the days before a device's first one, but repeats the requested date,
    sends too few days: they end yesterday.
    """
    start = series.start_date
    if since is not None and start in (None, since):
        start = max(today - len(series.values) * DAY, since)
    shown = DailySeries(start_date=start, values=series.values, last_report_at=series.last_report_at)
    return shown.days()


class Latest:
    """The latest rows of the devices of one kind, added up by device."""

    def __init__(
        self, rows: Iterable[LatestReading], devices: Iterable[Device], now: datetime, answered_at: datetime
    ) -> None:
        """Take the rows of an answer; `devices` are those that are listed, by whose ID a row may be known."""
        by_id = {device.id: device.serial_number for device in devices}
        self._rows: dict[str, list[LatestReading]] = {}
        self.strangers: frozenset[str] = frozenset()
        for row in rows:
            serial = row.serial_number or (by_id.get(row.id) if row.id is not None else None)
            if serial is None:
                self.strangers |= {str(row.id)} if row.id is not None else set()
            else:
                self._rows.setdefault(serial, []).append(row)
        self._now = now
        self._answered_at = answered_at
        self.serials = frozenset(self._rows)

    def reported_at(self, serial: str) -> datetime | None:
        """Return when a device last reported, `None` if the service doesn't tell."""
        return moment(max((row.last_report_at or 0 for row in self._rows.get(serial, ())), default=0) or None)

    def power(self, serial: str) -> float | None:
        """Return a device's W, `None` if they aren't current or can't be."""
        known = [row.power for row in self._rows.get(serial, ()) if row.power is not None]
        at = self.reported_at(serial)
        late = at is not None and self._now - at > _OLDEST
        return None if not known or late or abs(sum(known)) > _TOO_MUCH else sum(known)

    def mode(self, serial: str) -> str | None:
        """Return the word for what a device does, of its newest row."""
        told = [row for row in self._rows.get(serial, ()) if row.operational_mode]
        newest = max(told, key=lambda row: row.last_report_at or 0, default=None)
        return None if newest is None else newest.operational_mode

    def is_silent(self, serial: str) -> bool:
        """Return whether a device had stopped reporting when the service answered."""
        at = self.reported_at(serial)
        return at is not None and self._answered_at - at > _SILENT


def latest_chargers(
    latest: LatestTelemetry | None, devices: Devices | None, now: datetime, answered_at: datetime
) -> Latest:
    """Return the latest rows of the chargers."""
    rows = latest.evse if latest is not None else ()
    return Latest(rows, _listed(devices, CHARGER_KIND).values(), now, answered_at)


def charging(latest: Latest) -> frozenset[str]:
    """Return the chargers that charge."""
    return frozenset(serial for serial in latest.serials if _state(latest, serial) is ChargerState.CHARGING)


def build_chargers(
    devices: Devices | None,
    latest: Latest,
    sessions: Mapping[str, SessionPage] | None,
    used: UnitEnergy,
    today: date,
    observed_at: datetime,
) -> Chargers | None:
    """Build the chargers, `None` for a system without any."""
    listed, units = _listed(devices, CHARGER_KIND), {}
    for serial in sorted({*listed, *latest.serials}):
        session = _newest(sessions.get(serial)) if sessions else None
        units[serial] = ChargerUnit(
            device=_info(serial, listed.get(serial), "IQ EV Charger"),
            power=latest.power(serial),
            state=_state(latest, serial),
            session_start=moment(session.start_time) if session else None,
            session_energy=session.wh if session else None,
            energy=used.total(serial, today),
        )
    return Chargers(observed_at=observed_at, units=units) if units else None


def build_heat_pumps(
    devices: Devices | None,
    latest: LatestTelemetry | None,
    used: UnitEnergy,
    now: datetime,
    today: date,
    observed_at: datetime,
) -> HeatPumps | None:
    """Build the heat pumps, `None` for a system without any."""
    listed, units = _listed(devices, HEAT_PUMP_KIND), {}
    rows = Latest(latest.heat_pumps if latest is not None else (), listed.values(), now, observed_at)
    for serial in sorted({*listed, *rows.serials}):
        device = listed.get(serial)
        word = (rows.mode(serial) or "").casefold()
        units[serial] = HeatPumpUnit(
            device=_info(serial, device, "Heat pump"),
            mode=HeatPumpMode(word) if word in tuple(HeatPumpMode) else None,
            power=rows.power(serial),
            energy=used.total(serial, today),
            last_reported=rows.reported_at(serial) or (moment(device.last_report_at) if device else None),
        )
    return HeatPumps(observed_at=observed_at, units=units) if units else None


def _state(latest: Latest, serial: str) -> ChargerState | None:
    if latest.is_silent(serial):
        return ChargerState.OFFLINE
    return _STATES.get(re.sub(r"[^a-z]", "", (latest.mode(serial) or "").casefold()))


def _newest(page: SessionPage | None) -> Session | None:
    known = [each for each in page.sessions if each.start_time is not None] if page is not None else []
    return max(known, key=lambda each: each.start_time or 0, default=None)


def _listed(devices: Devices | None, kind: str) -> dict[str, Device]:
    return {device.serial_number: device for device in (devices.of(kind) if devices is not None else ())}


def _info(serial: str, device: Device | None, model: str) -> DeviceInfo:
    return DeviceInfo(
        serial=serial,
        model=(device.product_name or device.model if device is not None else None) or model,
        model_id=device.part_number or device.sku if device is not None else None,
        firmware=device.emu_sw_version if device is not None else None,
    )
