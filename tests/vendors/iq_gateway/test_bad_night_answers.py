"""What a person sees while the gateway answers late, wrongly or not at all."""

import asyncio
from datetime import timedelta
import logging
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from simulator.enphase_account import AccountServer
from simulator.iq_gateway import (
    Empty,
    ErrorObject,
    Fault,
    GatewayServer,
    Hang,
    HtmlPage,
    HttpStatus,
    Mutate,
    Truncated,
    firmware_bugs,
)
from tests.common import entity_id, gateway_entry, number, pass_time, set_up, state, tick

METERS = "/ivp/meters"
READINGS = "/ivp/meters/readings"
FLOWS = ("solar", "grid", "battery", "load")
COUNTERS = ("solar", "grid_import", "grid_export", "battery_charge", "battery_discharge", "load")


def complaints(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what of ours was logged as a warning or worse."""
    return [
        record.getMessage()
        for record in caplog.records
        if record.name.startswith("custom_components.energy_site") and record.levelno >= logging.WARNING
    ]


def shown(hass: HomeAssistant, gateway: GatewayServer, key: str) -> str:
    """Return what a sensor of the site shows."""
    found = state(hass, "sensor", gateway.serial, key)
    assert found is not None, key
    return found.state


def power_is_true(hass: HomeAssistant, gateway: GatewayServer) -> bool:
    """Tell whether all flows show what flows."""
    return all(
        number(hass, gateway.serial, f"{name}_power") == pytest.approx(getattr(gateway.house.flow, name), abs=2)
        for name in FLOWS
    )


def energy(hass: HomeAssistant, gateway: GatewayServer) -> dict[str, float]:
    """Return what the counters show, in Wh."""
    counted = {key: number(hass, gateway.serial, f"{key}_energy") for key in COUNTERS}
    return {key: value for key, value in counted.items() if value is not None}


def energy_is_true(hass: HomeAssistant, gateway: GatewayServer) -> bool:
    """Tell whether every counter shows what really flowed: to the step in which sensors write."""
    return energy(hass, gateway) == {key: pytest.approx(getattr(gateway.house.truth, key), abs=60) for key in COUNTERS}


async def let_time_pass(hass: HomeAssistant, freezer: FrozenDateTimeFactory, seconds: float) -> None:
    """Let time pass second by second while somebody may wait for an answer that does not come."""
    for _ in range(int(seconds)):
        freezer.tick(timedelta(seconds=1))
        async_fire_time_changed(hass)
        for _ in range(60):
            await asyncio.sleep(0)


# -- late ---------------------------------------------------------------------


async def test_power_goes_on_while_the_slow_page_hangs(
    hass: HomeAssistant,
    gateway: GatewayServer,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    page = gateway.faults.add(Hang(), "/production.json")
    caplog.clear()
    coordinator = entry.runtime_data.poller.coordinators["production_summary"]
    asked = hass.async_create_background_task(coordinator.async_refresh(), "slow page")
    power = entity_id(hass, "sensor", gateway.serial, "solar_power")
    assert power is not None
    oldest = timedelta()
    for _ in range(120):
        await let_time_pass(hass, freezer, 1)
        found = hass.states.get(power)
        assert found is not None
        assert found.state not in (STATE_UNAVAILABLE, STATE_UNKNOWN)
        oldest = max(oldest, dt_util.utcnow() - found.last_reported)
    assert page.hits >= 1
    assert asked.done()
    assert oldest < timedelta(seconds=45)
    assert complaints(caplog) == []
    await tick(hass, freezer, 11)
    assert power_is_true(hass, gateway)


# -- wrong in form ------------------------------------------------------------


@pytest.mark.parametrize(
    "fault", [Truncated(), Truncated(promise_all=True), HtmlPage(), ErrorObject(), Empty()], ids=repr
)
async def test_an_answer_that_is_none_shows_the_last_value_and_then_the_next(
    hass: HomeAssistant,
    gateway: GatewayServer,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
    fault: Fault,
) -> None:
    await tick(hass, freezer, 11)
    before = {name: shown(hass, gateway, f"{name}_power") for name in FLOWS} | energy(hass, gateway)
    caplog.clear()
    active = gateway.faults.add(fault, READINGS, count=1)
    await tick(hass, freezer, 11)
    assert active.hits == 1
    assert {name: shown(hass, gateway, f"{name}_power") for name in FLOWS} | energy(hass, gateway) == before
    await tick(hass, freezer, 11)
    assert {name: shown(hass, gateway, f"{name}_power") for name in FLOWS} != before
    assert power_is_true(hass, gateway)
    assert complaints(caplog) == []


async def test_power_goes_on_while_the_gateway_denies_that_it_has_meters(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    active = gateway.faults.add(Empty(), METERS, count=2)
    await pass_time(hass, freezer, 1200, step=30)
    assert active.hits == 2
    assert power_is_true(hass, gateway)
    assert energy_is_true(hass, gateway)
    assert number(hass, gateway.serial, "grid_import_energy") is not None


async def test_a_check_that_refuses_a_fresh_token_is_seen_by_nobody(
    hass: HomeAssistant,
    gateway: GatewayServer,
    account: AccountServer,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    entry = gateway_entry(gateway, data={"username": "owner@example.com", "password": "right"})
    gateway.faults.add(HttpStatus(401), "/auth/check_jwt")
    await set_up(hass, entry)
    for _ in range(4):
        gateway.close_sessions()
        await pass_time(hass, freezer, 600, step=30)
        assert power_is_true(hass, gateway)
    assert hass.config_entries.flow.async_progress() == []
    assert account.logins == 0
    assert complaints(caplog) == []
    await hass.config_entries.async_unload(entry.entry_id)


async def test_two_factors_that_were_switched_on_later_ask_to_sign_in_once(
    hass: HomeAssistant, gateway: GatewayServer, account: AccountServer, freezer: FrozenDateTimeFactory
) -> None:
    account.add_account("safe@example.com", "right", two_factor=True)
    entry = gateway_entry(gateway, data={"username": "safe@example.com", "password": "right"})
    await set_up(hass, entry)
    gateway.revoke_tokens()
    await pass_time(hass, freezer, 2 * 3600, step=60)
    assert len(hass.config_entries.flow.async_progress()) == 1
    assert account.requests["/login/login.json"] == 1
    assert shown(hass, gateway, "solar_power") == STATE_UNAVAILABLE
    await hass.config_entries.async_unload(entry.entry_id)


# -- wrong in what they say ---------------------------------------------------


async def test_a_disabled_meter_with_garbage_is_shown_nowhere(
    hass: HomeAssistant, gateway: GatewayServer, freezer: FrozenDateTimeFactory
) -> None:
    gateway.faults.add(firmware_bugs.disabled_ct_garbage())
    gateway.faults.add(firmware_bugs.disabled_ct_listed())
    gateway.faults.add(firmware_bugs.unknown_eid())
    entry = gateway_entry(gateway)
    await set_up(hass, entry)
    await pass_time(hass, freezer, 60)
    assert power_is_true(hass, gateway)
    assert energy_is_true(hass, gateway)
    for key in ("ev_charger_meter_power", "ev_charger_meter_delivered", "ev_charger_meter_status"):
        assert state(hass, "sensor", gateway.serial, key) is None
    await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.parametrize("channel", [0, 1])
async def test_a_storage_meter_that_loses_a_phase_never_shows_half_the_power(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory, channel: int
) -> None:
    # In the evening, when the house lives on its battery.
    await tick(hass, freezer, 10 * 3600)
    await tick(hass, freezer, 11)
    full = number(hass, gateway.serial, "battery_power")
    assert full is not None
    assert full > 300
    load = number(hass, gateway.serial, "load_power")
    before = energy(hass, gateway)
    fault = gateway.faults.add(firmware_bugs.storage_channel_zero(channel), READINGS)
    await tick(hass, freezer, 11)
    assert fault.hits == 1
    assert number(hass, gateway.serial, "battery_power") == full
    assert number(hass, gateway.serial, "load_power") == pytest.approx(load, rel=0.2)
    assert int(shown(hass, gateway, "rejected_samples")) == 1
    assert energy(hass, gateway).items() >= {"battery_discharge": before["battery_discharge"]}.items()
    fault.remove()
    await tick(hass, freezer, 61)
    assert power_is_true(hass, gateway)
    assert energy_is_true(hass, gateway)


@pytest.mark.parametrize(
    "watt_hours",
    [pytest.param(2.0**32 - 5, id="just below 2^32"), pytest.param(2.0**32 + 7, id="just above 2^32")],
)
async def test_a_counter_that_wraps_shows_no_energy_that_never_was(
    hass: HomeAssistant,
    gateway: GatewayServer,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    watt_hours: float,
) -> None:
    def wrap(rows: Any) -> None:
        for row in rows:
            row["actEnergyDlvd"] = row["actEnergyRcvd"] = watt_hours

    before = energy(hass, gateway)
    fault = gateway.faults.add(Mutate(wrap), READINGS)
    await pass_time(hass, freezer, 1800, step=60)
    assert energy(hass, gateway) == before
    assert int(shown(hass, gateway, "rejected_samples")) > 0
    fault.remove()
    await tick(hass, freezer, 61)
    assert energy_is_true(hass, gateway)


@pytest.mark.parametrize("preset", ["standard"])
async def test_a_sum_of_today_that_wraps_shows_no_energy_of_a_power_station(
    hass: HomeAssistant, gateway: GatewayServer, freezer: FrozenDateTimeFactory
) -> None:
    gateway.faults.add(firmware_bugs.daily_wrap())
    entry = gateway_entry(gateway)
    await set_up(hass, entry)
    gateway.advance()
    made = gateway.house.truth.solar
    for _ in range(6):
        await tick(hass, freezer, 301)
        today = number(hass, gateway.serial, "solar_energy_today")
        assert today is None or today <= gateway.house.truth.solar - made + 500
    assert number(hass, gateway.serial, "solar_energy") == pytest.approx(gateway.house.truth.solar, abs=1500)
    await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.parametrize("lost", [3.0, 5_000.0], ids=["a few Wh", "some kWh"])
async def test_counters_that_dip_stand_still_and_then_show_what_flowed_meanwhile(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory, lost: float
) -> None:
    seen = [energy(hass, gateway)]
    fault = gateway.faults.add(firmware_bugs.lifetime_dip(lost), READINGS)
    for _ in range(10):
        await tick(hass, freezer, 61)
        seen.append(energy(hass, gateway))
    fault.remove()
    await tick(hass, freezer, 61)
    seen.append(energy(hass, gateway))
    for key in COUNTERS:
        shown_in_turn = [values[key] for values in seen]
        assert shown_in_turn == sorted(shown_in_turn)
    assert energy_is_true(hass, gateway)
    assert (shown(hass, gateway, "rejected_samples") == "0") is (lost < 25)


async def test_a_battery_whose_temperature_is_unknown_shows_its_level_all_the_same(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    battery = gateway.state.battery_serial(0)
    assert number(hass, gateway.serial, battery, "temperature") is not None
    gateway.faults.add(firmware_bugs.temperature_unknown())
    await pass_time(hass, freezer, 1800, step=60)
    found = state(hass, "sensor", gateway.serial, battery, "temperature")
    assert found is not None
    assert found.state in (STATE_UNKNOWN, STATE_UNAVAILABLE)
    assert number(hass, gateway.serial, battery, "level") is not None
    connected = state(hass, "binary_sensor", gateway.serial, battery, "connected")
    assert connected is not None
    assert connected.state == "on"


@pytest.mark.parametrize("inside", [False, True], ids=["no list", "lists of nothing"])
async def test_batteries_that_are_not_listed_for_some_minutes_stay_with_their_level(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory, inside: bool
) -> None:
    def clear(groups: Any) -> None:
        for group in groups:
            group["devices"] = []

    battery = gateway.state.battery_serial(0)
    fault = gateway.faults.add(Mutate(clear) if inside else Empty(), "/ivp/ensemble/inventory")
    await pass_time(hass, freezer, 2400, step=60)
    assert fault.hits >= 1
    assert number(hass, gateway.serial, battery, "level") is not None
    assert number(hass, gateway.serial, "battery_level") == pytest.approx(gateway.house.battery_level, abs=1.5)
    assert power_is_true(hass, gateway)
    fault.remove()
    await pass_time(hass, freezer, 1800, step=60)
    assert number(hass, gateway.serial, battery, "temperature") is not None
