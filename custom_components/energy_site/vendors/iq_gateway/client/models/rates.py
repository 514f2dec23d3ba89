"""What energy costs, as the owner entered it in the Enphase app."""

from dataclasses import dataclass
import re

from .....api.errors import ApiPayloadError
from .....api.payload import Record
from ....enphase.client.tariff import MOST_GROUPS, MOST_PERIODS, believed, read_seasons

_DAY = 1440
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_START = re.compile(r"(\d{1,2})/(\d{1,2})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class RatePeriod:
    """A rate per kWh from a minute of the day until the next period of that day begins."""

    id: str | None
    start: int
    rate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RateDays:
    """The periods of some weekdays, of which 0 is Monday."""

    days: frozenset[int]
    periods: tuple[RatePeriod, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RateSeason:
    """A season from a month and day until the next one begins; the rate of a `tiered` one depends on consumption."""

    start: tuple[int, int]
    days: tuple[RateDays, ...]
    tiered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """The rates of `/admin/lib/tariff` per kWh, in an ISO 4217 currency.

    `rate` and `sell` are those of a tariff without seasons. Seasons that can't be read are `None`:
    without a part of them, another rate would seem to apply.
    """

    currency: str | None
    rate: float | None
    sell: float | None
    seasons: tuple[RateSeason, ...] | None
    seasons_sell: tuple[RateSeason, ...] | None


def parse_rates(tariff: Record) -> Rates:
    """Read the rates of a tariff, whatever else is in it."""
    single = tariff.record_or_empty("single_rate")
    return Rates(
        currency=tariff.record_or_empty("currency").currency_or_none("code"),
        rate=_rate_or_none(single, "rate"),
        sell=_rate_or_none(single, "sell"),
        seasons=read_seasons(tariff, "seasons", _season),
        seasons_sell=read_seasons(tariff, "seasons_sell", _season),
    )


def _season(season: Record) -> RateSeason:
    start = _START.fullmatch(season.text("start"))
    month, day = map(int, start.groups()) if start is not None else (0, 0)
    if not (1 <= month <= 12 and 1 <= day <= 31):
        raise ApiPayloadError(season.endpoint, "a season starts on no date")
    return RateSeason(
        start=(month, day),
        days=tuple(map(_days, season.all_records("days", MOST_GROUPS))),
        tiered=len({_rate(tier) for tier in season.all_records("tiers", MOST_PERIODS)}) > 1,
    )


def _days(group: Record) -> RateDays:
    names = [name.strip()[:3].lower() for name in group.text("days").split(",")]
    if not set(names) <= set(_WEEKDAYS):
        raise ApiPayloadError(group.endpoint, "a weekday has an unknown name")
    return RateDays(
        days=frozenset(map(_WEEKDAYS.index, names)),
        periods=tuple(map(_period, group.all_records("periods", MOST_PERIODS))),
    )


def _period(period: Record) -> RatePeriod:
    start = period.integer("start")
    if not 0 <= start < _DAY:
        raise ApiPayloadError(period.endpoint, "a period starts at no minute of the day")
    return RatePeriod(id=period.code_or_none("id"), start=start, rate=_rate(period))


def _rate(record: Record) -> float:
    if (rate := _rate_or_none(record, "rate")) is None:
        raise ApiPayloadError(record.endpoint, "field rate is missing or no price")
    return rate


def _rate_or_none(record: Record, key: str) -> float | None:
    return believed(record.number_or_none(key))
