"""Known failures of the service, for a server's `faults` or its `misbehave`."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import override

from simulator.iq_gateway.faults import Fault
from simulator.iq_gateway.reply import Reply

from .errors import LOGIN_PAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class Misbehaviour(Fault):
    """What is answered in place of what is due: a page, an odd status, or a complaint of the service's own."""

    status: int = 200
    text: str = ""
    content_type: str = "text/html"
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def reply(self) -> Reply:
        """The answer."""
        return Reply(status=self.status, text=self.text, content_type=self.content_type, headers=dict(self.headers))

    @override
    async def before(self, closing: asyncio.Event) -> Reply | None:
        return self.reply


def _json(text: str, status: int = 200, **headers: str) -> Misbehaviour:
    return Misbehaviour(status=status, text=text, content_type="application/json", headers=headers)


def too_many(wait: int | None = 60) -> Misbehaviour:
    """Refuse with 429, with the seconds to wait if any."""
    return _json('{"message": "Too many requests"}', 429, **({} if wait is None else {"Retry-After": str(wait)}))


MAINTENANCE = Misbehaviour(text="<!DOCTYPE html><h1>We will be back soon</h1>")
WALL = Misbehaviour(text=LOGIN_PAGE, content_type="text/html; charset=utf-8")
REDIRECT = Misbehaviour(status=302, headers={"Location": "https://enlighten.enphaseenergy.com/login"})
NOT_ENROLLED = _json('{"message": "Unauthorized"}', 401)
FORBIDDEN = _json('{"message": "Forbidden"}', 403)
GONE = _json('{"message": "Not Found"}', 404)
NOT_ACCEPTABLE = Misbehaviour(status=406)
CONFLICT = _json('{"message": "CONFLICTING_SCHEDULE_CFG"}', 409)
UNAVAILABLE = Misbehaviour(status=503, text="<h1>503 Service Temporarily Unavailable</h1>")
EMPTY_BODY = Misbehaviour(content_type="application/json")
HALF_BODY = _json('{"type": "battery-details", "data": {"profile": "self-con')
SESSIONS_FULL = _json('{"message": "Too many active sessions.."}')
NOT_YOURS = _json('{"message": "Invalid gateway serial"}', 403)
MFA_REQUIRED = _json('{"requires_mfa": true}')
