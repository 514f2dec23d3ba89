"""A gateway is replaced: its site goes on with all of its past, also after a power cut, and can go back."""

from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.const import DOMAIN
from custom_components.energy_site.vendors.iq_gateway.const import CONF_FINGERPRINT
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import ConfigEntryNotReady
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.entity_registry import EntityRegistry
from simulator.iq_gateway import GatewayServer
from tests.common import gateway_entry, number, pass_time, set_up, status, step

from .common import choose, differences, move_back, offers, registries
from .power_cut import Disk, PowerCutError, power_cut, restart
from .recorded import record, sums
from .replacing import confirm, counted, ids, replace_by

# How often a replacement notes how far it is, in either direction.
NOTES_IN, NOTES_BACK = 5, 3

ONE_PHASE = pytest.mark.parametrize("preset", ["single_phase"])


async def test_the_site_goes_on_with_the_new_gateway(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    gateway: GatewayServer,
    successor: GatewayServer,
    entry: MockConfigEntry,
) -> None:
    hass.config_entries.async_update_entry(entry, options={"power": 20}, title=f"IQ Gateway {gateway.serial[-4:]}")
    await hass.async_block_till_done(wait_background_tasks=True)
    before = ids(hass, entry, gateway.serial)
    devices = {device.id for device in dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)}
    shown = counted(hass, gateway.serial)
    assert all(shown.values())
    await gateway.unplug()

    result = await replace_by(hass, entry, successor)
    assert result["description_placeholders"] == {
        "old_host": gateway.host,
        "old_serial": gateway.serial,
        "new_host": successor.host,
        "new_serial": successor.serial,
    }
    assert entry.unique_id == gateway.serial
    result = await step(hass, result, {})
    assert result["step_id"] == "iq_gateway_auth"
    assert successor.stats.bearer == 0
    result = await step(hass, result, {"next_step_id": "iq_gateway_token"})
    result = await step(hass, result, {"token": successor.token()})
    assert result["reason"] == "gateway_replaced"
    await hass.async_block_till_done(wait_background_tasks=True)

    assert status(entry) is ConfigEntryState.LOADED
    assert entry.unique_id == successor.serial
    assert entry.title == f"IQ Gateway {successor.serial[-4:]}"
    assert entry.options["power"] == 20
    assert entry.data["host"] == successor.host
    assert entry.data[CONF_FINGERPRINT] == successor.fingerprint.hex()
    assert ids(hass, entry, successor.serial) == before
    after = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    assert {device.id for device in after} == devices
    hub = dr.async_get(hass).async_get_device_by_identifier((DOMAIN, successor.serial), entry.entry_id)
    assert hub is not None
    assert hub.serial_number == successor.serial
    assert gateway.serial not in str([device.identifiers for device in after])

    # The new registers are far lower, and no counter falls, jumps or stands still for that.
    assert counted(hass, successor.serial) == pytest.approx(shown, abs=30)
    sun = successor.house.truth.solar
    await pass_time(hass, freezer, 1800, step=60)
    grown = number(hass, successor.serial, "solar_energy")
    assert grown is not None
    assert shown["solar_energy"] is not None
    assert successor.house.truth.solar - sun > 300
    assert grown - shown["solar_energy"] == pytest.approx(successor.house.truth.solar - sun, abs=100)
    assert number(hass, successor.serial, "rejected_samples") == 0


async def test_a_token_of_the_old_gateway_is_refused_and_nothing_is_changed(
    hass: HomeAssistant, gateway: GatewayServer, successor: GatewayServer, entry: MockConfigEntry
) -> None:
    before, data = ids(hass, entry, gateway.serial), dict(entry.data)
    result = await step(hass, await replace_by(hass, entry, successor), {})
    result = await step(hass, result, {"next_step_id": "iq_gateway_token"})
    result = await step(hass, result, {"token": gateway.token()})
    assert result["errors"] == {"token": "token_of_another_gateway"}
    assert ids(hass, entry, gateway.serial) == before
    assert entry.data == data
    assert status(entry) is ConfigEntryState.LOADED


async def test_a_new_gateway_that_is_set_up_already_has_to_be_deleted_first(
    hass: HomeAssistant, gateway: GatewayServer, successor: GatewayServer, entry: MockConfigEntry
) -> None:
    other = gateway_entry(successor)
    await set_up(hass, other)
    result = await step(hass, await entry.start_reconfigure_flow(hass), {"host": successor.host})
    result = await step(hass, result, {"host": successor.host, "replaced": True})
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "replacement_is_set_up"
    assert entry.unique_id == gateway.serial
    await hass.config_entries.async_unload(other.entry_id)


