"""What is added to which preferences, whatever the site has and whatever is there."""

from collections.abc import Mapping
from dataclasses import replace
import json
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.energy_site.energy_dashboard.plan import (
    DEVICES,
    SOURCES,
    AdditionPlan,
    Candidate,
    ChargerCandidates,
    DashboardPart,
    Preferences,
    Reason,
    SiteCandidates,
    plan,
)
from homeassistant.components.energy.data import DEVICE_CONSUMPTION_SCHEMA, ENERGY_SOURCE_SCHEMA
from tests.translation_guard import english

NAMES = {part: part.value.title() for part in DashboardPart}
KEYS = (
    "grid_import_energy",
    "grid_export_energy",
    "grid_power",
    "solar_energy",
    "solar_power",
    "battery_charge_energy",
    "battery_discharge_energy",
    "battery_power",
    "battery_level",
    "load_energy",
    "load_power",
    "buy_price",
    "sell_price",
)
NOTHING = Preferences()


def candidate(key: str, **changes: Any) -> Candidate:
    """Return a sensor that can be used."""
    return replace(Candidate(statistic_id=f"sensor.home_{key}", name=key), **changes)


def site(*keys: str, **changes: Any) -> SiteCandidates:
    """Return a site with these sensors, all of them if none is named."""
    values = {key: candidate(key) for key in keys or KEYS}
    return replace(SiteCandidates(title="My house", values=values, names=NAMES, capacity=10.08), **changes)


def items(found: AdditionPlan, list_name: str = SOURCES) -> dict[str, Mapping[str, Any]]:
    """Return what is added, by its type."""
    return {each.key: each.item for each in found.additions if each.list_name == list_name}


def test_a_complete_site() -> None:
    found = plan(site(), NOTHING, takes_home=True)
    assert items(found) == {
        "grid": {
            "type": "grid",
            "stat_energy_from": "sensor.home_grid_import_energy",
            "stat_energy_to": "sensor.home_grid_export_energy",
            "power_config": {"stat_rate": "sensor.home_grid_power"},
            "entity_energy_price": "sensor.home_buy_price",
            "entity_energy_price_export": "sensor.home_sell_price",
            "cost_adjustment_day": 0.0,
            "name": "Grid",
        },
        "solar": {
            "type": "solar",
            "stat_energy_from": "sensor.home_solar_energy",
            "stat_rate": "sensor.home_solar_power",
            "config_entry_solar_forecast": None,
            "name": "Solar",
        },
        "battery": {
            "type": "battery",
            "stat_energy_from": "sensor.home_battery_discharge_energy",
            "stat_energy_to": "sensor.home_battery_charge_energy",
            "power_config": {"stat_rate": "sensor.home_battery_power"},
            "stat_soc": "sensor.home_battery_level",
            "capacity": 10.08,
            "name": "Battery",
        },
        "home": {
            "type": "home",
            "stat_energy_to": "sensor.home_load_energy",
            "stat_rate": "sensor.home_load_power",
            "name": "Home",
        },
    }
    assert not found.remarks
    assert not found.rivals


def test_home_assistant_takes_what_is_added() -> None:
    found = plan(site(), NOTHING, takes_home=False)
    ENERGY_SOURCE_SCHEMA([dict(item) for item in items(found).values()])
    assert [remark.reason for remark in found.remarks] == [Reason.TOO_OLD]


def test_a_site_without_any_counter_adds_nothing() -> None:
    found = plan(site("solar_power", "battery_level"), NOTHING, takes_home=True)
    assert not found.additions
    assert not found.remarks


def test_there_is_only_one_home() -> None:
    there = Preferences(sources=({"type": "home", "stat_energy_to": "sensor.panel"},))
    found = plan(site(), there, takes_home=True)
    assert "home" not in items(found)
    [remark] = found.remarks
    assert (remark.reason, remark.there) == (Reason.ONE_HOME, ("sensor.panel",))


@pytest.mark.parametrize("part", ["solar", "battery"])
def test_what_another_integration_counts_of_the_same_site_is_not_added_beside_it(part: str) -> None:
    there = Preferences(sources=({"type": part, "stat_energy_from": "sensor.old", "stat_energy_to": "sensor.older"},))
    found = plan(site(foreign=frozenset({"sensor.old"})), there, takes_home=True)
    assert set(items(found)) == {"grid", "solar", "battery", "home"} - {part}
    assert [(remark.reason, remark.there) for remark in found.remarks] == [(Reason.OTHER_INTEGRATION, ("sensor.old",))]
    assert found.is_there


