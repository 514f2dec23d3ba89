"""Live power: by the second while it is wanted, and by itself back to the usual pace."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.energy_site.site.control import Failure
from custom_components.energy_site.site.model import CounterKind, LivePower, PowerFlow
from simulator.iq_gateway import HttpStatus, Mutate, Reset
from simulator.presets import PRESETS

from .driver import Site, equipped, simulated
from .helm import Helm

STATUS = "/ivp/livedata/status"
ARM = "/ivp/livedata/stream"
STREAM = "/stream/meter"


@pytest.fixture
async def helm() -> AsyncIterator[Helm]:
    """Steer the usual home."""
    async with simulated("home") as site:
        await site.start()
        site.clock.advance(5)
        yield Helm(site)


def age(site: Site) -> float:
    """Return how old the shown solar power is, in s."""
    flow = site.part(PowerFlow).solar
    assert flow is not None
    return (site.now - flow.observed_at).total_seconds()


async def test_power_follows_the_house_by_the_second(helm: Helm) -> None:
    site = helm.site
    await helm.set("live_power", value=True)
    assert site.part(LivePower).flowing is True
    for _ in range(30):
        await site.run(1.0)
        flows = site.part(PowerFlow)
        truth = site.house.flow
        assert age(site) <= 1
        assert flows.solar is not None
        assert flows.solar.power == pytest.approx(truth.solar, abs=1)
        assert flows.grid is not None
        assert flows.grid.power == pytest.approx(truth.grid, abs=1)
        assert flows.battery is not None
        assert flows.battery.power == pytest.approx(truth.battery, abs=1)
        assert flows.load is not None
        assert flows.load.power == pytest.approx(truth.load, abs=1)
        assert [len(flow.phases) for flow in (flows.solar, flows.grid)] == [2, 2]


async def test_the_stream_is_armed_once_a_minute_at_most(helm: Helm) -> None:
    await helm.set("live_power", value=True)
    await helm.site.run(300)
    assert helm.site.requests(ARM) == 1
    # Gateways end it by themselves, and some do so again and again.
    helm.site.gateway.faults.add(Mutate(_disarmed), STATUS)
    await helm.site.run(300)
    assert 2 <= helm.site.requests(ARM) <= 6


def _disarmed(payload: dict[str, dict[str, str]]) -> None:
    payload["connection"]["sc_stream"] = "disabled"


async def test_a_stream_that_is_switched_off_meanwhile_is_armed_again(helm: Helm) -> None:
    await helm.set("live_power", value=True)
    await helm.site.run(90)
    helm.site.gateway.state.live.switch(on=False, now=helm.site.clock.now())
    await helm.site.run(5)
    assert helm.site.part(LivePower).flowing is True
    assert age(helm.site) <= 1


async def test_values_that_do_not_move_give_way_to_the_meters(helm: Helm) -> None:
    await helm.set("live_power", value=True)
    stale = helm.site.gateway.state.stamp(helm.site.clock.now())

    def stuck(payload: dict[str, dict[str, object]]) -> None:
        payload["meters"]["last_update"] = stale
        payload["meters"]["pv"] = {"agg_p_mw": 0}

    fault = helm.site.gateway.faults.add(Mutate(stuck), STATUS)
    await helm.site.run(60)
    live = helm.site.part(LivePower)
    assert (live.on, live.flowing) == (True, False)
    flow = helm.site.part(PowerFlow).solar
    assert flow is not None
    assert flow.power > 100
    assert age(helm.site) <= 10
    # A gateway that is stuck is not asked every second.
    before = fault.hits
    await helm.site.run(60)
    assert fault.hits - before <= 6
    fault.remove()
    await helm.site.run(20)
    assert helm.site.part(LivePower).flowing is True


async def test_a_gateway_that_refuses_live_data_goes_on_at_the_usual_pace(helm: Helm) -> None:
    await helm.set("live_power", value=True)
    fault = helm.site.gateway.faults.add(HttpStatus(503), STATUS)
    await helm.site.run(60)
    assert age(helm.site) <= 10
    assert fault.hits <= 12


async def test_it_ends_by_itself_after_a_quarter_of_an_hour(helm: Helm) -> None:
    await helm.set("live_power", value=True)
    until = helm.site.part(LivePower).until
    assert until is not None
    assert until - helm.site.now <= timedelta(minutes=15)
    await helm.site.run(15 * 60 + 5)
    assert helm.site.part(LivePower).on is False
    before = helm.site.requests(STATUS)
    await helm.site.run(600)
    assert helm.site.requests(STATUS) - before <= 1


async def test_it_ends_when_it_is_switched_off(helm: Helm) -> None:
    await helm.set("live_power", value=True)
    await helm.set("live_power", value=False)
    assert helm.site.part(LivePower).on is False
    before = helm.site.requests(STATUS)
    await helm.site.run(300)
    assert helm.site.requests(STATUS) - before <= 1


async def test_live_power_does_not_count_energy_twice(helm: Helm) -> None:
    site = helm.site
    await site.run(60)
    before, truth = site.total(CounterKind.SOLAR), site.truth
    await helm.set("live_power", value=True)
    await site.run(600)
    now = site.truth
    assert site.total(CounterKind.SOLAR) - before == pytest.approx(now.solar - truth.solar, rel=0.01)


async def test_a_home_without_meters_has_none() -> None:
    async with simulated("standard") as site:
        await site.start()
        assert (await Helm(site).fail("live_power", value=True)).failure is Failure.MISSING
        assert site.source.part(LivePower) is None


# -- the meters' own stream -----------------------------------------------------------


@pytest.fixture
async def streaming() -> AsyncIterator[Helm]:
    """Steer a home without battery whose gateway streams to its owner."""
    preset = equipped(PRESETS["generator"](), meter_stream=True)

    async with simulated(replace(preset, house=replace(preset.house, generator=None))) as site:
        await site.start()
        site.clock.advance(5)
        helm = Helm(site)
        yield helm
        await site.source.close()


async def test_where_the_owner_may_the_meters_stream_is_used(streaming: Helm) -> None:
    site = streaming.site
    before = site.requests(STATUS)
    await streaming.set("live_power", value=True)
    flows = site.part(PowerFlow)
    assert flows.solar is not None
    assert flows.solar.power == pytest.approx(site.house.flow.solar, abs=1)
    assert flows.grid is not None
    assert flows.grid.power == pytest.approx(site.house.flow.grid, abs=1)
    assert site.requests(STREAM) == 1
    assert site.requests(ARM) == 0
    assert site.requests(STATUS) == before


async def test_a_stream_for_installers_only_is_asked_for_once() -> None:
    preset = PRESETS["generator"]()

    async with simulated(replace(preset, house=replace(preset.house, generator=None))) as site:
        await site.start()
        helm = Helm(site)
        await helm.set("live_power", value=True)
        await site.run(30)
        assert site.requests(STREAM) == 1
        assert site.part(LivePower).flowing is True
        assert site.requests(ARM) == 1


async def test_a_stream_that_breaks_gives_way_to_live_data(streaming: Helm) -> None:
    await streaming.set("live_power", value=True)
    streaming.site.gateway.faults.add(Reset(), STREAM)
    streaming.site.gateway.break_connections(1)
    await streaming.site.source.close()
    streaming.site.clock.advance(2)
    await streaming.set("live_power", value=True)
    assert streaming.site.part(LivePower).flowing is True
    assert streaming.site.requests(STATUS) >= 1
