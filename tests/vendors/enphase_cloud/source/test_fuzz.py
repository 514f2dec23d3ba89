"""Whatever a cloud answers, and whatever was kept: parts, entities and controls hold, and only errors of ours come."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
import json
from typing import Any, cast
from zoneinfo import ZoneInfo

import aiohttp
from hypothesis import given, strategies as st
import pytest

from custom_components.energy_site.api import base_client as link
from custom_components.energy_site.api.errors import ApiError
from custom_components.energy_site.api.transport import Response
from custom_components.energy_site.site.control import ControlError, ControlName
from custom_components.energy_site.site.model import Health, Part, Quota
from custom_components.energy_site.site.quota.demand import Plan
from custom_components.energy_site.site.quota.planner import Planner
from custom_components.energy_site.sources.budget import SystemBudget
from custom_components.energy_site.sources.cloud import CloudSource
from custom_components.energy_site.vendors.enphase_cloud.client.v2 import EnlightenV2Client
from custom_components.energy_site.vendors.enphase_cloud.client.v4 import EnphaseV4Client
from custom_components.energy_site.vendors.enphase_cloud.source.v2.feeds import EnlightenContext
from custom_components.energy_site.vendors.enphase_cloud.source.v2.source import EnlightenSource
from custom_components.energy_site.vendors.enphase_cloud.source.v4.context import V4Context
from custom_components.energy_site.vendors.enphase_cloud.source.v4.source import EnphaseCloudSource
from simulator.clock import ManualClock
from simulator.enphase_cloud import LEGACY_WATT, MEGAWATT, CloudServer, CloudSite, lived
from simulator.presets import PRESETS
from tests.mangled import changed, places

from ....nonsense import JSON, LEAVES, at_once, check, quick, replaced

NOW = datetime(2026, 6, 15, 16, 3, tzinfo=UTC)
SYSTEM = 701
NONSENSE: tuple[Any, ...] = (None, "unknown", [], {}, True, -1, 10**18, 1e308, "9" * 400)

type Cloud = CloudSource[Any]


@dataclass(slots=True)
class Wire:
    """What answers in the cloud's place, by the endpoints' names; changes are answered by `echo`."""

    given: dict[str, Any] = field(default_factory=dict)
    echo: Any = None

    async def request(self, _: object, method: str, __: object, *, endpoint: str, **_more: object) -> Response:
        """Answer as the transport does."""
        sent = self.given.get(endpoint) if method == "GET" else self.echo
        if method == "GET" and endpoint not in self.given:
            return Response(endpoint=endpoint, status=404, body=b"{}", headers={}, cookies={}, seconds=0.0)
        return Response(
            endpoint=endpoint, status=200, body=json.dumps(sent).encode(), headers={}, cookies={}, seconds=0.0
        )


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a simulated cloud answered to everything, as it came."""

    api: str
    bodies: dict[str, Any]


class RequestBudget:
    """A key without limits."""

    def __init__(self) -> None:
        self.planner = Planner(Plan(per_month=None, per_minute=None))

    def keep(self) -> None:
        """Keep nothing."""


def source_of(api: str, session: Any = None, user: str = "310606", token: str = "", key: str = "key") -> Cloud:
    """Return a source that knows nothing but whom to ask."""
    budget = SystemBudget(RequestBudget(), "me", lambda: NOW)

    async def access(*, refused: str | None = None) -> str:
        return token

    async def find_zone(name: str) -> ZoneInfo | None:
        try:
            return ZoneInfo(name)
        except KeyError, ValueError:
            return None

    counts = cast("aiohttp.ClientSession", session)
    if api == "v4":
        client = EnphaseV4Client(counts, key, access, budget=budget)
        context = V4Context(client=client, system_id=SYSTEM, clock=lambda: NOW, zone=UTC)
        return EnphaseCloudSource(context, "me", budget, find_zone)
    old = EnlightenV2Client(counts, key, user, budget=budget)
    old_context = EnlightenContext(client=old, system_id=SYSTEM, clock=lambda: NOW, zone=UTC)
    return EnlightenSource(old_context, "me", budget, find_zone)


async def _record(api: str) -> Recorded:
    preset = PRESETS["home"]()
    system = lived(preset.house, now=NOW.timestamp(), days=2, site=CloudSite(system_id=SYSTEM), hardware=preset.gateway)
    clock = ManualClock(NOW.timestamp())
    async with (
        CloudServer([system], clock=clock) as server,
        aiohttp.ClientSession() as session,
    ):
        application = server.add_application(plan=MEGAWATT if api == "v4" else LEGACY_WATT)
        server.policy.count_refused = False
        token = server.headers(application)["Authorization"].removeprefix("Bearer ")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("ENERGY_SITE_ENPHASE_API", server.url)
            source = source_of(api, session, server.add_legacy_user(), token, application.key)
            for key in source.feeds:
                try:
                    await source.poll(key, NOW)
                except ApiError:
                    # The key of the old API has ten requests a minute.
                    clock.advance(61)
                    await source.poll(key, NOW)
        recorded: dict[str, Any] = source.context.client.recorded
        return Recorded(api, {name: json.loads(each.body) for name, each in recorded.items() if each.status == 200})


@pytest.fixture(scope="module", params=["v4", "v2"])
def recorded(request: pytest.FixtureRequest) -> Recorded:
    """Return what a system answers by an API."""
    pytest_socket = pytest.importorskip("pytest_socket")
    pytest_socket.enable_socket()
    return asyncio.run(_record(request.param))


