"""The tariff that the owner entered in the app, in a shape that only one client reports."""

from dataclasses import dataclass
import re

from .....api.errors import ApiPayloadError
from .....api.payload import Record
from ....enphase.client.tariff import MOST_GROUPS, MOST_PERIODS, believed, read_seasons
from .common import expect, word

_DAY = 1440
_NUMBER = re.compile(r"-?\d{1,6}(?:\.\d{1,20})?", re.ASCII)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})", re.ASCII)
_GROUPS = {"week": frozenset(range(7)), "weekdays": frozenset(range(5)), "weekend": frozenset((5, 6))}


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffPeriod:
    """A rate per kWh between two minutes of the day, `None` for one that applies to the rest of the day."""

    type: str | None
    hours: tuple[int, int] | None
    rate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffDays:
    """The periods of some weekdays, of which 0 is Monday."""

    days: frozenset[int]
    periods: tuple[TariffPeriod, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffSeason:
    """A season from the first to the last month, both included, also over New Year."""

    months: tuple[int, int]
    days: tuple[TariffDays, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteTariff:
    """The rates of `tariff` in an ISO 4217 currency.

    What is bought or sold has no seasons if its price depends on consumption or is kept elsewhere,
    if it isn't that of the grid, or if any of it can't be read: without a part, another rate would seem to apply.
    """

    currency: str | None
    purchase: tuple[TariffSeason, ...]
    buyback: tuple[TariffSeason, ...]


def parse_tariff(endpoint: str, payload: object) -> SiteTariff:
    """Read `tariff`."""
    root = Record(endpoint, payload)
    expect(root, "purchase", "buyback")
    return SiteTariff(
        currency=root.currency_or_none("currency"),
        purchase=_seasons(root.record_or_empty("purchase")),
        buyback=_seasons(root.record_or_empty("buyback")),
    )


def _seasons(side: Record) -> tuple[TariffSeason, ...]:
    # With this plan, all production is paid for, so that its price isn't that of exported energy.
    if word(side, "typeId") == "tiered" or word(side, "exportPlan") == "grossFit":
        return ()
    return read_seasons(side, "seasons", _season) or ()


def _season(season: Record) -> TariffSeason:
    return TariffSeason(
        months=(_month(season, "startMonth"), _month(season, "endMonth")),
        days=tuple(map(_days, season.all_records("days", MOST_GROUPS))),
    )


def _month(season: Record, key: str) -> int:
    month = season.integer(key)
    if not 1 <= month <= 12:
        raise ApiPayloadError(season.endpoint, f"field {key} is no month")
    return month


def _days(group: Record) -> TariffDays:
    days = _GROUPS.get(word(group, "id") or "")
    if days is None:
        raise ApiPayloadError(group.endpoint, "days have an unknown name")
    return TariffDays(days=days, periods=tuple(map(_period, group.all_records("periods", MOST_PERIODS))))


def _period(period: Record) -> TariffPeriod:
    start, end = _minute(period, "startTime"), _minute(period, "endTime")
    if (start is None) is not (end is None):
        raise ApiPayloadError(period.endpoint, "a period has only one time")
    # Where an end is the last minute of a quarter of an hour, it is included.
    hours = (start % _DAY, end + 1 if end % 15 == 14 else end) if start is not None and end is not None else None
    return TariffPeriod(type=word(period, "type"), hours=hours, rate=_rate(period))


def _minute(period: Record, key: str) -> int | None:
    """Return a time as minutes of the day, `None` for the rest of the day."""
    value = period.value(key)
    if value == "":
        return None
    clock = _CLOCK.fullmatch(period.text_or_none(key) or "")
    minute = int(clock[1]) * 60 + int(clock[2]) if clock is not None else period.integer(key)
    if not 0 <= minute <= _DAY:
        raise ApiPayloadError(period.endpoint, "a period has no time")
    return minute


def _rate(period: Record) -> float:
    rate = period.number_or_none("rate")
    if rate is None and _NUMBER.fullmatch(text := period.text_or_none("rate") or ""):
        rate = float(text)
    if (rate := believed(rate)) is None:
        raise ApiPayloadError(period.endpoint, "field rate is missing or no price")
    return rate
