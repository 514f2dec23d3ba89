"""The one error tree of all vendors' clients.

Messages name the endpoint and what went wrong. They never hold a token, a
serial number, an address or a part of an answer.
"""


class ApiError(Exception):
    """Anything that went wrong between the client and a vendor's interface."""

    def __init__(self, endpoint: str, reason: str) -> None:
        """Name the endpoint and the reason, neither of them secret."""
        super().__init__(f"{endpoint}: {reason}")
        self.endpoint = endpoint
        self.reason = reason


class ApiConnectionError(ApiError):
    """No answer: unreachable, refused, reset or cut off."""


class ApiUnreachableError(ApiConnectionError):
    """No connection at all: refused, no such host, or no encryption spoken there."""


class ApiCutOffError(ApiConnectionError):
    """An answer that began and broke off before its end."""


class ApiFramingError(ApiConnectionError):
    """An answer, but not in HTTP that can be read."""


class ApiTimeoutError(ApiConnectionError):
    """No answer within the endpoint's time."""


class ApiCertificateError(ApiConnectionError):
    """The other side showed another certificate than the pinned one.

    Nothing was sent: neither a request nor a token.
    """

    def __init__(self, endpoint: str, fingerprint: bytes) -> None:
        """Keep the SHA-256 fingerprint that was shown instead."""
        super().__init__(endpoint, "the certificate is not the pinned one")
        self.fingerprint = fingerprint


class ApiStatusError(ApiError):
    """An answer with a status that is no success."""

    def __init__(
        self,
        endpoint: str,
        status: int,
        *,
        retry_after: float | None = None,
        reason: str | None = None,
    ) -> None:
        """Keep the HTTP status and the wait in seconds that the answer asks for."""
        super().__init__(endpoint, f"status {status}, {reason}" if reason else f"status {status}")
        self.status = status
        self.retry_after = retry_after

    @property
    def busy(self) -> bool:
        """Whether the other side says that it cannot now, rather than that it will not."""
        return self.status >= 500 or self.status in (408, 425, 429)


class ApiAuthError(ApiStatusError):
    """The credentials as a whole are refused."""


class VerdictError(ApiAuthError):
    """The account's service itself says no to these credentials: to ask again changes nothing."""

    # The key of the text for it, the same in a form, an exception and a repair.
    translation_key = "account_unreachable"

    def __init__(self, endpoint: str, reason: str) -> None:
        """Name the endpoint and what is wrong with the credentials."""
        super().__init__(endpoint, 401, reason=reason)


class AccountServiceError(ApiError):
    """The account's service does not sign anybody in at present: its own condition, which passes."""

    translation_key = "account_unreachable"

    def __init__(self, endpoint: str, reason: str, *, retry_after: float | None = None) -> None:
        """Keep the wait in seconds that the service asks for, or that it is known to need."""
        super().__init__(endpoint, reason)
        self.retry_after = retry_after


class RenewalPendingError(ApiAuthError):
    """The credentials are refused, and the account's service cannot renew them yet."""

    def __init__(self, endpoint: str, condition: AccountServiceError) -> None:
        """Keep the condition that the account's service is in."""
        super().__init__(endpoint, 401, reason=str(condition))
        self.condition = condition


class ApiForbiddenError(ApiStatusError):
    """The credentials are good, but not for this endpoint."""


class ApiPlanError(ApiForbiddenError):
    """The credentials are good, but what was bought does not include this endpoint."""

    def __init__(self, endpoint: str, status: int, *, group: str | None = None) -> None:
        """Keep the vendor's name of the group of endpoints that is missing."""
        super().__init__(endpoint, status, reason=f"the plan lacks {group}" if group else "not in the plan")
        self.group = group


class ApiQuotaError(ApiStatusError):
    """More was asked than the plan allows."""

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
        """Keep what the answer tells, `None` for what it does not.

        `period` is the vendor's word, such as minute or month, `period_end` is
        in seconds since the epoch, and `limit` is in requests a period.
        """
        reason = f"the {period}'s requests are used up" if period else "the plan's requests are used up"
        super().__init__(endpoint, status, retry_after=retry_after, reason=reason)
        self.period = period
        self.period_end = period_end
        self.limit = limit

    @property
    def verb(self) -> str:
        """The HTTP method that was refused: a plan may limit changes apart from reads."""
        verb, _, path = self.endpoint.partition(" ")
        return verb if path else "GET"

    @property
    def ends_changes(self) -> bool:
        """Whether it is changes alone that are used up, for longer than a person waits."""
        return self.verb != "GET" and self.period in ("day", "month", "year")


class ApiNotFoundError(ApiStatusError):
    """The other side does not know this endpoint."""


class HardwareAbsentError(ApiNotFoundError):
    """The system lacks the device that was requested, which does not change by waiting."""


class ApiPayloadError(ApiError):
    """An answer in another shape than the endpoint's."""


class ApiIncompleteError(ApiPayloadError):
    """The beginning of an answer in the endpoint's shape, and no end."""
