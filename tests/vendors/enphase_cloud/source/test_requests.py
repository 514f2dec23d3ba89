"""What a cloud is asked for each feed and for what is only looked at: at which path, with which query."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

import aiohttp
import pytest

from custom_components.energy_site.api.errors import ApiNotFoundError
from custom_components.energy_site.vendors.enphase_cloud.client.v2 import EnlightenV2Client
from custom_components.energy_site.vendors.enphase_cloud.client.v4 import EnphaseV4Client
from custom_components.energy_site.vendors.enphase_cloud.source.v2 import (
    diagnostic_endpoints as v2_diagnostics,
    feeds as v2_feeds,
)
from custom_components.energy_site.vendors.enphase_cloud.source.v4 import (
    diagnostic_endpoints as v4_diagnostics,
    feeds as v4_feeds,
)
from custom_components.energy_site.vendors.enphase_cloud.source.v4.context import V4Context

from ..client.server import CloudServer, Tokens, serving
from ..client.shapes import ENDPOINTS, SAMPLES

NOW = datetime(2026, 6, 20, 15, 7, tzinfo=UTC)
YESTERDAY = str(int(NOW.timestamp()) - 86_400)
MIDNIGHT_BEFORE = str(int(datetime(2026, 6, 19, tzinfo=UTC).timestamp()))

type Query = dict[str, list[str]]
type Requests = Mapping[str, Callable[[Any], Awaitable[object]]]

_TODAY: Query = {"granularity": ["day"], "start_date": ["2026-06-20"]}

# The feeds of v4 that are asked for more than their system.
V4: Mapping[str, Query] = {
    "battery_telemetry": _TODAY,
    "encharge_telemetry": _TODAY,
    "consumption_meter": _TODAY,
    "energy_import": _TODAY,
    "energy_export": _TODAY,
    "production_meter": _TODAY,
    "production_micro": _TODAY,
    "inverters": {"site_id": ["67"], "page": ["1"], "size": ["100"]},
    "charger_sessions": {"offset": ["0"], "limit": ["100"]},
    "charger_telemetry": {
        "granularity": ["day"],
        "start_at": [str(int(datetime(2026, 6, 20, tzinfo=UTC).timestamp()))],
    },
    "charger_lifetime": {"start_date": ["20230401"]},
    "heat_pump_telemetry": {**_TODAY, "interval_duration": ["15mins"]},
}

# The device that each path is asked for.
_DEVICE_OF = {"encharge_telemetry": "B-1", "heat_pump_telemetry": "HP-1", "heat_pump_lifetime": "HP-1"}
V2: Mapping[str, Query] = {
    "system": {"system_id[]": ["67"], "limit": ["1"]},
    "consumption_stats": {"start_at": [MIDNIGHT_BEFORE]},
    "rgm_stats": {"start_at": [MIDNIGHT_BEFORE]},
    # As long ago as inverters may be asked for at once.
    "stats": {"start_at": [str(int(datetime(2026, 6, 19, 15, 10, tzinfo=UTC).timestamp()))]},
    "inverters": {"site_id": ["67"]},
}

_OFFSET: Query = {"offset": ["0"], "limit": ["100"]}
V4_LOOKED_AT: Mapping[str, Query] = {
    "ENERGY_LIFETIME": {},
    "PRODUCTION_READINGS": {},
    "CONSUMPTION_READINGS": {},
    "STORAGE_READINGS": {},
    "RGM_STATS": {"start_at": [YESTERDAY]},
    "EVENTS": {"start_time": [YESTERDAY]},
    "ALARMS": {"start_time": [YESTERDAY]},
    "OPEN_ALARMS": {},
    "EVENT_TYPES": {},
    "SYSTEM_ID": {"serial_num": ["G-1"]},
    "MICROS_TELEMETRY": {**_TODAY, "page": ["1"], "size": ["20"]},
    "CHARGERS": {},
    "CHARGER_EVENTS": {"serial_num": ["EV-1"], **_OFFSET},
    "CHARGER_SCHEDULES": {},
}
V2_LOOKED_AT: Mapping[str, Query] = {
    "SEARCH_SYSTEM_ID": {"serial_num": ["G-1"]},
    "MONTHLY_PRODUCTION": {"start_date": ["2026-05-01"]},
}
_BY_DEVICE = ("SYSTEM_ID", "CHARGER_EVENTS", "CHARGER_SCHEDULES")


@pytest.fixture(autouse=True)
def _loopback(socket_enabled: None) -> None:
    """Let a test talk to its own machine."""


@pytest.fixture
async def cloud(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[CloudServer]:
    """Serve both APIs, with the documentation's sample at each path."""
    async with serving(monkeypatch) as server:
        for api, samples in SAMPLES.items():
            for name, payload in samples.items():
                path = ENDPOINTS[f"{api} {name}"].path
                for serial in ("B-1", "EV-1", "HP-1"):
                    server.answer(f"/api/{api}/{path.format(system_id=67, serial_number=serial)}", payload)
        yield server


