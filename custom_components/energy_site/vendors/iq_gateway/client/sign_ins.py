"""Decides when the account service may be requested for a token, depending on its earlier responses."""

from collections import deque
from collections.abc import Awaitable, Callable
import math
import time

from ....api.errors import AccountServiceError, VerdictError

_LOGIN = "login"

# The service locks accounts that sign in too often.
_PAUSE = 3600.0
# A rejected token is checked every five minutes, so this ends just before the next check.
_FIRST_RETRY = 290.0
_LONGEST_RETRY = 7200.0
_MOST_A_DAY = 20
_DAY = 86_400.0


class SignIns:
    """The sign-ins to one account for one gateway.

    A rejection is final. A temporary failure of the service is waited for: as long as it requests,
    and longer with each failure. The number of sign-ins per day is limited, regardless of their
    results.
    """

    def __init__(self) -> None:
        """Start without sign-ins."""
        self._rest_until = 0.0
        self._failures = 0
        self._recent: deque[float] = deque(maxlen=_MOST_A_DAY)
        self._error: VerdictError | AccountServiceError | None = None

    @property
    def resting(self) -> bool:
        """Whether no sign-in is allowed now."""
        return time.monotonic() < self._rest_until

    async def sign_in(self, renew: Callable[[], Awaitable[str]]) -> str:
        """Return a new token.

        Raises the `VerdictError` of an earlier rejection, or an `AccountServiceError` until the
        next attempt is due: that of the last attempt, or a new one if that attempt was aborted or
        is too recent.
        """
        if self.resting:
            raise self._error or AccountServiceError(_LOGIN, "not to be asked again yet")
        self._recent.append(time.monotonic())
        self._rest(_PAUSE)
        try:
            token = await renew()
        except VerdictError as err:
            self._rest_until, self._error = math.inf, err
            raise
        except AccountServiceError as err:
            self._fail(err)
            raise
        except BaseException:
            # It was aborted, such as by a reload. Nothing is known about the credentials.
            self._rest(_FIRST_RETRY)
            raise
        self._failures, self._error = 0, None
        return token

    def _fail(self, error: AccountServiceError) -> None:
        growing = min(_FIRST_RETRY * 2 ** min(self._failures, 8), _LONGEST_RETRY)
        self._failures += 1
        self._error = error
        self._rest(max(error.retry_after or 0.0, growing))

    def _rest(self, seconds: float) -> None:
        now = time.monotonic()
        self._rest_until = now + seconds
        if len(self._recent) == _MOST_A_DAY:
            self._rest_until = max(self._rest_until, self._recent[0] + _DAY)
