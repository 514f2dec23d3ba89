"""The meters' stream: the newest frame counts, and nothing of it is left behind."""

import asyncio
from collections.abc import AsyncIterator
import json
from typing import Any, cast

from aiohttp import ClientError, ClientPayloadError, ClientResponse
import pytest

from custom_components.energy_site.api.errors import ApiConnectionError, ApiPayloadError, ApiTimeoutError
from custom_components.energy_site.vendors.iq_gateway.client.stream import MeterStream, parse_frame

END = object()


def frame(watts: object) -> dict[str, Any]:
    """Return what a frame of a home that produces holds."""
    return {"production": {"ph-a": {"p": watts}}}


def line(payload: object) -> bytes:
    """Return a frame as it is sent."""
    return b"data: " + json.dumps(payload).encode() + b"\r\n"


class Answer:
    """An answer whose lines come when the test says so."""

    def __init__(self) -> None:
        self._lines: asyncio.Queue[object] = asyncio.Queue()
        self.closed = 0

    async def send(self, *lines: object) -> None:
        """Send lines, an error, or the end, and let them be read."""
        for each in lines:
            self._lines.put_nowait(each)
        for _ in range(5 + 2 * len(lines)):
            await asyncio.sleep(0)

    @property
    async def content(self) -> AsyncIterator[bytes]:
        """Return the lines."""
        while (got := await self._lines.get()) is not END:
            if isinstance(got, Exception):
                raise got
            yield cast("bytes", got)

    def close(self) -> None:
        """Note that nobody reads any more."""
        self.closed += 1


@pytest.fixture
def answer() -> Answer:
    """Return an answer that has not sent anything."""
    return Answer()


@pytest.fixture
async def stream(answer: Answer) -> AsyncIterator[MeterStream]:
    """Return a stream that is being read."""
    found = MeterStream("stream/meter", cast("ClientResponse", answer))
    await asyncio.sleep(0)
    yield found
    await found.close()


async def watts(stream: MeterStream, seconds: float = 0.01) -> float | None:
    """Return what the newest frame tells."""
    production = (await stream.frame(seconds)).production
    assert production is not None
    return production[0]


async def test_each_frame_is_returned_once(stream: MeterStream, answer: Answer) -> None:
    await answer.send(line(frame(100.0)))
    assert await watts(stream) == 100
    with pytest.raises(ApiTimeoutError):
        await watts(stream)
    await answer.send(line(frame(200.0)))
    assert await watts(stream) == 200


async def test_a_frame_is_waited_for(stream: MeterStream, answer: Answer) -> None:
    waiting = asyncio.ensure_future(watts(stream, 5))
    await asyncio.sleep(0)
    await answer.send(line(frame(100.0)))
    assert await waiting == 100


async def test_of_a_burst_the_newest_frame_counts(stream: MeterStream, answer: Answer) -> None:
    await answer.send(*(line(frame(float(number))) for number in range(10)))
    assert await watts(stream) == 9
    with pytest.raises(ApiTimeoutError):
        await watts(stream)


@pytest.mark.parametrize(
    "garbage",
    [
        b"\r\n",
        b": keep-alive\r\n",
        b"event: tick\r\n",
        b"data:\r\n",
        b"data: {\r\n",
        b"data: \xff\xfe\r\n",
        b"data: " + b"[" * 5000 + b"\r\n",
        line(None),
        line([1, 2]),
        line("production"),
        line({"else": 1}),
    ],
)
async def test_what_is_no_frame_is_skipped(stream: MeterStream, answer: Answer, garbage: bytes) -> None:
    await answer.send(garbage)
    with pytest.raises(ApiTimeoutError):
        await watts(stream)
    assert not stream.ended
    await answer.send(line(frame(100.0)), garbage)
    assert await watts(stream) == 100


async def test_a_frame_before_the_end_is_returned_then_the_end_is_told(stream: MeterStream, answer: Answer) -> None:
    await answer.send(line(frame(100.0)), END)
    assert stream.ended
    assert await watts(stream) == 100
    for _ in range(2):
        with pytest.raises(ApiConnectionError) as caught:
            await watts(stream)
        assert not isinstance(caught.value, ApiTimeoutError)


@pytest.mark.parametrize(
    "error", [ClientPayloadError("cut"), ClientError(), OSError(), ValueError("Chunk too big"), TimeoutError()]
)
async def test_a_connection_that_breaks_is_an_end(stream: MeterStream, answer: Answer, error: Exception) -> None:
    waiting = asyncio.ensure_future(watts(stream, 5))
    await asyncio.sleep(0)
    await answer.send(error)
    with pytest.raises(ApiConnectionError) as caught:
        await waiting
    assert caught.value.endpoint == "stream/meter"
    assert stream.ended
    assert answer.closed


async def test_closing_ends_whoever_waits_and_leaves_no_task(stream: MeterStream, answer: Answer) -> None:
    waiting = asyncio.ensure_future(watts(stream, 5))
    await asyncio.sleep(0)
    await stream.close()
    with pytest.raises(ApiConnectionError):
        await waiting
    assert stream.ended
    assert answer.closed
    assert asyncio.all_tasks() == {asyncio.current_task()}
    await stream.close()


async def test_a_stream_that_is_closed_before_it_began_is_closed_too(answer: Answer) -> None:
    stream = MeterStream("stream/meter", cast("ClientResponse", answer))
    await stream.close()
    assert answer.closed
    with pytest.raises(ApiConnectionError) as caught:
        await stream.frame(0.01)
    assert not isinstance(caught.value, ApiTimeoutError)


def test_a_frame_tells_each_phase_and_what_is_not_measured() -> None:
    found = parse_frame(
        "stream/meter",
        {
            "production": {"ph-a": {"p": 100.5}, "ph-b": {"p": "much"}, "ph-c": None},
            "net-consumption": {"ph-a": {"p": -50}, "ph-b": {"p": 0.0}, "ph-c": {"p": float("nan")}},
        },
    )
    told = (found.production, found.net_consumption, found.total_consumption)
    assert told == ((100.5, None, None), (-50, 0, None), None)


@pytest.mark.parametrize("payload", [None, 1, "a", [], {"something": "else"}])
def test_what_holds_no_meter_is_no_frame(payload: object) -> None:
    with pytest.raises(ApiPayloadError):
        parse_frame("stream/meter", payload)
