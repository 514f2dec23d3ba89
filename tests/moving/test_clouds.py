"""Lifetime counters of other integrations go on as those of a cloud, which count days from another start."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.const import DOMAIN
from custom_components.energy_site.site.model import CounterKind
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.util import dt as dt_util
from simulator.enphase_cloud import MEGAWATT, CloudServer
from simulator.enphase_cloud.plans import LEGACY_WATT
from tests.account_service import account_service
from tests.clouds import cloud_entry, usual_system
from tests.common import number, pass_time, set_up
from tests.energy_dashboard.dashboard import let_statistics_come
from tests.houses import MORNING, FrozenClock
from tests.vendors.enphase_account.homes import EMAIL, HOME, PASSWORD, account_entry, usual_home
from tests.vendors.enphase_cloud.test_v2 import legacy_entry

from .another import energy, set_up_another
from .clouds import powerwall_in_cloud
from .common import look, move_back, move_in, owner_of, told
from .recorded import record, sums

# What two other integrations call the same counters.
ENPHASE_EV = {
    "solar_energy": "solar_production",
    "load_energy": "consumption",
    "battery_charge_energy": "battery_charge",
}
POWERWALL = {"solar_energy": "solar_export", "load_energy": "load_import", "battery_charge_energy": "battery_import"}

# A counter that began long before ours, one that began later, and one that has just begun.
SHOWN = {"solar_energy": 54_321.5, "load_energy": 12.25, "battery_charge_energy": 0.0}


@pytest.fixture
async def entry(
    request: pytest.FixtureRequest,
    hass: HomeAssistant,
    socket_enabled: None,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[MockConfigEntry]:
    """Return the entry of a home in the cloud that a test names."""
    freezer.move_to(MORNING)
    now, clock = MORNING.timestamp(), FrozenClock()
    async with AsyncExitStack() as stack:
        match request.param:
            case "tesla":
                found = await stack.enter_async_context(powerwall_in_cloud(hass, monkeypatch))
            case "account":
                account = await stack.enter_async_context(
                    account_service(monkeypatch, homes=[usual_home(now)], clock=clock)
                )
                account.add_account(EMAIL, PASSWORD, systems=frozenset({HOME}), system_id=HOME)
                await set_up(hass, found := account_entry())
                await pass_time(hass, freezer, 150)
            case version:
                cloud = await stack.enter_async_context(CloudServer([usual_system(now)], clock=clock))
                monkeypatch.setenv("ENERGY_SITE_ENPHASE_API", cloud.url)
                application = cloud.add_application("test", plan=MEGAWATT if version == "v4" else LEGACY_WATT)
                if version == "v4":
                    found = await cloud_entry(hass, cloud, application)
                else:
                    found = legacy_entry(cloud, application)
                await set_up(hass, found)
                await pass_time(hass, freezer, 150)
        yield found
        await hass.config_entries.async_unload(found.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)


async def set_up_old(
    hass: HomeAssistant, entry: MockConfigEntry, keys: list[str], monkeypatch: pytest.MonkeyPatch
) -> tuple[MockConfigEntry, dict[str, str]]:
    """Set another integration up for the home; return its entry, and its entities by our keys."""
    site = str(entry.unique_id)
    if site.startswith("tesla"):
        [din] = entry.runtime_data.source.gateway_serials
        domain, name, device = "powerwall", din, din
        unique_ids = {key: f"{din}_{POWERWALL[key]}" for key in keys}
    else:
        domain, name = "enphase_ev", site.rpartition("_")[2]
        device = f"type:{name}:cloud"
        unique_ids = {key: f"enphase_ev_site_{name}_{ENPHASE_EV[key]}" for key in keys}
    values = [energy(unique_id, device, SHOWN[key]) for key, unique_id in unique_ids.items()]
    old = await set_up_another(hass, monkeypatch, domain, values, built_in=True, unique_id=name, title="Old")
    registered = er.async_entries_for_config_entry(er.async_get(hass), old.entry_id)
    ids = {entity.unique_id: entity.entity_id for entity in registered}
    return old, {key: ids[unique_id] for key, unique_id in unique_ids.items()}


def shown(hass: HomeAssistant, entity_ids: dict[str, str]) -> dict[str, float]:
    """Return what the entities show in kWh."""
    states = {key: hass.states.get(entity_id) for key, entity_id in entity_ids.items()}
    assert all(states.values())
    return {key: float(state.state) for key, state in states.items() if state is not None}


@pytest.mark.parametrize("entry", ["tesla", "account", "v4", "v2"], indirect=True)
@pytest.mark.usefixtures("recorder_mock")
async def test_a_counter_goes_on_without_a_jump_and_ours_is_itself_again_afterwards(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = str(entry.unique_id)
    own = {key: wh for key in SHOWN if (wh := number(hass, site, key)) is not None}
    assert "solar_energy" in own
    old, ids = await set_up_old(hass, entry, list(own), monkeypatch)
    theirs = {key: owner_of(hass, entity_id) for key, entity_id in ids.items()}
    await record(hass, freezer)
    own = {key: wh for key in own if (wh := number(hass, site, key)) is not None}
    days = {key: number(hass, site, f"{key}_today") for key in own}
    assert "counts from another register" in told(await look(hass, entry, old))

    await move_in(hass, entry, old)

    assert {key: owner_of(hass, entity_id) for key, entity_id in ids.items()} == {
        key: (DOMAIN, f"{site}_{key}") for key in own
    }
    assert shown(hass, ids) == pytest.approx({key: SHOWN[key] for key in own}, abs=0.001)
    assert {key: number(hass, site, f"{key}_today") for key in own} == pytest.approx(days, abs=1_000)
    # Another start of Home Assistant finds it like that.
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert shown(hass, ids) == pytest.approx({key: SHOWN[key] for key in own}, abs=0.001)

    await pass_time(hass, freezer, 7_200, step=120)
    await record(hass, freezer)
    grown = {key: (kwh - SHOWN[key]) * 1000 for key, kwh in shown(hass, ids).items()}
    assert 100 < grown["solar_energy"] < 25_000
    counted = await sums(hass, set(ids.values()))
    for key, entity_id in ids.items():
        rows = counted[entity_id]
        assert rows == sorted(rows)
        # All that the statistics count is what the counter counted.
        assert rows[-1] == pytest.approx(grown[key], abs=1), key

    await move_back(hass, entry)
    assert {key: owner_of(hass, entity_id) for key, entity_id in ids.items()} == theirs
    after = {key: number(hass, site, key) for key in own}
    assert after == pytest.approx({key: own[key] + grown[key] for key in own}, abs=1)


@pytest.mark.parametrize("entry", ["tesla", "account", "v4", "v2"], indirect=True)
@pytest.mark.usefixtures("recorder_mock")
async def test_a_day_that_a_cloud_reports_late_is_no_jump(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, ids = await set_up_old(hass, entry, ["solar_energy"], monkeypatch)
    await let_statistics_come(hass, freezer, runs=2)
    await move_in(hass, entry, old)
    before = shown(hass, ids)["solar_energy"]
    counter = entry.runtime_data.source.counters.of(CounterKind.SOLAR)
    counter.note(min(counter.days, default=dt_util.now().date()), 1_000_000.0)
    await pass_time(hass, freezer, 300, step=30)
    await let_statistics_come(hass, freezer, runs=2)
    assert shown(hass, ids)["solar_energy"] - before > 900
    assert ir.async_get(hass).async_get_issue(DOMAIN, f"moved_statistics_{entry.entry_id}") is None


@pytest.mark.parametrize("entry", ["tesla"], indirect=True)
@pytest.mark.usefixtures("recorder_mock")
async def test_a_counter_of_a_cloud_that_falls_is_told(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, ids = await set_up_old(hass, entry, ["solar_energy"], monkeypatch)
    await let_statistics_come(hass, freezer, runs=2)
    with patch("custom_components.energy_site.moving.machine.continued", return_value=({}, {})):
        await move_in(hass, entry, old)
    await let_statistics_come(hass, freezer, runs=2)
    assert shown(hass, ids)["solar_energy"] < SHOWN["solar_energy"]
    found = ir.async_get(hass).async_get_issue(DOMAIN, f"moved_statistics_{entry.entry_id}")
    assert found is not None
    assert found.translation_placeholders is not None
    assert found.translation_placeholders["jumped"] == ids["solar_energy"]
