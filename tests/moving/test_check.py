"""After a move, its statistics are looked at: nothing is said if they are right, and what is wrong if they aren't."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.const import DOMAIN
from custom_components.energy_site.repairs import async_create_fix_flow
from homeassistant.components.recorder.core import Recorder
from homeassistant.components.recorder.statistics import async_update_statistics_metadata
from homeassistant.components.repairs import DOMAIN as REPAIRS
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.entity_registry import EntityRegistry
from homeassistant.helpers.recorder import get_instance
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from simulator.iq_gateway import GatewayServer
from tests.common import tick
from tests.energy_dashboard.dashboard import let_statistics_come

from .another import energy, power, set_up_another
from .common import move_back, move_in, owner_of
from .recorded import sums
from .replacing import confirm, ids

pytestmark = pytest.mark.parametrize("preset", ["single_phase"])

SOLAR = "sensor.old_482512000101_lifetime_energy_production"
IMPORT = "sensor.old_482512000101_lifetime_net_energy_consumption"


@pytest.fixture
async def old(
    recorder_mock: Recorder,
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    gateway: GatewayServer,
    entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> MockConfigEntry:
    """Return another integration's entry, whose counters began elsewhere and have recorded some minutes."""
    serial = gateway.serial
    values = [
        energy(f"{serial}_lifetime_energy_production", serial, 21_000.0),
        energy(f"{serial}_lifetime_net_energy_consumption", serial, 1.5),
        # It had no value so far, so that there is nothing to compare with.
        replace(energy(f"{serial}_lifetime_net_energy_production", serial, 0.0), state=None),
        power(f"{serial}_net_power", serial),
    ]
    found = await set_up_another(hass, monkeypatch, "enphase_realtime", values, unique_id=serial, title="Old")
    await let_statistics_come(hass, freezer, runs=2)
    return found


def issue(hass: HomeAssistant, entry: MockConfigEntry) -> ir.IssueEntry | None:
    """Return the repair, if there is one."""
    return ir.async_get(hass).async_get_issue(DOMAIN, f"moved_statistics_{entry.entry_id}")


def told(hass: HomeAssistant, entry: MockConfigEntry) -> tuple[str, str]:
    """Return which statistics jumped, and which are missing, as the repair tells."""
    found = issue(hass, entry)
    assert found is not None
    texts = found.translation_placeholders
    assert texts is not None
    assert texts["old"] == "Old"
    return texts["jumped"], texts["missing"]


async def submit(hass: HomeAssistant, entry: MockConfigEntry) -> Any:
    """Submit the repair."""
    await async_setup_component(hass, REPAIRS, {})
    found = issue(hass, entry)
    assert found is not None
    flow: Any = await async_create_fix_flow(hass, found.issue_id, found.data)
    flow.hass = hass
    form: Any = await flow.async_step_init()
    assert form["description_placeholders"] == found.translation_placeholders
    result = await flow.async_step_confirm({})
    await hass.async_block_till_done(wait_background_tasks=True)
    return result


async def move_with_a_jump(hass: HomeAssistant, entry: MockConfigEntry, old: MockConfigEntry) -> None:
    """Move in without the offset that the counters need."""
    with patch("custom_components.energy_site.moving.machine.continued", return_value=({}, {})):
        await move_in(hass, entry, old)


async def test_nothing_is_said_of_statistics_that_go_on(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, entry: MockConfigEntry, old: MockConfigEntry
) -> None:
    await move_in(hass, entry, old)
    await let_statistics_come(hass, freezer, runs=5)
    assert issue(hass, entry) is None


async def test_a_jump_is_told_after_two_runs_of_the_statistics_and_the_repair_undoes_the_move(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    gateway: GatewayServer,
    entry: MockConfigEntry,
    old: MockConfigEntry,
) -> None:
    await move_with_a_jump(hass, entry, old)
    await let_statistics_come(hass, freezer)
    assert issue(hass, entry) is None
    await let_statistics_come(hass, freezer)
    jumped, missing = told(hass, entry)
    assert set(jumped.split(", ")) == {SOLAR, IMPORT}
    assert missing == "-"
    # It stays after a restart.
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert issue(hass, entry) is not None

    assert (await submit(hass, entry))["type"] is FlowResultType.CREATE_ENTRY
    assert owner_of(hass, SOLAR) == ("enphase_realtime", f"{gateway.serial}_lifetime_energy_production")


async def test_a_jump_is_found_as_well_if_home_assistant_was_restarted_meanwhile(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, entry: MockConfigEntry, old: MockConfigEntry
) -> None:
    await move_with_a_jump(hass, entry, old)
    await hass.config_entries.async_reload(entry.entry_id)
    await let_statistics_come(hass, freezer, runs=2)
    assert issue(hass, entry) is not None


async def test_a_statistic_that_is_no_longer_recorded_is_named(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, entry: MockConfigEntry, old: MockConfigEntry
) -> None:
    # No energy can be recorded in this unit, which Home Assistant says in its log and nowhere else.
    async_update_statistics_metadata(hass, SOLAR, new_unit_class="volume", new_unit_of_measurement="m³")
    await move_in(hass, entry, old)
    await let_statistics_come(hass, freezer, runs=4)
    assert told(hass, entry) == ("-", SOLAR)


