"""From an answer of the Fleet API to its content or to an error: the one place that knows the envelope.

An answer is `response`, or `error` with an `error_description`. A refusal may also
come with the status of a success: as `result: false` with a `reason`, as a `code`, or
with nothing in `response`.
"""

from collections.abc import Iterator

from ....api.errors import ApiAuthError, ApiPayloadError, ApiQuotaError, ApiRefusedError, ApiStatusError
from ....api.payload import Record
from ....api.transport import Response
from ....api.words import safe_words
from .errors import (
    NotRegisteredError,
    PaymentRequiredError,
    ScopeMissingError,
    SiteOfflineError,
    SiteUnavailableError,
    WrongRegionError,
)

# From the most to the least telling; `messages` of an envelope has none for a person.
_TEXTS = ("reason", "error_description", "error", "message")

# A longer wait than eleven days is none.
_LONGEST_WAIT = 1_000_000


def content(endpoint: str, payload: object) -> object:
    """Return what an answer to a read holds, which is never nothing."""
    root = Record(endpoint, payload)
    if (response := root.value("response")) is None:
        raise ApiPayloadError(endpoint, "no response" if "response" in root else "no field response")
    return response


def accepted(answer: Response) -> object:
    """Return what an answer to a write holds, an empty object where it says nothing.

    Raises `ApiRefusedError` for a refusal with the status of a success. What isn't
    refused was accepted, which isn't yet in force.
    """
    if not answer.body.strip():
        return {}
    root = Record(answer.endpoint, answer.json())
    told = list(_levels(root))
    nothing = "response" in root and root.value("response") is None
    codes = [code for level in told if (code := level.integer_or_none("code")) is not None and code >= 400]
    refused = any(level.flag_or_none("result") is False or _text(level, "error") for level in told)
    if nothing or codes or refused:
        raise ApiRefusedError(answer.endpoint, codes[0] if codes else answer.status, words=_words(told))
    return root.value("response") if "response" in root else {}


def status_error(answer: Response, *, of_site: bool) -> ApiStatusError:
    """Return the error for an answer without success, which may be about a site rather than about the account."""
    endpoint, status = answer.endpoint, answer.status
    told = _envelope(answer)
    match status:
        case 401:
            return ApiAuthError(endpoint, status)
        case 402:
            return PaymentRequiredError(endpoint, status)
        case 403:
            return _forbidden(answer, told)
        case 408 | 540 if of_site:
            return SiteOfflineError(endpoint, status, retry_after=answer.retry_after)
        case 404 | 500 if of_site:
            return SiteUnavailableError(endpoint, status, retry_after=answer.retry_after)
        case 412:
            return NotRegisteredError(endpoint, status, words=_words(told))
        case 421:
            return WrongRegionError(endpoint, status)
        case 429:
            return ApiQuotaError(endpoint, status, retry_after=_wait(answer))
        case 400 | 406 | 409 | 422 | 423 | 424 | 451:
            return refusal(answer)
    return _plain(answer)


def refusal(answer: Response) -> ApiRefusedError:
    """Return an answer without success as a refusal in Tesla's words."""
    return ApiRefusedError(answer.endpoint, answer.status, words=_words(_envelope(answer)))


def quota_refusal(answer: Response) -> ApiQuotaError | None:
    """Return what an answer says of a limit that is reached, `None` for any other answer."""
    if answer.status != 429:
        return None
    return ApiQuotaError(answer.endpoint, answer.status, retry_after=_wait(answer))


def _forbidden(answer: Response, told: list[Record]) -> ApiStatusError:
    """Return a lasting error only for a missing scope: servers in front of the API send a 403 for a while as well."""
    said = " ".join(text for level in told for key in _TEXTS if (text := _text(level, key))).casefold()
    kind = ScopeMissingError if "scope" in said else ApiStatusError
    return kind(answer.endpoint, answer.status)


def _plain(answer: Response) -> ApiStatusError:
    """Return what the status alone says."""
    try:
        answer.raise_for_status()
    except ApiStatusError as err:
        return err
    return ApiStatusError(answer.endpoint, answer.status)


def _wait(answer: Response) -> float | None:
    """Return the seconds that a 429 asks to wait, in the header or in the body."""
    if (seconds := answer.retry_after) is not None:
        return seconds
    waits = (level.number_or_none("after") for level in _envelope(answer))
    return next((wait for wait in waits if wait is not None and 0 <= wait < _LONGEST_WAIT), None)


def _words(told: list[Record]) -> str | None:
    return next((words for key in _TEXTS for level in told if (words := safe_words(level.value(key)))), None)


def _text(level: Record, key: str) -> str | None:
    value = level.value(key)
    return value if isinstance(value, str) and value else None


def _envelope(answer: Response) -> list[Record]:
    """Return the objects of a refusal, none where it is something else, such as HTML."""
    try:
        return list(_levels(Record(answer.endpoint, answer.json())))
    except ApiPayloadError:
        return []


def _levels(root: Record) -> Iterator[Record]:
    """Return the objects that may hold a reason, the inner one first."""
    yield root.record_or_empty("response")
    yield root
