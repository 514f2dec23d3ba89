"""A person who signs in to the simulated Tesla cloud, with a browser."""

from typing import Any

from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from simulator.tesla_cloud import Application, TeslaServer
from tests.cloud import choose, location
from tests.common import step

CALLBACK = "https://example.com/auth/external/callback"
HOME, CABIN = 100001, 100002

TOKEN = "POST /oauth2/v3/token"
PRODUCTS = "GET /api/1/products"
REGISTER = "POST /api/1/partner_accounts"
SITE_INFO = f"GET /api/1/energy_sites/{HOME}/site_info"


def typed(application: Application, **changes: Any) -> dict[str, Any]:
    """Return what a person types into the form of an application."""
    return {
        "client_id": application.client_id,
        "client_secret": application.client_secret,
        "region": "na",
        "paste_code": True,
        **changes,
    }


async def submit(hass: HomeAssistant, application: Application, **changes: Any) -> ConfigFlowResult:
    """Choose Tesla from the menu, and submit the application."""
    return await step(hass, await choose(hass, "tesla"), typed(application, **changes))


async def address_of(result: ConfigFlowResult) -> str:
    """Return the address that an owner copies who opens the page of a form and agrees."""
    assert result["step_id"] == "tesla_code", result
    placeholders = result["description_placeholders"]
    assert placeholders is not None
    return str(await location(placeholders["authorize_url"]))


async def paste(hass: HomeAssistant, result: ConfigFlowResult) -> ConfigFlowResult:
    """Agree, and paste the address."""
    return await step(hass, result, {"code": await address_of(result)})


async def sign_in(hass: HomeAssistant, application: Application, **changes: Any) -> ConfigFlowResult:
    """Go as far as what follows on the owner's consent."""
    return await paste(hass, await submit(hass, application, **changes))


async def finish(hass: HomeAssistant, result: ConfigFlowResult, site: int = HOME) -> MockConfigEntry:
    """Choose a site and return the entry."""
    assert result["type"] is FlowResultType.FORM, result
    assert result["step_id"] == "site", result
    result = await step(hass, result, {"site": str(site)})
    assert result["type"] is FlowResultType.CREATE_ENTRY, result
    await hass.async_block_till_done()
    entry: Any = result["result"]
    return entry


async def set_up_site(
    hass: HomeAssistant, application: Application, site: int = HOME, **changes: Any
) -> MockConfigEntry:
    """Set a site up as a person does who pastes the address."""
    return await finish(hass, await sign_in(hass, application, **changes), site)


def errors(result: ConfigFlowResult, step_id: str) -> dict[str, str]:
    """Return what a form tells, after a look at which form it is."""
    assert result["type"] is FlowResultType.FORM, result
    assert result["step_id"] == step_id, result
    return result["errors"] or {}


def told(result: ConfigFlowResult, name: str) -> str:
    """Return one of the placeholders of a form."""
    return str((result["description_placeholders"] or {})[name])


def offered(result: ConfigFlowResult) -> dict[str, str]:
    """Return the sites that may be chosen, with their labels."""
    assert result["step_id"] == "site", result
    schema = result["data_schema"]
    assert schema is not None
    return {option["value"]: option["label"] for option in schema.schema["site"].config["options"]}


def asked(fleet: TeslaServer) -> list[str]:
    """Return what Home Assistant asked the cloud: all but what the browser did."""
    return [
        f"{each.method} {each.path}" for each in fleet.requests if not each.path.startswith(("/oauth2/v3/authorize",))
    ]
