"""Old entries and entities that aren't as they should be, and moves that fail: each says what to do, nothing is lost."""

import logging
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.const import DOMAIN
from custom_components.energy_site.moving.journal import JOURNAL
from custom_components.energy_site.moving.machine import async_load_journal
from homeassistant.components.energy.data import async_get_manager
from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import ConfigEntryNotReady
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.helpers.entity_registry import EntityRegistry, RegistryEntryDisabler
from homeassistant.setup import async_setup_component
from simulator.iq_gateway import GatewayServer
from tests.common import gateway_entry, set_up

from .another import Value, energy, power, set_up_another
from .common import (
    CORE,
    Stored,
    answer,
    choose,
    differences,
    look,
    move_back,
    move_in,
    offers,
    owner_of,
    registries,
    told,
)
from .recorded import record

ONE_PHASE = pytest.mark.parametrize("preset", ["single_phase"])


def old_id(hass: HomeAssistant, gateway: GatewayServer, key: str) -> str:
    """Return the entity ID of a sensor of the site in the old integration."""
    found = er.async_get(hass).async_get_entity_id("sensor", CORE, f"{gateway.serial}_{key}")
    assert found is not None
    return found


@ONE_PHASE
async def test_nothing_is_offered_where_nothing_can_be_moved(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry
) -> None:
    assert await offers(hass, entry) == ["settings"]
    other = MockConfigEntry(domain=CORE, unique_id="another gateway")
    other.add_to_hass(hass)
    assert await offers(hass, entry) == ["settings"]


@ONE_PHASE
async def test_a_site_that_is_not_set_up_offers_only_the_way_back(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, old: MockConfigEntry
) -> None:
    before = registries(hass)
    await move_in(hass, entry, old)
    with patch("custom_components.energy_site.async_setup_entry", side_effect=ConfigEntryNotReady):
        await hass.config_entries.async_reload(entry.entry_id)
        assert entry.state is ConfigEntryState.SETUP_RETRY
        assert await offers(hass, entry) == ["settings", "move_back"]
        await move_back(hass, entry)
        assert old.state is ConfigEntryState.LOADED
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert not differences(before, registries(hass))


@ONE_PHASE
async def test_a_disabled_entity_goes_on_as_ours_does_unless_the_user_disabled_it(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, old: MockConfigEntry
) -> None:
    registry = er.async_get(hass)
    power, load = old_id(hass, gateway, "net_consumption"), old_id(hass, gateway, "consumption")
    registry.async_update_entity(power, disabled_by=RegistryEntryDisabler.INTEGRATION)
    registry.async_update_entity(load, disabled_by=RegistryEntryDisabler.USER)
    await hass.async_block_till_done()
    before = registries(hass)
    await move_in(hass, entry, old)
    assert (state := hass.states.get(power)) is not None
    assert state.state != "unavailable"
    assert registry.entities[load].disabled_by is RegistryEntryDisabler.USER
    assert owner_of(hass, load) == (DOMAIN, f"{gateway.serial}_load_power")
    await move_back(hass, entry)
    assert not differences(before, registries(hass))


@ONE_PHASE
async def test_an_old_entry_that_was_disabled_already_stays_disabled_when_it_gets_its_entities_back(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, old: MockConfigEntry
) -> None:
    solar = old_id(hass, gateway, "production")
    await hass.config_entries.async_set_disabled_by(old.entry_id, ConfigEntryDisabler.USER)
    before = registries(hass)
    await move_in(hass, entry, old)
    assert (state := hass.states.get(solar)) is not None
    assert state.state != "unavailable"
    await move_back(hass, entry)
    assert not differences(before, registries(hass))
    assert old.disabled_by is ConfigEntryDisabler.USER


@ONE_PHASE
async def test_an_old_entry_that_is_broken_can_be_left_and_taken_back(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, old: MockConfigEntry
) -> None:
    solar = old_id(hass, gateway, "production")
    hass.config_entries.async_update_entry(old, data={**old.data, "host": "127.0.0.1:9"})
    with patch("homeassistant.components.enphase_envoy.Envoy", side_effect=RuntimeError):
        await hass.config_entries.async_reload(old.entry_id)
        assert old.state is ConfigEntryState.SETUP_ERROR
        before = registries(hass)
        await move_in(hass, entry, old)
        assert owner_of(hass, solar) == (DOMAIN, f"{gateway.serial}_solar_power")
        await move_back(hass, entry)
        assert old.state is ConfigEntryState.SETUP_ERROR
    assert not differences(before, registries(hass))