@pytest.mark.parametrize("missing", ["grid_import_energy", "grid_export_energy"])
def test_a_grid_may_be_measured_one_way(missing: str) -> None:
    found = plan(site(*(key for key in KEYS if key != missing)), NOTHING, takes_home=True)
    grid = items(found)["grid"]
    assert ("stat_energy_from" in grid) == (missing != "grid_import_energy")
    assert ("entity_energy_price_export" in grid) == (missing != "grid_export_energy")
    ENERGY_SOURCE_SCHEMA([dict(grid)])


def test_a_battery_may_not() -> None:
    found = plan(site("battery_charge_energy", "battery_power"), NOTHING, takes_home=True)
    assert not found.additions
    assert [remark.reason for remark in found.remarks] == [Reason.ONE_WAY]


@pytest.mark.parametrize("reason", [Reason.DISABLED, Reason.NO_STATISTICS, Reason.UNSUITABLE, Reason.UNAVAILABLE])
@pytest.mark.parametrize(
    ("key", "part"), [("grid_export_energy", "grid"), ("solar_energy", "solar"), ("battery_charge_energy", "battery")]
)
def test_a_counter_with_a_problem_leaves_its_part_out(key: str, part: str, reason: Reason) -> None:
    whole = site()
    found = plan(replace(whole, values={**whole.values, key: candidate(key, problem=reason)}), NOTHING, takes_home=True)
    assert part not in items(found)
    assert len(items(found)) == 3
    [remark] = found.remarks
    assert (remark.name.lower(), remark.reason) == (part, reason)


@pytest.mark.parametrize("key", ["grid_power", "solar_power", "battery_power", "battery_level", "buy_price"])
def test_anything_else_with_a_problem_is_left_out_alone(key: str) -> None:
    whole = site()
    values = {**whole.values, key: candidate(key, problem=Reason.DISABLED)}
    found = plan(replace(whole, values=values), NOTHING, takes_home=True)
    assert len(items(found)) == 4
    assert whole.values[key].statistic_id not in json.dumps(list(items(found).values()))
    [remark] = found.remarks
    assert remark.candidate == values[key]


def test_a_price_is_not_combined_with_imported_statistics() -> None:
    whole = site()
    imported = candidate("grid_import_energy", statistic_id="energy_site:x_grid_import_energy")
    found = plan(replace(whole, values={**whole.values, "grid_import_energy": imported}), NOTHING, takes_home=False)
    grid = items(found)["grid"]
    assert "entity_energy_price" not in grid
    assert grid["entity_energy_price_export"] == "sensor.home_sell_price"
    ENERGY_SOURCE_SCHEMA([dict(grid)])


def test_imported_statistics_have_costs_in_place_of_a_price() -> None:
    whole = site()
    cost = candidate("grid_import_cost", statistic_id="energy_site:x_grid_import_cost")
    values = {**whole.values, "grid_import_cost": cost}
    assert "stat_cost" not in items(plan(replace(whole, values=values), NOTHING, takes_home=False))["grid"]
    values["grid_import_energy"] = candidate("grid_import_energy", statistic_id="energy_site:x_grid_import_energy")
    found = plan(replace(whole, values=values), NOTHING, takes_home=False)
    grid = items(found)["grid"]
    assert grid["stat_cost"] == cost.statistic_id
    assert "entity_energy_price" not in grid
    assert grid["entity_energy_price_export"] == "sensor.home_sell_price"
    assert [remark.reason for remark in found.remarks] == [Reason.TOO_OLD]
    ENERGY_SOURCE_SCHEMA([dict(grid)])


@pytest.mark.parametrize(
    "there",
    [
        {"type": "solar", "stat_energy_from": "sensor.home_solar_energy"},
        {"type": "solar", "stat_energy_from": "sensor.other", "stat_rate": "sensor.home_solar_power"},
        {"type": "solar", "stat_energy_from": "energy_site:cloud_solar_energy"},
    ],
)
def test_a_part_is_used_by_whatever_way(there: dict[str, Any]) -> None:
    whole = site()
    values = {
        **whole.values,
        "solar_energy": candidate("solar_energy", others=frozenset({"energy_site:cloud_solar_energy"})),
    }
    found = plan(replace(whole, values=values), Preferences(sources=(there,)), takes_home=True)
    assert "solar" not in items(found)
    assert found.is_there


def test_a_part_that_is_a_device_is_used_too() -> None:
    there = Preferences(devices=({"stat_consumption": "sensor.home_load_energy"},))
    found = plan(site(), there, takes_home=True)
    assert "home" not in items(found)


