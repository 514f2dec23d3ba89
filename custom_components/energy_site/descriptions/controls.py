"""The controls by platform; limits and writes are up to the source."""

from collections.abc import Callable, Iterable

from homeassistant.components.number import NumberEntityDescription
from homeassistant.components.select import SelectEntityDescription
from homeassistant.components.switch import SwitchEntityDescription
from homeassistant.const import EntityCategory

from ..site.circuits import CircuitAction, CircuitMode, GeneratorMode, LoadCircuit
from ..site.control import ControlKey
from ..site.model import ExportRule, GridStatus, LivePower, OperatingMode, Settings, Storm
from . import export_limit
from .entity_description import AnyEntityDescription, DeviceEntityDescription, SiteEntityDescription
from .families import CIRCUIT, GENERATOR
from .sensor_description import PERCENT


def _percent(key: str, category: EntityCategory | None = None) -> NumberEntityDescription:
    return NumberEntityDescription(
        key=key, translation_key=key, native_unit_of_measurement=PERCENT, entity_category=category
    )


def _select(key: str, options: Iterable[str], category: EntityCategory | None = None) -> SelectEntityDescription:
    return SelectEntityDescription(key=key, translation_key=key, options=list(options), entity_category=category)


def _switch(key: str, *, enabled: bool = True) -> SwitchEntityDescription:
    return SwitchEntityDescription(key=key, translation_key=key, entity_registry_enabled_default=enabled)


_CIRCUIT_ACTIONS: tuple[tuple[str, Callable[[LoadCircuit], object]], ...] = (
    (ControlKey.GRID_ACTION, lambda unit: unit.grid_action),
    (ControlKey.OFF_GRID_ACTION, lambda unit: unit.off_grid_action),
    (ControlKey.GENERATOR_ACTION, lambda unit: unit.generator_action),
)

NUMBER_DESCRIPTIONS: tuple[AnyEntityDescription, ...] = (
    SiteEntityDescription(
        part=Settings,
        description=_percent(ControlKey.BACKUP_RESERVE),
        value_fn=lambda settings: settings.backup_reserve,
    ),
    SiteEntityDescription(
        part=Settings,
        description=_percent(ControlKey.SHUTDOWN_LEVEL, EntityCategory.CONFIG),
        value_fn=lambda settings: settings.shutdown_level,
    ),
    SiteEntityDescription(
        part=Settings,
        description=_percent(ControlKey.OFF_GRID_VEHICLE_CHARGING_RESERVE),
        value_fn=lambda settings: settings.off_grid_vehicle_charging_reserve,
    ),
    *export_limit.NUMBER_DESCRIPTIONS,
    DeviceEntityDescription(
        family=CIRCUIT,
        description=_percent(ControlKey.LEVEL_LOW, EntityCategory.CONFIG),
        value_fn=lambda unit: unit.level_low,
    ),
    DeviceEntityDescription(
        family=CIRCUIT,
        description=_percent(ControlKey.LEVEL_HIGH, EntityCategory.CONFIG),
        value_fn=lambda unit: unit.level_high,
    ),
)

SELECT_DESCRIPTIONS: tuple[AnyEntityDescription, ...] = (
    SiteEntityDescription(
        part=Settings,
        description=_select(ControlKey.OPERATING_MODE, OperatingMode),
        value_fn=lambda settings: settings.operating_mode,
    ),
    SiteEntityDescription(
        part=Settings,
        description=_select(ControlKey.EXPORT_RULE, ExportRule),
        value_fn=lambda settings: settings.export_rule,
    ),
    DeviceEntityDescription(
        family=CIRCUIT,
        description=_select(ControlKey.MODE, CircuitMode, EntityCategory.CONFIG),
        value_fn=lambda unit: unit.mode,
    ),
    *(
        DeviceEntityDescription(
            family=CIRCUIT, description=_select(key, CircuitAction, EntityCategory.CONFIG), value_fn=value
        )
        for key, value in _CIRCUIT_ACTIONS
    ),
    DeviceEntityDescription(
        family=GENERATOR,
        description=SelectEntityDescription(
            key=ControlKey.MODE, translation_key="generator_mode", options=list(GeneratorMode)
        ),
        value_fn=lambda unit: unit.mode,
    ),
)

SWITCH_DESCRIPTIONS: tuple[AnyEntityDescription, ...] = (
    SiteEntityDescription(
        part=Settings,
        description=_switch(ControlKey.CHARGE_FROM_GRID),
        value_fn=lambda settings: settings.charge_from_grid,
    ),
    SiteEntityDescription(
        part=Settings,
        description=_switch(ControlKey.DISCHARGE_TO_GRID),
        value_fn=lambda settings: settings.discharge_to_grid,
    ),
    SiteEntityDescription(
        part=Settings,
        description=_switch(ControlKey.RESTRICT_DISCHARGE),
        value_fn=lambda settings: settings.restrict_discharge,
    ),
    SiteEntityDescription(
        part=Settings,
        description=_switch(ControlKey.POWER_MATCH),
        value_fn=lambda settings: settings.power_match,
    ),
    *export_limit.SWITCH_DESCRIPTIONS,
    # Disabled by default: a single touch disconnects the house from the grid.
    SiteEntityDescription(
        part=GridStatus,
        description=_switch(ControlKey.GRID_ENABLED, enabled=False),
        value_fn=lambda grid: grid.enabled,
    ),
    SiteEntityDescription(
        part=Storm, description=_switch(ControlKey.STORM_GUARD), value_fn=lambda storm: storm.guarded
    ),
    SiteEntityDescription(part=LivePower, description=_switch(ControlKey.LIVE_POWER), value_fn=lambda live: live.on),
    DeviceEntityDescription(family=CIRCUIT, description=_switch(ControlKey.CLOSED), value_fn=lambda unit: unit.closed),
)