async def test_it_was_replaced_means_nothing_at_the_address_of_the_same_gateway(
    hass: HomeAssistant, gateway: GatewayServer, successor: GatewayServer, entry: MockConfigEntry
) -> None:
    result = await step(hass, await entry.start_reconfigure_flow(hass), {"host": successor.host})
    result = await step(hass, result, {"host": gateway.host, "replaced": True})
    assert result["reason"] == "reconfigure_successful"
    assert entry.unique_id == gateway.serial


@ONE_PHASE
async def test_it_goes_back_to_the_old_gateway_with_everything_as_it_was(
    hass: HomeAssistant, gateway: GatewayServer, successor: GatewayServer, entry: MockConfigEntry
) -> None:
    hass.config_entries.async_update_entry(entry, title=f"IQ Gateway {gateway.serial[-4:]}")
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    before, data, shown = registries(hass), dict(entry.data), counted(hass, gateway.serial)
    assert await offers(hass, entry) == ["settings"]
    await confirm(hass, entry, successor)
    assert await offers(hass, entry) == ["settings", "move_back"]
    result = await choose(hass, entry, "move_back")
    assert (placeholders := result["description_placeholders"]) is not None
    assert gateway.serial in placeholders["what"]
    assert successor.serial in placeholders["what"]

    await move_back(hass, entry)

    assert not differences(before, registries(hass))
    assert (entry.unique_id, entry.title) == (gateway.serial, f"IQ Gateway {gateway.serial[-4:]}")
    assert dict(entry.data) == data
    assert status(entry) is ConfigEntryState.LOADED
    assert counted(hass, gateway.serial) == pytest.approx(shown, abs=30)
    assert await offers(hass, entry) == ["settings"]


@ONE_PHASE
@pytest.mark.usefixtures("recorder_mock")
async def test_statistics_count_what_flowed_and_nothing_at_either_seam(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    gateway: GatewayServer,
    successor: GatewayServer,
    entry: MockConfigEntry,
) -> None:
    solar = ids(hass, entry, gateway.serial)["sensor _solar_energy"]
    inverter = next(each for key, each in ids(hass, entry, gateway.serial).items() if key.endswith("0001_energy"))
    await record(hass, freezer)
    await record(hass, freezer)
    first = (await sums(hass, {solar}))[solar][-1]
    flowed = -gateway.house.truth.solar
    # Each gateway counts from its own start, and the time in between isn't there.
    await confirm(hass, entry, successor)
    flowed += gateway.house.truth.solar - successor.house.truth.solar
    await record(hass, freezer)
    await record(hass, freezer)
    flowed += successor.house.truth.solar
    await move_back(hass, entry)
    flowed -= gateway.house.truth.solar
    await record(hass, freezer)
    await record(hass, freezer)
    flowed += gateway.house.truth.solar
    counts = await sums(hass, {solar, inverter})
    assert counts[solar][-1] - first == pytest.approx(flowed, abs=100)
    for rows in counts.values():
        assert rows == sorted(rows)
        assert rows[-1] < 5_000


@pytest.mark.parametrize(
    ("note", "lost"),
    [
        # Nothing that Home Assistant stores with a delay is changed before the fourth note.
        *((note, "nothing") for note in range(1, NOTES_IN + 1)),
        *((note, lost) for note in (4, 5) for lost in ("registries", "entry", "both")),
    ],
)
@pytest.mark.parametrize("written", [False, True], ids=["before", "after"])
@ONE_PHASE
async def test_a_replacement_that_a_power_cut_interrupted_is_finished(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    gateway: GatewayServer,
    successor: GatewayServer,
    entry: MockConfigEntry,
    note: int,
    written: bool,
    lost: str,
) -> None:
    before, shown, data = registries(hass), counted(hass, gateway.serial), dict(entry.data)
    names, disk = ids(hass, entry, gateway.serial), Disk(hass, entry)
    with power_cut(note, written=written), pytest.raises(PowerCutError):
        await confirm(hass, entry, successor)
    await restart(hass, hass_storage, disk.kept(lost, Disk(hass, entry)), entry)

    assert status(entry) is ConfigEntryState.LOADED
    if note == 1 and not written:
        # Nothing was noted yet, and nothing done.
        assert not differences(before, registries(hass))
        assert dict(entry.data) == data
        return
    assert entry.unique_id == successor.serial
    assert entry.data["host"] == successor.host
    assert ids(hass, entry, successor.serial) == names
    assert counted(hass, successor.serial) == pytest.approx(shown, abs=100)
    await move_back(hass, entry)
    assert not differences(before, registries(hass))
    assert dict(entry.data) == data
    assert counted(hass, gateway.serial) == pytest.approx(shown, abs=100)


