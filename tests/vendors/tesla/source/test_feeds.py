"""How often what is polled, and what the failure of one thing costs."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from custom_components.energy_site.api.errors import ApiAuthError, ApiForbiddenError, ApiQuotaError
from custom_components.energy_site.site.model import Battery, EnergyCounters, GridStatus, PowerFlow, Settings
from custom_components.energy_site.sources.feed import Presence
from custom_components.energy_site.vendors.tesla.budget import CREDIT, FREE, PLANS
from custom_components.energy_site.vendors.tesla.client.errors import (
    PaymentRequiredError,
    ScopeMissingError,
    SiteOfflineError,
    SiteUnavailableError,
)
from simulator.house import HouseConfig
from simulator.iq_gateway import HtmlPage, HttpStatus
from simulator.tesla_cloud import SIGN_IN_SCOPES, NullResponse, Refuse, TooMany, WallConnector

from .conftest import MakeHome
from .home import HISTORY, INFO, LIVE, Budget, Helm, TeslaHome


def periods(home: TeslaHome, kind: str = "energy") -> list[dict[str, str]]:
    """Return the queries of the histories that were requested."""
    return [
        dict(each.query)
        for each in home.cloud.requests
        if each.path == home.site.path(HISTORY) and each.query.get("kind") == kind
    ]


# -- how often ----------------------------------------------------------------------


async def test_the_usual_budget_polls_power_each_minute_settings_each_quarter_and_energy_hourly(
    make_home: MakeHome,
) -> None:
    home = await make_home(budget=Budget(PLANS[FREE]), chargers=[WallConnector()])
    await home.start()
    since = home.clock.now() + 1
    await home.run(6)
    counts = [home.sent(name, since=since) for name in (LIVE, INFO, HISTORY, "telemetry_history")]
    assert counts == [pytest.approx(360, abs=1), pytest.approx(24, abs=1), pytest.approx(6, abs=1), 0]


async def test_days_outages_and_sessions_are_polled_once_a_day(make_home: MakeHome) -> None:
    home = await make_home(chargers=[WallConnector()], budget=Budget(PLANS[CREDIT]))
    await home.start()
    since = len(home.cloud.requests)
    await home.run(48)
    sent = home.cloud.requests[since:]
    kinds = [(each.query.get("kind"), each.query.get("period")) for each in sent if "history" in each.path]
    assert kinds.count(("energy", "week")) == 2
    assert kinds.count(("backup", "lifetime")) == 2
    assert kinds.count(("charge", None)) == 2


async def test_everything_is_polled_again_after_each_write(home: TeslaHome) -> None:
    helm = Helm(home)
    before = home.sent(INFO)
    await helm.set("backup_reserve", 30)
    assert home.sent(INFO) > before


async def test_no_request_ends_at_midnight_and_each_has_its_own_offset(make_home: MakeHome) -> None:
    # The day after the clocks went forward.
    home = await make_home(start=datetime(2026, 3, 30, 12, tzinfo=UTC), days=3)
    await home.poll()
    asked = periods(home)
    assert asked
    assert all(each["end_date"][11:19] == "23:59:59" for each in asked)
    week = next(each for each in asked if each["period"] == "week")
    assert (week["start_date"][-6:], week["end_date"][-6:]) == ("+01:00", "+02:00")


async def test_outages_are_polled_again_after_each_outage(home: TeslaHome) -> None:
    home.site.start_outage()
    await home.poll("live_status", after=600)
    assert home.source.take_refresh_requests() == set()
    home.site.end_outage()
    await home.poll("live_status", after=600)
    assert home.source.take_refresh_requests() == {"outages"}


async def test_outages_are_polled_again_after_a_gateway_was_silent_which_may_have_been_one(home: TeslaHome) -> None:
    home.site.set_behaviour(live_stuck=True)
    await home.poll("live_status", after=1800)
    home.site.set_behaviour(live_stuck=False)
    await home.poll("live_status", after=60)
    assert home.source.take_refresh_requests() == {"outages"}


async def test_outages_are_polled_again_after_one_that_lasted_through_a_restart(home: TeslaHome) -> None:
    home.site.start_outage()
    await home.poll("live_status", after=600)
    await home.restart(after=600)
    home.site.end_outage()
    await home.poll("live_status", after=60)
    assert "outages" in home.source.take_refresh_requests()


async def test_solar_only_asks_for_no_outages(make_home: MakeHome) -> None:
    home = await make_home(HouseConfig())
    await home.poll()
    assert periods(home, "backup") == []


async def test_a_restart_polls_nothing_that_is_not_due(home: TeslaHome) -> None:
    sent = len(home.cloud.requests)
    await home.restart(after=30)
    await home.run(0.008)
    assert len(home.cloud.requests) - sent <= 1


# -- what a failure costs -----------------------------------------------------------

FAILURES: list[Any] = [Refuse(404), Refuse(408), Refuse(500), Refuse(540), HttpStatus(502), NullResponse(), HtmlPage()]


@pytest.mark.parametrize("failure", FAILURES, ids=repr)
async def test_failing_power_costs_power_and_level_and_no_setting_nor_energy(home: TeslaHome, failure: Any) -> None:
    total = home.part(EnergyCounters)
    home.cloud.faults.add(failure, home.site.path(LIVE))
    await home.ask("live_status", "site_info", "energy_today", after=1800)
    assert home.source.part(PowerFlow) is None
    assert home.part(Battery).level is None
    assert home.part(GridStatus).connected is None
    assert home.part(Settings).backup_reserve == 20
    assert home.part(EnergyCounters).counts.keys() == total.counts.keys()
    assert [key for key, _ in home.errors] == ["live_status"]


@pytest.mark.parametrize("failure", FAILURES, ids=repr)
async def test_a_failing_history_costs_no_power(home: TeslaHome, failure: Any) -> None:
    home.cloud.faults.add(failure, home.site.path(HISTORY))
    await home.ask(after=3600)
    assert home.part(PowerFlow).observed_at == home.now
    assert {key for key, _ in home.errors} == {"energy_today", "energy_days", "outages"}
    assert home.part(EnergyCounters).counts


@pytest.mark.parametrize("failure", FAILURES, ids=repr)
async def test_a_site_info_that_fails_for_once_costs_nothing(home: TeslaHome, failure: Any) -> None:
    home.cloud.faults.add(failure, home.site.path(INFO))
    await home.ask(after=900)
    assert home.part(PowerFlow).observed_at == home.now
    assert home.part(Settings).backup_reserve == 20
    assert home.source.outage is None


async def test_a_permission_that_lacks_for_one_endpoint_costs_its_own(home: TeslaHome) -> None:
    home.cloud.faults.add(Refuse(403), home.site.path(HISTORY))
    await home.ask("energy_today", after=3600)
    assert home.source.states["energy_today"].presence is Presence.FORBIDDEN
    assert home.source.states["live_status"].presence is Presence.PRESENT
    assert home.source.outage is None


async def test_a_consent_without_reading_is_told_as_missing_scope_and_no_token_is_blamed(make_home: MakeHome) -> None:
    home = await make_home(scopes=SIGN_IN_SCOPES - {"energy_device_data"})
    with pytest.raises(ScopeMissingError):
        await home.source.context.client.live_status(home.site.site_id)
    await home.ask()
    assert home.source.states["live_status"].presence is Presence.FORBIDDEN
    assert not isinstance(home.source.outage, ApiAuthError)
    assert issubclass(ScopeMissingError, ApiForbiddenError)


async def test_a_disabled_application_is_told_by_each_feed_and_forgets_nothing(home: TeslaHome) -> None:
    next(iter(home.cloud.world.applications.values())).disabled = True
    await home.ask(after=600)
    assert {type(error) for _, error in home.errors} == {PaymentRequiredError}
    assert home.part(Settings).backup_reserve == 20
    assert home.source.part(PowerFlow) is not None


async def test_a_limit_is_waited_for_by_all_feeds_as_long_as_tesla_asks(home: TeslaHome) -> None:
    home.cloud.faults.add(TooMany(wait=7200), home.site.path(LIVE), count=1)
    await home.ask("live_status", after=60)
    sent = len(home.cloud.requests)
    await home.run(1.9)
    assert len(home.cloud.requests) == sent
    await home.run(0.3)
    assert len(home.cloud.requests) > sent
    assert isinstance(home.errors[0][1], ApiQuotaError)


@pytest.mark.parametrize("wait_in", ["header", "body"])
async def test_a_wait_of_a_day_is_kept(home: TeslaHome, wait_in: str) -> None:
    home.cloud.faults.add(TooMany(wait=86_400, wait_in=wait_in), home.site.path(LIVE), count=1)
    await home.ask("live_status", after=60)
    assert home.source.wait("live_status", home.now) >= timedelta(hours=23, minutes=59)


async def test_a_limit_of_writes_stops_no_polling(home: TeslaHome) -> None:
    home.cloud.faults.add(TooMany(wait=7200), home.site.path("backup"))
    await Helm(home).fail("backup_reserve", 30)
    await home.poll("live_status", after=60)
    assert home.part(PowerFlow).observed_at == home.now


# -- a site that no longer answers --------------------------------------------------


@pytest.mark.parametrize("status", [404, 500])
async def test_a_stale_site_is_out_as_a_whole_and_asked_no_more_than_once_an_hour(
    make_home: MakeHome, status: int
) -> None:
    home = await make_home(budget=Budget(PLANS[FREE]))
    await home.start()
    home.site.set_behaviour(status=status)
    await home.run(6)
    assert isinstance(home.source.outage, SiteUnavailableError)
    sent = len(home.cloud.requests)
    await home.run(24)
    assert 10 <= len(home.cloud.requests) - sent <= 24


async def test_a_stale_site_leaves_the_other_of_the_account_alone(make_home: MakeHome) -> None:
    good = await make_home()
    other = await make_home(beside=good, details=good.site.details.__class__(site_id=42))
    other.site.set_behaviour(status=404)
    await good.ask()
    await other.ask()
    assert (good.source.outage, good.errors) == (None, [])
    assert isinstance(other.source.outage, SiteUnavailableError)


@pytest.mark.parametrize("status", [404, 500])
async def test_a_site_that_answers_again_is_polled_as_before(make_home: MakeHome, status: int) -> None:
    home = await make_home()
    await home.start()
    home.site.set_behaviour(status=status)
    await home.run(6)
    home.site.set_behaviour(status=None)
    await home.run(2.1)
    assert home.source.outage is None
    assert home.part(PowerFlow).observed_at >= home.now - timedelta(minutes=2)
    assert home.part(Settings).observed_at >= home.now - timedelta(minutes=130)


async def test_a_site_whose_settings_answer_again_before_its_power_is_in_again(make_home: MakeHome) -> None:
    home = await make_home()
    await home.start()
    home.site.set_behaviour(status=404)
    await home.run(6)
    home.site.set_behaviour(status=None)
    home.cloud.faults.add(Refuse(404), home.site.path(LIVE))
    await home.run(2.1)
    assert home.source.outage is None
    assert home.source.states["site_info"].error is None


async def test_a_gateway_that_is_offline_is_asked_each_quarter_at_least_and_seen_soon_when_it_is_back(
    home: TeslaHome,
) -> None:
    home.site.disconnect_internet(home.clock.now())
    await home.run(6)
    assert {type(error) for key, error in home.errors if key == "live_status"} == {SiteOfflineError}
    assert home.source.outage is None
    assert 24 <= sum(key == "live_status" for key, _ in home.errors) <= 40
    home.site.reconnect_internet(home.clock.now())
    await home.run(0.26)
    assert home.part(PowerFlow).observed_at >= home.now - timedelta(minutes=2)


async def test_site_info_that_is_stale_for_good_is_asked_each_quarter_while_power_answers(home: TeslaHome) -> None:
    home.site.set_behaviour(site_info_status=500)
    await home.run(3)
    assert home.part(PowerFlow).observed_at >= home.now - timedelta(minutes=2)
    assert home.source.outage is None
    assert sum(key == "site_info" for key, _ in home.errors) <= 16
