"""Current transformers: their configuration, readings and reports."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from .....api.payload import Record, parse_each, records


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterConfig:
    """One meter of `/ivp/meters`; `phase_count` is the number of phases that it measures."""

    eid: int
    enabled: bool
    measurement_type: str
    phase_count: int
    metering_status: str | None
    status_flags: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The values of a meter or a channel: W, VA, var, Wh, V, A, Hz.

    A whole meter sends the sum of its phases' voltages, and on some firmware the sum of their power
    factors. `timestamp` is in seconds since the epoch by the gateway's clock.
    """

    eid: int
    timestamp: int | None
    act_energy_dlvd: float | None
    act_energy_rcvd: float | None
    apparent_energy: float | None
    active_power: float | None
    instantaneous_demand: float | None
    apparent_power: float | None
    reactive_power: float | None
    voltage: float | None
    current: float | None
    freq: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterReading(Reading):
    """A meter's values with its three channels, of which only the first ones may be real."""

    channels: tuple[Reading, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GridChannel:
    """One phase of `/ivp/meters/gridReading`: W with + for import, var, V, A, Hz."""

    phase: str
    active_power: float | None
    reactive_power: float | None
    voltage: float | None
    current: float | None
    freq: float | None


def parse_meters(endpoint: str, payload: object) -> tuple[MeterConfig, ...]:
    """Read `/ivp/meters`."""
    return parse_each(records(endpoint, payload), _meter)


def parse_readings(endpoint: str, payload: object) -> tuple[MeterReading, ...]:
    """Read `/ivp/meters/readings`."""
    return parse_each(records(endpoint, payload), _meter_reading)


def parse_grid_reading(endpoint: str, payload: object) -> tuple[GridChannel, ...]:
    """Read `/ivp/meters/gridReading`: the channels of all its meters."""
    return parse_each(
        (channel for meter in records(endpoint, payload) for channel in meter.records("channels")),
        _grid_channel,
    )


def _meter(item: Record) -> MeterConfig:
    return MeterConfig(
        eid=item.integer("eid"),
        enabled=item.text("state") == "enabled",
        measurement_type=item.text("measurementType"),
        phase_count=min(max(item.integer_or_none("phaseCount") or 1, 1), 3),
        metering_status=item.code_or_none("meteringStatus"),
        status_flags=item.texts("statusFlags"),
    )


def _reading[R: Reading](kind: Callable[..., R], item: Record, **more: object) -> R:
    return kind(
        eid=item.integer("eid"),
        timestamp=item.integer_or_none("timestamp"),
        act_energy_dlvd=item.number_or_none("actEnergyDlvd"),
        act_energy_rcvd=item.number_or_none("actEnergyRcvd"),
        apparent_energy=item.number_or_none("apparentEnergy"),
        active_power=item.number_or_none("activePower"),
        instantaneous_demand=item.number_or_none("instantaneousDemand"),
        apparent_power=item.number_or_none("apparentPower"),
        reactive_power=item.number_or_none("reactivePower"),
        voltage=item.number_or_none("voltage"),
        current=item.number_or_none("current"),
        freq=item.number_or_none("freq"),
        **more,
    )


def _meter_reading(item: Record) -> MeterReading:
    channels = parse_each(item.records("channels"), partial(_reading, Reading))
    return _reading(MeterReading, item, channels=channels)


def _grid_channel(item: Record) -> GridChannel:
    return GridChannel(
        phase=item.text("phase"),
        active_power=item.number_or_none("activePower"),
        reactive_power=item.number_or_none("reactivePower"),
        voltage=item.number_or_none("voltage"),
        current=item.number_or_none("current"),
        freq=item.number_or_none("freq"),
    )
