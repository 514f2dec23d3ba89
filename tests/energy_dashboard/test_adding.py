"""A gateway's site is added to the Energy dashboard through its options, and nothing else changes."""

import json
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import probatio
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done

from homeassistant.components.energy.data import EnergyManager
from homeassistant.components.recorder.models import StatisticMeanType, StatisticMetaData
from homeassistant.components.recorder.statistics import async_import_statistics
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er
from simulator.iq_gateway import GatewayServer
from tests.common import gateway_entry, set_up

from .dashboard import (
    add,
    by_type,
    choose,
    choose_from,
    complaints,
    devices,
    let_statistics_come,
    open_menu,
    save,
    sensor,
    sources,
    submit,
    text,
)

FOREIGN_SOLAR = {
    "type": "solar",
    "stat_energy_from": "sensor.balcony_energy",
    "config_entry_solar_forecast": None,
    "name": "Balcony",
}
FOREIGN_GRID = {
    "type": "grid",
    "stat_energy_from": "sensor.utility_import",
    "stat_energy_to": "sensor.utility_export",
    "stat_cost": None,
    "cost_adjustment_day": 0.0,
}
GAS = {"type": "gas", "stat_energy_from": "sensor.gas", "stat_cost": None, "number_energy_price": 0.1}


async def test_the_whole_site_is_added_in_one_confirmed_step(
    hass: HomeAssistant, site: MockConfigEntry, gateway: GatewayServer, manager: EnergyManager
) -> None:
    form = await choose(hass, site)
    assert manager.data is None, "nothing is saved before somebody confirms"
    shown = text(form, "added")
    result = await submit(hass, form)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    found = by_type(manager)
    serial = gateway.serial
    power = sensor(hass, serial, "grid_power")
    assert found["grid"] == {
        "type": "grid",
        "stat_energy_from": sensor(hass, serial, "grid_import_energy"),
        "stat_energy_to": sensor(hass, serial, "grid_export_energy"),
        "power_config": {"stat_rate": power},
        "stat_rate": power,
        "cost_adjustment_day": 0.0,
        "name": "Grid",
        **dict.fromkeys(
            (
                "stat_cost",
                "entity_energy_price",
                "number_energy_price",
                "stat_compensation",
                "entity_energy_price_export",
                "number_energy_price_export",
            )
        ),
    }
    assert found["solar"] == {
        "type": "solar",
        "stat_energy_from": sensor(hass, serial, "solar_energy"),
        "stat_rate": sensor(hass, serial, "solar_power"),
        "config_entry_solar_forecast": None,
        "name": "Solar",
    }
    power = sensor(hass, serial, "battery_power")
    battery = gateway.house.battery
    assert battery is not None
    assert found["battery"] == {
        "type": "battery",
        "stat_energy_from": sensor(hass, serial, "battery_discharge_energy"),
        "stat_energy_to": sensor(hass, serial, "battery_charge_energy"),
        "power_config": {"stat_rate": power},
        "stat_rate": power,
        "stat_soc": sensor(hass, serial, "battery_level"),
        "capacity": pytest.approx(battery.capacity / 1000, abs=0.01),
        "name": "Battery",
    }
    assert await complaints(hass) == []
    for source in found.values():
        for field in ("stat_energy_from", "stat_energy_to", "stat_rate", "stat_soc"):
            if statistic := source.get(field):
                state = hass.states.get(statistic)
                assert state is not None
                assert f"{state.name} (`{statistic}`)" in shown


async def test_it_speaks_the_language_of_home_assistant(
    hass: HomeAssistant, site: MockConfigEntry, manager: EnergyManager
) -> None:
    hass.config.language = "de"
    form = await choose(hass, site)
    assert "- **Netz**: " in text(form, "added")
    assert "Kapazität 10" in text(form, "added")
    assert text(form, "remarks").startswith("Bitte beachten:")
    await submit(hass, form)
    assert by_type(manager)["battery"]["name"] == "Batterie"


