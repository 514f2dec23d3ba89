"""What outlives a restart, and what must not break one."""

from datetime import UTC, datetime, timedelta
import json
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.energy_site.site.model import CounterKind, EnergyCounters, Inverters, PowerFlow
from custom_components.energy_site.sources.feed import Pace, Presence
from custom_components.energy_site.vendors.iq_gateway.client.client import IqGatewayClient
from custom_components.energy_site.vendors.iq_gateway.client.token import GatewayToken
from custom_components.energy_site.vendors.iq_gateway.source.capabilities import Capabilities
from custom_components.energy_site.vendors.iq_gateway.source.source import IqGatewaySource
from simulator.clock import ManualClock
from simulator.house import House
from simulator.iq_gateway import GatewayServer
from simulator.presets import PRESETS

from .driver import CALM, INTERVALS, simulated


@pytest.mark.parametrize("name", sorted(set(PRESETS) - {"large"}))
async def test_after_a_restart_a_home_is_known_and_its_energy_goes_on(name: str) -> None:
    async with simulated(name, hour=13.0, intervals=CALM) as site:
        await site.start()
        await site.run(300)
        hardware, counts = site.source.capabilities, site.part(EnergyCounters).counts
        presence = {key: state.presence for key, state in site.source.states.items()}
        site.restart()
        assert site.source.capabilities == hardware
        assert {key: state.presence for key, state in site.source.states.items()} == presence
        # Nothing is shown before the first answer.
        assert site.source.part(PowerFlow) is None
        assert site.source.ledger.counts(site.now) == counts
        site.clock.advance(60)
        await site.start()
        for kind, count in counts.items():
            assert 0 <= site.total(kind) - count.total < 1500, kind


async def test_the_first_questions_after_a_restart_are_asked_at_the_rates_of_before() -> None:
    async with simulated("home") as site:
        await site.start()
        site.restart()
        await site.source.prepare(site.now)
        await site.ask("meter_readings", "relay")
        assert site.source.wait("meter_readings", site.now) == INTERVALS[Pace.POWER]
        assert site.source.wait("relay", site.now) == INTERVALS[Pace.GRID]


async def test_an_inverters_energy_is_known_before_it_reports_again() -> None:
    async with simulated("standard", hour=13.0) as site:
        await site.start()
        serial = site.house.inverters[0].serial
        energy = site.part(Inverters).units[serial].energy
        site.restart()
        await site.source.prepare(site.now)
        await site.ask("inverters")
        assert site.part(Inverters).units[serial].energy == energy


async def test_restarting_often_neither_loses_nor_invents_energy() -> None:
    async with simulated("home", hour=17.0, intervals=CALM) as site:
        await site.start()
        for _ in range(6):
            await site.run(300)
            site.restart()
            await site.start()
        for kind in (CounterKind.SOLAR, CounterKind.GRID_EXPORT, CounterKind.BATTERY_CHARGE, CounterKind.LOAD):
            assert site.total(kind) == pytest.approx(getattr(site.truth, kind), abs=0.02)


async def test_memory_is_plain_json() -> None:
    async with simulated("home") as site:
        await site.start()
        memory = site.source.as_dict()
        text = json.dumps(memory, allow_nan=False)
        site.restart()
        assert json.dumps(site.source.as_dict(), allow_nan=False) == text
        assert memory["firmware"] == "D8.3.5169"
        assert memory["timezone"] == "America/Chicago"


@pytest.fixture(scope="module")
def gateway() -> GatewayServer:
    """Return a gateway that nobody asks."""
    preset = PRESETS["home"]()
    return GatewayServer(House(preset.house, start=1_781_956_800), preset.gateway, clock=ManualClock(1_781_956_800))


def blank(gateway: GatewayServer) -> IqGatewaySource:
    """Return a source that never asked."""
    token = gateway.token()
    # No session: it is not going to ask.
    client = IqGatewayClient(None, "127.0.0.1", token=token)  # type: ignore[arg-type]

    async def nowhere(_: str) -> None:
        return None

    return IqGatewaySource(client, gateway.serial, GatewayToken.parse(token), INTERVALS, UTC, nowhere)


ANY = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from([*Presence, "meters", "presence"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["meters", "relay", "batteries", "x"]), inner)
    ),
    max_leaves=5,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(memory=st.dictionaries(st.sampled_from(["presence", "firmware", "hardware", "timezone", "books"]), ANY))
def test_memory_of_any_kind_breaks_nothing(gateway: GatewayServer, memory: dict[str, Any]) -> None:
    source = blank(gateway)
    source.restore(memory)
    source.essential()
    for key in source.feeds:
        assert source.wait(key, source_now(gateway)) > timedelta()
    json.dumps(source.as_dict(), allow_nan=False)


def source_now(gateway: GatewayServer) -> datetime:
    """Return the gateway's time."""
    return datetime.fromtimestamp(gateway.clock.now(), UTC)


def test_memory_of_feeds_that_are_no_more_is_ignored(gateway: GatewayServer) -> None:
    source = blank(gateway)
    source.restore({"presence": {"steam": "absent", "relay": "absent", "meters": "sideways"}})
    assert source.states["relay"].presence is Presence.ABSENT
    assert source.states["meters"].presence is Presence.UNKNOWN
    assert "steam" not in source.states


@given(st.dictionaries(st.sampled_from([*Capabilities().as_dict(), "x"]), st.booleans() | st.integers() | st.text()))
def test_hardware_that_is_not_known_is_not_there(data: dict[str, Any]) -> None:
    loaded = Capabilities.restore(data).as_dict()
    assert loaded == {name: data.get(name) is True for name in Capabilities().as_dict()}
    assert Capabilities.restore(loaded).as_dict() == loaded
