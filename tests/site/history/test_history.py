"""Hours out of intervals, whatever the zone; sums that never break; nothing counted twice."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import pairwise
import json
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.energy_site.site.history.cursor import Aim, Cursor, FlowGroup, next_step, progress, steps_for
from custom_components.energy_site.site.history.intervals import (
    DAY,
    HOUR,
    DayReading,
    Interval,
    by_hour,
    clip,
    day_of,
    gaps,
    hour_of,
    hours,
    merged,
    midnight,
    read,
    slot,
)
from custom_components.energy_site.site.history.rows import StatisticsRow, mended, replaced, rows
from custom_components.energy_site.site.history.writing import Shares, Written, ranges, stretches
from custom_components.energy_site.site.model import CounterKind

QUARTER = timedelta(minutes=15)
ZONES = [
    ZoneInfo(name)
    for name in (
        "Europe/Amsterdam",
        "America/St_Johns",
        "Asia/Kolkata",
        "Asia/Kathmandu",
        "Australia/Lord_Howe",
        "America/Santiago",
        "UTC",
    )
]
GROUP = FlowGroup(kinds=(CounterKind.SOLAR,), days=7, reach=20)
LATE = datetime(2030, 1, 1, tzinfo=UTC)

zones = st.sampled_from(ZONES)
days = st.dates(date(2026, 1, 2), date(2026, 12, 30))
energies = st.floats(0, 5000, allow_nan=False)


def quarters(start: datetime, end: datetime, wh: float = 10.0) -> list[Interval]:
    """Return intervals without a gap."""
    count = (end - start) // QUARTER
    return [Interval(start=start + QUARTER * n, end=start + QUARTER * (n + 1), wh=wh + n) for n in range(count)]


def of_day(day: date, zone: tzinfo) -> list[Interval]:
    """Return a whole day's intervals."""
    return quarters(midnight(day, zone), midnight(day + DAY, zone))


def whole(day: date, zone: tzinfo, intervals: list[Interval], *, dense: bool = True) -> DayReading:
    """Read a day that is long ago."""
    return read(day, zone, intervals, reported=LATE, now=LATE, dense=dense)


@pytest.mark.parametrize(
    ("zone", "day", "length"),
    [
        ("Europe/Amsterdam", date(2026, 3, 29), 23),
        ("Europe/Amsterdam", date(2026, 10, 25), 25),
        ("Europe/Amsterdam", date(2026, 7, 1), 24),
        # Here clocks change at midnight, and there by half an hour.
        ("America/Santiago", date(2026, 9, 6), 23),
        ("Australia/Lord_Howe", date(2026, 10, 4), 23.5),
    ],
)
def test_days_are_as_long_as_clocks_make_them(zone: str, day: date, length: float) -> None:
    start, end = (midnight(each, ZoneInfo(zone)) for each in (day, day + DAY))
    assert (end - start) / HOUR == length
    reading = whole(day, ZoneInfo(zone), of_day(day, ZoneInfo(zone)))
    assert reading.final
    assert sum(hours(reading, None).values()) == pytest.approx(reading.energy)


@given(zone=zones, day=days)
def test_a_day_s_slot_is_in_the_day(zone: ZoneInfo, day: date) -> None:
    found = slot(day, zone)
    assert found == hour_of(found)
    assert day_of(found, zone) == day
    assert day_of(found - HOUR, zone) == day - DAY


@given(
    starts=st.lists(st.integers(0, 5000), max_size=20),
    lengths=st.lists(st.integers(-10, 200), min_size=20, max_size=20),
    whs=st.lists(energies, min_size=20, max_size=20),
)
def test_tidy_intervals_cover_no_moment_twice(starts: list[int], lengths: list[int], whs: list[float]) -> None:
    origin = datetime(2026, 6, 1, tzinfo=UTC)
    raw = [
        Interval(start=origin + timedelta(minutes=start), end=origin + timedelta(minutes=start + length), wh=wh)
        for start, length, wh in zip(starts, lengths, whs, strict=False)
    ]
    found = merged([*raw, *raw])
    assert all(before.end <= after.start for before, after in pairwise(found))
    assert sum(each.wh for each in found) <= sum(each.wh for each in raw) + 1e-6
    assert sum(by_hour(found).values()) == pytest.approx(sum(each.wh for each in found))
    for hour, wh in by_hour(found).items():
        assert hour == hour_of(hour)
        assert wh == pytest.approx(sum(each.wh for each in clip(found, hour, hour + HOUR)), abs=1e-6)
    holes = gaps(found, origin, origin + timedelta(minutes=6000))
    covered = sum((each.end - each.start for each in found), timedelta())
    assert sum((end - start for start, end in holes), timedelta()) + covered == timedelta(minutes=6000)


