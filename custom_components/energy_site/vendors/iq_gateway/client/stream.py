"""The gateway's stream of meter values by the second, sent as they are measured."""

import asyncio
from dataclasses import dataclass
import logging

from aiohttp import ClientError, ClientResponse
import orjson

from ....api.errors import ApiConnectionError, ApiPayloadError, ApiTimeoutError
from ....api.payload import Record

_LOGGER = logging.getLogger(__name__)

_PREFIX = b"data:"
_PHASES = ("ph-a", "ph-b", "ph-c")


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterFrame:
    """One frame of `/stream/meter`: W by phase, L1 first; positive towards the house, `None` if not measured."""

    production: tuple[float | None, ...] | None
    net_consumption: tuple[float | None, ...] | None
    total_consumption: tuple[float | None, ...] | None


def parse_frame(endpoint: str, payload: object) -> MeterFrame:
    """Read the JSON of one frame."""
    root = Record(endpoint, payload)
    root.expect("production", "net-consumption", "total-consumption")

    def powers(name: str) -> tuple[float | None, ...] | None:
        if name not in root:
            return None
        meter = root.record_or_empty(name)
        return tuple(meter.record_or_empty(phase).number_or_none("p") for phase in _PHASES)

    return MeterFrame(
        production=powers("production"),
        net_consumption=powers("net-consumption"),
        total_consumption=powers("total-consumption"),
    )


class MeterStream:
    """An open stream.

    Frames arrive about once a second, in bursts after a stall. As only the newest one is needed, a
    task reads them continuously and keeps that.
    """

    def __init__(self, endpoint: str, answer: ClientResponse) -> None:
        """Start reading."""
        self._endpoint = endpoint
        self._answer = answer
        self._newest: MeterFrame | None = None
        self._arrived = asyncio.Event()
        self._task = asyncio.get_running_loop().create_task(self._read())

    @property
    def ended(self) -> bool:
        """Whether no more frames will arrive."""
        return self._task.done()

    async def frame(self, seconds: float) -> MeterFrame:
        """Return the newest frame that has not been returned yet, waiting up to `seconds` for it.

        Raises `ApiTimeoutError` if none arrives, `ApiConnectionError` if the stream has ended.
        """
        try:
            async with asyncio.timeout(seconds):
                await self._arrived.wait()
        except TimeoutError:
            raise ApiTimeoutError(self._endpoint, f"no frame within {seconds:g} s") from None
        frame, self._newest = self._newest, None
        if frame is None:
            raise ApiConnectionError(self._endpoint, "the stream ended")
        if not self.ended:
            self._arrived.clear()
        return frame

    async def close(self) -> None:
        """End the stream."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        # A task that is cancelled before it has started doesn't clean up.
        self._answer.close()
        self._arrived.set()

    async def _read(self) -> None:
        try:
            async for line in self._answer.content:
                if line.startswith(_PREFIX):
                    self._accept(line.removeprefix(_PREFIX))
        except (ClientError, OSError, ValueError, TimeoutError) as err:
            _LOGGER.debug("%s ended: %s", self._endpoint, type(err).__name__)
        finally:
            self._answer.close()
            self._arrived.set()

    def _accept(self, data: bytes) -> None:
        try:
            self._newest = parse_frame(self._endpoint, orjson.loads(data))
        except (ApiPayloadError, orjson.JSONDecodeError) as err:
            _LOGGER.debug("%s: a frame could not be read: %s", self._endpoint, type(err).__name__)
            return
        self._arrived.set()
