"""The past of a Tesla site as statistics, held to its house hour by hour."""

from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from custom_components.energy_site.api.errors import ApiError
from custom_components.energy_site.site.history.intervals import DAY, HOUR, day_of
from custom_components.energy_site.site.history.report import Report, Stop
from custom_components.energy_site.site.model import CounterKind
from custom_components.energy_site.sources.history import HistoryFetcher
from custom_components.energy_site.vendors.tesla.client.errors import SiteOfflineError
from custom_components.energy_site.vendors.tesla.source import feeds
from custom_components.energy_site.vendors.tesla.source.history import TeslaHistory
from simulator.cloud.archive import Kind
from simulator.house import HouseConfig, Place
from simulator.tesla_cloud import EnergySite, Refuse, WallConnector, lived, powerwall
from tests.statistics_table import Table

from ...source_home import NOON
from .conftest import MakeHome
from .home import TeslaHome

FLOWS = (
    CounterKind.SOLAR,
    CounterKind.LOAD,
    CounterKind.GRID_IMPORT,
    CounterKind.GRID_EXPORT,
    CounterKind.BATTERY_CHARGE,
    CounterKind.BATTERY_DISCHARGE,
)
HISTORY = "calendar_history_energy"


@dataclass(slots=True)
class Past:
    """A home, and the statistics that are made of its past."""

    home: TeslaHome
    allowed: int = 10_000
    table: Table = field(default_factory=Table)
    fetcher: HistoryFetcher = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self, kept: dict[str, Any] | None = None) -> None:
        """Start with what was kept."""
        self.fetcher = HistoryFetcher(
            TeslaHistory(self.home.source), self.table, allowance=lambda: self.allowed, clock=lambda: self.home.now
        )
        self.fetcher.restore(kept or {})

    @property
    def asked(self) -> int:
        """How often the past was asked for."""
        return self.home.cloud.stats.endpoints["/api/1/energy_sites/{site_id}/calendar_history"]

    async def run(self) -> Report:
        """Fetch what is due."""
        return await self.fetcher.async_run()

    async def live(self, days: float) -> None:
        """Let days pass, with a run each hour as Home Assistant has it."""
        for _ in range(round(days * 24)):
            with suppress(SiteOfflineError):
                await self.home.poll(feeds.LIVE.key, after=3600)
            await self.run()

    def wrong_hours(self, kind: CounterKind, since: datetime | None = None) -> list[tuple[datetime, float, float]]:
        """Return the hours that differ from the house by more than 1 Wh."""
        archive, name = self.home.site.archive, cast("Kind", kind.value)
        begun = datetime.fromtimestamp(archive.start, UTC)
        wrong: list[tuple[datetime, float, float]] = []
        for hour, kwh in self.table.energies(kind).items():
            start = max(hour, begun).timestamp()
            truth = archive.energy(name, start, max((hour + HOUR).timestamp(), start))
            if (since is None or hour >= since) and abs(kwh * 1000 - truth) > 1:
                wrong.append((hour, kwh * 1000, truth))
        return wrong

    def total(self, kind: CounterKind) -> float:
        """Return all energy in Wh."""
        return 1000 * sum(self.table.energies(kind).values())

    def truth(self, kind: CounterKind) -> float:
        """Return the house's energy in Wh until the last hour that is known."""
        end = max(self.table.energies(kind)) + HOUR
        archive = self.home.site.archive
        return archive.energy(cast("Kind", kind.value), archive.start, end.timestamp())


async def a_past(make_home: MakeHome, days: float = 40, **more: Any) -> Past:
    """Return the past of a home that is that old."""
    home: TeslaHome = await make_home(days=days, **more)
    await home.poll()
    return Past(home)


async def test_each_hour_of_life_is_the_houses_own(make_home: MakeHome) -> None:
    past = await a_past(make_home)
    report = await past.run()
    assert report.stopped is Stop.DONE
    for kind in FLOWS:
        assert past.wrong_hours(kind) == [], kind
        assert past.total(kind) == pytest.approx(past.truth(kind), abs=5)
    assert len(past.table.energies(CounterKind.SOLAR)) >= 39 * 24


async def test_whole_life_costs_twelve_requests_a_year(make_home: MakeHome) -> None:
    past = await a_past(make_home, days=400)
    past.allowed = 0
    before = past.asked
    provider = TeslaHistory(past.home.source)
    life = await provider.lifetime(provider.groups[0])
    assert past.asked - before == 15
    assert len(life.days[CounterKind.LOAD]) >= 400
    # What was answered is not asked again.
    await provider.lifetime(provider.groups[0])
    assert past.asked - before == 15


