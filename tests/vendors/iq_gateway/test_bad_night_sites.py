"""What a person with an odd site sees: many inverters, one phase of three, a collar, AC Batteries."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.const import DOMAIN
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from simulator.house import ArrayConfig, House
from simulator.iq_gateway import GatewayServer, Mutate
from simulator.presets import PRESETS, Preset
from tests.common import entity_id, gateway_entry, number, pass_time, set_up, state, tick
from tests.houses import MORNING, FrozenClock

READINGS = "/ivp/meters/readings"
DEVICE_DATA = "/ivp/pdm/device_data"
INVERTERS = "/api/v1/production/inverters"


@asynccontextmanager
async def served(preset: Preset, freezer: FrozenDateTimeFactory) -> AsyncIterator[GatewayServer]:
    """Serve a house that is no preset as it is."""
    freezer.move_to(MORNING)
    clock = FrozenClock()
    async with GatewayServer(House(preset.house, start=clock.now()), preset.gateway, clock=clock) as gateway:
        yield gateway


def inverters(hass: HomeAssistant, entry: MockConfigEntry) -> set[str]:
    """Return the serial numbers of the inverters in the registry."""
    return {
        device.serial_number
        for device in dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
        if (device.name or "").startswith("Inverter") and device.serial_number
    }


@pytest.mark.parametrize("home", ["home", "standard"])
@pytest.mark.usefixtures("socket_enabled")
async def test_sixty_inverters_are_all_shown_though_the_gateway_details_only_fifty(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, home: str
) -> None:
    preset = PRESETS[home]()
    preset = replace(preset, house=replace(preset.house, arrays=(ArrayConfig(inverters=60, tilt=10),)))
    async with served(preset, freezer) as gateway:
        entry = gateway_entry(gateway)
        await set_up(hass, entry)
        await pass_time(hass, freezer, 1.5 * 3600, step=150)
        assert len(inverters(hass, entry)) == 60
        for inverter in gateway.house.inverters:
            shown = number(hass, gateway.serial, inverter.serial, "power")
            assert shown == pytest.approx(gateway.state.recorder.reports[inverter.serial].watts, rel=0.5), inverter
        assert number(hass, gateway.serial, "inverters_reporting") in (None, 60)
        assert number(hass, gateway.serial, "solar_power") == pytest.approx(gateway.house.flow.solar, rel=0.2)
        assert number(hass, gateway.serial, "solar_energy") == pytest.approx(gateway.house.truth.solar, rel=0.001)
        await hass.config_entries.async_unload(entry.entry_id)


async def test_an_inverter_that_is_marked_as_gone_disappears_and_one_that_is_only_silent_does_not(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    gone, silent = (gateway.house.inverters[index].serial for index in (4, 9))

    def mark(payload: Any) -> None:
        for item in payload.values():
            if isinstance(item, dict) and item.get("sn") in (gone, silent):
                item.update(modGone=True, active=item["sn"] == silent)

    gateway.faults.add(Mutate(mark), DEVICE_DATA)
    gateway.faults.add(
        Mutate(lambda rows: [row for row in rows if row["serialNumber"] not in (gone, silent)]), INVERTERS
    )
    await pass_time(hass, freezer, 1.5 * 3600, step=150)
    assert gone not in inverters(hass, entry)
    assert silent in inverters(hass, entry)
    assert len(inverters(hass, entry)) == 24


@pytest.mark.parametrize("preset", ["ac_battery"])
@pytest.mark.usefixtures("entity_registry_enabled_by_default")
async def test_an_ac_battery_among_the_inverters_is_shown_as_a_battery(
    hass: HomeAssistant, gateway: GatewayServer, freezer: FrozenDateTimeFactory
) -> None:
    entry = gateway_entry(gateway)
    await set_up(hass, entry)
    await pass_time(hass, freezer, 1200, step=60)
    batteries = {gateway.state.battery_serial(index) for index in range(2)}
    assert inverters(hass, entry) == {inverter.serial for inverter in gateway.house.inverters}
    assert number(hass, gateway.serial, "inverters_reporting") == 8
    registry = dr.async_get(hass)
    for serial in batteries:
        device = registry.async_get_device_by_identifier((DOMAIN, f"{gateway.serial}_{serial}"), entry.entry_id)
        assert device is not None
        assert device.model == "AC Battery"
        assert number(hass, gateway.serial, serial, "level") is not None
    # What batteries give is no production.
    gateway.advance()
    assert number(hass, gateway.serial, "solar_power") == pytest.approx(gateway.house.flow.solar, rel=0.2)
    assert number(hass, gateway.serial, "solar_energy") == pytest.approx(gateway.house.truth.solar, abs=300)
    await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.parametrize("preset", ["collar"])
async def test_a_house_that_leaves_the_grid_behind_a_collar_shows_it_within_a_minute(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    connected = entity_id(hass, "binary_sensor", gateway.serial, "grid_connected")
    assert connected is not None
    await pass_time(hass, freezer, 300)
    for available, shown, word in ((False, "off", "off_grid"), (True, "on", "on_grid")):
        gateway.house.switches.grid_available = available
        await pass_time(hass, freezer, 60)
        found, grid = hass.states.get(connected), state(hass, "sensor", gateway.serial, "grid_state")
        assert found is not None
        assert grid is not None
        assert (found.state, grid.state) == (shown, word)
        assert number(hass, gateway.serial, "load_power") == pytest.approx(gateway.house.flow.load, abs=2)


@pytest.mark.parametrize("preset", ["single_phase"])
@pytest.mark.usefixtures("entity_registry_enabled_by_default")
async def test_a_gateway_for_three_phases_with_one_wired_shows_one_and_no_garbage_of_the_others(
    hass: HomeAssistant, gateway: GatewayServer, freezer: FrozenDateTimeFactory
) -> None:
    def float_high(rows: Any) -> None:
        for row in rows:
            for channel in row["channels"][1:]:
                channel.update(voltage=117.0, activePower=-3545.0)

    gateway.faults.add(Mutate(float_high), READINGS)
    entry = gateway_entry(gateway)
    await set_up(hass, entry)
    await tick(hass, freezer, 11)
    assert number(hass, gateway.serial, "grid_power") == pytest.approx(gateway.house.flow.grid, abs=2)
    assert number(hass, gateway.serial, "grid_voltage") == pytest.approx(230, abs=15)
    for key in ("grid_power", "solar_power", "grid_voltage", "grid_current"):
        assert state(hass, "sensor", gateway.serial, f"{key}_l2") is None
        assert state(hass, "sensor", gateway.serial, f"{key}_l3") is None
    await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.parametrize("preset", ["three_phase"])
@pytest.mark.usefixtures("entity_registry_enabled_by_default")
async def test_a_phase_that_nobody_wired_does_not_lower_the_voltage_that_is_shown(
    hass: HomeAssistant, gateway: GatewayServer, freezer: FrozenDateTimeFactory
) -> None:
    def unwire(rows: Any) -> None:
        for row in rows:
            for channel in row["channels"][1:]:
                row["voltage"] -= channel["voltage"] - 4.0
                channel.update(activePower=0.0, apparentPower=0.0, reactivePower=0.0, current=0.0, voltage=4.0)
            row["activePower"] = row["channels"][0]["activePower"]

    gateway.faults.add(Mutate(unwire), READINGS)
    entry = gateway_entry(gateway)
    await set_up(hass, entry)
    await tick(hass, freezer, 11)
    assert number(hass, gateway.serial, "grid_voltage") == pytest.approx(230, abs=15)
    assert number(hass, gateway.serial, "grid_voltage_l2") == pytest.approx(4.0)
    grid = state(hass, "sensor", gateway.serial, "grid_power")
    assert grid is not None
    assert grid.state not in (STATE_UNAVAILABLE, STATE_UNKNOWN)
    assert number(hass, gateway.serial, "grid_power") == number(hass, gateway.serial, "grid_power_l1")
    await hass.config_entries.async_unload(entry.entry_id)
