"""A home moves in from Home Assistant's own integration, and back."""

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.const import DOMAIN
from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    label_registry as lr,
)
from homeassistant.helpers.entity_registry import RegistryEntryDisabler
from simulator.iq_gateway import GatewayServer
from tests.common import entity_id as ours_of, number

from .common import CORE, differences, look, move_back, move_in, offers, owner_of, registries, told
from .recorded import record, sums


def old_id(hass: HomeAssistant, gateway: GatewayServer, key: str, platform: str = "sensor") -> str:
    """Return the entity ID of a value of the site in the old integration."""
    found = er.async_get(hass).async_get_entity_id(platform, CORE, f"{gateway.serial}_{key}")
    assert found is not None
    return found


async def test_the_old_entity_becomes_ours_with_all_that_the_user_gave_it(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, old: MockConfigEntry
) -> None:
    registry, devices = er.async_get(hass), dr.async_get(hass)
    power = old_id(hass, gateway, "production")
    label = lr.async_get(hass).async_create("Solar").label_id
    area = ar.async_get(hass).async_create("Roof").id
    registry.async_update_entity(power, name="My panels", icon="mdi:solar-panel", labels={label}, aliases=["sun"])
    registry.async_update_entity_options(power, "sensor", {"display_precision": 1})
    uuid = registry.entities[power].id
    hub = devices.async_get_device_by_identifier((CORE, gateway.serial), old.entry_id)
    assert hub is not None
    devices.async_update_device(hub.id, area_id=area, name_by_user="Our sun", labels={label})

    await move_in(hass, entry, old)

    moved = registry.entities[power]
    assert (moved.platform, moved.unique_id, moved.id) == (DOMAIN, f"{gateway.serial}_solar_power", uuid)
    assert (moved.name, moved.icon, moved.labels) == ("My panels", "mdi:solar-panel", {label})
    assert moved.options["sensor"]["display_precision"] == 1
    state = hass.states.get(power)
    assert state is not None
    assert state.attributes["unit_of_measurement"] == "kW"
    assert float(state.state) * 1000 == pytest.approx(gateway.house.flow.solar, rel=0.05)
    ours = devices.async_get_device_by_identifier((DOMAIN, gateway.serial), entry.entry_id)
    assert ours is not None
    assert (ours.area_id, ours.name_by_user, ours.labels) == (area, "Our sun", {label})
    assert moved.device_id == ours.id
    assert old.disabled_by is ConfigEntryDisabler.USER
    assert old.state is ConfigEntryState.NOT_LOADED
    assert "move_in" not in await offers(hass, entry)


async def test_nothing_is_changed_before_the_list_is_confirmed(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, old: MockConfigEntry
) -> None:
    before = registries(hass)
    result = await look(hass, entry, old)
    assert (schema := result["data_schema"]) is not None
    assert not schema.schema
    listed = told(result)
    assert f"- Solar power: `{old_id(hass, gateway, 'production')}`" in listed
    assert old_id(hass, gateway, "seven_days_production") in listed
    assert not differences(before, registries(hass))
    assert old.state is ConfigEntryState.LOADED


async def test_undoing_leaves_the_registries_as_they_were_also_with_what_the_user_chose(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, old: MockConfigEntry
) -> None:
    registry, devices = er.async_get(hass), dr.async_get(hass)
    registry.async_update_entity(old_id(hass, gateway, "lifetime_production"), name="Sun", area_id=None, labels={"a"})
    registry.async_update_entity(
        old_id(hass, gateway, "consumption"), disabled_by=RegistryEntryDisabler.USER, hidden_by=None
    )
    registry.async_update_entity(old_id(hass, gateway, "net_consumption"), new_entity_id="sensor.my_grid")
    registry.async_update_entity(str(ours_of(hass, "sensor", gateway.serial, "solar_power")), name="Ours", icon="mdi:a")
    hub = devices.async_get_device_by_identifier((CORE, gateway.serial), old.entry_id)
    assert hub is not None
    devices.async_update_device(hub.id, name_by_user="Mine")
    await hass.async_block_till_done(wait_background_tasks=True)
    before = registries(hass)

    await move_in(hass, entry, old)
    assert owner_of(hass, "sensor.my_grid") == (DOMAIN, f"{gateway.serial}_grid_power")
    await move_back(hass, entry)

    assert not differences(before, registries(hass))
    assert old.disabled_by is None
    assert old.state is ConfigEntryState.LOADED
    assert entry.state is ConfigEntryState.LOADED
    assert await offers(hass, entry) == ["settings", "move_in"]


async def test_moving_there_and_back_and_there_again_works(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, old: MockConfigEntry
) -> None:
    power = old_id(hass, gateway, "production")
    await move_in(hass, entry, old)
    await move_back(hass, entry)
    await move_in(hass, entry, old)
    assert owner_of(hass, power) == (DOMAIN, f"{gateway.serial}_solar_power")


@pytest.mark.usefixtures("recorder_mock")
async def test_counters_go_on_and_only_what_flowed_is_counted_at_the_seam(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    gateway: GatewayServer,
    entry: MockConfigEntry,
    old: MockConfigEntry,
) -> None:
    solar, load = (old_id(hass, gateway, key) for key in ("lifetime_production", "lifetime_consumption"))
    await record(hass, freezer)
    truth = gateway.house.truth
    before = (truth.solar, truth.load)
    await move_in(hass, entry, old)
    for _ in range(3):
        await record(hass, freezer)
    truth = gateway.house.truth
    counted = await sums(hass, {solar, load})
    for entity_id, flowed in ((solar, truth.solar - before[0]), (load, truth.load - before[1])):
        grown = counted[entity_id][-1] - counted[entity_id][0]
        # The old integration asks once a minute, and ours keeps what changes little for a minute.
        assert grown == pytest.approx(flowed, abs=100), entity_id
        assert counted[entity_id] == sorted(counted[entity_id])


async def test_a_counter_that_starts_elsewhere_goes_on_without_a_jump_and_ours_is_itself_again_afterwards(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, old: MockConfigEntry
) -> None:
    keys = ("solar_energy", "load_energy", "solar_energy_today", "load_energy_today")
    own = {key: number(hass, gateway.serial, key) for key in keys}
    solar, load = (old_id(hass, gateway, key) for key in ("lifetime_production", "lifetime_consumption"))
    shown = {entity_id: hass.states.get(entity_id) for entity_id in (solar, load)}
    before = registries(hass)
    # The old integration counts less solar energy, as one whose counter has wrapped does, and more consumption.
    for entity_id, megawatt_hours in ((solar, 21.5), (load, 99.25)):
        state = shown[entity_id]
        assert state is not None
        hass.states.async_set(entity_id, str(megawatt_hours), state.attributes)

    await move_in(hass, entry, old)

    for entity_id, megawatt_hours in ((solar, 21.5), (load, 99.25)):
        state = hass.states.get(entity_id)
        assert state is not None
        assert float(state.state) == pytest.approx(megawatt_hours, abs=0.0005)
    # What today adds to the counters stays what it was.
    for key in keys[2:]:
        assert number(hass, gateway.serial, key) == pytest.approx(own[key], abs=100), key
    await move_back(hass, entry)
    assert not differences(before, registries(hass))
    assert {key: number(hass, gateway.serial, key) for key in keys} == pytest.approx(own, abs=100)
