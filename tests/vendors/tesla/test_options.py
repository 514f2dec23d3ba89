"""How a person decides how many requests their application may send."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.vendors.tesla.budget import plan_of
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from simulator.tesla_cloud import Application
from tests.cloud import shown
from tests.common import open_settings

from .signing_in import set_up_site

pytestmark = pytest.mark.usefixtures("no_runtime")


@pytest.fixture
async def entry(hass: HomeAssistant, application: Application) -> MockConfigEntry:
    """Return an entry that was set up by a person."""
    return await set_up_site(hass, application)


async def submit(hass: HomeAssistant, entry: MockConfigEntry, **typed: Any) -> ConfigFlowResult:
    """Open the options and submit them."""
    result = await open_settings(hass, entry)
    assert result["step_id"] == "budget"
    return await hass.config_entries.options.async_configure(result["flow_id"], typed)


async def test_the_default_is_the_budget_that_costs_nothing(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    result = await open_settings(hass, entry)
    assert shown(result)["budget"] == "free"
    assert result["description_placeholders"] == {"free": "50,000", "credit": "5,000"}
    assert plan_of(entry.options).per_month == 50_000


@pytest.mark.parametrize(
    ("typed", "requests"),
    [
        ({"budget": "free"}, 50_000),
        ({"budget": "credit"}, 5_000),
        # A number that was left in the form belongs to no other budget.
        ({"budget": "credit", "requests": 800}, 5_000),
        ({"budget": "custom", "requests": 20_000}, 20_000),
        ({"budget": "custom", "requests": 500}, 500),
        ({"budget": "custom", "requests": 500_000}, 500_000),
    ],
)
async def test_a_budget_is_kept(
    hass: HomeAssistant, entry: MockConfigEntry, typed: dict[str, Any], requests: int
) -> None:
    result = await submit(hass, entry, **typed)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert plan_of(entry.options).per_month == requests
    opened = await open_settings(hass, entry)
    assert shown(opened)["budget"] == typed["budget"]


async def test_a_budget_of_ones_own_needs_a_number(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    result = await submit(hass, entry, budget="custom")
    assert result["errors"] == {"requests": "requests_needed"}
    result = await hass.config_entries.options.async_configure(
        result["flow_id"], {"budget": "custom", "requests": 1_000}
    )
    assert entry.options == {"budget": "custom", "requests": 1_000}


@pytest.mark.parametrize("requests", [499, 500_001, -1, "many"])
async def test_a_number_that_is_none_is_refused(hass: HomeAssistant, entry: MockConfigEntry, requests: Any) -> None:
    with pytest.raises(InvalidData):
        await submit(hass, entry, budget="custom", requests=requests)
    assert entry.options == {}


@pytest.mark.parametrize(
    "options",
    [{}, {"budget": "lavish"}, {"budget": "custom"}, {"budget": "custom", "requests": "x"}, {"budget": 5}],
)
def test_options_that_cannot_be_read_are_those_that_cost_nothing(options: dict[str, Any]) -> None:
    assert plan_of(options).per_month == 50_000
