"""The common error hierarchy of all vendors' clients.

Messages name the endpoint and the problem. They never contain a token, a serial number, an address
or a part of a response.
"""


class ApiError(Exception):
    """An error in the communication with a vendor's API."""

    def __init__(self, endpoint: str, reason: str) -> None:
        """Keep the endpoint and the reason, neither of which may be secret."""
        super().__init__(f"{endpoint}: {reason}")
        self.endpoint = endpoint
        self.reason = reason


class ApiConnectionError(ApiError):
    """No response: unreachable, refused, reset or cut off."""


class ApiUnreachableError(ApiConnectionError):
    """No connection: refused, unknown host, or no TLS."""


class ApiCutOffError(ApiConnectionError):
    """A response that was cut off before its end."""


class ApiFramingError(ApiConnectionError):
    """A response that isn't valid HTTP."""


class ApiTimeoutError(ApiConnectionError):
    """No response within the endpoint's time limit."""


class ApiCertificateError(ApiConnectionError):
    """The server's certificate isn't the pinned one.

    Nothing was sent: neither a request nor a token.
    """

    def __init__(self, endpoint: str, fingerprint: bytes) -> None:
        """Keep the SHA-256 fingerprint of the server's certificate."""
        super().__init__(endpoint, "the certificate is not the pinned one")
        self.fingerprint = fingerprint


class ApiStatusError(ApiError):
    """A response with a status code other than success."""

    def __init__(
        self,
        endpoint: str,
        status: int,
        *,
        retry_after: float | None = None,
        reason: str | None = None,
    ) -> None:
        """Keep the HTTP status, and the requested wait in seconds."""
        super().__init__(endpoint, f"status {status}, {reason}" if reason else f"status {status}")
        self.status = status
        self.retry_after = retry_after

    @property
    def busy(self) -> bool:
        """Whether the server cannot respond now, rather than rejecting the request."""
        return self.status >= 500 or self.status in (408, 425, 429)


class ApiNoDataError(ApiStatusError):
    """The service answers, but has no data of this system at present."""


class ApiAuthError(ApiStatusError):
    """The credentials are rejected altogether."""


class VerdictError(ApiAuthError):
    """The account service itself rejects these credentials, so retrying is pointless."""

    # The translation key, which is the same for a form, an exception and a repair.
    translation_key = "account_unreachable"

    def __init__(self, endpoint: str, reason: str) -> None:
        """Keep the endpoint, and what is wrong with the credentials."""
        super().__init__(endpoint, 401, reason=reason)


class AccountServiceError(ApiError):
    """The account service doesn't sign anyone in at present, which is temporary."""

    translation_key = "account_unreachable"

    def __init__(self, endpoint: str, reason: str, *, retry_after: float | None = None) -> None:
        """Keep the wait in seconds that the service requests, or is known to need."""
        super().__init__(endpoint, reason)
        self.retry_after = retry_after


class RenewalPendingError(ApiAuthError):
    """The credentials are rejected, and the account service cannot renew them yet."""

    def __init__(self, endpoint: str, condition: AccountServiceError) -> None:
        """Keep the condition of the account service."""
        super().__init__(endpoint, 401, reason=str(condition))
        self.condition = condition


class ApiForbiddenError(ApiStatusError):
    """The credentials are valid, but not for this endpoint."""


class ApiPlanError(ApiForbiddenError):
    """The credentials are valid, but the plan doesn't include this endpoint."""

    def __init__(self, endpoint: str, status: int, *, group: str | None = None) -> None:
        """Keep the vendor's name of the missing group of endpoints."""
        super().__init__(endpoint, status, reason=f"the plan lacks {group}" if group else "not in the plan")
        self.group = group


class ApiQuotaError(ApiStatusError):
    """More requests were sent than the plan allows."""

    def __init__(
        self,
        endpoint: str,
        status: int,
        *,
        period: str | None = None,
        period_end: int | None = None,
        limit: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        """Keep what the response reports, `None` for what it doesn't.

        `period` is the vendor's word, such as minute or month, `period_end` is in seconds since the
        epoch, and `limit` is the number of requests per period.
        """
        reason = f"the {period}'s requests are used up" if period else "the plan's requests are used up"
        super().__init__(endpoint, status, retry_after=retry_after, reason=reason)
        self.period = period
        self.period_end = period_end
        self.limit = limit

    @property
    def verb(self) -> str:
        """The HTTP method that was rejected, as a plan may limit changes separately from reads."""
        verb, _, path = self.endpoint.partition(" ")
        return verb if path else "GET"

    @property
    def ends_changes(self) -> bool:
        """Whether only changes are used up, for longer than a user would wait."""
        return self.verb != "GET" and self.period in ("day", "month", "year")


class ApiRefusedError(ApiStatusError):
    """The other side understood the request and says no, even where the status is that of a success.

    `words` is the reason as the other side puts it, without what tells whose system it
    is, `None` where there is none. It is for the user who made the request, not for a log.
    """

    def __init__(self, endpoint: str, status: int, *, words: str | None = None) -> None:
        """Keep the reason, which the caller made safe to show."""
        super().__init__(endpoint, status, reason="refused")
        self.words = words


class ApiNotFoundError(ApiStatusError):
    """The server doesn't know this endpoint."""


class HardwareAbsentError(ApiNotFoundError):
    """The system doesn't have the requested device, so waiting is pointless."""


class ApiPayloadError(ApiError):
    """A response that isn't in the endpoint's format."""


class ApiIncompleteError(ApiPayloadError):
    """The beginning of a response in the endpoint's format, without its end."""
