"""Spends a key's quota: checks with the planner before each request, and counts it for its purpose."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from typing import Protocol

from ..api.base_client import RequestResult
from ..api.errors import ApiQuotaError, ApiUnreachableError
from ..site.quota.demand import Purpose
from ..site.quota.planner import Planner

_A_DAY = timedelta(days=1)

_PURPOSE: ContextVar[Purpose | None] = ContextVar("purpose", default=None)


class NotNowError(ApiQuotaError):
    """A request that was not sent because the quota is used up or reserved for something else."""

    def __init__(self, endpoint: str, next_allowed: datetime, *, period: str | None = None) -> None:
        """Keep when the request is allowed again, and which period's quota is used up if that is known."""
        super().__init__(endpoint, 429, period=period, period_end=int(next_allowed.timestamp()))
        self.next_allowed = next_allowed


class RequestBudget(Protocol):
    """The planner of one key, and the storage of its counts."""

    planner: Planner

    def keep(self) -> None:
        """Schedule storing the counts."""


@contextmanager
def with_purpose(purpose: Purpose) -> Iterator[None]:
    """Send the requests made in this context for `purpose`."""
    token = _PURPOSE.set(purpose)
    try:
        yield
    finally:
        _PURPOSE.reset(token)


def current_purpose(default: Purpose) -> Purpose:
    """Return the purpose set by `with_purpose`, or `default` outside of it."""
    return _PURPOSE.get() or default


class SystemBudget:
    """Counts and limits the requests of one system."""

    def __init__(self, budget: RequestBudget, system: str, clock: Callable[[], datetime]) -> None:
        """Spend the requests of `system` from `budget`."""
        self._budget = budget
        self._system = system
        self._clock = clock

    @property
    def planner(self) -> Planner:
        """The planner of the budget's requests."""
        return self._budget.planner

    def before(self, endpoint: str) -> None:
        """Count a request; raise `NotNowError` if it may not be sent now."""
        now, purpose, planner = self._clock(), current_purpose(Purpose.FRESHNESS), self._budget.planner
        verb = ApiQuotaError(endpoint, 429).verb
        if (until := planner.verb_next_allowed(verb, now)) > now:
            raise NotNowError(endpoint, until, period="month" if until - now > _A_DAY else None)
        if not planner.is_allowed(purpose, 1, now, system=self._system):
            raise NotNowError(endpoint, planner.next_allowed(purpose, 1, now))
        planner.spend(1, now, purpose=purpose, system=self._system)
        self._budget.keep()

    def after(self, endpoint: str, result: RequestResult) -> None:  # noqa: ARG002 - the signature is the client's.
        """Record the result of a request, and obey a rate limit for as long as the service requires."""
        now, planner = self._clock(), self._budget.planner
        if isinstance(result.error, ApiUnreachableError):
            # The service cannot have counted a request that never reached it.
            planner.refund(1, now)
        elif (refusal := result.refusal) is not None:
            planner.record_rate_limited(
                now, period=refusal.period, ends_at=_ends_at(refusal, now), limit=refusal.limit, verb=refusal.verb
            )
        elif result.status is not None:
            planner.record_answer(now)
        self._budget.keep()


def _ends_at(refusal: ApiQuotaError, now: datetime) -> datetime | None:
    """Return when requests are allowed again according to the service, `None` if it doesn't say."""
    if refusal.period_end is not None:
        return datetime.fromtimestamp(refusal.period_end, UTC)
    return None if refusal.retry_after is None else now + timedelta(seconds=refusal.retry_after)
