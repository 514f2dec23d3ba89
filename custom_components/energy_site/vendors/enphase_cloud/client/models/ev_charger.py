"""EV chargers, from endpoints that Enphase's documentation calls illustrative."""

from dataclasses import dataclass, field

from .....api.payload import Record, parse_each
from .common import epoch, required_epoch
from .telemetry import EnergyInterval, EnergyTelemetry

# The most that a charger delivers in W, and a vehicle takes in one session in Wh.
_MOST_POWER, _MOST_ENERGY = 25_000.0, 200_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Charger:
    """An EV charger of `ev_charger/devices`; `last_report_at` is in seconds since the epoch."""

    serial_number: str = field(repr=False)
    name: str | None = field(repr=False)
    model: str | None
    status: str | None
    last_report_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargerEvent:
    """An event of a charger; the time is in seconds since the epoch. No document has a sample."""

    serial_number: str | None = field(repr=False)
    event: str | None
    triggered_date: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A charging session: times in seconds since the epoch, durations in seconds.

    `energy_added` is documented in Wh, but the sample's 14.83 can only be kWh. `wh` decides by what
    is possible.
    """

    start_time: int | None
    end_time: int | None
    duration: float | None
    energy_added: float | None
    charge_time: float | None
    miles_added: float | None
    cost: float | None

    @property
    def wh(self) -> float | None:
        """The energy in Wh: taken for kWh unless no charger delivers as much in this time."""
        if self.energy_added is None or self.energy_added < 0:
            return None
        in_kwh, seconds = self.energy_added * 1000, self.duration or self.charge_time or 0.0
        if self.start_time is not None and self.end_time is not None:
            seconds = max(seconds, self.end_time - self.start_time)
        possible = in_kwh <= _MOST_ENERGY and (seconds <= 0 or in_kwh * 3600 / seconds <= _MOST_POWER)
        return in_kwh if possible else self.energy_added


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPage:
    """A page of a charger's `sessions`, and the `count` of all of them."""

    count: int | None
    sessions: tuple[Session, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """Days of the week from 1 and hours such as 1:00 in which a charger may charge, at a level in A."""

    days: tuple[int, ...]
    start_time: str | None
    end_time: str | None
    charging_level: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargerSchedule:
    """A charger's schedule of one kind."""

    type: str | None
    is_active: bool | None
    schedules: tuple[Slot, ...]


def parse_chargers(endpoint: str, payload: object) -> tuple[Charger, ...]:
    """Read `ev_charger/devices`, whether the list is on its own or among other kinds."""
    root = Record(endpoint, payload)
    if isinstance(root.value("devices"), dict):
        root = root.record("devices")
    root.expect("devices", "ev_chargers")
    return parse_each((item for key in ("devices", "ev_chargers") for item in root.records(key)), _charger)


def parse_charger_events(endpoint: str, payload: object) -> tuple[ChargerEvent, ...]:
    """Read `ev_charger/events`."""
    return parse_each(Record(endpoint, payload).required_records("events"), _event)


def parse_sessions(endpoint: str, payload: object) -> SessionPage:
    """Read a charger's `sessions`."""
    root = Record(endpoint, payload)
    return SessionPage(
        count=root.integer_or_none("count"), sessions=parse_each(root.required_records("sessions"), _session)
    )


def parse_charger_telemetry(endpoint: str, payload: object) -> EnergyTelemetry:
    """Read a charger's `telemetry`: energy by intervals of 15 minutes."""
    return EnergyTelemetry(
        intervals=parse_each(Record(endpoint, payload).required_records("consumption"), _interval), last_report_at=None
    )


def parse_schedules(endpoint: str, payload: object) -> tuple[ChargerSchedule, ...]:
    """Read a charger's `schedules`."""
    return parse_each(Record(endpoint, payload).required_records("charger_schedules"), _schedule)


def _charger(item: Record) -> Charger:
    return Charger(
        serial_number=item.identifier("serial_number"),
        name=item.name_or_none("name"),
        model=item.name_or_none("model"),
        status=item.code_or_none("status"),
        last_report_at=epoch(item, "last_report_at"),
    )


def _event(item: Record) -> ChargerEvent:
    return ChargerEvent(
        serial_number=item.text_or_none("serial_number"),
        event=item.text_or_none("event"),
        triggered_date=epoch(item, "triggered_date"),
    )


def _interval(item: Record) -> EnergyInterval:
    return EnergyInterval(end_at=required_epoch(item, "end_at"), wh=item.number_or_none("consumption"))


def _session(item: Record) -> Session:
    return Session(
        start_time=epoch(item, "start_time"),
        end_time=epoch(item, "end_time"),
        duration=item.number_or_none("duration"),
        energy_added=item.number_or_none("energy_added"),
        charge_time=item.number_or_none("charge_time"),
        miles_added=item.number_or_none("miles_added"),
        cost=item.number_or_none("cost"),
    )


def _schedule(item: Record) -> ChargerSchedule:
    return ChargerSchedule(
        type=item.code_or_none("type"),
        is_active=item.flag_or_none("is_active"),
        schedules=parse_each(item.records("schedules"), _slot),
    )


def _slot(item: Record) -> Slot:
    return Slot(
        days=tuple(int(each) for each in item.numbers("days") if each is not None),
        start_time=item.text_or_none("start_time"),
        end_time=item.text_or_none("end_time"),
        charging_level=item.number_or_none("charging_level"),
    )
