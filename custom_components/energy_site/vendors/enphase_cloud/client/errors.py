"""Errors specific to the Enphase cloud."""

from ....api.errors import ApiAuthError, ApiNotFoundError, ApiStatusError


class KeyRefusedError(ApiAuthError):
    """The API key is wrong, so signing in again would not help."""


class KeyMismatchError(KeyRefusedError):
    """The API key belongs to a different application than the client ID."""


class UnprocessableError(ApiStatusError):
    """The service understood the request, but cannot answer it for this system."""


class NotReportedError(UnprocessableError):
    """The system has not reported this yet, but may later."""


class RangeError(UnprocessableError):
    """The requested dates have no data: too early, too late, too long or none at all.

    `last_interval` is when the last interval ended, in seconds since the epoch, `None` if the
    response doesn't say.
    """

    def __init__(self, endpoint: str, status: int, *, last_interval: int | None = None) -> None:
        """Keep the end of the last interval."""
        super().__init__(endpoint, status, reason="no data for these dates")
        self.last_interval = last_interval


class NoContentError(ApiNotFoundError):
    """The system has none of this."""


class RetiredError(ApiNotFoundError):
    """The old API is retired: something else responds instead.

    Enphase announced the end of v2 more than once and never described what will happen, so a single
    error of this kind may still be a glitch.
    """
