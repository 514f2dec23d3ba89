"""Maps error responses to errors, and is the only place that knows their formats.

The services report an error in four formats: `message` with `details` and a `code`, `reason` with a
list of messages, `errorCode` with `errorMessages`, and OAuth's `error` with an `error_description`.
Proxies in front of them respond in HTML. No text of a response is used in an error's message, as it
contains names of systems and tokens.
"""

from enum import Enum, auto
import re

from ....api.errors import (
    ApiAuthError,
    ApiForbiddenError,
    ApiNotFoundError,
    ApiPayloadError,
    ApiPlanError,
    ApiQuotaError,
    ApiStatusError,
    HardwareAbsentError,
)
from ....api.payload import Record
from ....api.transport import Response
from .endpoint import PlanGroup
from .errors import KeyMismatchError, KeyRefusedError, NotReportedError, RangeError, RetiredError, UnprocessableError
from .models.common import epoch

_TEXTS = ("message", "details", "errorMessages", "error", "error_description")
_PERIODS = ("second", "minute", "hour", "day", "month", "year")

# The statuses of an exceeded quota; v2 uses the first.
_QUOTA = (409, 429)

# More text than this of an error response adds no information.
_LONGEST = 2000

_KEY = re.compile(r"\bapi key\b|\bmismatch\b|\bauthentication (failed|parameters)\b")
_PLAN = re.compile(r"\bplan\b")
_ABSENT = re.compile(r"\b(doesn.t|does not) have\b")
_DATES = re.compile(r"\bdates?\b|\bstart_time\b|\bin the future\b")

# The service prints dates in Ruby syntax: {:start_at=>1, :first_interval=>2}.
_RUBY_TIME = r":{}\s*=>\s*\"?(\d{{1,11}})\b"


class UnauthorizedCause(Enum):
    """The cause of a 401."""

    KEY = auto()
    PLAN = auto()
    TOKEN = auto()
    UNCLEAR = auto()


class ErrorResponse:
    """An error response in any of the formats."""

    def __init__(self, answer: Response) -> None:
        """Read as much as possible; any response is accepted."""
        self.answer = answer
        self.html = answer.body.lstrip()[:1] == b"<"
        mute = self.html or 200 <= answer.status < 300
        self.fields = None if mute else _fields(answer)
        self.words = "" if mute else self._words()

    @property
    def doubt(self) -> UnauthorizedCause:
        """The cause of a 401.

        If the response only says "User is not authorized", either the token has expired, or the
        plan lacks the group of endpoints.
        """
        if _KEY.search(self.words):
            return UnauthorizedCause.KEY
        if _PLAN.search(self.words):
            return UnauthorizedCause.PLAN
        if "token" in self.words:
            return UnauthorizedCause.TOKEN
        return UnauthorizedCause.UNCLEAR

    def error(self, *, group: str | None = None) -> ApiStatusError:
        """Return the error, for an endpoint that requires the `group` of a plan if given."""
        status, endpoint = self.answer.status, self.answer.endpoint
        if status in (401, 403):
            return self._unauthorized(group)
        if status == 429 or (status == 409 and self._about_quota()):
            return self._quota()
        if status == 422:
            return self._unprocessable()
        if status == 501:
            # The service's status for a method that an endpoint doesn't support.
            return ApiNotFoundError(endpoint, status)
        return self._plain()

    def retired(self) -> RetiredError | None:
        """Return an error if something other than the API responds, because it was retired."""
        status = self.answer.status
        gone = status == 410 or 300 <= status < 400
        strange = self.html and status < 500 and status != 429
        nowhere = self.fields is None and status in (404, 405)
        return RetiredError(self.answer.endpoint, status) if gone or strange or nowhere else None

    def _unauthorized(self, group: str | None) -> ApiStatusError:
        status, endpoint = self.answer.status, self.answer.endpoint
        if "mismatch" in self.words:
            return KeyMismatchError(endpoint, status, reason="the API key is of another application")
        if _KEY.search(self.words):
            return KeyRefusedError(endpoint, status, reason="the API key is refused")
        if status == 403 or _PLAN.search(self.words):
            return not_granted(endpoint, status, group)
        return ApiAuthError(endpoint, status)

    def _plain(self) -> ApiStatusError:
        """Return the error for the status alone."""
        try:
            self.answer.raise_for_status()
        except ApiStatusError as err:
            return err
        return ApiStatusError(self.answer.endpoint, self.answer.status)

    def _about_quota(self) -> bool:
        return "limit" in self.words or (self.fields is not None and "period_end" in self.fields)

    def _quota(self) -> ApiQuotaError:
        fields = self.fields or Record(self.answer.endpoint, {})
        period = fields.text_or_none("period")
        return ApiQuotaError(
            self.answer.endpoint,
            self.answer.status,
            period=period if period in _PERIODS else None,
            period_end=epoch(fields, "period_end"),
            limit=fields.integer_or_none("limit"),
            retry_after=self._plain().retry_after,
        )

    def _unprocessable(self) -> ApiStatusError:
        endpoint, words = self.answer.endpoint, self.words
        if _ABSENT.search(words):
            return HardwareAbsentError(endpoint, 422, reason="the system has no such device")
        if "not reported" in words:
            return NotReportedError(endpoint, 422, reason="the system has not reported yet")
        times = {key: self._time(key) for key in ("start_at", "end_at", "first_interval", "last_interval")}
        if any(times.values()) or _DATES.search(words):
            return RangeError(endpoint, 422, last_interval=times["last_interval"])
        return UnprocessableError(endpoint, 422)

    def _words(self) -> str:
        """Return the messages in any of the formats, or the plain text."""
        if self.fields is None:
            return self.answer.body[:_LONGEST].decode(errors="replace").casefold()
        sent = [self.fields.value(key) for key in _TEXTS]
        listed = [item for value in sent for item in (value if isinstance(value, list) else [value])]
        return " ".join(item for item in listed if isinstance(item, str))[:_LONGEST].casefold()

    def _time(self, key: str) -> int | None:
        if self.fields is not None and (seconds := epoch(self.fields, key)):
            return seconds
        found = re.search(_RUBY_TIME.format(key), self.words)
        return int(found[1]) if found else None


def quota_refusal(answer: Response) -> ApiQuotaError | None:
    """Return the error of a response for an exceeded quota, `None` for any other response."""
    if answer.status not in _QUOTA:
        return None
    error = ErrorResponse(answer).error()
    return error if isinstance(error, ApiQuotaError) else None


def not_granted(endpoint: str, status: int, group: str | None) -> ApiForbiddenError:
    """Return the error for a valid token without access to an endpoint.

    Access to endpoints of every plan is denied for systems whose owner hasn't authorized it; access
    to any other also if it wasn't selected when the application was registered.
    """
    if group in (None, PlanGroup.SYSTEM_DETAILS):
        return ApiForbiddenError(endpoint, status)
    return ApiPlanError(endpoint, status, group=group)


def _fields(answer: Response) -> Record | None:
    """Return the response's object, `None` if it is something else, such as HTML."""
    try:
        return Record(answer.endpoint, answer.json())
    except ApiPayloadError:
        return None