@pytest.mark.parametrize(
    "grid",
    [
        {"type": "grid", "stat_energy_from": "sensor.utility", "cost_adjustment_day": 0},
        {"type": "grid", "stat_energy_to": "sensor.utility", "stat_energy_from": None},
        {"type": "grid", "stat_rate": "sensor.utility", "power_config": {"stat_rate": "sensor.utility"}},
        {"type": "grid", "flow_from": [{"stat_energy_from": "sensor.utility"}], "flow_to": []},
        {"type": "grid", "flow_from": [], "flow_to": [], "power": [{"stat_rate": "sensor.utility"}]},
    ],
)
def test_another_meter_is_found_in_every_shape(grid: dict[str, Any]) -> None:
    found = plan(site(), Preferences(sources=(grid,)), takes_home=True)
    assert found.rivals == ("sensor.utility",)


def test_without_a_meter_of_our_own_another_one_is_no_rival() -> None:
    grid = {"type": "grid", "stat_energy_from": "sensor.utility"}
    found = plan(site("solar_energy"), Preferences(sources=(grid,)), takes_home=True)
    assert not found.rivals
    assert set(items(found)) == {"solar"}


CHARGER = ChargerCandidates(
    key="home_1", name="Garage", energy=candidate("charger_energy"), power=candidate("charger_power")
)


def test_chargers_are_devices() -> None:
    found = plan(site("solar_energy", chargers=(CHARGER,)), NOTHING, takes_home=True)
    device = items(found, DEVICES)["home_1"]
    assert device == {
        "stat_consumption": "sensor.home_charger_energy",
        "stat_rate": "sensor.home_charger_power",
        "name": "Garage",
    }
    DEVICE_CONSUMPTION_SCHEMA(dict(device))


def test_a_charger_without_power_is_a_device_too() -> None:
    broken = replace(CHARGER, power=candidate("charger_power", problem=Reason.DISABLED))
    for charger in (broken, replace(CHARGER, power=None)):
        found = plan(site("solar_energy", chargers=(charger,)), NOTHING, takes_home=True)
        assert items(found, DEVICES)["home_1"] == {"stat_consumption": "sensor.home_charger_energy", "name": "Garage"}


@pytest.mark.parametrize("reason", [Reason.DISABLED, Reason.NO_STATISTICS])
def test_a_charger_without_its_counter_is_none(reason: Reason) -> None:
    charger = replace(CHARGER, energy=candidate("charger_energy", problem=reason))
    found = plan(site("solar_energy", chargers=(charger,)), NOTHING, takes_home=True)
    assert not items(found, DEVICES)
    assert [(remark.name, remark.reason) for remark in found.remarks] == [("Garage", reason)]


def test_every_reason_and_part_has_words() -> None:
    words = english()["selector"]["energy_dashboard"]["options"]
    assert {*Reason, *DashboardPart} <= words.keys()


IDS = st.sampled_from([f"sensor.home_{key}" for key in KEYS] + ["sensor.a", "sensor.b", "energy_site:x_solar_energy"])
JSON = st.recursive(
    st.none() | st.floats(allow_nan=False) | IDS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["flow_from", "stat_energy_from", "stat_rate", "name", "x"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)
ITEM = st.builds(
    lambda kind, rest: {**rest, "type": kind},
    st.sampled_from(["grid", "solar", "battery", "home", "gas", "later"]),
    st.dictionaries(st.sampled_from(["stat_energy_from", "stat_energy_to", "stat_rate", "flow_to"]), JSON, max_size=4),
)


@given(st.lists(ITEM, max_size=5), st.lists(ITEM, max_size=3), st.booleans())
def test_whatever_is_there_nothing_is_doubled(
    sources: list[dict[str, Any]], devices: list[dict[str, Any]], takes_home: bool
) -> None:
    before = json.dumps([sources, devices])
    found = plan(site(), Preferences(sources=tuple(sources), devices=tuple(devices)), takes_home=takes_home)
    assert json.dumps([sources, devices]) == before
    for each in found.additions:
        for field in ("stat_energy_from", "stat_energy_to"):
            if statistic := each.item.get(field):
                assert f'"{statistic}"' not in json.dumps(_strip(json.loads(before)))
    types = {source["type"] for source in sources}
    assert "home" not in types & items(found).keys()
    assert "grid" not in types & items(found).keys() or found.rivals


def _strip(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _strip(each) for key, each in value.items() if key not in ("name", "type")}
    return [_strip(each) for each in value] if isinstance(value, list) else value
