"""A tariff as it is told, in Tesla's own structure, however it comes back.

Newer sites tell `tariff_content_v2`, older ones `tariff_content`, which lacks
the level `rates`, and `periods` below a label. Zeros and the charges for all
seasons may be left out, a day may end at hour 24 or minute 60, days may run
over the week's end, and a season that is not used is empty or has no dates.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from ....site.tariff.model import DAY, EnergyTariff, MonthDay, Period, Season, amount

# Where it stands for a season or a label it means each of them.
ALL = "ALL"

_LONGEST_NAME = 64


def read(raw: object) -> EnergyTariff | None:
    """Return the tariff that a site tells of, `None` where it tells of none.

    A period whose price is left out costs nothing. What is of another type
    than it should be is left out.
    """
    content = content_of(raw)
    tariff = _tariff(content, zeros_left_out=True)
    return tariff if tariff.buy or tariff.sell else None


def read_given(raw: object) -> EnergyTariff | None:
    """Return the tariff that an owner wrote, with all that `judge` may find in it, `None` for what is no structure.

    Here a period whose price is left out has none, as has one that would only
    have the 0 that stands for all seasons in each of Tesla's own examples.
    """
    return _tariff(content_of(raw), zeros_left_out=False) if isinstance(raw, Mapping) else None


def content_of(raw: object) -> Mapping[str, Any]:
    """Return the structure itself, also from a whole request or a site's settings."""
    content = mapping(raw)
    for key in ("tou_settings", "tariff_content_v2"):
        content = mapping(content[key]) if key in content else content
    return content


def mapping(value: object) -> Mapping[str, Any]:
    """Return an object's fields, none of what is no object."""
    return value if isinstance(value, Mapping) else {}


def text(value: object) -> str:
    """Return a name, an empty one for what is none."""
    return value if isinstance(value, str) and len(value) <= _LONGEST_NAME and value.isprintable() else ""


def charge_of(side: Mapping[str, Any]) -> float | None:
    """Return the sum of the daily charges, `None` where there is none."""
    charges = side.get("daily_charges")
    found = [amount(mapping(each).get("amount")) for each in charges] if isinstance(charges, list) else []
    told = [each for each in found if each is not None]
    return amount(sum(told)) if told else None


def rates_of(charges: object) -> Mapping[str, Any]:
    """Return what stands for each label in a season's charges, with or without the level `rates`."""
    rates = mapping(charges)
    if isinstance(rates.get("rates"), Mapping):
        rates = rates["rates"]
    return {label: price for label, price in rates.items() if text(label) and label != "rates"}


def _tariff(content: Mapping[str, Any], *, zeros_left_out: bool) -> EnergyTariff:
    sell = mapping(content.get("sell_tariff"))
    return EnergyTariff(
        name=text(content.get("name")),
        utility=text(content.get("utility")),
        currency=text(content.get("currency")) or None,
        daily_charge=charge_of(content),
        buy=_Side(content, zeros_left_out=zeros_left_out).seasons(),
        sell=_Side(sell, zeros_left_out=zeros_left_out).seasons() or None,
    )


