"""What the documentation says about intervals and costs is what the code does."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import timedelta
import re
from typing import Any

import pytest

from custom_components.energy_site.sources.cloud import CloudFeed
from custom_components.energy_site.vendors.enphase.client import governor
from custom_components.energy_site.vendors.enphase_account.client import endpoints as account_endpoints
from custom_components.energy_site.vendors.enphase_account.source import feeds as account_feeds
from custom_components.energy_site.vendors.enphase_cloud.adapter import EnphaseCloudAdapter
from custom_components.energy_site.vendors.enphase_cloud.adapter_v2 import EnlightenAdapter
from custom_components.energy_site.vendors.enphase_cloud.const import PLAN_NAMES, PLAN_V2, PLANS
from custom_components.energy_site.vendors.enphase_cloud.source.v2 import feeds as v2_feeds
from custom_components.energy_site.vendors.enphase_cloud.source.v4 import feeds as v4_feeds, unit_feeds
from custom_components.energy_site.vendors.iq_gateway.client import endpoints as gateway_endpoints
from custom_components.energy_site.vendors.iq_gateway.const import INTERVALS
from custom_components.energy_site.vendors.iq_gateway.source import feeds as gateway_feeds
from custom_components.energy_site.vendors.iq_gateway.source.capabilities import Capabilities
from custom_components.energy_site.vendors.tesla.adapter import TeslaAdapter
from custom_components.energy_site.vendors.tesla.budget import CREDIT, FREE, PLANS as BUDGETS
from custom_components.energy_site.vendors.tesla.source import feeds as tesla_feeds
from tests.documentation import section, tables

PAGE = "docs/how-it-polls.md"
SOURCES = {
    "An IQ Gateway": gateway_feeds.ALL,
    "An Enphase account": account_feeds.ALL,
    "The Enphase cloud (v4)": v4_feeds.ALL,
    "The Enphase cloud, old API (v2)": v2_feeds.ALL,
    "A Tesla site": tesla_feeds.ALL,
}

# What a site has, by the rows of the table with the sums.
SITES: Mapping[str, Mapping[str, bool]] = {
    "Solar without meters": {},
    "Solar with production and grid meters": {"production_meter": True, "grid_meter": True},
    "The same with batteries and a system controller": {"batteries": True, "controller": True},
    "The same with a storage meter": {"storage_meter": True},
}

# What is requested for other reasons than the time.
OTHERS = {
    "An IQ Gateway": {*(endpoint.path for endpoint in gateway_endpoints.DIAGNOSTIC), "/info"},
    "An Enphase account": {account_endpoints.SITES.name, account_endpoints.DATA.name},
    "The Enphase cloud (v4)": set(EnphaseCloudAdapter.diagnostic_requests),
    "The Enphase cloud, old API (v2)": set(EnlightenAdapter.diagnostic_requests),
    "A Tesla site": set(TeslaAdapter.diagnostic_requests),
}

_UNITS = {"s": "seconds", "min": "minutes", "h": "hours", "day": "days", "days": "days"}


def _times(text: str) -> set[timedelta]:
    """Return the durations that a cell tells."""
    return {timedelta(**{_UNITS[unit]: int(number)}) for number, unit in re.findall(r"(\d+) (s|min|h|days?)\b", text)}


def _endpoints(text: str) -> list[str]:
    return re.findall(r"`(/?[\w{}./-]+)`", text)


def _polled(heading: str) -> Mapping[str, list[str]]:
    """Return the rows of a source's table of endpoints, by endpoint."""
    listed = next(table for table in tables(PAGE, heading) if table[0][0].startswith("`"))
    found = {endpoint: cells for names, *cells in listed for endpoint in _endpoints(names)}
    assert len(found) == sum(len(_endpoints(names)) for names, *_ in listed), "an endpoint is listed twice"
    return found


def _every_hardware() -> Iterable[Capabilities]:
    """Return sites with nothing, with everything, with one thing only, and with one thing missing."""
    names = [field.name for field in fields(Capabilities)]
    for one in (None, *names):
        for has in (True, False):
            yield Capabilities(**{name: (name == one) == has for name in names})


@pytest.mark.parametrize("heading", SOURCES)
def test_every_endpoint_of_a_source_is_listed_and_no_other(heading: str) -> None:
    feeds = {feed.endpoint for feed in SOURCES[heading]}
    listed = set(_polled(heading))
    assert feeds <= listed <= feeds | OTHERS[heading]
    assert set(_endpoints(section(PAGE, heading))) >= OTHERS[heading]


def test_the_intervals_of_a_gateway_are_its_default_options() -> None:
    listed = _polled("An IQ Gateway")
    for feed in gateway_feeds.ALL:
        _, interval, unchanged, busy = listed[feed.endpoint]
        usual = {timedelta(seconds=INTERVALS[feed.pace(hardware)][1]) for hardware in _every_hardware()}
        assert _times(interval) == usual, feed.endpoint
        factor = feed.max_backoff_factor
        assert unchanged == (f"up to {factor} times less often" if factor > 1 else ""), feed.endpoint
        assert float(busy.removesuffix(" s")) == feed.cost, feed.endpoint


