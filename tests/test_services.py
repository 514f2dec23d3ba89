"""Actions on a site as a whole: settings for a time, asking now, and an answer as it came."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
import json
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.energy_site.const import DOMAIN
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
from simulator.house import StorageMode
from simulator.iq_gateway import GatewayServer, HtmlPage, HttpStatus, Reset
from simulator.iq_gateway.faults import Unheeded
from tests.steering import Handle, act, begin, finish, settle, start

TARIFF = "/admin/lib/tariff"
READINGS = "/ivp/meters/readings"
UNPOLLED = ("/ivp/meters/reports/consumption", "/ivp/ensemble/device_list")
RESERVE = ("number", "backup_reserve")
MODE = ("select", "operating_mode")
CHARGE = ("switch", "charge_from_grid")
CONTROLS = (MODE, RESERVE, CHARGE)
HOUR = {"hours": 1}


@pytest.fixture
async def handle(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> AsyncIterator[Handle]:
    """Return the controls of the site."""
    yield Handle(hass, freezer, gateway.serial)
    # A setting that is being restored sleeps, and Home Assistant would wait for it.
    await hass.config_entries.async_unload(entry.entry_id)
    await settle(hass)


async def impose(handle: Handle, **data: Any) -> dict[str, Any]:
    """Set something for a time, and return the answer."""
    answer = await act(handle.hass, handle.freezer, DOMAIN, "set_mode_until", data)
    assert answer is not None
    return dict(answer)


async def refused(handle: Handle, **data: Any) -> HomeAssistantError:
    """Try to set something for a time, and return how that fails."""
    with pytest.raises(HomeAssistantError) as caught:
        await impose(handle, **data)
    return caught.value


def in_force(gateway: GatewayServer) -> tuple[StorageMode, float, bool]:
    """Return mode, reserve and charging from the grid as they govern the battery."""
    assert gateway.house.battery is not None
    settings = gateway.house.battery.settings
    return settings.mode, settings.reserve, settings.charge_from_grid


BEFORE = (StorageMode.SELF_CONSUMPTION, 20.0, False)


def repair(hass: HomeAssistant, entry: MockConfigEntry) -> ir.IssueEntry | None:
    """Return the repair of an override that could not be ended."""
    return ir.async_get(hass).async_get_issue(DOMAIN, f"override_not_restored_{entry.entry_id}")


# -- settings for a time --------------------------------------------------------------


async def test_a_mode_lasts_for_a_time_and_is_restored(handle: Handle, gateway: GatewayServer) -> None:
    until = datetime.now(UTC) + timedelta(hours=1)
    answer = await impose(handle, mode="backup", charge_from_grid=True, duration=HOUR)
    assert answer["before"] == {"operating_mode": "self_consumption", "backup_reserve": 20, "charge_from_grid": False}
    assert datetime.fromisoformat(answer["until"]) == until
    mode, _, charge = in_force(gateway)
    assert (mode, charge) == (StorageMode.BACKUP, True)
    assert handle.attribute("until", *MODE) == until
    assert handle.attribute("until", *CHARGE) == until
    await handle.wait(3480, step=60)
    assert in_force(gateway)[0] is StorageMode.BACKUP
    await handle.wait(180, step=5)
    assert in_force(gateway) == BEFORE
    assert [handle.shown(*control) for control in CONTROLS] == ["self_consumption", "20.0", "off"]


async def test_what_was_restored_is_overridden_no_longer(handle: Handle) -> None:
    await impose(handle, reserve=50, duration=HOUR)
    assert handle.attribute("until", *RESERVE) is not None
    assert handle.attribute("until", *CHARGE) is None
    await handle.wait(3600, step=60)
    await handle.wait(120, step=5)
    assert [handle.attribute("until", *control) for control in CONTROLS] == [None, None, None]


@pytest.mark.parametrize("aware", [True, False])
async def test_a_reserve_lasts_until_an_end(handle: Handle, gateway: GatewayServer, aware: bool) -> None:
    # An end without a zone is meant by the clock on Home Assistant's wall.
    end = dt_util.now() + timedelta(minutes=30)
    answer = await impose(handle, reserve=60, end=end if aware else end.replace(tzinfo=None))
    assert datetime.fromisoformat(answer["until"]) == end
    assert in_force(gateway)[1] == 60
    await handle.wait(1920, step=10)
    assert in_force(gateway) == BEFORE


async def test_a_shown_end_is_optional_to_ask_for(hass: HomeAssistant, handle: Handle, gateway: GatewayServer) -> None:
    call = hass.services.async_call(DOMAIN, "set_mode_until", {"reserve": 60, "duration": HOUR}, blocking=True)
    task = hass.loop.create_task(call)
    assert await finish(hass, handle.freezer, task) is None
    assert in_force(gateway)[1] == 60


async def test_it_is_restored_after_a_restart(
    hass: HomeAssistant, entry: MockConfigEntry, handle: Handle, gateway: GatewayServer
) -> None:
    await impose(handle, mode="savings", reserve=60, duration=HOUR)
    await hass.config_entries.async_unload(entry.entry_id)
    await handle.wait(1200, step=60)
    await start(hass, entry)
    await handle.wait(60, step=10)
    assert in_force(gateway)[:2] == (StorageMode.SAVINGS, 60)
    assert handle.attribute("until", *RESERVE) is not None
    await handle.wait(2460, step=10)
    assert in_force(gateway) == BEFORE


async def test_what_ended_while_it_was_down_is_restored_at_the_start(
    hass: HomeAssistant, entry: MockConfigEntry, handle: Handle, gateway: GatewayServer
) -> None:
    await impose(handle, mode="savings", reserve=60, duration=HOUR)
    await hass.config_entries.async_unload(entry.entry_id)
    await handle.wait(7200, step=600)
    assert in_force(gateway)[:2] == (StorageMode.SAVINGS, 60)
    await start(hass, entry)
    await handle.wait(30)
    assert in_force(gateway) == BEFORE


async def test_what_somebody_changed_meanwhile_stays(handle: Handle, gateway: GatewayServer) -> None:
    await impose(handle, mode="savings", reserve=60, duration=HOUR)
    await handle.wait(600, step=60)
    await handle.set(*RESERVE, value=45)
    await handle.wait(3200, step=20)
    assert in_force(gateway) == (StorageMode.SELF_CONSUMPTION, 45, False)


async def test_a_second_one_ends_with_what_was_before_the_first(handle: Handle, gateway: GatewayServer) -> None:
    await impose(handle, reserve=60, duration=HOUR)
    await handle.wait(600, step=60)
    answer = await impose(handle, mode="savings", duration=HOUR)
    assert answer["before"] == {"operating_mode": "self_consumption", "backup_reserve": 20, "charge_from_grid": False}
    # The first one's end is none any more.
    await handle.wait(3240, step=60)
    assert in_force(gateway)[:2] == (StorageMode.SAVINGS, 60)
    await handle.wait(480, step=10)
    assert in_force(gateway) == BEFORE


async def test_a_second_one_that_fails_leaves_the_first_as_it_was(handle: Handle, gateway: GatewayServer) -> None:
    first = await impose(handle, reserve=60, duration=HOUR)
    fault = gateway.faults.add(HttpStatus(409), TARIFF, methods=["PUT"], count=1)
    error = await refused(handle, mode="savings", duration={"hours": 3})
    assert error.translation_key == "control_refused"
    fault.remove()
    assert in_force(gateway) == (StorageMode.SELF_CONSUMPTION, 60, False)
    assert handle.attribute("until", *RESERVE) == datetime.fromisoformat(first["until"])
    await handle.wait(3720, step=20)
    assert in_force(gateway) == BEFORE


async def test_a_second_one_that_fails_half_way_goes_back_to_the_first(handle: Handle, gateway: GatewayServer) -> None:
    await impose(handle, reserve=60, duration=HOUR)
    error = await refused(handle, mode="savings", reserve=200, duration={"hours": 3})
    assert error.translation_key == "control_out_of_range"
    assert in_force(gateway) == (StorageMode.SELF_CONSUMPTION, 60, False)
    await handle.wait(3720, step=20)
    assert in_force(gateway) == BEFORE


async def test_what_fails_at_the_beginning_is_undone(handle: Handle, gateway: GatewayServer) -> None:
    error = await refused(handle, mode="savings", reserve=200, duration=HOUR)
    assert isinstance(error, ServiceValidationError)
    assert error.translation_key == "control_out_of_range"
    assert error.translation_placeholders == {
        "setting": "Backup reserve",
        "wanted": "200",
        "in_force": "20",
        "minimum": "0",
        "maximum": "100",
    }
    assert in_force(gateway) == BEFORE
    assert [handle.attribute("until", *control) for control in CONTROLS] == [None, None, None]


async def test_what_is_ignored_at_the_beginning_is_told(handle: Handle, gateway: GatewayServer) -> None:
    gateway.faults.add(Unheeded(), TARIFF, methods=["PUT"])
    error = await refused(handle, reserve=60, duration=HOUR)
    assert type(error) is HomeAssistantError
    assert error.translation_key == "control_ignored"
    assert handle.attribute("until", *RESERVE) is None


async def test_a_site_that_fails_at_the_end_is_told_again_until_it_does(
    hass: HomeAssistant, entry: MockConfigEntry, handle: Handle, gateway: GatewayServer
) -> None:
    await impose(handle, mode="savings", duration=HOUR)
    fault = gateway.faults.add(Reset(), TARIFF, methods=["PUT"])
    await handle.wait(3600, step=60)
    await handle.wait(1800, step=10)
    assert fault.hits > 6
    assert in_force(gateway)[0] is StorageMode.SAVINGS
    assert repair(hass, entry) is None
    await handle.wait(2400, step=10)
    raised = repair(hass, entry)
    assert raised is not None
    assert raised.translation_placeholders == {"name": "IQ Gateway"}
    fault.remove()
    await handle.wait(420, step=10)
    assert in_force(gateway) == BEFORE
    assert repair(hass, entry) is None


async def test_an_end_off_the_grid_waits_for_the_grid(handle: Handle, gateway: GatewayServer) -> None:
    await impose(handle, reserve=60, duration={"minutes": 10})
    gateway.house.switches.grid_available = False
    await handle.wait(900, step=10)
    assert in_force(gateway)[1] == 60
    gateway.house.switches.grid_available = True
    await handle.wait(480, step=10)
    assert in_force(gateway) == BEFORE


async def test_unloading_while_it_begins_tells_whoever_waits_and_ends_it_in_time(
    hass: HomeAssistant, entry: MockConfigEntry, handle: Handle, gateway: GatewayServer
) -> None:
    gateway.state.tariff.delay = 20.0
    data = {"reserve": 60, "duration": HOUR}
    task = await begin(hass, DOMAIN, "set_mode_until", data)
    await hass.config_entries.async_unload(entry.entry_id)
    await settle(hass)
    with pytest.raises(HomeAssistantError) as caught:
        await task
    assert caught.value.translation_key == "control_interrupted"
    await start(hass, entry)
    await handle.wait(60, step=5)
    assert in_force(gateway)[1] == 60
    await handle.wait(3720, step=20)
    assert in_force(gateway) == BEFORE


# -- what cannot be meant -------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({"duration": HOUR}, "nothing_to_set"),
        ({"mode": "savings"}, "no_end"),
        ({"mode": "savings", "end": "2026-06-15 01:00:00"}, "end_in_the_past"),
        ({"mode": "savings", "duration": {"seconds": 0}}, "end_in_the_past"),
        ({"mode": "backup", "reserve": 50, "duration": HOUR}, "reserve_in_backup"),
    ],
)
async def test_what_cannot_be_meant_is_told(
    handle: Handle, gateway: GatewayServer, data: dict[str, Any], key: str
) -> None:
    error = await refused(handle, **data)
    assert isinstance(error, ServiceValidationError)
    assert (error.translation_domain, error.translation_key) == (DOMAIN, key)
    assert not gateway.stats.writes


async def test_a_mode_that_the_site_lacks_is_told_with_those_it_has(handle: Handle, gateway: GatewayServer) -> None:
    error = await refused(handle, mode="party", duration=HOUR)
    assert isinstance(error, ServiceValidationError)
    assert error.translation_key == "control_not_an_option"
    assert error.translation_placeholders == {
        "setting": "Operating mode",
        "wanted": "party",
        "in_force": "self_consumption",
        "options": "self_consumption, savings, backup",
    }
    assert not gateway.stats.writes


@pytest.mark.parametrize("preset", ["standard"])
async def test_a_site_without_battery_has_nothing_to_set(handle: Handle) -> None:
    error = await refused(handle, mode="backup", duration=HOUR)
    assert isinstance(error, ServiceValidationError)
    assert error.translation_key == "control_missing"


@pytest.mark.parametrize("service", ["set_mode_until", "refresh", "get_raw"])
async def test_an_entry_that_is_unknown_or_not_loaded_is_told(
    hass: HomeAssistant, entry: MockConfigEntry, handle: Handle, service: str
) -> None:
    needed: dict[str, dict[str, Any]] = {
        "set_mode_until": {"reserve": 5, "duration": HOUR},
        "get_raw": {"endpoint": "/x"},
        "refresh": {},
    }
    data = needed[service]

    async def key(**entry_id: str) -> str | None:
        call = hass.services.async_call(
            DOMAIN, service, {**data, **entry_id}, blocking=True, return_response=service != "refresh"
        )
        with pytest.raises(ServiceValidationError) as caught:
            await call
        return caught.value.translation_key

    assert await key(config_entry_id="nobody") == "service_config_entry_not_found"
    await hass.config_entries.async_unload(entry.entry_id)
    assert await key(config_entry_id=entry.entry_id) == "service_config_entry_not_loaded"
    assert await key() is not None


# -- refresh --------------------------------------------------------------------------


async def refresh(hass: HomeAssistant) -> None:
    """Ask the site for all values now."""
    await hass.services.async_call(DOMAIN, "refresh", {}, blocking=True)


async def test_refresh_asks_what_answers_quickly(hass: HomeAssistant, handle: Handle, gateway: GatewayServer) -> None:
    await handle.wait(60, step=10)
    gateway.stats.reset()
    await refresh(hass)
    asked = set(gateway.stats.requests)
    assert {READINGS, TARIFF, "/ivp/ensemble/secctrl", "/ivp/ensemble/relay", "/ivp/ensemble/inventory"} <= asked
    # These are scripts that keep the gateway from answering for seconds.
    assert asked.isdisjoint({"/home", "/inventory", "/production.json"})


async def test_refresh_shows_what_changed_elsewhere(
    hass: HomeAssistant, handle: Handle, gateway: GatewayServer
) -> None:
    gateway.state.tariff.local.reserve = 70
    gateway.state.tariff.govern()
    await refresh(hass)
    assert float(handle.shown(*RESERVE)) == 70


async def test_refresh_of_a_silent_site_fails(hass: HomeAssistant, handle: Handle, gateway: GatewayServer) -> None:
    gateway.break_connections(600)
    with pytest.raises(HomeAssistantError) as caught:
        await refresh(hass)
    assert not isinstance(caught.value, ServiceValidationError)
    assert caught.value.translation_key == "cannot_connect"


# -- an answer as it came ---------------------------------------------------------------


async def raw(hass: HomeAssistant, endpoint: str, context: Context | None = None) -> dict[str, Any]:
    """Ask for an endpoint's answer."""
    data = {"endpoint": endpoint}
    answer = await hass.services.async_call(
        DOMAIN, "get_raw", data, blocking=True, return_response=True, context=context
    )
    assert answer is not None
    return dict(answer)