async def test_the_options_stay_and_nothing_is_reloaded(
    hass: HomeAssistant, site: MockConfigEntry, manager: EnergyManager
) -> None:
    before, runtime = dict(site.options), site.runtime_data
    await add(hass, site)
    assert dict(site.options) == before
    assert site.runtime_data is runtime


@pytest.mark.parametrize(
    "preferences",
    [
        {
            "energy_sources": [GAS, FOREIGN_SOLAR],
            "device_consumption": [{"stat_consumption": "sensor.fridge", "name": "Fridge"}],
            "device_consumption_water": [{"stat_consumption": "sensor.shower"}],
        }
    ],
)
async def test_what_is_there_stays_byte_for_byte_and_first(
    hass: HomeAssistant, site: MockConfigEntry, manager: EnergyManager
) -> None:
    before: Any = manager.data
    written = json.dumps(before)
    form = await choose(hass, site)
    assert "sensor.balcony_energy" in text(form, "remarks"), "both may measure the same panels"
    await submit(hass, form)
    after: Any = manager.data
    assert json.dumps({**after, "energy_sources": after["energy_sources"][:2]}) == written
    assert [source["type"] for source in after["energy_sources"][2:]] == ["grid", "solar", "battery"]
    assert after["energy_sources"][3]["name"] == "Solar (IQ Gateway)"


async def test_what_is_there_already_is_not_added_again(
    hass: HomeAssistant, site: MockConfigEntry, manager: EnergyManager
) -> None:
    await add(hass, site)
    before = sources(manager)
    result = await choose(hass, site)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "energy_dashboard_nothing"
    assert text(result, "remarks").count("already in the Energy dashboard") == 3
    assert sources(manager) == before


async def test_a_renamed_entity_is_known_by_what_it_is(
    hass: HomeAssistant,
    site: MockConfigEntry,
    gateway: GatewayServer,
    manager: EnergyManager,
    freezer: FrozenDateTimeFactory,
) -> None:
    mine = "sensor.my_roof"
    er.async_get(hass).async_update_entity(sensor(hass, gateway.serial, "solar_energy"), new_entity_id=mine)
    await let_statistics_come(hass, freezer)
    form = await choose(hass, site)
    assert mine in text(form, "added")
    await submit(hass, form)
    assert by_type(manager)["solar"]["stat_energy_from"] == mine
    assert await complaints(hass) == []
    assert (await choose(hass, site))["reason"] == "energy_dashboard_nothing"


async def test_an_entity_renamed_afterwards_is_said_and_not_added_twice(
    hass: HomeAssistant,
    site: MockConfigEntry,
    gateway: GatewayServer,
    manager: EnergyManager,
    freezer: FrozenDateTimeFactory,
) -> None:
    await add(hass, site)
    before, old = sources(manager), sensor(hass, gateway.serial, "solar_energy")
    er.async_get(hass).async_update_entity(old, new_entity_id="sensor.my_roof")
    er.async_get(hass).async_update_entity(sensor(hass, gateway.serial, "solar_power"), new_entity_id="sensor.my_power")
    await let_statistics_come(hass, freezer)
    result = await choose(hass, site)
    assert result["reason"] == "energy_dashboard_nothing"
    assert old in text(result, "remarks")
    assert "Select IQ Gateway Solar energy (`sensor.my_roof`) instead" in text(result, "remarks")
    assert sources(manager) == before


@pytest.mark.parametrize("preferences", [{"energy_sources": [FOREIGN_GRID], "device_consumption": []}])
async def test_another_meter_of_the_grid_stops_it_and_is_named(
    hass: HomeAssistant, site: MockConfigEntry, gateway: GatewayServer, manager: EnergyManager
) -> None:
    before = sources(manager)
    result = await choose(hass, site)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "energy_dashboard_other_meter"
    assert "sensor.utility_import" in text(result, "meters")
    assert sensor(hass, gateway.serial, "solar_energy") in text(result, "wanted")
    assert sources(manager) == before


