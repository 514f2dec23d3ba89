"""What only Enphase's cloud can refuse."""

from ....api.errors import ApiAuthError, ApiNotFoundError, ApiStatusError


class KeyRefusedError(ApiAuthError):
    """The API key is wrong. Signing in again would not help."""


class KeyMismatchError(KeyRefusedError):
    """The API key belongs to another application than the client id."""


class UnprocessableError(ApiStatusError):
    """The service understood the request, but cannot answer it for this system."""


class NotReportedError(UnprocessableError):
    """The system has not reported this yet; it may later."""


class RangeError(UnprocessableError):
    """The dates asked for hold no data: too early, too late, too long or none at all.

    The times are in seconds since the epoch: the range as the service
    understood it, and the ends of the first and the last interval it has.
    Each is `None` where the answer does not tell.
    """

    def __init__(
        self,
        endpoint: str,
        status: int,
        *,
        start_at: int | None = None,
        end_at: int | None = None,
        first_interval: int | None = None,
        last_interval: int | None = None,
    ) -> None:
        """Keep the times that the answer tells."""
        super().__init__(endpoint, status, reason="no data for these dates")
        self.start_at = start_at
        self.end_at = end_at
        self.first_interval = first_interval
        self.last_interval = last_interval


class NoContentError(ApiNotFoundError):
    """The system has none of this."""


class RetiredError(ApiNotFoundError):
    """The old API is gone: something else answers in its place.

    Enphase announced the end of v2 more than once and never gave its look, so
    a single one of these may still be a mishap.
    """