def test_the_sums_of_a_gateway_follow_from_its_intervals() -> None:
    _, sums = tables(PAGE, "An IQ Gateway")
    hardware: dict[str, bool] = {"whole_device_data": True}
    expected = []
    for site, has in SITES.items():
        hardware |= has
        paced = [(feed, INTERVALS[feed.pace(Capabilities(**hardware))][1]) for feed in gateway_feeds.ALL]
        requests, busy = sum(3600 / every for _, every in paced), sum(feed.cost / every for feed, every in paced)
        expected.append([site, f"{requests:.0f}", f"{busy:.1%}"])
    assert sums == expected


def test_the_intervals_of_an_account_are_its_feeds() -> None:
    listed = _polled("An Enphase account")
    for feed in account_feeds.ALL:
        _, alone, beside = listed[feed.endpoint]
        with_gateway = feed.beside or (None if feed.readings else feed.every)
        assert _times(alone.replace("daily", "1 day")) == {feed.every}, feed.endpoint
        if beside != "the same":
            assert _times(beside.replace("daily", "1 day")) == {with_gateway} - {None}, feed.endpoint
        else:
            assert with_gateway == feed.every, feed.endpoint


def test_the_limits_of_an_account_are_the_governors() -> None:
    page = section(PAGE, "What is polled and what it costs") + section(PAGE, "An Enphase account")
    requests = sum(timedelta(hours=1) / feed.every for feed in account_feeds.ALL)
    assert f"{requests:.0f} requests an hour" in page
    assert f"{governor.MOST_A_MINUTE} requests a minute and {governor.MOST_AN_HOUR} an hour" in page
    assert f"at most {governor.MOST_A_MINUTE} a minute and {governor.MOST_AN_HOUR} an hour" in " ".join(page.split())


def _span(interval: timedelta) -> str:
    days, minutes = interval.days, interval // timedelta(minutes=1)
    if days:
        return f"{days} day" if days == 1 else f"{days} days"
    return f"{minutes // 60} h" if minutes >= 60 else f"{minutes} min"


@pytest.mark.parametrize("heading", ["The Enphase cloud (v4)", "The Enphase cloud, old API (v2)"])
def test_the_intervals_and_requests_of_the_cloud_are_its_feeds(heading: str) -> None:
    listed = _polled(heading)
    by_unit = {feed.key: unit for unit, feeds in _by_unit().items() for feed in feeds}
    for feed in SOURCES[heading]:
        assert isinstance(feed, CloudFeed)
        _, interval, requests = listed[feed.endpoint]
        planned = feed.request
        if planned.daily_at is not None:
            assert interval == f"daily at {planned.daily_at:%-H:%M}", feed.endpoint
        else:
            assert interval == f"{_span(planned.min_interval)} to {_span(planned.max_interval)}", feed.endpoint
        unit = by_unit.get(feed.key) if "v4" in heading else None
        assert requests == (f"{planned.cost} for {unit}" if unit else f"{planned.cost}"), feed.endpoint


def _by_unit() -> Mapping[str, Iterable[CloudFeed[Any, Any]]]:
    """Return the feeds that are requested once for each of some things."""
    return {
        "each battery": (v4_feeds.EACH_BATTERY,),
        "every 100 inverters": (v4_feeds.INVERTERS,),
        "each charger": unit_feeds.OF_CHARGERS,
        "each heat pump": unit_feeds.OF_HEAT_PUMPS,
    }


def test_the_plans_of_the_cloud_are_those_of_the_code() -> None:
    plans, _ = tables(PAGE, "The Enphase cloud (v4)")
    assert plans == [[PLAN_NAMES[key], f"{plan.per_month:,}", f"{plan.per_minute}"] for key, plan in PLANS.items()]
    old = section(PAGE, "The Enphase cloud, old API (v2)")
    assert f"{PLAN_V2.per_month:,} requests per month and {PLAN_V2.per_minute} per minute" in old


def test_the_intervals_of_a_tesla_site_are_its_feeds() -> None:
    listed = _polled("A Tesla site")
    for feed in tesla_feeds.ALL:
        _, free, credit = listed[feed.endpoint]
        planned = feed.request
        if planned.daily_at is not None:
            assert free.split(",")[0] == f"daily at {planned.daily_at:%-H:%M}", feed.endpoint
        else:
            assert _times(free) == {planned.min_interval}, feed.endpoint
            assert max(_times(credit)) <= planned.max_interval, feed.endpoint


def test_the_requests_of_a_tesla_site_add_up_to_its_budget() -> None:
    _, sums = tables(PAGE, "A Tesla site")
    month = timedelta(days=30)
    planned = [feed for feed in tesla_feeds.ALL if feed.request.daily_at is None]
    polled = {feed.endpoint: month // feed.request.min_interval for feed in planned}
    counted = {_endpoints(text)[0]: int(cell.replace(",", "")) for text, cell, _ in sums if _endpoints(text)}
    assert counted == polled
    daily, free, credit = (row[1:] for row in sums[len(polled) :])
    assert int(free[0].strip("*").replace(",", "")) == sum(polled.values()) + int(daily[0])
    for plan, told in ((FREE, free), (CREDIT, credit)):
        allowed = BUDGETS[plan].per_month
        assert allowed is not None
        most = allowed * 95 // 100
        assert max(int(cell.strip("*").replace(",", "")) for cell in told) == most