async def test_what_another_integration_counts_of_this_very_site_is_not_added_beside_it(
    hass: HomeAssistant, site: MockConfigEntry, manager: EnergyManager
) -> None:
    core = MockConfigEntry(domain="enphase_envoy", unique_id=site.unique_id)
    core.add_to_hass(hass)
    registry = er.async_get(hass)
    old = registry.async_get_or_create(
        "sensor", core.domain, f"{site.unique_id}_lifetime_production", config_entry=core
    )
    solar = {"type": "solar", "stat_energy_from": old.entity_id, "config_entry_solar_forecast": None}
    await save(manager, [solar])
    form = await choose(hass, site)
    assert "**Solar**" not in text(form, "added")
    remarks = text(form, "remarks")
    assert f"Solar: the Energy dashboard already has `{old.entity_id}` of another integration" in remarks
    assert "**Move in from another integration**" in remarks
    await submit(hass, form)
    assert sources(manager)[0] == solar
    assert set(by_type(manager)) == {"grid", "solar", "battery"}


@pytest.mark.parametrize(
    "flow_to", [[], [{"stat_energy_to": "sensor.utility_export", "stat_compensation": None}]], ids=["one way", "both"]
)
async def test_preferences_of_an_older_shape_are_read(
    hass: HomeAssistant, site: MockConfigEntry, manager: EnergyManager, flow_to: list[Any]
) -> None:
    grid = {
        "type": "grid",
        "flow_from": [{"stat_energy_from": "sensor.utility_import", "stat_cost": None}],
        "flow_to": flow_to,
        "cost_adjustment_day": 0.0,
    }
    old: Any = {"energy_sources": [grid], "device_consumption": []}
    manager.data = old
    result = await choose(hass, site)
    assert result["reason"] == "energy_dashboard_other_meter"
    assert "sensor.utility_import" in text(result, "meters")
    assert manager.data == old


async def test_a_grid_of_an_older_shape_with_this_meter_is_not_doubled(
    hass: HomeAssistant, site: MockConfigEntry, gateway: GatewayServer, manager: EnergyManager
) -> None:
    grid = {
        "type": "grid",
        "flow_from": [{"stat_energy_from": sensor(hass, gateway.serial, "grid_import_energy"), "stat_cost": None}],
        "flow_to": [],
        "cost_adjustment_day": 0.0,
    }
    old: Any = {"energy_sources": [grid], "device_consumption": []}
    manager.data = old
    written = json.dumps(grid)
    result = await add(hass, site)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert json.dumps(sources(manager)[0]) == written
    assert [source["type"] for source in sources(manager)] == ["grid", "solar", "battery"]


@pytest.mark.parametrize("odd", [{"energy_sources": {"grid": 1}}, {"energy_sources": ["sensor.x"]}])
async def test_preferences_that_nobody_knows_are_left_alone(
    hass: HomeAssistant, site: MockConfigEntry, manager: EnergyManager, odd: Any
) -> None:
    manager.data = odd
    result = await choose(hass, site)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "energy_dashboard_unreadable"
    assert manager.data is odd


async def test_preferences_that_changed_meanwhile_are_shown_again(
    hass: HomeAssistant, site: MockConfigEntry, gateway: GatewayServer, manager: EnergyManager
) -> None:
    form = await choose(hass, site)
    by_hand = {**FOREIGN_SOLAR, "stat_energy_from": sensor(hass, gateway.serial, "solar_energy")}
    await save(manager, [by_hand])
    form = await submit(hass, form)
    assert form["type"] is FlowResultType.FORM
    assert form["errors"] == {"base": "energy_dashboard_changed"}
    assert "**Solar**" not in text(form, "added")
    assert sources(manager) == [by_hand]
    assert (await submit(hass, form))["type"] is FlowResultType.CREATE_ENTRY
    assert [source["type"] for source in sources(manager)] == ["solar", "grid", "battery"]
    assert sources(manager)[0] == by_hand


