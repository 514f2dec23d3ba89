"""What can go wrong while signing in to an Enphase account, and with a session of it.

Messages never contain an e-mail address, a password, a code, a cookie or a token.
"""

from ....api.errors import AccountServiceError, ApiAuthError, ApiError, VerdictError


class CredentialsRefusedError(VerdictError):
    """The email address or the password is wrong."""

    translation_key = "invalid_auth"


class SecondFactorError(VerdictError):
    """A sign-in without a person met a second factor."""

    translation_key = "two_factor"


class GatewayNotInAccountError(VerdictError):
    """The account does not own a gateway with this serial number."""

    translation_key = "gateway_not_in_account"


class SessionOverError(ApiAuthError):
    """The session is over, and only a person can sign in again."""

    def __init__(self, endpoint: str) -> None:
        """Keep the endpoint that showed it."""
        super().__init__(endpoint, 401, reason="the session is over")


class AccountUnreachableError(AccountServiceError):
    """The account service cannot be reached."""


class AccountBlockedError(AccountServiceError):
    """Too many sign-ins: the service requires a pause."""

    translation_key = "account_blocked"


class SessionsFullError(AccountServiceError):
    """Too many sessions of the account are open."""

    translation_key = "too_many_sessions"


class AccountClientRefusedError(AccountServiceError):
    """The service rejects this program, regardless of the account."""

    translation_key = "account_client_refused"


class AccountPausedError(AccountServiceError):
    """Nothing was sent, as the service is being spared for `retry_after` seconds.

    Its translation key is that of what led to the pause.
    """

    def __init__(self, endpoint: str, *, retry_after: float, translation_key: str | None = None) -> None:
        """Keep the seconds left, and the key of the condition behind the pause."""
        super().__init__(endpoint, "the service is being spared", retry_after=retry_after)
        if translation_key is not None:
            self.translation_key = translation_key


class NotYetError(ApiError):
    """Nothing was sent, as as many requests as are allowed were sent in the last minute; `retry_after` is in seconds."""

    def __init__(self, endpoint: str, *, retry_after: float) -> None:
        """Keep the seconds left."""
        super().__init__(endpoint, "the requests of this minute are used up")
        self.retry_after = retry_after


class CodeError(ApiError):
    """A sign-in that waits for a code got no further."""

    translation_key = "code_wrong"


class CodeWrongError(CodeError):
    """The code is wrong; another one may be entered."""


class CodeBlockedError(CodeError):
    """Too many codes were sent or entered: the service requires a pause."""

    translation_key = "code_blocked"


class CodeExpiredError(CodeError):
    """The sign-in that the code belongs to is too old or gone: it starts at the password."""

    translation_key = "code_expired"


class CodeTooSoonError(CodeError):
    """A code was sent a moment ago, and the next one may follow in `retry_after` seconds."""

    translation_key = "send_again_wait"

    def __init__(self, endpoint: str, retry_after: float) -> None:
        """Keep the seconds left."""
        super().__init__(endpoint, "a code was sent a moment ago")
        self.retry_after = retry_after
