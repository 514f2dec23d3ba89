"""Triggers: what happens to a site, for automations."""

from abc import abstractmethod
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, override

import probatio

from homeassistant.components.binary_sensor.const import DOMAIN as BINARY_SENSOR_DOMAIN
from homeassistant.components.event.const import ATTR_EVENT_TYPE, DOMAIN as EVENT_DOMAIN
from homeassistant.components.number.const import DOMAIN as NUMBER_DOMAIN
from homeassistant.components.sensor.const import DOMAIN as SENSOR_DOMAIN
from homeassistant.const import CONF_OPTIONS, STATE_OFF, STATE_ON, UnitOfPower, UnitOfRatio
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.automation import DomainSpec
from homeassistant.helpers.target import TargetSelection
from homeassistant.helpers.trigger import (
    ENTITY_STATE_TRIGGER_SCHEMA,
    EntityNumericalStateCrossedThresholdTriggerBase,
    EntityNumericalStateCrossedThresholdTriggerWithUnitBase,
    EntityTransitionTriggerBase,
    EntityTriggerBase,
    NotTriggeredReasonReporter,
    StatelessEntityTriggerBase,
    Trigger,
    TriggerConfig,
)
from homeassistant.util.unit_conversion import PowerConverter

from .const import DOMAIN
from .descriptions.site import ATTR_ON_PURPOSE, ATTR_SILENT
from .helpers.across_gaps import AcrossGaps
from .helpers.own_entities import EXPORT, IMPORT, Direction, OwnEntities, own_entities
from .runtime.home import home_entries
from .site.control import ChangeKind, ControlKey

CONF_BY = "by"
CONF_SETTING = "setting"

_BINARY_SENSOR = {BINARY_SENSOR_DOMAIN: DomainSpec()}
_EVENT = {EVENT_DOMAIN: DomainSpec()}
_SENSOR = {SENSOR_DOMAIN: DomainSpec()}
_BINARY_OR_SENSOR = {**_BINARY_SENSOR, **_SENSOR}

_OFF: set[str | bool] = {STATE_OFF}
_ON: set[str | bool] = {STATE_ON}

# Half a percent, as levels are shown without decimals.
_AS_SHOWN = 0.5

# How far, in %, the level has to leave full and the reserve again: near them, it goes back and forth.
_OFF_FULL = 5.0
_OFF_RESERVE = 2.0


class _GridTrigger(AcrossGaps, OwnEntities, EntityTransitionTriggerBase):
    _domain_specs = _BINARY_SENSOR
    _keys = ("grid_connected",)


class GridLost(_GridTrigger):
    """The grid failed: a house that was disconnected on purpose didn't lose it."""

    _from_states = _ON
    _to_states = _OFF

    @override
    def is_valid_state(self, state: State, report_not_triggered: NotTriggeredReasonReporter) -> bool:
        return super().is_valid_state(state, report_not_triggered) and not _is_on_purpose(state)


