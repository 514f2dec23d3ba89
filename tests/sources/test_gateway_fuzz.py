"""Whatever a gateway answers, and whatever was stored: parts, entities and controls hold, and only errors of ours come."""

import asyncio
from collections.abc import Coroutine, Iterator
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta, tzinfo
import json
import math
from typing import Any, cast, override

import aiohttp
from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.energy_site.clients.errors import ApiError, ApiPayloadError
from custom_components.energy_site.clients.iq_gateway import edits
from custom_components.energy_site.clients.iq_gateway.client import IqGatewayClient
from custom_components.energy_site.clients.iq_gateway.models.info import parse_info
from custom_components.energy_site.clients.iq_gateway.token import GatewayToken
from custom_components.energy_site.clients.transport import Response
from custom_components.energy_site.sensor import ROWS
from custom_components.energy_site.site.control import ControlName
from custom_components.energy_site.site.model import Part
from custom_components.energy_site.sources.feed import Feed
from custom_components.energy_site.sources.iq_gateway.source import IqGatewaySource
from custom_components.energy_site.sources.steering import Steering
from custom_components.energy_site.storage import left_out
from custom_components.energy_site.tables.controls import NUMBER_ROWS, SELECT_ROWS, SWITCH_ROWS
from custom_components.energy_site.tables.rows import AnyRow
from custom_components.energy_site.tables.site import BINARY_ROWS
from homeassistant.components.sensor import SensorDeviceClass, SensorEntityDescription

from .driver import INTERVALS, simulated

PRESETS = ("home", "generator")
ALL_ROWS: tuple[AnyRow, ...] = (*ROWS, *BINARY_ROWS, *NUMBER_ROWS, *SELECT_ROWS, *SWITCH_ROWS)
LONGEST_STATE = 255

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from([0, -1, 2**32, 4294967292, 1e308, "", "unknown", "9" * 400, "x" * 300, "on", "true", -0.0])
    | st.text(max_size=6)
)
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
)
quick = settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))


class Gateway:
    """What one simulated gateway answered to everything, as it came."""

    def __init__(self, serial: str, token: str, now: datetime, bodies: dict[str, Any], info: bytes) -> None:
        self.serial = serial
        self.token = token
        self.now = now
        self.bodies = bodies
        self.info = info


class Replayed(IqGatewaySource):
    """A source whose answers are given, in place of asked for."""

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


def at_once[T](work: Coroutine[Any, Any, T]) -> T:
    """Return what comes of work that waits for nobody."""
    try:
        work.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    raise AssertionError("it waits")


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


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Return the way to each value of a payload."""
    yield path
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        yield from places(child, (*path, key))


def changed(node: Any, path: tuple[Any, ...], value: Any) -> Any:
    """Return a payload with another value at a place."""
    if not path:
        return value
    copy = dict(node) if isinstance(node, dict) else list(node)
    copy[path[0]] = changed(node[path[0]], path[1:], value)
    return copy


def replaced(node: Any, name: str, value: Any) -> Any:
    """Return a payload with another value in each field of a name."""
    match node:
        case dict():
            return {key: value if key == name else replaced(child, name, value) for key, child in node.items()}
        case list():
            return [replaced(child, name, value) for child in node]
    return node


def numbers(value: Any) -> Iterator[float]:
    """Return all numbers of a part."""
    if is_dataclass(value):
        for field in fields(value):
            yield from numbers(getattr(value, field.name))
    elif isinstance(value, dict):
        for each in value.values():
            yield from numbers(each)
    elif isinstance(value, tuple | list):
        for each in value:
            yield from numbers(each)
    elif isinstance(value, float):
        yield value


def check_state(row: AnyRow, value: object) -> None:
    """Check that Home Assistant can show a value."""
    description = row.description
    match value:
        case str():
            assert len(value) <= LONGEST_STATE, description.key
            if isinstance(description, SensorEntityDescription) and description.device_class is SensorDeviceClass.ENUM:
                assert value in (description.options or ()), (description.key, value)
        case datetime():
            assert value.tzinfo is not None, description.key
        case float():
            assert math.isfinite(value), description.key


def check(source: Replayed, now: datetime) -> None:
    """Check everything that is made of the answers."""
    failed = {name: mishap.error for name, mishap in source.mishaps.by_name.items() if mishap.error}
    assert failed == {}
    for builder in source.builders:
        part = source.part(builder.part)
        assert all(math.isfinite(number) for number in numbers(part)), builder.part
        source.settled(builder.part, now)
    for row in ALL_ROWS:
        for serial in {*row.candidates(source.part), *row.present(source.part)}:
            check_state(row, row.read(source.part, serial))
        row.stamp(source.part)
    for name in source.control_names():
        source.control(name, now)
    json.dumps(source.memory(), allow_nan=False)


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
            source.remember(json.loads(json.dumps(sound.memory())))
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
    memory = json.loads(json.dumps(sound.memory()))
    everywhere = sorted(places(memory), key=repr)

    @quick
    @given(st.sampled_from(everywhere), JSON)
    def hold(place: tuple[Any, ...], value: Any) -> None:
        source = source_of(recorded)
        kept = changed(memory, place, value)
        if not isinstance(kept, dict):
            return
        source.remember(kept)
        left_out(kept.get("books"), source.memory().get("books"))
        poll_all(source, recorded.now)
        check(source, recorded.now)

    hold()


def test_wishes_that_were_stored_hold_whatever_they_are(recorded: Gateway) -> None:
    async def nobody(_: Any = None) -> None:
        """Keep nothing, ask nobody."""

    @quick
    @given(st.dictionaries(st.sampled_from(["wishes", "in_force", "x"]), JSON))
    def hold(kept: dict[str, Any]) -> None:
        steering = Steering(
            source_of(recorded), clock=lambda: recorded.now, ask=nobody, keep=nobody, changed=lambda _: None
        )
        steering.load(kept)
        json.dumps(steering.dump(), allow_nan=False)

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