async def test_a_month_that_fails_costs_no_other_a_second_request(make_home: MakeHome) -> None:
    past = await a_past(make_home, days=100)
    provider = TeslaHistory(past.home.source)
    client, before = past.home.source.context.client, past.asked
    asked = client.energy_history

    async def fail_third(*args: Any, **more: Any) -> Any:
        if past.asked - before == 2:
            past.home.cloud.faults.add(Refuse(500), past.home.site.path("calendar_history"), count=1)
        return await asked(*args, **more)

    client.energy_history = fail_third  # type: ignore[method-assign] # One of the months fails.
    with pytest.raises(ApiError):
        await provider.lifetime(provider.groups[0])
    assert past.asked - before == 3
    client.energy_history = asked  # type: ignore[method-assign] # None fails any more.
    months = provider.lifetime_cost(provider.groups[0])
    assert months == TeslaHistory(past.home.source).lifetime_cost(provider.groups[0]) - 2
    life = await provider.lifetime(provider.groups[0])
    assert len(life.days[CounterKind.LOAD]) >= 100
    # One month more shows that nothing was before the installation.
    assert past.asked - before - 3 in (months, months + 1)


async def test_a_site_without_an_installation_date_is_followed_back_until_a_year_is_empty(make_home: MakeHome) -> None:
    past = await a_past(make_home, days=70)
    past.home.source.context.installed = None
    provider = TeslaHistory(past.home.source)
    before = past.asked
    life = await provider.lifetime(provider.groups[0])
    assert len(life.days[CounterKind.LOAD]) >= 70
    assert past.asked - before <= 4 + 12


async def test_what_was_measured_before_the_installation_date_counts(make_home: MakeHome) -> None:
    past = await a_past(make_home, days=100)
    past.home.source.context.installed = NOON.date() - DAY * 20
    provider = TeslaHistory(past.home.source)
    life = await provider.lifetime(provider.groups[0])
    assert len(life.days[CounterKind.LOAD]) >= 100


async def test_days_are_read_daily_until_they_are_two_days_old(make_home: MakeHome) -> None:
    past = await a_past(make_home, days=20)
    await past.run()
    await past.live(2)
    before = past.asked
    await past.live(3)
    # Three days a day, and the current one now and then.
    assert past.asked - before <= 3 * (3 + 4)
    for kind in FLOWS:
        assert past.wrong_hours(kind) == [], kind


async def test_the_last_hour_of_a_day_is_known_though_power_was_polled_before_midnight(make_home: MakeHome) -> None:
    past = await a_past(make_home, days=5)
    await past.run()
    await past.live(11 / 24)
    past.home.clock.advance(3 * 3600)
    await past.run()
    midnight = NOON.replace(hour=0) + DAY
    for kind in FLOWS:
        hours = past.table.energies(kind)
        assert max(hour for hour in hours if hour < midnight) == midnight - HOUR, kind
        assert past.wrong_hours(kind, NOON) == [], kind


async def test_hours_that_a_gateway_uploads_days_later_are_filled_in(make_home: MakeHome) -> None:
    past = await a_past(make_home, days=10)
    await past.run()
    past.home.site.disconnect_internet(past.home.clock.now())
    await past.live(4)
    past.home.site.reconnect_internet(past.home.clock.now(), upload_after=30 * 3600)
    await past.live(1)
    await past.live(4)
    assert not [(kind, wrong) for kind in FLOWS if (wrong := past.wrong_hours(kind))]
    assert len(past.table.energies(CounterKind.LOAD)) >= (10 + 4 + 5 - 1) * 24
    assert past.total(CounterKind.LOAD) == pytest.approx(past.truth(CounterKind.LOAD), abs=5)


async def test_energy_that_only_a_months_row_has_is_written_once(make_home: MakeHome) -> None:
    past = await a_past(make_home, days=10)
    await past.run()
    past.home.site.disconnect_internet(past.home.clock.now())
    await past.live(3)
    past.home.site.reconnect_internet(past.home.clock.now(), upload_after=600, keep_seconds=8 * 3600)
    await past.live(9)
    for kind in FLOWS:
        assert past.total(kind) == pytest.approx(past.truth(kind), abs=10), kind


async def test_a_restart_forgets_nothing_and_doubles_nothing(make_home: MakeHome) -> None:
    past = await a_past(make_home, days=10)
    await past.run()
    await past.live(1.5)
    past.restart(past.fetcher.as_dict())
    before = past.asked
    await past.run()
    assert past.asked - before <= 1
    await past.live(2)
    for kind in FLOWS:
        assert past.wrong_hours(kind) == [], kind