async def test_a_change_elsewhere_is_kept(hass: HomeAssistant, site: MockConfigEntry, manager: EnergyManager) -> None:
    form = await choose(hass, site)
    await save(manager, [GAS])
    assert (await submit(hass, form))["type"] is FlowResultType.CREATE_ENTRY
    assert sources(manager)[0] == GAS
    assert len(sources(manager)) == 4


async def test_without_statistics_it_says_to_wait(
    hass: HomeAssistant, manager: EnergyManager, gateway: GatewayServer
) -> None:
    entry = gateway_entry(gateway)
    await set_up(hass, entry)
    result = await choose(hass, entry)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "energy_dashboard_nothing"
    assert "has no statistics yet" in text(result, "remarks")
    assert manager.data is None
    await hass.config_entries.async_unload(entry.entry_id)


async def test_a_disabled_counter_leaves_its_part_out(
    hass: HomeAssistant, site: MockConfigEntry, gateway: GatewayServer, manager: EnergyManager
) -> None:
    off = sensor(hass, gateway.serial, "battery_charge_energy")
    er.async_get(hass).async_update_entity(off, disabled_by=er.RegistryEntryDisabler.USER)
    await hass.async_block_till_done()
    form = await choose(hass, site)
    assert f"(`{off}`) is disabled" in text(form, "remarks")
    await submit(hass, form)
    assert set(by_type(manager)) == {"grid", "solar"}
    assert await complaints(hass) == []


async def test_a_disabled_power_leaves_only_the_power_out(
    hass: HomeAssistant, site: MockConfigEntry, gateway: GatewayServer, manager: EnergyManager
) -> None:
    for key in ("grid_power", "solar_power", "battery_level"):
        er.async_get(hass).async_update_entity(
            sensor(hass, gateway.serial, key), disabled_by=er.RegistryEntryDisabler.USER
        )
    await hass.async_block_till_done()
    form = await choose(hass, site)
    assert text(form, "remarks").count("is disabled") == 3
    await submit(hass, form)
    found = by_type(manager)
    assert "power_config" not in found["grid"]
    assert "stat_rate" not in found["solar"]
    assert "stat_soc" not in found["battery"]
    assert await complaints(hass) == []


@pytest.mark.parametrize(("unit", "said"), [("l", "can't be used with the unit l"), (None, "has no unit")])
async def test_a_counter_in_another_unit_is_said_and_left_out(
    hass: HomeAssistant,
    site: MockConfigEntry,
    gateway: GatewayServer,
    manager: EnergyManager,
    unit: str | None,
    said: str,
) -> None:
    solar = sensor(hass, gateway.serial, "solar_energy")
    state = hass.states.get(solar)
    assert state is not None
    hass.states.async_set(solar, state.state, {**state.attributes, "unit_of_measurement": unit})
    form = await choose(hass, site)
    assert said in text(form, "remarks")
    await submit(hass, form)
    assert set(by_type(manager)) == {"grid", "battery"}


async def test_statistics_in_another_unit_are_said_and_left_out(
    hass: HomeAssistant, site: MockConfigEntry, gateway: GatewayServer, manager: EnergyManager
) -> None:
    metadata = StatisticMetaData(
        has_sum=True,
        mean_type=StatisticMeanType.NONE,
        name=None,
        source="recorder",
        statistic_id=sensor(hass, gateway.serial, "solar_energy"),
        unit_class="volume",
        unit_of_measurement="m³",
    )
    async_import_statistics(hass, metadata, [])
    await async_wait_recording_done(hass)
    form = await choose(hass, site)
    assert "can't be used with the unit m³" in text(form, "remarks")
    await submit(hass, form)
    assert set(by_type(manager)) == {"grid", "battery"}


