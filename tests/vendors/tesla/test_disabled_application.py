"""How an application that Tesla disabled is kept from being disabled again."""

from collections.abc import AsyncIterator
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.vendors import request_budget
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from simulator.tesla_cloud import Application, TeslaServer
from tests.common import open_settings, pass_time
from tests.test_repairs import issue

from .signing_in import CABIN, set_up_site

FREE, CREDIT = 50_000, 5_000


@pytest.fixture
async def entry(hass: HomeAssistant, fleet: TeslaServer, application: Application) -> AsyncIterator[MockConfigEntry]:
    """Return an entry that works."""
    found = await set_up_site(hass, application)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert budget(found) == FREE
    yield found
    await hass.config_entries.async_unload(found.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


@pytest.fixture
async def other(
    hass: HomeAssistant, entry: MockConfigEntry, application: Application
) -> AsyncIterator[MockConfigEntry]:
    """Return another entry of the same application."""
    found = await set_up_site(hass, application, CABIN)
    await hass.async_block_till_done(wait_background_tasks=True)
    yield found
    if hass.config_entries.async_get_entry(found.entry_id) is not None:
        await hass.config_entries.async_unload(found.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


def budget(entry: MockConfigEntry) -> int | None:
    """Return how many requests a month the application of an entry may send."""
    per_month: int | None = entry.runtime_data.adapter.quota.planner.plan.per_month
    return per_month


async def reload(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Reload an entry."""
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


async def choose(hass: HomeAssistant, entry: MockConfigEntry, name: str) -> None:
    """Choose a budget in the options."""
    result = await open_settings(hass, entry)
    result = await hass.config_entries.options.async_configure(result["flow_id"], {"budget": name})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done(wait_background_tasks=True)


async def be_disabled(hass: HomeAssistant, freezer: FrozenDateTimeFactory, application: Application) -> None:
    """Let Tesla disable the application for an hour."""
    application.disabled = True
    await pass_time(hass, freezer, 3_600, step=60)
    application.disabled = False
    await pass_time(hass, freezer, 7_200, step=60)


async def test_the_budget_stays_small_after_tesla_answers_again_and_across_restarts(
    hass: HomeAssistant, application: Application, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    await be_disabled(hass, freezer, application)
    assert issue(hass, entry, "application_disabled") is None
    assert budget(entry) == CREDIT
    await reload(hass, entry)
    assert budget(entry) == CREDIT
    await pass_time(hass, freezer, 60, step=20)
    await hass.config_entries.async_unload(entry.entry_id)
    # What is known of the application is read from its file, as after a restart.
    hass.data.pop(request_budget._KEYS)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    await pass_time(hass, freezer, 1_800, step=60)
    assert budget(entry) == CREDIT


async def test_a_budget_that_is_chosen_again_counts_again_even_if_it_is_the_same(
    hass: HomeAssistant, application: Application, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    await choose(hass, entry, "free")
    await be_disabled(hass, freezer, application)
    assert budget(entry) == CREDIT
    await choose(hass, entry, "free")
    assert budget(entry) == FREE
    await pass_time(hass, freezer, 1_800, step=60)
    await reload(hass, entry)
    assert budget(entry) == FREE


async def test_a_budget_that_is_chosen_while_the_application_is_disabled_counts_from_its_end(
    hass: HomeAssistant, application: Application, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    application.disabled = True
    await pass_time(hass, freezer, 3_600, step=60)
    await choose(hass, entry, "free")
    await pass_time(hass, freezer, 3_600, step=60)
    assert budget(entry) == CREDIT
    application.disabled = False
    await pass_time(hass, freezer, 7_200, step=60)
    assert budget(entry) == FREE


async def test_a_smaller_budget_of_ones_own_stays(
    hass: HomeAssistant, application: Application, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    result = await open_settings(hass, entry)
    own = {"budget": "custom", "requests": 3_000}
    await hass.config_entries.options.async_configure(result["flow_id"], own)
    await hass.async_block_till_done(wait_background_tasks=True)
    application.disabled = True
    await pass_time(hass, freezer, 7_200, step=60)
    assert issue(hass, entry, "application_disabled") is not None
    assert budget(entry) == 3_000


async def test_a_reload_of_one_entry_undoes_nothing_for_the_other(
    hass: HomeAssistant,
    application: Application,
    entry: MockConfigEntry,
    other: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    await be_disabled(hass, freezer, application)
    await reload(hass, other)
    await pass_time(hass, freezer, 1_800, step=60)
    assert (budget(entry), budget(other)) == (CREDIT, CREDIT)


async def test_the_repair_closes_after_a_reload_once_tesla_answers(
    hass: HomeAssistant, application: Application, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    application.disabled = True
    await pass_time(hass, freezer, 1_800, step=60)
    assert issue(hass, entry, "application_disabled") is not None
    await reload(hass, entry)
    assert issue(hass, entry, "application_disabled") is not None
    application.disabled = False
    await pass_time(hass, freezer, 7_200, step=60)
    assert issue(hass, entry, "application_disabled") is None


@pytest.mark.parametrize("gone", ["removed", "disabled"])
async def test_the_budget_of_an_entry_that_is_gone_no_longer_counts(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    other: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    gone: str,
) -> None:
    await choose(hass, other, "credit")
    assert budget(entry) == CREDIT
    changed: Any = (
        hass.config_entries.async_remove(other.entry_id)
        if gone == "removed"
        else hass.config_entries.async_set_disabled_by(other.entry_id, ConfigEntryDisabler.USER)
    )
    await changed
    await pass_time(hass, freezer, 2_400, step=60)
    assert budget(entry) == FREE
    await reload(hass, entry)
    assert budget(entry) == FREE
