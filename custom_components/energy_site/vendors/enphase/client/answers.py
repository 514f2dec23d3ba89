"""What answers say of the session and of a sign-in: pure."""

from enum import Enum, auto
import re
from typing import Any

from multidict import MultiMapping

from ....api.errors import ApiPayloadError
from ....api.payload import Record
from ....api.transport import Response

NONCE_COOKIE = "login_otp_nonce"

_SESSIONS_FULL = "too many active sessions"
_LOGIN_PAGE = re.compile(rb"authenticity_token|/login\b|user\[password\]|onetrust|optanon", re.IGNORECASE)
_HTML = re.compile(rb"\s*<")


class SessionDoubt(Enum):
    """What an answer that isn't the endpoint's own may mean, if it isn't that the endpoint is for others."""

    OVER = auto()
    """The session is over."""

    WALL = auto()
    """The page for signing in: the session is over, or everybody is turned away for a while."""

    FORBIDDEN = auto()
    """A refusal, which says nothing of the session unless all are refused."""

    PAGE = auto()
    """Some other page for people, such as one about maintenance."""


def doubt(answer: Response) -> SessionDoubt | None:
    """Return what is doubtful about an answer, `None` if it is the endpoint's own."""
    if answer.status == 401 or 300 <= answer.status < 400:
        return SessionDoubt.OVER
    if answer.status == 403:
        return SessionDoubt.FORBIDDEN
    if answer.status >= 300 or not _HTML.match(answer.body):
        return None
    return SessionDoubt.WALL if _LOGIN_PAGE.search(answer.body) else SessionDoubt.PAGE


def is_visitors(answer: Response) -> bool:
    """Return whether the cookies of an answer are those of a visitor, which would replace a session's."""
    return 300 <= answer.status < 400 or (answer.status < 500 and _HTML.match(answer.body) is not None)


def set_cookies(answer: Response) -> list[str]:
    """Return the `Set-Cookie` headers."""
    headers = answer.headers
    return headers.getall("Set-Cookie", []) if isinstance(headers, MultiMapping) else []


def says_sessions_full(answer: Response) -> bool:
    """Return whether the account has too many sessions, whatever the status."""
    return _SESSIONS_FULL in answer.text().lower()


def reply_of(answer: Response) -> Record:
    """Return the object of an answer, an empty one for anything else."""
    try:
        payload: Any = answer.json()
    except ApiPayloadError:
        payload = None
    return Record(answer.endpoint, payload if isinstance(payload, dict) else {})


def wants_code(reply: Record, *, nonce: bool) -> bool:
    """Return whether an answer to the password, which brought no session, asks for a second factor."""
    return bool(reply.flag_or_none("success") or reply.flag_or_none("requires_mfa") or nonce)
