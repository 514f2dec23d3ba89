"""Readings of the current transformers that are plausible."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
import math

from ....site.energy.ledger import PHASE, SOLAR_SELF_USE, Ledger
from ....site.meters import Energy, Meter, Meters, Quality
from ....site.model import CounterKind, Flow
from ..client.models.meters import GridChannel, MeterConfig, MeterReading, Reading
from .admission import LIVE_VOLTAGE, NET, PRODUCTION, STORAGE, TOTAL
from .answers import Answers
from .feeds import GRID_READING, METER_READINGS, METERS

# The gateway's types of meters, and their names here.
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

_COUNTERS: Mapping[str, tuple[str, str]] = {
    PRODUCTION: (CounterKind.SOLAR, SOLAR_SELF_USE),
    NET: (CounterKind.GRID_IMPORT, CounterKind.GRID_EXPORT),
    STORAGE: (CounterKind.BATTERY_DISCHARGE, CounterKind.BATTERY_CHARGE),
    TOTAL: (CounterKind.LOAD, "load:received"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One enabled meter with its last accepted reading, received at `at`."""

    config: MeterConfig
    reading: MeterReading
    at: datetime

    @property
    def channels(self) -> tuple[Reading, ...]:
        """The phases that are measured; the gateway always sends three, some with garbage."""
        return self.reading.channels[: self.config.phase_count]

    @property
    def blank(self) -> bool:
        """Whether nothing was ever counted, which also appears so right after a restart."""
        reading = self.reading
        return not (reading.act_energy_dlvd or reading.act_energy_rcvd or reading.apparent_energy)

    def flow(self) -> Flow | None:
        """Return the power as a flow, with its phases if there are several."""
        if self.reading.active_power is None:
            return None
        several = self.config.phase_count > 1
        return Flow(
            power=self.reading.active_power,
            phases=tuple(channel.active_power for channel in self.channels) if several else (),
            observed_at=self.at,
        )


def measurements(answers: Answers, now: datetime) -> tuple[Measurement, ...]:
    """Return the enabled meters with a valid reading, in the gateway's order."""
    if answers.current(METER_READINGS, now) is None:
        return ()
    return tuple(
        Measurement(config=config, reading=admitted.reading, at=admitted.at)
        for config in answers.last(METERS) or ()
        if config.enabled and (admitted := answers.admission.admitted.get(config.eid)) is not None
    )


def enabled(answers: Answers, kind: str) -> tuple[MeterConfig, ...]:
    """Return the enabled meters of one of the gateway's types."""
    return tuple(config for config in answers.last(METERS) or () if config.enabled and config.measurement_type == kind)


def measured_flow(answers: Answers, kind: str, now: datetime) -> Flow | None:
    """Return the sum of all meters of a type, `None` unless each of them has a power."""
    found = [each for each in measurements(answers, now) if each.config.measurement_type == kind]
    flows = [flow for each in found if (flow := each.flow()) is not None]
    if not flows or len(flows) < len(enabled(answers, kind)):
        return None
    return added(flows)


def added(flows: Sequence[Flow]) -> Flow:
    """Add up flows, with phases if all flows but zero ones have them; the sum is as old as its oldest term."""
    reported = [flow.phases for flow in flows if flow.power != 0.0 or flow.phases]
    count = len(reported[0]) if reported else 0
    phases: tuple[float | None, ...] = ()
    if count > 1 and all(len(each) == count for each in reported):
        phases = tuple(
            None if any(phase is None for phase in column) else sum(phase for phase in column if phase is not None)
            for column in zip(*reported, strict=True)
        )
    return Flow(
        power=sum(flow.power for flow in flows), phases=phases, observed_at=min(flow.observed_at for flow in flows)
    )


def counters(kind: str) -> tuple[str, str]:
    """Return the names of a meter's delivered and received energy in the ledger."""
    return _COUNTERS.get(kind, (f"{kind}:delivered", f"{kind}:received"))


def measurement_type(kind: str) -> str | None:
    """Return the gateway's type of the meters of a kind, `None` for an unknown one."""
    return next((measured for measured, name in _KINDS.items() if name == kind), None)


def register(eid: int) -> tuple[str, str]:
    """Return the names in the ledger of one of several meters of a type."""
    return f"meter:{eid}:delivered", f"meter:{eid}:received"


