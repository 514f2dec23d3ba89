"""A person who signs in to the simulated cloud, with a browser."""

import asyncio
from dataclasses import dataclass
from typing import Any, override

import aiohttp
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from yarl import URL

from custom_components.energy_site.const import DOMAIN
from homeassistant.config_entries import SOURCE_USER, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from simulator.enphase_cloud import Application, CloudServer
from simulator.iq_gateway.faults import Fault
from simulator.iq_gateway.reply import Reply
from tests.common import step

TOKEN = "/oauth/token"
SYSTEMS = "/api/v4/systems"
OLD_SYSTEMS = "/api/v2/systems"


@dataclass(frozen=True, slots=True)
class Says(Fault):
    """Refuses with words of the vendor's."""

    status: int
    message: str

    @override
    async def before(self, closing: asyncio.Event) -> Reply:
        return Reply(status=self.status, payload={"message": self.message, "code": self.status})


def typed(application: Application, **changes: Any) -> dict[str, Any]:
    """Return what a person types into the form of an application."""
    return {
        "api_key": application.key,
        "client_id": application.client_id,
        "client_secret": application.client_secret,
        "plan": "watt",
        "paste_code": True,
        **changes,
    }


async def choose(hass: HomeAssistant, option: str) -> ConfigFlowResult:
    """Open the flow and choose from its menu."""
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    return await step(hass, result, {"next_step_id": option})


async def location(address: str) -> URL:
    """Return where a browser is sent from the page where the owner agrees."""
    async with aiohttp.ClientSession() as browser, browser.get(address, allow_redirects=False) as answer:
        assert answer.status == 302, await answer.text()
        return URL(answer.headers["Location"])


async def code_of(result: ConfigFlowResult) -> str:
    """Return the code that is shown to an owner who opens the address of a form."""
    assert result["step_id"] == "enphase_code", result
    placeholders = result["description_placeholders"]
    assert placeholders is not None
    return (await location(placeholders["authorize_url"])).query["code"]


async def paste(hass: HomeAssistant, result: ConfigFlowResult) -> ConfigFlowResult:
    """Agree, and paste the code."""
    return await step(hass, result, {"code": await code_of(result)})


async def come_back(
    hass: HomeAssistant, client: ClientSessionGenerator, result: ConfigFlowResult, code: str | None = None
) -> ConfigFlowResult:
    """Answer on the vendor's page, and follow the way back to Home Assistant; another `code` may come along."""
    await arrive(client, result, code)
    return await hass.config_entries.flow.async_configure(result["flow_id"])


async def arrive(client: ClientSessionGenerator, result: ConfigFlowResult, code: str | None = None) -> None:
    """Do the same in the browser only: the dialog has not noticed yet."""
    assert result["type"] is FlowResultType.EXTERNAL_STEP, result
    back = await location(result["url"])
    if code is not None:
        back = back.update_query(code=code)
    assert str(back).startswith("https://example.com/auth/external/callback?")
    answer = await (await client()).get(back.path_qs)
    assert answer.status == 200


async def finish(hass: HomeAssistant, result: ConfigFlowResult, system: str = "100001") -> MockConfigEntry:
    """Choose a system and return the entry."""
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "system", result
    result = await step(hass, result, {"system": system})
    assert result["type"] is FlowResultType.CREATE_ENTRY, result
    await hass.async_block_till_done()
    entry: Any = result["result"]
    return entry


async def set_up_cloud(
    hass: HomeAssistant, application: Application, system: str = "100001", **changes: Any
) -> MockConfigEntry:
    """Set a system up as a person does who pastes the code."""
    result = await step(hass, await choose(hass, "enphase_cloud"), typed(application, **changes))
    return await finish(hass, await paste(hass, result), system)


def offered(result: ConfigFlowResult) -> dict[str, str]:
    """Return the systems that may be chosen, with their labels."""
    assert result["step_id"] == "system", result
    schema = result["data_schema"]
    assert schema is not None
    return {option["value"]: option["label"] for option in schema.schema["system"].config["options"]}


def shown(result: ConfigFlowResult) -> dict[str, Any]:
    """Return the fields of a form, each with what stands in it."""
    schema = result["data_schema"]
    assert schema is not None
    return {
        str(key): (key.description or {}).get("suggested_value", key.default() if callable(key.default) else None)
        for key in schema.schema
    }


def asked(cloud: CloudServer) -> list[str]:
    """Return what Home Assistant asked the cloud: all but what the browser did."""
    return [
        f"{each.method} {each.path}"
        for each in cloud.requests
        if each.path not in ("/oauth/authorize", "/oauth/redirect_uri")
    ]