def test_nonsense_is_no_energy() -> None:
    start = datetime(2026, 6, 1, tzinfo=UTC)
    values = (-5.0, float("nan"), float("inf"), 1e9)
    assert not merged(Interval(start=start, end=start + QUARTER, wh=wh) for wh in values)


@given(zone=zones, day=days, lost=st.sets(st.integers(0, 99), max_size=60), extra=st.floats(0, 10_000))
def test_what_was_lost_is_filled_from_the_total(zone: ZoneInfo, day: date, lost: set[int], extra: float) -> None:
    """The day adds up to its total, and hours without a hole stay as they are."""
    every = of_day(day, zone)
    kept = [each for number, each in enumerate(every) if number not in lost]
    reading = whole(day, zone, kept)
    assert reading.final
    total = reading.energy + extra
    found = hours(reading, total)
    missing = len(kept) < len(every)
    assert reading.needs_total is missing
    assert sum(found.values()) == pytest.approx(total if missing else reading.energy)
    plain = by_hour(kept)
    for hour, wh in found.items():
        if kept and not clip([Interval(start=a, end=b, wh=1) for a, b in reading.holes], hour, hour + HOUR):
            assert wh == pytest.approx(plain.get(hour, 0.0))


@given(zone=zones, day=days, less=st.floats(0, 1))
def test_a_total_below_the_intervals_takes_nothing_away(zone: ZoneInfo, day: date, less: float) -> None:
    kept = of_day(day, zone)[10:]
    reading = whole(day, zone, kept)
    assert sum(hours(reading, reading.energy * less).values()) == pytest.approx(reading.energy)


@given(zone=zones, day=days, reported=st.integers(0, 26 * 60))
def test_only_complete_hours_count(zone: ZoneInfo, day: date, reported: int) -> None:
    """By what was reported, and by the intervals there are."""
    start, end = midnight(day, zone), midnight(day + DAY, zone)
    moment = start + timedelta(minutes=reported)
    known = [each for each in of_day(day, zone) if each.end <= moment]
    reading = read(day, zone, known, reported=moment, now=moment, dense=True)
    assert reading.final is (moment >= end)
    for hour, wh in hours(reading, None).items():
        assert min(hour + HOUR, end) <= moment
        assert wh == pytest.approx(by_hour(known).get(hour, 0.0))


def test_a_hole_may_still_be_filled_by_the_site() -> None:
    """For three days; without a word from the site for longer."""
    zone, day = ZoneInfo("UTC"), date(2026, 6, 1)
    end = midnight(day + DAY, zone)
    kept = of_day(day, zone)[:20] + of_day(day, zone)[30:]

    def final(reported: datetime, now: datetime) -> bool:
        return read(day, zone, kept, reported=reported, now=now, dense=True).final

    assert not final(end + 2 * DAY, end + 2 * DAY)
    assert final(end + 3 * DAY, end + 3 * DAY)
    assert not final(end - HOUR, end + 20 * DAY)
    assert final(end - HOUR, end + 30 * DAY)
    early = read(day, zone, kept, reported=end + HOUR, now=end + HOUR, dense=True)
    assert early.until == end
    assert not early.needs_total


def test_the_dark_is_no_hole() -> None:
    """But an hour without inverters at noon is."""
    zone, day = ZoneInfo("UTC"), date(2026, 6, 1)
    end = midnight(day + DAY, zone)
    light = of_day(day, zone)[20:80]

    def reading(intervals: list[Interval], since: timedelta) -> DayReading:
        return read(day, zone, intervals, reported=end + since, now=end + since, dense=False)

    assert not reading(light, HOUR).final
    assert reading(light, 2 * HOUR).final
    assert len(hours(reading(light, 2 * HOUR), None)) == 24
    broken = light[:20] + light[26:]
    assert not reading(broken, 2 * HOUR).final
    assert reading(broken, 3 * DAY).needs_total
    assert sum(hours(reading(broken, 3 * DAY), 20_000.0).values()) == pytest.approx(20_000)
    assert not reading([], 2 * HOUR).final
    assert hours(reading([], 3 * DAY), 500.0) == {slot(day, zone): 500.0}


# -- sums ---------------------------------------------------------------------


