"""Outages of a site's life: the last one, how many this year, and each new one told once."""

from datetime import UTC, datetime, timedelta
import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from custom_components.energy_site.site.model import GridStatus
from custom_components.energy_site.site.outage import OutageEvent, OutageWatch
from custom_components.energy_site.site.past_outages import PastOutages
from simulator.house import HouseConfig, Outage
from simulator.iq_gateway import Mutate
from simulator.tesla_cloud import EnergySite, OutageUnit, lived, powerwall

from ...source_home import NOON
from .conftest import MakeHome
from .home import HISTORY, LIVE, TeslaHome

HOUR = 3600.0


def before(hours: float) -> float:
    """Return a time some hours before the tests begin."""
    return NOON.timestamp() - hours * HOUR


def site(*spans: tuple[float, float], days: float = 4, **more: Any) -> EnergySite:
    """Return a site whose grid failed some hours ago, for some minutes each."""
    failed = tuple(Outage(start=before(ago), end=before(ago) + minutes * 60) for ago, minutes in spans)
    return lived(HouseConfig(battery=powerwall(), outages=failed), now=NOON.timestamp(), days=days, **more)


def listed(home: TeslaHome, *events: tuple[datetime, float]) -> None:
    """Let the cloud list these outages with their durations as sent."""
    rows = [{"timestamp": start.isoformat(), "duration": duration} for start, duration in events]

    def change(payload: Any) -> Any:
        return {"response": {"events": rows, "total_events": len(rows)}} if "events" in payload["response"] else payload

    home.cloud.faults.clear()
    home.cloud.faults.add(Mutate(change), home.site.path(HISTORY))


def reviewed(home: TeslaHome, watch: OutageWatch) -> list[OutageEvent]:
    """Return what is told of the outages that the cloud lists."""
    return watch.review(home.part(PastOutages).outages, home.now)


# -- what is shown ------------------------------------------------------------------


@pytest.mark.parametrize("unit", list(OutageUnit))
async def test_the_last_outage_is_shown_with_its_start_and_how_long_it_took(
    make_home: MakeHome, unit: OutageUnit
) -> None:
    home = await make_home(site=site((50, 90), (20, 35)))
    home.site.set_behaviour(outage_unit=unit)
    await home.poll()
    past = home.part(PastOutages)
    assert [each.lasted for each in past.outages] == [timedelta(minutes=90), timedelta(minutes=35)]
    assert past.last is not None
    assert past.last.started_at.timestamp() == before(20)
    assert past.this_year == 2


async def test_a_home_without_outages_shows_none(home: TeslaHome) -> None:
    past = home.part(PastOutages)
    assert (past.last, past.this_year) == (None, 0)


async def test_the_unit_is_decided_for_each_answer_anew(make_home: MakeHome) -> None:
    home = await make_home(site=site((50, 90), (20, 35)))
    for unit in (OutageUnit.MILLISECONDS, OutageUnit.SECONDS, OutageUnit.MILLISECONDS):
        home.site.set_behaviour(outage_unit=unit)
        await home.poll("site_info", "outages", after=60)
        last = home.part(PastOutages).last
        assert last is not None
        assert last.lasted == timedelta(minutes=35)


async def test_a_single_short_outage_in_milliseconds_is_not_taken_for_hours(home: TeslaHome) -> None:
    listed(home, (home.now - timedelta(minutes=40), 120_000))
    await home.poll("outages")
    last = home.part(PastOutages).last
    assert last is not None
    assert last.lasted == timedelta(minutes=2)


async def test_an_outage_that_was_certainly_in_milliseconds_stays_as_short_as_it_was(home: TeslaHome) -> None:
    listed(home, (home.now - timedelta(minutes=40), 120_000))
    await home.poll("outages")
    for hours in (23, 12, 30 * 24):
        await home.restart(after=hours * HOUR)
        await home.poll("outages")
        assert [each.lasted for each in home.part(PastOutages).outages] == [timedelta(minutes=2)]
    # A later answer may be in the other unit, and has another outage.
    listed(home, (NOON - timedelta(minutes=40), 120), (home.now - timedelta(days=9), 5400))
    await home.poll("outages", after=HOUR)
    assert [each.lasted for each in home.part(PastOutages).outages] == [timedelta(minutes=2), timedelta(minutes=90)]


