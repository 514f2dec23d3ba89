"""Tariffs by dice: valid ones, broken ones, and what a site makes of one that it was sent."""

from collections.abc import Callable
from copy import deepcopy
from itertools import pairwise
import math
import random
import struct
from typing import Any

from .tariff_judge import DAYS, LENGTHS, YEAR, Words

LABELS = ("ON_PEAK", "PARTIAL_PEAK", "OFF_PEAK", "SUPER_OFF_PEAK")


def valid(dice: random.Random) -> Words:
    """Return a tariff that keeps all rules; no two of its seasons share a period."""
    sells = dice.random() < 0.85
    starts = sorted(dice.sample(range(len(YEAR)), dice.choice([1, 1, 2, 2, 3, 4])))
    seasons: list[Words] = []
    for place, start in enumerate(starts):
        end = (starts[(place + 1) % len(starts)] - 1) % len(YEAR)
        seasons.append({"name": f"Season {place}", "start": _date(start), "end": _date(end), "periods": []})
        seasons[-1]["periods"] = _periods(dice, sells=sells)
    dice.shuffle(seasons)
    return {
        "name": "Dice",
        "utility": "Utility",
        "currency": dice.choice(["USD", "EUR", "GBP"]),
        "daily_charge": dice.choice([0, round(dice.uniform(0, 2), 3)]),
        "seasons": seasons,
    }


def _date(number: int) -> str:
    month, day = YEAR[number]
    return f"{month:02}-{day:02}"