@pytest.mark.parametrize("lost", ["nothing", "both"])
@pytest.mark.parametrize("written", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("note", range(1, NOTES_BACK + 1))
@ONE_PHASE
async def test_a_way_back_that_a_power_cut_interrupted_is_finished(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    gateway: GatewayServer,
    successor: GatewayServer,
    entry: MockConfigEntry,
    note: int,
    written: bool,
    lost: str,
) -> None:
    before, shown, data = registries(hass), counted(hass, gateway.serial), dict(entry.data)
    await confirm(hass, entry, successor)
    disk = Disk(hass, entry)
    with power_cut(note, written=written), pytest.raises(PowerCutError):
        await move_back(hass, entry)
    await restart(hass, hass_storage, disk.kept(lost, Disk(hass, entry)), entry)

    assert status(entry) is ConfigEntryState.LOADED
    if note == 1 and not written:
        await move_back(hass, entry)
    assert not differences(before, registries(hass))
    assert dict(entry.data) == data
    assert counted(hass, gateway.serial) == pytest.approx(shown, abs=100)
    assert await offers(hass, entry) == ["settings"]


@ONE_PHASE
async def test_a_site_that_was_handed_on_again_stays_with_its_last_gateway_after_a_restart(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    gateway: GatewayServer,
    successor: GatewayServer,
    entry: MockConfigEntry,
) -> None:
    names = ids(hass, entry, gateway.serial)
    await confirm(hass, entry, successor)
    assert (await confirm(hass, entry, gateway))["reason"] == "gateway_replaced"
    # What the entry got since, such as a renewed token, is newer than what was noted.
    hass.config_entries.async_update_entry(entry, data={**entry.data, "newer": True})
    data = dict(entry.data)
    await restart(hass, hass_storage, Disk(hass, entry), entry)
    assert status(entry) is ConfigEntryState.LOADED
    assert dict(entry.data) == data
    assert ids(hass, entry, gateway.serial) == names
    await move_back(hass, entry)
    assert ids(hass, entry, successor.serial) == names
    await move_back(hass, entry)
    assert ids(hass, entry, gateway.serial) == names
    assert await offers(hass, entry) == ["settings"]


@ONE_PHASE
async def test_a_new_gateway_that_is_silent_again_is_waited_for(
    hass: HomeAssistant, gateway: GatewayServer, successor: GatewayServer, entry: MockConfigEntry
) -> None:
    with patch("custom_components.energy_site.async_setup_entry", side_effect=ConfigEntryNotReady):
        result = await confirm(hass, entry, successor)
    assert result["reason"] == "gateway_replaced"
    assert entry.unique_id == successor.serial
    assert status(entry) is ConfigEntryState.SETUP_RETRY
    await hass.config_entries.async_reload(entry.entry_id)
    assert status(entry) is ConfigEntryState.LOADED
    await hass.async_block_till_done(wait_background_tasks=True)


@ONE_PHASE
async def test_a_replacement_that_fails_leaves_everything_as_it_was(
    hass: HomeAssistant, gateway: GatewayServer, successor: GatewayServer, entry: MockConfigEntry
) -> None:
    before, data = registries(hass), dict(entry.data)
    update, calls = EntityRegistry.async_update_entity, 0

    def refuse(self: EntityRegistry, *args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += "new_unique_id" in kwargs
        if calls == 7:
            raise ValueError("in use")
        return update(self, *args, **kwargs)

    with patch.object(EntityRegistry, "async_update_entity", refuse):
        result = await confirm(hass, entry, successor)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "gateway_not_replaced")
    assert not differences(before, registries(hass))
    assert dict(entry.data) == data
    assert status(entry) is ConfigEntryState.LOADED
    assert await offers(hass, entry) == ["settings"]


@ONE_PHASE
async def test_a_site_that_cannot_be_stopped_keeps_its_gateway(
    hass: HomeAssistant, gateway: GatewayServer, successor: GatewayServer, entry: MockConfigEntry
) -> None:
    before, data = registries(hass), dict(entry.data)
    with patch("custom_components.energy_site.async_unload_entry", return_value=False):
        result = await confirm(hass, entry, successor)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "gateway_not_replaced")
    assert not differences(before, registries(hass))
    assert dict(entry.data) == data
    # The fixtures stop it.
    entry.mock_state(hass, ConfigEntryState.LOADED)


@ONE_PHASE
async def test_there_is_no_way_back_to_a_gateway_that_was_set_up_again(
    hass: HomeAssistant, gateway: GatewayServer, successor: GatewayServer, entry: MockConfigEntry
) -> None:
    await confirm(hass, entry, successor)
    gateway_entry(gateway, entry_id="elsewhere").add_to_hass(hass)
    assert await offers(hass, entry) == ["settings"]
