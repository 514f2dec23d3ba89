"""A site whose history is imported gets its costs in the Energy dashboard, which has no complaints about them."""

from collections.abc import AsyncIterator
from copy import deepcopy
from datetime import UTC, datetime
import json
from typing import Any
from unittest.mock import AsyncMock, patch

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done

from custom_components.energy_site.energy_dashboard.offer import ENERGY_DASHBOARD
from custom_components.energy_site.sources.history_costs import HistoryCosts
from homeassistant.components.energy.data import EnergyManager
from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.recorder import get_instance
from simulator.tesla_cloud import TeslaServer, Write
from tests.common import pass_time
from tests.houses import MORNING, FrozenClock
from tests.vendors.tesla.lived_home import SITE, lived_home
from tests.vendors.tesla.signing_in import CALLBACK, set_up_site

from .dashboard import add, by_type, choose, complaints, let_statistics_come, save, sensor, submit, text

COST, COMPENSATION = f"energy_site:{SITE}_grid_import_cost", f"energy_site:{SITE}_grid_export_compensation"
WATER = {"type": "water", "stat_energy_from": "sensor.water", "stat_cost": None, "number_energy_price": 2.5}


@pytest.fixture
def preferences() -> dict[str, Any]:
    """Return what somebody saved before."""
    return {"energy_sources": [WATER], "device_consumption": []}


@pytest.fixture
def currency() -> str:
    """Return the currency of the tariff."""
    return "EUR"


@pytest.fixture
async def tesla(
    manager: EnergyManager,
    hass: HomeAssistant,
    socket_enabled: None,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
    currency: str,
) -> AsyncIterator[MockConfigEntry]:
    """Return a Tesla site with a tariff that pays for what is exported."""
    assert hass.config.currency == "EUR"
    freezer.move_to(MORNING)
    home = lived_home()
    tariff: Any = deepcopy(home.settings.now.tariff)
    sold = {name: deepcopy(tariff[name]) for name in ("seasons", "energy_charges")}
    sold["energy_charges"]["Year"]["rates"]["OFF_PEAK"] = 0.08
    content = {**tariff, "currency": currency, "sell_tariff": sold}
    home.settings.change_in_app(Write.TARIFF, {"tariff_content_v2": content})
    async with TeslaServer([home], clock=FrozenClock()) as server:
        monkeypatch.setenv("ENERGY_SITE_TESLA_AUTH", server.url)
        monkeypatch.setenv("ENERGY_SITE_TESLA_API", server.url)
        entry = await set_up_site(
            hass, server.add_application(redirects=[CALLBACK, "https://my.home-assistant.io/redirect/oauth"])
        )
        await hass.async_block_till_done(wait_background_tasks=True)
        yield entry
        if hass.config_entries.async_get_entry(entry.entry_id) is not None:
            await hass.config_entries.async_unload(entry.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)


async def test_costs_are_shown_added_and_removed_and_everything_else_stays(
    hass: HomeAssistant, tesla: MockConfigEntry, manager: EnergyManager, freezer: FrozenDateTimeFactory
) -> None:
    before = json.dumps(manager.data)
    complained = await complaints(hass)
    await let_statistics_come(hass, freezer)
    form = await choose(hass, tesla)
    assert f"Sunny Home grid import cost (`{COST}`)" in text(form, "added")
    assert f"Sunny Home grid export compensation (`{COMPENSATION}`)" in text(form, "added")
    assert "price" not in text(form, "remarks")
    assert (await submit(hass, form))["type"] is FlowResultType.CREATE_ENTRY
    grid = by_type(manager)["grid"]
    assert (grid["stat_cost"], grid["stat_compensation"]) == (COST, COMPENSATION)
    assert grid["entity_energy_price"] is grid["entity_energy_price_export"] is None
    assert by_type(manager)["water"] == WATER
    assert await complaints(hass) == complained
    assert (await choose(hass, tesla))["reason"] == "energy_dashboard_nothing"
    await submit(hass, await choose(hass, tesla, "energy_dashboard_remove"))
    assert json.dumps(manager.data) == before


