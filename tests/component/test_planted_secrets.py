"""Whatever a gateway sends, nothing of a person, a place or a lock leaves by the ways that others read."""

from collections.abc import Callable
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
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.json import json_dumps
from homeassistant.setup import async_setup_component
from simulator.iq_gateway import GatewayServer
from simulator.iq_gateway.faults import Fault, Mutate
from simulator.iq_gateway.reply import Reply
from tests.common import gateway_entry, pass_time, set_up

SECRETS = {
    "email": "anna.muster@example.com",
    "token": "eyJraWQiOiI3ZDEwMDA1ZC0.eyJhdWQiOiIxMjIwMTMwMDAwMDAi.c2lnbmF0dXJlLW9mLWl0",
    "bearer": "Bearer 3f9aPlantedKey",
    "pem": "-----BEGIN PRIVATE KEY----- MIIPlantedKey -----END PRIVATE KEY-----",
    "hex": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822c",
    "mac": "AC:DE:48:13:57:9B",
    "mac without separators": "ACDE4813579B",
    "mac with dots": "acde.4813.579b",
    "address": "10.47.11.208",
    "ipv6": "fe80::1c2d:aff:fe13:579b",
    "place": "48.13743, 11.57549",
    "phone": "+49 89 5551 3579",
    "american phone": "(415) 555-2671",
    "street": "Musterstraße 17",
    "password": "correct-horse!battery",
}

# What the gateway is known by, and what decides which devices there are.
STRUCTURE = {"sn", "serial_num", "serialNumber", "serial_number", "type", "devName", "devname", "eid", "id"}
STRUCTURE |= {"measurementType", "state", "reportType"}

# An owner may call a circuit what they like, and a MAC address without separators looks like a serial number.
NAMES = {"load_name", "manufacturer", "model"}
FREE_WORDS = {"street", "password"}
LIKE_SERIALS = {"mac without separators"}


def planted(secret: str, spared: set[str]) -> Callable[[Any], Any]:
    """Return what puts a secret into every text but those of spared fields, and beside every field, of a payload."""

    def plant(value: Any, field: str = "") -> Any:
        match value:
            case dict():
                filled = {key: plant(item, key) for key, item in value.items()}
                extra = {
                    "x-note": secret,
                    "Owner_eMail": secret,
                    "macAddr": secret,
                    "deviceSN2": secret,
                    "misc": [secret],
                }
                return filled if field == "units" else {**filled, **extra}
            case list():
                return [plant(item, field) for item in value]
            case str() if field not in spared:
                return secret
        return value

    return plant


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


def told(hass: HomeAssistant, events: list[Event[Any]], log: pytest.LogCaptureFixture) -> dict[str, str]:
    """Return what others read, by the way they read it."""
    return {
        "log": "\n".join(f"{record.getMessage()} {record.exc_text}" for record in log.records),
        "states": json_dumps([state.as_dict() for state in hass.states.async_all()]),
        "repairs": repr([issue for issue in ir.async_get(hass).issues.values() if issue.domain == DOMAIN]),
        "events": repr([event.as_dict() for event in events]),
    }


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
