"""A tariff judged and priced minute by minute, from the words of the action alone.

It is written apart from the integration, slow and plain: where both say the
same of a tariff, it is hardly wrong.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
import math
from typing import Any

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LENGTHS = {1: 31, 2: 29, 3: 31, 4: 30, 5: 31, 6: 30, 7: 31, 8: 31, 9: 30, 10: 31, 11: 30, 12: 31}
YEAR = [(month, day) for month, length in LENGTHS.items() for day in range(1, length + 1)]
WEEK = 10_080

type Words = dict[str, Any]
type Grid = list[list[Words]]

# A rule with its season, its label, its weekday and time, and its day of the year.
type Verdict = tuple[str, str | None, str | None, str | None, str | None, str | None]


def price_in(period: Words, side: str) -> float | None:
    """Return a price of a period that can be reckoned with."""
    value = period.get(side)
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def grid_of(season: Words) -> Grid:
    """Return for each minute of the week the periods that apply, in their order."""
    minutes: Grid = [[] for _ in range(WEEK)]
    for period in season["periods"]:
        if "start" not in period or "end" not in period:
            continue
        end = _minute(period["end"]) % 1440
        for day in period.get("days", DAYS):
            minute = first = DAYS.index(day) * 1440 + _minute(period["start"])
            while minute == first or minute % 1440 != end:
                minutes[minute % WEEK].append(period)
                minute += 1
    return minutes


def season_on(words: Words, month: int, day: int) -> Words | None:
    """Return the first season that a day is in."""
    return next((season for season in words["seasons"] if _is_in(season, (month, day))), None)


def prices_at(words: Words, grids: dict[str, Grid], local: datetime) -> tuple[float | None, float | None, str | None]:
    """Return what energy costs and earns at a local time, and the period's label."""
    season = season_on(words, local.month, local.day)
    if season is None:
        return None, None, None
    periods = grids[season["name"]][local.weekday() * 1440 + local.hour * 60 + local.minute]
    if not periods:
        return None, None, None
    return price_in(periods[0], "buy"), price_in(periods[0], "sell"), periods[0]["label"]


def grids_of(words: Words) -> dict[str, Grid]:
    """Return each season's week by its name."""
    return {season["name"]: grid_of(season) for season in words["seasons"]}


def judged(words: Words, grids: dict[str, Grid]) -> Iterator[Verdict]:
    """Return all verdicts on a tariff whose weeks are known."""
    seasons: list[Words] = words["seasons"]
    if words.get("currency") not in {"USD", "EUR", "GBP"}:
        yield "currency", None, None, None, None, None
    if not seasons:
        yield "no_season", None, None, None, None, None
        return
    yield from _of_year(seasons)
    yield from _of_prices(seasons)
    for season in seasons:
        yield from _of_week(season["name"], grids[season["name"]])


def _of_year(seasons: list[Words]) -> Iterator[Verdict]:
    for season in seasons:
        for end in (season["start"], season["end"]):
            if _day(end) not in YEAR:
                yield "season_cover", season["name"], None, None, None, end
    last: object = None
    for month, day in YEAR:
        names = tuple(season["name"] for season in seasons if _is_in(season, (month, day)))[:2]
        if len(names) != 1 and names != last:
            yield "season_cover", names[0] if names else None, None, None, None, f"{month:02}-{day:02}"
        last = names


def _of_prices(seasons: list[Words]) -> Iterator[Verdict]:
    sells = any(period.get("sell") is not None for season in seasons for period in season["periods"])
    told: set[tuple[object, ...]] = set()
    for side in ("buy", "sell") if sells else ("buy",):
        for season in seasons:
            for period in season["periods"]:
                timed = "start" in period and "end" in period
                label, price = period["label"], price_in(period, side)
                day = next((day for day in DAYS if day in period.get("days", DAYS)), None) if timed else None
                where = (season["name"], label, day, period["start"] if timed else None, None)
                for rule, broken, value in (
                    ("price_without_time", not timed and period.get(side) is not None, None),
                    ("time_without_price", timed and price is None, period.get(side)),
                    ("negative_price", price is not None and price < 0, price),
                ):
                    once = (rule, season["name"], label, str(value))
                    if broken and once not in told:
                        told.add(once)
                        yield rule, *where


def _of_week(season: str, minutes: Grid) -> Iterator[Verdict]:
    for rule, test in _TESTS.items():
        last: object = None
        for minute, periods in enumerate(minutes):
            if minute and periods == minutes[minute - 1]:
                continue
            broken = test(periods)
            if broken is not None and broken != last:
                label = periods[0]["label"] if periods else None
                time = f"{minute % 1440 // 60:02}:{minute % 60:02}"
                yield rule, season, label, DAYS[minute // 1440], time, None
            last = broken


def _gap(periods: list[Words]) -> object:
    return None if periods else "gap"


def _overlap(periods: list[Words]) -> object:
    return tuple(map(id, periods[:2])) if len(periods) > 1 else None


def _below(periods: list[Words]) -> object:
    buy, sell = (price_in(periods[0], side) if periods else None for side in ("buy", "sell"))
    return id(periods[0]) if buy is not None and sell is not None and buy < sell else None


_TESTS: dict[str, Callable[[list[Words]], object]] = {"gap": _gap, "overlap": _overlap, "buy_below_sell": _below}


def _is_in(season: Words, day: tuple[int, int]) -> bool:
    # The 31st of a month that has 30 days is taken for its last.
    first, last = _day(season["start"]), _day(season["end"])
    return first <= day <= last if first <= last else day >= first or day <= last


def _day(text: str) -> tuple[int, int]:
    month, day = text.split("-")
    return int(month), int(day)


def _minute(text: str) -> int:
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)
