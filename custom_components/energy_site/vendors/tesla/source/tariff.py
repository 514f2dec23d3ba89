"""A tariff as it is sent: strictly in Tesla's own structure, `tariff_content_v2`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ....site.tariff.model import ALL_DAYS, DAY, EnergyTariff, MonthDay, Period, Season, amount
from ....site.tariff.week import week_of
from ....sources.tariff import TwoPricesError
from .tariff_content import ALL, charge_of, content_of, mapping, rates_of, text

# A flat price needs a label; this one the app can show.
_FLAT = "OFF_PEAK"

# What the structure has beside the prices, kept where the owner gave it.
_BESIDE = ("monthly_minimum_bill", "min_applicable_demand", "max_applicable_demand", "monthly_charges")


def payload(
    tariff: EnergyTariff, *, strategy: str | None = None, given: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the body of a `time_of_use_settings` request.

    `strategy` is `economics` or `balanced`, and stays what it is where it is
    not named. From `given`, a structure that an owner wrote, is taken what a
    tariff does not tell: its code and the charges for demand. Raise
    `TwoPricesError` where a label has two prices in a season. What
    `judge` finds nothing in is sent whole; of another tariff, what can be.
    """
    given = content_of(given)
    content = {
        "version": 1,
        "code": text(given.get("code")) or "HOME-ASSISTANT",
        "name": tariff.name,
        "utility": tariff.utility,
        "currency": tariff.currency or "",
        **{key: amount(given.get(key)) or 0 for key in _BESIDE},
        "daily_charges": [{"name": "Charge", "amount": amount(tariff.daily_charge) or 0}],
        **_side(tariff.buy, given),
    }
    if tariff.sell is not None:
        beside = mapping(given.get("sell_tariff"))
        content["sell_tariff"] = {
            "name": text(beside.get("name")) or tariff.name,
            "utility": tariff.utility,
            "daily_charges": [{"name": "Charge", "amount": charge_of(beside) or 0}],
            **_side(tariff.sell, beside),
        }
    settings: dict[str, Any] = {"tariff_content_v2": content}
    if strategy is not None:
        settings["optimization_strategy"] = strategy
    return {"tou_settings": settings}


def _side(seasons: Sequence[Season], given: Mapping[str, Any]) -> dict[str, Any]:
    dated = _named(seasons)
    demand = mapping(given.get("demand_charges"))
    return {
        "demand_charges": {
            ALL: {"rates": _finite(demand.get(ALL)) or {ALL: 0}},
            **{name: {"rates": _finite(demand.get(name))} for name in dated},
        },
        "energy_charges": {
            ALL: {"rates": {ALL: 0}},
            **{name: {"rates": _rates(season)} for name, season in dated.items()},
        },
        "seasons": {name: _season(season) for name, season in dated.items()},
    }


def _named(seasons: Sequence[Season]) -> dict[str, Season]:
    """Return the seasons that have dates, each under a name of its own."""
    named: dict[str, Season] = {}
    for season in seasons:
        if season.first is None or season.last is None:
            continue
        name, count = season.name or "Season", 1
        while name in named or name == ALL:
            count += 1
            name = f"{season.name or 'Season'} {count}"
        named[name] = season
    return named


def _rates(season: Season) -> dict[str, float]:
    rates: dict[str, float] = {}
    for period in season.periods:
        price = amount(period.price)
        if price is None or not period.timed:
            continue
        known = rates.setdefault(_label(period), price)
        if known != price:
            raise TwoPricesError(season.name, period.label, (known, price))
    return rates


def _label(period: Period) -> str:
    return _FLAT if period.label == ALL else period.label


def _season(season: Season) -> dict[str, Any]:
    rows: dict[str, list[dict[str, int]]] = {_label(period): [] for period in season.periods if period.timed}
    for label, periods in rows.items():
        periods.extend(_rows(season, label))
    return {
        **_date("from", season.first),
        **_date("to", season.last),
        "tou_periods": {label: {"periods": periods} for label, periods in rows.items()},
    }


def _date(end: str, day: MonthDay | None) -> dict[str, int]:
    return {} if day is None else {f"{end}Month": day.month, f"{end}Day": day.day}


def _rows(season: Season, label: str) -> Iterator[dict[str, int]]:
    """Return when a label applies: one row for following days that are alike."""
    days: dict[tuple[int, int], set[int]] = {}
    for start, end in _stretches(season, label):
        day = start // DAY
        days.setdefault((start - day * DAY, end - day * DAY), set()).add(day)
    # Over midnight on some days only could mean each day's own early morning, so only a daily period is joined.
    early = next((times for times in days if times[0] == 0 and times[1] < DAY and days[times] == ALL_DAYS), None)
    late = next((times for times in days if times[1] == DAY and times[0] > 0 and days[times] == ALL_DAYS), None)
    if early and late:
        del days[early], days[late]
        days[late[0], early[1]] = set(ALL_DAYS)
    for (start, end), on in sorted(days.items()):
        for first, last in _runs(on):
            yield {
                "fromDayOfWeek": first,
                "toDayOfWeek": last,
                "fromHour": start // 60,
                "fromMinute": start % 60,
                "toHour": end % DAY // 60,
                "toMinute": end % 60,
            }


def _stretches(season: Season, label: str) -> Iterator[tuple[int, int]]:
    """Return from which minute of the week to which a label applies, cut at each midnight."""
    joined: list[tuple[int, int]] = []
    for span in week_of(season.periods):
        if span.period is None or _label(span.period) != label:
            continue
        if joined and joined[-1][1] == span.start:
            joined[-1] = (joined[-1][0], span.end)
        else:
            joined.append((span.start, span.end))
    for start, end in joined:
        for midnight in range(start // DAY * DAY, end, DAY):
            yield max(start, midnight), min(end, midnight + DAY)


def _runs(days: set[int]) -> Iterator[tuple[int, int]]:
    for day in sorted(days):
        if day - 1 not in days:
            yield day, next(last for last in range(day, 7) if last + 1 not in days)


def _finite(charges: object) -> dict[str, float]:
    rates = {label: amount(price) for label, price in rates_of(charges).items()}
    return {label: price for label, price in rates.items() if price is not None}
