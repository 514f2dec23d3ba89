"""Power and energy of the site as a whole."""

from collections.abc import Callable
from datetime import datetime

from homeassistant.components.sensor import SensorDeviceClass, SensorEntityDescription, SensorStateClass
from homeassistant.const import UnitOfEnergy, UnitOfPower

from ..site.model import CounterKind, EnergyCounters, Flow, PowerFlow
from .rows import SiteRow

FLOWS: tuple[tuple[str, Callable[[PowerFlow], Flow | None]], ...] = (
    ("solar", lambda flows: flows.solar),
    ("grid", lambda flows: flows.grid),
    ("battery", lambda flows: flows.battery),
    ("load", lambda flows: flows.load),
    ("generator", lambda flows: flows.generator),
)

# A signed flow as two that never are negative: name, and which flow in which direction.
_DIRECTIONS: tuple[tuple[str, Callable[[PowerFlow], Flow | None], int], ...] = (
    ("grid_import", lambda flows: flows.grid, 1),
    ("grid_export", lambda flows: flows.grid, -1),
    ("battery_charge", lambda flows: flows.battery, -1),
    ("battery_discharge", lambda flows: flows.battery, 1),
)


def _power(key: str, *, enabled: bool = True) -> SensorEntityDescription:
    return SensorEntityDescription(
        key=key,
        translation_key=key,
        device_class=SensorDeviceClass.POWER,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfPower.WATT,
        suggested_display_precision=0,
        entity_registry_enabled_default=enabled,
    )


def _stamp(flow: Callable[[PowerFlow], Flow | None]) -> Callable[[PowerFlow], datetime | None]:
    return lambda flows: found.observed_at if (found := flow(flows)) is not None else None


# Where nothing flows gateways tell a minus zero, and so does a turned sign: hence "or 0.0".


def _whole(name: str, flow: Callable[[PowerFlow], Flow | None]) -> SiteRow[PowerFlow]:
    return SiteRow(
        part=PowerFlow,
        description=_power(f"{name}_power"),
        value_fn=lambda flows: found.power or 0.0 if (found := flow(flows)) is not None else None,
        stamp_fn=_stamp(flow),
    )


def _phase(name: str, flow: Callable[[PowerFlow], Flow | None], phase: int) -> SiteRow[PowerFlow]:
    return SiteRow(
        part=PowerFlow,
        description=_power(f"{name}_power_l{phase + 1}", enabled=False),
        value_fn=lambda flows: (
            found.phases[phase] if (found := flow(flows)) is not None and len(found.phases) > phase else None
        ),
        stamp_fn=_stamp(flow),
    )


def _direction(name: str, flow: Callable[[PowerFlow], Flow | None], sign: int) -> SiteRow[PowerFlow]:
    return SiteRow(
        part=PowerFlow,
        description=_power(f"{name}_power"),
        value_fn=lambda flows: max(sign * found.power, 0.0) or 0.0 if (found := flow(flows)) is not None else None,
        stamp_fn=_stamp(flow),
    )


def _total(kind: CounterKind) -> SiteRow[EnergyCounters]:
    key = f"{kind}_energy"
    return SiteRow(
        part=EnergyCounters,
        description=SensorEntityDescription(
            key=key,
            translation_key=key,
            device_class=SensorDeviceClass.ENERGY,
            # The counter has its own guard against falls, so a fall would be real.
            state_class=SensorStateClass.TOTAL_INCREASING,
            native_unit_of_measurement=UnitOfEnergy.WATT_HOUR,
            suggested_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
            suggested_display_precision=1,
        ),
        value_fn=lambda counters: counters.total(kind),
    )


def _today(kind: CounterKind) -> SiteRow[EnergyCounters]:
    key = f"{kind}_energy_today"
    return SiteRow(
        part=EnergyCounters,
        description=SensorEntityDescription(
            key=key,
            translation_key=key,
            device_class=SensorDeviceClass.ENERGY,
            state_class=SensorStateClass.TOTAL_INCREASING,
            native_unit_of_measurement=UnitOfEnergy.WATT_HOUR,
            suggested_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
            suggested_display_precision=2,
        ),
        value_fn=lambda counters: counters.today(kind),
    )


POWER_ROWS = (
    *(_whole(name, flow) for name, flow in FLOWS),
    *(_direction(*direction) for direction in _DIRECTIONS),
    *(_phase(name, flow, phase) for name, flow in FLOWS for phase in range(3)),
)
ENERGY_ROWS = (*(_total(kind) for kind in CounterKind), *(_today(kind) for kind in CounterKind))
