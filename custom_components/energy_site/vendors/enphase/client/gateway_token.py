"""The two ways to a token for an IQ Gateway."""

import re

from ....api.errors import ApiPayloadError
from ....api.payload import Record
from ....api.transport import Response
from .addresses import enlighten, entrez
from .exchange import Ask

TOKENS = "tokens"
OWNERS_TOKEN = "entrez-auth-token"  # noqa: S105 - A path, no secret.

_LIMIT = 64_000

# Words of the service's own error for a gateway of a different account. Proxies in front of the service
# report errors too, of a bad gateway or of permissions.
_NOT_YOURS = re.compile(r"\bserial|\benvoy|\bown(s|er|ed)?\b|\bbelong|not (found )?in (this|your) account")


def ask_for_token(session_id: str, email: str, serial: str) -> Ask:
    """Return the request to the service for tokens, which is told the session."""
    return Ask(
        method="POST",
        url=entrez() / "tokens",
        endpoint=TOKENS,
        json={"session_id": session_id, "serial_num": serial, "username": email},
        bare=True,
        urgent=True,
        limit=_LIMIT,
    )


def ask_for_owners_token(serial: str) -> Ask:
    """Return the request to the older service, which gives an owner who is an installer the owner's token."""
    return Ask(
        method="GET",
        url=(enlighten() / "entrez-auth-token").with_query(serial_num=serial),
        endpoint=OWNERS_TOKEN,
        urgent=True,
        limit=_LIMIT,
    )


def token_of(answer: Response) -> str:
    """Return the token of an answer; raise `ApiStatusError` or `ApiPayloadError` if there is none."""
    answer.raise_for_status()
    if answer.endpoint == OWNERS_TOKEN:
        return Record(answer.endpoint, answer.json()).text("token")
    return answer.text()


def says_not_yours(answer: Response) -> bool:
    """Return whether the service reports, in its own JSON, that the gateway isn't in the account."""
    if not (answer.status == 200 or 400 <= answer.status < 500):
        return False
    try:
        reply = answer.json()
    except ApiPayloadError:
        return False
    if not isinstance(reply, dict):
        return False
    words = (reply.get(key) for key in ("message", "error", "error_description", "reason"))
    return any(isinstance(said, str) and _NOT_YOURS.search(said.lower()) for said in words)
