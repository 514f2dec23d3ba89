"""Whatever a gateway sends, nothing of a person, a place or a lock leaves by the ways that others read."""

import json
from typing import Any, override

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.energy_site.const import DOMAIN
from homeassistant.const import MATCH_ALL
from homeassistant.core import Event, HomeAssistant
from homeassistant.setup import async_setup_component
from simulator.iq_gateway import GatewayServer
from simulator.iq_gateway.faults import Fault, Mutate
from simulator.iq_gateway.reply import Reply
from tests.common import gateway_entry, pass_time, set_up

from .planting import FREE_WORDS, LIKE_SERIALS, NAMES, SECRETS, STRUCTURE, planted, told


class Planted(Fault):
    """Puts a secret into every answer; `/info` keeps the serial number and the version."""

    def __init__(self, secret: str, spared: set[str]) -> None:
        """Plant this everywhere but in the spared fields."""
        self._plant = Mutate(planted(secret, spared))
        self._secret = secret.replace("<", "")

    @override
    def after(self, reply: Reply) -> Reply:
        """Act on the gateway's own reply."""
        if "<envoy_info>" not in reply.text:
            return self._plant.after(reply)
        text = reply.text
        for tag in ("pn", "euaid", "build_id"):
            start, end = text.index(f"<{tag}>"), text.index(f"</{tag}>")
            text = text[:start] + f"<{tag}>{self._secret}" + text[end:]
        text = text.replace("</device>", f"<owner>{self._secret}</owner></device>")
        return Reply(text=text.replace('name="', f'note="{self._secret}" name="'), content_type=reply.content_type)


@pytest.mark.parametrize("everywhere", [False, True], ids=["beside what is needed", "everywhere"])
@pytest.mark.parametrize("kind", SECRETS)
@pytest.mark.usefixtures("entity_registry_enabled_by_default")
async def test_a_secret_in_every_field_of_every_answer_reaches_nobody(
    hass: HomeAssistant,
    gateway: GatewayServer,
    hass_client: ClientSessionGenerator,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
    kind: str,
    everywhere: bool,
) -> None:
    secret, spared = SECRETS[kind], set() if everywhere and kind not in LIKE_SERIALS else STRUCTURE
    spared = spared | NAMES if kind in FREE_WORDS else spared
    caplog.set_level("DEBUG")
    events: list[Event[Any]] = []
    hass.bus.async_listen(MATCH_ALL, events.append)
    await async_setup_component(hass, "diagnostics", {})
    gateway.faults.add(Planted(secret, spared))
    entry = gateway_entry(gateway)
    await set_up(hass, entry)
    await pass_time(hass, freezer, 120, step=30)
    ways = told(hass, events, caplog)
    raw = []
    for endpoint in sorted({feed.endpoint for feed in entry.runtime_data.source.feeds.values()}):
        answer = await hass.services.async_call(
            DOMAIN, "get_raw", {"endpoint": endpoint}, blocking=True, return_response=True
        )
        raw.append(answer)
    ways["raw answers"] = json.dumps(raw, ensure_ascii=False)
    found = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    ways["diagnostics"] = json.dumps(found, ensure_ascii=False).replace('\\"', '"')
    assert {way: text.count(secret) for way, text in ways.items()} == dict.fromkeys(ways, 0)
    assert secret.encode("unicode_escape").decode() not in ways["diagnostics"]
    await hass.config_entries.async_unload(entry.entry_id)


async def test_what_helps_support_is_still_there(
    hass: HomeAssistant, gateway: GatewayServer, hass_client: ClientSessionGenerator, entry: MockConfigEntry
) -> None:
    await async_setup_component(hass, "diagnostics", {})
    found: Any = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    meters = json.loads(found["recording"]["/ivp/meters"]["body"])
    assert [meter["measurementType"] for meter in meters] == ["production", "net-consumption", "storage"]
    assert gateway.state.firmware in found["recording"]["/info"]["body"]
    tariff = found["recording"]["/admin/lib/tariff"]["body"]
    assert "self-consumption" in tariff
    inventory = json.loads(found["recording"]["/ivp/ensemble/inventory"]["body"])
    assert {group["type"] for group in inventory} >= {"ENCHARGE", "ENPOWER"}
    assert all(device["part_num"] != "**REDACTED**" for group in inventory for device in group["devices"])
