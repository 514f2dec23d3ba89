"""Goes on with a gateway that replaced the one of an entry, as a person does it."""

from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er
from simulator.iq_gateway import GatewayServer
from tests.common import number, step

COUNTERS = ("solar_energy", "grid_import_energy", "grid_export_energy", "battery_charge_energy", "load_energy")


def ids(hass: HomeAssistant, entry: MockConfigEntry, serial: str) -> dict[str, str]:
    """Return the entities by what their unique ids say beside the gateway's serial number."""
    found = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    assert all(entity.unique_id.startswith(f"{serial}_") for entity in found)
    return {f"{entity.domain} {entity.unique_id.removeprefix(serial)}": entity.entity_id for entity in found}


async def replace_by(hass: HomeAssistant, entry: MockConfigEntry, gateway: GatewayServer) -> ConfigFlowResult:
    """Go on with another gateway, as far as the confirmation."""
    result = await step(hass, await entry.start_reconfigure_flow(hass), {"host": gateway.host})
    assert result["errors"] == {"host": "another_gateway"}
    result = await step(hass, result, {"host": gateway.host, "replaced": True})
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "replaced"
    return result


async def confirm(hass: HomeAssistant, entry: MockConfigEntry, gateway: GatewayServer) -> ConfigFlowResult:
    """Confirm another gateway, and give its token."""
    result = await step(hass, await replace_by(hass, entry, gateway), {})
    result = await step(hass, result, {"next_step_id": "iq_gateway_token"})
    result = await step(hass, result, {"token": gateway.token()})
    await hass.async_block_till_done(wait_background_tasks=True)
    return result


def counted(hass: HomeAssistant, serial: str) -> dict[str, float | None]:
    """Return what the counters of a gateway's site show."""
    return {key: number(hass, serial, key) for key in COUNTERS}
