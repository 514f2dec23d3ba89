"""A site's past in the statistics: true to the hour where there are intervals, to the day elsewhere."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
import logging
from typing import Any, cast
from zoneinfo import ZoneInfo

import orjson
import pytest
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done

from custom_components.energy_site.runtime.statistics import HistoryImporter
from custom_components.energy_site.site.energy.grid_balance import GRID
from custom_components.energy_site.site.history.intervals import DAY, HOUR, day_of, midnight, slot
from custom_components.energy_site.site.history.report import Report, Stop
from custom_components.energy_site.site.history.rows import StatisticsRow
from custom_components.energy_site.site.model import CounterKind
from custom_components.energy_site.vendors.enphase_cloud.client.v4 import EnphaseV4Client
from custom_components.energy_site.vendors.enphase_cloud.source.v4.history import EnphaseHistory
from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.recorder import get_instance
from simulator.clock import ManualClock
from simulator.cloud.archive import Kind
from simulator.enphase_cloud import CloudServer, CloudSite, CloudSystem, Group, Plan, lived
from simulator.house import BatteryConfig, HouseConfig, Place
from simulator.iq_gateway import GatewayConfig, Measurement
from simulator.iq_gateway.faults import HttpStatus

pytestmark = pytest.mark.usefixtures("recorder_mock")

KINDS = tuple(kind for kind in CounterKind if kind not in (CounterKind.GENERATOR, CounterKind.CHARGER))
PLAN = Plan(name="Endless", per_minute=100_000, per_month=1_000_000, groups=frozenset(Group))
NOON = datetime(2026, 6, 15, 10, 0, tzinfo=UTC)
METERS = GatewayConfig(cts=(Measurement.PRODUCTION, Measurement.NET_CONSUMPTION))
SITE = "enphase_100001"


class Cloud:
    """The cloud with one system, an importer of its past, and the statistics that come of it."""

    def __init__(self, hass: HomeAssistant, server: CloudServer, system: CloudSystem, clock: ManualClock) -> None:
        """Let Home Assistant be the owner's."""
        self.hass = hass
        self.server = server
        self.system = system
        self.zone = ZoneInfo(system.house.config.place.timezone)
        self.clock = clock
        self.meter = True
        self.ailing: tuple[str, ...] = ()
        self.application = server.add_application(plan=PLAN)
        server.tokens.access_lifetime = 400 * 86_400
        self.headers = server.headers(self.application)
        self.allowed = 1_000_000
        self.importer = self.start()

    async def __call__(self, *, refused: str | None = None) -> str:
        """Return the access token, which nobody refuses."""
        assert refused is None
        return self.headers["Authorization"].removeprefix("Bearer ")

    def start(self, memory: Mapping[str, Any] | None = None) -> HistoryImporter:
        """Begin, or go on after a restart."""
        client = EnphaseV4Client(async_get_clientsession(self.hass), self.application.key, self)
        provider = EnphaseHistory(
            client,
            self.system.system_id,
            self.zone,
            KINDS,
            meter=self.meter,
            net=True,
            ailing=lambda: self.ailing,
            clock=self.now,
        )
        self.importer = HistoryImporter(
            self.hass, site=SITE, title="Sunny Home", provider=provider, allowance=self.allowance, clock=self.now
        )
        if memory is not None:
            self.importer.restore(memory)
        return self.importer

    def now(self) -> datetime:
        """Return the time."""
        return datetime.fromtimestamp(self.clock.now(), UTC)

    def move_to(self, moment: datetime) -> None:
        """Let it be later."""
        self.clock.advance(moment.timestamp() - self.clock.now())

    def allowance(self) -> int:
        """Return what is left of what the test allows."""
        return self.allowed - self.server.stats.total

    async def run(self, allowed: int | None = None) -> Report:
        """Run once, with so many requests more."""
        self.allowed = 1_000_000 if allowed is None else self.server.stats.total + allowed
        before = self.server.stats.total
        report = await self.importer.async_run()
        assert report.requests == self.server.stats.total - before
        return report

    async def rows(self, kind: CounterKind) -> dict[datetime, float]:
        """Return kWh by the hour; the sums are held to them."""
        await async_wait_recording_done(self.hass)
        name = f"energy_site:{SITE}_{kind}_energy"
        found = await get_instance(self.hass).async_add_executor_job(
            statistics_during_period,
            self.hass,
            datetime(2000, 1, 1, tzinfo=UTC),
            None,
            {name},
            "hour",
            None,
            {"state", "sum"},
        )
        rows: dict[datetime, float] = {}
        total = 0.0
        for row in found.get(name, []):
            energy = cast(float, row["state"])
            total += energy
            assert cast(float, row["sum"]) == pytest.approx(total, abs=1e-6)
            rows[datetime.fromtimestamp(row["start"], UTC)] = energy
        return rows

    def truth(self, kind: CounterKind, start: datetime, end: datetime) -> float:
        """Return the house's kWh between two moments."""
        return self.system.archive.energy(cast("Kind", kind.value), start.timestamp(), end.timestamp()) / 1000

    async def expect_hours(self, first: date, until: datetime, kinds: tuple[CounterKind, ...] = KINDS) -> None:
        """Hold the statistics to the house, hour by hour from a day on."""
        start = slot(first, self.zone)
        for kind in kinds:
            rows = {hour: energy for hour, energy in (await self.rows(kind)).items() if hour >= start}
            assert list(rows) == [start + HOUR * number for number in range((until - start) // HOUR)], kind
            for hour, energy in rows.items():
                assert energy == pytest.approx(self.truth(kind, hour, hour + HOUR), abs=1e-6), (kind, hour)

    async def expect_days(self, first: date, last: date) -> None:
        """Hold the statistics to the house, day by day."""
        for kind in KINDS:
            rows = await self.rows(kind)
            day = first
            while day <= last:
                start, end = midnight(day, self.zone), midnight(day + DAY, self.zone)
                mine = {hour: energy for hour, energy in rows.items() if start <= hour < end}
                assert list(mine) == [slot(day, self.zone)], (kind, day)
                assert sum(mine.values()) == pytest.approx(self.truth(kind, start, end), abs=1e-6)
                day += DAY


@pytest.fixture(autouse=True)
def enable_event_loop_debug() -> None:
    """Leave out the event loop's own checks, which take as long as everything else together."""


@pytest.fixture
def config() -> HouseConfig:
    """Return a house with a battery."""
    return HouseConfig(battery=BatteryConfig(units=2))


@pytest.fixture
def lives() -> tuple[datetime, float]:
    """Return the time, and for how many days the house is there."""
    return NOON, 60.0


@pytest.fixture
async def cloud(
    hass: HomeAssistant,
    socket_enabled: None,
    monkeypatch: pytest.MonkeyPatch,
    config: HouseConfig,
    lives: tuple[datetime, float],
) -> AsyncIterator[Cloud]:
    """Serve the house's past."""
    now, days = lives
    clock = ManualClock(now.timestamp())
    system = lived(config, now=now.timestamp(), days=days, site=CloudSite(), hardware=METERS)
    async with CloudServer([system], clock=clock) as server:
        monkeypatch.setenv("ENERGY_SITE_ENPHASE_API", server.url)
        yield Cloud(hass, server, system, clock)


def of_telemetry(cloud: Cloud) -> dict[str, int]:
    """Return how often each telemetry was asked for."""
    return {
        name.rpartition("/")[2]: count for name, count in cloud.server.stats.endpoints.items() if "telemetry" in name
    }


async def test_a_life_is_there_at_once_by_days(cloud: Cloud) -> None:
    """For five requests."""
    report = await cloud.run(5)
    assert (report.requests, report.stopped) == (5, Stop.ALLOWANCE)
    await cloud.expect_days(date(2026, 4, 16), date(2026, 6, 14))
    assert cloud.importer.progress == 0


async def test_all_of_it_becomes_hours(cloud: Cloud) -> None:
    """For as few requests as the service allows, up to the last hour that was reported; and goes on from there."""
    report = await cloud.run()
    assert report.stopped is Stop.DONE
    assert not report.incomplete
    assert cloud.importer.progress == 100
    await cloud.expect_hours(date(2026, 4, 16), datetime(2026, 6, 15, 9, tzinfo=UTC))
    # 61 days: seven days a request where the service documents that, one day elsewhere, and the five lifetimes.
    assert of_telemetry(cloud) == {
        "production_meter": 9,
        "consumption_meter": 9,
        "battery": 9,
        "energy_import_telemetry": 61,
        "energy_export_telemetry": 61,
    }
    assert report.requests == 3 * 9 + 2 * 61 + 5
    assert (await cloud.run()).requests == 0
    # The next morning yesterday becomes final, and where that costs nothing today is read along.
    cloud.move_to(NOON + timedelta(hours=18))
    cloud.start(cloud.importer.as_dict())
    report = await cloud.run(5)
    assert (report.requests, report.stopped) == (5, Stop.ALLOWANCE)
    cloud.move_to(NOON + timedelta(hours=18, minutes=1))
    assert (await cloud.run()).requests == 2
    await cloud.expect_hours(date(2026, 4, 16), datetime(2026, 6, 16, 3, tzinfo=UTC))


async def test_import_and_export_that_are_never_told_take_next_to_no_requests(cloud: Cloud) -> None:
    """What was read for the other flows tells them, and a night's new day as well."""
    cloud.ailing = ("energy_import", "energy_export", "energy_import_lifetime", "energy_export_lifetime")
    report = await cloud.run()
    assert (report.stopped, cloud.importer.progress) == (Stop.DONE, 100)
    asked = of_telemetry(cloud)
    assert asked.keys() == {"production_meter", "consumption_meter", "battery"}
    assert sum(asked.values()) == report.requests - 5 <= 3 * 9 + 2 * 2
    cloud.move_to(NOON + timedelta(hours=18))
    assert (await cloud.run()).requests == 3
    await cloud.expect_hours(date(2026, 4, 16), datetime(2026, 6, 16, 3, tzinfo=UTC), tuple(set(KINDS) - set(GRID)))
    for kind in GRID:
        found = await cloud.rows(kind)
        assert len(found) == len(await cloud.rows(CounterKind.SOLAR))
        for hour, energy in found.items():
            assert energy <= cloud.truth(kind, hour, hour + HOUR) + 0.004


@pytest.mark.parametrize("lives", [(NOON, 7.5)])
class TestDays:
    """With a shorter life."""

    async def test_a_site_of_which_no_request_may_be_spent(self, cloud: Cloud) -> None:
        """Nothing is asked, nothing is written."""
        report = await cloud.run(0)
        assert (report.requests, report.stopped, report.hours) == (0, Stop.ALLOWANCE, {})
        assert await cloud.rows(CounterKind.SOLAR) == {}

    async def test_a_few_requests_at_a_time(self, cloud: Cloud) -> None:
        """With a restart before each of them; no request is made twice, and the sums hold all the time."""
        total = 0
        memory: Mapping[str, Any] = {}
        for _ in range(40):
            cloud.start(memory)
            report = await cloud.run(2)
            total += report.requests
            await cloud.rows(CounterKind.SOLAR)
            memory = orjson.loads(orjson.dumps(cloud.importer.as_dict()))
            if report.stopped is Stop.DONE:
                break
        assert cloud.importer.progress == 100
        assert total == 3 * 2 + 2 * 8 + 5
        await cloud.expect_hours(date(2026, 6, 8), datetime(2026, 6, 15, 9, tzinfo=UTC))

    async def test_home_assistant_was_down_for_three_days(self, cloud: Cloud) -> None:
        """What it missed is fetched, and nothing else."""
        await cloud.run()
        memory = cloud.importer.as_dict()
        cloud.move_to(NOON + timedelta(days=3))
        cloud.start(memory)
        report = await cloud.run()
        await cloud.expect_hours(date(2026, 6, 8), datetime(2026, 6, 18, 9, tzinfo=UTC))
        assert report.requests == 3 + 2 * 4

    async def test_home_assistant_was_down_for_two_weeks(self, cloud: Cloud) -> None:
        """Totals come first, for few requests."""
        await cloud.run(5)
        cloud.start(cloud.importer.as_dict())
        cloud.move_to(NOON + timedelta(days=14))
        report = await cloud.run(10)
        assert report.requests == 10
        await cloud.expect_days(date(2026, 6, 16), date(2026, 6, 22))

    async def test_a_site_falls_silent_and_comes_back(self, cloud: Cloud) -> None:
        """Days that were not reported are not nought; they are fetched when they were."""
        await cloud.run()
        cloud.move_to(NOON + timedelta(hours=8))
        cloud.system.go_silent((NOON + timedelta(hours=4)).timestamp())
        await cloud.run()
        for day in (1, 2):
            cloud.move_to(NOON + timedelta(days=day))
            cloud.start(cloud.importer.as_dict())
            report = await cloud.run()
            assert report.requests <= 12
            await cloud.expect_hours(date(2026, 6, 8), NOON + timedelta(hours=4))
        cloud.system.speak_again()
        cloud.move_to(NOON + timedelta(days=2, hours=7))
        report = await cloud.run()
        assert not report.incomplete
        await cloud.expect_hours(date(2026, 6, 8), NOON + timedelta(days=2, hours=6))
        assert cloud.importer.progress == 100

    async def test_a_site_that_is_silent_from_the_start(self, cloud: Cloud) -> None:
        """Trailing zeroes are no energy, and a day that broke off is not written as a whole."""
        cloud.system.go_silent((NOON - timedelta(days=3)).timestamp())
        await cloud.run(5)
        await cloud.expect_days(date(2026, 6, 8), date(2026, 6, 11))
        await cloud.run()
        await cloud.expect_hours(date(2026, 6, 8), NOON - timedelta(days=3))

    async def test_lost_intervals_are_filled_from_the_day(self, cloud: Cloud) -> None:
        """The day's total stays, evenly over what was lost; nothing counts twice."""
        start = datetime(2026, 6, 8, 8, 30, tzinfo=UTC)
        cloud.system.lose(start.timestamp(), (start + timedelta(hours=2)).timestamp())
        report = await cloud.run()
        assert report.requests == 3 * 2 + 2 * 8 + 5
        begin, end = (midnight(date(2026, 6, day), cloud.zone) for day in (8, 9))
        for kind in KINDS:
            rows = await cloud.rows(kind)
            day = {hour: energy for hour, energy in rows.items() if begin <= hour < end}
            assert len(day) == 24
            assert sum(day.values()) == pytest.approx(cloud.truth(kind, begin, end), abs=1e-6)
            for hour, energy in day.items():
                if not start - HOUR < hour < start + 2 * HOUR:
                    assert energy == pytest.approx(cloud.truth(kind, hour, hour + HOUR), abs=1e-6)
            lost = cloud.truth(kind, start, start + 2 * HOUR)
            middle = start + HOUR / 2
            assert day[middle] == pytest.approx(lost / 2, abs=1e-6)

    async def test_what_was_lost_lately_may_still_come(self, cloud: Cloud) -> None:
        """A day with a hole keeps what it has, until it is final."""
        start = datetime(2026, 6, 14, 8, tzinfo=UTC)
        cloud.system.lose(start.timestamp(), (start + 2 * HOUR).timestamp())
        report = await cloud.run()
        assert report.incomplete == {date(2026, 6, 14)}
        assert cloud.importer.progress < 100
        await cloud.expect_days(date(2026, 6, 14), date(2026, 6, 14))
        cloud.system.reports.gaps.clear()
        cloud.move_to(NOON + timedelta(hours=7))
        report = await cloud.run()
        assert not report.incomplete
        await cloud.expect_hours(date(2026, 6, 8), NOON + timedelta(hours=6))

    async def test_what_never_comes_is_given_up(self, cloud: Cloud) -> None:
        """After three days."""
        start = datetime(2026, 6, 14, 8, tzinfo=UTC)
        cloud.system.lose(start.timestamp(), (start + 2 * HOUR).timestamp())
        await cloud.run()
        begin, end = (midnight(date(2026, 6, day), cloud.zone) for day in (14, 15))
        cloud.move_to(NOON + timedelta(days=3))
        report = await cloud.run()
        assert not report.incomplete
        for kind in KINDS:
            day = {hour: energy for hour, energy in (await cloud.rows(kind)).items() if begin <= hour < end}
            assert len(day) == 24
            assert sum(day.values()) == pytest.approx(cloud.truth(kind, begin, end), abs=1e-6)

    async def test_a_run_is_cancelled_and_goes_on(self, hass: HomeAssistant, cloud: Cloud) -> None:
        """Wherever it is; what was written stays right."""
        stopped: list[Stop] = []
        while cloud.importer.progress < 100:
            before = cloud.server.stats.total
            task = hass.async_create_task(cloud.importer.async_run())
            while cloud.server.stats.total < before + 3 and not task.done():  # noqa: ASYNC110 - the server tells nobody.
                await asyncio.sleep(0)
            if len(stopped) % 2:
                cloud.importer.cancel()
            else:
                task.cancel()
            try:
                stopped.append((await task).stopped)
            except asyncio.CancelledError:
                stopped.append(Stop.CANCELLED)
            assert not cloud.importer.running
            await cloud.rows(CounterKind.BATTERY_CHARGE)
            await cloud.rows(CounterKind.GRID_IMPORT)
        assert stopped.count(Stop.CANCELLED) > 4
        await cloud.run()
        await cloud.expect_hours(date(2026, 6, 8), datetime(2026, 6, 15, 9, tzinfo=UTC))

    async def test_days_are_imported_again(self, cloud: Cloud) -> None:
        """On request, whatever was there."""
        await cloud.run()
        book = cloud.importer.store
        hour = datetime(2026, 6, 10, 12, tzinfo=UTC)
        rows, before = await book.rows(CounterKind.SOLAR, hour, hour + HOUR)
        book.write(CounterKind.SOLAR, [StatisticsRow(start=hour, energy=99.0, sum=before + 99.0)])
        book.shift(CounterKind.SOLAR, hour + HOUR, 99.0 - rows[0].energy)
        assert (await cloud.rows(CounterKind.SOLAR))[hour] == 99.0
        total = cloud.server.stats.total
        report = await cloud.importer.async_import(date(2026, 6, 9), date(2026, 6, 11))
        assert report.requests == cloud.server.stats.total - total == 5 + 3 + 2 * 3
        assert report.stopped is Stop.DONE
        assert {kind: hours for kind, hours in report.hours.items() if hours} == {CounterKind.SOLAR: 34}
        await cloud.expect_hours(date(2026, 6, 8), datetime(2026, 6, 15, 9, tzinfo=UTC))
        assert (await cloud.run()).requests == 0
        assert (await cloud.importer.async_import(date(2027, 1, 1), date(2027, 1, 2))).requests == 0

    async def test_an_import_takes_the_place_of_a_run(self, hass: HomeAssistant, cloud: Cloud) -> None:
        """And of a life of which nothing is known yet it brings everything by the day."""
        task = hass.async_create_task(cloud.importer.async_run())
        await asyncio.sleep(0)
        assert (await cloud.importer.async_run()).stopped is Stop.BUSY
        report = await cloud.importer.async_import(date(2026, 6, 10), date(2026, 6, 10))
        assert (await task).stopped is Stop.CANCELLED
        assert report.as_dict()["stopped"] == "done"
        assert report.as_dict()["incomplete_days"] == []
        await cloud.expect_days(date(2026, 6, 8), date(2026, 6, 9))
        await cloud.expect_days(date(2026, 6, 11), date(2026, 6, 14))
        await cloud.run()
        await cloud.expect_hours(date(2026, 6, 8), datetime(2026, 6, 15, 9, tzinfo=UTC))

    async def test_one_flow_fails_alone(self, cloud: Cloud) -> None:
        """And catches up."""
        cloud.server.faults.add(
            HttpStatus(500), path=[f"/api/v4/systems/100001/energy_import_{what}" for what in ("lifetime", "telemetry")]
        )
        report = await cloud.run()
        assert report.stopped is Stop.FAILED
        others = tuple(kind for kind in KINDS if kind is not CounterKind.GRID_IMPORT)
        await cloud.expect_hours(date(2026, 6, 8), datetime(2026, 6, 15, 9, tzinfo=UTC), others)
        assert await cloud.rows(CounterKind.GRID_IMPORT) == {}
        cloud.server.faults.clear()
        assert (await cloud.run()).stopped is Stop.DONE
        await cloud.expect_hours(date(2026, 6, 8), datetime(2026, 6, 15, 9, tzinfo=UTC))

    async def test_the_quota_ends_a_run_quietly(self, cloud: Cloud, caplog: pytest.LogCaptureFixture) -> None:
        """Until the next time."""
        cloud.application.plan = replace(PLAN, per_minute=7)
        report = await cloud.run()
        assert (report.requests, report.stopped) == (8, Stop.QUOTA)
        cloud.application.plan = PLAN
        assert (await cloud.run()).stopped is Stop.DONE
        await cloud.expect_hours(date(2026, 6, 8), datetime(2026, 6, 15, 9, tzinfo=UTC))
        assert not [
            record for record in caplog.records if record.levelno >= logging.WARNING and "energy_site" in record.name
        ]

    async def test_statistics_that_were_removed_are_made_anew(self, hass: HomeAssistant, cloud: Cloud) -> None:
        """Only those."""
        await cloud.run()
        get_instance(hass).async_clear_statistics([f"energy_site:{SITE}_solar_energy"])
        assert (await cloud.run()).requests == 1 + 2
        await cloud.expect_hours(date(2026, 6, 8), datetime(2026, 6, 15, 9, tzinfo=UTC))

    async def test_an_interrupted_rewrite_is_mended(self, cloud: Cloud) -> None:
        """At the next start, without any request."""
        await cloud.run()
        cloud.importer.store.shift(CounterKind.LOAD, datetime(2026, 6, 9, tzinfo=UTC), 5.0)
        await async_wait_recording_done(cloud.hass)
        cloud.start(cloud.importer.as_dict())
        assert (await cloud.run()).requests == 0
        await cloud.expect_hours(date(2026, 6, 8), datetime(2026, 6, 15, 9, tzinfo=UTC))

    async def test_inverters_leave_the_night_out(self, cloud: Cloud) -> None:
        """And are asked a day at a time."""
        cloud.meter = False
        cloud.start()
        await cloud.run()
        await cloud.expect_hours(date(2026, 6, 8), datetime(2026, 6, 15, 9, tzinfo=UTC))
        assert of_telemetry(cloud)["production_micro"] == 8


@pytest.mark.parametrize(
    ("config", "lives", "first", "until"),
    [
        pytest.param(
            HouseConfig(battery=BatteryConfig(), place=Place(timezone="Europe/Amsterdam")),
            (datetime(2026, 3, 31, 10, tzinfo=UTC), 4.0),
            date(2026, 3, 27),
            datetime(2026, 3, 31, 9, tzinfo=UTC),
            id="23 hours",
        ),
        pytest.param(
            HouseConfig(battery=BatteryConfig(), place=Place(timezone="Europe/Amsterdam")),
            (datetime(2026, 10, 28, 10, tzinfo=UTC), 4.0),
            date(2026, 10, 24),
            datetime(2026, 10, 28, 9, tzinfo=UTC),
            id="25 hours",
        ),
    ],
)
async def test_clocks_change(cloud: Cloud, first: date, until: datetime) -> None:
    """A day of 23 or 25 hours is whole, also at day level."""
    await cloud.run(5)
    await cloud.expect_days(first, day_of(until, cloud.zone) - DAY)
    await cloud.run()
    await cloud.expect_hours(first, until)


@pytest.mark.parametrize("config", [HouseConfig(battery=BatteryConfig(), place=Place(timezone="Asia/Kolkata"))])
@pytest.mark.parametrize("lives", [(NOON, 6.0)])
async def test_midnight_in_the_middle_of_an_hour(cloud: Cloud) -> None:
    """The hour is of two days, whichever of them comes first."""
    await cloud.run(5)
    for kind in KINDS:
        rows = await cloud.rows(kind)
        assert list(rows) == [slot(date(2026, 6, day), cloud.zone) for day in range(9, 15)]
    memory: Mapping[str, Any] = cloud.importer.as_dict()
    for _ in range(40):
        cloud.start(memory)
        await cloud.run(3)
        memory = orjson.loads(orjson.dumps(cloud.importer.as_dict()))
    await cloud.expect_hours(date(2026, 6, 9), datetime(2026, 6, 15, 9, tzinfo=UTC))
    for step in (8, 17, 26):
        cloud.move_to(NOON + timedelta(hours=step))
        await cloud.run()
    await cloud.expect_hours(date(2026, 6, 9), NOON + timedelta(hours=25))
    await cloud.importer.async_import(date(2026, 6, 10), date(2026, 6, 12))
    await cloud.expect_hours(date(2026, 6, 9), NOON + timedelta(hours=25))
