"""Payloads as real gateways shape them, taken from simulated homes."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from custom_components.energy_site.api.payload import as_sent
from custom_components.energy_site.vendors.iq_gateway.client import endpoints
from custom_components.energy_site.vendors.iq_gateway.client.endpoints import Endpoint
from simulator.house import (
    ArrayConfig,
    BatteryConfig,
    GeneratorConfig,
    House,
    HouseConfig,
    LoadCircuit,
    LoadConfig,
    PhaseCount,
    Place,
)
from simulator.iq_gateway import Controller, GatewayConfig, Measurement
from simulator.iq_gateway.host import Call
from simulator.iq_gateway.routes import read
from simulator.iq_gateway.state import GatewayState
from simulator.presets import PRESETS

NOON = 1_781_956_800.0
"""20 June 2026, 12:00 UTC."""

HOME = HouseConfig(
    place=Place(latitude=51.5, longitude=0.0, timezone="UTC"),
    phases=PhaseCount.SPLIT,
    grid_voltage=120.0,
    grid_frequency=60.0,
    arrays=(ArrayConfig(inverters=3),),
    battery=BatteryConfig(units=2),
    generator=GeneratorConfig(watts=22_000),
    load=LoadConfig(circuits=(LoadCircuit(contact="NC1", name="Pump", watts=900, duty=1.0),)),
)
HARDWARE = GatewayConfig(
    cts=(Measurement.PRODUCTION, Measurement.NET_CONSUMPTION, Measurement.STORAGE),
    controller=Controller.SYSTEM_CONTROLLER,
    q_relay=True,
)

ENDPOINTS: Mapping[str, Endpoint[Any]] = {
    endpoint.name: endpoint
    for endpoint in vars(endpoints).values()
    if isinstance(endpoint, Endpoint) and endpoint.parse is not as_sent
}


@cache
def _states() -> tuple[GatewayState, ...]:
    presets = [PRESETS[name]() for name in ("collar", "ac_battery")]
    homes = [(HOME, HARDWARE), *((preset.house, preset.gateway) for preset in presets)]
    return tuple(GatewayState(House(home, start=NOON), hardware) for home, hardware in homes)


def payloads(endpoint: Endpoint[Any]) -> list[Any]:
    """Return what simulated gateways answer; those without the endpoint do not."""
    call = {"method": "GET", "path": endpoint.path, "query": {}, "body": b"", "role": "owner", "now": NOON}
    replies = [read(state, Call(**call)) for state in _states()]  # type: ignore[arg-type]
    return [reply.json() for reply in replies if reply.status == 200]


def payload(endpoint: Endpoint[Any]) -> Any:
    """Return what the home with everything in it answers."""
    return payloads(endpoint)[0]


def info() -> bytes:
    """Return what it says of itself."""
    call = Call(method="GET", path="/info", query={}, body=b"", role=None, now=NOON)
    return read(_states()[0], call).body()