def phase_counter(phase: int, name: str) -> str:
    """Return the name in the ledger of one phase's share of a counter; the first phase is 0."""
    return f"{PHASE}{phase + 1}:{name}"


def netted_counter(name: str) -> str:
    """Return the name in the ledger of a counter in which phases cancel each other out."""
    return f"netted:{name}"


def build(answers: Answers, ledger: Ledger, now: datetime) -> Meters | None:
    """Build the meters; several of one type are shown as one."""
    found = measurements(answers, now)
    if not found:
        return None
    grid = answers.current(GRID_READING, now) or ()
    kinds = dict.fromkeys(each.config.measurement_type for each in found)
    return Meters(
        observed_at=max(each.at for each in found),
        by_kind={
            _KINDS.get(kind, kind.replace("-", "_")): _together(
                [
                    _meter(each, ledger, grid if kind == NET else ())
                    for each in found
                    if each.config.measurement_type == kind
                ],
                complete=measured_flow(answers, kind, now) is not None,
            )
            for kind in kinds
        },
    )


def _together(found: list[Meter], *, complete: bool) -> Meter:
    if len(found) == 1 and complete:
        return found[0]
    powers = [meter.power for meter in found if meter.power is not None]
    first = found[0]
    return replace(
        first,
        power=sum(powers) if complete else None,
        status=next((meter.status for meter in found if meter.status not in (None, "normal")), first.status),
        flags=tuple(sorted({flag for meter in found for flag in meter.flags})),
    )


def problems(answers: Answers) -> tuple[str, ...]:
    """Return the problems that the enabled meters report."""
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
    delivered, received = counters(config.measurement_type)
    phases = tuple(_quality(channel) for channel in measurement.channels)
    if not phases and grid:
        phases = tuple(
            Quality(
                voltage=channel.voltage,
                current=channel.current,
                frequency=channel.freq,
                apparent_power=_apparent(channel.active_power, None, channel.reactive_power),
                reactive_power=channel.reactive_power,
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
            apparent_power=_apparent(reading.active_power, reading.apparent_power, reading.reactive_power),
            reactive_power=reading.reactive_power,
            power_factor=_power_factor(reading.active_power, reading.apparent_power, reading.reactive_power),
        ),
        phases=phases if config.phase_count > 1 else (),
        status=_STATUS.get(config.metering_status or ""),
        flags=tuple(flag.replace("-", "_") for flag in config.status_flags),
        phase_energy=tuple(
            Energy(
                delivered=ledger.total(phase_counter(phase, delivered)),
                received=ledger.total(phase_counter(phase, received)),
            )
            for phase in range(config.phase_count if config.phase_count > 1 else 0)
        ),
        netted=Energy(
            delivered=ledger.total(netted_counter(delivered)), received=ledger.total(netted_counter(received))
        ),
    )


def _quality(reading: Reading) -> Quality:
    return Quality(
        voltage=reading.voltage,
        current=reading.current,
        frequency=reading.freq,
        apparent_power=_apparent(reading.active_power, reading.apparent_power, reading.reactive_power),
        reactive_power=reading.reactive_power,
        power_factor=_power_factor(reading.active_power, reading.apparent_power, reading.reactive_power),
    )


def _phase_voltage(reading: Reading, phases: tuple[Quality, ...], phase_count: int) -> float | None:
    """Return the voltage of a phase, as the whole meter sends their sum."""
    live = [phase.voltage for phase in phases if phase.voltage is not None and phase.voltage > LIVE_VOLTAGE]
    if live:
        return sum(live) / len(live)
    return None if reading.voltage is None else reading.voltage / phase_count


def _power_factor(active: float | None, apparent: float | None, reactive: float | None) -> float | None:
    """Return W over VA, as the gateway's own factor is a sum of phases on some firmware."""
    whole = _apparent(active, apparent, reactive)
    return None if active is None or not whole or whole < 0 else max(-1.0, min(active / whole, 1.0))


def _apparent(active: float | None, apparent: float | None, reactive: float | None) -> float | None:
    """Return the VA, which not every endpoint sends."""
    if apparent is not None:
        return apparent
    return None if active is None or reactive is None else math.hypot(active, reactive)
