"""Known failures of the Fleet API, for a server's `faults`."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, override

from simulator.iq_gateway.faults import Fault
from simulator.iq_gateway.reply import Reply

from .errors import failure, too_many


@dataclass(frozen=True, slots=True)
class Refuse(Fault):
    """Refuses with a status in Tesla's envelope (502 to 504: nginx's page), with other words if given."""

    status: int
    error: str | None = None
    description: str | None = None

    @override
    async def before(self, closing: asyncio.Event) -> Reply | None:
        return failure(self.status, self.error, self.description).reply


@dataclass(frozen=True, slots=True)
class TooMany(Fault):
    """Refuses with 429; its wait (s) is in a `header`, the `body`, a `rate` limit header, or not sent (`none`)."""

    wait: int = 86_400
    wait_in: str = "header"

    @override
    async def before(self, closing: asyncio.Event) -> Reply | None:
        return too_many(self.wait, self.wait_in).reply


@dataclass(frozen=True, slots=True)
class NullResponse(Fault):
    """Does what it is asked, and answers `{"response": null}`."""

    @override
    def after(self, reply: Reply) -> Reply:
        return reply.with_payload({"response": None})


@dataclass(frozen=True, slots=True)
class Changed(Fault):
    """Answers with other fields in the response, and without some."""

    changes: Mapping[str, Any] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()

    @override
    def after(self, reply: Reply) -> Reply:
        payload: Any = reply.json()
        if not isinstance(payload, dict) or not isinstance(payload.get("response"), dict):
            return reply
        kept = {name: value for name, value in payload["response"].items() if name not in self.gone}
        return reply.with_payload({**payload, "response": {**kept, **self.changes}})
