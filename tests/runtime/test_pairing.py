"""A gateway on the network and its system in the cloud, both at once."""

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.const import DOMAIN
from custom_components.energy_site.repairs import async_create_fix_flow
from homeassistant.config_entries import SOURCE_INTEGRATION_DISCOVERY
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import issue_registry as ir
from simulator.enphase_cloud import WATT, CloudServer, CloudSystem, WriteBehaviour
from simulator.iq_gateway import GatewayServer
from tests.common import entity_id, state

from ..steering import begin, wait

RESERVE = "backup_reserve"


async def set_locally(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, gateway: GatewayServer, platform: str, key: str, **data: object
) -> None:
    """Set a control of the gateway's entry and wait for the outcome."""
    service = {"number": "set_value", "select": "select_option"}[platform]
    target = entity_id(hass, platform, gateway.serial, key)
    task = await begin(hass, platform, service, {"entity_id": target, **data})
    for _ in range(60):
        if task.done():
            break
        await wait(hass, freezer, 5, step=5)
    await task


async def test_alone_the_gateways_controls_are_read_only_and_a_repair_leads_to_the_account(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    both: GatewayServer,
    local: MockConfigEntry,
    issue_registry: ir.IssueRegistry,
) -> None:
    with pytest.raises(ServiceValidationError) as refused:
        await set_locally(hass, freezer, both, "number", RESERVE, value=45)
    assert refused.value.translation_key == "control_not_now_governed_remotely"
    issue = issue_registry.async_get_issue(DOMAIN, f"governed_remotely_{local.entry_id}")
    assert issue is not None
    assert issue.is_fixable
    flow = await async_create_fix_flow(hass, issue.issue_id, issue.data)
    flow.hass = hass
    await flow.async_step_confirm({})
    await hass.async_block_till_done()
    (found,) = hass.config_entries.flow.async_progress()
    assert found["context"]["source"] == SOURCE_INTEGRATION_DISCOVERY
    assert found["step_id"] == "enphase_account"


async def test_with_the_cloud_they_are_set_through_it_and_confirmed_by_the_gateway(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    both: GatewayServer,
    remote: MockConfigEntry,
    cloud: CloudServer,
    system: CloudSystem,
) -> None:
    before = cloud.stats.count(path="/api/v4/systems/config/{system_id}/battery_settings")
    await set_locally(hass, freezer, both, "number", RESERVE, value=45)
    assert system.house.battery is not None
    assert system.house.battery.settings.reserve == 45
    shown = state(hass, "number", both.serial, RESERVE)
    assert shown is not None
    assert shown.state == "45.0"
    # The gateway tells for free what is in force: the cloud is only told.
    assert cloud.stats.count(path="/api/v4/systems/config/{system_id}/battery_settings") - before == 1


async def test_what_only_the_cloud_knows_is_shown_and_set_as_well(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    both: GatewayServer,
    remote: MockConfigEntry,
    system: CloudSystem,
) -> None:
    await set_locally(hass, freezer, both, "select", "operating_mode", option="savings")
    assert system.house.battery is not None
    assert system.house.battery.settings.mode == "economy"
    shown = state(hass, "select", both.serial, "operating_mode")
    assert shown is not None
    assert shown.state == "savings"


async def test_a_cloud_that_accepts_and_ignores_is_reported_by_what_the_gateway_does(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    both: GatewayServer,
    remote: MockConfigEntry,
    system: CloudSystem,
) -> None:
    system.settings.writes = WriteBehaviour.IGNORE
    with pytest.raises(HomeAssistantError) as ignored:
        await set_locally(hass, freezer, both, "number", RESERVE, value=45)
    assert ignored.value.translation_key == "control_ignored"


async def test_the_repair_goes_away_with_the_cloud_at_hand(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    local: MockConfigEntry,
    remote: MockConfigEntry,
    issue_registry: ir.IssueRegistry,
) -> None:
    await wait(hass, freezer, 1000, step=50)
    assert issue_registry.async_get_issue(DOMAIN, f"governed_remotely_{local.entry_id}") is None


@pytest.mark.parametrize("plan", [WATT])
async def test_a_plan_without_controls_changes_nothing(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, both: GatewayServer, remote: MockConfigEntry
) -> None:
    with pytest.raises(ServiceValidationError) as refused:
        await set_locally(hass, freezer, both, "number", RESERVE, value=45)
    assert refused.value.translation_key == "control_not_now_governed_remotely"


async def test_while_the_grid_is_out_here_nothing_is_sent_to_the_cloud(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    both: GatewayServer,
    remote: MockConfigEntry,
    cloud: CloudServer,
) -> None:
    both.house.switches.grid_available = False
    await wait(hass, freezer, 90, step=10)
    before = len(cloud.requests)
    with pytest.raises(ServiceValidationError) as refused:
        await set_locally(hass, freezer, both, "number", RESERVE, value=45)
    assert refused.value.translation_key == "control_not_now_off_grid"
    assert len(cloud.requests) == before


@pytest.mark.parametrize("readings", ["always"])
async def test_the_clouds_own_entry_takes_the_change_for_ours(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, both: GatewayServer, remote: MockConfigEntry
) -> None:
    await set_locally(hass, freezer, both, "number", RESERVE, value=45)
    await wait(hass, freezer, 4 * 3600, step=300)
    told = state(hass, "event", remote.unique_id or "", "setting")
    assert told is not None
    assert (told.attributes["to"], told.attributes["by"]) == (45, "home_assistant")