@pytest.mark.parametrize("endpoint", [READINGS, TARIFF, "/ivp/ensemble/inventory", "/inventory", "/home", *UNPOLLED])
async def test_an_answer_is_returned_as_it_came_but_for_whose_it_is(
    hass: HomeAssistant, entry: MockConfigEntry, gateway: GatewayServer, endpoint: str
) -> None:
    answer = await raw(hass, endpoint)
    assert answer["status"] == 200
    assert answer["seconds"] >= 0
    text = json.dumps(answer)
    secrets = [gateway.serial, entry.data["token"], "America/Chicago", "Water heater"]
    for secret in (*secrets, *(inverter.serial for inverter in gateway.house.inverters)):
        assert secret not in text
    if endpoint == READINGS:
        assert [meter["eid"] for meter in answer["body"]] == [704643328, 704643584, 704643840]


async def test_only_an_administrator_gets_an_answer(
    hass: HomeAssistant, entry: MockConfigEntry, hass_read_only_user: MockUser, hass_admin_user: MockUser
) -> None:
    with pytest.raises(Unauthorized):
        await raw(hass, READINGS, Context(user_id=hass_read_only_user.id))
    assert (await raw(hass, READINGS, Context(user_id=hass_admin_user.id)))["status"] == 200


@pytest.mark.parametrize("endpoint", ["/installer/agf/index.json", "ivp/meters/readings", "https://example.com", ""])
async def test_other_endpoints_are_refused_with_those_there_are(
    hass: HomeAssistant, entry: MockConfigEntry, gateway: GatewayServer, endpoint: str
) -> None:
    gateway.stats.reset()
    with pytest.raises(ServiceValidationError) as caught:
        await raw(hass, endpoint)
    assert caught.value.translation_key == "unknown_endpoint"
    placeholders = caught.value.translation_placeholders or {}
    assert placeholders["endpoint"] == endpoint
    assert READINGS in placeholders["endpoints"].split(", ")
    assert not gateway.stats.requests


