"""When an account's service may be asked for a token, whatever it answered before."""

from collections import deque
from collections.abc import Awaitable, Callable
import math
import time

from ....api.errors import AccountServiceError, VerdictError

_LOGIN = "login"

# The service locks accounts that sign in too often.
_PAUSE = 3600.0
# A refused token is looked at every five minutes: the next look shall be in time.
_FIRST_RETRY = 290.0
_LONGEST_RETRY = 7200.0
_MOST_A_DAY = 20
_DAY = 86_400.0


class SignIns:
    """The sign-ins of one account for one gateway.

    A verdict is final. The service's own condition is waited for: as long as it
    asks, and longer with each failure. A day sees a limited number of sign-ins,
    however they end.
    """

    def __init__(self) -> None:
        """Start with none."""
        self._rest_until = 0.0
        self._failures = 0
        self._recent: deque[float] = deque(maxlen=_MOST_A_DAY)
        self._error: VerdictError | AccountServiceError | None = None

    @property
    def resting(self) -> bool:
        """Whether the service is not to be asked now."""
        return time.monotonic() < self._rest_until

    async def sign_in(self, renew: Callable[[], Awaitable[str]]) -> str:
        """Return a new token.

        Raises the `VerdictError` that was given, or an `AccountServiceError`
        until it is time for the next try: the last try's, or one of its own
        where that try came to no end, or came so recently.
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
            # A reload cancels it, for instance. Nobody has said anything about the credentials.
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