@pytest.mark.parametrize(
    "behaviour",
    [
        {"day_stamp_hour": 1},
        {"naive_stamps": True},
        {"repeated_hour_doubled": True},
        {"answers_more": True},
        {"fractional": True},
        {"zeros_omitted": False},
        {"totals_sent": False},
        {"fixed_offset_hours": 1},
    ],
    ids=lambda behaviour: next(iter(behaviour)),
)
async def test_hours_are_right_around_the_autumns_change_of_clocks(
    make_home: MakeHome, behaviour: dict[str, Any]
) -> None:
    now = datetime(2026, 10, 27, 12, tzinfo=UTC)
    site = lived(HouseConfig(battery=powerwall()), now=now.timestamp(), days=6)
    site.set_behaviour(**behaviour)
    home: TeslaHome = await make_home(site=site)
    home.clock.advance(now.timestamp() - home.clock.now())
    await home.poll()
    past = Past(home)
    await past.run()
    for kind in FLOWS:
        assert past.wrong_hours(kind) == [], kind


async def test_a_day_in_a_single_row_is_known_by_its_total(make_home: MakeHome) -> None:
    past = await a_past(make_home, days=10)
    past.home.site.set_behaviour(day_in_one_row=True)
    await past.run()
    found = past.table.energies(CounterKind.LOAD)
    assert past.total(CounterKind.LOAD) == pytest.approx(past.truth(CounterKind.LOAD), rel=0.15)
    assert len({hour.date() for hour in found}) >= 10
    assert past.wrong_hours(CounterKind.LOAD, NOON - timedelta(hours=11)) == []


async def test_charge_sessions_are_a_statistic_of_their_own(make_home: MakeHome) -> None:
    wall = WallConnector()

    def charges(_: EnergySite) -> None:
        for day in (2, 5):
            start = (NOON - timedelta(days=day)).replace(hour=1).timestamp()
            wall.charge(start, start + 2.5 * 3600)

    past = await a_past(make_home, days=10, chargers=[wall], plan=charges)
    await past.run()
    found = past.table.energies(CounterKind.CHARGER)
    assert sum(found.values()) == pytest.approx(2 * 2.5 * 7.4, rel=0.01)
    hours = {hour.astimezone(NOON.tzinfo).hour for hour, kwh in found.items() if kwh}
    assert hours == {1, 2, 3}


async def test_a_site_with_chargers_only_has_only_their_history(make_home: MakeHome) -> None:
    past = await a_past(
        make_home,
        house=replace(HouseConfig(), arrays=(), battery=None),
        days=5,
        chargers=[WallConnector()],
        measured=False,
    )
    assert [group.kinds for group in past.fetcher._provider.groups] == [(CounterKind.CHARGER,)]
    assert (await past.run()).stopped is Stop.DONE


async def test_the_current_day_costs_no_request_that_polling_made_already(make_home: MakeHome) -> None:
    past = await a_past(make_home, days=5)
    provider = TeslaHistory(past.home.source)
    before = past.asked
    today = day_of(past.home.now, past.home.source.zone)
    assert provider.cost(provider.groups[0], today, 1) == 0
    await provider.intervals(provider.groups[0], today, 1)
    assert past.asked == before


async def test_the_first_hour_of_a_day_at_a_site_with_a_fixed_offset_is_planned_as_a_request(
    make_home: MakeHome,
) -> None:
    past = await a_past(make_home, days=10)
    past.home.site.set_behaviour(fixed_offset_hours=1)
    provider = TeslaHistory(past.home.source)
    (group,) = provider.groups
    day = past.home.source.context.today - DAY * 3
    await provider.intervals(group, day, 1)
    before = past.asked
    await provider.intervals(group, day - DAY, 1)
    assert provider.cost(group, day - DAY, 1) == past.asked - before == 2
    assert provider.daily_cost(group) == 6
    assert provider.cost(group, NOON.date().replace(month=1), 1) == 1


ZONES = ("America/Los_Angeles", "Australia/Adelaide", "Asia/Kathmandu")


@pytest.mark.parametrize("zone", ZONES)
async def test_hours_are_right_wherever_the_site_is(make_home: MakeHome, zone: str) -> None:
    house = HouseConfig(battery=powerwall(), place=Place(timezone=zone))
    past = await a_past(make_home, house=house, days=6)
    await past.run()
    for kind in FLOWS:
        assert past.wrong_hours(kind) == [], kind
