"""Readings of the current transformers, as far as they can be trusted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
import math

from ...clients.iq_gateway.models.meters import GridChannel, MeterConfig, MeterReading, Reading
from ...site.ledger import SOLAR_SELF_USE, Ledger
from ...site.model import CounterKind, Flow, Meter, Meters, Quality
from .answers import Answers
from .feeds import GRID_READING, METER_READINGS, METERS

PRODUCTION = "production"
NET = "net-consumption"
TOTAL = "total-consumption"
STORAGE = "storage"

# What the gateway calls its meters, and what they are called here.
_KINDS: Mapping[str, str] = {
    PRODUCTION: "production",
    NET: "grid",
    TOTAL: "load",
    STORAGE: "storage",
    "backfeed": "backfeed",
    "load": "load_panel",
    "evse": "ev_charger",
    "pv3p": "third_party_solar",
}
_STATUS = {"normal": "normal", "not-metering": "not_metering", "check-wiring": "check_wiring"}

_BOOKS: Mapping[str, tuple[str, str]] = {
    PRODUCTION: (CounterKind.SOLAR, SOLAR_SELF_USE),
    NET: (CounterKind.GRID_IMPORT, CounterKind.GRID_EXPORT),
    STORAGE: (CounterKind.BATTERY_DISCHARGE, CounterKind.BATTERY_CHARGE),
    TOTAL: (CounterKind.LOAD, "load:received"),
}

# A phase that is not wired floats at a few volts.
_LIVE_VOLTAGE = 40.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One enabled meter with its reading."""

    config: MeterConfig
    reading: MeterReading

    @property
    def channels(self) -> tuple[Reading, ...]:
        """The phases that are measured; the gateway always sends three, some with garbage."""
        return self.reading.channels[: self.config.phase_count]

    @property
    def blank(self) -> bool:
        """Whether nothing was ever counted, as it looks right after a restart."""
        reading = self.reading
        return not (reading.act_energy_dlvd or reading.act_energy_rcvd or reading.apparent_energy)

    def flow(self, at: datetime) -> Flow | None:
        """The power as a flow, with its phases where there are several."""
        if self.reading.active_power is None:
            return None
        several = self.config.phase_count > 1
        return Flow(
            power=self.reading.active_power,
            phases=tuple(channel.active_power for channel in self.channels) if several else (),
            observed_at=at,
        )


def measurements(answers: Answers, now: datetime) -> dict[str, Measurement]:
    """Return the enabled meters with a reading that stands, by the gateway's type."""
    readings = {reading.eid: reading for reading in answers.fresh(METER_READINGS, now) or ()}
    return {
        config.measurement_type: Measurement(config=config, reading=reading)
        for config in answers.last(METERS) or ()
        if config.enabled and (reading := readings.get(config.eid)) is not None
    }


def books(kind: str) -> tuple[str, str]:
    """Return under which names the ledger keeps what a meter delivered and received."""
    return _BOOKS.get(kind, (f"{kind}:delivered", f"{kind}:received"))


def is_sound(reading: MeterReading, phase_count: int) -> bool:
    """Tell whether a storage meter's reading holds all its phases.

    From firmware 8.3.6000 on it loses one of two phases dozens of times a day:
    that phase is all zero, and power and energy are halved.
    """
    if phase_count != 2:
        return True
    voltages = [channel.voltage for channel in reading.channels[:phase_count]]
    return not (0.0 in voltages and any(voltage is not None and voltage > _LIVE_VOLTAGE for voltage in voltages))


def build(answers: Answers, ledger: Ledger, now: datetime) -> Meters | None:
    """Build the meters' part."""
    at = answers.at(METER_READINGS)
    found = measurements(answers, now)
    if at is None or not found:
        return None
    grid = answers.fresh(GRID_READING, now) or ()
    return Meters(
        observed_at=at,
        by_kind={
            _KINDS.get(kind, kind.replace("-", "_")): _meter(measurement, ledger, grid if kind == NET else ())
            for kind, measurement in found.items()
        },
    )


def problems(answers: Answers) -> tuple[str, ...]:
    """Return what the enabled meters complain about."""
    return tuple(
        sorted(
            {
                complaint.replace("-", "_")
                for config in answers.last(METERS) or ()
                if config.enabled
                for complaint in (
                    *config.status_flags,
                    *((config.metering_status,) if config.metering_status not in (None, "normal") else ()),
                )
                if complaint is not None
            }
        )
    )


def _meter(measurement: Measurement, ledger: Ledger, grid: tuple[GridChannel, ...]) -> Meter:
    reading, config = measurement.reading, measurement.config
    delivered, received = books(config.measurement_type)
    phases = tuple(_quality(channel) for channel in measurement.channels)
    if not phases and grid:
        phases = tuple(
            Quality(
                voltage=channel.voltage,
                current=channel.current,
                frequency=channel.freq,
                power_factor=_power_factor(channel.active_power, None, channel.reactive_power),
            )
            for channel in grid[: config.phase_count]
        )
    return Meter(
        power=reading.active_power,
        delivered=ledger.total(delivered),
        received=ledger.total(received),
        quality=Quality(
            voltage=_phase_voltage(reading, phases, config.phase_count),
            current=reading.current,
            frequency=reading.freq,
            power_factor=_power_factor(reading.active_power, reading.apparent_power, reading.reactive_power),
        ),
        phases=phases if config.phase_count > 1 else (),
        status=_STATUS.get(config.metering_status or ""),
        flags=tuple(flag.replace("-", "_") for flag in config.status_flags),
    )


def _quality(reading: Reading) -> Quality:
    return Quality(
        voltage=reading.voltage,
        current=reading.current,
        frequency=reading.freq,
        power_factor=_power_factor(reading.active_power, reading.apparent_power, reading.reactive_power),
    )


def _phase_voltage(reading: Reading, phases: tuple[Quality, ...], phase_count: int) -> float | None:
    """Return a phase's voltage: the meter as a whole sends their sum."""
    live = [phase.voltage for phase in phases if phase.voltage is not None and phase.voltage > _LIVE_VOLTAGE]
    if live:
        return sum(live) / len(live)
    return None if reading.voltage is None else reading.voltage / phase_count


def _power_factor(active: float | None, apparent: float | None, reactive: float | None) -> float | None:
    """Return W over VA. The factor that the gateway sends is a sum of phases on some firmware."""
    if active is None:
        return None
    if apparent is None:
        if reactive is None:
            return None
        apparent = math.hypot(active, reactive)
    if apparent <= 0:
        return None
    return max(-1.0, min(active / apparent, 1.0))