@pytest.fixture
async def v4(cloud: CloudServer) -> AsyncIterator[V4Context]:
    """Return how a system is asked by v4."""
    async with aiohttp.ClientSession() as session:
        yield V4Context(
            client=EnphaseV4Client(session, "key", Tokens()),
            system_id=67,
            clock=lambda: NOW,
            batteries=("B-1",),
            chargers=("EV-1",),
            heat_pumps=("HP-1",),
            since=date(2023, 4, 1),
            gateways=("G-1",),
        )


@pytest.fixture
async def v2(cloud: CloudServer) -> AsyncIterator[v2_feeds.EnlightenContext]:
    """Return how a system is asked by v2."""
    async with aiohttp.ClientSession() as session:
        client = EnlightenV2Client(session, "key", "310606")
        yield v2_feeds.EnlightenContext(client=client, system_id=67, clock=lambda: NOW, gateway="G-1")


@pytest.mark.parametrize("feed", v4_feeds.ALL, ids=lambda feed: feed.key)
async def test_a_feed_of_v4_takes_one_request(cloud: CloudServer, v4: V4Context, feed: v4_feeds.Feed[Any]) -> None:
    await feed.ask(v4)
    [asked] = cloud.asked
    assert asked.path == f"/api/v4/{feed.endpoint.format(system_id=67, serial_number=_DEVICE_OF.get(feed.key, 'EV-1'))}"
    assert asked.query == V4.get(feed.key, {})


@pytest.mark.parametrize("feed", v2_feeds.ALL, ids=lambda feed: feed.key)
async def test_a_feed_of_v2_takes_one_request(
    cloud: CloudServer, v2: v2_feeds.EnlightenContext, feed: v2_feeds.Feed[Any]
) -> None:
    await feed.ask(v2)
    [asked] = cloud.asked
    assert asked.path == f"/api/v2/{feed.endpoint.format(system_id=67)}"
    assert asked.query == {"key": ["key"], "user_id": asked.query["user_id"], **V2.get(feed.key, {})}


@pytest.mark.parametrize("name", V4_LOOKED_AT)
async def test_what_is_only_looked_at_by_v4_takes_one_request(cloud: CloudServer, v4: V4Context, name: str) -> None:
    path = ENDPOINTS[f"v4 {name}"].path
    await v4_diagnostics.ALL[path](v4)
    [asked] = cloud.asked
    assert asked.path == f"/api/v4/{path.format(system_id=67, serial_number='EV-1')}"
    assert asked.query == V4_LOOKED_AT[name]


@pytest.mark.parametrize("name", V2_LOOKED_AT)
async def test_what_is_only_looked_at_by_v2_takes_one_request(
    cloud: CloudServer, v2: v2_feeds.EnlightenContext, name: str
) -> None:
    path = ENDPOINTS[f"v2 {name}"].path
    await v2_diagnostics.ALL[path](v2)
    [asked] = cloud.asked
    assert asked.path == f"/api/v2/{path.format(system_id=67)}"
    assert asked.query == {"key": ["key"], "user_id": asked.query["user_id"], **V2_LOOKED_AT[name]}


async def test_the_gateway_that_a_system_is_searched_by_is_asked_for_where_it_is_not_known(
    cloud: CloudServer, v2: v2_feeds.EnlightenContext
) -> None:
    v2.gateway = None
    await v2_diagnostics.ALL["systems/search_system_id"](v2)
    assert cloud.paths == ["/api/v2/systems/67/envoys", "/api/v2/systems/search_system_id"]
    assert cloud.last.query["serial_num"] == ["010731000003"]


@pytest.mark.parametrize("name", _BY_DEVICE)
async def test_what_is_about_a_device_that_the_system_lacks_costs_no_request(
    cloud: CloudServer, v4: V4Context, name: str
) -> None:
    v4.chargers = v4.gateways = ()
    with pytest.raises(ApiNotFoundError):
        await v4_diagnostics.ALL[ENDPOINTS[f"v4 {name}"].path](v4)
    assert not cloud.asked


def test_no_endpoint_is_left_out() -> None:
    paths = {f"v4 {path}" for path in (*v4_diagnostics.ALL, *(feed.endpoint for feed in v4_feeds.ALL))}
    paths |= {f"v2 {path}" for path in (*v2_diagnostics.ALL, *(feed.endpoint for feed in v2_feeds.ALL))}
    reads = {f"{key.split()[0]} {each.path}" for key, each in ENDPOINTS.items() if each.method == "GET"}
    assert not v4_diagnostics.ALL.keys() & {feed.endpoint for feed in v4_feeds.ALL}
    assert not v2_diagnostics.ALL.keys() & {feed.endpoint for feed in v2_feeds.ALL}
    # The systems of an account are what the set-up asks for.
    assert reads - paths == {"v4 systems"}
    looked_at: tuple[tuple[str, Requests, Mapping[str, Query]], ...] = (
        ("v4", v4_diagnostics.ALL, V4_LOOKED_AT),
        ("v2", v2_diagnostics.ALL, V2_LOOKED_AT),
    )
    for api, requests, names in looked_at:
        assert requests.keys() == {ENDPOINTS[f"{api} {name}"].path for name in names}
