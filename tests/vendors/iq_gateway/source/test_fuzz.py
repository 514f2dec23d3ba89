"""Whatever a gateway answers, and whatever was stored: parts, entities and controls hold, and only errors of ours come."""

import asyncio
from datetime import UTC, datetime, timedelta, tzinfo
import json
from typing import Any, cast, override

import aiohttp
from hypothesis import given, strategies as st
import pytest

from custom_components.energy_site.api.errors import ApiError, ApiPayloadError
from custom_components.energy_site.api.transport import Response
from custom_components.energy_site.helpers.storage import is_incomplete
from custom_components.energy_site.site.control import ControlName
from custom_components.energy_site.site.model import Part
from custom_components.energy_site.sources.control_queue import ControlQueue
from custom_components.energy_site.sources.feed import Feed
from custom_components.energy_site.vendors.iq_gateway.client import edits
from custom_components.energy_site.vendors.iq_gateway.client.client import IqGatewayClient
from custom_components.energy_site.vendors.iq_gateway.client.models.info import parse_info
from custom_components.energy_site.vendors.iq_gateway.client.token import GatewayToken
from custom_components.energy_site.vendors.iq_gateway.source.source import IqGatewaySource
from tests.mangled import changed, places

from ....nonsense import JSON, LEAVES, at_once, check, quick, replaced
from .driver import INTERVALS, simulated

PRESETS = ("home", "generator")


class Gateway:
    """What one simulated gateway answered to everything, as it came."""

    def __init__(self, serial: str, token: str, now: datetime, bodies: dict[str, Any], info: bytes) -> None:
        self.serial = serial
        self.token = token
        self.now = now
        self.bodies = bodies
        self.info = info


class Replayed(IqGatewaySource):
    """A source whose answers are given, in place of counts for."""

    given: dict[str, object]

    @override
    async def _fetch(self, feed: Feed, now: datetime) -> object:
        body = json.dumps(self.given[feed.endpoint]).encode()
        ask = self.feeds[feed.key].ask
        answer = Response(endpoint=ask.name, status=200, body=body, headers={}, cookies={}, seconds=0.0)
        return ask.parse(ask.name, answer.json())

    @override
    async def _is_reachable(self) -> bool:
        return True

    @override
    async def _is_busy(self) -> bool:
        return False


async def _record(name: str) -> Gateway:
    async with simulated(name) as site:
        await site.start()
        recorded = site.client.recorded
        bodies = {
            path: json.loads(answer.body)
            for path, answer in recorded.items()
            if path != "/info" and answer.status == 200
        }
        return Gateway(site.gateway.serial, site.gateway.token(), site.now, bodies, recorded["/info"].body)


@pytest.fixture(scope="module", params=PRESETS)
def recorded(request: pytest.FixtureRequest) -> Gateway:
    """Return what a house's gateway answers."""
    pytest_socket = pytest.importorskip("pytest_socket")
    pytest_socket.enable_socket()
    return asyncio.run(_record(request.param))


async def _nowhere(_: str) -> tzinfo | None:
    return None


def source_of(gateway: Gateway) -> Replayed:
    """Return a source that knows who the gateway is, and nothing else."""
    # Nobody asks this client anything: the answers are given.
    client = IqGatewayClient(cast("aiohttp.ClientSession", None), "127.0.0.1")
    source = Replayed(client, gateway.serial, GatewayToken.parse(gateway.token), INTERVALS, UTC, _nowhere)
    source.info = parse_info("info", gateway.info)
    source.given = dict(gateway.bodies)
    return source


def poll_all(source: Replayed, now: datetime) -> None:
    """Ask everything once; an answer that cannot be read is a failure of its own."""
    for key, feed in source.feeds.items():
        if feed.endpoint in source.given:
            try:
                at_once(source.poll(key, now))
            except ApiError:
                continue


def test_nothing_is_wrong_with_what_is_right(recorded: Gateway) -> None:
    source = source_of(recorded)
    poll_all(source, recorded.now)
    check(source, recorded.now)
    assert len([builder for builder in source.builders if source.part(builder.part) is not None]) >= 6


