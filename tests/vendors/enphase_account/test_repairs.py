"""What only the owner can do: accept Enphase's statement, and look after a battery that may charge but doesn't."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.const import DOMAIN
from custom_components.energy_site.repairs import async_create_fix_flow
from homeassistant.components.repairs import DOMAIN as REPAIRS
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from simulator.enphase_account import UNAVAILABLE, AccountHome, AccountServer, Setting, paths
from tests.steering import Handle, settle

HOUR = 3600
CHARGE = ("switch", "charge_from_grid")


def repair(hass: HomeAssistant, entry: MockConfigEntry, key: str) -> ir.IssueEntry | None:
    """Return one of the entry's repairs."""
    return ir.async_get(hass).async_get_issue(DOMAIN, f"{key}_{entry.entry_id}")


async def opened(hass: HomeAssistant, found: ir.IssueEntry) -> Any:
    """Open a repair as a person does."""
    await async_setup_component(hass, REPAIRS, {})
    flow: Any = await async_create_fix_flow(hass, found.issue_id, found.data)
    flow.hass = hass
    form = await flow.async_step_init({"issue_id": found.issue_id})
    assert form["type"] is FlowResultType.FORM
    return flow, form


def told(service: AccountServer, home: AccountHome) -> int:
    """Return how often Enphase was told that the statement is accepted."""
    return service.requests[home.path(paths.ACCEPT_DISCLAIMER)]


async def test_the_statement_is_accepted_by_a_person_and_by_nobody_else(
    hass: HomeAssistant, service: AccountServer, home: AccountHome, entry: MockConfigEntry, handle: Handle
) -> None:
    found = repair(hass, entry, "statement_missing")
    assert found is not None
    assert found.is_fixable
    with pytest.raises(ServiceValidationError) as refused:
        await handle.set(*CHARGE, value=True)
    assert refused.value.translation_key == "control_not_now_statement"
    assert home.settings.written == []
    flow, form = await opened(hass, found)
    (field,) = form["data_schema"].schema
    assert field == "accepted"
    assert field.default() is False
    form = await flow.async_step_confirm({"accepted": False})
    assert form["errors"] == {"accepted": "not_accepted"}
    assert told(service, home) == 0
    done = await flow.async_step_confirm({"accepted": True})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    await settle(hass)
    assert told(service, home) == 1
    await handle.wait(400, step=10)
    assert repair(hass, entry, "statement_missing") is None
    # Accepting it turns nothing on.
    assert (handle.shown(*CHARGE), home.settings.written) == ("off", [])
    home.set_ending(Setting.CHARGE_FROM_GRID, apply_after=5, shown_after=5)
    await handle.set(*CHARGE, value=True, within=90)
    assert handle.shown(*CHARGE) == "on"


async def test_what_the_app_accepted_closes_the_repair(
    hass: HomeAssistant, home: AccountHome, entry: MockConfigEntry, handle: Handle
) -> None:
    assert repair(hass, entry, "statement_missing") is not None
    home.accept_disclaimer()
    await handle.wait(400, step=20)
    assert repair(hass, entry, "statement_missing") is None
    home.accept_disclaimer(accepted=False)
    await handle.wait(400, step=20)
    assert repair(hass, entry, "statement_missing") is not None


@pytest.mark.parametrize("fault", [UNAVAILABLE])
async def test_an_acceptance_that_gets_lost_may_be_given_again(
    hass: HomeAssistant,
    service: AccountServer,
    home: AccountHome,
    entry: MockConfigEntry,
    handle: Handle,
    fault: Any,
) -> None:
    found = repair(hass, entry, "statement_missing")
    assert found is not None
    flow, _ = await opened(hass, found)
    service.faults.add(fault, home.path(paths.ACCEPT_DISCLAIMER))
    form = await flow.async_step_confirm({"accepted": True})
    assert form["errors"] == {"base": "not_passed_on"}
    assert repair(hass, entry, "statement_missing") is not None
    service.faults.clear()
    await handle.wait(60, step=10)
    done = await flow.async_step_confirm({"accepted": True})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    await handle.wait(400, step=10)
    assert repair(hass, entry, "statement_missing") is None


async def test_an_acceptance_without_a_loaded_entry_is_not_lost_silently(
    hass: HomeAssistant, service: AccountServer, home: AccountHome, entry: MockConfigEntry
) -> None:
    found = repair(hass, entry, "statement_missing")
    assert found is not None
    flow, _ = await opened(hass, found)
    await hass.config_entries.async_unload(entry.entry_id)
    form = await flow.async_step_confirm({"accepted": True})
    assert form["errors"] == {"base": "not_passed_on"}
    assert told(service, home) == 0


async def at_night(handle: Handle, home: AccountHome) -> None:
    """Wait for the night, in which the battery is far below its reserve and may not yet charge from the grid."""
    home.accept_disclaimer()
    await handle.wait(8 * HOUR, step=600)
    battery = home.house.battery
    assert battery is not None
    battery.level = 30
    home.change_in_app(Setting.RESERVE, 70)
    for setting in (Setting.CHARGE_FROM_GRID, Setting.RESERVE, Setting.PROFILE):
        home.set_ending(setting, apply_after=5, shown_after=5)
    await handle.wait(900, step=20)


async def test_a_battery_that_may_charge_and_idles_is_a_repair_until_it_charges(
    hass: HomeAssistant, home: AccountHome, entry: MockConfigEntry, handle: Handle
) -> None:
    home.set_behaviour(idles_below_reserve=True)
    await at_night(handle, home)
    assert repair(hass, entry, "battery_not_charging") is None
    await handle.set(*CHARGE, value=True, within=90)
    await handle.wait(2700, step=20)
    found = repair(hass, entry, "battery_not_charging")
    assert found is not None
    flow, _ = await opened(hass, found)
    assert (await flow.async_step_confirm({}))["type"] is FlowResultType.CREATE_ENTRY
    # What helped others: another profile, which writes the reserve again.
    home.remember("cost_savings", reserve=60, charge_from_grid=True)
    await handle.set("select", "operating_mode", value="savings", within=90)
    await handle.set("number", "backup_reserve", value=70, within=90)
    await handle.wait(3600, step=20)
    battery = home.house.battery
    assert battery is not None
    assert battery.level > 40
    assert repair(hass, entry, "battery_not_charging") is None


async def test_a_battery_that_charges_is_no_repair(
    hass: HomeAssistant, home: AccountHome, entry: MockConfigEntry, handle: Handle
) -> None:
    await at_night(handle, home)
    await handle.set(*CHARGE, value=True, within=90)
    for _ in range(9):
        await handle.wait(300, step=20)
        assert repair(hass, entry, "battery_not_charging") is None
