"""Tariffs as Tesla stores them and as it sends them back."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from .behaviour import SiteBehaviour
from .errors import failure

type Tariff = dict[str, Any]
_CLOCK = ("fromDayOfWeek", "toDayOfWeek", "fromHour", "fromMinute", "toHour", "toMinute")
_SEASON = ("fromDay", "fromMonth", "toDay", "toMonth")


def accepted(content: object, behaviour: SiteBehaviour) -> Tariff:
    """Return a tariff as Tesla stores it: without negative prices, buy prices raised to the sell price.

    Prices of the same season and label are compared.

    Raises:
        RefusedError: The tariff is malformed or has no season.
    """
    if not isinstance(content, dict) or not isinstance(content.get("seasons"), dict) or not content["seasons"]:
        raise failure(400, description="tariff_content_v2 must have at least one season")
    try:
        without_rates(content)
        read_back(content, behaviour)
        return _mended(deepcopy(content), behaviour)
    except AttributeError, KeyError, TypeError:
        raise failure(400, description="tariff_content_v2 is malformed") from None


def _mended(tariff: Tariff, behaviour: SiteBehaviour) -> Tariff:
    sold: Tariff = tariff.get("sell_tariff") or {}
    for side in (tariff, sold):
        for rates in _all_rates(side):
            for label, price in rates.items():
                if behaviour.tariff_negative_zero and isinstance(price, int | float) and price < 0:
                    rates[label] = 0
    if behaviour.tariff_buy_raised:
        for season, selling in _charges(sold):
            buying = dict(_charges(tariff)).get(season, {})
            for label, price in selling.items():
                if label in buying and buying[label] < price:
                    buying[label] = price
    return tariff


def read_back(tariff: Tariff, behaviour: SiteBehaviour) -> Tariff:
    """Return a stored tariff in the form that site_info sends."""
    odd = deepcopy(tariff)
    for side in (odd, odd.get("sell_tariff")):
        if isinstance(side, dict):
            _send_side(side, behaviour)
    return odd


def without_rates(tariff: Tariff) -> Tariff:
    """Return the v1 form of a tariff, which has no level `rates`."""
    old = deepcopy(tariff)
    for side in (old, old.get("sell_tariff", {})):
        for name in ("energy_charges", "demand_charges"):
            for season, charges in side.get(name, {}).items():
                side[name][season] = charges.get("rates", charges)
        for season in side.get("seasons", {}).values():
            for label, periods in season.get("tou_periods", {}).items():
                season["tou_periods"][label] = periods["periods"]
    return old


def _send_side(side: Tariff, behaviour: SiteBehaviour) -> None:
    for season in side.get("seasons", {}).values():
        for periods in season.get("tou_periods", {}).values():
            if behaviour.tariff_merged:
                periods["periods"] = _merged(periods["periods"])
            for period in periods["periods"]:
                _send_period(period, behaviour)
        if behaviour.tariff_zeros_omitted:
            _drop_zeros(season, _SEASON)
    if behaviour.tariff_all_dropped:
        for name in ("energy_charges", "demand_charges"):
            charges = side.get(name, {})
            if len(charges) > 1 and not any(charges.get("ALL", {}).get("rates", {}).values()):
                charges.pop("ALL", None)
    if behaviour.tariff_unused_season and side.get("seasons"):
        side["seasons"]["Unused"] = {}
        side["seasons"]["Winter" if "Winter" not in side["seasons"] else "Spare"] = {
            "fromDay": 0,
            "fromMonth": 0,
            "tou_periods": {},
        }


def _merged(periods: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return periods with those of the whole week that touch at midnight, and equal ones of Sunday and Monday, as one."""
    merged = list(periods)
    for late in periods:
        for early in periods:
            if late is early or late not in merged or early not in merged:
                continue
            days, hours = (late.get("fromDayOfWeek", 0), late.get("toDayOfWeek", 0)), _hours(late)
            other, other_hours = (early.get("fromDayOfWeek", 0), early.get("toDayOfWeek", 0)), _hours(early)
            if days == other == (0, 6) and hours[2:] in {(0, 0), (24, 0)} and other_hours[:2] == (0, 0):
                merged.remove(early)
                late |= {"toHour": other_hours[2], "toMinute": other_hours[3]}
            elif hours == other_hours and days[1] == 6 and other[0] == 0 and other[1] < days[0]:
                merged.remove(early)
                late["toDayOfWeek"] = other[1]
    return merged


def _hours(period: Mapping[str, Any]) -> tuple[int, ...]:
    return tuple(period.get(name, 0) for name in _CLOCK[2:])


def _send_period(period: dict[str, Any], behaviour: SiteBehaviour) -> None:
    ends_day = not period.get("toHour", 0) % 24 and not period.get("toMinute", 0)
    whole_day = ends_day and not period.get("fromHour", 0) and not period.get("fromMinute", 0)
    if ends_day and not whole_day:
        period["toHour"], period["toMinute"] = behaviour.tariff_day_end
    if whole_day:
        # 0 to 0 is the whole day.
        period["toHour"] = 0
    if behaviour.tariff_zeros_omitted:
        _drop_zeros(period, _CLOCK)


def _drop_zeros(content: dict[str, Any], names: tuple[str, ...]) -> None:
    for name in names:
        if content.get(name) == 0:
            del content[name]


def _charges(side: Tariff) -> Iterator[tuple[str, dict[str, Any]]]:
    for season, charges in side.get("energy_charges", {}).items():
        yield season, charges.get("rates", {})


def _all_rates(side: Tariff) -> Iterator[dict[str, Any]]:
    for name in ("energy_charges", "demand_charges"):
        for charges in side.get(name, {}).values():
            yield charges.get("rates", {})
