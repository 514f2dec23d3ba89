"""Answers that are broken, hostile, or those of nothing at all: none breaks what the site shows."""

from collections.abc import Callable
from dataclasses import fields
from datetime import timedelta
import random
from typing import Any

import pytest

from custom_components.energy_site.api.errors import ApiError, ApiPayloadError
from custom_components.energy_site.site.chargers import Chargers
from custom_components.energy_site.site.model import (
    Battery,
    CounterKind,
    EnergyCounters,
    GridStatus,
    Health,
    PowerFlow,
    Settings,
    Storm,
)
from custom_components.energy_site.vendors.tesla.client.models.live_status import LiveStatus
from custom_components.energy_site.vendors.tesla.client.models.site_info import SiteInfo
from simulator.iq_gateway import ErrorObject, HtmlPage, Mutate, Truncated
from simulator.iq_gateway.faults import Empty, Fault
from simulator.tesla_cloud import NullResponse, SiteDetails, WallConnector
from tests.mangled import changed, places
from tests.nonsense import check

from .conftest import MakeHome
from .home import HISTORY, INFO, LIVE, Helm, TeslaHome

NONSENSE: tuple[Any, ...] = (None, "unknown", [], {}, True, -1, 10**18, 1e308, "9" * 400)
BROKEN: list[Fault] = [
    NullResponse(),
    HtmlPage(),
    Truncated(),
    Truncated(promise_all=True),
    ErrorObject(),
    Empty(),
    Mutate(lambda _: {"response": []}),
    Mutate(lambda _: {"response": "offline"}),
    Mutate(lambda _: {"response": {}}),
    Mutate(lambda _: []),
]
NAMES = [
    "null",
    "HTML",
    "truncated",
    "cut off",
    "an error with 200",
    "an empty object",
    "a list",
    "a word",
    "no fields",
    "not even an object",
]


@pytest.fixture
async def full(make_home: MakeHome) -> TeslaHome:
    """Return a home with everything."""
    home = await make_home(
        chargers=[WallConnector()], details=SiteDetails(vehicle_reserve_supported=True, vpp_reserve_percent=15)
    )
    await home.poll()
    return home


@pytest.mark.parametrize("broken", BROKEN, ids=NAMES)
async def test_broken_answers_are_errors_of_their_endpoints_and_lose_nothing_that_was_known(
    full: TeslaHome, broken: Fault
) -> None:
    before = {kind: full.source.part(kind) for kind in (PowerFlow, Battery, GridStatus, Settings, Storm, Chargers)}
    counts = full.part(EnergyCounters).counts
    full.cloud.faults.add(broken)
    await full.ask(after=60)
    assert {key for key, _ in full.errors} == set(full.source.feeds)
    assert all(isinstance(error, ApiError) for _, error in full.errors)
    assert {kind: full.source.part(kind) for kind in before} == before
    assert full.part(EnergyCounters).counts == counts
    check(full.source, full.now)


@pytest.mark.parametrize("broken", BROKEN, ids=NAMES)
async def test_a_site_that_only_ever_answers_nonsense_shows_nothing_and_recovers(
    make_home: MakeHome, broken: Fault
) -> None:
    home = await make_home()
    home.cloud.faults.add(broken)
    await home.ask()
    assert home.source.part(PowerFlow) is None
    assert home.source.part(Battery) is None
    assert all(home.source.control(name, home.now) is None for name in home.source.control_names())
    home.cloud.faults.clear()
    await home.run(0.5)
    assert home.part(PowerFlow).observed_at >= home.now - timedelta(minutes=2)
    assert home.part(Settings).backup_reserve == 20


async def test_errors_name_the_endpoint_and_no_site(full: TeslaHome) -> None:
    full.cloud.faults.add(HtmlPage())
    await full.ask(after=60)
    for _, error in full.errors:
        assert isinstance(error, ApiPayloadError)
        assert str(full.site.site_id) not in str(error)
        assert full.token not in str(error)


# -- fields gone, and of wrong types ------------------------------------------------


LIVE_FIELDS = sorted(each.name for each in fields(LiveStatus))
INFO_FIELDS = sorted(each.name for each in fields(SiteInfo))


