"""What the tests stand on, where it differs from what Home Assistant's own tests stand on."""

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from freezegun.api import FrozenDateTimeFactory
import pytest

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


@pytest.mark.parametrize("method", ["call_soon", "call_later"])
async def test_the_loop_refuses_what_another_thread_asks_of_it(method: str) -> None:
    loop = asyncio.get_running_loop()
    arguments = (0, print) if method == "call_later" else (print,)
    with pytest.raises(RuntimeError, match="Non-thread-safe operation"):
        await asyncio.to_thread(getattr(loop, method), *arguments)


def test_frozen_dates_stay_frozen_through_sums_and_the_hour_that_comes_twice(freezer: FrozenDateTimeFactory) -> None:
    freezer.move_to(datetime(2026, 10, 25, 0, 30, tzinfo=UTC))
    now = datetime.now(UTC)
    later = now + timedelta(hours=1)
    twice = [each.astimezone(AMSTERDAM) for each in (now, later)]
    assert [(each.hour, each.fold) for each in twice] == [(2, 0), (2, 1)]
    sums = (later, now - timedelta(days=1), timedelta(days=1) + now, *twice, twice[0] + timedelta(days=1))
    assert {type(each) for each in sums} == {type(now)}
    today = now.date()
    assert type(today + timedelta(days=1)) is type(today) is type(today - timedelta(days=1))
    assert later - now == timedelta(hours=1)