def test_parts_entities_and_controls_hold_whatever_a_value_is_replaced_by(recorded: Gateway) -> None:
    sound = source_of(recorded)
    poll_all(sound, recorded.now)
    everywhere = [(path, place) for path, body in recorded.bodies.items() for place in places(body)]

    @quick
    @given(st.lists(st.tuples(st.sampled_from(everywhere), JSON), min_size=1, max_size=3), st.booleans())
    def hold(wrong: list[tuple[tuple[str, tuple[Any, ...]], Any]], first: bool) -> None:
        source = source_of(recorded)
        if not first:
            # What was sound before decides differently from what was never known.
            source.restore(json.loads(json.dumps(sound.as_dict())))
        for (path, place), value in wrong:
            try:
                source.given[path] = changed(source.given[path], place, value)
            except KeyError, IndexError, TypeError:
                continue
        now = recorded.now + timedelta(seconds=30)
        poll_all(source, now)
        check(source, now)

    hold()


@pytest.mark.parametrize("value", [None, "unknown", [], {}, True, -1, 10**18, 1e308, "9" * 400], ids=repr)
def test_parts_entities_and_controls_hold_when_a_field_is_the_same_nonsense_everywhere(
    recorded: Gateway, value: Any
) -> None:
    names = {place[-1] for body in recorded.bodies.values() for place in places(body) if place}
    for name in sorted({name for name in names if isinstance(name, str)})[::11]:
        source = source_of(recorded)
        source.given = {path: replaced(body, name, value) for path, body in recorded.bodies.items()}
        poll_all(source, recorded.now)
        check(source, recorded.now)


def test_books_and_memory_hold_whatever_a_stored_value_is_replaced_by(recorded: Gateway) -> None:
    sound = source_of(recorded)
    poll_all(sound, recorded.now)
    memory = json.loads(json.dumps(sound.as_dict()))
    everywhere = sorted(places(memory), key=repr)

    @quick
    @given(st.sampled_from(everywhere), JSON)
    def hold(place: tuple[Any, ...], value: Any) -> None:
        source = source_of(recorded)
        kept = changed(memory, place, value)
        if not isinstance(kept, dict):
            return
        source.restore(kept)
        is_incomplete(kept.get("books"), source.as_dict().get("books"))
        poll_all(source, recorded.now)
        check(source, recorded.now)

    hold()


def test_wishes_that_were_stored_hold_whatever_they_are(recorded: Gateway) -> None:
    async def nobody(_: Any = None) -> None:
        """Keep nothing, ask nobody."""

    @quick
    @given(st.dictionaries(st.sampled_from(["wishes", "in_force", "x"]), JSON))
    def hold(kept: dict[str, Any]) -> None:
        steering = ControlQueue(
            source_of(recorded), clock=lambda: recorded.now, poll=nobody, save=nobody, changed=lambda _: None
        )
        steering.restore(kept)
        json.dumps(steering.as_dict(), allow_nan=False)

    hold()


def test_a_control_admits_only_what_its_limits_allow(recorded: Gateway) -> None:
    source = source_of(recorded)
    poll_all(source, recorded.now)
    found = {name: source.control(name, recorded.now) for name in source.control_names()}
    controls: dict[ControlName, Any] = {name: control for name, control in found.items() if control is not None}
    if not controls:
        return

    @quick
    @given(st.sampled_from(sorted(controls, key=repr)), LEAVES | st.floats() | JSON)
    def hold(name: ControlName, value: Any) -> None:
        limits = controls[name].limits
        try:
            admitted = limits.admit(value)
        except TypeError:
            # No service hands on a list or an object.
            assert isinstance(value, list | dict) or value is None
            return
        if isinstance(admitted, float | int) and not isinstance(admitted, bool):
            assert limits.minimum <= admitted <= limits.maximum

    hold()


@quick
@given(JSON)
def test_an_object_that_is_to_be_changed_may_be_anything(payload: Any) -> None:
    for edit in (
        edits.storage_settings("admin/lib/tariff", {"reserved_soc": 30.0}),
        edits.dry_contact("ivp/ss/dry_contact_settings", "NC1", {"mode": "manual"}),
    ):
        try:
            json.dumps(edit(payload))
        except ApiPayloadError:
            continue


def test_every_part_is_looked_at(recorded: Gateway) -> None:
    source = source_of(recorded)
    kinds: set[type[Part]] = {builder.part for builder in source.builders}
    assert len(kinds) == len(source.builders)
