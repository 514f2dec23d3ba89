"""An integration in the place of one that can't be installed here: it really adds its entities, with its own IDs."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockModule,
    MockPlatform,
    mock_integration,
    mock_platform,
)

from homeassistant.components.select import SelectEntity
from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorStateClass
from homeassistant.config_entries import HANDLERS, ConfigEntry, ConfigFlow
from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from tests.common import set_up


@dataclass(frozen=True, kw_only=True)
class Value:
    """One of its sensors, or a select if it has `options`."""

    unique_id: str
    device: str
    state: Any = 1.0
    device_class: SensorDeviceClass | None = None
    state_class: SensorStateClass | None = None
    unit: str | None = None
    options: list[str] = field(default_factory=list)
    enabled: bool = True


def energy(unique_id: str, device: str, kilowatt_hours: float, *, daily: bool = False, **more: Any) -> Value:
    """Return a counter."""
    kind = SensorStateClass.TOTAL if daily else SensorStateClass.TOTAL_INCREASING
    return Value(
        unique_id=unique_id,
        device=device,
        state=kilowatt_hours,
        device_class=SensorDeviceClass.ENERGY,
        state_class=kind,
        unit="kWh",
        **more,
    )


def power(unique_id: str, device: str, watts: float = 0.0) -> Value:
    """Return a power."""
    kind = SensorStateClass.MEASUREMENT
    return Value(
        unique_id=unique_id,
        device=device,
        state=watts,
        device_class=SensorDeviceClass.POWER,
        state_class=kind,
        unit="W",
    )


class _Flow(ConfigFlow):
    """What an integration with entries has."""

    VERSION = 1


def _entity(domain: str, value: Value) -> Entity:
    entity = SelectEntity() if value.options else SensorEntity()
    if isinstance(entity, SelectEntity):
        entity._attr_options, entity._attr_current_option = value.options, value.state
    else:
        entity._attr_native_value, entity._attr_native_unit_of_measurement = value.state, value.unit
        entity._attr_device_class, entity._attr_state_class = value.device_class, value.state_class
    entity._attr_unique_id = value.unique_id
    entity._attr_name = value.unique_id.replace("-", " ")
    entity._attr_entity_registry_enabled_default = value.enabled
    entity._attr_device_info = DeviceInfo(identifiers={(domain, value.device)})
    return entity


async def set_up_another(
    hass: HomeAssistant,
    monkeypatch: pytest.MonkeyPatch,
    domain: str,
    values: list[Value],
    *,
    name: str = "Another",
    built_in: bool = False,
    **entry: Any,
) -> MockConfigEntry:
    """Set up an entry of another integration."""

    async def async_setup_entry(hass: HomeAssistant, entry: ConfigEntry) -> bool:
        await hass.config_entries.async_forward_entry_setups(entry, ["sensor", "select"])
        return True

    async def async_unload_entry(hass: HomeAssistant, entry: ConfigEntry) -> bool:
        return await hass.config_entries.async_unload_platforms(entry, ["sensor", "select"])

    module = MockModule(
        domain,
        async_setup_entry=async_setup_entry,
        async_unload_entry=async_unload_entry,
        partial_manifest={"name": name, "version": "1.0.0"},
    )
    mock_integration(hass, module, built_in=built_in)
    mock_platform(hass, f"{domain}.config_flow", built_in=built_in)
    monkeypatch.setitem(HANDLERS, domain, _Flow)
    for platform in ("sensor", "select"):

        async def add(
            hass: HomeAssistant,
            entry: ConfigEntry,
            async_add_entities: AddConfigEntryEntitiesCallback,
            platform: str = platform,
        ) -> None:
            async_add_entities(
                [_entity(domain, value) for value in values if bool(value.options) is (platform == "select")]
            )

        mock_platform(hass, f"{domain}.{platform}", MockPlatform(async_setup_entry=add), built_in=built_in)
    found = MockConfigEntry(domain=domain, **entry)
    await set_up(hass, found)
    return found
