"""Whether a tariff holds together, judged without asking anybody."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby

from .model import EnergyTariff, MonthDay, Period, Season, Side, amount, clock, weekday
from .week import side_by_side, week_of, year_of

CURRENCIES = ("USD", "EUR", "GBP")

# A tariff that is broken ten thousand times is told by its first hundred.
MOST_FINDINGS = 100


class Rule(StrEnum):
    """What a tariff can break."""

    OVERLAP = "overlap"
    GAP = "gap"
    SEASON_COVER = "season_cover"
    PRICE_WITHOUT_TIME = "price_without_time"
    TIME_WITHOUT_PRICE = "time_without_price"
    NEGATIVE_PRICE = "negative_price"
    BUY_BELOW_SELL = "buy_below_sell"
    CURRENCY = "currency"
    NO_SEASON = "no_season"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Where a rule is broken.

    `period` is a label, `day` a weekday such as `mon`, `time` HH:MM, `date`
    MM-DD; `until_day` and `until_time` are where what begins there ends, and
    `until_date` is the last day of it. `side` is `None` where it is the same
    for buying and selling. `other` is the season or label that overlaps, or
    the label that sells for more; `value` the price, or the currency. A
    `warning` is no reason not to send a tariff. `more` counts findings of the
    same rule that are not listed any more.
    """

    rule: Rule
    side: Side | None = None
    season: str | None = None
    period: str | None = None
    day: str | None = None
    time: str | None = None
    until_day: str | None = None
    until_time: str | None = None
    date: str | None = None
    until_date: str | None = None
    other: str | None = None
    value: float | str | None = None
    warning: bool = False
    more: int = 0


def judge(tariff: EnergyTariff) -> tuple[Finding, ...]:
    """Return all that is wrong, rule by rule and in the order of the tariff, each place once.

    A price is told once for each label of a season and not for each of its
    times, and no rule more than `MOST_FINDINGS` times: its last then says how
    many `more` there are.
    """
    found: dict[tuple[object, ...], Finding] = {}
    for each in _findings(tariff):
        place = _place(each)
        known = found.setdefault(place, each)
        if known.side is not each.side:
            found[place] = replace(known, side=None)
    return tuple(told for rule in Rule for told in _capped([each for each in found.values() if each.rule is rule]))


def _place(finding: Finding) -> tuple[object, ...]:
    if finding.rule not in (Rule.NEGATIVE_PRICE, Rule.TIME_WITHOUT_PRICE):
        return (replace(finding, side=None),)
    # No number equals itself where it is none.
    return finding.rule, finding.season, finding.period, str(finding.value)


def _capped(findings: list[Finding]) -> Iterator[Finding]:
    left = len(findings) - MOST_FINDINGS
    yield from findings[: MOST_FINDINGS - (left > 0)]
    if left > 0:
        yield replace(findings[MOST_FINDINGS - 1], more=left)


def _findings(tariff: EnergyTariff) -> Iterator[Finding]:
    yield from _of_currency(tariff.currency)
    if (charge := amount(tariff.daily_charge)) is not None and charge < 0:
        yield Finding(rule=Rule.NEGATIVE_PRICE, value=charge)
    if not any(_is_season(season) for season in tariff.buy):
        yield Finding(rule=Rule.NO_SEASON)
    for side, seasons in tariff.sides():
        if any(_is_season(season) for season in seasons):
            yield from (replace(each, side=side) for each in _of_year(seasons))
        for season in seasons:
            yield from (replace(each, side=side, season=season.name) for each in _of_prices(season.periods))
            if _is_season(season):
                yield from (replace(each, side=side, season=season.name) for each in _of_week(season.periods))
    yield from _below_sell(tariff)


def _is_season(season: Season) -> bool:
    """Tell a season from a name that has prices only."""
    return season.first is not None or season.last is not None or any(period.timed for period in season.periods)


def _of_currency(currency: object) -> Iterator[Finding]:
    if currency in CURRENCIES:
        return
    known = isinstance(currency, str) and len(currency) == 3 and currency.isascii() and currency.isalpha()
    yield Finding(rule=Rule.CURRENCY, value=None if currency is None else str(currency)[:40], warning=known)


def _of_year(seasons: tuple[Season, ...]) -> Iterator[Finding]:
    for season in filter(_is_season, seasons):
        for end in (season.first, season.last):
            if end is None or not end.exists:
                yield Finding(rule=Rule.SEASON_COVER, season=season.name, date=None if end is None else str(end))
    days = enumerate(year_of(seasons))
    for (first, second), run in groupby(days, key=lambda day: (day[1][0], day[1][1])):
        if first is not None and second is None:
            continue
        numbers = [number for number, _ in run]
        yield Finding(
            rule=Rule.SEASON_COVER,
            season=None if first is None else first.name,
            other=None if second is None else second.name,
            date=str(MonthDay.numbered(numbers[0])),
            until_date=str(MonthDay.numbered(numbers[-1])),
        )


def _of_prices(periods: Iterable[Period]) -> Iterator[Finding]:
    for period in periods:
        begins = next((start for start, _ in period.stretches()), None)
        place = Finding(
            rule=Rule.NEGATIVE_PRICE,
            period=period.label,
            day=None if begins is None else weekday(begins),
            time=None if begins is None else clock(begins),
        )
        price = amount(period.price)
        if begins is None and period.price is not None:
            yield replace(place, rule=Rule.PRICE_WITHOUT_TIME)
        if begins is not None and price is None:
            yield replace(place, rule=Rule.TIME_WITHOUT_PRICE, value=period.price)
        if price is not None and price < 0:
            yield replace(place, value=price)


def _of_week(periods: tuple[Period, ...]) -> Iterator[Finding]:
    for span in week_of(periods):
        if span.period is None:
            yield _while(Finding(rule=Rule.GAP), span.start, span.end)
        elif span.second is not None:
            overlap = Finding(rule=Rule.OVERLAP, period=span.period.label, other=span.second.label)
            yield _while(overlap, span.start, span.end)


def _below_sell(tariff: EnergyTariff) -> Iterator[Finding]:
    """Find where energy sells for more than it costs: on each day, and in seasons of one name, which may have no days."""
    sells = tariff.sell or ()
    days = zip(year_of(tariff.buy), year_of(sells), strict=True)
    pairs = {(id(buy), id(sell)): (buy, sell) for (buy, _), (sell, _) in days if buy and sell}
    pairs |= {
        (id(buy), id(sell)): (buy, sell) for buy, sell in zip(tariff.buy, sells, strict=False) if buy.name == sell.name
    }
    weeks = {id(season): week_of(season.periods) for pair in pairs.values() for season in pair}
    for buy, sell in pairs.values():
        for start, end, (bought, sold) in side_by_side(weeks[id(buy)], weeks[id(sell)]):
            if bought is None or sold is None:
                continue
            costs, earns = amount(bought.price), amount(sold.price)
            if costs is not None and earns is not None and costs < earns:
                other = sold.label if sold.label != bought.label else None
                place = Finding(
                    rule=Rule.BUY_BELOW_SELL, season=buy.name, period=bought.label, other=other, value=costs
                )
                yield _while(place, start, end)


def _while(finding: Finding, start: int, end: int) -> Finding:
    return replace(finding, day=weekday(start), time=clock(start), until_day=weekday(end), until_time=clock(end))