class GridReturned(_GridTrigger):
    """The grid is back after it failed."""

    _from_states = _OFF
    _to_states = _ON

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Start without knowing of a house that was disconnected on purpose."""
        super().__init__(hass, config)
        # Since when. While the house is connected again, a site may not say anymore that it was on purpose.
        self._on_purpose: dict[str, datetime] = {}

    @override
    def is_valid_state(self, state: State, report_not_triggered: NotTriggeredReasonReporter) -> bool:
        if _is_on_purpose(state):
            self._on_purpose[state.entity_id] = state.last_changed
        return super().is_valid_state(state, report_not_triggered)

    @override
    def is_valid_change(self, before: State, to_state: State) -> bool:
        meant = _is_on_purpose(before) or self._on_purpose.get(before.entity_id) == before.last_changed
        return super().is_valid_change(before, to_state) and not meant


def _is_on_purpose(state: State) -> bool:
    return state.attributes.get(ATTR_ON_PURPOSE) is True


class _StormTrigger(AcrossGaps, OwnEntities, EntityTransitionTriggerBase):
    _domain_specs = _BINARY_SENSOR
    _keys = ("storm_alert",)


class StormWatchStarted(_StormTrigger):
    """A storm is expected."""

    _from_states = _OFF
    _to_states = _ON


class StormWatchEnded(_StormTrigger):
    """A storm is no longer expected."""

    _from_states = _ON
    _to_states = _OFF


class _GridPowerTrigger(AcrossGaps, OwnEntities, EntityNumericalStateCrossedThresholdTriggerWithUnitBase):
    _domain_specs = _SENSOR
    _base_unit = UnitOfPower.WATT
    _unit_converter = PowerConverter
    _direction: ClassVar[Direction]

    @override
    def _get_tracked_value(self, state: State) -> float | None:
        value = super()._get_tracked_value(state)
        return None if value is None else self._direction.power(self._hass, state.entity_id, value)


class ExportCrossedThreshold(_GridPowerTrigger):
    """The power to the grid crossed a threshold."""

    _direction = EXPORT
    _keys = EXPORT.keys


class ImportCrossedThreshold(_GridPowerTrigger):
    """The power from the grid crossed a threshold."""

    _direction = IMPORT
    _keys = IMPORT.keys


class BatteryLevelCrossedThreshold(AcrossGaps, OwnEntities, EntityNumericalStateCrossedThresholdTriggerBase):
    """The level of all batteries together crossed a threshold."""

    _domain_specs = _SENSOR
    _keys = ("battery_level",)
    _valid_unit = UnitOfRatio.PERCENTAGE


class _Prices(OwnEntities):
    """The buying price, unless the target names the other one."""

    _keys = ("buy_price",)
    _target: dict[str, Any]

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        named = own_entities(self._hass, TargetSelection(self._target).entity_ids & entities)
        return super().entity_filter(entities) | {
            entry.entity_id for entry in named if entry.translation_key == "sell_price"
        }


class PriceCrossedThreshold(AcrossGaps, _Prices, EntityNumericalStateCrossedThresholdTriggerBase):
    """The price of energy crossed a threshold."""

    _domain_specs = _SENSOR


class _BatteryTrigger(AcrossGaps, OwnEntities, EntityTriggerBase):
    """The battery's level reaches something, and again only after it has clearly left it."""

    _domain_specs = _SENSOR
    _keys = ("battery_level",)

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Start with what the batteries show."""
        super().__init__(hass, config)
        # The batteries that have reached it and not left it since.
        self._told: set[str] = set()

    @abstractmethod
    def _is_there(self, level: float, entity_id: str) -> bool:
        """Return whether the level has reached it."""

    @abstractmethod
    def _has_left(self, level: float, entity_id: str) -> bool:
        """Return whether the level has clearly left it."""

    @override
    def is_valid_state(self, state: State, report_not_triggered: NotTriggeredReasonReporter) -> bool:
        level = _number(state)
        if level is None or not super().is_valid_state(state, report_not_triggered):
            return False
        if self._has_left(level, state.entity_id):
            self._told.discard(state.entity_id)
        return self._is_there(level, state.entity_id)

    @override
    def is_valid_change(self, before: State, to_state: State) -> bool:
        return to_state.entity_id not in self._told and not self._shows_it(before)

    @override
    def on_first_state(self, state: State) -> None:
        if self._shows_it(state):
            self._told.add(state.entity_id)

    @override
    def on_fired(self, entity_ids: set[str]) -> None:
        self._told |= {entity_id for entity_id in entity_ids if self._shows_it(self._latest[entity_id])}

    def _shows_it(self, state: State) -> bool:
        return (level := _number(state)) is not None and self._is_there(level, state.entity_id)


class BatteryFull(_BatteryTrigger):
    """The battery is full."""

    @override
    def _is_there(self, level: float, entity_id: str) -> bool:
        return level >= 100 - _AS_SHOWN

    @override
    def _has_left(self, level: float, entity_id: str) -> bool:
        return level <= 100 - _OFF_FULL


class BatteryReachedReserve(_BatteryTrigger):
    """The battery is down to what the site keeps for an outage."""

    @override
    def _is_there(self, level: float, entity_id: str) -> bool:
        return (reserve := self._reserve(entity_id)) is not None and level <= reserve + _AS_SHOWN

    @override
    def _has_left(self, level: float, entity_id: str) -> bool:
        return (reserve := self._reserve(entity_id)) is not None and level >= reserve + _OFF_RESERVE

    def _reserve(self, entity_id: str) -> float | None:
        """Return the reserve that an entry of the same home shows, its own first, `None` if it is unknown."""
        registry, entries = er.async_get(self._hass), self._hass.config_entries
        level = registry.async_get(entity_id)
        entry = entries.async_get_entry(level.config_entry_id or "") if level is not None else None
        for each in home_entries(self._hass, entry) if entry is not None else ():
            unique_id = f"{each.unique_id or each.entry_id}_{ControlKey.BACKUP_RESERVE}"
            found = registry.async_get_entity_id(NUMBER_DOMAIN, DOMAIN, unique_id)
            state = self._hass.states.get(found) if found is not None else None
            if state is not None and (reserve := _number(state)) is not None:
                return reserve
        return None


def _number(state: State) -> float | None:
    try:
        return float(state.state)
    except ValueError:
        return None


class _InverterTrigger(EntityTriggerBase):
    """Looks at the inverters that a site names along with how many report.

    An inverter as a target, or one of its entities, means that inverter alone.
    """

    _domain_specs = _BINARY_OR_SENSOR
    # The number of inverters that report is a diagnostic sensor.
    _primary_entities_only = False

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Start without an inverter."""
        super().__init__(hass, config)
        # The inverters that are meant of each site's, `None` for all.
        self._meant: dict[str, set[str] | None] = {}

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        self._meant = {}
        for entry in own_entities(self._hass, entities):
            if entry.translation_key == "inverters_reporting":
                self._meant[entry.entity_id] = None
            elif (serial := self._serial(entry)) is not None:
                self._mean(entry, serial)
        return set(self._meant)

    @override
    def is_valid_state(self, state: State, report_not_triggered: NotTriggeredReasonReporter) -> bool:
        return bool(self._silent(state))

    @override
    def is_valid_transition(self, from_state: State, to_state: State) -> bool:
        return bool(self._silent(to_state) - self._silent(from_state))

    def _mean(self, entry: er.RegistryEntry, serial: str) -> None:
        """Look at the site's sensor for one inverter, at the inverter's own if that one is disabled."""
        site = self._site(entry)
        registry = er.async_get(self._hass)
        found = registry.async_get_entity_id(SENSOR_DOMAIN, DOMAIN, f"{site}_inverters_reporting")
        sensor = registry.async_get(found) if found is not None else None
        if sensor is not None and sensor.disabled_by is None:
            meant = self._meant.setdefault(sensor.entity_id, set())
            if meant is not None:
                meant.add(serial)
        elif entry.translation_key == "connected" and entry.domain == BINARY_SENSOR_DOMAIN:
            self._meant[entry.entity_id] = None

    def _site(self, entry: er.RegistryEntry) -> str | None:
        config_entry = self._hass.config_entries.async_get_entry(entry.config_entry_id or "")
        return None if config_entry is None else config_entry.unique_id or config_entry.entry_id

    def _serial(self, entry: er.RegistryEntry) -> str | None:
        """Return the serial number of the device that an entity belongs to, `None` for the site itself."""
        site = self._site(entry)
        device = dr.async_get(self._hass).async_get(entry.device_id) if entry.device_id is not None else None
        identifiers = device.identifiers if device is not None else ()
        names = [name for domain, name, *_ in identifiers if domain == DOMAIN]
        return next((name.removeprefix(f"{site}_") for name in names if name.startswith(f"{site}_")), None)

    def _silent(self, state: State) -> set[str]:
        """Return the silent ones among the inverters that are meant."""
        if state.domain == BINARY_SENSOR_DOMAIN:
            return {state.entity_id} if state.state == STATE_OFF else set()
        silent, meant = set(state.attributes.get(ATTR_SILENT, ())), self._meant.get(state.entity_id)
        return silent if meant is None else silent & meant