class Table:
    """Rows as a recorder keeps them."""

    def __init__(self) -> None:
        """Begin empty."""
        self.rows: dict[datetime, StatisticsRow] = {}

    def replace(self, points: Mapping[datetime, float], start: datetime, end: datetime) -> None:
        """Do what an importer does."""
        ordered = [self.rows[hour] for hour in sorted(self.rows)]
        before = [row for row in ordered if row.start < start]
        existing = [row for row in ordered if start <= row.start < end]
        change = replaced(existing, points, start, end, before[-1].sum if before else 0.0)
        self.rows |= {row.start: row for row in change.rows}
        self.rows |= {
            row.start: StatisticsRow(start=row.start, energy=row.energy, sum=row.sum + change.shift)
            for row in self.rows.values()
            if row.start >= change.later
        }

    @property
    def energies(self) -> dict[datetime, float]:
        """Wh by the hour; the sums are held to them."""
        found: dict[datetime, float] = {}
        total = 0.0
        for hour in sorted(self.rows):
            total += self.rows[hour].energy
            assert self.rows[hour].sum == pytest.approx(total, abs=1e-5)
            found[hour] = self.rows[hour].energy * 1000
        return found


@given(points=st.dictionaries(st.integers(0, 500), energies), before=st.floats(0, 1e6))
def test_sums_run(points: dict[int, float], before: float) -> None:
    origin = datetime(2026, 6, 1, tzinfo=UTC)
    found = rows({origin + HOUR * hour: wh for hour, wh in points.items()}, before)
    assert [row.start for row in found] == sorted(row.start for row in found)
    last = before
    for row in found:
        assert row.sum == pytest.approx(last + row.energy)
        last = row.sum


@given(
    writes=st.lists(
        st.tuples(st.integers(0, 80), st.integers(1, 30), st.dictionaries(st.integers(0, 29), energies)), max_size=12
    )
)
def test_sums_hold_whatever_is_written_over(writes: list[tuple[int, int, dict[int, float]]]) -> None:
    """A span holds what was written there last, and nothing twice."""
    origin = datetime(2026, 6, 1, tzinfo=UTC)
    table, model = Table(), dict[datetime, float]()
    for start, length, offsets in writes:
        begin, end = origin + HOUR * start, origin + HOUR * (start + length)
        points = {begin + HOUR * offset: wh for offset, wh in offsets.items() if offset < length}
        table.replace(points, begin, end)
        model = {hour: 0.0 if begin <= hour < end else wh for hour, wh in model.items()} | points
        assert table.energies == pytest.approx(model, abs=1e-3)


def test_nothing_is_written_that_is_there() -> None:
    origin = datetime(2026, 6, 1, tzinfo=UTC)
    points = {origin + HOUR * hour: 100.0 for hour in range(5)}
    existing = rows(points, 7.0)
    change = replaced(existing, points, origin, origin + 5 * HOUR, 7.0)
    assert (change.rows, change.shift) == ((), 0.0)
    assert mended(rows(points, 0.0)) == []
    assert mended(existing) == rows(points, 0.0)


@settings(max_examples=40)
@given(zone=zones, first=days, order=st.permutations(range(5)), again=st.lists(st.integers(0, 4), max_size=4))
def test_days_come_in_any_order(zone: ZoneInfo, first: date, order: list[int], again: list[int]) -> None:
    """By the day, then by the hour, some of them again: at the end each hour has what its intervals have."""
    table, shares = Table(), dict[date, tuple[float, float]]()
    every = {day: of_day(day, zone) for day in (first + DAY * number for number in range(5))}

    def write(written: Mapping[date, Written], kept: Shares) -> None:
        for stretch in stretches(written, kept, zone):
            table.replace(stretch.points, stretch.start, stretch.end)

    totals = {
        day: Written(energies={slot(day, zone): sum(each.wh for each in found)}, end=slot(day + DAY, zone))
        for day, found in every.items()
    }
    write(totals, shares)
    for number in (*order, *again):
        day = first + DAY * number
        energies = hours(whole(day, zone, every[day]), None)
        write({day: Written(energies=energies, end=slot(day + DAY, zone))}, shares)
        assert sum(table.energies.values()) == pytest.approx(sum(each.wh for day in every.values() for each in day))
    expected = by_hour(each for day in every.values() for each in day)
    assert {hour: wh for hour, wh in table.energies.items() if wh} == pytest.approx(expected)


# -- how far it is ------------------------------------------------------------

ZONE = ZoneInfo("Europe/Amsterdam")
NOW = datetime(2026, 6, 15, 10, tzinfo=UTC)
TODAY = date(2026, 6, 15)
OFTEN = timedelta(hours=6)


