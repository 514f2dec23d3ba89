"""A house's past: it adds up, whichever way it is cut."""

from dataclasses import astuple, replace
from datetime import UTC, date, datetime
from itertools import pairwise
import time
from typing import Any

from aiohttp import ClientSession
import pytest

from simulator.clock import ManualClock
from simulator.cloud.archive import KINDS
from simulator.enphase_cloud import Archive, CloudServer, CloudSite, lived
from simulator.enphase_cloud.lifetime import by_day, day_range
from simulator.house import BatteryConfig, EnergyTotals, House, HouseConfig, PhaseCount, Place

from .conftest import MIDNIGHT

DAY = 86_400
CONFIG = HouseConfig(
    phases=PhaseCount.THREE,
    battery=BatteryConfig(units=3),
    starting_totals=EnergyTotals.plausible(solar=5e6, load=6e6, battery=1e6),
)


def test_intervals_add_up_to_the_house_s_own_counters() -> None:
    """Hour by hour, to the last Wh, for steps of any length."""
    house = House(CONFIG, start=MIDNIGHT)
    archive = Archive(house)
    counters = {kind: [getattr(house.truth, kind)] for kind in KINDS}
    lengths = (10, 60, 300, 900)
    for hour in range(24):
        house.advance(MIDNIGHT + 3600 * (hour + 1), step=lengths[hour % 4])
        for kind in KINDS:
            counters[kind].append(getattr(house.truth, kind))
    assert archive.end == house.time
    for kind in KINDS:
        whole = [int(each) for each in counters[kind]]
        for step in (300, 900, 3600):
            bins = archive.bins(kind, MIDNIGHT, house.time, step)
            assert [each.end for each in bins] == list(range(int(MIDNIGHT) + step, int(MIDNIGHT) + DAY + 1, step))
            assert all(each.wh >= 0 for each in bins)
            hours = [sum(each.wh for each in bins[n : n + 3600 // step]) for n in range(0, len(bins), 3600 // step)]
            assert hours == [after - before for before, after in pairwise(whole)]


def test_a_house_lives_the_same_past_however_often_it_is_asked() -> None:
    """And one that begins between two edges loses nothing."""
    houses = [House(CONFIG, start=MIDNIGHT + 77) for _ in range(2)]
    archives = [Archive(house) for house in houses]
    houses[0].advance(MIDNIGHT + DAY, step=60)
    for minute in range(2, DAY // 60 + 1):
        houses[1].advance(MIDNIGHT + minute * 60, step=60)
    assert houses[0].truth == houses[1].truth
    for kind in KINDS:
        cut = [archive.bins(kind, MIDNIGHT, MIDNIGHT + DAY, 900) for archive in archives]
        assert cut[0] == cut[1]
        start = int(getattr(House(CONFIG, start=MIDNIGHT).truth, kind))
        assert sum(each.wh for each in cut[0]) == int(getattr(houses[0].truth, kind)) - start


def test_a_year_takes_seconds() -> None:
    """And its days add up to the house's counters."""
    config = HouseConfig(battery=BatteryConfig())
    began = time.process_time()
    system = lived(config, now=MIDNIGHT, days=365, site=CloudSite(delay=0))
    assert time.process_time() - began < 8
    days = day_range(system, None, date(2026, 6, 21), MIDNIGHT)
    for kind in KINDS:
        energies = by_day(system, kind, days, MIDNIGHT)
        assert 365 <= len(energies) <= 367
        assert sum(energies) == int(getattr(system.house.truth, kind))


@pytest.mark.parametrize(
    ("day", "quarters"), [(date(2026, 3, 29), 92), (date(2026, 10, 25), 100), (date(2026, 7, 1), 96)]
)
def test_days_are_those_of_the_place(day: date, quarters: int) -> None:
    """With an hour less or more when clocks change."""
    config = HouseConfig(place=Place(timezone="Europe/Amsterdam"))
    ordinal = day.toordinal() - date(1970, 1, 1).toordinal()
    system = lived(config, now=(ordinal + 2) * DAY, days=3, site=CloudSite(delay=0))
    begin, end = (system.days.midnight(date.fromordinal(day.toordinal() + more)) for more in (0, 1))
    bins = system.archive.bins("load", begin, end, 900)
    assert len(bins) == quarters
    (energy,) = by_day(system, "load", day_range(system, day, day, system.house.time), system.house.time)
    assert sum(each.wh for each in bins) == energy > 0


def test_a_silent_gateway_leaves_trailing_zeroes() -> None:
    """Until it speaks again: then nothing is missing."""
    now = MIDNIGHT + 12 * 3600
    system = lived(HouseConfig(place=Place(timezone="UTC")), now=now, days=5)
    days = day_range(system, None, None, now)
    whole = by_day(system, "solar", days, now)
    system.go_silent(MIDNIGHT - 2 * DAY)
    assert system.state(now) == "comm"
    assert by_day(system, "solar", days, now) == [*whole[:-2], 0, 0]
    system.speak_again()
    assert by_day(system, "solar", days, now) == whole
    assert astuple(days) == (date(2026, 6, 15), date(2026, 6, 19))


@pytest.mark.parametrize(("day", "quarters"), [("2026-03-29", 92), ("2026-10-25", 100)])
async def test_the_cloud_s_days_are_those_of_the_place(session: ClientSession, day: str, quarters: int) -> None:
    """A day of the calendar is whole, a day from a moment has 24 hours."""
    now = datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp() + 2 * DAY
    config = replace(CONFIG, place=Place(timezone="Europe/Amsterdam"))
    async with CloudServer([lived(config, now=now, days=3)], clock=ManualClock(now)) as cloud:
        application = cloud.add_application()

        async def get(path: str, **query: Any) -> Any:
            url, headers = f"{cloud.url}/api/v4/systems/100001/{path}", cloud.headers(application)
            async with session.get(url, headers=headers, params=query) as response:
                return await response.json()

        whole = (await get("telemetry/consumption_meter", start_date=day))["intervals"]
        assert len(whole) == quarters
        energy = await get("consumption_lifetime", start_date=day, end_date=day)
        assert energy["consumption"] == [sum(each["enwh"] for each in whole)]
        begin = whole[0]["end_at"] - 900
        assert len((await get("telemetry/consumption_meter", start_at=begin))["intervals"]) == 96
