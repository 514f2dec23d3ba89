"""From an answer of the account's services to an error: the one place that knows how they refuse."""

from collections.abc import Iterator
import re

from ....api.errors import ApiPayloadError, ApiRefusedError
from ....api.payload import Record
from ....api.transport import Response
from ....api.words import safe_words
from ...enphase.client.errors import AccountClientRefusedError

# From the most to the least telling. `error` may be an object, or only repeat the status.
_TEXTS = ("displayMessage", "message", "error_description", "reason", "detail", "details", "error", "errors")

# What the status says already, and what is about the request and not about the setting.
_IDLE = re.compile(
    r"(forbidden|bad request|conflict|unprocessable entity|success|error"
    r"|access (is )?denied|invalid cors request|.*[cx]srf.*)\W*",
    re.IGNORECASE | re.DOTALL,
)

# Statuses that say no to the request as it is, whenever it is sent.
_REFUSALS = frozenset({400, 402, 403, 409, 412, 413, 415, 422, 423, 424, 428, 451})


def raise_for_read(answer: Response) -> None:
    """Raise the error for an answer to a read without success."""
    if answer.status == 406:
        raise AccountClientRefusedError(answer.endpoint, "status 406", retry_after=answer.retry_after)
    answer.raise_for_status()


def raise_for_write(answer: Response) -> None:
    """Raise the error for an answer to a write; what isn't refused was accepted, which proves nothing."""
    if answer.status in _REFUSALS:
        raise ApiRefusedError(answer.endpoint, answer.status, words=words_of(answer))
    raise_for_read(answer)
    if not answer.body.strip():
        return
    payload = answer.json()
    if not isinstance(payload, dict):
        return
    reply = Record(answer.endpoint, payload)
    status = reply.integer_or_none("status") or 0
    if status >= 400 or reply.value("error") or reply.value("errors") or reply.flag_or_none("success") is False:
        raise ApiRefusedError(answer.endpoint, status if 400 <= status < 600 else answer.status, words=words_of(answer))


def words_of(answer: Response) -> str | None:
    """Return the reason of a refusal, safe to show; `None` where it says nothing but the status."""
    try:
        payload = answer.json()
    except ApiPayloadError:
        return None
    if not isinstance(payload, dict):
        return None
    told = list(_levels(Record(answer.endpoint, payload)))
    for key in _TEXTS:
        for level in told:
            words = safe_words(level.value(key))
            if words and not _IDLE.fullmatch(words):
                return words
    return None


def _levels(root: Record) -> Iterator[Record]:
    """Return the objects that may hold a reason, the inner ones first."""
    for key in ("error", "data"):
        yield root.record_or_empty(key)
    yield from root.records("errors")
    yield root