@ONE_PHASE
async def test_an_old_entry_that_is_gone_has_nothing_to_be_given_back(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, old: MockConfigEntry
) -> None:
    solar = old_id(hass, gateway, "production")
    await move_in(hass, entry, old)
    result = await choose(hass, entry, "move_back")
    await hass.config_entries.async_remove(old.entry_id)
    result = await answer(hass, result)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "nothing_to_move_back"
    assert owner_of(hass, solar) == (DOMAIN, f"{gateway.serial}_solar_power")
    assert await offers(hass, entry) == ["settings"]


@ONE_PHASE
async def test_an_old_entry_that_disappears_while_the_list_is_read_moves_nothing(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, old: MockConfigEntry
) -> None:
    form, result = await choose(hass, entry, "move_in"), await look(hass, entry, old)
    empty = await choose(hass, entry, "move_in")
    await hass.config_entries.async_remove(old.entry_id)
    result = await answer(hass, result)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "nothing_to_move")
    result = await answer(hass, form, entry=old.entry_id)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "nothing_to_move")
    flow = hass.config_entries.options._progress[empty["flow_id"]]
    assert (await flow.async_step_move_in())["reason"] == "nothing_to_move"  # type: ignore[attr-defined]


@ONE_PHASE
async def test_an_entity_that_was_deleted_meanwhile_comes_back_with_the_old_integration(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, old: MockConfigEntry
) -> None:
    registry, solar = er.async_get(hass), old_id(hass, gateway, "production")
    load = old_id(hass, gateway, "consumption")
    await move_in(hass, entry, old)
    registry.async_remove(solar)
    registry.async_update_entity(load, new_entity_id="sensor.renamed", name="My house")
    await hass.async_block_till_done()
    await move_back(hass, entry)
    assert owner_of(hass, solar) == (CORE, f"{gateway.serial}_production")
    assert owner_of(hass, "sensor.renamed") == (CORE, f"{gateway.serial}_consumption")
    assert registry.entities["sensor.renamed"].name == "My house"


@ONE_PHASE
async def test_what_the_old_integration_made_meanwhile_gives_way_to_what_it_gets_back(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, old: MockConfigEntry
) -> None:
    before = registries(hass)
    await move_in(hass, entry, old)
    await hass.config_entries.async_set_disabled_by(old.entry_id, None)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert er.async_get(hass).async_get_entity_id("sensor", CORE, f"{gateway.serial}_production")
    await move_back(hass, entry)
    after = registries(hass)
    assert not differences(before, {name: each for name, each in after.items() if not name.startswith("deleted")})


@ONE_PHASE
async def test_removing_our_entry_gives_the_entities_back(
    hass: HomeAssistant, gateway: GatewayServer, old: MockConfigEntry
) -> None:
    entry = gateway_entry(gateway)
    await set_up(hass, entry)
    registry, solar = er.async_get(hass), old_id(hass, gateway, "production")
    registry.async_update_entity(solar, name="My panels")
    await move_in(hass, entry, old)
    await hass.config_entries.async_remove(entry.entry_id)
    assert owner_of(hass, solar) == (CORE, f"{gateway.serial}_production")
    await hass.config_entries.async_set_disabled_by(old.entry_id, None)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert (state := hass.states.get(solar)) is not None
    assert state.state != "unavailable"
    assert registry.entities[solar].name == "My panels"
    assert hass.data[JOURNAL].of(entry.entry_id) == ()


@ONE_PHASE
async def test_a_move_after_which_our_site_does_not_come_back_is_undone(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, old: MockConfigEntry
) -> None:
    before, result = registries(hass), await look(hass, entry, old)
    with patch("custom_components.energy_site.async_setup_entry", return_value=False):
        result = await answer(hass, result)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "not_set_up_again")
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert not differences(before, registries(hass))
    assert old.state is ConfigEntryState.LOADED


@ONE_PHASE
async def test_an_old_entry_that_cannot_be_stopped_keeps_everything(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, old: MockConfigEntry
) -> None:
    before, result = registries(hass), await look(hass, entry, old)
    with patch("homeassistant.components.enphase_envoy.async_unload_entry", return_value=False):
        result = await answer(hass, result)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "old_entry_not_stopped")
    assert old.disabled_by is None
    assert entry.state is ConfigEntryState.LOADED
    assert not differences(before, registries(hass))


