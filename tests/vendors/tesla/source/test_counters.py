"""Energy counters: what the house really moved, across midnights, changes of the clocks and days without internet."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from custom_components.energy_site.site.model import CounterKind, EnergyCounters
from custom_components.energy_site.vendors.tesla.budget import CREDIT, FREE, PLANS
from custom_components.energy_site.vendors.tesla.source import feeds
from custom_components.energy_site.vendors.tesla.source.energy import days_of
from simulator.cloud.archive import KINDS
from simulator.house import HouseConfig, Place
from simulator.iq_gateway import HtmlPage, Mutate
from simulator.tesla_cloud import MidnightEnd, NullResponse, SiteDetails, powerwall

from .conftest import MakeHome
from .home import HISTORY, Budget, TeslaHome

ZONE = ZoneInfo("Europe/Amsterdam")

# The server rounds each row and carries the rest.
ROUNDING = 2.0


def midnight(day: date) -> datetime:
    """Return when a day begins at the site."""
    return datetime.combine(day, time(), ZONE).astimezone(UTC)


def truth(home: TeslaHome, kind: CounterKind, begin: datetime, end: datetime) -> float:
    """Return the Wh that the house moved between two times."""
    home.site.advance(home.clock.now())
    (name,) = [each for each in KINDS if each == kind.value]
    return home.site.archive.energy(name, begin.timestamp(), end.timestamp())


def check(home: TeslaHome, since: datetime, tolerance: float = ROUNDING) -> None:
    """Compare each total with what the house moved since a day began."""
    counters = home.part(EnergyCounters)
    for kind in home.source.kinds:
        assert counters.total(kind) == pytest.approx(truth(home, kind, since, home.now), abs=tolerance), kind


async def pass_hours(home: TeslaHome, count: int) -> None:
    """Let hours pass, and poll the day hourly and the days before it each night."""
    home.site.step = 300.0
    for _ in range(count):
        await home.ask("live_status", "energy_today", after=3600)
        if home.now.astimezone(ZONE).hour == 2:
            await home.ask("energy_days")


@pytest.fixture
async def evening(make_home: MakeHome) -> TeslaHome:
    """Return a home that is set up in the evening."""
    home = await make_home(start=datetime(2026, 6, 17, 19, tzinfo=UTC))
    await home.poll()
    return home


async def test_counters_begin_with_the_day_of_the_set_up(home: TeslaHome) -> None:
    since = midnight(date(2026, 6, 17))
    check(home, since)
    counters = home.part(EnergyCounters)
    for kind in home.source.kinds:
        assert counters.today(kind) == counters.total(kind)


async def test_today_and_total_follow_the_house(home: TeslaHome) -> None:
    for _ in range(3):
        await home.poll("energy_today", after=3600)
        check(home, midnight(date(2026, 6, 17)))


async def test_counters_are_those_of_the_equipment(make_home: MakeHome) -> None:
    solar = await make_home(HouseConfig())
    await solar.poll()
    assert set(solar.part(EnergyCounters).counts) == {
        CounterKind.SOLAR,
        CounterKind.GRID_IMPORT,
        CounterKind.GRID_EXPORT,
        CounterKind.LOAD,
    }
    battery = await make_home(HouseConfig(arrays=(), battery=powerwall()))
    await battery.poll()
    assert CounterKind.SOLAR not in battery.part(EnergyCounters).counts
    assert CounterKind.BATTERY_CHARGE in battery.part(EnergyCounters).counts


async def test_after_midnight_today_is_zero_and_not_unknown_although_zeros_are_left_out(evening: TeslaHome) -> None:
    await evening.run(3.2)
    assert evening.now.astimezone(ZONE).hour == 0
    counters = evening.part(EnergyCounters)
    assert counters.today(CounterKind.SOLAR) == 0
    await evening.poll("energy_today")
    assert evening.part(EnergyCounters).today(CounterKind.SOLAR) == 0
    assert (evening.part(EnergyCounters).today(CounterKind.LOAD) or 0) > 0


async def test_the_energy_of_the_hour_before_midnight_is_not_lost(evening: TeslaHome) -> None:
    await evening.run(12)
    await evening.poll("energy_today")
    check(evening, midnight(date(2026, 6, 17)))


@pytest.mark.parametrize("totals", [True, False])
async def test_what_charges_from_the_grid_at_night_is_counted_with_or_without_the_totals(
    make_home: MakeHome, totals: bool
) -> None:
    details = SiteDetails(mode="autonomous", grid_charging=True)
    house = HouseConfig(battery=powerwall(level=20))
    home = await make_home(house, details=details, start=datetime(2026, 1, 14, 5, tzinfo=UTC), days=1)
    home.site.set_behaviour(totals_sent=totals)
    await home.poll()
    charged = truth(home, CounterKind.BATTERY_CHARGE, midnight(date(2026, 1, 14)), home.now)
    assert charged > 1_000
    assert home.total(CounterKind.BATTERY_CHARGE) == pytest.approx(charged, abs=ROUNDING)


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"zeros_omitted": False},
        {"fractional": True},
        {"answers_more": True},
        {"naive_stamps": True},
        {"day_in_one_row": True},
        {"day_stamp_hour": 1},
        {"time_zone": ""},
        {"history_delay": 600.0},
    ],
    ids=lambda odd: next(iter(odd), "as documented"),
)
async def test_three_days_are_counted_whichever_shape_the_rows_have(make_home: MakeHome, odd: dict[str, Any]) -> None:
    home = await make_home(start=datetime(2026, 6, 17, 19, tzinfo=UTC))
    home.source.context.zone = ZONE
    home.site.set_behaviour(**odd)
    await home.start()
    await pass_hours(home, 54)
    home.site.set_behaviour(history_delay=0.0)
    await home.poll("energy_today", "energy_days")
    check(home, midnight(date(2026, 6, 17)), tolerance=8)


@pytest.mark.parametrize("start", [datetime(2026, 3, 28, 18, tzinfo=UTC), datetime(2026, 10, 24, 18, tzinfo=UTC)])
@pytest.mark.parametrize("doubled", [False, True])
async def test_both_changes_of_the_clocks_lose_and_double_nothing(
    make_home: MakeHome, start: datetime, doubled: bool
) -> None:
    home = await make_home(start=start, days=1)
    home.site.set_behaviour(repeated_hour_doubled=doubled)
    await home.start()
    await pass_hours(home, 36)
    check(home, midnight(start.date()))
    today = home.part(EnergyCounters).today(CounterKind.LOAD)
    assert today == pytest.approx(
        truth(home, CounterKind.LOAD, midnight(start.date() + timedelta(days=2)), home.now), abs=ROUNDING
    )


async def test_how_often_it_is_polled_changes_no_energy(make_home: MakeHome) -> None:
    totals = []
    for plan in (FREE, CREDIT):
        home = await make_home(budget=Budget(PLANS[plan]), days=1)
        await home.start()
        await home.run(15)
        await home.poll("energy_today")
        totals.append({kind: home.total(kind) for kind in home.source.kinds})
    assert totals[0] == pytest.approx(totals[1], abs=ROUNDING)


async def test_counters_never_fall(make_home: MakeHome) -> None:
    home = await make_home(days=1, budget=Budget(PLANS[CREDIT]))
    await home.start()
    shown: dict[CounterKind, float] = {}

    def look() -> None:
        for kind in home.source.kinds:
            total = home.total(kind)
            assert total >= shown.get(kind, 0.0)
            shown[kind] = total

    await home.run(24, look)


# -- days without internet, stops, failures -----------------------------------------


async def test_days_without_internet_are_made_up_for_once_they_are_uploaded(make_home: MakeHome) -> None:
    home = await make_home()
    await home.start()
    await pass_hours(home, 5)
    home.site.disconnect_internet(home.clock.now())
    await pass_hours(home, 72)
    home.site.reconnect_internet(home.clock.now())
    await pass_hours(home, 24)
    check(home, midnight(date(2026, 6, 17)), tolerance=4)


async def test_a_week_without_internet_over_the_end_of_a_month_is_made_up_for(make_home: MakeHome) -> None:
    home = await make_home(start=datetime(2026, 6, 23, 12, tzinfo=UTC), days=1)
    await home.start()
    home.site.disconnect_internet(home.clock.now())
    await pass_hours(home, 24 * 9)
    # Today's energy is known at once, that of the days between only after the upload.
    home.site.reconnect_internet(home.clock.now(), upload_after=20 * 3600.0)
    await pass_hours(home, 48)
    check(home, midnight(date(2026, 6, 23)), tolerance=6)


async def test_while_nothing_is_uploaded_today_is_unknown_and_not_zero(make_home: MakeHome) -> None:
    home = await make_home()
    await home.start()
    home.site.disconnect_internet(home.clock.now())
    await pass_hours(home, 48)
    assert home.part(EnergyCounters).today(CounterKind.SOLAR) is None


async def test_a_weekend_without_home_assistant_is_made_up_for_and_day_by_day(make_home: MakeHome) -> None:
    home = await make_home(start=datetime(2026, 6, 19, 17, tzinfo=UTC), days=1)
    await home.start()
    await home.restart(after=62 * 3600)
    await home.ask("energy_days", "energy_today")
    check(home, midnight(date(2026, 6, 19)), tolerance=4)
    today = home.part(EnergyCounters).today(CounterKind.LOAD)
    assert today == pytest.approx(truth(home, CounterKind.LOAD, midnight(date(2026, 6, 22)), home.now), abs=ROUNDING)


async def test_a_restart_counts_nothing_twice(home: TeslaHome) -> None:
    before = {kind: home.total(kind) for kind in home.source.kinds}
    for _ in range(3):
        await home.restart()
        await home.poll("energy_today", "energy_days")
    assert {kind: home.total(kind) for kind in home.source.kinds} == before


@pytest.mark.parametrize("failure", [NullResponse(), HtmlPage()])
async def test_an_answer_that_cannot_be_read_changes_no_counter(home: TeslaHome, failure: Any) -> None:
    before = home.part(EnergyCounters).counts
    home.cloud.faults.add(failure, home.site.path(HISTORY))
    await home.ask("energy_today", "energy_days", after=60)
    assert home.part(EnergyCounters).counts == before


@pytest.mark.parametrize(
    ("feed", "stamp"), [("energy_today", "2026-06-18T09:00:00+02:00"), ("energy_days", "2026-06-17T00:00:00+02:00")]
)
async def test_a_row_of_tomorrow_or_of_a_day_that_is_not_over_is_not_counted(
    home: TeslaHome, feed: str, stamp: str
) -> None:
    before = home.part(EnergyCounters).counts

    def change(payload: Any) -> Any:
        row = {"timestamp": stamp, "solar_energy_exported": 99_000}
        return {"response": {**payload["response"], "time_series": [*payload["response"]["time_series"], row]}}

    home.cloud.faults.add(Mutate(change), home.site.path(HISTORY))
    await home.ask(feed)
    assert home.part(EnergyCounters).counts == before


@pytest.mark.parametrize("zone", ["Europe/Amsterdam", "America/Los_Angeles", "Asia/Kathmandu", "Pacific/Auckland"])
async def test_a_row_of_a_day_that_is_stamped_in_utc_is_of_the_sites_day(make_home: MakeHome, zone: str) -> None:
    home = await make_home(HouseConfig(battery=powerwall(), place=Place(timezone=zone)), days=5)

    def change(payload: Any) -> Any:
        for row in payload["response"].get("time_series") or ():
            moment = datetime.fromisoformat(row["timestamp"]).astimezone(UTC)
            row["timestamp"] = moment.isoformat().replace("+00:00", "Z")
        return payload

    home.cloud.faults.add(Mutate(change), home.site.path(HISTORY))
    await home.poll()
    history = home.source.answer(feeds.DAYS)
    assert history is not None
    day = home.now.astimezone(ZoneInfo(zone)).date() - timedelta(days=2)
    begin, end = (datetime.combine(each, time(), ZoneInfo(zone)) for each in (day, day + timedelta(days=1)))
    found = days_of(history, home.source.zone, daily=True)[day].load
    assert found == pytest.approx(truth(home, CounterKind.LOAD, begin, end), abs=ROUNDING)


@pytest.mark.parametrize("hours", [0, 1, 3])
async def test_a_row_of_a_day_is_of_the_day_that_its_own_clock_shows(make_home: MakeHome, hours: int) -> None:
    home = await make_home(days=4)
    home.site.set_behaviour(fixed_offset_hours=hours)
    await home.poll()
    history = home.source.answer(feeds.DAYS)
    assert history is not None
    found = days_of(history, home.source.zone, daily=True)[date(2026, 6, 15)].load
    begin = datetime(2026, 6, 15, tzinfo=UTC) - timedelta(hours=hours)
    assert found == pytest.approx(truth(home, CounterKind.LOAD, begin, begin + timedelta(days=1)), abs=ROUNDING)


@pytest.mark.parametrize("odd", [{"series_null": True}, {"midnight_end": MidnightEnd.ZEROS}])
async def test_an_answer_without_rows_changes_no_counter(home: TeslaHome, odd: dict[str, Any]) -> None:
    before = home.part(EnergyCounters).counts
    home.site.set_behaviour(**odd)
    await home.ask("energy_days", after=60)
    assert home.part(EnergyCounters).counts == before


async def test_a_day_that_shrinks_takes_nothing_back(home: TeslaHome) -> None:
    before = home.part(EnergyCounters).counts
    home.site.set_behaviour(yearly_loss=0.5)
    home.site.uploads.lose(home.clock.now() - 6 * 3600, home.clock.now())
    await home.ask("energy_today", after=60)
    assert home.part(EnergyCounters).counts == before
