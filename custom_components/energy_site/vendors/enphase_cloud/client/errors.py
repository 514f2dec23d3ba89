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
    """The dates of the request hold no data: too early, too late, too long or none at all.

    `last_interval` is when the last interval ended, in seconds since the epoch, `None`
    where the answer does not tell.
    """

    def __init__(self, endpoint: str, status: int, *, last_interval: int | None = None) -> None:
        """Keep the time that the answer tells."""
        super().__init__(endpoint, status, reason="no data for these dates")
        self.last_interval = last_interval


class NoContentError(ApiNotFoundError):
    """The system has none of this."""


class RetiredError(ApiNotFoundError):
    """The old API is gone: something else answers in its place.

    Enphase announced the end of v2 more than once and never gave its look, so
    a single one of these may still be a mishap.
    """
