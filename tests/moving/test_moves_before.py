"""What moved in before a gateway was replaced goes back, whatever became of the gateways."""

from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er
from simulator.iq_gateway import GatewayServer
from tests.common import gateway_entry, number, pass_time, set_up

from .another import energy, power, set_up_another
from .common import answer, choose, differences, ended, move_back, move_in, offers, owner_of, registries, told
from .power_cut import Disk, restart
from .replacing import confirm, ids

pytestmark = pytest.mark.parametrize("preset", ["single_phase"])


@pytest.mark.parametrize("returns", [True, False], ids=["set up again", "broken"])
async def test_what_moved_in_before_goes_back_and_the_site_stays_with_its_new_gateway(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    freezer: FrozenDateTimeFactory,
    gateway: GatewayServer,
    successor: GatewayServer,
    entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
    returns: bool,
) -> None:
    serial, shown = gateway.serial, number(hass, gateway.serial, "solar_energy")
    assert shown is not None
    chosen = ids(hass, entry, serial)["sensor _solar_energy"]
    er.async_get(hass).async_update_entity(chosen, new_entity_id="sensor.chosen_by_the_user")
    own = ids(hass, entry, serial)
    old = await set_up_another(
        hass,
        monkeypatch,
        "enphase_envoy",
        [energy(f"{serial}_lifetime_production", serial, 21_000.0)],
        built_in=True,
        unique_id=serial,
        title="Old",
    )
    before = registries(hass)
    [solar] = er.async_entries_for_config_entry(er.async_get(hass), old.entry_id)
    await move_in(hass, entry, old)
    flowed = -gateway.house.truth.solar
    await pass_time(hass, freezer, 1800, step=60)
    flowed += gateway.house.truth.solar
    await confirm(hass, entry, successor)
    flowed -= successor.house.truth.solar
    await pass_time(hass, freezer, 1800, step=60)
    flowed += successor.house.truth.solar
    if returns:
        gateway_entry(gateway, entry_id="elsewhere").add_to_hass(hass)
        await move_back(hass, entry)
    else:
        result = await choose(hass, entry, "move_back")
        assert (placeholders := result["description_placeholders"]) is not None
        assert "**Old**\n\nIf you submit, **Old** gets its 1 entities back" in placeholders["what"]
        assert f"back from the gateway {successor.serial} to the gateway {serial}" in placeholders["what"]
        result = await answer(hass, result, move=old.entry_id)
        assert result["type"] is FlowResultType.CREATE_ENTRY

    assert owner_of(hass, solar.entity_id) == ("enphase_envoy", f"{serial}_lifetime_production")
    assert ids(hass, entry, successor.serial) == own
    # Ours counts on from where it was, with what both gateways have counted since.
    assert number(hass, successor.serial, "solar_energy") == pytest.approx(shown + flowed, abs=100)
    assert flowed > 600
    await restart(hass, hass_storage, Disk(hass, entry, old), entry, old)
    assert owner_of(hass, solar.entity_id) == ("enphase_envoy", f"{serial}_lifetime_production")
    assert ids(hass, entry, successor.serial) == own
    assert await offers(hass, entry) == ["settings", *([] if returns else ["move_back"])]
    if not returns:
        await move_back(hass, entry)
        assert entry.unique_id == serial
        assert not differences(before, registries(hass))


async def test_what_moved_in_before_stays_taken_and_goes_back_once_the_entry_is_removed(
    hass: HomeAssistant, gateway: GatewayServer, successor: GatewayServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry, serial = gateway_entry(gateway), gateway.serial
    await set_up(hass, entry)
    old = await set_up_another(
        hass,
        monkeypatch,
        "enphase_envoy",
        [power(f"{serial}_production", serial)],
        built_in=True,
        unique_id=serial,
        title="One",
    )
    [solar] = er.async_entries_for_config_entry(er.async_get(hass), old.entry_id)
    await move_in(hass, entry, old)
    await confirm(hass, entry, successor)
    assert owner_of(hass, solar.entity_id) == (DOMAIN, f"{successor.serial}_solar_power")
    second = await set_up_another(
        hass,
        monkeypatch,
        "enphase_realtime",
        [power(f"{successor.serial}_{key}", successor.serial) for key in ("net_power", "current_power_production")],
        unique_id=successor.serial,
        title="Two",
    )
    result = await choose(hass, entry, "move_in")
    result = await hass.config_entries.options.async_configure(result["flow_id"], {"entry": second.entry_id})
    assert "moved in to its place already" in told(result)
    hass.config_entries.options.async_abort(result["flow_id"])
    await hass.config_entries.async_remove(entry.entry_id)
    assert owner_of(hass, solar.entity_id) == ("enphase_envoy", f"{serial}_production")


async def test_without_a_choice_the_gateway_goes_back_first(
    hass: HomeAssistant,
    gateway: GatewayServer,
    successor: GatewayServer,
    entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    serial = gateway.serial
    old = await set_up_another(
        hass, monkeypatch, "enphase_envoy", [power(f"{serial}_production", serial)], built_in=True, unique_id=serial
    )
    before = registries(hass)
    await move_in(hass, entry, old)
    await confirm(hass, entry, successor)
    await move_back(hass, entry)
    assert entry.unique_id == serial
    await move_back(hass, entry)
    assert not differences(before, registries(hass))


async def test_a_choice_that_is_gone_by_the_time_it_is_made_changes_nothing(
    hass: HomeAssistant,
    gateway: GatewayServer,
    successor: GatewayServer,
    entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    serial = gateway.serial
    old = await set_up_another(
        hass, monkeypatch, "enphase_envoy", [power(f"{serial}_production", serial)], built_in=True, unique_id=serial
    )
    await move_in(hass, entry, old)
    await confirm(hass, entry, successor)
    result = await choose(hass, entry, "move_back")
    await hass.config_entries.async_remove(old.entry_id)
    assert ended(await answer(hass, result, move=old.entry_id)) == "nothing_to_move_back"
    assert entry.unique_id == successor.serial
