"""Sends one request of an account at a time, as often as its governor allows."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiohttp import ClientSession
from yarl import URL

from ....api.transport import Response, request
from .errors import AccountPausedError, NotYetError
from .governor import Governor

_TIMEOUT = 30.0

# The services respond with status 406 to the user agent of Home Assistant's own session.
_HEADERS = {"Accept": "application/json", "User-Agent": "energy-site/1.0"}

# A wait within the limit of a minute passes; for a longer one somebody else may have an idea.
_LONGEST_WAIT = 65.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A request to one of the account's services.

    An `urgent` one waits for its turn. One `by_person` isn't held up by a stop. An answer of 429
    to a `spare` one is about its endpoint alone. A `bare` one goes to another host, without the
    session's cookies. `repeats` are cookies that are sent as headers too, by the header's name.
    """

    method: str
    url: URL = field(repr=False)
    endpoint: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    json: Any = field(default=None, repr=False)
    urgent: bool = False
    by_person: bool = False
    spare: bool = False
    bare: bool = False
    repeats: Mapping[str, str] = field(default_factory=dict)
    limit: int = 8_000_000


class Exchange:
    """The one way to the account's services."""

    def __init__(
        self,
        http: ClientSession,
        governor: Governor,
        *,
        clock: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        """Send with `http`, which must keep no cookies."""
        self._http = http
        self._governor = governor
        self._clock = clock
        self._sleep = sleep
        self._lock = asyncio.Lock()
        self._running: asyncio.Task[Response] | None = None
        self.count = 0

    async def send(
        self, ask: Ask, *, headers: Callable[[], Mapping[str, str]], received: Callable[[Response], Awaitable[None]]
    ) -> Response:
        """Send a request when it is its turn, and return the answer, whatever its status.

        `headers` gives those with cookies, which are those of that moment, and nothing else is sent before
        `received` is done with the answer. Both is seen to even where the caller is
        cancelled: an answer may bring the only cookies that are still valid. Raises
        `AccountPausedError` if the turn is more than a minute away, `NotYetError` if it is less but
        nobody waits, and what `api.transport.request` raises.
        """
        await self._take_turn(ask)
        running = asyncio.create_task(self._run(ask, headers, received))
        self._running = running
        running.add_done_callback(lambda _: self._lock.release())
        return await asyncio.shield(running)

    async def drain(self) -> None:
        """Wait until what was sent is answered and stored."""
        if self._running is not None:
            await asyncio.wait([self._running])

    async def _take_turn(self, ask: Ask) -> None:
        """Wait for the turn without holding up others, and return with the lock taken and the request counted."""
        while True:
            await self._lock.acquire()
            now = self._clock()
            wait = self._governor.wait(now, urgent=ask.urgent, by_person=ask.by_person)
            if wait <= 0:
                self._governor.sent(now)
                self.count += 1
                return
            self._lock.release()
            if (self._governor.stopped(now) and not ask.by_person) or wait > _LONGEST_WAIT:
                raise AccountPausedError(ask.endpoint, retry_after=wait)
            if not ask.urgent:
                raise NotYetError(ask.endpoint, retry_after=wait)
            await self._sleep(wait)

    async def _run(
        self, ask: Ask, headers: Callable[[], Mapping[str, str]], received: Callable[[Response], Awaitable[None]]
    ) -> Response:
        answer = await request(
            self._http,
            ask.method,
            ask.url,
            endpoint=ask.endpoint,
            timeout=_TIMEOUT,
            limit=ask.limit,
            headers={**_HEADERS, **ask.headers, **headers()},
            form=ask.form,
            json=ask.json,
            # A repetition would come with cookies and a token that the lost answer has replaced.
            once=True,
        )
        if answer.status == 429 and not ask.spare:
            self._governor.stop(self._clock(), answer.retry_after)
        await received(answer)
        return answer
