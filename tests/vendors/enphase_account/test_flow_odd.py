"""Setting up a system of the account where something is odd, and changing how it is shown."""

from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from simulator.enphase_account import UNAVAILABLE, Account, AccountHome, AccountServer, paths
from tests.common import open_settings, step
from tests.steering import settle

from .homes import EMAIL, HOME, LOGIN, open_flow


@pytest.fixture
def careful(owner: Account) -> Account:
    """Return the owner with two-factor authentication."""
    owner.two_factor = True
    return owner


@pytest.mark.usefixtures("no_runtime", "careful")
async def test_a_form_for_the_code_that_is_opened_again_sends_no_other_code(
    hass: HomeAssistant, service: AccountServer
) -> None:
    result = await step(hass, await open_flow(hass), LOGIN)
    again = await hass.config_entries.flow.async_configure(result["flow_id"])
    assert again["step_id"] == "enphase_account_code"
    assert not again["errors"]
    assert len(service.mailbox.of(EMAIL)) == 1


@pytest.mark.usefixtures("no_runtime")
async def test_sending_again_where_no_code_is_wanted_any_more_is_enough(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, careful: Account
) -> None:
    result = await step(hass, await open_flow(hass), LOGIN)
    careful.two_factor = False
    freezer.tick(timedelta(seconds=301))
    result = await step(hass, result, {"send_again": True})
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.usefixtures("no_runtime", "owner")
async def test_a_system_whose_devices_are_not_shown_is_set_up(hass: HomeAssistant, home: AccountHome) -> None:
    home.set_behaviour(read_statuses={paths.DEVICES: 403})
    result = await step(hass, await open_flow(hass), LOGIN)
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.usefixtures("no_runtime", "owner")
async def test_a_number_that_cannot_be_checked_now_is_not_called_unknown(
    hass: HomeAssistant, home: AccountHome, service: AccountServer
) -> None:
    service.policy.sites_empty, service.policy.login_body = True, False
    result = await step(hass, await open_flow(hass), LOGIN)
    service.faults.add(UNAVAILABLE, home.path(paths.SITE_SETTINGS))
    result = await step(hass, result, {"system_id": str(HOME)})
    assert result["errors"] == {"base": "cannot_connect"}
    service.faults.clear()
    result = await step(hass, result, {"system_id": str(HOME)})
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_whether_readings_are_shown_twice_is_an_option(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    form: Any = await open_settings(hass, entry)
    assert form["step_id"] == "readings"
    (field,) = form["data_schema"].schema.values()
    assert field.config["options"] == ["auto", "always", "never"]
    done: Any = await hass.config_entries.options.async_configure(form["flow_id"], {"readings": "never"})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    await settle(hass)
    await hass.async_block_till_done()
    assert entry.options == {"readings": "never"}
    form = await open_settings(hass, entry)
    (key,) = form["data_schema"].schema
    assert key.description["suggested_value"] == "never"
