"""Power and energy of the site as a whole."""

from collections.abc import Callable
from datetime import datetime

from homeassistant.components.sensor import SensorDeviceClass

from ..site.model import CounterKind, EnergyCounters, Flow, PowerFlow
from .entity_description import SiteEntityDescription
from .sensor_description import measurement

# Meters report a few milliwatts of either sign when nothing flows.
_NOTHING = 0.05

type Pick = Callable[[PowerFlow], Flow | None]

_FLOWS: tuple[tuple[str, Pick], ...] = (
    ("solar", lambda flows: flows.solar),
    ("grid", lambda flows: flows.grid),
    ("battery", lambda flows: flows.battery),
    ("load", lambda flows: flows.load),
    ("generator", lambda flows: flows.generator),
)

# A signed flow as two that are never negative: name, flow, and sign of its direction.
_DIRECTIONS: tuple[tuple[str, Pick, int], ...] = (
    ("grid_import", lambda flows: flows.grid, 1),
    ("grid_export", lambda flows: flows.grid, -1),
    ("battery_charge", lambda flows: flows.battery, -1),
    ("battery_discharge", lambda flows: flows.battery, 1),
)


def _still(power: float) -> float:
    """Return zero for negligible power, which would otherwise be shown as minus zero."""
    return power if abs(power) >= _NOTHING else 0.0


def _power(
    key: str, pick: Pick, value: Callable[[Flow], float | None], *, enabled: bool = True
) -> SiteEntityDescription[PowerFlow]:
    def observed_at(flows: PowerFlow) -> datetime | None:
        return flow.observed_at if (flow := pick(flows)) is not None else None

    return SiteEntityDescription(
        part=PowerFlow,
        description=measurement(key, SensorDeviceClass.POWER, enabled=enabled),
        value_fn=lambda flows: value(flow) if (flow := pick(flows)) is not None else None,
        stamp_fn=observed_at,
    )


def _phase(name: str, pick: Pick, phase: int) -> SiteEntityDescription[PowerFlow]:
    return _power(
        f"{name}_power_l{phase + 1}",
        pick,
        lambda flow: flow.phases[phase] if len(flow.phases) > phase else None,
        enabled=False,
    )


def _direction(name: str, pick: Pick, sign: int) -> SiteEntityDescription[PowerFlow]:
    return _power(f"{name}_power", pick, lambda flow: _still(max(sign * flow.power, 0.0)))


def _energy(kind: CounterKind) -> tuple[SiteEntityDescription[EnergyCounters], SiteEntityDescription[EnergyCounters]]:
    return (
        SiteEntityDescription(
            part=EnergyCounters,
            description=measurement(f"{kind}_energy", SensorDeviceClass.ENERGY, precision=1),
            value_fn=lambda counters: counters.total(kind),
        ),
        SiteEntityDescription(
            part=EnergyCounters,
            description=measurement(f"{kind}_energy_today", SensorDeviceClass.ENERGY, precision=2),
            value_fn=lambda counters: counters.today(kind),
        ),
    )


POWER_DESCRIPTIONS = (
    *(_power(f"{name}_power", pick, lambda flow: _still(flow.power)) for name, pick in _FLOWS),
    *(_direction(*direction) for direction in _DIRECTIONS),
    *(_phase(name, pick, phase) for name, pick in _FLOWS for phase in range(3)),
)
ENERGY_DESCRIPTIONS = tuple(row for kind in CounterKind if kind is not CounterKind.CHARGER for row in _energy(kind))
