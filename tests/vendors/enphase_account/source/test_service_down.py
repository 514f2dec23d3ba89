"""A service that answers nothing for hours: one feed asks for all."""

from custom_components.energy_site.vendors.enphase_account.source import feeds
from simulator.enphase_account import UNAVAILABLE, paths

from .conftest import MakeHome
from .home import SourceHome


def is_out(home: SourceHome) -> bool:
    """Return whether nothing at all is answered."""
    return home.source.outage is not None


async def test_a_service_that_is_down_is_asked_by_one_feed_for_all(make_home: MakeHome) -> None:
    home = await make_home()
    await home.settle()
    since = home.clock.now()
    home.server.faults.add(UNAVAILABLE)
    await home.run(1)
    assert is_out(home)
    assert sum(each.time >= since for each in home.server.log) <= 50
    home.server.faults.clear()
    back = home.clock.now()
    await home.run(1 / 3)
    assert not is_out(home)
    for key in (feeds.SETTINGS.key, feeds.TODAY.key, feeds.POWER.key):
        answered_at = home.source.states[key].answered_at
        assert answered_at is not None
        assert answered_at.timestamp() > back


async def test_one_endpoint_that_is_down_costs_the_others_nothing(make_home: MakeHome) -> None:
    home = await make_home()
    await home.settle()
    since = home.clock.now()
    home.server.faults.add(UNAVAILABLE, home.home.path(paths.BATTERY_SETTINGS))
    await home.run(1)
    assert not is_out(home)
    assert home.sent(paths.TODAY, since=since) >= 10
