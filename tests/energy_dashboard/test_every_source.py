"""Whatever a site is read from, the Energy dashboard has no complaints about it, and what was there stays."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
import json
import os
from pathlib import Path
import re
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.const import DOMAIN
from homeassistant.components.energy.data import EnergyManager
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr, entity_registry as er
from simulator.enphase_cloud import Application, CloudServer
from simulator.iq_gateway import GatewayServer
from simulator.recorded import RecordedGateway, recording_time
from simulator.tesla_cloud import TeslaServer
from tests.account_service import account_service
from tests.clouds import SITE as CLOUD, cloud_entry
from tests.common import pass_time, set_up, set_up_through_flow
from tests.houses import MORNING, FrozenClock
from tests.vendors.enphase_account.homes import EMAIL, HOME, PASSWORD, SITE as ACCOUNT, account_entry, usual_home
from tests.vendors.enphase_cloud.test_v2 import legacy_entry
from tests.vendors.tesla.lived_home import CHARGER, SITE as TESLA, lived_home
from tests.vendors.tesla.signing_in import CALLBACK, set_up_site

from .dashboard import (
    add,
    by_type,
    choose,
    compile_statistics,
    complaints,
    devices,
    let_statistics_come,
    save,
    sensor,
    sources,
    submit,
    text,
)

WATER = {"type": "water", "stat_energy_from": "sensor.water", "stat_cost": None, "number_energy_price": 2.5}
THERE = {"energy_sources": [WATER], "device_consumption": [{"stat_consumption": "sensor.fridge"}]}


def _firmware(folder: Path) -> int:
    found = re.search(r"<software>[A-Z]*(\d+)", (folder / "info").read_text())
    return int(found.group(1)) if found else 0


def _tariff(folder: Path) -> dict[str, Any]:
    """Return the recorded tariff, read without the code under test."""
    file = folder / "admin_lib_tariff"
    found: dict[str, Any] = json.loads(file.read_text())["tariff"] if file.exists() else {}
    return found


def _recordings() -> list[Any]:
    if not (folder := os.environ.get("RECORDED_GATEWAYS")):
        return [pytest.param(None, marks=pytest.mark.skip(reason="RECORDED_GATEWAYS is not set"))]
    paths = sorted(path for path in Path(folder).iterdir() if path.is_dir())
    return [pytest.param(path, id=path.name) for path in paths if _firmware(path) >= 7]


@pytest.fixture
def preferences() -> dict[str, Any]:
    """Return what somebody saved before."""
    return THERE


async def expect_a_clean_addition(hass: HomeAssistant, entry: MockConfigEntry, manager: EnergyManager) -> None:
    """Add a site; what was there stays byte for byte, and only that is complained about."""
    before, there = await complaints(hass), json.dumps(manager.data)
    result = await add(hass, entry)
    assert result["type"] is FlowResultType.CREATE_ENTRY, result
    after: Any = manager.data
    first = {"energy_sources": after["energy_sources"][:1], "device_consumption": after["device_consumption"][:1]}
    assert json.dumps({**after, **first}) == there
    assert len(sources(manager)) > 1
    assert await complaints(hass) == before
    assert (await choose(hass, entry))["reason"] == "energy_dashboard_nothing"


@pytest.mark.parametrize("folder", _recordings())
async def test_every_recorded_gateway(
    hass: HomeAssistant, manager: EnergyManager, socket_enabled: None, freezer: FrozenDateTimeFactory, folder: Path
) -> None:
    freezer.move_to(datetime.fromtimestamp(recording_time(folder), UTC))
    async with RecordedGateway(folder) as gateway:
        tariff = _tariff(folder)
        await hass.config.async_update(currency=tariff.get("currency", {}).get("code", "EUR"))
        await set_up_through_flow(hass, gateway.host, gateway.token())
        [entry] = hass.config_entries.async_entries(DOMAIN)
        # A recording has one moment, so nothing is asked a second time.
        now = datetime.now(UTC)
        start = now.replace(minute=now.minute // 5 * 5, second=0, microsecond=0)
        freezer.move_to(start + timedelta(minutes=5, seconds=10))
        await compile_statistics(hass, start)
        await expect_a_clean_addition(hass, entry, manager)
        for grid in (source for source in sources(manager) if source["type"] == "grid"):
            bought = tariff.get("single_rate", {}).get("rate") and grid["stat_energy_from"]
            sold = tariff.get("single_rate", {}).get("sell", 0) > 0.001 and grid["stat_energy_to"]
            assert grid["entity_energy_price"] == (sensor(hass, gateway.serial, "buy_price") if bought else None)
            assert grid["entity_energy_price_export"] == (sensor(hass, gateway.serial, "sell_price") if sold else None)
        await hass.config_entries.async_unload(entry.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)


@pytest.mark.parametrize("preset", ["standard", "three_phase"])
async def test_other_houses(hass: HomeAssistant, site: MockConfigEntry, manager: EnergyManager) -> None:
    await expect_a_clean_addition(hass, site, manager)


@pytest.fixture
async def tesla(
    manager: EnergyManager,
    hass: HomeAssistant,
    socket_enabled: None,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[MockConfigEntry]:
    """Return a Tesla site whose history is being imported, with a Wall Connector and a tariff."""
    freezer.move_to(MORNING)
    async with TeslaServer([lived_home()], clock=FrozenClock()) as server:
        monkeypatch.setenv("ENERGY_SITE_TESLA_AUTH", server.url)
        monkeypatch.setenv("ENERGY_SITE_TESLA_API", server.url)
        entry = await set_up_site(
            hass, server.add_application(redirects=[CALLBACK, "https://my.home-assistant.io/redirect/oauth"])
        )
        await hass.async_block_till_done(wait_background_tasks=True)
        yield entry
        await hass.config_entries.async_unload(entry.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)


async def test_a_tesla_site(
    hass: HomeAssistant, tesla: MockConfigEntry, manager: EnergyManager, freezer: FrozenDateTimeFactory
) -> None:
    await let_statistics_come(hass, freezer)
    await expect_a_clean_addition(hass, tesla, manager)
    [_, *added] = sources(manager)
    found = {source["type"]: source for source in added}
    assert found["grid"]["stat_energy_from"] == f"energy_site:{TESLA}_grid_import_energy"
    assert found["grid"]["stat_energy_to"] == f"energy_site:{TESLA}_grid_export_energy"
    assert found["grid"]["stat_rate"] == sensor(hass, TESLA, "grid_power")
    assert found["solar"]["stat_energy_from"] == f"energy_site:{TESLA}_solar_energy"
    assert found["battery"]["stat_soc"] == sensor(hass, TESLA, "battery_level")
    [_, charger] = devices(manager)
    assert charger == {"stat_consumption": f"energy_site:{TESLA}_charger_energy", "name": "EV charger"}


async def test_the_price_of_imported_statistics_is_said_not_to_work(
    hass: HomeAssistant, tesla: MockConfigEntry, manager: EnergyManager, freezer: FrozenDateTimeFactory
) -> None:
    await let_statistics_come(hass, freezer)
    form = await choose(hass, tesla)
    assert f"(`{sensor(hass, TESLA, 'buy_price')}`) isn't used" in text(form, "remarks")


async def test_a_charger_with_a_counter_of_its_own_is_a_device_by_its_name(
    hass: HomeAssistant, tesla: MockConfigEntry, manager: EnergyManager, freezer: FrozenDateTimeFactory
) -> None:
    """No Wall Connector has one, but the chargers of other vendors do."""
    registry = er.async_get(hass)
    power = registry.async_get(sensor(hass, TESLA, f"{CHARGER}_power"))
    assert power is not None
    counter = registry.async_get_or_create(
        "sensor", DOMAIN, f"{TESLA}_{CHARGER}_energy", config_entry=tesla, device_id=power.device_id
    ).entity_id
    attributes = {"device_class": "energy", "state_class": "total_increasing", "unit_of_measurement": "kWh"}
    hass.states.async_set(counter, "812.5", attributes)
    await let_statistics_come(hass, freezer)
    await expect_a_clean_addition(hass, tesla, manager)
    device = dr.async_get(hass).async_get(power.device_id or "")
    assert device is not None
    [_, added] = devices(manager)
    assert added == {"stat_consumption": counter, "stat_rate": power.entity_id, "name": device.name}
    together: Any = [{"stat_consumption": f"energy_site:{TESLA}_charger_energy"}]
    await manager.async_update({"energy_sources": [], "device_consumption": together})
    await submit(hass, await choose(hass, tesla))
    assert devices(manager) == together, "it is one of those"


async def test_an_account(
    hass: HomeAssistant,
    manager: EnergyManager,
    socket_enabled: None,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    freezer.move_to(MORNING)
    async with account_service(monkeypatch, homes=[usual_home(MORNING.timestamp())], clock=FrozenClock()) as server:
        server.add_account(EMAIL, PASSWORD, systems=frozenset({HOME}), system_id=HOME)
        entry = account_entry()
        await set_up(hass, entry)
        await pass_time(hass, freezer, 150)
        await let_statistics_come(hass, freezer)
        await expect_a_clean_addition(hass, entry, manager)
        assert sources(manager)[1]["stat_energy_from"] == sensor(hass, ACCOUNT, "grid_import_energy")
        await hass.config_entries.async_unload(entry.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)


async def test_a_system_in_the_cloud(
    manager: EnergyManager,
    hass: HomeAssistant,
    cloud: CloudServer,
    application: Application,
    freezer: FrozenDateTimeFactory,
) -> None:
    entry = await cloud_entry(hass, cloud, application)
    await set_up(hass, entry)
    await let_statistics_come(hass, freezer)
    await expect_a_clean_addition(hass, entry, manager)
    assert sources(manager)[1]["stat_energy_from"] == f"energy_site:{CLOUD}_grid_import_energy"
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_a_system_of_the_old_cloud(
    manager: EnergyManager,
    hass: HomeAssistant,
    cloud: CloudServer,
    application: Application,
    freezer: FrozenDateTimeFactory,
) -> None:
    entry = legacy_entry(cloud, application)
    await set_up(hass, entry)
    await pass_time(hass, freezer, 24 * 3600, step=3600)
    await let_statistics_come(hass, freezer)
    await expect_a_clean_addition(hass, entry, manager)
    assert all(DOMAIN in source["stat_energy_from"] for source in sources(manager)[1:])
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_history_that_is_not_imported_yet_is_waited_for(
    manager: EnergyManager,
    hass: HomeAssistant,
    tesla: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await let_statistics_come(hass, freezer)
    monkeypatch.setattr(
        "custom_components.energy_site.energy_dashboard.candidates.statistic_id", lambda *_: "energy_site:later"
    )
    result = await choose(hass, tesla)
    assert result["reason"] == "energy_dashboard_nothing"
    assert "isn't imported yet" in text(result, "remarks")


async def test_another_site_of_ours_is_another_meter(
    hass: HomeAssistant,
    site: MockConfigEntry,
    manager: EnergyManager,
    gateway: GatewayServer,
    tesla: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    await let_statistics_come(hass, freezer)
    await add(hass, site)
    result = await choose(hass, tesla)
    assert result["reason"] == "energy_dashboard_other_meter"
    assert sensor(hass, gateway.serial, "grid_import_energy") in text(result, "meters")


async def test_the_form_is_submitted_as_it_was_shown(
    hass: HomeAssistant, tesla: MockConfigEntry, manager: EnergyManager, freezer: FrozenDateTimeFactory
) -> None:
    await let_statistics_come(hass, freezer)
    await save(manager, [])
    form = await choose(hass, tesla)
    assert "**EV charger**" in text(form, "added")
    await submit(hass, form)
    assert set(by_type(manager)) == {"grid", "solar", "battery"}
