"""Which period applies at each minute of a week, and which season on each day of a year."""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from .model import WEEK, YEAR, Period, Season


@dataclass(frozen=True, slots=True)
class Span:
    """Minutes of a week at which the same period applies: the one listed first, and another where they overlap."""

    start: int
    end: int
    period: Period | None = None
    second: Period | None = None


def week_of(periods: Sequence[Period]) -> tuple[Span, ...]:
    """Return the whole week from Monday on, span after span; where no period applies, a span has none."""
    begin: dict[int, list[int]] = defaultdict(list)
    end: dict[int, list[int]] = defaultdict(list)
    for index, period in enumerate(periods):
        for starts, ends in period.stretches():
            begin[starts].append(index)
            end[ends].append(index)
    spans: list[Span] = []
    applying: list[int] = []
    minutes = sorted({0, WEEK, *begin, *end})
    for minute, until in pairwise(minutes):
        for index in end[minute]:
            del applying[bisect_left(applying, index)]
        for index in begin[minute]:
            insort(applying, index)
        first, second = (*(periods[index] for index in applying[:2]), None, None)[:2]
        if spans and spans[-1].period is first and spans[-1].second is second:
            spans[-1] = Span(spans[-1].start, until, first, second)
        else:
            spans.append(Span(minute, until, first, second))
    return tuple(spans)


def side_by_side(*weeks: Sequence[Span]) -> Iterator[tuple[int, int, tuple[Period | None, ...]]]:
    """Return from which minute to which no week changes, and the period of each week meanwhile."""
    places = [0] * len(weeks)
    start = until = 0
    while until < WEEK:
        spans = [week[place] for week, place in zip(weeks, places, strict=True)]
        periods = tuple(span.period for span in spans)
        until = min(span.end for span in spans)
        places = [place + (span.end == until) for place, span in zip(places, spans, strict=True)]
        # A period goes on where what it overlaps ends.
        if until == WEEK or any(
            week[place].period is not period for week, place, period in zip(weeks, places, periods, strict=True)
        ):
            yield start, until, periods
            start = until


def year_of(seasons: Iterable[Season]) -> tuple[tuple[Season | None, Season | None], ...]:
    """Return for each day of a leap year the season that is listed first, and another where they overlap."""
    firsts: list[Season | None] = [None] * YEAR
    seconds: list[Season | None] = [None] * YEAR
    for season in seasons:
        for day in season.days():
            if firsts[day] is None:
                firsts[day] = season
            elif seconds[day] is None:
                seconds[day] = season
    return tuple(zip(firsts, seconds, strict=True))
