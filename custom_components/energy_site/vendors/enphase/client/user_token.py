"""The token of the signed-in user, which some endpoints want beside the cookies."""

from dataclasses import replace
from datetime import datetime, timedelta

from ....api.errors import ApiPayloadError
from ....api.payload import Record
from ....api.transport import Response
from .addresses import enlighten
from .exchange import Ask
from .session import AccountSession, read_claims, user_id_of
from .stored import moment

USER_TOKEN = "users/self/token"  # noqa: S105 - A path, no secret.

_RENEWED_BEFORE = timedelta(hours=1)
_LIFE = timedelta(days=1)


def ask_for_user_token() -> Ask:
    """Return the request, whose refusal says nothing of the session: the way was closed before."""
    return Ask(method="GET", url=enlighten() / USER_TOKEN, endpoint=USER_TOKEN, urgent=True, spare=True, limit=64_000)


def has_token(session: AccountSession, now: datetime) -> bool:
    """Return whether the session's token is good for another hour."""
    expires_at = session.token_expires_at
    return session.token is not None and expires_at is not None and expires_at - now > _RENEWED_BEFORE


def with_token(session: AccountSession, answer: Response, now: datetime) -> AccountSession | None:
    """Return the session with the token of an answer, `None` if there is none."""
    if not 200 <= answer.status < 300:
        return None
    try:
        reply = Record(answer.endpoint, answer.json())
        token = reply.text("token")
    except ApiPayloadError:
        return None
    # A header can't hold anything else.
    if not token.isascii() or " " in token:
        return None
    ends = (moment(reply.value("expires_at")), moment(read_claims(token).get("exp")))
    return replace(
        session,
        token=token,
        token_expires_at=min((end for end in ends if end is not None), default=now + _LIFE),
        user_id=user_id_of(token) or session.user_id,
    )