async def test_an_outage_of_two_days_in_seconds_stays_one_of_two_days(home: TeslaHome) -> None:
    listed(home, (home.now - timedelta(days=60), 172_800), (home.now - timedelta(days=1), 30))
    home.source.context.installed = (home.now - timedelta(days=400)).date()
    await home.poll("outages")
    assert [each.lasted for each in home.part(PastOutages).outages] == [timedelta(days=2), timedelta(seconds=30)]


async def test_this_year_is_the_sites_year(make_home: MakeHome) -> None:
    home = await make_home()
    await home.poll("site_info")
    zone = ZoneInfo("Europe/Amsterdam")
    last_year, this_year = datetime(2025, 12, 31, 23, 59, tzinfo=zone), datetime(2026, 1, 1, 0, 1, tzinfo=zone)
    home.source.context.installed = last_year.date()
    listed(home, (last_year.astimezone(UTC), 60), (this_year.astimezone(UTC), 60), (this_year + timedelta(days=9), 60))
    await home.poll("outages")
    assert home.part(PastOutages).this_year == 2


async def test_an_outage_that_is_listed_while_it_lasts_is_no_past_one(make_home: MakeHome) -> None:
    home = await make_home(site=site((20, 35)))
    home.site.set_behaviour(running_outage_sent=True)
    await home.poll()
    watch = OutageWatch()
    watch.observe(home.part(GridStatus))
    assert reviewed(home, watch) == []
    home.site.start_outage()
    await home.poll("live_status", "outages", after=600)
    events = [watch.observe(home.part(GridStatus)), *reviewed(home, watch)]
    assert [event.lost for event in events if event is not None] == [True]


async def test_outages_are_asked_for_since_the_installation(home: TeslaHome) -> None:
    (query,) = [each.query for each in home.cloud.requests if each.query.get("kind") == "backup"]
    installed = datetime.fromtimestamp(home.site.archive.start, UTC).astimezone(ZoneInfo("Europe/Amsterdam"))
    assert query["start_date"][:10] == installed.date().isoformat()


# -- what is told -------------------------------------------------------------------


async def test_outages_before_the_set_up_are_shown_and_tell_nothing(make_home: MakeHome) -> None:
    home = await make_home(site=site((50, 90), (20, 35)))
    await home.poll()
    assert reviewed(home, OutageWatch()) == []


async def test_an_outage_that_nobody_saw_is_told_once_with_how_long_it_took(home: TeslaHome) -> None:
    watch = OutageWatch()
    assert reviewed(home, watch) == []
    listed(home, (home.now + timedelta(minutes=20), 600))
    await home.poll("outages", after=3 * HOUR)
    assert reviewed(home, watch) == [OutageEvent(lost=False, lasted=timedelta(minutes=10))]
    await home.poll("outages", after=HOUR)
    assert reviewed(home, watch) == []


async def test_an_outage_that_was_seen_is_not_told_again_when_the_cloud_lists_it(home: TeslaHome) -> None:
    watch = OutageWatch()
    watch.observe(home.part(GridStatus))
    assert reviewed(home, watch) == []
    home.site.start_outage()
    await home.poll("live_status", after=60)
    lost = watch.observe(home.part(GridStatus))
    await home.poll("live_status", after=1800)
    home.site.end_outage()
    await home.poll("live_status", after=60)
    back = watch.observe(home.part(GridStatus))
    assert (lost and lost.lost, back and back.lost) == (True, False)
    await home.poll("outages", after=60)
    assert len(home.part(PastOutages).outages) == 1
    assert reviewed(home, watch) == []


