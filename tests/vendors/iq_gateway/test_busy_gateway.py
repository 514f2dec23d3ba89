"""What an owner sees while the gateway answers that it is busy, whatever it is asked."""

import logging

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.const import DOMAIN
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from simulator.iq_gateway import Fault, GatewayServer, HttpStatus, Reset
from tests.common import number, pass_time, set_up_through_flow, state

FLOWS = ("solar", "grid", "battery", "load")
READINGS = "/ivp/meters/readings"


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what was logged of ours, from information upwards."""
    return [
        record.getMessage()
        for record in caplog.records
        if record.name.startswith("custom_components.energy_site") and record.levelno >= logging.INFO
    ]


def power_is_true(hass: HomeAssistant, gateway: GatewayServer) -> bool:
    """Tell whether all flows show what flows."""
    return all(
        number(hass, gateway.serial, f"{name}_power") == pytest.approx(getattr(gateway.house.flow, name), abs=2)
        for name in FLOWS
    )


async def owned(hass: HomeAssistant, gateway: GatewayServer) -> ConfigEntry[object]:
    """Set the gateway up as a person does."""
    await set_up_through_flow(hass, gateway.host, gateway.token())
    [entry] = hass.config_entries.async_entries(DOMAIN)
    return entry


def make_busy(gateway: GatewayServer, fault: Fault, *healthy: str) -> None:
    """Let everything but `/info` and some endpoints fail."""
    paths = {feed for feed in gateway.stats.requests if feed not in ("/info", *healthy)}
    gateway.faults.add(fault, [*paths, "/auth/check_jwt"])


async def unload(hass: HomeAssistant, entry: ConfigEntry[object]) -> None:
    """Unload the entry, and wait for what that brings."""
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


@pytest.mark.parametrize("fault", [HttpStatus(503), HttpStatus(429), HttpStatus(500, as_json=True)], ids=repr)
async def test_a_gateway_that_is_busy_for_everything_is_one_line_and_power_is_back_in_two_intervals(
    hass: HomeAssistant,
    gateway: GatewayServer,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
    fault: Fault,
) -> None:
    entry = await owned(hass, gateway)
    caplog.clear()
    make_busy(gateway, fault)
    await pass_time(hass, freezer, 600, step=10)
    assert len(lines(caplog)) == 1
    power = state(hass, "sensor", gateway.serial, "solar_power")
    assert power is not None
    assert power.state == STATE_UNAVAILABLE
    gateway.stats.reset()
    await pass_time(hass, freezer, 300, step=10)
    # That is less than it is asked while it is well.
    assert gateway.stats.total <= 65
    gateway.faults.clear()
    await pass_time(hass, freezer, 20)
    assert power_is_true(hass, gateway)
    assert number(hass, gateway.serial, "battery_level") is not None
    assert lines(caplog)[1:] == ["IQ Gateway 5678 is responding again"]
    await unload(hass, entry)


async def test_a_gateway_that_cuts_everything_off_but_its_identity_is_one_line_and_heals(
    hass: HomeAssistant,
    gateway: GatewayServer,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    entry = await owned(hass, gateway)
    caplog.clear()
    make_busy(gateway, Reset())
    await pass_time(hass, freezer, 600, step=20)
    assert len(lines(caplog)) == 1
    gateway.faults.clear()
    await pass_time(hass, freezer, 80)
    assert power_is_true(hass, gateway)
    assert len(lines(caplog)) == 2
    await unload(hass, entry)


@pytest.mark.parametrize("minutes", [3, 20])
async def test_after_a_power_cut_that_both_boot_from_power_is_back_in_two_intervals(
    hass: HomeAssistant,
    gateway: GatewayServer,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
    minutes: int,
) -> None:
    entry = await owned(hass, gateway)
    await unload(hass, entry)
    make_busy(gateway, HttpStatus(503))
    caplog.clear()
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.state is ConfigEntryState.LOADED
    await pass_time(hass, freezer, minutes * 60, step=10)
    assert lines(caplog) == ["IQ Gateway 5678 is busy: it responds to everything with status 503"]
    gateway.faults.clear()
    await pass_time(hass, freezer, 20)
    assert power_is_true(hass, gateway)
    assert len(lines(caplog)) == 2
    await unload(hass, entry)


async def test_meters_whose_set_up_does_not_answer_at_the_start_are_understood_by_what_was_known(
    hass: HomeAssistant, gateway: GatewayServer, freezer: FrozenDateTimeFactory
) -> None:
    entry = await owned(hass, gateway)
    await unload(hass, entry)
    gateway.faults.add(HttpStatus(503), "/ivp/meters")
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    await pass_time(hass, freezer, 20)
    assert power_is_true(hass, gateway)
    await unload(hass, entry)


async def test_a_gateway_that_is_busy_at_its_first_set_up_shows_everything_once_it_is_well(
    hass: HomeAssistant, gateway: GatewayServer, freezer: FrozenDateTimeFactory
) -> None:
    entry = await owned(hass, gateway)
    await unload(hass, entry)
    await hass.config_entries.async_remove(entry.entry_id)
    make_busy(gateway, HttpStatus(503))
    gateway.faults.add(HttpStatus(404), "/auth/check_jwt")
    again = MockConfigEntry(domain=DOMAIN, title="IQ Gateway 5678", unique_id=gateway.serial, data={**entry.data})
    again.add_to_hass(hass)
    await hass.config_entries.async_setup(again.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    await pass_time(hass, freezer, 300)
    gateway.faults.clear()
    await pass_time(hass, freezer, 40)
    assert power_is_true(hass, gateway)
    await unload(hass, again)


async def test_meters_that_are_busy_alone_cost_nothing_else(
    hass: HomeAssistant, gateway: GatewayServer, freezer: FrozenDateTimeFactory
) -> None:
    entry = await owned(hass, gateway)
    gateway.faults.add(HttpStatus(503), ["/ivp/meters", READINGS])
    await pass_time(hass, freezer, 1200, step=30)
    for key in ("battery_level", "battery_available_energy", "solar_energy"):
        found = state(hass, "sensor", gateway.serial, key)
        assert found is not None
        assert found.state != STATE_UNAVAILABLE or key == "solar_energy", key
    await unload(hass, entry)


async def test_one_endpoint_that_is_well_again_ends_what_was_taken_for_the_whole_gateway(
    hass: HomeAssistant, gateway: GatewayServer, freezer: FrozenDateTimeFactory
) -> None:
    entry = await owned(hass, gateway)
    make_busy(gateway, HttpStatus(503))
    await pass_time(hass, freezer, 300)
    gateway.faults.clear()
    gateway.faults.add(HttpStatus(503), READINGS)
    await pass_time(hass, freezer, 120)
    assert number(hass, gateway.serial, "battery_level") is not None
    await unload(hass, entry)
