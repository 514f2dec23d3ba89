"""What a person downloads for a bug report, and what it must not tell."""

import json
from pathlib import Path
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
    get_diagnostics_for_device,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.energy_site.const import DOMAIN
from custom_components.energy_site.helpers.redaction import Redactor
from custom_components.energy_site.vendors.iq_gateway.vendor import IQ_GATEWAY
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
from simulator.iq_gateway import GatewayServer
from simulator.recorded import RecordedGateway


@pytest.fixture
async def diagnostics(
    hass: HomeAssistant, gateway: GatewayServer, hass_client: ClientSessionGenerator, entry: MockConfigEntry
) -> dict[str, Any]:
    """Return the entry's diagnostics as they are downloaded."""
    await async_setup_component(hass, "diagnostics", {})
    return dict(await get_diagnostics_for_config_entry(hass, hass_client, entry))


async def test_tells_nothing_of_whose_the_site_is(
    gateway: GatewayServer, entry: MockConfigEntry, diagnostics: dict[str, Any]
) -> None:
    text = json.dumps(diagnostics)
    secrets = [gateway.serial, entry.data["token"], entry.data["host"], entry.data["fingerprint"], "Water heater"]
    secrets += [inverter.serial for inverter in gateway.house.inverters]
    secrets += ["America/Chicago"]
    for secret in secrets:
        assert secret not in text


async def test_holds_every_answer_with_its_status_and_time(gateway: GatewayServer, diagnostics: dict[str, Any]) -> None:
    recording = diagnostics["recording"]
    asked = {path for path in gateway.stats.requests if path != "/auth/check_jwt"}
    assert set(recording) == asked
    assert recording["/ivp/meters/readings"]["code"] == 200
    assert json.loads(recording["/ivp/meters/readings"]["body"])[0]["eid"] == 704643328
    assert diagnostics["feeds"]["meter_readings"]["presence"] == "present"
    assert diagnostics["parts"]["PowerFlow"]["solar"]["power"] > 0


async def test_serves_as_a_recording(gateway: GatewayServer, diagnostics: dict[str, Any], tmp_path: Path) -> None:
    for path, answer in diagnostics["recording"].items():
        name = path.strip("/").replace("/", "_")
        (tmp_path / name).write_text(answer["body"])
        (tmp_path / f"{name}_log.json").write_text(json.dumps({"code": answer["code"], "headers": {}}))
    async with RecordedGateway(tmp_path) as replayed:
        assert replayed.serial != gateway.serial
        assert len(replayed.serial) == len(gateway.serial)


async def test_a_device_page_offers_the_same(
    hass: HomeAssistant, gateway: GatewayServer, hass_client: ClientSessionGenerator, entry: MockConfigEntry
) -> None:
    await async_setup_component(hass, "diagnostics", {})
    device = dr.async_get(hass).async_get_device_by_identifier((DOMAIN, gateway.serial), entry.entry_id)
    assert device is not None
    found: Any = await get_diagnostics_for_device(hass, hass_client, entry, device)
    assert found["device"]["firmware"] == gateway.state.firmware
    assert "recording" in found


def test_a_serial_number_gets_the_same_name_everywhere() -> None:
    redactor = Redactor(IQ_GATEWAY.vocabulary)
    assert redactor.redact_text('{"sn": "122013000000"}') == '{"sn": "990000000001"}'
    assert redactor.redact({"122013000000": [122013000000, "121917000000"]}) == {
        "990000000001": [990000000001, "990000000002"]
    }


def test_hides_a_name_that_is_no_number_too() -> None:
    redactor = Redactor(IQ_GATEWAY.vocabulary)
    redactor.hide("gateway-of-anna")
    assert "anna" not in redactor.redact_text("at gateway-of-anna")


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("eyJhbGciOi.eyJhdWQiOi.c2lnbmF0dXJl", "**REDACTED**"),
        ("somebody@example.com", "**REDACTED**"),
        ("00:1D:C0:73:5C:04", "00-00-5E-00-53-00"),
        ("192.168.3.16", "192.0.2.1"),
        ('{"timezone": "Europe/London"}', '{"timezone": "**REDACTED**"}'),
        ('{"essid": "my \\"home\\" wifi"}', '{"essid": "**REDACTED**"}'),
        ('{"sn": "EC12AB34CD56"}', '{"sn": "990000000001"}'),
        ('{"serial_num": 1234567890}', '{"serial_num": 9900000001}'),
        ("<euaid>4c8675</euaid>", "<euaid>990001</euaid>"),
        ("fe80::21d:c0ff:fe73:5c04", "2001:db8::1"),
        ("02.00.00.1210", "02.00.00.1210"),
        ("8.300.1.2", "8.300.1.2"),
        ("1700000000", "1700000000"),
        ("19284368878.123", "19284368878.123"),
    ],
)
def test_hides_what_tells_a_person_or_a_place_and_keeps_the_rest(text: str, hidden: str) -> None:
    assert Redactor(IQ_GATEWAY.vocabulary).redact_text(text) == hidden


async def test_system_health_sums_the_sites_up(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    from pytest_homeassistant_custom_component.common import get_system_health_info

    await async_setup_component(hass, "system_health", {})
    await hass.async_block_till_done()
    info = await get_system_health_info(hass, DOMAIN)
    assert info["sites"] == 1
    assert info["silent_sites"] == 0
    assert info["requests"] > 10
    assert info["rejected_samples"] == 0
    assert info["highest_load"].endswith("%")
