"""Whatever a gateway sends, nothing of a person, a place or a lock leaves by the ways that others read."""

import json
from typing import Any, override

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.energy_site.const import DOMAIN
from custom_components.energy_site.helpers.redaction import Redactor
from custom_components.energy_site.vendors.iq_gateway.vendor import IQ_GATEWAY
from homeassistant.const import MATCH_ALL
from homeassistant.core import Event, HomeAssistant
from homeassistant.setup import async_setup_component
from simulator.iq_gateway import GatewayServer
from simulator.iq_gateway.faults import Fault, Mutate
from simulator.iq_gateway.reply import Reply
from tests.common import gateway_entry, pass_time, set_up

from ...planting import FREE_WORDS, LIKE_SERIALS, NAMES, SECRETS, STRUCTURE, planted, told


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
    for endpoint in sorted(entry.runtime_data.adapter.endpoints):
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


# Fields that an answer may have besides, with what nobody else may see: numbers, lists and maps among them.
FIELDS = {
    "coords": [52.5200081, 13.4049541],
    "position": {"x": 52.5200082, "y": 13.4049542},
    "geo": {"type": "Point", "coordinates": [13.4049543, 52.5200083]},
    "latitudedeg": 52.5200084,
    "LNG": 13.4049544,
    "postalcode": 902101,
    "Zip": "902102",
    "housenumber": 170017,
    "streetno": "170018",
    "apartment": "170019B",
    "wifipin": 12345678,
    "PIN": 876543,
    "passcode": 471101,
    "accessCode": 471102,
    "customerid": 5551001,
    "ownerid": 5551002,
    "userId": 5551003,
    "installationid": 5551004,
    "contactno": "555-0199",
    "phoneno": 4155552671,
    "wpakey": "ab12cd34",
    "wpa2": "ok-yes-1",
    "secretvalue": "on off 7",
    "accesstoken": 99887766,
    "owner_name": "April May",
    "nickname": "June Summer",
    "circuitlabel": "March Storm",
}

# What tells by itself, whatever its field is called.
VALUES = {
    "n1": "52.52,13.40",
    "n2": "N52.5211 E13.4055",
    "n3": "52\u00b031'12\"N 13\u00b024'18\"E",
    "n4": "a1b2c3d4",
    "n5": "2025550123",
    "n6": "555-0123",
    "n7": "5550124",
    "n8": "fe80::1",
    "n9": "2a02:8109::b7",
    "n10": 122013000077,
}


def filled(value: Any) -> Any:
    """Put all fields beside each field of a payload."""
    match value:
        case dict():
            return {key: item if key == "units" else filled(item) for key, item in value.items()} | FIELDS | VALUES
        case list():
            return [filled(item) for item in value]
    return value


def leaves(value: Any) -> list[str]:
    """Return what stands in a field."""
    match value:
        case dict():
            return [leaf for key, item in value.items() if key != "type" for leaf in leaves(item)]
        case list():
            return [leaf for item in value for leaf in leaves(item)]
    return [str(value)]


@pytest.mark.usefixtures("entity_registry_enabled_by_default")
async def test_a_field_that_tells_of_somebody_is_hidden_whatever_it_is_called_and_holds(
    hass: HomeAssistant,
    gateway: GatewayServer,
    hass_client: ClientSessionGenerator,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG")
    events: list[Event[Any]] = []
    hass.bus.async_listen(MATCH_ALL, events.append)
    await async_setup_component(hass, "diagnostics", {})
    gateway.faults.add(Mutate(filled))
    entry = gateway_entry(gateway)
    await set_up(hass, entry)
    await pass_time(hass, freezer, 60, step=30)
    ways = told(hass, events, caplog)
    for endpoint in sorted(entry.runtime_data.adapter.endpoints):
        answer = await hass.services.async_call(
            DOMAIN, "get_raw", {"endpoint": endpoint}, blocking=True, return_response=True
        )
        ways[f"raw {endpoint}"] = json.dumps(answer, ensure_ascii=False)
    found = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    ways["diagnostics"] = json.dumps(found, ensure_ascii=False).replace('\\"', '"')
    secrets = [leaf for value in (FIELDS | VALUES).values() for leaf in leaves(value)]
    assert [(way, secret) for way, text in ways.items() for secret in secrets if secret in text] == []
    assert ways["diagnostics"].count("n10") > 10
    assert ways["diagnostics"].count("**REDACTED**") > 100
    await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.parametrize(
    "answer",
    [
        {"joulesProduced": 2220077025, "whLifetime": 3011819050, "wattHoursLifetime": 133798553},
        {"eid": 2097152258, "ctcon": "2097152", "cap": "6308347"},
        {"timestamp": 1746702903, "date": "1743427085", "current_date": "08/01/2026", "current_time": "09:09"},
        {"dry_contacts": [{"id": "NC1", "dry_contact_status": "open", "dry_contact_txn_ack": 16}]},
        {"name_plate_rating_wat": 22.0, "capacity": 5000, "positive": 7, "communicating": True},
        {"app_fw_version": "2.6.5973_rel/22.11", "part_num": "836-01826-r76", "model": "G007042-3"},
        {"ptpn": "549-00040-r01-v02.61.01", "ibl_fw_version": "3.1.813-8c003b"},
    ],
)
def test_what_was_measured_and_what_was_built_in_is_shown(answer: dict[str, Any]) -> None:
    assert Redactor(IQ_GATEWAY.vocabulary).redact(answer) == answer