def _time(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _periods(dice: random.Random, *, sells: bool) -> list[Words]:
    prices: dict[str, Words] = {}
    for label in LABELS:
        buy = dice.choice([0, 0.1, round(dice.uniform(0, 1), dice.randint(1, 6))])
        prices[label] = {"buy": buy}
        if sells:
            prices[label]["sell"] = dice.choice([0, buy, round(dice.uniform(0, buy), 6)])
            prices[label]["sell"] = min(prices[label]["sell"], buy)
    rows: dict[tuple[str, int, int], list[str]] = {}
    for label, day, start, end in _joined(dice, _pieces(dice)):
        rows.setdefault((label, start, end), []).append(DAYS[day])
    periods: list[Words] = []
    for (label, start, end), days in rows.items():
        times = {"label": label, "start": _time(start), "end": _time(end % 1440 or dice.choice([0, 1440]))}
        if len(days) == 7 and dice.random() < 0.5:
            periods.append(times | prices[label])
            continue
        cut = dice.randint(0, len(days) - 1)
        periods += [times | {"days": part} | prices[label] for part in (days[:cut], days[cut:]) if part]
    dice.shuffle(periods)
    return periods


def _pieces(dice: random.Random) -> list[tuple[str, int, int, int]]:
    """Return label, day, start and end of what fills each day of a week, few kinds of days among them."""
    step = dice.choice([1, 15, 30, 60])
    kinds = []
    for _ in range(dice.choice([1, 1, 2, 3])):
        cuts = sorted({0, 1440, *(dice.randrange(step, 1440, step) for _ in range(dice.randint(0, 5)))})
        kinds.append([(dice.choice(LABELS), *pair) for pair in pairwise(cuts)])
    return [(label, day, start, end) for day in range(7) for label, start, end in dice.choice(kinds)]


def _joined(dice: random.Random, pieces: list[tuple[str, int, int, int]]) -> list[tuple[str, int, int, int]]:
    """Let some periods run over midnight."""
    for day in range(7) if dice.random() < 0.6 else ():
        late = next(piece for piece in pieces if piece[1] == day and piece[3] >= 1440)
        early = next((piece for piece in pieces if piece[1] == (day + 1) % 7 and piece[2] == 0), None)
        if early is None or late[0] != early[0] or late[3] > 1440 or early[3] > 1440 or early[3] > late[2]:
            continue
        pieces.remove(late)
        pieces.remove(early)
        pieces.append((late[0], day, late[2], 1440 + early[3]))
    return pieces


def _some(dice: random.Random, words: Words) -> tuple[Words, Words]:
    """Return a season and one of its periods."""
    season = dice.choice([season for season in words["seasons"] if season["periods"]])
    return season, dice.choice(season["periods"])


def _overlap(dice: random.Random, words: Words) -> None:
    season, period = _some(dice, words)
    if dice.random() < 0.5:
        season["periods"].append(dict(period))
        return
    start = dice.randrange(1440)
    times = {"start": _time(start), "end": _time((start + dice.randint(1, 300)) % 1440)}
    season["periods"].insert(0, period | times | {"days": [dice.choice(DAYS)]})


def _gap(dice: random.Random, words: Words) -> None:
    season, period = _some(dice, words)
    days = list(period.get("days", DAYS))
    days.remove(dice.choice(days))
    if days:
        period["days"] = days
    else:
        season["periods"].remove(period)


def _season_cover(dice: random.Random, words: Words) -> None:
    seasons = words["seasons"]
    season = dice.choice(seasons)
    match dice.randint(0, 3):
        case 0:
            season["end"] = dice.choice(["06-31", "02-30", "04-31", "11-31"])
        case 1 if len(seasons) > 1:
            seasons.remove(season)
        case 2:
            seasons.append(deepcopy(season) | {"name": "Twice", "start": _date(dice.randrange(len(YEAR)))})
        case _:
            month, day = map(int, season["end"].split("-"))
            number = YEAR.index((month, min(day, LENGTHS[month])))
            season["end"] = _date((number + dice.choice([-20, -3, -1, 1, 2, 40])) % len(YEAR))


def _price_without_time(dice: random.Random, words: Words) -> None:
    _, period = _some(dice, words)
    for key in dice.choice([("start",), ("end",), ("start", "end")]):
        period.pop(key, None)


def _time_without_price(dice: random.Random, words: Words) -> None:
    _, period = _some(dice, words)
    side = dice.choice(["buy", "sell"]) if "sell" in period else "buy"
    period[side] = dice.choice([None, math.nan, math.inf, -math.inf])
    if period[side] is None:
        del period[side]


def _negative_price(dice: random.Random, words: Words) -> None:
    _, period = _some(dice, words)
    period[dice.choice(["buy", "sell"]) if "sell" in period else "buy"] = -round(dice.uniform(0.001, 1), 3)


def _buy_below_sell(dice: random.Random, words: Words) -> None:
    _, period = _some(dice, words)
    buy = period.get("buy")
    period["sell"] = (buy if isinstance(buy, int | float) and math.isfinite(buy) else 0) + dice.choice([0.001, 0.5])


def _currency(dice: random.Random, words: Words) -> None:
    words["currency"] = dice.choice([None, "", "AUD", "EURO", "€"])


def _no_season(_: random.Random, words: Words) -> None:
    words["seasons"] = []


BREAKS: dict[str, Callable[[random.Random, Words], None]] = {
    "overlap": _overlap,
    "gap": _gap,
    "season_cover": _season_cover,
    "price_without_time": _price_without_time,
    "time_without_price": _time_without_price,
    "negative_price": _negative_price,
    "buy_below_sell": _buy_below_sell,
    "currency": _currency,
    "no_season": _no_season,
}


def read_back(dice: random.Random, sent: dict[str, Any]) -> dict[str, Any]:
    """Return `tariff_content_v2`, or the older `tariff_content`, as a site may tell it."""
    told = deepcopy(sent)
    older, zeros, exact = dice.random() < 0.3, dice.random() < 0.7, dice.random() < 0.5
    drops_all, single, joins = dice.random() < 0.6, dice.random() < 0.3, dice.random() < 0.5
    for side in (told, told.get("sell_tariff")):
        if side is None:
            continue
        unused = dice.choice([None, {}, {"fromDay": 0, "toDay": 0, "fromMonth": 0, "toMonth": 0, "tou_periods": {}}])
        for charges in (side["demand_charges"], side["energy_charges"]):
            if drops_all:
                del charges["ALL"]
            for season in charges.values():
                rates = {
                    label: price if exact else struct.unpack("f", struct.pack("f", price))[0]
                    for label, price in season["rates"].items()
                    if price or not zeros
                }
                season.clear()
                season.update(rates if older else {"rates": rates} if rates or dice.random() < 0.5 else {})
            if unused is not None:
                charges["Unused"] = {}
        for season in side["seasons"].values():
            for label, rows in season["tou_periods"].items():
                odd = rows["periods"]
                if single:
                    odd = [row for whole in odd for row in _single(whole)]
                if joins:
                    odd = _over_the_week(odd)
                odd = [_odd_end(dice, row) for row in odd]
                odd = [{key: value for key, value in row.items() if value or not zeros} for row in odd]
                dice.shuffle(odd)
                season["tou_periods"][label] = odd if older else {"periods": odd}
        if unused is not None:
            side["seasons"]["Unused"] = unused
    return told


def _single(row: dict[str, int]) -> list[dict[str, int]]:
    return [
        row | {"fromDayOfWeek": day, "toDayOfWeek": day} for day in range(row["fromDayOfWeek"], row["toDayOfWeek"] + 1)
    ]


def _over_the_week(rows: list[dict[str, int]]) -> list[dict[str, int]]:
    """Join what ends on Sunday with what begins on Monday at the same times, and late with early rows."""
    rows = [dict(row) for row in rows]
    for last in [row for row in rows if row["toDayOfWeek"] == 6 and row["fromDayOfWeek"] > 0]:
        times = {key: value for key, value in last.items() if "Day" not in key}
        first = next((row for row in rows if row["fromDayOfWeek"] == 0 and row.items() >= times.items()), None)
        if first is not None and first is not last and first["toDayOfWeek"] < last["fromDayOfWeek"] - 1:
            rows.remove(first)
            last["toDayOfWeek"] = first["toDayOfWeek"]
    for late in [row for row in rows if not row["toHour"] and not row["toMinute"]]:
        begins = late["fromHour"] * 60 + late["fromMinute"]
        days = (late["fromDayOfWeek"] + 1) % 7, (late["toDayOfWeek"] + 1) % 7
        for early in rows:
            ends = early["toHour"] * 60 + early["toMinute"]
            starts = early["fromHour"] or early["fromMinute"]
            if begins and not starts and 0 < ends <= begins and (early["fromDayOfWeek"], early["toDayOfWeek"]) == days:
                rows.remove(early)
                late.update(toHour=early["toHour"], toMinute=early["toMinute"])
                break
    return rows


def _odd_end(dice: random.Random, row: dict[str, int]) -> dict[str, int]:
    hour, minute = row["toHour"], row["toMinute"]
    if minute or dice.random() < 0.5:
        return row
    whole = hour or 24
    return row | dice.choice([{"toHour": whole}, {"toHour": whole - 1, "toMinute": 60}])