class InverterSilent(AcrossGaps, _InverterTrigger):
    """An inverter stopped reporting while others continue."""


_OF_SETTING = (ATTR_EVENT_TYPE, CONF_SETTING, "from", "to", CONF_BY)


class _SettingTrigger(OwnEntities, StatelessEntityTriggerBase):
    _domain_specs = _EVENT
    _keys = ("setting",)
    _schema = ENTITY_STATE_TRIGGER_SCHEMA.extend(
        {
            probatio.Required(CONF_OPTIONS, default={}): {
                probatio.Optional(CONF_SETTING): probatio.All(
                    probatio.EnsureList(), [probatio.In([*map(str, ControlKey)])]
                ),
                probatio.Optional(CONF_BY): probatio.All(
                    probatio.EnsureList(), [probatio.In(["home_assistant", "elsewhere", "moved_along"])]
                ),
            },
        }
    )
    _kind: ClassVar[ChangeKind]

    @override
    def is_valid_state(self, state: State, report_not_triggered: NotTriggeredReasonReporter) -> bool:
        told: Mapping[str, Any] = state.attributes
        return told.get(ATTR_EVENT_TYPE) == self._kind and all(
            told.get(field) in self._options[field] for field in (CONF_SETTING, CONF_BY) if self._options.get(field)
        )

    @override
    def is_valid_transition(self, from_state: State, to_state: State) -> bool:
        # Two settings may change in the same millisecond, which is all that the state says.
        return super().is_valid_transition(from_state, to_state) or any(
            from_state.attributes.get(field) != to_state.attributes.get(field) for field in _OF_SETTING
        )


class SettingChanged(_SettingTrigger):
    """A setting took effect, changed from Home Assistant or elsewhere."""

    _kind = ChangeKind.CHANGED


class SettingFailed(_SettingTrigger):
    """A setting that was to be changed from Home Assistant didn't take effect."""

    _kind = ChangeKind.FAILED


TRIGGERS: dict[str, type[Trigger]] = {
    "battery_full": BatteryFull,
    "battery_level_crossed_threshold": BatteryLevelCrossedThreshold,
    "battery_reached_reserve": BatteryReachedReserve,
    "export_crossed_threshold": ExportCrossedThreshold,
    "grid_lost": GridLost,
    "grid_returned": GridReturned,
    "import_crossed_threshold": ImportCrossedThreshold,
    "inverter_silent": InverterSilent,
    "price_crossed_threshold": PriceCrossedThreshold,
    "setting_changed": SettingChanged,
    "setting_failed": SettingFailed,
    "storm_watch_ended": StormWatchEnded,
    "storm_watch_started": StormWatchStarted,
}


async def async_get_triggers(hass: HomeAssistant) -> dict[str, type[Trigger]]:  # noqa: ARG001 - the signature is Home Assistant's.
    """Return the triggers by their keys."""
    return TRIGGERS
