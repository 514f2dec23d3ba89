"""Old entries and entities that aren't as they should be: each says what to do, and nothing is lost."""

from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.const import DOMAIN
from homeassistant.components.energy.data import async_get_manager
from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryNotReady
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_registry import RegistryEntryDisabler
from homeassistant.setup import async_setup_component
from simulator.iq_gateway import GatewayServer

from .another import Value, energy, power, set_up_another
from .common import CORE, answer, choose, ended, look, move_in, offers, owner_of, told
from .home import Home
from .recorded import record

pytestmark = pytest.mark.parametrize("preset", ["single_phase"])


async def test_nothing_is_offered_where_nothing_can_be_moved(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry
) -> None:
    assert await offers(hass, entry) == ["settings"]
    other = MockConfigEntry(domain=CORE, unique_id="another gateway")
    other.add_to_hass(hass)
    assert await offers(hass, entry) == ["settings"]


async def test_a_site_that_is_not_set_up_offers_only_the_way_back(hass: HomeAssistant, home: Home) -> None:
    await home.move_in()
    with patch("custom_components.energy_site.async_setup_entry", side_effect=ConfigEntryNotReady):
        await hass.config_entries.async_reload(home.entry.entry_id)
        assert home.entry.state is ConfigEntryState.SETUP_RETRY
        assert await offers(hass, home.entry) == ["settings", "move_back"]
        await home.move_back()
        assert home.old.state is ConfigEntryState.LOADED
    await hass.config_entries.async_reload(home.entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert not home.changes()


async def test_a_disabled_entity_goes_on_as_ours_does_unless_the_user_disabled_it(
    hass: HomeAssistant, home: Home
) -> None:
    registry = er.async_get(hass)
    power, load = home.old_id("net_consumption"), home.old_id("consumption")
    registry.async_update_entity(power, disabled_by=RegistryEntryDisabler.INTEGRATION)
    registry.async_update_entity(load, disabled_by=RegistryEntryDisabler.USER)
    await hass.async_block_till_done()
    home.remember()
    await home.move_in()
    assert home.shows(power)
    assert registry.entities[load].disabled_by is RegistryEntryDisabler.USER
    assert home.owner_of(load) == (DOMAIN, f"{home.serial}_load_power")
    await home.move_back()
    assert not home.changes()


async def test_an_old_entry_that_was_disabled_already_stays_disabled_when_it_gets_its_entities_back(
    hass: HomeAssistant, home: Home
) -> None:
    solar = home.old_id("production")
    await hass.config_entries.async_set_disabled_by(home.old.entry_id, ConfigEntryDisabler.USER)
    home.remember()
    await home.move_in()
    assert home.shows(solar)
    await home.move_back()
    assert not home.changes()
    assert home.old.disabled_by is ConfigEntryDisabler.USER


async def test_an_old_entry_that_is_broken_can_be_left_and_taken_back(hass: HomeAssistant, home: Home) -> None:
    solar = home.old_id("production")
    hass.config_entries.async_update_entry(home.old, data={**home.old.data, "host": "127.0.0.1:9"})
    with patch("homeassistant.components.enphase_envoy.Envoy", side_effect=RuntimeError):
        await hass.config_entries.async_reload(home.old.entry_id)
        assert home.old.state is ConfigEntryState.SETUP_ERROR
        home.remember()
        await home.move_in()
        assert home.owner_of(solar) == (DOMAIN, f"{home.serial}_solar_power")
        await home.move_back()
        assert home.old.state is ConfigEntryState.SETUP_ERROR
    assert not home.changes()


async def test_an_old_entry_that_is_gone_has_nothing_to_be_given_back(hass: HomeAssistant, home: Home) -> None:
    solar = home.old_id("production")
    await home.move_in()
    result = await choose(hass, home.entry, "move_back")
    await hass.config_entries.async_remove(home.old.entry_id)
    result = await answer(hass, result)
    assert ended(result) == "nothing_to_move_back"
    assert home.owner_of(solar) == (DOMAIN, f"{home.serial}_solar_power")
    assert await offers(hass, home.entry) == ["settings"]


async def test_an_old_entry_that_disappears_while_the_list_is_read_moves_nothing(
    hass: HomeAssistant, home: Home
) -> None:
    form, result = await choose(hass, home.entry, "move_in"), await home.look()
    empty = await choose(hass, home.entry, "move_in")
    await hass.config_entries.async_remove(home.old.entry_id)
    result = await answer(hass, result)
    assert ended(result) == "nothing_to_move"
    result = await answer(hass, form, entry=home.old.entry_id)
    assert ended(result) == "nothing_to_move"
    flow = hass.config_entries.options._progress[empty["flow_id"]]
    assert (await flow.async_step_move_in())["reason"] == "nothing_to_move"  # type: ignore[attr-defined]


async def test_an_entity_that_was_deleted_meanwhile_comes_back_with_the_old_integration(
    hass: HomeAssistant, home: Home
) -> None:
    registry, solar = er.async_get(hass), home.old_id("production")
    load = home.old_id("consumption")
    await home.move_in()
    registry.async_remove(solar)
    registry.async_update_entity(load, new_entity_id="sensor.renamed", name="My house")
    await hass.async_block_till_done()
    await home.move_back()
    assert home.owner_of(solar) == (CORE, f"{home.serial}_production")
    assert home.owner_of("sensor.renamed") == (CORE, f"{home.serial}_consumption")
    assert registry.entities["sensor.renamed"].name == "My house"


async def test_what_the_old_integration_made_meanwhile_gives_way_to_what_it_gets_back(
    hass: HomeAssistant, home: Home
) -> None:
    await home.move_in()
    await hass.config_entries.async_set_disabled_by(home.old.entry_id, None)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert er.async_get(hass).async_get_entity_id("sensor", CORE, f"{home.serial}_production")
    await home.move_back()
    assert all(name.startswith("deleted") for name in home.changes())


async def test_a_counter_from_another_start_stays_where_nothing_can_make_ours_go_on_from_there(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch, home: Home
) -> None:
    solar = home.old_id("lifetime_production")
    state = hass.states.get(solar)
    assert state is not None
    hass.states.async_set(solar, "99.25", state.attributes)
    monkeypatch.setattr(home.entry.runtime_data.source, "counter_name", lambda *_: None)
    assert solar in told(await home.look()).split("Count from another start")[1].split("**")[1]


async def test_an_entry_without_any_counterpart_is_refused(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch, gateway: GatewayServer, entry: MockConfigEntry
) -> None:
    serial = gateway.serial
    old = await set_up_another(
        hass, monkeypatch, "enphase_realtime", [power(f"{serial}_odd", serial)], unique_id=serial
    )
    result = await answer(hass, await choose(hass, entry, "move_in"), entry=old.entry_id)
    assert result["errors"] == {"entry": "nothing_to_move"}


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


@pytest.mark.usefixtures("recorder_mock")
async def test_of_two_that_show_the_same_the_one_in_the_energy_dashboard_moves_in(
    hass: HomeAssistant, home: Home
) -> None:
    await async_setup_component(hass, "energy", {})
    first, second = (home.old_id(key) for key in ("lifetime_production", "production_ct_energy_delivered"))
    assert f"Solar energy: `{first}`" in told(await home.look())
    manager = await async_get_manager(hass)
    await manager.async_update({"energy_sources": [{"type": "solar", "stat_energy_from": second}]})  # type: ignore[typeddict-item]  # What a dashboard of long ago lacks.
    assert f"Solar energy: `{second}`" in told(await home.look())


@pytest.mark.usefixtures("recorder_mock")
async def test_what_has_recorded_nothing_for_a_month_and_shows_nothing_is_left_alone(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, home: Home
) -> None:
    registry = er.async_get(hass)
    await record(hass, freezer)
    # What an override of another time has left.
    dead = registry.async_get_or_create(
        "sensor",
        CORE,
        f"{home.serial}_production_l1",
        config_entry=home.old,
        capabilities={"state_class": "measurement"},
        unit_of_measurement="W",
    )
    plan = told(await home.look())
    assert dead.entity_id in plan.split("Not in use for a month")[1].split("**")[1]
    # Once the old entry is disabled, nothing shows anything, and only what is recorded tells them apart.
    await hass.config_entries.async_set_disabled_by(home.old.entry_id, ConfigEntryDisabler.USER)
    plan = told(await home.look())
    assert dead.entity_id in plan.split("Not in use for a month")[1].split("**")[1]
    assert f"Solar energy: `{home.old_id('lifetime_production')}`" in plan
    solar = home.old_id("lifetime_production")
    await home.move_in()
    assert home.owner_of(solar) == (DOMAIN, f"{home.serial}_solar_energy")


async def test_automations_of_the_old_devices_and_words_are_named(hass: HomeAssistant, home: Home) -> None:
    registry, grid = er.async_get(hass), home.old_id("net_consumption_ct_metering_status")
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
    plan = told(await home.look())
    assert "- By device(x)" in plan
    assert "- By words" in plan


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
