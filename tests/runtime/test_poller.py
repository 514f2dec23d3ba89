"""What a site shows while time passes and things go wrong."""

from datetime import timedelta
import logging
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.const import DOMAIN
from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
from simulator.enphase_account import AccountServer
from simulator.iq_gateway import (
    ErrorObject,
    Fault,
    GatewayServer,
    HtmlPage,
    HttpStatus,
    Measurement,
    Mutate,
    Reset,
    Truncated,
    firmware_bugs,
    wiring,
)
from tests.common import entity_id, gateway_entry, number, pass_time, set_up, state, tick

READINGS = "/ivp/meters/readings"


def log_lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what was logged of ours, from information upwards."""
    return [
        record.getMessage()
        for record in caplog.records
        if record.name.startswith("custom_components.energy_site") and record.levelno >= logging.INFO
    ]


def shown(hass: HomeAssistant, gateway: GatewayServer, key: str) -> str:
    """Return what a sensor of the site shows."""
    found = state(hass, "sensor", gateway.serial, key)
    assert found is not None, key
    return found.state


async def test_power_follows_the_house(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    for _ in range(3):
        await tick(hass, freezer, 11)
        for name in ("solar", "grid", "battery", "load"):
            assert number(hass, gateway.serial, f"{name}_power") == pytest.approx(
                getattr(gateway.house.flow, name), abs=2
            )


async def test_import_and_export_are_never_negative(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    for watts, imported, exported in ((1500.0, 1500.0, 0.0), (-700.0, 0.0, 700.0)):

        def set_grid(payload: list[dict[str, Any]], watts: float = watts) -> None:
            whole, first, second, *_ = wiring.rows_of(payload, Measurement.NET_CONSUMPTION)
            for row, power in ((whole, watts), (first, watts - 300.0), (second, 300.0)):
                row.update(activePower=power, instantaneousDemand=power, apparentPower=abs(power))

        fault = gateway.faults.add(Mutate(set_grid), READINGS)
        await tick(hass, freezer, 11)
        assert number(hass, gateway.serial, "grid_import_power") == imported
        assert number(hass, gateway.serial, "grid_export_power") == exported
        fault.remove()


async def test_last_good_values_stand_for_three_intervals_then_are_unavailable(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    gateway.faults.add(HttpStatus(503), READINGS)
    before = shown(hass, gateway, "solar_power")
    await pass_time(hass, freezer, 20)
    assert shown(hass, gateway, "solar_power") == before
    await pass_time(hass, freezer, 30)
    assert shown(hass, gateway, "solar_power") == STATE_UNAVAILABLE
    gateway.faults.clear()
    await pass_time(hass, freezer, 60)
    assert number(hass, gateway.serial, "solar_power") == pytest.approx(gateway.house.flow.solar, abs=2)


async def test_one_failing_endpoint_costs_only_its_own_values(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    gateway.faults.add(HttpStatus(500), "/ivp/ensemble/secctrl")
    await pass_time(hass, freezer, 600, step=30)
    assert shown(hass, gateway, "battery_available_energy") == STATE_UNAVAILABLE
    for key in ("solar_power", "grid_power", "battery_power", "load_power", "solar_energy", "battery_level"):
        assert shown(hass, gateway, key) not in (STATE_UNAVAILABLE, STATE_UNKNOWN), key


@pytest.mark.parametrize(
    "fault", [HttpStatus(502), Reset(), HtmlPage(), Truncated(), Truncated(promise_all=True), ErrorObject()]
)
async def test_any_kind_of_failure_is_logged_once_when_it_breaks_and_once_when_it_heals(
    hass: HomeAssistant,
    gateway: GatewayServer,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
    fault: Fault,
) -> None:
    caplog.clear()
    gateway.faults.add(fault, "/ivp/ensemble/relay")
    await pass_time(hass, freezer, 600, step=30)
    assert len(log_lines(caplog)) == 1
    assert "relay" in log_lines(caplog)[0]
    gateway.faults.clear()
    await pass_time(hass, freezer, 120, step=30)
    assert len(log_lines(caplog)) == 2


async def test_a_silent_gateway_is_logged_once_and_asked_by_one_feed_only(
    hass: HomeAssistant,
    gateway: GatewayServer,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.clear()
    gateway.break_connections(600)
    gateway.stats.reset()
    await pass_time(hass, freezer, 590)
    assert log_lines(caplog) == ["IQ Gateway is not responding: ServerDisconnectedError"]
    assert set(gateway.stats.requests) <= {READINGS, "/info", "/ivp/ensemble/relay", "/ivp/ensemble/secctrl"}
    assert shown(hass, gateway, "battery_available_energy") == STATE_UNAVAILABLE
    assert shown(hass, gateway, "solar_energy") == STATE_UNAVAILABLE
    await pass_time(hass, freezer, 120)
    assert log_lines(caplog)[1:] == ["IQ Gateway is responding again"]
    for key in ("solar_power", "battery_level", "solar_energy"):
        assert shown(hass, gateway, key) not in (STATE_UNAVAILABLE, STATE_UNKNOWN), key


async def test_the_nightly_restart_is_no_alarm(
    hass: HomeAssistant,
    gateway: GatewayServer,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    # 22:57 in Austin, where the house stands.
    freezer.move_to("2026-06-16 03:56:00+00:00")
    await tick(hass, freezer, 1)
    await tick(hass, freezer, 30)
    before = number(hass, gateway.serial, "load_energy")
    caplog.clear()
    gateway.break_connections(10 * 60)
    await pass_time(hass, freezer, 9 * 60)
    assert shown(hass, gateway, "solar_power") == STATE_UNAVAILABLE
    await pass_time(hass, freezer, 3 * 60)
    assert log_lines(caplog) == []
    assert number(hass, gateway.serial, "solar_power") is not None
    after = number(hass, gateway.serial, "load_energy")
    assert before is not None
    assert after is not None
    assert 0 <= after - before < 2000


async def test_zeros_after_a_restart_make_no_phantom_energy(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    before = {key: number(hass, gateway.serial, key) for key in ("solar_energy", "grid_import_energy", "load_energy")}
    gateway.reboot(30, blank_polls=5)
    for _ in range(20):
        await tick(hass, freezer, 10)
        for key, value in before.items():
            now = number(hass, gateway.serial, key)
            assert value is not None
            assert now is None or value <= now < value + 500, key


async def test_a_refused_sample_is_counted(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    assert shown(hass, gateway, "rejected_samples") == "0"
    gateway.faults.add(firmware_bugs.lifetime_zero(), READINGS, count=2)
    await pass_time(hass, freezer, 40)
    assert int(shown(hass, gateway, "rejected_samples")) > 0


async def test_the_grids_loss_shows_within_one_look_at_the_meters(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    await pass_time(hass, freezer, 300)
    gateway.house.switches.grid_available = False
    await pass_time(hass, freezer, 70)
    found = state(hass, "binary_sensor", gateway.serial, "grid_connected")
    assert found is not None
    assert found.state == "off"
    assert shown(hass, gateway, "grid_state") == "off_grid"


async def test_todays_energy_starts_at_the_sites_own_midnight(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    today = number(hass, gateway.serial, "solar_energy_today")
    assert today is not None
    # Midnight in Austin is 05:00 UTC in summer.
    freezer.move_to("2026-06-16 04:58:00+00:00")
    await pass_time(hass, freezer, 100, step=20)
    assert number(hass, gateway.serial, "load_energy_today") != 0
    await pass_time(hass, freezer, 60, step=20)
    load = number(hass, gateway.serial, "load_energy_today")
    assert load is not None
    assert load < 200
    assert number(hass, gateway.serial, "solar_energy_today") == 0


async def test_a_token_that_ends_is_renewed_once(
    hass: HomeAssistant, gateway: GatewayServer, account: AccountServer, freezer: FrozenDateTimeFactory
) -> None:
    entry = gateway_entry(gateway, data={"username": "owner@example.com", "password": "right"})
    await set_up(hass, entry)
    gateway.revoke_tokens()
    await pass_time(hass, freezer, 60)
    assert account.logins == 1
    assert number(hass, gateway.serial, "solar_power") == pytest.approx(gateway.house.flow.solar, abs=2)
    await hass.config_entries.async_unload(entry.entry_id)


async def test_a_token_that_ends_without_a_password_asks_to_sign_in_once(
    hass: HomeAssistant,
    gateway: GatewayServer,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.clear()
    gateway.revoke_tokens()
    gateway.stats.reset()
    await pass_time(hass, freezer, 3600, step=30)
    [flow] = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == SOURCE_REAUTH
    assert len(log_lines(caplog)) == 1
    assert gateway.stats.total < 40
    assert shown(hass, gateway, "solar_power") == STATE_UNAVAILABLE


async def test_a_refusal_that_was_a_mood_of_the_gateway_ends_the_request_to_sign_in(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    for path in ("/auth/check_jwt", *gateway.stats.requests):
        if path != "/info":
            gateway.faults.add(HttpStatus(401), path)
    await pass_time(hass, freezer, 60)
    assert len(hass.config_entries.flow.async_progress()) == 1
    gateway.faults.clear()
    await pass_time(hass, freezer, 1200, step=60)
    assert hass.config_entries.flow.async_progress() == []
    assert number(hass, gateway.serial, "solar_power") is not None


async def test_an_endpoint_for_others_is_not_asked_again_today(
    hass: HomeAssistant, gateway: GatewayServer, freezer: FrozenDateTimeFactory
) -> None:
    gateway.faults.add(HttpStatus(401), "/ivp/pdm/device_data")
    entry = gateway_entry(gateway)
    await set_up(hass, entry)
    gateway.stats.reset()
    await pass_time(hass, freezer, 3600, step=60)
    assert gateway.stats.requests["/ivp/pdm/device_data"] == 0
    assert hass.config_entries.flow.async_progress() == []
    await hass.config_entries.async_unload(entry.entry_id)


async def test_a_new_firmware_is_asked_for_what_the_old_one_lacked(
    hass: HomeAssistant, gateway: GatewayServer, freezer: FrozenDateTimeFactory
) -> None:
    fault = gateway.faults.add(HttpStatus(404), "/ivp/pdm/device_data")
    entry = gateway_entry(gateway)
    await set_up(hass, entry)
    inverter = gateway.house.inverters[0].serial
    assert entity_id(hass, "sensor", gateway.serial, inverter, "dc_voltage") is None
    fault.remove()
    gateway.set_firmware("D8.3.9999")
    await tick(hass, freezer, 3601)
    await tick(hass, freezer, 30)
    assert entity_id(hass, "sensor", gateway.serial, inverter, "dc_voltage") is not None
    hub = dr.async_get(hass).async_get_device_by_identifier((DOMAIN, gateway.serial), entry.entry_id)
    assert hub is not None
    assert hub.sw_version == "D8.3.9999"
    await hass.config_entries.async_unload(entry.entry_id)


async def test_a_firmware_that_cannot_be_read_is_asked_for_again_an_hour_later(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    gateway.faults.add(HttpStatus(503), "/info", count=1)
    gateway.set_firmware("D8.3.9999")
    await tick(hass, freezer, 3601)
    assert entry.runtime_data.source.device.firmware != "D8.3.9999"
    await tick(hass, freezer, 3601)
    assert entry.runtime_data.source.device.firmware == "D8.3.9999"


async def test_values_can_be_asked_for_now(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    await async_setup_component(hass, "homeassistant", {})
    gateway.stats.reset()
    await hass.services.async_call(
        "homeassistant",
        "update_entity",
        {"entity_id": entity_id(hass, "sensor", gateway.serial, "battery_level")},
        blocking=True,
    )
    await hass.async_block_till_done(wait_background_tasks=True)
    assert gateway.stats.requests["/ivp/ensemble/secctrl"] == 1


async def test_counters_are_not_written_for_every_watt_hour(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    await tick(hass, freezer, 61)
    energy = entity_id(hass, "sensor", gateway.serial, "load_energy")
    assert energy is not None
    written = 0
    before = hass.states.get(energy)
    for _ in range(30):
        await tick(hass, freezer, 10)
        after = hass.states.get(energy)
        written += after is not before
        before = after
    assert 4 <= written <= 12


async def test_a_power_that_repeats_is_reported_again(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    power = entity_id(hass, "sensor", gateway.serial, "battery_charge_power")
    assert power is not None

    def still(payload: list[dict[str, Any]]) -> None:
        for row in wiring.rows_of(payload, Measurement.STORAGE):
            row.update(activePower=0.0, instantaneousDemand=0.0)

    gateway.faults.add(Mutate(still), READINGS)
    await tick(hass, freezer, 11)
    first = hass.states.get(power)
    await tick(hass, freezer, 11)
    second = hass.states.get(power)
    assert first is not None
    assert second is not None
    assert first.state == second.state
    assert second.last_changed == first.last_changed
    assert second.last_reported - first.last_changed >= timedelta(seconds=10)
