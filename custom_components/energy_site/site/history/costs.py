"""What stored energy costs, hour by hour."""

from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime, tzinfo

from .intervals import DAY, HOUR, day_of, midnight, slot

type PriceFinder = Callable[[datetime, datetime], float | None]
"""Returns the price per kWh over a period, `None` if it is unknown."""

type Values = Mapping[datetime, float]
"""kWh, or costs, by the hour."""

# Less kWh than a change of any hour.
_SAME = 1e-7


def hourly_days(
    energies: Values, zone: tzinfo, *, final: Collection[date], begun: Collection[date] = frozenset()
) -> set[date]:
    """Return the days of which the hours are stored, rather than the total only.

    Energy beside the hour of the total proves it. Otherwise, a `final` day has several rows then,
    and a `begun` one has any.
    """
    days: dict[date, dict[datetime, float]] = {}
    for hour, kwh in energies.items():
        days.setdefault(day_of(hour, zone), {})[hour] = kwh
    return {
        day
        for day, hours in days.items()
        if any(kwh for hour, kwh in hours.items() if hour != slot(day, zone))
        or (day in final and len(hours) > 1)
        or day in begun
    }


def priced(energies: Values, hourly: Collection[date], zone: tzinfo, *, mean: PriceFinder, flat: PriceFinder) -> Values:
    """Return the costs of stored energy, without those that aren't known.

    Where only the total of a day is stored, it is known if the price didn't change on that day.
    """
    found: dict[datetime, float] = {}
    for hour, kwh in energies.items():
        day = day_of(hour, zone)
        price = mean(hour, hour + HOUR) if day in hourly else flat(midnight(day, zone), midnight(day + DAY, zone))
        if price is not None:
            found[hour] = kwh * price
    return found


def rescaled(costs: Values, before: Values, after: Values) -> Values:
    """Return costs with the price that they imply, after a correction of the energy.

    Without a change, or energy that a price follows from, a cost stays as it is.
    """
    return {
        hour: cost * (after[hour] / before[hour])
        if hour in after and abs(before.get(hour, 0.0)) > _SAME and abs(after[hour] - before[hour]) > _SAME
        else cost
        for hour, cost in costs.items()
    }
