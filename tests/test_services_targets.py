"""Actions on what the editor targets: a site, its devices and entities, an area, or several sites."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.energy_site.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import area_registry as ar, device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
from simulator.house import House
from simulator.iq_gateway import GatewayServer, HttpStatus
from simulator.presets import PRESETS

from .common import entity_id, gateway_entry, set_up
from .houses import FrozenClock
from .steering import act, settle

HOUR = {"hours": 1}
READINGS = "/ivp/meters/readings"
TARIFF = "/admin/lib/tariff"


@pytest.fixture
async def cabin(gateway: GatewayServer) -> AsyncIterator[GatewayServer]:
    """Serve a second house."""
    made = PRESETS["home"]()
    config = replace(made.gateway, serial="482512000909")
    clock = FrozenClock()
    async with GatewayServer(House(made.house, start=clock.now()), config, clock=clock) as server:
        yield server


@pytest.fixture
async def both(
    hass: HomeAssistant, entry: MockConfigEntry, cabin: GatewayServer
) -> AsyncIterator[tuple[MockConfigEntry, MockConfigEntry]]:
    """Return the entries of both houses."""
    second = gateway_entry(cabin)
    await set_up(hass, second)
    yield entry, second
    for each in (entry, second):
        await hass.config_entries.async_unload(each.entry_id)
    await settle(hass)


def hub(hass: HomeAssistant, server: GatewayServer, entry: MockConfigEntry) -> str:
    """Return the device of a site."""
    found = dr.async_get(hass).async_get_device_by_identifier((DOMAIN, server.serial), entry.entry_id)
    assert found is not None
    return found.id


async def impose(hass: HomeAssistant, freezer: FrozenDateTimeFactory, **target: Any) -> dict[str, Any]:
    """Raise the reserve of what is targeted for an hour, and return the answer."""
    answer = await act(hass, freezer, DOMAIN, "set_mode_until", {"reserve": 60, "duration": HOUR, **target})
    assert answer is not None
    return dict(answer)


def reserves(*servers: GatewayServer) -> list[float]:
    """Return the reserves in force."""
    batteries = [server.house.battery for server in servers]
    return [battery.settings.reserve for battery in batteries if battery is not None]


async def test_a_device_means_its_site(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    gateway: GatewayServer,
    cabin: GatewayServer,
    both: tuple[MockConfigEntry, MockConfigEntry],
) -> None:
    answer = await impose(hass, freezer, device_id=hub(hass, cabin, both[1]))
    assert answer["before"]["backup_reserve"] == 20
    assert reserves(gateway, cabin) == [20, 60]


async def test_an_entity_means_its_site_also_one_of_another_device(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    gateway: GatewayServer,
    cabin: GatewayServer,
    both: tuple[MockConfigEntry, MockConfigEntry],
) -> None:
    inverter = entity_id(hass, "sensor", cabin.serial, cabin.house.inverters[0].serial, "power")
    await impose(hass, freezer, entity_id=inverter)
    assert reserves(gateway, cabin) == [20, 60]


async def test_an_area_may_contain_several_sites_and_more(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    gateway: GatewayServer,
    cabin: GatewayServer,
    both: tuple[MockConfigEntry, MockConfigEntry],
) -> None:
    area = ar.async_get(hass).async_create("Everywhere")
    for server, entry in zip((gateway, cabin), both, strict=True):
        dr.async_get(hass).async_update_device(hub(hass, server, entry), area_id=area.id)
    er.async_get(hass).async_get_or_create("light", "other", "lamp")
    er.async_get(hass).async_update_entity("light.other_lamp", area_id=area.id)
    answer = await impose(hass, freezer, area_id=area.id)
    assert answer.keys() == {entry.entry_id for entry in both}
    assert all(each["before"]["backup_reserve"] == 20 for each in answer.values())
    assert reserves(gateway, cabin) == [60, 60]


async def test_an_entry_is_named_as_before(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    gateway: GatewayServer,
    cabin: GatewayServer,
    both: tuple[MockConfigEntry, MockConfigEntry],
) -> None:
    await impose(hass, freezer, config_entry_id=both[1].entry_id)
    assert reserves(gateway, cabin) == [20, 60]


async def test_one_that_fails_does_not_keep_the_others_from_it(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    gateway: GatewayServer,
    cabin: GatewayServer,
    both: tuple[MockConfigEntry, MockConfigEntry],
) -> None:
    gateway.faults.add(HttpStatus(409), TARIFF, methods=["PUT"])
    devices = [hub(hass, server, entry) for server, entry in zip((gateway, cabin), both, strict=True)]
    with pytest.raises(HomeAssistantError) as caught:
        await impose(hass, freezer, device_id=devices)
    assert caught.value.translation_key == "control_refused"
    assert reserves(gateway, cabin) == [20, 60]


async def test_all_sites_are_refreshed(
    hass: HomeAssistant,
    gateway: GatewayServer,
    cabin: GatewayServer,
    both: tuple[MockConfigEntry, MockConfigEntry],
) -> None:
    gateway.stats.reset()
    cabin.stats.reset()
    await hass.services.async_call(DOMAIN, "refresh", {"entity_id": "all"}, blocking=True)
    assert READINGS in gateway.stats.requests
    assert READINGS in cabin.stats.requests


async def test_only_sites_that_can_are_asked(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, gateway: GatewayServer, entry: MockConfigEntry
) -> None:
    made = PRESETS["standard"]()
    clock = FrozenClock()
    config = replace(made.gateway, serial="482512000808")
    async with GatewayServer(House(made.house, start=clock.now()), config, clock=clock) as server:
        without_battery = gateway_entry(server)
        await set_up(hass, without_battery)
        devices = [hub(hass, gateway, entry), hub(hass, server, without_battery)]
        answer = await impose(hass, freezer, device_id=devices)
        assert answer["before"]["backup_reserve"] == 20
        with pytest.raises(ServiceValidationError) as caught:
            await impose(hass, freezer, device_id=devices[1])
        assert caught.value.translation_key == "control_missing"
        await hass.config_entries.async_unload(without_battery.entry_id)
        await settle(hass)


@pytest.mark.parametrize("target", [{"entity_id": "light.lamp"}, {"entity_id": "none"}, {"area_id": "nowhere"}])
@pytest.mark.parametrize("service", ["set_mode_until", "refresh", "get_raw", "cancel_import"])
async def test_a_target_without_a_site_is_told(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, service: str, target: dict[str, Any]
) -> None:
    needed: dict[str, dict[str, Any]] = {
        "set_mode_until": {"reserve": 5, "duration": HOUR},
        "get_raw": {"endpoint": READINGS},
    }
    data = needed.get(service, {})
    gateway.stats.reset()
    with pytest.raises(ServiceValidationError) as caught:
        await hass.services.async_call(
            DOMAIN, service, {**data, **target}, blocking=True, return_response=service == "get_raw"
        )
    assert caught.value.translation_key == "no_site_in_target"
    assert not gateway.stats.requests


async def test_a_target_that_is_not_loaded_is_told(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry
) -> None:
    device = hub(hass, gateway, entry)
    await hass.config_entries.async_unload(entry.entry_id)
    with pytest.raises(ServiceValidationError) as caught:
        await hass.services.async_call(DOMAIN, "refresh", {"device_id": device}, blocking=True)
    assert caught.value.translation_key == "service_config_entry_not_loaded"


async def test_without_a_target_one_of_several_sites_is_not_guessed(
    hass: HomeAssistant, gateway: GatewayServer, both: tuple[MockConfigEntry, MockConfigEntry]
) -> None:
    await hass.config_entries.async_unload(both[1].entry_id)
    gateway.stats.reset()
    with pytest.raises(ServiceValidationError):
        await hass.services.async_call(DOMAIN, "refresh", {}, blocking=True)
    assert not gateway.stats.requests


@pytest.mark.parametrize("kind", ["services", "triggers", "conditions"])
async def test_the_editor_offers_ours_by_target(
    hass: HomeAssistant,
    gateway: GatewayServer,
    entry: MockConfigEntry,
    hass_ws_client: WebSocketGenerator,
    kind: str,
) -> None:
    for domain in ("automation", "websocket_api"):
        assert await async_setup_component(hass, domain, {})
    client = await hass_ws_client(hass)
    target = {"device_id": [hub(hass, gateway, entry)]}
    await client.send_json_auto_id({"type": f"get_{kind}_for_target", "target": target})
    answer = await client.receive_json()
    assert answer["success"], answer
    ours = {name.removeprefix(f"{DOMAIN}.") for name in answer["result"] if name.startswith(f"{DOMAIN}.")}
    expected = {
        "services": {"set_mode_until", "set_tariff", "refresh", "import_history", "cancel_import", "get_raw"},
        "triggers": {"grid_lost", "battery_full", "export_crossed_threshold", "inverter_silent", "setting_changed"},
        "conditions": {"is_on_grid", "is_exporting", "is_charging", "is_operating_mode", "is_live"},
    }
    assert expected[kind] <= ours
