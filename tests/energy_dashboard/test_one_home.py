"""One home with a gateway on the network and its system in the cloud: it stands in the Energy dashboard once."""

from collections.abc import AsyncIterator

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done

from custom_components.energy_site.const import DOMAIN
from custom_components.energy_site.energy_dashboard.plan import statistics_of
from homeassistant.components.energy.data import EnergyManager
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from simulator.enphase_account import AccountHome, HomeDetails, tariffs
from simulator.enphase_cloud import Application, CloudServer, CloudSystem
from simulator.iq_gateway import GatewayServer, rates
from simulator.presets import PRESETS
from tests.account_service import account_service
from tests.clouds import SITE as CLOUD, cloud_entry
from tests.common import gateway_entry, set_up
from tests.houses import FrozenClock
from tests.vendors.enphase_account.homes import EMAIL, HOME, PASSWORD, SITE as ACCOUNT, account_entry

from .dashboard import add, choose, choose_from, let_statistics_come, open_menu, sensor, sources, text


@pytest.fixture
async def gateway(system: CloudSystem, cloud: CloudServer) -> AsyncIterator[GatewayServer]:
    """Serve the gateway of the system in the cloud."""
    async with GatewayServer(system.house, PRESETS["home"]().gateway, clock=FrozenClock()) as server:
        system.attach(server)
        yield server


async def test_a_cloud_beside_its_gateway_leaves_the_site_to_it(
    hass: HomeAssistant,
    site: MockConfigEntry,
    manager: EnergyManager,
    cloud: CloudServer,
    application: Application,
    freezer: FrozenDateTimeFactory,
) -> None:
    entry = await cloud_entry(hass, cloud, application)
    await set_up(hass, entry)
    await let_statistics_come(hass, freezer)
    assert "energy_dashboard" not in (await open_menu(hass, entry))["menu_options"]
    await hass.config_entries.async_unload(site.entry_id)
    assert "energy_dashboard" not in (await open_menu(hass, entry))["menu_options"], "it only isn't loaded"
    await hass.config_entries.async_set_disabled_by(site.entry_id, ConfigEntryDisabler.USER)
    menu = await open_menu(hass, entry)
    await hass.config_entries.async_set_disabled_by(site.entry_id, None)
    assert (await choose_from(hass, menu))["reason"] == "energy_dashboard_gateway"
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_what_the_cloud_added_is_not_added_by_the_gateway_as_well(
    hass: HomeAssistant,
    manager: EnergyManager,
    gateway: GatewayServer,
    cloud: CloudServer,
    application: Application,
    freezer: FrozenDateTimeFactory,
) -> None:
    entry = await cloud_entry(hass, cloud, application)
    await set_up(hass, entry)
    await async_wait_recording_done(hass)
    await add(hass, entry)
    before = sources(manager)
    local = gateway_entry(gateway)
    await set_up(hass, local)
    await let_statistics_come(hass, freezer)
    result = await choose(hass, local)
    assert result["reason"] == "energy_dashboard_nothing"
    assert text(result, "remarks").count(f"as `energy_site:{CLOUD}_") == 3
    assert sources(manager) == before
    for each in (entry, local):
        await hass.config_entries.async_unload(each.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_what_the_dashboard_loses_to_the_gateway_is_named_first(
    hass: HomeAssistant,
    manager: EnergyManager,
    gateway: GatewayServer,
    cloud: CloudServer,
    application: Application,
    freezer: FrozenDateTimeFactory,
) -> None:
    entry = await cloud_entry(hass, cloud, application)
    await set_up(hass, entry)
    await let_statistics_come(hass, freezer)
    await add(hass, entry)
    local = gateway_entry(gateway)
    await set_up(hass, local)
    await let_statistics_come(hass, freezer)
    found = ir.async_get(hass).async_get_issue(DOMAIN, f"shown_by_gateway_{entry.entry_id}")
    assert found is not None
    assert found.translation_key == "shown_by_gateway_energy"
    assert (told := found.translation_placeholders) is not None
    used = {each for source in sources(manager) for _, each in statistics_of(source) if each.startswith("sensor.")}
    assert used
    assert set(told["energy"].split(", ")) == used
    assert told["entities"].startswith(f"{told['energy']}, ")
    for each in (entry, local):
        await hass.config_entries.async_unload(each.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_prices_that_only_the_account_knows_are_added_with_the_gateways_energy(
    hass: HomeAssistant,
    manager: EnergyManager,
    gateway: GatewayServer,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gateway.state.tariff.rates = rates.NOT_ENTERED
    home = AccountHome(gateway.house, HomeDetails(site_id=HOME), gateway=gateway)
    home.tariff = tariffs.FLAT
    async with account_service(monkeypatch, [gateway], homes=[home]) as service:
        service.add_account(EMAIL, PASSWORD, system_id=HOME)
        local, account = gateway_entry(gateway), account_entry()
        await set_up(hass, local)
        await set_up(hass, account)
        await let_statistics_come(hass, freezer, runs=2)
        await add(hass, local)
        [grid] = [each for each in sources(manager) if each["type"] == "grid"]
        assert grid["stat_energy_from"] == sensor(hass, gateway.serial, "grid_import_energy")
        assert [grid["entity_energy_price"], grid["entity_energy_price_export"]] == [
            sensor(hass, ACCOUNT, key) for key in ("buy_price", "sell_price")
        ]
        for each in (account, local):
            await hass.config_entries.async_unload(each.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)


async def test_beside_an_account_the_cloud_leaves_the_site_to_it(
    hass: HomeAssistant,
    manager: EnergyManager,
    gateway: GatewayServer,
    cloud: CloudServer,
    application: Application,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    home = AccountHome(gateway.house, HomeDetails(site_id=HOME), gateway=gateway)
    async with account_service(monkeypatch, [gateway], homes=[home]) as service:
        service.add_account(EMAIL, PASSWORD, system_id=HOME)
        account, entry = account_entry(), await cloud_entry(hass, cloud, application)
        await set_up(hass, account)
        await let_statistics_come(hass, freezer, runs=4)
        await set_up(hass, entry)
        assert "energy_dashboard" not in (await open_menu(hass, entry))["menu_options"]
        await add(hass, account)
        assert [each["type"] for each in sources(manager)][:3] == ["grid", "solar", "battery"]
        await hass.config_entries.async_set_disabled_by(account.entry_id, ConfigEntryDisabler.USER)
        menu = await open_menu(hass, entry)
        await hass.config_entries.async_set_disabled_by(account.entry_id, None)
        result = await choose_from(hass, menu)
        assert result["reason"] == "energy_dashboard_gateway"
        assert result["description_placeholders"] == {"other": account.title}
        for each in (entry, account):
            await hass.config_entries.async_unload(each.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)
