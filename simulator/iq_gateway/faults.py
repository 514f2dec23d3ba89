"""Misbehaviour on request."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, override

from .reply import LOGIN_PAGE, Json, Reply, html


class ConnectionBroken(Exception):  # noqa: N818
    """The connection ends here without an answer."""


class Fault:
    """One kind of misbehaviour; `paths` are where it belongs if not told else."""

    paths: tuple[str, ...] = ()

    async def before(self, closing: asyncio.Event) -> Reply | None:  # noqa: ARG002
        """Act before the gateway does; a reply is sent instead of its own."""
        return None

    def after(self, reply: Reply) -> Reply:
        """Act on the gateway's own reply."""
        return reply


@dataclass(frozen=True, slots=True)
class HttpStatus(Fault):
    """Answers a status: as JSON `{"error": ...}`, or as nginx's HTML page."""

    status: int
    as_json: bool = False

    @override
    async def before(self, closing: asyncio.Event) -> Reply | None:
        if not self.as_json:
            return html(self.status, LOGIN_PAGE if self.status == 401 else None)
        names = {404: "Not Found", 403: "Forbidden", 503: "Service Unavailable"}
        name = names.get(self.status, "Error")
        return Reply(status=self.status, payload={"error": f"{self.status} - {name}"})


@dataclass(frozen=True, slots=True)
class Hang(Fault):
    """Never answers."""

    @override
    async def before(self, closing: asyncio.Event) -> Reply | None:
        await closing.wait()
        raise ConnectionBroken


@dataclass(frozen=True, slots=True)
class Slow(Fault):
    """Takes extra real seconds."""

    seconds: float

    @override
    async def before(self, closing: asyncio.Event) -> Reply | None:
        await asyncio.sleep(self.seconds)
        return None


@dataclass(frozen=True, slots=True)
class Reset(Fault):
    """Breaks the connection instead of answering."""

    @override
    async def before(self, closing: asyncio.Event) -> Reply | None:
        raise ConnectionBroken


@dataclass(frozen=True, slots=True)
class Unheeded(Fault):
    """Says yes to a command and does nothing."""

    @override
    async def before(self, closing: asyncio.Event) -> Reply | None:
        return Reply(payload={})


@dataclass(frozen=True, slots=True)
class AnswerLost(Fault):
    """Does what it is asked, and breaks the connection instead of saying so."""

    @override
    def after(self, reply: Reply) -> Reply:
        raise ConnectionBroken


@dataclass(frozen=True, slots=True)
class Complaint(Fault):
    """Does what it is asked, and answers a status that says it did not."""

    status: int

    @override
    def after(self, reply: Reply) -> Reply:
        return html(self.status)


@dataclass(frozen=True, slots=True)
class Aftermath(Fault):
    """Lets something happen right after it did what it was asked, as by another client."""

    act: Callable[[], None]

    @override
    def after(self, reply: Reply) -> Reply:
        self.act()
        return reply


@dataclass(frozen=True, slots=True)
class Truncated(Fault):
    """Sends only a part of the body.

    The length in the headers fits what is sent, or with `promise_all` the
    connection breaks off before the promised end.
    """

    keep: float = 0.6
    promise_all: bool = False

    @override
    def after(self, reply: Reply) -> Reply:
        return replace(reply, keep=self.keep, promise_all=self.promise_all)


@dataclass(frozen=True, slots=True)
class HtmlPage(Fault):
    """Answers an HTML login page with status 200."""

    text: str = LOGIN_PAGE

    @override
    def after(self, reply: Reply) -> Reply:
        return html(200, self.text)


@dataclass(frozen=True, slots=True)
class ErrorObject(Fault):
    """Answers `{"error": ...}` with status 200 whatever shape was due."""

    message: str = "Service unavailable"

    @override
    def after(self, reply: Reply) -> Reply:
        return reply.with_payload({"error": self.message})


@dataclass(frozen=True, slots=True)
class Empty(Fault):
    """Answers an empty list for a list and an empty object for an object."""

    @override
    def after(self, reply: Reply) -> Reply:
        return reply.with_payload([] if isinstance(reply.json(), list) else {})


@dataclass(frozen=True, slots=True)
class Mutate(Fault):
    """Changes a payload; `change` may edit in place or return another one."""

    change: Callable[[Any], Json | None]
    paths: tuple[str, ...] = ()

    @override
    def after(self, reply: Reply) -> Reply:
        payload = reply.json()
        if payload is None:
            return reply
        changed = self.change(payload)
        return reply.with_payload(payload if changed is None else changed)


@dataclass(slots=True, kw_only=True, eq=False)
class ActiveFault:
    """A fault at work: where, how often still, and from when till when (epoch s)."""

    fault: Fault
    paths: frozenset[str]
    methods: frozenset[str]
    left: int | None
    start: float | None
    until: float | None
    hits: int = 0
    _remove: Callable[[ActiveFault], None] = field(repr=False)

    def remove(self) -> None:
        """End the fault."""
        self._remove(self)

    def meets(self, method: str, path: str, now: float) -> bool:
        """Whether it acts on a request for `path` at `now`."""
        return (
            (not self.paths or path in self.paths)
            and (not self.methods or method in self.methods)
            and (self.left is None or self.left > 0)
            and (self.start is None or now >= self.start)
            and (self.until is None or now < self.until)
        )


class Faults:
    """The faults of one gateway."""

    def __init__(self) -> None:
        """Begin without any."""
        self._active: list[ActiveFault] = []

    def add(
        self,
        fault: Fault,
        path: str | Iterable[str] | None = None,
        *,
        methods: Iterable[str] = (),
        count: int | None = None,
        start: float | None = None,
        until: float | None = None,
    ) -> ActiveFault:
        """Let a fault act on `path` (one, several, or by default its own or all), by any or certain methods.

        `count` limits it to so many requests, `start` and `until` (epoch s of the
        gateway's clock) to a time.
        """
        paths = frozenset(fault.paths) if path is None else frozenset([path] if isinstance(path, str) else path)
        active = ActiveFault(
            fault=fault,
            paths=paths,
            methods=frozenset(methods),
            left=count,
            start=start,
            until=until,
            _remove=self._drop,
        )
        self._active.append(active)
        return active

    def clear(self) -> None:
        """End all faults."""
        self._active.clear()

    def take(self, path: str, now: float, method: str = "GET") -> list[Fault]:
        """Return the faults that act on this request, and count it."""
        met = [active for active in self._active if active.meets(method, path, now)]
        for active in met:
            active.hits += 1
            if active.left is not None:
                active.left -= 1
        return [active.fault for active in met]

    def _drop(self, active: ActiveFault) -> None:
        if active in self._active:
            self._active.remove(active)