async def test_what_is_not_shown_yet_is_waited_for_and_after_a_day_no_more(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    gateway: GatewayServer,
    entry: MockConfigEntry,
    old: MockConfigEntry,
) -> None:
    await move_in(hass, entry, old)
    await gateway.unplug()
    await tick(hass, freezer, 900)
    await let_statistics_come(hass, freezer, runs=4)
    assert issue(hass, entry) is None
    freezer.tick(timedelta(days=1))
    with patch("custom_components.energy_site.moving.check._async_judge") as judge:
        await let_statistics_come(hass, freezer)
    judge.assert_not_called()


async def test_the_repair_is_withdrawn_if_the_move_is_undone_elsewhere(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, entry: MockConfigEntry, old: MockConfigEntry
) -> None:
    await move_with_a_jump(hass, entry, old)
    await let_statistics_come(hass, freezer, runs=2)
    assert issue(hass, entry) is not None
    await move_back(hass, entry)
    assert issue(hass, entry) is None


async def test_an_undo_that_fails_or_has_nobody_to_go_back_to_says_so(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, entry: MockConfigEntry, old: MockConfigEntry
) -> None:
    await move_with_a_jump(hass, entry, old)
    await let_statistics_come(hass, freezer, runs=2)
    with patch.object(EntityRegistry, "async_update_entity_platform", side_effect=ValueError("in use")):
        result = await submit(hass, entry)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "move_back_failed")
    assert issue(hass, entry) is not None
    await hass.config_entries.async_remove(old.entry_id)
    result = await submit(hass, entry)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "nothing_to_move_back")


@pytest.mark.parametrize("reload", [False, True], ids=["statistics", "start"])
async def test_the_repair_is_withdrawn_once_the_old_entry_is_deleted(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, entry: MockConfigEntry, old: MockConfigEntry, reload: bool
) -> None:
    await move_with_a_jump(hass, entry, old)
    await let_statistics_come(hass, freezer, runs=2)
    await hass.config_entries.async_remove(old.entry_id)
    assert issue(hass, entry) is not None
    if reload:
        await hass.config_entries.async_reload(entry.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)
    else:
        await let_statistics_come(hass, freezer)
    assert issue(hass, entry) is None


async def test_the_repair_is_withdrawn_once_all_sums_are_corrected_even_days_later(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, entry: MockConfigEntry, old: MockConfigEntry
) -> None:
    await move_with_a_jump(hass, entry, old)
    moved_at = dt_util.utcnow()
    await let_statistics_come(hass, freezer, runs=2)
    assert set(told(hass, entry)[0].split(", ")) == {SOLAR, IMPORT}
    await hass.config_entries.async_unload(entry.entry_id)
    freezer.tick(timedelta(days=2))
    await hass.config_entries.async_setup(entry.entry_id)
    for left in ({IMPORT}, None):
        name = SOLAR if left else IMPORT
        rows = (await sums(hass, {name}))[name]
        # Two runs were recorded before the move.
        get_instance(hass).async_adjust_statistics(name, moved_at - timedelta(minutes=5), rows[1] - rows[3], "Wh")
        await let_statistics_come(hass, freezer)
        if left:
            assert set(told(hass, entry)[0].split(", ")) == left
    assert issue(hass, entry) is None


async def test_the_repair_is_withdrawn_once_a_statistic_is_recorded_again(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, entry: MockConfigEntry, old: MockConfigEntry
) -> None:
    async_update_statistics_metadata(hass, SOLAR, new_unit_class="volume", new_unit_of_measurement="m³")
    await move_in(hass, entry, old)
    await let_statistics_come(hass, freezer, runs=4)
    assert told(hass, entry) == ("-", SOLAR)
    async_update_statistics_metadata(hass, SOLAR, new_unit_class="energy", new_unit_of_measurement="kWh")
    await let_statistics_come(hass, freezer)
    # One run alone says nothing.
    assert told(hass, entry) == ("-", SOLAR)
    await let_statistics_come(hass, freezer)
    assert issue(hass, entry) is None


async def test_the_counters_of_a_site_whose_gateway_was_replaced_are_judged_and_it_goes_back(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    gateway: GatewayServer,
    successor: GatewayServer,
    entry: MockConfigEntry,
    recorder_mock: Recorder,
) -> None:
    solar = ids(hass, entry, gateway.serial)["sensor _solar_energy"]
    await let_statistics_come(hass, freezer, runs=2)
    with patch("custom_components.energy_site.moving.machine.renewed", return_value={}):
        await confirm(hass, entry, successor)
    await let_statistics_come(hass, freezer, runs=2)
    found = issue(hass, entry)
    assert found is not None
    assert found.translation_key == "moved_statistics_of_gateway"
    assert found.translation_placeholders is not None
    jumped = set(found.translation_placeholders["jumped"].split(", "))
    assert solar in jumped
    # What begins anew each day is no lifetime counter.
    assert not [name for name in jumped if name.endswith("_today")]
    assert (await submit(hass, entry))["type"] is FlowResultType.CREATE_ENTRY
    assert entry.unique_id == gateway.serial
    assert issue(hass, entry) is None


async def test_nothing_is_said_of_a_gateway_that_was_replaced_well(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    gateway: GatewayServer,
    successor: GatewayServer,
    entry: MockConfigEntry,
    recorder_mock: Recorder,
) -> None:
    await let_statistics_come(hass, freezer, runs=2)
    await confirm(hass, entry, successor)
    await let_statistics_come(hass, freezer, runs=5)
    assert issue(hass, entry) is None
