"""Conditions: how a site is, for automations."""

from typing import ClassVar, override

import probatio

from homeassistant.components.binary_sensor.const import DOMAIN as BINARY_SENSOR_DOMAIN
from homeassistant.components.select.const import DOMAIN as SELECT_DOMAIN
from homeassistant.components.sensor.const import DOMAIN as SENSOR_DOMAIN
from homeassistant.components.switch.const import DOMAIN as SWITCH_DOMAIN
from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT, CONF_MODE, CONF_OPTIONS, STATE_OFF, STATE_ON, UnitOfPower
from homeassistant.core import HomeAssistant, State
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.automation import DomainSpec
from homeassistant.helpers.condition import (
    ENTITY_STATE_CONDITION_SCHEMA_ANY_ALL,
    Condition,
    ConditionConfig,
    EntityConditionBase,
    EntityStateConditionBase,
)
from homeassistant.util.unit_conversion import PowerConverter

from .const import DOMAIN
from .helpers.own_entities import CHARGE, DISCHARGE, EXPORT, Direction, OwnEntities
from .runtime.site import SiteConfigEntry
from .site.charging import LEAST_POWER
from .site.model import LivePower, OperatingMode

_BINARY_SENSOR = {BINARY_SENSOR_DOMAIN: DomainSpec()}
_SENSOR = {SENSOR_DOMAIN: DomainSpec()}
_BINARY_OR_SENSOR = {**_BINARY_SENSOR, **_SENSOR}
_SELECT = {SELECT_DOMAIN: DomainSpec()}
_SWITCH = {SWITCH_DOMAIN: DomainSpec()}

_OFF: set[str | bool] = {STATE_OFF}
_ON: set[str | bool] = {STATE_ON}


class _GridCondition(OwnEntities, EntityStateConditionBase):
    _domain_specs = _BINARY_SENSOR
    _keys = ("grid_connected",)


class IsOnGrid(_GridCondition):
    """The house is connected to the grid."""

    _states = _ON


class IsOffGrid(_GridCondition):
    """The house isn't connected to the grid, whether it failed or not."""

    _states = _OFF


class IsStormWatch(OwnEntities, EntityStateConditionBase):
    """A storm is expected."""

    _domain_specs = _BINARY_SENSOR
    _keys = ("storm_alert",)
    _states = _ON


class _PowerCondition(OwnEntities, EntityConditionBase):
    """More power flows in a direction than the noise of a meter."""

    _domain_specs = _SENSOR
    _direction: ClassVar[Direction]

    @override
    def is_valid_state(self, entity_state: State) -> bool:
        try:
            unit = entity_state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
            value = PowerConverter.convert(float(entity_state.state), unit, UnitOfPower.WATT)
        except ValueError, HomeAssistantError:
            return False
        return self._direction.power(self._hass, entity_state.entity_id, value) > LEAST_POWER


class IsExporting(_PowerCondition):
    """The house gives power to the grid."""

    _direction = EXPORT
    _keys = EXPORT.keys


class IsCharging(_PowerCondition):
    """The battery charges."""

    _domain_specs = _BINARY_OR_SENSOR
    _direction = CHARGE
    _keys = ("battery_charging", *CHARGE.keys)

    @override
    def is_valid_state(self, entity_state: State) -> bool:
        if entity_state.domain == BINARY_SENSOR_DOMAIN:
            return entity_state.state == STATE_ON
        return super().is_valid_state(entity_state)


class IsDischarging(_PowerCondition):
    """The battery discharges."""

    _direction = DISCHARGE
    _keys = DISCHARGE.keys


class IsOperatingMode(OwnEntities, EntityStateConditionBase):
    """The battery is used in one of some ways."""

    _domain_specs = _SELECT
    _keys = ("operating_mode",)
    _schema = ENTITY_STATE_CONDITION_SCHEMA_ANY_ALL.extend(
        {
            probatio.Required(CONF_OPTIONS): {
                probatio.Required(CONF_MODE): probatio.All(
                    probatio.EnsureList(), probatio.Length(min=1), [probatio.In([*map(str, OperatingMode)])]
                ),
            },
        }
    )

    def __init__(self, hass: HomeAssistant, config: ConditionConfig) -> None:
        """Test for the configured modes."""
        super().__init__(hass, config)
        options = config.options or {}
        self._states = set(options[CONF_MODE])


class IsLive(OwnEntities, EntityStateConditionBase):
    """Live power is on, and its values arrive."""

    _domain_specs = _SWITCH
    _keys = ("live_power",)
    _states = _ON

    @property
    @override
    def needs_polling(self) -> bool:
        return True

    @override
    def is_valid_state(self, entity_state: State) -> bool:
        return super().is_valid_state(entity_state) and self._flows(entity_state.entity_id)

    def _flows(self, entity_id: str) -> bool:
        """Return whether values arrive, which the switch doesn't show."""
        registered = er.async_get(self._hass).async_get(entity_id)
        entries: list[SiteConfigEntry] = self._hass.config_entries.async_loaded_entries(DOMAIN)
        for entry in entries:
            if registered is not None and entry.entry_id == registered.config_entry_id:
                live = entry.runtime_data.part(LivePower)
                return live is not None and live.flowing
        return True


CONDITIONS: dict[str, type[Condition]] = {
    "is_charging": IsCharging,
    "is_discharging": IsDischarging,
    "is_exporting": IsExporting,
    "is_live": IsLive,
    "is_off_grid": IsOffGrid,
    "is_on_grid": IsOnGrid,
    "is_operating_mode": IsOperatingMode,
    "is_storm_watch": IsStormWatch,
}


async def async_get_conditions(hass: HomeAssistant) -> dict[str, type[Condition]]:  # noqa: ARG001 - the signature is Home Assistant's.
    """Return the conditions by their keys."""
    return CONDITIONS