def test_steps_come_by_their_urgency() -> None:
    """Totals, the last days, today, the rest; and nothing where everything is done."""
    cursor = Cursor()
    aims: list[Aim] = []
    while (step := next_step(cursor, GROUP, now=NOW, zone=ZONE, today_every=OFTEN)) is not None:
        aims.append(step.aim)
        if step.aim is Aim.LIFE:
            cursor.first, cursor.through, cursor.reported = TODAY - 30 * DAY, TODAY - DAY, NOW
            assert progress(cursor, GROUP, now=NOW, zone=ZONE) == pytest.approx(10 / 30)
            continue
        for number in range(step.days):
            day = step.first + DAY * number
            assert TODAY - 20 * DAY <= day <= TODAY
            assert day not in cursor.refined
            cursor.read(day, (), NOW, final=day < TODAY)
    # Six days and today, a week, a week.
    assert aims == [Aim.LIFE, Aim.RECENT, Aim.RECENT, Aim.PAST]
    assert cursor.refined == {TODAY - DAY * number for number in range(1, 21)}
    assert progress(cursor, GROUP, now=NOW, zone=ZONE) == 1
    later = next_step(cursor, GROUP, now=NOW + OFTEN, zone=ZONE, today_every=OFTEN)
    assert later is not None
    assert (later.aim, later.first) == (Aim.TODAY, TODAY)
    again = steps_for(cursor, GROUP, TODAY - 25 * DAY, TODAY, today=TODAY)
    assert [(step.first, step.days) for step in again] == [
        (TODAY - 6 * DAY, 7),
        (TODAY - 13 * DAY, 7),
        (TODAY - 20 * DAY, 7),
    ]


def test_today_waits_where_requests_are_few() -> None:
    cursor = Cursor(first=TODAY - 12 * DAY, through=TODAY - DAY, reported=NOW)
    for number in range(1, 8):
        cursor.read(TODAY - DAY * number, (), NOW, final=True)
    first = next_step(cursor, GROUP, now=NOW, zone=ZONE, today_every=OFTEN)
    last = next_step(cursor, GROUP, now=NOW, zone=ZONE, today_every=OFTEN, today_first=False)
    assert first is not None
    assert last is not None
    assert (first.aim, last.aim) == (Aim.TODAY, Aim.PAST)


def test_what_a_system_lacks_is_not_asked_for_all_the_time() -> None:
    cursor = Cursor(idle_until=NOW + HOUR)
    assert next_step(cursor, GROUP, now=NOW, zone=ZONE, today_every=OFTEN) is None
    assert next_step(cursor, GROUP, now=NOW + HOUR, zone=ZONE, today_every=OFTEN) is not None
    assert progress(cursor, GROUP, now=NOW, zone=ZONE) == 0
    assert progress(Cursor(first=TODAY), GROUP, now=NOW, zone=ZONE) == 1


def test_a_life_is_fetched_again_from_a_day_on() -> None:
    cursor = Cursor(first=TODAY - 9 * DAY, through=TODAY - DAY, reported=NOW)
    cursor.shares = {CounterKind.SOLAR: {TODAY - DAY: (1.0, 2.0), TODAY - 8 * DAY: (3.0, 4.0)}}
    for number in range(1, 10):
        cursor.read(TODAY - DAY * number, (), NOW, final=True)
    cursor.forget(TODAY - 3 * DAY)
    assert cursor.refined == {TODAY - DAY * number for number in range(4, 10)}
    assert cursor.through == TODAY - 4 * DAY
    assert cursor.shares == {CounterKind.SOLAR: {TODAY - 8 * DAY: (3.0, 4.0)}}
    cursor.forget(TODAY - 20 * DAY)
    left = cursor.as_dict()
    assert (left["first"], left["through"], left["refined"]) == (None, None, [])


@given(
    refined=st.sets(days, max_size=40),
    seen=st.sets(days, max_size=5),
    known=st.booleans(),
    shares=st.dictionaries(days, st.tuples(energies, energies), max_size=5),
)
def test_a_cursor_outlives_a_restart(
    refined: set[date], seen: set[date], known: bool, shares: dict[date, tuple[float, float]]
) -> None:
    cursor = Cursor(
        first=TODAY if known else None,
        through=TODAY if known else None,
        refined=refined,
        reported=NOW if known else None,
        idle_until=NOW if known else None,
        written={CounterKind.SOLAR: NOW},
        shares={CounterKind.SOLAR: shares} if shares else {},
    )
    for day in seen:
        cursor.read(day, [whole(day, ZONE, of_day(day, ZONE))], NOW, final=False)
    found = Cursor.restore(json.loads(json.dumps(cursor.as_dict())))
    for pairs in cursor.shares.values():
        for day, (head, tail) in pairs.items():
            pairs[day] = (round(head, 6), round(tail, 6))
    assert found == cursor
    assert [day for span in ranges(refined) for day in span] == sorted(day for span in ranges(refined) for day in span)


@pytest.mark.parametrize("data", [None, [], {}, {"first": 3}, {**Cursor().as_dict(), "refined": [["x", "y"]]}])
def test_a_broken_cursor_begins_anew(data: object) -> None:
    assert Cursor.restore(data) == Cursor()