@ONE_PHASE
@pytest.mark.parametrize("at", [0, 5])
async def test_an_entity_that_cannot_be_handed_over_leaves_all_of_them_where_they_were(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, old: MockConfigEntry, at: int
) -> None:
    before, result, calls = registries(hass), await look(hass, entry, old), 0
    update = EntityRegistry.async_update_entity_platform

    def refuse(self: EntityRegistry, *args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == at + 1:
            raise ValueError("in use")
        return update(self, *args, **kwargs)

    with patch.object(EntityRegistry, "async_update_entity_platform", refuse):
        result = await answer(hass, result)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "entities_in_use")
    assert not differences(before, registries(hass))
    assert old.state is ConfigEntryState.LOADED
    assert entry.state is ConfigEntryState.LOADED
    await move_in(hass, entry, old)


@ONE_PHASE
async def test_an_undo_that_fails_says_so_and_can_be_tried_again(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, old: MockConfigEntry
) -> None:
    before = registries(hass)
    await move_in(hass, entry, old)
    with patch.object(EntityRegistry, "async_update_entity_platform", side_effect=ValueError("in use")):
        result = await answer(hass, await choose(hass, entry, "move_back"))
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "move_back_failed")
    await move_back(hass, entry)
    assert not differences(before, registries(hass))


@ONE_PHASE
async def test_an_entry_without_any_counterpart_is_refused(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch, gateway: GatewayServer, entry: MockConfigEntry
) -> None:
    serial = gateway.serial
    old = await set_up_another(
        hass, monkeypatch, "enphase_realtime", [power(f"{serial}_odd", serial)], unique_id=serial
    )
    result = await answer(hass, await choose(hass, entry, "move_in"), entry=old.entry_id)
    assert result["errors"] == {"entry": "nothing_to_move"}


@ONE_PHASE
async def test_a_unit_that_cannot_be_converted_and_a_day_that_differs_are_left_alone(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch, gateway: GatewayServer, entry: MockConfigEntry
) -> None:
    serial = gateway.serial
    odd = Value(unique_id=f"{serial}_grid_power", device=serial, state=5, unit="A")
    values = [odd, energy(f"{serial}_lifetime_energy_production", serial, 1.0), power(f"{serial}_net_power", serial)]
    old = await set_up_another(hass, monkeypatch, "enphase_realtime", values, unique_id=serial)
    plan = told(await look(hass, entry, old))
    assert "unit that can't be converted" in plan
    assert "counts from another register" in plan


@ONE_PHASE
@pytest.mark.usefixtures("recorder_mock")
async def test_of_two_that_show_the_same_the_one_in_the_energy_dashboard_moves_in(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, old: MockConfigEntry
) -> None:
    await async_setup_component(hass, "energy", {})
    first, second = (old_id(hass, gateway, key) for key in ("lifetime_production", "production_ct_energy_delivered"))
    assert f"Solar energy: `{first}`" in told(await look(hass, entry, old))
    manager = await async_get_manager(hass)
    await manager.async_update({"energy_sources": [{"type": "solar", "stat_energy_from": second}]})  # type: ignore[typeddict-item]  # What a dashboard of long ago lacks.
    assert f"Solar energy: `{second}`" in told(await look(hass, entry, old))


@ONE_PHASE
@pytest.mark.usefixtures("recorder_mock")
async def test_what_has_recorded_nothing_for_a_month_and_shows_nothing_is_left_alone(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    gateway: GatewayServer,
    entry: MockConfigEntry,
    old: MockConfigEntry,
) -> None:
    registry = er.async_get(hass)
    await record(hass, freezer)
    # What an override of another time has left.
    dead = registry.async_get_or_create(
        "sensor",
        CORE,
        f"{gateway.serial}_production_l1",
        config_entry=old,
        capabilities={"state_class": "measurement"},
        unit_of_measurement="W",
    )
    plan = told(await look(hass, entry, old))
    assert dead.entity_id in plan.split("Not in use for a month")[1].split("**")[1]
    # Once the old entry is disabled, nothing shows anything, and only what is recorded tells them apart.
    await hass.config_entries.async_set_disabled_by(old.entry_id, ConfigEntryDisabler.USER)
    plan = told(await look(hass, entry, old))
    assert dead.entity_id in plan.split("Not in use for a month")[1].split("**")[1]
    assert f"Solar energy: `{old_id(hass, gateway, 'lifetime_production')}`" in plan
    solar = old_id(hass, gateway, "lifetime_production")
    await move_in(hass, entry, old)
    assert owner_of(hass, solar) == (DOMAIN, f"{gateway.serial}_solar_energy")