@pytest.mark.parametrize("field", LIVE_FIELDS)
async def test_any_field_of_live_status_may_be_gone_or_nonsense(full: TeslaHome, field: str) -> None:
    for value in ("gone", *NONSENSE):
        gone = [field] if value == "gone" else []
        fault = full.answers(LIVE, gone, **({} if gone else {field: value}))
        await full.ask("live_status", after=60)
        full.source.age(full.now)
        check(full.source, full.now)
        level = full.part(Battery).level
        assert level is None or 0 < level <= 110
        fault.remove()
    assert full.errors == []


@pytest.mark.parametrize("field", INFO_FIELDS)
async def test_any_field_of_site_info_may_be_gone_or_nonsense(full: TeslaHome, field: str) -> None:
    for value in ("gone", *NONSENSE):
        gone = [field] if value == "gone" else []
        fault = full.answers(INFO, gone, **({} if gone else {field: value}))
        await full.ask("site_info", "live_status", after=900)
        full.source.age(full.now)
        check(full.source, full.now)
        fault.remove()
    assert full.errors == []


def mangling(seed: int) -> Callable[[Any], Any]:
    """Return what changes some places of an answer into nonsense."""
    dice = random.Random(seed)

    def mangle(payload: Any) -> Any:
        for _ in range(dice.randint(1, 4)):
            spots = list(places(payload))
            payload = changed(payload, dice.choice(spots), dice.choice(NONSENSE))
        return payload

    return mangle


@pytest.mark.parametrize("seed", range(40))
async def test_any_mixture_of_nonsense_raises_nothing_but_the_clients_errors(full: TeslaHome, seed: int) -> None:
    total = {kind: full.total(kind) for kind in full.source.kinds}
    full.cloud.faults.add(Mutate(mangling(seed)))
    for _ in range(4):
        await full.ask(after=300)
        full.source.age(full.now)
        check(full.source, full.now)
        await full.restart()
    counters = full.part(EnergyCounters)
    for kind, before in total.items():
        assert (counters.total(kind) or before) >= before


# -- what an owner would see --------------------------------------------------------


async def test_a_zone_that_is_empty_keeps_the_one_of_home_assistant(make_home: MakeHome) -> None:
    home = await make_home()
    zone = home.source.zone
    home.site.set_behaviour(time_zone="")
    await home.poll()
    assert home.source.zone is zone


@pytest.mark.parametrize("name", ["Mars/Olympus", "../../etc/passwd", "Europe", 5, None])
async def test_a_zone_that_is_none_keeps_the_one_of_home_assistant(make_home: MakeHome, name: Any) -> None:
    home = await make_home()
    zone = home.source.zone
    home.answers(INFO, installation_time_zone=name)
    await home.ask()
    assert home.errors == []
    assert home.source.zone is zone


async def test_the_zone_of_the_site_is_kept_across_a_restart(home: TeslaHome) -> None:
    await home.restart()
    assert str(home.source.zone) == "Europe/Amsterdam"


async def test_energy_that_cannot_be_read_is_unknown_and_not_zero(make_home: MakeHome) -> None:
    home = await make_home()

    def change(payload: Any) -> Any:
        for row in payload["response"].get("time_series") or []:
            row["solar_energy_exported"] = "a lot"
        return payload

    home.cloud.faults.add(Mutate(change), home.site.path(HISTORY))
    await home.ask()
    assert home.total(CounterKind.SOLAR) == 0
    assert home.total(CounterKind.LOAD) > 0


async def test_a_stored_state_of_nonsense_starts_afresh(home: TeslaHome) -> None:
    for nonsense in ({}, {"answers": 5}, {"generator": "yes", "rejected": "many", "books": []}, {"timezone": 7}):
        home.source.restore(nonsense)
    await home.poll(after=60)
    assert home.part(PowerFlow).observed_at == home.now
    assert home.part(Health).firmware == "25.26.1"


async def test_a_mode_of_next_year_is_unknown_and_can_be_left(home: TeslaHome) -> None:
    home.answers(INFO, count=1, default_real_mode="dream")
    await home.poll("site_info", after=900)
    assert home.part(Settings).operating_mode is None
    helm = Helm(home)
    assert helm.value("operating_mode") is None
    await helm.set("operating_mode", "savings")
    assert helm.value("operating_mode") == "savings"
