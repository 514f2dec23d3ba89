"""The past as v4 and v2 tell it, kept in a table, without Home Assistant."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
import time
from typing import cast, override
from zoneinfo import ZoneInfo

import aiohttp
import pytest

from custom_components.energy_site.site.history.cursor import FlowGroup as Flows
from custom_components.energy_site.site.history.intervals import DAY, HOUR, midnight
from custom_components.energy_site.site.history.report import Stop
from custom_components.energy_site.site.model import CounterKind
from custom_components.energy_site.sources.history import HistoryFetcher
from custom_components.energy_site.sources.history_provider import Lifetime
from custom_components.energy_site.vendors.enphase_cloud.client.v2 import EnlightenV2Client
from custom_components.energy_site.vendors.enphase_cloud.client.v4 import EnphaseV4Client
from custom_components.energy_site.vendors.enphase_cloud.source.v2.history import EnlightenHistory
from custom_components.energy_site.vendors.enphase_cloud.source.v4.history import EnphaseHistory
from simulator.clock import ManualClock
from simulator.cloud.archive import Kind
from simulator.enphase_cloud import Application, CloudServer, CloudSystem, Group, Plan, lived
from simulator.enphase_cloud.faults import Unprocessable
from simulator.house import HouseConfig, Place
from simulator.iq_gateway import GatewayConfig, Measurement
from simulator.iq_gateway.faults import HttpStatus, Mutate
from tests.statistics_table import Table

# A day after clocks went back in Amsterdam, with more than a year of v2 before it.
NOON = datetime(2026, 10, 27, 11, tzinfo=UTC)
PLAN = Plan(name="Endless", per_minute=100_000, per_month=1_000_000, groups=frozenset(Group))
METERS = GatewayConfig(cts=(Measurement.PRODUCTION, Measurement.NET_CONSUMPTION))
BATTERY = (CounterKind.BATTERY_CHARGE, CounterKind.BATTERY_DISCHARGE)
LEGACY = (CounterKind.SOLAR, CounterKind.LOAD)


@dataclass(slots=True)
class World:
    """A cloud with one system."""

    server: CloudServer
    system: CloudSystem
    clock: ManualClock
    session: aiohttp.ClientSession
    application: Application
    zone: ZoneInfo
    table: Table = field(default_factory=Table)

    def now(self) -> datetime:
        """Return the time."""
        return datetime.fromtimestamp(self.clock.now(), UTC)

    def allow(self) -> int:
        """Let everything be asked."""
        return 1000

    def v2(self, *, meter: bool = False, kinds: Sequence[CounterKind] = LEGACY) -> EnlightenHistory:
        """Return a provider by v2."""
        client = EnlightenV2Client(self.session, self.application.key, self.server.add_legacy_user())
        return EnlightenHistory(client, self.system.system_id, self.zone, kinds, meter=meter)

    def v4(self, *kinds: CounterKind, meter: bool = True) -> EnphaseHistory:
        """Return a provider by v4."""
        self.server.tokens.access_lifetime = 400 * 86_400
        token = self.server.headers(self.application)["Authorization"].removeprefix("Bearer ")

        async def access(*, refused: str | None = None) -> str:
            return token

        client = EnphaseV4Client(self.session, self.application.key, access)
        return EnphaseHistory(client, self.system.system_id, self.zone, kinds or tuple(CounterKind), meter=meter)

    def fetcher(self, provider: EnlightenHistory | EnphaseHistory) -> HistoryFetcher:
        """Return what fills the table."""
        return HistoryFetcher(provider, self.table, allowance=self.allow, clock=self.now)

    def expect(self, kind: CounterKind, start: datetime, until: datetime) -> None:
        """Hold the table to the house hour by hour."""
        found = {hour: kwh for hour, kwh in self.table.energies(kind).items() if hour >= start}
        assert list(found) == [start + HOUR * number for number in range((until - start) // HOUR)]
        for hour, kwh in found.items():
            begin, end = hour.timestamp(), (hour + HOUR).timestamp()
            assert kwh * 1000 == pytest.approx(self.system.archive.energy(cast("Kind", kind.value), begin, end))


@pytest.fixture
def hardware() -> GatewayConfig:
    """Return what the system is made of."""
    return METERS


@pytest.fixture
def age() -> float:
    """Return for how many days the system is there."""
    return 9.0


@pytest.fixture
async def world(
    monkeypatch: pytest.MonkeyPatch, socket_enabled: None, hardware: GatewayConfig, age: float
) -> AsyncIterator[World]:
    """Serve a system without a battery."""
    clock = ManualClock(NOON.timestamp())
    config = HouseConfig(place=Place(timezone="Europe/Amsterdam"))
    system = lived(config, now=clock.now(), days=age, step=3600 if age > 100 else 900, hardware=hardware)
    async with (
        CloudServer([system], clock=clock) as server,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
    ):
        monkeypatch.setenv("ENERGY_SITE_ENPHASE_API", server.url)
        application = server.add_application(plan=PLAN)
        yield World(server, system, clock, session, application, ZoneInfo("Europe/Amsterdam"))


@pytest.mark.parametrize("meter", [False, True])
async def test_v2_tells_production_and_consumption(world: World, meter: bool) -> None:
    """True to the hour, over a day of 25 hours; inverters take a day a request, meters many."""
    fetcher = world.fetcher(world.v2(meter=meter))
    report = await fetcher.async_run()
    assert report.stopped is Stop.DONE
    start = midnight(date(2026, 10, 18), world.zone)
    for kind in LEGACY:
        world.expect(kind, start, NOON - HOUR)
    # Totals; then ten days, the long one in two pieces; then a month at once.
    solar = 2 if meter else 11
    assert report.requests == world.server.stats.total == 2 + solar + 1
    assert fetcher.progress == 100
    assert (await fetcher.async_run()).requests == 0


async def test_v2_notices_a_silent_system(world: World) -> None:
    """The refusal of a day without intervals tells when the last one ended."""
    fetcher = world.fetcher(world.v2())
    await fetcher.async_run()
    world.clock.advance(3600)
    world.system.go_silent(world.clock.now())
    world.clock.advance(2 * 86_400)
    for _ in range(3):
        report = await fetcher.async_run()
        world.clock.advance(6 * 3600)
        assert report.requests <= 6
    world.expect(CounterKind.SOLAR, midnight(date(2026, 10, 18), world.zone), NOON + HOUR)
    world.system.speak_again()
    await fetcher.async_run()
    end = world.now().replace(minute=0) - HOUR
    for kind in LEGACY:
        world.expect(kind, midnight(date(2026, 10, 18), world.zone), end)


async def test_v2_keeps_what_the_owner_keeps(world: World) -> None:
    """Consumption is refused, production comes; it is asked for again on another day."""
    world.server.policy.v2_consumption = False
    fetcher = world.fetcher(world.v2())
    report = await fetcher.async_run()
    assert report.stopped is Stop.FAILED
    world.expect(CounterKind.SOLAR, midnight(date(2026, 10, 18), world.zone), NOON - HOUR)
    assert (await fetcher.async_run()).requests == 0
    world.server.policy.v2_consumption = True
    world.clock.advance(86_400)
    assert (await fetcher.async_run()).stopped is Stop.DONE
    world.expect(CounterKind.LOAD, midnight(date(2026, 10, 18), world.zone), NOON + DAY - HOUR)


@pytest.mark.parametrize("hardware", [GatewayConfig(cts=())])
async def test_a_system_without_meters(world: World) -> None:
    """Has production alone, by either API."""
    fetcher = world.fetcher(world.v2())
    assert (await fetcher.async_run()).stopped is Stop.FAILED
    assert set(world.table.kept) == {CounterKind.SOLAR}
    world.table.kept.clear()
    fetcher = world.fetcher(world.v4(CounterKind.SOLAR, meter=False))
    report = await fetcher.async_run()
    assert (report.stopped, report.requests) == (Stop.DONE, 1 + 10)
    world.expect(CounterKind.SOLAR, midnight(date(2026, 10, 18), world.zone), NOON - HOUR)


async def test_v4_without_a_battery(world: World) -> None:
    """Is asked for it once a day at most."""
    fetcher = world.fetcher(world.v4())
    report = await fetcher.async_run()
    assert report.stopped is Stop.DONE
    assert set(world.table.kept) == {
        each for each in CounterKind if each.value in ("solar", "load", "grid_import", "grid_export")
    }
    assert world.server.stats.endpoints["/api/v4/systems/{system_id}/battery_lifetime"] == 1
    assert (await fetcher.async_run()).requests == 0


async def test_credentials_that_are_refused_end_a_run(world: World) -> None:
    """With the first request."""
    provider = world.v4()
    world.application.key = "another"
    report = await world.fetcher(provider).async_run()
    assert (report.stopped, report.requests, world.table.kept) == (Stop.FAILED, 1, {})


@pytest.mark.parametrize("age", [800.0])
async def test_what_is_too_long_ago_stays_at_its_day(world: World) -> None:
    """Two years of v4 are hours, the rest are days; a year of v2."""
    fetcher = world.fetcher(world.v4(CounterKind.LOAD))
    report = await fetcher.async_run()
    assert report.stopped is Stop.DONE
    assert report.requests == world.server.stats.total == 1 + -(-730 // 7)
    assert fetcher.progress == 100
    energies = world.table.energies(CounterKind.LOAD)
    oldest = midnight(date(2026, 10, 27) - 729 * DAY, world.zone)
    world.expect(CounterKind.LOAD, oldest, NOON - HOUR)
    assert len([hour for hour in energies if hour < oldest]) == 71
    known = world.server.stats.total
    report = await fetcher.async_import(date(2024, 1, 1), date(2024, 10, 1))
    assert report.requests == world.server.stats.total - known == 1
    assert not any(report.hours.values())
    world.table.kept.clear()
    fetcher = world.fetcher(world.v2(kinds=[CounterKind.LOAD]))
    report = await fetcher.async_run()
    assert (report.stopped, report.requests) == (Stop.DONE, 1 + -(-365 // 27))
    world.expect(CounterKind.LOAD, midnight(date(2026, 10, 27) - 364 * DAY, world.zone), NOON - HOUR)


async def test_a_month_of_silence_is_forgotten(world: World) -> None:
    """What is there then is all there is, and nothing is asked for ever."""
    world.system.go_silent((NOON - 2 * DAY).timestamp())
    fetcher = world.fetcher(world.v4(CounterKind.LOAD))
    for _ in range(40):
        world.clock.advance(86_400)
        report = await fetcher.async_run()
        assert report.requests <= 4
    assert report.incomplete
    energies = world.table.energies(CounterKind.LOAD)
    begin = midnight(date(2026, 10, 18), world.zone)
    truth = world.system.archive.energy("load", begin.timestamp(), (NOON - 2 * DAY).timestamp())
    assert sum(energies.values()) * 1000 == pytest.approx(truth)


async def test_another_error_waits_for_the_next_run(world: World) -> None:
    """Whatever it is."""
    world.server.faults.add(HttpStatus(503), path="/api/v4/systems/100001/telemetry/consumption_meter", count=1)
    fetcher = world.fetcher(world.v4(CounterKind.LOAD))
    assert (await fetcher.async_run()).stopped is Stop.FAILED
    assert len(world.table.energies(CounterKind.LOAD)) == 9
    assert (await fetcher.async_run()).stopped is Stop.DONE
    world.expect(CounterKind.LOAD, midnight(date(2026, 10, 18), world.zone), NOON - HOUR)


async def test_a_step_that_changes_nothing_ends_its_flow_for_that_run(world: World) -> None:
    """However often the service denies to have the days that it says were reported."""
    fetcher = world.fetcher(world.v4(CounterKind.LOAD, CounterKind.GRID_IMPORT))
    await fetcher.async_run()
    world.clock.advance(20 * 86_400)
    world.system.advance(world.clock.now())
    denial = Unprocessable("Requested date range is invalid for this system. {:start_at=>1, :end_at=>2}")
    world.server.faults.add(denial, path="/api/v4/systems/100001/consumption_lifetime")
    before = world.server.stats.total
    report = await fetcher.async_run(lambda: 100 - (world.server.stats.total - before))
    denied = [each for each in world.server.requests if each.status == 422]
    assert len(denied) <= 2
    assert report.stopped is Stop.FAILED
    # The other flow is not kept from going on.
    assert max(world.table.energies(CounterKind.GRID_IMPORT)) > world.now() - 3 * DAY


@pytest.mark.parametrize("start", ["0001-01-01", "1970-01-01", "9999-12-01"])
async def test_days_on_which_there_was_no_site_are_no_part_of_its_past(world: World, start: str) -> None:
    """A life of days that begins with nonsense costs no time and makes no statistics."""
    world.server.faults.add(
        Mutate(lambda payload: payload.update(start_date=start)), path="/api/v4/systems/100001/consumption_lifetime"
    )
    fetcher = world.fetcher(world.v4(CounterKind.LOAD))
    report = await fetcher.async_run()
    assert report.requests <= 2
    assert world.table.kept.get(CounterKind.LOAD, {}) == {}


async def test_a_life_of_decades_leaves_the_event_loop_to_others(world: World) -> None:
    """Never for more than 50 ms of work at a time."""

    class Long(EnphaseHistory):
        """Tells of days since the year 2000."""

        @override
        async def lifetime(self, group: Flows, first_day: date | None = None) -> Lifetime:
            days = {day: 10_000.0 for number in range(9_700) if (day := date(2000, 1, 2) + DAY * number)}
            return Lifetime(days=dict.fromkeys(group.kinds, days), reported=world.now())

    longest, done = 0.0, False

    async def watch() -> None:
        nonlocal longest
        while not done:
            before = time.thread_time()
            await asyncio.sleep(0)
            longest = max(longest, time.thread_time() - before)

    provider = Long(world.v4()._client, 100001, world.zone, BATTERY)
    watching = asyncio.create_task(watch())
    await asyncio.sleep(0)
    await world.fetcher(provider).async_run(lambda: 3)
    done = True
    await watching
    assert len(world.table.kept[CounterKind.BATTERY_CHARGE]) > 9_600
    assert longest < 0.05