class _Side:
    """Reads what is bought or sold."""

    def __init__(self, side: Mapping[str, Any], *, zeros_left_out: bool) -> None:
        self._lenient = zeros_left_out
        self._told = isinstance(side.get("energy_charges"), Mapping)
        self._charges = mapping(side.get("energy_charges"))
        self._common = rates_of(self._charges.get(ALL))
        self._seasons = {name: mapping(season) for name, season in mapping(side.get("seasons")).items() if text(name)}

    def seasons(self) -> tuple[Season, ...]:
        """Return the seasons that are used, and where nothing is left out those that have a price only."""
        seasons = [self._season(name, season) for name, season in self._seasons.items()]
        if self._lenient:
            seasons = [season for season in seasons if season.first is not None and season.last is not None]
            if not seasons and self._common.get(ALL):
                seasons = [Season(name=ALL, first=MonthDay(1, 1), last=MonthDay(12, 31), periods=self._flat(ALL))]
            return tuple(seasons)
        unused = self._charges.keys() - self._seasons.keys() - {ALL}
        seasons += [self._season(name, {}) for name in self._charges if name in unused and text(name)]
        return tuple(season for season in seasons if season.first is not None or season.periods)

    def _season(self, name: str, season: Mapping[str, Any]) -> Season:
        first, last = _date(season, "from"), _date(season, "to")
        labels = {
            label: tuple(_times(rows)) for label, rows in mapping(season.get("tou_periods")).items() if text(label)
        }
        periods = [
            Period(label=label, price=self._price(name, label), days=days, start=start, end=end)
            for label, times in labels.items()
            for days, start, end in times
        ]
        if first is not None and last is not None and not season.get("tou_periods"):
            periods += self._flat(name)
        if not self._lenient:
            rates = rates_of(self._charges.get(name))
            periods += [
                Period(label=label, price=self._price(name, label))
                for label in rates
                if label != ALL and not labels.get(label)
            ]
        return Season(name=name, first=first, last=last, periods=tuple(periods))

    def _flat(self, season: str) -> tuple[Period, ...]:
        """Return one price for the whole week, where that is told instead of periods."""
        told = ALL in rates_of(self._charges.get(season)) or ALL in self._common
        price = self._price(season, ALL) if told else None
        return () if price is None else (Period(label=ALL, price=price, start=0, end=DAY),)

    def _price(self, season: str, label: str) -> float | None:
        """Return a price by the season and the label, by either, or for all; also one that `judge` will not take."""
        charges = self._charges.get(season)
        if not _can_be_read(charges):
            return None
        rates = rates_of(charges)
        for key in (label, ALL):
            if key in rates:
                return _as_told(rates[key])
        for key in (label, ALL):
            if key in self._common and (self._lenient or self._common[key] != 0):
                return _as_told(self._common[key])
        return 0.0 if self._lenient and self._told and _can_be_read(self._charges.get(ALL)) else None


def _can_be_read(charges: object) -> bool:
    """Tell charges that are told or left out from those of another type."""
    return charges is None or (isinstance(charges, Mapping) and isinstance(charges.get("rates") or {}, Mapping))


def _as_told(price: object) -> float | None:
    return price if isinstance(price, float) else amount(price)


def _date(season: Mapping[str, Any], end: str) -> MonthDay | None:
    month, day = _whole(season, f"{end}Month"), _whole(season, f"{end}Day")
    return MonthDay(month, day) if month and day else None


def _times(rows: object) -> Iterator[tuple[frozenset[int], int, int]]:
    """Return on which days, from which minute to which, each row of a label applies."""
    rows = rows.get("periods") if isinstance(rows, Mapping) else rows
    for row in rows if isinstance(rows, list) else ():
        if not isinstance(row, Mapping):
            continue
        first, last = _whole(row, "fromDayOfWeek"), _whole(row, "toDayOfWeek")
        start, end = _minutes(row, "from"), _minutes(row, "to")
        if first is None or last is None or max(first, last) > 6 or start is None or end is None or start == DAY:
            continue
        yield frozenset((first + day) % 7 for day in range((last - first) % 7 + 1)), start, end


def _minutes(row: Mapping[str, Any], end: str) -> int | None:
    hour, minute = _whole(row, f"{end}Hour"), _whole(row, f"{end}Minute")
    if hour is None or minute is None or minute > 60 or hour * 60 + minute > DAY:
        return None
    return hour * 60 + minute


def _whole(fields: Mapping[str, Any], key: str) -> int | None:
    """Return a whole number, 0 where it is left out, `None` for anything else."""
    value = fields.get(key)
    if value is None:
        return 0
    number = amount(value)
    return int(number) if number is not None and number >= 0 and number == int(number) else None
