"""Recorded gateways are served again, and the simulated one has their shapes."""

import json
from pathlib import Path
from typing import Any

import pytest

from simulator.clock import ManualClock
from simulator.house import House, record
from simulator.iq_gateway import GatewayServer
from simulator.iq_gateway.host import Call
from simulator.presets import PRESETS
from simulator.recorded import RecordedGateway

from .client import Client
from .conftest import HOUR, MIDNIGHT

TWINS = {
    "generator": "8.3.5169_with_generator",
    "ac_battery": "8.3.5169_ACB_inventory",
    "collar": "8.3.1598_collar",
    "standard": "7.6.175_standard",
}
ENDPOINTS = {
    "admin_lib_tariff": "/admin/lib/tariff",
    "api_v1_production": "/api/v1/production",
    "api_v1_production_inverters": "/api/v1/production/inverters",
    "home": "/home",
    "inv": "/inv",
    "inventory": "/inventory",
    "inventory.json_deleted_1": "/inventory.json?deleted=1",
    "ivp_ensemble_dry_contacts": "/ivp/ensemble/dry_contacts",
    "ivp_ensemble_generator": "/ivp/ensemble/generator",
    "ivp_ensemble_inventory": "/ivp/ensemble/inventory",
    "ivp_ensemble_power": "/ivp/ensemble/power",
    "ivp_ensemble_secctrl": "/ivp/ensemble/secctrl",
    "ivp_meters": "/ivp/meters",
    "ivp_meters_gridReading": "/ivp/meters/gridReading",
    "ivp_meters_pvReading": "/ivp/meters/pvReading",
    "ivp_meters_readings": "/ivp/meters/readings",
    "ivp_meters_reports": "/ivp/meters/reports",
    "ivp_pdm_device_data": "/ivp/pdm/device_data",
    "ivp_pdm_energy": "/ivp/pdm/energy",
    "ivp_sc_pvlimit": "/ivp/sc/pvlimit",
    "ivp_ss_gen_config": "/ivp/ss/gen_config",
    "ivp_ss_gen_schedule": "/ivp/ss/gen_schedule",
    "ivp_ss_gen_mode": "/ivp/ss/gen_mode",
    "ivp_ss_pel_settings": "/ivp/ss/pel_settings",
    "production": "/production",
    "production.json_details_1": "/production.json?details=1",
}
NOT_SIMULATED = {
    ("home", ".network.interfaces[].network:bool"),
    ("ivp_ensemble_secctrl", ".ESS_R3_To_R4_in_progress:bool"),
}
KINDS = {bool: "bool", int: "number", float: "number", str: "str", type(None): "null"}


def shape(node: Any, at: str = "") -> set[str]:
    """Return the paths of a payload with their types; serials and eids are `#`."""
    if isinstance(node, list):
        return {f"{at}[]"}.union(*(shape(each, f"{at}[]") for each in node))
    if isinstance(node, dict):
        names = {key: "#" if key.isdigit() else key for key in node}
        return {f"{at}{{}}"}.union(*(shape(value, f"{at}.{names[key]}") for key, value in node.items()))
    return {f"{at}:{KINDS[type(node)]}"}


@pytest.mark.parametrize("preset", TWINS)
async def test_payloads_have_the_shapes_of_recorded_ones(preset: str, recordings: dict[str, Path]) -> None:
    """Each key that a real gateway of that kind sends is there, with its type."""
    twin = PRESETS[preset]()
    noon = MIDNIGHT + (18 if twin.gateway.currency == "USD" else 12) * HOUR
    house = House(twin.house, start=noon - 30 * HOUR)
    record(house, noon)
    gateway = GatewayServer(house, twin.gateway, clock=ManualClock(noon))
    compared = 0
    for name, target in ENDPOINTS.items():
        file = recordings[TWINS[preset]] / name
        if not file.is_file():
            continue
        path, _, query = target.partition("?")
        pairs = dict([query.split("=")]) if query else {}
        reply = await gateway.respond(Call(method="GET", path=path, query=pairs, body=b"", role="owner", now=noon))
        missing = shape(json.loads(file.read_text())) - shape(reply.payload)
        assert not {each for each in missing if (name, each) not in NOT_SIMULATED}, target
        compared += 1
    assert compared >= 6


async def test_a_recording_is_served_with_a_gateways_manners(recordings: dict[str, Path], socket_enabled: None) -> None:
    """Tokens, statuses and bodies are as they were."""
    folder = recordings["8.3.5169_with_generator"]
    async with RecordedGateway(folder) as gateway, Client(gateway, gateway.token()) as client:
        assert f"<sn>{gateway.serial}</sn>" in (await client.ask("/info")).text
        answer = await client.ask("/ivp/meters/readings")
        assert answer.text == (folder / "ivp_meters_readings").read_text()
        details = await client.get("/production.json?details=1")
        assert "lines" in details["production"][1]
        kinds = [each["reportType"] for each in await client.get("/ivp/meters/reports/consumption")]
        assert kinds == ["net-consumption", "total-consumption"]
        assert (await client.ask("/ivp/nothing")).status == 404
        async with Client(gateway) as stranger:
            assert (await stranger.ask("/ivp/meters")).status == 401
        assert gateway.stats.sessions == 1


async def test_every_recording_can_be_served(recordings: dict[str, Path], socket_enabled: None) -> None:
    """Whatever its age."""
    for folder in recordings.values():
        async with RecordedGateway(folder) as gateway, Client(gateway, gateway.token()) as client:
            answer = await client.ask("/info")
            assert answer.status == 200
            assert gateway.serial in answer.text


async def test_a_made_up_recording(tmp_path: Path, socket_enabled: None) -> None:
    """The log beside a file says which status it had."""
    (tmp_path / "info").write_text("<envoy_info><time>1700000000</time><sn>482500000001</sn></envoy_info>")
    (tmp_path / "ivp_meters").write_text("[]")
    (tmp_path / "ivp_meters_log.json").write_text('{"code": 503, "headers": {"Content-Type": "text/html"}}')
    async with RecordedGateway(tmp_path) as gateway, Client(gateway, gateway.token()) as client:
        assert gateway.clock.now() == 1_700_000_000
        answer = await client.ask("/ivp/meters")
        assert (answer.status, answer.headers["Content-Type"]) == (503, "text/html")


def test_a_recording_needs_a_serial_number(tmp_path: Path) -> None:
    """It is what a gateway is known by."""
    (tmp_path / "info").write_text("<envoy_info/>")
    with pytest.raises(ValueError, match="serial"):
        RecordedGateway(tmp_path)
