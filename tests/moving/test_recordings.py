"""Every recorded gateway moves in from Home Assistant's own integration, which really runs on it."""

from datetime import UTC, datetime
import os
from pathlib import Path

from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.energy_site.const import DOMAIN
from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from simulator.recorded import RecordedGateway, recording_time
from tests.common import gateway_entry, set_up, tick

from .common import CORE, core_entry, differences, move_back, move_in, registries
from .recorded import record, sums


def _folders() -> list[Path]:
    folder = os.environ.get("RECORDED_GATEWAYS")
    return sorted(path for path in Path(folder).iterdir() if path.is_dir()) if folder else []


# Neither integration supports a gateway without tokens: Home Assistant's needs a password for it, and ours none.
FOLDERS = [pytest.param(path, id=path.name) for path in _folders() if not path.name.startswith("5.")]
NONE = [pytest.param(None, marks=pytest.mark.skip(reason="RECORDED_GATEWAYS is not set"))]

# What becomes what for a site, written down apart from the table that is tested. What isn't named here stays.
BECOMES = {
    "lifetime_production": "solar_energy",
    "production": "solar_power",
    "lifetime_net_consumption": "grid_import_energy",
    "lifetime_net_production": "grid_export_energy",
    "net_consumption": "grid_power",
    "lifetime_consumption": "load_energy",
    "consumption": "load_power",
    "lifetime_battery_discharged": "battery_discharge_energy",
    "lifetime_battery_charged": "battery_charge_energy",
    "battery_discharge": "battery_power",
    "net_ct_current": "grid_current",
    "frequency": "grid_frequency",
    "net_ct_powerfactor": "power_factor",
    "net_consumption_ct_metering_status": "grid_meter_status",
    "production_ct_metering_status": "production_meter_status",
    "storage_ct_metering_status": "storage_meter_status",
    **{
        f"{old}_l{phase}": f"{new}_l{phase}"
        for old, new in (
            ("lifetime_production", "solar_energy"),
            ("lifetime_net_consumption", "grid_import_energy"),
            ("lifetime_net_production", "grid_export_energy"),
            ("net_consumption", "grid_power"),
            ("production", "solar_power"),
        )
        for phase in (1, 2, 3)
    },
}
UNIT_BECOMES = {
    "": "power",
    "soc": "level",
    "real_power_mw": "power",
    "apparent_power_mva": "apparent_power",
    "temperature": "temperature",
    "last_reported": "last_reported",
    "lifetime_energy": "energy",
    "max_reported": "max_reported",
    "dc_voltage": "dc_voltage",
    "dc_current": "dc_current",
    "ac_voltage": "ac_voltage",
    "ac_current": "ac_current",
    "ac_frequency": "ac_frequency",
    "communicating": "connected",
    "dc_switch": "dc_switch",
    "acb_battery_soc": "level",
    "acb_battery_power": "power",
    "acb_battery_temperature": "max_cell_temperature",
    "acb_battery_charge_status": "state",
}


def expected(hass: HomeAssistant, site: str) -> dict[str, str]:
    """Return the old entity IDs that have to move in, and the unique IDs of ours that they get."""
    entities = er.async_get(hass).entities.values()
    ours = {(entity.domain, entity.unique_id) for entity in entities if entity.platform == DOMAIN}
    found: dict[str, str] = {}
    for entity in entities:
        if entity.platform != CORE:
            continue
        serial, _, key = entity.unique_id.partition("_")
        wanted = f"{site}_{BECOMES.get(key)}" if serial == site else f"{site}_{serial}_{UNIT_BECOMES.get(key)}"
        if (entity.domain, wanted) in ours:
            found[entity.entity_id] = wanted
    return found


@pytest.mark.parametrize("folder", FOLDERS or NONE)
@pytest.mark.usefixtures("recorder_mock", "socket_enabled", "entity_registry_enabled_by_default")
async def test_every_entity_with_a_counterpart_goes_on_and_comes_back(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, folder: Path
) -> None:
    freezer.move_to(datetime.fromtimestamp(recording_time(folder), UTC))
    async with RecordedGateway(folder) as gateway:
        old, entry = core_entry(gateway), gateway_entry(gateway)
        await set_up(hass, old)
        assert old.state is ConfigEntryState.LOADED
        await set_up(hass, entry)
        # Home Assistant's own asks for the network address a while after it was set up.
        await tick(hass, freezer, 40)
        wanted, before = expected(hass, gateway.serial), registries(hass)
        assert len(wanted) > 5
        await record(hass, freezer, step=60)
        await move_in(hass, entry, old)
        assert old.disabled_by is ConfigEntryDisabler.USER
        assert entry.state is ConfigEntryState.LOADED
        registry = er.async_get(hass)
        owners = {entity_id: registry.async_get(entity_id) for entity_id in wanted}
        assert {entity_id: owner.unique_id for entity_id, owner in owners.items() if owner is not None} == wanted
        assert {owner.platform for owner in owners.values() if owner is not None} == {DOMAIN}
        shown = [entity_id for entity_id, owner in owners.items() if owner is not None and not owner.disabled]
        assert all((state := hass.states.get(entity_id)) and state.state != "unavailable" for entity_id in shown)
        # No entity exists twice.
        unique_ids = [entity.unique_id for entity in er.async_entries_for_config_entry(registry, entry.entry_id)]
        assert len(unique_ids) == len(set(unique_ids))

        # The recording stands still, so that any energy that is counted from now on is none.
        await record(hass, freezer, step=60)
        await record(hass, freezer, step=60)
        counted = await sums(hass, set(wanted))
        assert counted
        for entity_id, total in counted.items():
            # A reading that never changes isn't believed for long, at least not of a single phase.
            assert len(total) >= 2, entity_id
            assert total == pytest.approx([0] * len(total), abs=1e-3), entity_id
        assert ir.async_get(hass).async_get_issue(DOMAIN, f"moved_statistics_{entry.entry_id}") is None

        await move_back(hass, entry)
        assert not differences(before, registries(hass))
        assert old.state is ConfigEntryState.LOADED
        assert entry.state is ConfigEntryState.LOADED
        assert all((state := hass.states.get(entity_id)) and state.state != "unavailable" for entity_id in shown)
        for each in (entry, old):
            await hass.config_entries.async_unload(each.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)