@pytest.mark.parametrize("recorder_config", [{"exclude": {"entities": ["sensor.iq_gateway_solar_energy"]}}])
async def test_a_counter_that_is_not_recorded_is_said_and_left_out(
    hass: HomeAssistant, site: MockConfigEntry, manager: EnergyManager
) -> None:
    form = await choose(hass, site)
    assert "(`sensor.iq_gateway_solar_energy`) is excluded from the recorder" in text(form, "remarks")
    await submit(hass, form)
    assert set(by_type(manager)) == {"grid", "battery"}
    assert await complaints(hass) == []


async def test_a_silent_gateway_is_waited_for(
    hass: HomeAssistant, site: MockConfigEntry, gateway: GatewayServer, manager: EnergyManager
) -> None:
    for key in ("solar_energy", "grid_import_energy", "battery_charge_energy"):
        hass.states.async_set(sensor(hass, gateway.serial, key), "unavailable")
    result = await choose(hass, site)
    assert result["reason"] == "energy_dashboard_nothing"
    assert text(result, "remarks").count("has no value at the moment") == 3
    assert manager.data is None


async def test_an_entry_that_is_not_loaded_says_so(
    hass: HomeAssistant, site: MockConfigEntry, manager: EnergyManager
) -> None:
    menu = await open_menu(hass, site)
    await hass.config_entries.async_unload(site.entry_id)
    result = await choose_from(hass, menu)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "energy_dashboard_not_loaded"
    assert "energy_dashboard" not in (await open_menu(hass, site)).get("menu_options", [])
    await hass.config_entries.async_setup(site.entry_id)


async def test_without_the_energy_dashboard_it_says_so(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    result = await choose(hass, entry)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "energy_dashboard_off"


async def test_a_refusal_of_home_assistant_changes_nothing(
    hass: HomeAssistant, site: MockConfigEntry, manager: EnergyManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(items: Any) -> Any:
        raise probatio.Invalid("another world")

    form = await choose(hass, site)
    monkeypatch.setattr("custom_components.energy_site.energy_dashboard.preferences.ENERGY_SOURCE_SCHEMA", refuse)
    result = await submit(hass, form)
    assert result["reason"] == "energy_dashboard_refused"
    assert text(result, "error") == "another world"
    assert manager.data is None


async def test_what_home_assistant_reports_afterwards_is_shown(
    hass: HomeAssistant, site: MockConfigEntry, gateway: GatewayServer, manager: EnergyManager
) -> None:
    form = await choose(hass, site)
    counter = sensor(hass, gateway.serial, "grid_import_energy")
    state = hass.states.get(counter)
    assert state is not None
    hass.states.async_set(counter, "-1", state.attributes)
    result = await submit(hass, form)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "energy_dashboard_added"
    assert "**Grid**" in text(result, "added")
    assert f"Entity has a negative state: IQ Gateway Grid import energy (`{counter}`)" in text(result, "issues")
    assert len(sources(manager)) == 3


async def test_the_home_is_added_where_home_assistant_has_a_source_for_it(
    hass: HomeAssistant,
    site: MockConfigEntry,
    gateway: GatewayServer,
    manager: EnergyManager,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The schema is that of 2026.11 in this respect."""
    schema = probatio.Schema(
        [probatio.Any({"type": "home", "stat_energy_to": str, "stat_rate": str, "name": str}, dict)]
    )
    monkeypatch.setattr("custom_components.energy_site.energy_dashboard.preferences.ENERGY_SOURCE_SCHEMA", schema)
    await hass.config.async_update(currency="USD")
    form = await choose(hass, site)
    assert text(form, "remarks") == ""
    await submit(hass, form)
    assert by_type(manager)["home"] == {
        "type": "home",
        "stat_energy_to": sensor(hass, gateway.serial, "load_energy"),
        "stat_rate": sensor(hass, gateway.serial, "load_power"),
        "name": "Home",
    }


async def test_there_are_no_devices_without_chargers(
    hass: HomeAssistant, site: MockConfigEntry, manager: EnergyManager
) -> None:
    await add(hass, site)
    assert devices(manager) == []
