"""What moved into a cloud's entry is the user's history, and stays when the gateway gets an entry as well."""

from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.energy_site.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from simulator.enphase_cloud import Application, CloudServer
from simulator.iq_gateway import GatewayServer
from tests.common import entity_id, gateway_entry, pass_time, set_up

from ..clouds import cloud_entry
from ..moving.another import energy, power, set_up_another
from ..moving.common import move_back, move_in


async def test_what_moved_into_a_clouds_entry_stays_when_the_gateway_is_added(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
    cloud: CloudServer,
    application: Application,
    both: GatewayServer,
) -> None:
    remote = await cloud_entry(hass, cloud, application)
    await set_up(hass, remote)
    values = [
        energy("enphase_ev_site_701_grid_import", "type:701:cloud", 1234.0),
        power("enphase_ev_site_701_grid_power", "type:701:cloud", 5),
    ]
    old = await set_up_another(
        hass, monkeypatch, "enphase_ev", values, unique_id="701", title="EV", data={"site_id": "701"}
    )
    registry = er.async_get(hass)
    before = {each.entity_id for each in er.async_entries_for_config_entry(registry, old.entry_id)}
    await move_in(hass, remote, old)
    moved = {name: registry.entities[name].id for name in before if registry.entities[name].platform == DOMAIN}
    assert moved
    local = gateway_entry(both)
    await set_up(hass, local)
    await pass_time(hass, freezer, 120)
    await hass.async_block_till_done(wait_background_tasks=True)

    # What else the cloud's entry had is left to the gateway's.
    assert entity_id(hass, "sensor", remote.unique_id or "", "battery_level") is None
    for name, id_ in moved.items():
        entity = registry.entities[name]
        assert (entity.id, entity.config_entry_id) == (id_, remote.entry_id)
        assert (state := hass.states.get(name)) is not None
        assert state.state not in {"unavailable", "unknown"}

    await move_back(hass, remote)
    assert {each.entity_id for each in er.async_entries_for_config_entry(registry, old.entry_id)} == before
    # It isn't the user's any more, and so is left to the gateway's entry again.
    mine = {each.entity_id for each in er.async_entries_for_config_entry(registry, remote.entry_id)}
    assert not {name for name in mine if name.endswith(("grid_power", "grid_import_energy"))}
    for each in (remote, local):
        await hass.config_entries.async_unload(each.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
