"""Devices that come, go and stay away for a while."""

from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site import async_remove_config_entry_device
from custom_components.energy_site.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from simulator.iq_gateway import GatewayServer, HttpStatus, Mutate, firmware_bugs
from tests.common import number, tick

INVERTERS = "/api/v1/production/inverters"
DEVICE_DATA = "/ivp/pdm/device_data"


def inverters(hass: HomeAssistant, entry: MockConfigEntry) -> set[str]:
    """Return the serial numbers of the inverters in the registry."""
    return {
        device.serial_number
        for device in dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
        if (device.name or "").startswith("Inverter") and device.serial_number
    }


async def polls(hass: HomeAssistant, freezer: FrozenDateTimeFactory, hours: float) -> None:
    """Let the inverters be asked for some hours."""
    for _ in range(int(hours * 12)):
        await tick(hass, freezer, 301)


async def test_a_new_inverter_appears_without_a_reload(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    added = gateway.house.add_inverter()
    await polls(hass, freezer, 0.5)
    assert added.serial in inverters(hass, entry)
    assert number(hass, gateway.serial, added.serial, "power") is not None


async def test_a_removed_inverter_disappears_after_several_whole_answers(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    removed = gateway.house.inverters[5].serial
    gateway.house.remove_inverter(removed)
    await polls(hass, freezer, 0.5)
    assert removed in inverters(hass, entry)
    await polls(hass, freezer, 1)
    assert removed not in inverters(hass, entry)
    assert len(inverters(hass, entry)) == 24


async def test_an_inverter_that_comes_back_after_it_was_removed_is_added_again(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    lost = gateway.house.inverters[7].serial

    def lose(payload: Any) -> None:
        if isinstance(payload, list):
            payload[:] = [item for item in payload if item["serialNumber"] != lost]
            return
        for key in [key for key, item in payload.items() if isinstance(item, dict) and item.get("sn") == lost]:
            del payload[key]

    gateway.faults.add(Mutate(lose), INVERTERS)
    gateway.faults.add(Mutate(lose), DEVICE_DATA)
    await polls(hass, freezer, 1.5)
    assert lost not in inverters(hass, entry)
    gateway.faults.clear()
    await polls(hass, freezer, 0.3)
    assert lost in inverters(hass, entry)
    assert number(hass, gateway.serial, lost, "power") is not None


async def test_an_empty_list_is_no_proof_of_removal(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    gateway.faults.add(firmware_bugs.no_inverters(), INVERTERS)
    gateway.faults.add(HttpStatus(503), DEVICE_DATA)
    await polls(hass, freezer, 3)
    assert len(inverters(hass, entry)) == 25


async def test_an_inverter_that_is_missing_for_a_moment_stays(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    gateway.faults.add(HttpStatus(404), DEVICE_DATA)
    fault = gateway.faults.add(firmware_bugs.partial_inverters(20), INVERTERS)
    await polls(hass, freezer, 0.5)
    fault.remove()
    await polls(hass, freezer, 2)
    assert len(inverters(hass, entry)) == 25


async def test_a_person_removes_only_what_is_gone(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    registry = dr.async_get(hass)

    def device(serial: str) -> dr.DeviceEntry:
        found = registry.async_get_device_by_identifier((DOMAIN, f"{gateway.serial}_{serial}"), entry.entry_id)
        assert found is not None
        return found

    gone, there = gateway.house.inverters[0].serial, gateway.house.inverters[1].serial
    gateway.house.remove_inverter(gone)
    await polls(hass, freezer, 0.3)
    assert await async_remove_config_entry_device(hass, entry, device(gone))
    assert not await async_remove_config_entry_device(hass, entry, device(there))


@pytest.mark.parametrize("preset", ["generator"])
async def test_a_generator_is_a_device_of_its_make(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry
) -> None:
    registry = dr.async_get(hass)
    device = registry.async_get_device_by_identifier((DOMAIN, f"{gateway.serial}_generator"), entry.entry_id)
    assert device is not None
    assert device.name == "Generator"
    assert device.model
