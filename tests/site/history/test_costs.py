"""What stored energy costs: each hour by its price, and a day of which only the total is known by none but its own."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from custom_components.energy_site.site.history.costs import hourly_days, priced, rescaled
from custom_components.energy_site.site.history.intervals import DAY, HOUR, midnight, slot
from custom_components.energy_site.site.history.rows import mended, rewritten

ZONE = ZoneInfo("Europe/Amsterdam")
TODAY = date(2026, 6, 17)
START = midnight(TODAY, ZONE)


def dear_by_day(start: datetime, end: datetime) -> float | None:
    """Return the mean price of a tariff that changes at seven in the morning and nine in the evening."""
    count = (end - start) // timedelta(minutes=1)
    hours = [(start + timedelta(minutes=minute)).astimezone(ZONE).hour for minute in range(count)]
    return sum(0.3 if 7 <= hour < 21 else 0.1 for hour in hours) / count


def unless_it_changes(start: datetime, end: datetime) -> float | None:
    """Return the same, but nothing for a time in which it changes."""
    found = {dear_by_day(at, at + HOUR) for at in (start + HOUR * number for number in range((end - start) // HOUR))}
    return found.pop() if len(found) == 1 else None


def test_each_hour_has_its_own_price() -> None:
    energies = {START + HOUR * number: float(number) for number in range(24)}
    hourly = hourly_days(energies, ZONE, final={TODAY})
    assert hourly == {TODAY}
    found = priced(energies, hourly, ZONE, mean=dear_by_day, flat=unless_it_changes)
    assert found == pytest.approx(
        {hour: kwh * (0.3 if 7 <= hour.astimezone(ZONE).hour < 21 else 0.1) for hour, kwh in energies.items()}
    )


def test_the_total_of_a_day_is_priced_if_the_price_did_not_change() -> None:
    energies = {START: 12.0, START + DAY: 8.0}
    assert hourly_days(energies, ZONE, final={TODAY}) == set()
    assert priced(energies, (), ZONE, mean=dear_by_day, flat=unless_it_changes) == {}
    found = priced(energies, (), ZONE, mean=dear_by_day, flat=lambda start, _: 0.25 if start == START else None)
    assert found == {START: 3.0}


@pytest.mark.parametrize("zone", ["Europe/Amsterdam", "Asia/Kathmandu", "America/St_Johns"])
def test_hours_are_told_from_a_total_wherever_midnight_is(zone: str) -> None:
    place = ZoneInfo(zone)
    first = slot(TODAY, place)
    assert hourly_days({first: 5.0}, place, final={TODAY}) == set()
    assert hourly_days({first: 5.0, first + HOUR: 0.0}, place, final={TODAY}) == {TODAY}, "all of it is at midnight"
    assert hourly_days({first: 5.0, first + HOUR: 0.0}, place, final=()) == set(), "the total has replaced hours"
    assert hourly_days({first: 5.0, first + HOUR: 0.1}, place, final=()) == {TODAY}
    assert hourly_days({first: 5.0}, place, final=(), begun={TODAY}) == {TODAY}, "it is the first hour of today"


def test_a_corrected_hour_keeps_its_price_and_all_others_keep_their_cost() -> None:
    hours = [START + HOUR * number for number in range(6)]
    costs = dict(zip(hours, (0.2, -0.3, 0.5, 0.0, 0.7, 0.9), strict=True))
    before = dict(zip(hours[:5], (1.0, 1.0, 2.0, 0.0, 1.0), strict=True))
    after = dict(zip(hours[:5], (1.5, 3.0, 0.0, 4.0, 1.0), strict=True))
    assert rescaled(costs, before, after) == pytest.approx(
        dict(zip(hours, (0.3, -0.9, 0.0, 0.0, 0.7, 0.9), strict=True))
    )


def test_sums_of_costs_may_fall_and_follow_from_the_costs() -> None:
    hours = [datetime(2026, 6, 17, number, tzinfo=UTC) for number in range(4)]
    first = rewritten((), dict(zip(hours, (0.5, -0.75, 0.25, 1.0), strict=True)), hours[0], hours[-1] + HOUR, 2.0)
    assert [row.sum for row in first.rows] == [2.5, 1.75, 2.0, 3.0]
    second = rewritten(first.rows, {hours[1]: -0.5}, hours[1], hours[2], 2.5)
    assert [(row.start, row.sum) for row in second.rows] == [(hours[1], 2.0)]
    assert (second.later, second.shift) == (hours[2], 0.25)
    assert mended(rewritten((), {hours[0]: -1.5}, hours[0], hours[1], 0.0).rows) == []
