"""The energy of a site, interval by interval."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime

from .....api.errors import ApiPayloadError
from .....api.payload import Record, parse_each
from .common import expect, list_of, moment, not_negative

# The server rounds, and conversion loses a few per cent.
_LOSSES = 0.05
_ROUNDING = 50.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyFlows:
    """The energy of an interval by flow in Wh, each `None` where a part of it can't be read."""

    solar: float | None
    grid_import: float | None
    grid_export: float | None
    battery_charge: float | None
    battery_discharge: float | None
    load: float | None
    generator: float | None

    @property
    def incoming(self) -> float | None:
        """What came into the house, in Wh."""
        return _sum(self.solar, self.grid_import, self.battery_discharge, self.generator)

    @property
    def outgoing(self) -> float | None:
        """What was used, exported and stored, in Wh."""
        return _sum(self.load, self.grid_export, self.battery_charge)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyRow:
    """An interval of `calendar_history?kind=energy`, in Wh; `start` is its beginning.

    Without an offset from UTC, which is rare, `start` has no time zone and means the
    site's. Of the energies Tesla leaves out those that are 0, and only these: what is sent
    and can't be read is `None`. The totals are Tesla's own and optional, good for a check.
    """

    start: datetime
    solar_energy_exported: float | None
    generator_energy_exported: float | None
    grid_energy_imported: float | None
    grid_services_energy_imported: float | None
    grid_services_energy_exported: float | None
    grid_energy_exported_from_solar: float | None
    grid_energy_exported_from_generator: float | None
    grid_energy_exported_from_battery: float | None
    battery_energy_exported: float | None
    battery_energy_imported_from_grid: float | None
    battery_energy_imported_from_solar: float | None
    battery_energy_imported_from_generator: float | None
    consumer_energy_imported_from_grid: float | None
    consumer_energy_imported_from_solar: float | None
    consumer_energy_imported_from_battery: float | None
    consumer_energy_imported_from_generator: float | None
    total_home_usage: float | None
    total_battery_charge: float | None
    total_battery_discharge: float | None
    total_solar_generation: float | None
    total_grid_energy_exported: float | None

    @property
    def has_offset(self) -> bool:
        """Whether `start` is a moment, rather than a time of the site's clocks."""
        return self.start.tzinfo is not None

    @property
    def flows(self) -> EnergyFlows:
        """The seven flows, each from the components alone: totals forget what charges from the grid at night."""
        return EnergyFlows(
            solar=self.solar_energy_exported,
            grid_import=self.grid_energy_imported,
            grid_export=_sum(
                self.grid_energy_exported_from_solar,
                self.grid_energy_exported_from_battery,
                self.grid_energy_exported_from_generator,
            ),
            battery_charge=_sum(
                self.battery_energy_imported_from_grid,
                self.battery_energy_imported_from_solar,
                self.battery_energy_imported_from_generator,
            ),
            battery_discharge=self.battery_energy_exported,
            load=_sum(
                self.consumer_energy_imported_from_grid,
                self.consumer_energy_imported_from_solar,
                self.consumer_energy_imported_from_battery,
                self.consumer_energy_imported_from_generator,
            ),
            generator=self.generator_energy_exported,
        )


_ENERGIES = tuple(each.name for each in fields(EnergyRow) if each.name != "start")


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyHistory:
    """`calendar_history?kind=energy`: rows as sent, which may be more than were requested.

    An interval without a row wasn't reported. `installation_time_zone` is an IANA name or `None`.
    """

    period: str | None
    installation_time_zone: str | None
    rows: tuple[EnergyRow, ...]


def parse_energy_history(endpoint: str, payload: object) -> EnergyHistory:
    """Read `calendar_history?kind=energy`. A row whose time can't be read is dropped."""
    root = Record(endpoint, payload)
    expect(root, "time_series", "period")
    return EnergyHistory(
        period=root.code_or_none("period"),
        installation_time_zone=root.code_or_none("installation_time_zone"),
        rows=parse_each(list_of(root, "time_series"), _row),
    )


def sum_flows(flows: Iterable[EnergyFlows]) -> EnergyFlows:
    """Return the sum of several intervals, in which a flow is known if it is in all of them."""
    listed = list(flows)
    return EnergyFlows(
        **{each.name: _sum(*(getattr(flow, each.name) for flow in listed)) for each in fields(EnergyFlows)}
    )


def is_balanced(flows: EnergyFlows, *, losses: float = _LOSSES, rounding: float = _ROUNDING) -> bool | None:
    """Tell whether what came in went out, but for a share of losses and some Wh of rounding.

    `None` where a flow isn't known. A day that isn't balanced is suspect, and nothing of it
    can be repaired.
    """
    incoming, outgoing = flows.incoming, flows.outgoing
    if incoming is None or outgoing is None:
        return None
    return abs(incoming - outgoing) <= max(rounding, losses * max(incoming, outgoing))


def _row(item: Record) -> EnergyRow:
    if (start := moment(item, "timestamp")) is None:
        raise ApiPayloadError(item.endpoint, "a row without a time")
    return EnergyRow(start=start, **{name: _energy(item, name) for name in _ENERGIES})


def _energy(item: Record, name: str) -> float | None:
    if name in item or name.startswith("total_"):
        return not_negative(item, name)
    return 0.0


def _sum(*parts: float | None) -> float | None:
    known = [part for part in parts if part is not None]
    return sum(known, 0.0) if len(known) == len(parts) else None
