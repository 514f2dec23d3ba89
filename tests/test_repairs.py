"""What a person is asked to mend, and what happens when they do."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.const import DOMAIN
from custom_components.energy_site.repairs import async_create_fix_flow
from custom_components.energy_site.vendors.iq_gateway.const import CONF_FINGERPRINT
from homeassistant.components.repairs import DOMAIN as REPAIRS
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from simulator.enphase_account import AccountServer
from simulator.iq_gateway import GatewayServer, Mutate
from tests.common import gateway_entry, number, set_up, status, tick

DAY = 86_400


def issue(hass: HomeAssistant, entry: MockConfigEntry, key: str) -> ir.IssueEntry | None:
    """Return one of our open issues."""
    return ir.async_get(hass).async_get_issue(DOMAIN, f"{key}_{entry.entry_id}")


async def confirm(hass: HomeAssistant, found: ir.IssueEntry) -> None:
    """Mend an issue as a person does."""
    await async_setup_component(hass, REPAIRS, {})
    flow: Any = await async_create_fix_flow(hass, found.issue_id, found.data)
    flow.hass = hass
    form: Any = await flow.async_step_init({"issue_id": found.issue_id})
    assert form["type"] is FlowResultType.FORM
    assert form["description_placeholders"] == found.translation_placeholders
    done: Any = await flow.async_step_confirm({})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_a_new_certificate_waits_for_a_person_and_gets_no_token(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    await gateway.rotate_certificate()
    gateway.stats.reset()
    for _ in range(6):
        await tick(hass, freezer, 15)
    found = issue(hass, entry, "certificate_changed")
    assert found is not None
    assert found.is_fixable
    assert gateway.stats.bearer == 0
    assert gateway.stats.cookie == 0
    assert set(gateway.stats.requests) == {"/info"}
    assert number(hass, gateway.serial, "solar_power") is None
    await confirm(hass, found)
    assert entry.data[CONF_FINGERPRINT] == gateway.fingerprint.hex()
    assert status(entry) is ConfigEntryState.LOADED
    assert number(hass, gateway.serial, "solar_power") == pytest.approx(gateway.house.flow.solar, abs=2)
    assert issue(hass, entry, "certificate_changed") is None


async def test_a_new_certificate_at_set_up_waits_for_a_person_too(hass: HomeAssistant, gateway: GatewayServer) -> None:
    entry = gateway_entry(gateway, data={CONF_FINGERPRINT: "00" * 32})
    await set_up(hass, entry)
    assert status(entry) is ConfigEntryState.SETUP_RETRY
    assert gateway.stats.bearer == 0
    found = issue(hass, entry, "certificate_changed")
    assert found is not None
    await confirm(hass, found)
    assert status(entry) is ConfigEntryState.LOADED
    await hass.config_entries.async_unload(entry.entry_id)


async def test_a_new_certificate_of_another_gateway_cannot_be_confirmed(
    hass: HomeAssistant, gateway: GatewayServer
) -> None:
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="IQ Gateway",
        unique_id="111111111111",
        data={**gateway_entry(gateway).data, CONF_FINGERPRINT: "00" * 32},
    )
    await set_up(hass, entry)
    assert issue(hass, entry, "certificate_changed") is None
    assert issue(hass, entry, "another_gateway") is not None
    assert gateway.stats.bearer == 0


async def test_nobody_behind_a_new_certificate_is_no_issue(hass: HomeAssistant, gateway: GatewayServer) -> None:
    entry = gateway_entry(gateway, data={CONF_FINGERPRINT: "00" * 32})
    gateway.break_connections(60)
    await set_up(hass, entry)
    assert status(entry) is ConfigEntryState.SETUP_RETRY
    assert issue(hass, entry, "certificate_changed") is None


async def test_a_token_near_its_end_asks_for_another(
    hass: HomeAssistant, gateway: GatewayServer, freezer: FrozenDateTimeFactory
) -> None:
    entry = gateway_entry(gateway, data={"token": gateway.token(lifetime=40 * DAY)})
    await set_up(hass, entry)
    assert issue(hass, entry, "token_expiring") is None
    freezer.tick(timedelta(days=15))
    await tick(hass, freezer, 3600)
    found = issue(hass, entry, "token_expiring")
    assert found is not None
    assert found.severity is ir.IssueSeverity.WARNING
    assert found.translation_placeholders is not None
    assert found.translation_placeholders["days"] == "24"
    freezer.tick(timedelta(days=20))
    await tick(hass, freezer, 3600)
    found = issue(hass, entry, "token_expiring")
    assert found is not None
    assert found.severity is ir.IssueSeverity.ERROR
    await confirm(hass, found)
    [flow] = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == SOURCE_REAUTH
    await hass.config_entries.async_unload(entry.entry_id)


async def test_a_token_near_its_end_renews_itself_with_a_remembered_password(
    hass: HomeAssistant, gateway: GatewayServer, account: AccountServer
) -> None:
    entry = gateway_entry(
        gateway,
        data={
            "token": gateway.token(lifetime=20 * DAY),
            "username": "owner@example.com",
            "password": "right",
        },
    )
    await set_up(hass, entry)
    assert account.logins == 1
    assert issue(hass, entry, "token_expiring") is None
    await hass.config_entries.async_unload(entry.entry_id)


async def test_a_service_out_of_reach_is_asked_for_the_token_again_later(
    hass: HomeAssistant, gateway: GatewayServer, account: AccountServer, freezer: FrozenDateTimeFactory
) -> None:
    account.refuse(503)
    entry = gateway_entry(
        gateway,
        data={"token": gateway.token(lifetime=20 * DAY), "username": "owner@example.com", "password": "right"},
    )
    await set_up(hass, entry)
    assert status(entry) is ConfigEntryState.LOADED
    assert issue(hass, entry, "token_expiring") is None
    freezer.tick(timedelta(days=14))
    await tick(hass, freezer, 3600)
    assert issue(hass, entry, "token_expiring") is not None
    await hass.config_entries.async_unload(entry.entry_id)


async def test_wrong_wiring_is_told_in_plain_words_until_it_is_mended(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    def complain(payload: Any) -> None:
        payload[0]["meteringStatus"] = "check-wiring"
        payload[0]["statusFlags"] = ["production-imbalance"]

    fault = gateway.faults.add(Mutate(complain), "/ivp/meters")
    await tick(hass, freezer, 901)
    found = issue(hass, entry, "meter_wiring")
    assert found is not None
    assert found.translation_placeholders is not None
    assert found.translation_placeholders["problems"] == "check wiring, production imbalance"
    fault.remove()
    await tick(hass, freezer, 901)
    assert issue(hass, entry, "meter_wiring") is None


async def test_an_inverter_that_is_silent_for_a_day_while_others_report_is_named(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    inverter = gateway.house.inverters[3]
    inverter.dead = True
    freezer.tick(timedelta(days=2))
    await tick(hass, freezer, 901)
    await tick(hass, freezer, 301)
    found = issue(hass, entry, "inverters_silent")
    assert found is not None
    assert found.translation_placeholders is not None
    assert found.translation_placeholders["serials"] == inverter.serial
    inverter.dead = False
    await tick(hass, freezer, 901)
    await tick(hass, freezer, 301)
    assert issue(hass, entry, "inverters_silent") is None


@pytest.mark.parametrize("key", ["token_expiring", "certificate_changed", "governed_remotely", "account_service"])
async def test_fixing_a_site_that_was_removed_meanwhile_does_nothing(hass: HomeAssistant, key: str) -> None:
    data: dict[str, Any] = {"entry_id": "gone", "key": key, CONF_FINGERPRINT: "00"}
    flow: Any = await async_create_fix_flow(hass, "issue", data)
    flow.hass = hass
    done: Any = await flow.async_step_confirm({})
    assert done["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(
    "data", [None, {"entry_id": "gone"}, {"key": "of_a_later_version"}, {"key": "setting_ignored"}]
)
async def test_an_issue_that_is_not_known_or_has_no_fix_asks_for_nothing(
    hass: HomeAssistant, data: dict[str, Any] | None
) -> None:
    with pytest.raises(LookupError):
        await async_create_fix_flow(hass, "issue", data)


async def test_the_entry_names_another_gateway_as_the_repair_does(hass: HomeAssistant, gateway: GatewayServer) -> None:
    other = replace(gateway.config, serial="482512000909")
    async with GatewayServer(gateway.house, other, clock=gateway.clock) as stranger:
        entry = gateway_entry(gateway, data={"host": stranger.host})
        await set_up(hass, entry)
        assert status(entry) is ConfigEntryState.SETUP_RETRY
        assert issue(hass, entry, "another_gateway") is not None
        assert entry.error_reason_translation_key == "another_gateway"
        assert stranger.stats.bearer == 0
        await hass.config_entries.async_unload(entry.entry_id)


async def test_a_repair_asks_before_it_acts(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    await gateway.rotate_certificate()
    for _ in range(6):
        await tick(hass, freezer, 15)
    found = issue(hass, entry, "certificate_changed")
    assert found is not None
    pinned = entry.data[CONF_FINGERPRINT]
    await async_setup_component(hass, REPAIRS, {})
    manager = hass.data[REPAIRS]["flow_manager"]
    form = await manager.async_init(DOMAIN, data={"issue_id": found.issue_id})
    assert form["type"] is FlowResultType.FORM
    assert entry.data[CONF_FINGERPRINT] == pinned