async def test_a_page_in_place_of_an_answer_is_returned_as_text(
    hass: HomeAssistant, entry: MockConfigEntry, gateway: GatewayServer
) -> None:
    gateway.faults.add(HtmlPage(f"<html><b>{gateway.serial}</b></html>"), READINGS)
    answer = await raw(hass, READINGS)
    assert answer["status"] == 200
    assert answer["body"].startswith("<html><b>99")
    assert gateway.serial not in answer["body"]


@pytest.mark.parametrize("status", [404, 401, 503])
async def test_a_complaint_is_an_answer_too(
    hass: HomeAssistant, entry: MockConfigEntry, gateway: GatewayServer, status: int
) -> None:
    gateway.faults.add(HttpStatus(status), READINGS)
    answer = await raw(hass, READINGS)
    assert answer["status"] == status
    assert isinstance(answer["body"], str)


async def test_a_silent_site_gives_no_answer(
    hass: HomeAssistant, entry: MockConfigEntry, gateway: GatewayServer
) -> None:
    gateway.break_connections(600)
    with pytest.raises(HomeAssistantError) as caught:
        await raw(hass, READINGS)
    assert caught.value.translation_key == "cannot_connect"


async def test_a_gateway_is_asked_for_details(
    hass: HomeAssistant, entry: MockConfigEntry, gateway: GatewayServer
) -> None:
    data = {"endpoint": "/production.json", "parameters": {"details": 1}}
    answer = await hass.services.async_call(DOMAIN, "get_raw", data, blocking=True, return_response=True)
    assert answer is not None
    assert answer["status"] == 200
    assert set(entry.runtime_data.adapter.recorded()) == {path.partition("?")[0] for path in gateway.stats.requests} - {
        "/auth/check_jwt"
    }


@pytest.mark.parametrize(
    ("parameters", "key"),
    [({"details": "2"}, "invalid_parameter"), ({"start_date": "2026-01-31"}, "unknown_parameter")],
)
async def test_a_parameter_that_a_gateway_does_not_know_is_not_sent(
    hass: HomeAssistant, entry: MockConfigEntry, gateway: GatewayServer, parameters: dict[str, str], key: str
) -> None:
    gateway.stats.reset()
    data = {"endpoint": READINGS, "parameters": parameters}
    with pytest.raises(ServiceValidationError) as caught:
        await hass.services.async_call(DOMAIN, "get_raw", data, blocking=True, return_response=True)
    assert caught.value.translation_key == key
    assert not gateway.stats.requests