@pytest.fixture
def wire(recorded: Recorded, monkeypatch: pytest.MonkeyPatch) -> Wire:
    """Answer in the cloud's place."""
    found = Wire(dict(recorded.bodies))
    monkeypatch.setattr(link, "request", found.request)
    return found


def poll_all(source: Cloud, now: datetime = NOW) -> None:
    """Ask everything once; an answer that cannot be read is a failure of its own."""
    for key in source.feeds:
        try:
            at_once(source.poll(key, now))
        except ApiError:
            continue
        finally:
            source.wait(key, now)


def test_nothing_is_wrong_with_what_is_right(recorded: Recorded, wire: Wire) -> None:
    source = source_of(recorded.api)
    poll_all(source)
    check(source, NOW)
    assert {key: state.error for key, state in source.states.items() if state.error} == {}
    assert len([builder for builder in source.builders if source.part(builder.part) is not None]) >= 6


def test_parts_entities_and_controls_hold_whatever_a_value_is_replaced_by(recorded: Recorded, wire: Wire) -> None:
    sound = source_of(recorded.api)
    poll_all(sound)
    everywhere = [(name, place) for name, body in recorded.bodies.items() for place in _few(body)]

    @quick
    @given(st.lists(st.tuples(st.sampled_from(everywhere), JSON), min_size=1, max_size=3), st.booleans())
    def hold(wrong: list[tuple[tuple[str, tuple[Any, ...]], Any]], first: bool) -> None:
        source = source_of(recorded.api)
        if not first:
            # What was sound before decides differently from what was never known.
            source.restore(json.loads(json.dumps(sound.as_dict())))
        wire.given = dict(recorded.bodies)
        for (name, place), value in wrong:
            try:
                wire.given[name] = changed(wire.given[name], place, value)
            except KeyError, IndexError, TypeError:
                continue
        now = NOW + timedelta(minutes=15)
        poll_all(source, now)
        check(source, now)
        # What is kept of nonsense is read again after a restart.
        again = source_of(recorded.api)
        again.restore(json.loads(json.dumps(source.as_dict())))
        check(again, now)

    hold()


def _few(body: Any) -> list[tuple[Any, ...]]:
    """Return the ways to a payload's values, of a list's rows only to the first ones."""
    return [place for place in places(body) if not any(isinstance(step, int) and step > 1 for step in place)]


@pytest.mark.parametrize("turn", range(len(NONSENSE)))
def test_parts_entities_and_controls_hold_when_a_field_is_the_same_nonsense_everywhere(
    recorded: Recorded, wire: Wire, turn: int
) -> None:
    names = {place[-1] for body in recorded.bodies.values() for place in _few(body) if place}
    # Each name gets one of them.
    for name in sorted({name for name in names if isinstance(name, str)})[turn :: len(NONSENSE)]:
        source = source_of(recorded.api)
        wire.given = {path: replaced(body, name, NONSENSE[turn]) for path, body in recorded.bodies.items()}
        poll_all(source)
        check(source, NOW)


def test_what_was_kept_holds_whatever_a_value_of_it_is_replaced_by(recorded: Recorded, wire: Wire) -> None:
    sound = source_of(recorded.api)
    poll_all(sound)
    memory = json.loads(json.dumps(sound.as_dict()))
    everywhere = sorted(places(memory), key=repr)

    @quick
    @given(st.sampled_from(everywhere), JSON)
    def hold(place: tuple[Any, ...], value: Any) -> None:
        source = source_of(recorded.api)
        kept = changed(memory, place, value)
        if not isinstance(kept, dict):
            return
        source.restore(kept)
        check(source, NOW)
        poll_all(source)
        check(source, NOW)

    hold()


def test_a_setting_holds_whatever_is_asked_for_and_whatever_is_answered(recorded: Recorded, wire: Wire) -> None:
    source = source_of(recorded.api)
    poll_all(source)
    found = {name: source.control(name, NOW) for name in source.control_names()}
    controls: dict[ControlName, Any] = {name: control for name, control in found.items() if control is not None}
    assert bool(controls) is (recorded.api == "v4")
    if not controls:
        return

    @quick
    @given(st.sampled_from(sorted(controls, key=repr)), LEAVES | st.floats(), JSON)
    def hold(name: ControlName, wanted: Any, answer: Any) -> None:
        control = controls[name]
        try:
            admitted = control.limits.admit(wanted)
        except TypeError:
            assert wanted is None
            return
        except ControlError:
            admitted = None
        wire.echo = answer
        for value in (admitted, control.value):
            if value is None:
                continue
            if isinstance(value, float | int) and not isinstance(value, bool):
                assert control.limits.minimum <= value <= control.limits.maximum
            try:
                at_once(control.write(value))
            except ApiError, ControlError:
                continue

    hold()


def test_every_part_is_looked_at(recorded: Recorded) -> None:
    source = source_of(recorded.api)
    kinds: set[type[Part]] = {builder.part for builder in source.builders}
    assert len(kinds) == len(source.builders)


@pytest.mark.parametrize(("api", "other"), [("v4", {"system", "open_events"}), ("v2", {"system", "envoys"})])
def test_nothing_is_polled_that_nothing_is_made_of(api: str, other: set[str]) -> None:
    source = source_of(api)
    read = {key for builder in source.builders if builder.part not in (Health, Quota) for key in builder.feeds}
    # These tell how the system does, where its days begin and whether its gateways report.
    assert source.feeds.keys() - read == other
