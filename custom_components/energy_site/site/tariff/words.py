"""A tariff as a person writes it for an action."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import time
import math
import re
from typing import Any, override

from .model import ALL_DAYS, DAY, WEEKDAYS, EnergyTariff, MonthDay, Period, Season, amount

LABELS = ("ON_PEAK", "PARTIAL_PEAK", "OFF_PEAK", "SUPER_OFF_PEAK")

_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::00)?", re.ASCII)
_DATE = re.compile(r"(\d{1,2})-(\d{1,2})", re.ASCII)

# What is wrong ten thousand times is told a hundred times.
_MOST_PROBLEMS = 100


@dataclass(frozen=True, slots=True)
class Misspelling:
    """A word that means nothing, at a place such as `seasons[0].periods[2].start`."""

    place: str
    value: str

    @override
    def __str__(self) -> str:
        return f"{self.place}: {self.value}"


class TariffWordsError(ValueError):
    """Some words mean nothing: all of them, or their first hundred."""

    def __init__(self, problems: tuple[Misspelling, ...]) -> None:
        """Keep the places."""
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


class _Reader:
    """Reads words and gathers what cannot be read."""

    def __init__(self) -> None:
        self.problems: list[Misspelling] = []

    def misspelt(self, place: str, value: object) -> None:
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems.append(Misspelling(place, _short(value)))

    def mappings(self, place: str, value: object) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Return the items of a list with their places."""
        if value is None:
            return
        if not isinstance(value, list | tuple):
            self.misspelt(place, value)
            return
        for index, item in enumerate(value):
            if isinstance(item, Mapping):
                yield f"{place}[{index}]", item
            else:
                self.misspelt(f"{place}[{index}]", item)

    def text(self, words: Mapping[str, Any], key: str, place: str = "") -> str:
        value = words.get(key)
        if value is None:
            return ""
        if isinstance(value, str):
            return value.strip()
        self.misspelt(f"{place}{key}", value)
        return ""

    def tariff(self, words: Mapping[str, Any]) -> EnergyTariff:
        charge = words.get("daily_charge")
        if charge is not None and amount(charge) is None:
            self.misspelt("daily_charge", charge)
        buy, sell, sells = [], [], False
        for place, written in self.mappings("seasons", words.get("seasons")):
            season = Season(
                name=self.text(written, "name", f"{place}."),
                first=self.date(f"{place}.start", written.get("start")),
                last=self.date(f"{place}.end", written.get("end")),
            )
            periods = [
                (self.period(*item), item[1]) for item in self.mappings(f"{place}.periods", written.get("periods"))
            ]
            buy.append(replace(season, periods=_priced(periods, "buy")))
            sell.append(replace(season, periods=_priced(periods, "sell")))
            sells |= any(prices.get("sell") is not None for _, prices in periods)
        return EnergyTariff(
            name=self.text(words, "name"),
            utility=self.text(words, "utility"),
            currency=self.text(words, "currency").upper() or None,
            daily_charge=amount(charge),
            buy=tuple(buy),
            sell=tuple(sell) if sells else None,
        )

    def period(self, place: str, written: Mapping[str, Any]) -> Period:
        label = str(written.get("label")).strip().upper()
        if label not in LABELS:
            self.misspelt(f"{place}.label", written.get("label"))
        return Period(
            label=label,
            days=self.days(f"{place}.days", written.get("days")),
            start=self.minutes(f"{place}.start", written.get("start"), DAY - 1),
            end=self.minutes(f"{place}.end", written.get("end"), DAY),
        )

    def days(self, place: str, value: object) -> frozenset[int]:
        if value is None:
            return ALL_DAYS
        days: set[int] = set()
        for item in value if isinstance(value, list | tuple | set) else [value]:
            if isinstance(item, str) and (day := item.strip().lower()) in WEEKDAYS:
                days.add(WEEKDAYS.index(day))
            else:
                self.misspelt(place, item)
        return frozenset(days)

    def date(self, place: str, value: object) -> MonthDay | None:
        if value is None:
            return None
        if isinstance(value, str) and (match := _DATE.fullmatch(value.strip())):
            return MonthDay(int(match[1]), int(match[2]))
        self.misspelt(place, value)
        return None

    def minutes(self, place: str, value: object, last: int) -> int | None:
        """Return a time as minutes of the day; YAML makes minutes of 22:00 where it has no quotes."""
        minutes: int | None = None
        if isinstance(value, time):
            minutes = value.hour * 60 + value.minute
        elif isinstance(value, int) and not isinstance(value, bool):
            minutes = value
        elif isinstance(value, str) and (match := _TIME.fullmatch(value.strip())) and int(match[2]) < 60:
            minutes = int(match[1]) * 60 + int(match[2])
        if minutes is not None and 0 <= minutes <= last:
            return minutes
        if value is not None:
            self.misspelt(place, value)
        return None


def from_words(words: Mapping[str, Any]) -> EnergyTariff:
    """Return a tariff from `name`, `utility`, `currency`, `daily_charge` and `seasons`.

    A season has `name`, `start` and `end` (MM-DD), and `periods`; a period has
    `label`, `days`, `start` and `end` (HH:MM), `buy` and `sell`. What can be
    read but not be right is left to `judge`: 31 June, a price that is no
    number, a period without times. Where no period has a `sell`, nothing is
    told of selling.

    Raise `TariffWordsError` for what cannot be read: 25:00, an unknown label
    or weekday, a text for a list.
    """
    reader = _Reader()
    tariff = reader.tariff(words)
    if reader.problems:
        raise TariffWordsError(tuple(reader.problems))
    return tariff


def _priced(periods: list[tuple[Period, Mapping[str, Any]]], key: str) -> tuple[Period, ...]:
    return tuple(replace(period, price=_price(prices.get(key))) for period, prices in periods)


def _price(value: object) -> float | None:
    """Return a number, also one that is no price, such as infinity."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except ValueError:
        return None
    except OverflowError:
        return math.inf


def _short(value: object) -> str:
    # A whole number may have more digits than can be written.
    if value is None or isinstance(value, str | float | time) or (isinstance(value, int) and abs(value) < 10**12):
        return repr(value)[:40]
    return type(value).__name__