@ONE_PHASE
async def test_automations_of_the_old_devices_and_words_are_named(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, old: MockConfigEntry
) -> None:
    registry, grid = er.async_get(hass), old_id(hass, gateway, "net_consumption_ct_metering_status")
    device = registry.entities[grid].device_id
    await async_setup_component(
        hass,
        "automation",
        {
            "automation": [
                {
                    "alias": "By [device](x)",
                    "triggers": [{"trigger": "event", "event_type": "x"}],
                    "actions": [{"action": "homeassistant.update_entity", "target": {"device_id": device}}],
                },
                {
                    "alias": "By words",
                    "triggers": [{"trigger": "state", "entity_id": grid, "to": "not-metering"}],
                    "actions": [],
                },
            ]
        },
    )
    await hass.async_block_till_done()
    plan = told(await look(hass, entry, old))
    assert "- By device(x)" in plan
    assert "- By words" in plan


@ONE_PHASE
async def test_a_stored_list_that_cannot_be_read_is_kept_and_reported(
    hass: HomeAssistant, hass_storage: dict[str, Any], gateway: GatewayServer
) -> None:
    hass_storage[f"{DOMAIN}.moves"] = {
        "version": 1,
        "minor_version": 1,
        "key": f"{DOMAIN}.moves",
        "data": {"moves": {"x": [{"phase": "odd"}]}},
    }
    entry = gateway_entry(gateway)
    await set_up(hass, entry)
    assert entry.state is ConfigEntryState.LOADED
    assert ir.async_get(hass).async_get_issue(DOMAIN, "storage_unreadable_moves") is not None
    await hass.config_entries.async_unload(entry.entry_id)


@ONE_PHASE
async def test_an_integration_whose_code_was_removed_already_can_be_left(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry
) -> None:
    old = MockConfigEntry(domain="enphase_realtime", unique_id=gateway.serial, title="Gone")
    old.add_to_hass(hass)
    left = er.async_get(hass).async_get_or_create(
        "sensor", "enphase_realtime", f"{gateway.serial}_net_power", config_entry=old, unit_of_measurement="W"
    )
    await move_in(hass, entry, old)
    assert owner_of(hass, left.entity_id) == (DOMAIN, f"{gateway.serial}_grid_power")


@ONE_PHASE
async def test_removing_our_entry_after_the_old_one_leaves_nothing_behind(
    hass: HomeAssistant, gateway: GatewayServer, old: MockConfigEntry
) -> None:
    entry = gateway_entry(gateway)
    await set_up(hass, entry)
    await move_in(hass, entry, old)
    await hass.config_entries.async_remove(old.entry_id)
    await hass.config_entries.async_remove(entry.entry_id)
    assert not hass.data[JOURNAL].entries()


@ONE_PHASE
async def test_removing_our_entry_works_even_if_the_entities_are_in_use(
    hass: HomeAssistant, gateway: GatewayServer, old: MockConfigEntry
) -> None:
    entry = gateway_entry(gateway)
    await set_up(hass, entry)
    await move_in(hass, entry, old)
    with patch.object(EntityRegistry, "async_update_entity_platform", side_effect=ValueError("in use")):
        await hass.config_entries.async_remove(entry.entry_id)
    assert not hass.data[JOURNAL].entries()
    assert hass.config_entries.async_get_entry(entry.entry_id) is None


@ONE_PHASE
async def test_a_move_that_cannot_be_finished_after_a_restart_leaves_the_site_working_and_is_tried_again(
    hass: HomeAssistant,
    gateway: GatewayServer,
    entry: MockConfigEntry,
    old: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    before, result = registries(hass), await look(hass, entry, old)
    killed = patch("custom_components.energy_site.moving.machine.hand_over", side_effect=KeyboardInterrupt)
    with killed, pytest.raises(KeyboardInterrupt):
        await answer(hass, result)
    with patch("custom_components.energy_site.moving.machine.hand_over", side_effect=ValueError):
        await async_load_journal(hass)
    logged = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert "The move from enphase_envoy into energy_site could not be finished: ValueError" in logged
    assert gateway.serial not in "".join(logged)
    assert await offers(hass, entry) == ["settings", "move_back"]
    await async_load_journal(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert owner_of(hass, old_id_before(before)) == (DOMAIN, f"{gateway.serial}_solar_power")
    await move_back(hass, entry)
    assert not differences(before, registries(hass))


def old_id_before(stored: Stored) -> str:
    """Return the entity ID that the old power of the sun had."""
    return next(
        str(each["entity_id"])
        for each in stored.values()
        if each.get("platform") == CORE and str(each["unique_id"]).endswith("_production")
    )