async def test_costs_count_from_the_first_whole_hour_on(
    hass: HomeAssistant, tesla: MockConfigEntry, manager: EnergyManager, freezer: FrozenDateTimeFactory
) -> None:
    await pass_time(hass, freezer, 12 * 3600, step=1200)
    found = await _hours(hass, COST)
    energies = await _hours(hass, f"energy_site:{SITE}_grid_import_energy")
    first, *hours = found
    assert found[first] == 0.0
    assert len(hours) >= 5
    assert [found[hour] for hour in hours] == pytest.approx([0.25 * energies[hour] for hour in hours])


async def test_costs_go_on_when_the_entry_is_loaded_again_and_stay_when_it_is_removed(
    hass: HomeAssistant, tesla: MockConfigEntry, manager: EnergyManager, freezer: FrozenDateTimeFactory
) -> None:
    await pass_time(hass, freezer, 8 * 3600, step=1200)
    before = await _hours(hass, COST)
    await hass.config_entries.async_reload(tesla.entry_id)
    await pass_time(hass, freezer, 8 * 3600, step=1200)
    after = await _hours(hass, COST)
    assert {hour: after[hour] for hour in before} == before
    hours = sorted(after)
    assert hours == [hours[0] + 3600 * number for number in range(len(hours))], "no hour was lost"
    assert len(hours) >= len(before) + 5
    await hass.config_entries.async_remove(tesla.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert await _hours(hass, COST) == after


@pytest.mark.parametrize("currency", ["USD", ""])
async def test_costs_in_another_currency_are_not_added(
    hass: HomeAssistant, tesla: MockConfigEntry, manager: EnergyManager, freezer: FrozenDateTimeFactory
) -> None:
    await let_statistics_come(hass, freezer)
    form = await choose(hass, tesla)
    assert COST not in text(form, "added")
    await submit(hass, form)
    assert by_type(manager)["grid"]["stat_cost"] is None


async def test_costs_that_are_still_to_come_are_waited_for_and_can_be_added_later(
    hass: HomeAssistant, tesla: MockConfigEntry, manager: EnergyManager, freezer: FrozenDateTimeFactory
) -> None:
    """Also those of a site that was added by a version without them."""
    before = await complaints(hass)
    get_instance(hass).async_clear_statistics([COST, COMPENSATION])
    await let_statistics_come(hass, freezer)
    form = await choose(hass, tesla)
    assert f"the history of Sunny Home grid import cost (`{COST}`) isn't imported yet" in text(form, "remarks")
    await submit(hass, form)
    assert by_type(manager)["grid"]["stat_cost"] is None
    await pass_time(hass, freezer, 3700, step=370)
    await async_wait_recording_done(hass)
    await submit(hass, await choose(hass, tesla, "energy_dashboard_remove"))
    await add(hass, tesla)
    assert by_type(manager)["grid"]["stat_cost"] == COST
    assert await complaints(hass) == before


async def test_the_offer_waits_for_costs(
    hass: HomeAssistant,
    tesla: MockConfigEntry,
    manager: EnergyManager,
    freezer: FrozenDateTimeFactory,
    issue_registry: Any,
) -> None:
    issue = ("energy_site", f"{ENERGY_DASHBOARD.key}_{tesla.entry_id}")
    await save(manager, [])
    get_instance(hass).async_clear_statistics([COST, COMPENSATION])
    with patch.object(HistoryCosts, "price", AsyncMock()):
        await let_statistics_come(hass, freezer, runs=2)
        assert issue_registry.async_get_issue(*issue) is None
    await tesla.runtime_data.history.async_run()
    await let_statistics_come(hass, freezer)
    assert issue_registry.async_get_issue(*issue) is not None


async def test_the_sensor_of_a_price_is_not_added_beside_the_costs(
    hass: HomeAssistant, tesla: MockConfigEntry, manager: EnergyManager, freezer: FrozenDateTimeFactory
) -> None:
    await let_statistics_come(hass, freezer)
    await add(hass, tesla)
    assert sensor(hass, SITE, "buy_price") not in json.dumps(manager.data)


async def _hours(hass: HomeAssistant, statistic_id: str) -> dict[float, float]:
    """Return a statistic's costs or kWh by the start of the hour."""
    await async_wait_recording_done(hass)
    found = await get_instance(hass).async_add_executor_job(
        statistics_during_period,
        hass,
        datetime(2000, 1, 1, tzinfo=UTC),
        None,
        {statistic_id},
        "hour",
        None,
        {"state"},
    )
    return {row["start"]: row["state"] or 0.0 for row in found.get(statistic_id, [])}
