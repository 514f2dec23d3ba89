"""Counters made of days: what they do without a life that tells all the others."""

from datetime import date, timedelta

import pytest

from custom_components.energy_site.site.energy.days import DailyCounter

TODAY = date(2026, 6, 15)


def test_a_counter_whose_life_is_not_told_for_months_loses_no_day() -> None:
    book = DailyCounter()
    book.begin(TODAY)
    for number in range(100):
        day = TODAY + timedelta(days=number)
        book.note(day, 300)
        book.note(day, 1000)
        book.estimate(day)
        assert book.count(day).total == 1000 * (number + 1)
        book = DailyCounter.restore(book.as_dict())
    assert len(book.days) < 50


def test_a_life_that_is_told_at_last_moves_nothing_and_counts_on() -> None:
    book = DailyCounter()
    book.begin(TODAY)
    book.note(TODAY, 5000)
    book.estimate(TODAY)
    yesterday, tomorrow = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
    life = [(yesterday, 8_000_000), (TODAY, 5600)]
    book.life(life)
    assert book.count(TODAY).total == 5000
    book.note(tomorrow, 700)
    assert book.count(tomorrow).total == 5700
    book.life([*life, (tomorrow, 900)])
    assert book.count(tomorrow).total == pytest.approx(5900)


def test_days_of_which_nothing_was_known_are_added_when_a_life_is_told_again() -> None:
    book = DailyCounter()
    before = TODAY - timedelta(days=1)
    book.life([(before, 10_000)])
    book.note(TODAY, 5000)
    book.estimate(TODAY)
    missed = TODAY + timedelta(days=1)
    book = DailyCounter.restore(book.as_dict())
    book.life([(before, 10_000), (TODAY, 5600), (missed, 2000)])
    assert book.count(missed).total == 10_000 + 5000 + 2000


def test_books_from_before_a_life_could_be_missing_still_load() -> None:
    book = DailyCounter()
    book.close(TODAY, 1000)
    kept = {key: value for key, value in book.as_dict().items() if key not in ("lifeless", "estimated")}
    assert DailyCounter.restore(kept) == book