@pytest.mark.parametrize("unit", list(OutageUnit))
async def test_an_outage_while_home_assistant_was_down_is_told_once_across_restarts(
    make_home: MakeHome, unit: OutageUnit
) -> None:
    home = await make_home()
    home.site.set_behaviour(outage_unit=unit)
    await home.poll()
    watch = OutageWatch()
    assert reviewed(home, watch) == []
    events: list[OutageEvent] = []
    for step in range(3):
        if step == 0:
            home.clock.advance(900)
            home.site.advance(home.clock.now())
            home.site.start_outage()
            home.clock.advance(1200)
            home.site.advance(home.clock.now())
            home.site.end_outage()
        stored = json.loads(json.dumps(watch.as_dict()))
        await home.restart(after=1800)
        watch = OutageWatch()
        watch.restore(stored)
        await home.poll("live_status", "outages")
        event = watch.observe(home.part(GridStatus))
        events += [*([event] if event is not None else []), *reviewed(home, watch)]
    assert [(event.lost, event.lasted) for event in events] == [(False, timedelta(minutes=20))]


async def test_a_failing_list_of_outages_forgets_none_and_tells_none(make_home: MakeHome) -> None:
    home = await make_home(site=site((20, 35)))
    await home.poll()
    watch = OutageWatch()
    assert reviewed(home, watch) == []
    home.cloud.faults.add(Mutate(lambda _: {"response": None}), home.site.path(HISTORY))
    await home.ask("outages", after=86_400)
    assert home.part(PastOutages).last is not None
    assert reviewed(home, watch) == []


async def test_outages_that_make_no_sense_are_left_out(home: TeslaHome) -> None:
    soon, ago = home.now + timedelta(days=2), home.now - timedelta(days=3)
    listed(home, (soon, 60), (ago, 60), (ago, 60))
    await home.poll("outages")
    assert [each.started_at for each in home.part(PastOutages).outages] == [ago]


async def test_an_owner_who_goes_off_grid_has_no_outage_in_any_list(home: TeslaHome) -> None:
    watch = OutageWatch()
    watch.observe(home.part(GridStatus))
    home.site.disconnect_grid()
    await home.poll("live_status", after=600)
    assert watch.observe(home.part(GridStatus)) is None
    home.site.reconnect_grid()
    await home.poll("live_status", "outages", after=600)
    assert reviewed(home, watch) == []
    assert home.part(PastOutages).this_year == 0


async def test_how_long_an_outage_took_is_by_when_tesla_measured_and_not_by_when_it_answered(home: TeslaHome) -> None:
    watch = OutageWatch()
    watch.observe(home.part(GridStatus))
    assert reviewed(home, watch) == []
    begun = home.now + timedelta(minutes=20)
    # Polled late, and Tesla's cache is minutes behind.
    home.answers(LIVE, island_status="off_grid_unintentional", timestamp=begun.isoformat())
    await home.poll("live_status", after=1680)
    lost = watch.observe(home.part(GridStatus))
    home.cloud.faults.clear()
    ended = begun + timedelta(minutes=9)
    home.answers(LIVE, timestamp=ended.isoformat())
    await home.poll("live_status", after=600)
    back = watch.observe(home.part(GridStatus))
    assert (lost, back) == (OutageEvent(lost=True), OutageEvent(lost=False, lasted=timedelta(minutes=9)))


async def test_an_outage_that_tesla_tells_after_its_end_is_told_once(home: TeslaHome) -> None:
    watch = OutageWatch()
    watch.observe(home.part(GridStatus))
    assert reviewed(home, watch) == []
    begun = home.now + timedelta(minutes=2)
    home.answers(LIVE, island_status="off_grid_unintentional", timestamp=(begun + timedelta(seconds=30)).isoformat())
    await home.poll("live_status", after=600)
    events = [watch.observe(home.part(GridStatus))]
    home.cloud.faults.clear()
    await home.poll("live_status", after=60)
    events.append(watch.observe(home.part(GridStatus)))
    listed(home, (begun, 60))
    await home.poll("outages", after=60)
    events += reviewed(home, watch)
    assert [event.lost for event in events if event is not None] == [True, False]
