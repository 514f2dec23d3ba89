"""Spends a key's quota: asks the planner before each request, and says what it is for."""

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
    """A request that was not sent, since the quota is needed for something else or used up."""

    def __init__(self, endpoint: str, next_allowed: datetime, *, period: str | None = None) -> None:
        """Keep from when on it may be sent, and which period is used up where that is known."""
        super().__init__(endpoint, 429, period=period, period_end=int(next_allowed.timestamp()))
        self.next_allowed = next_allowed


class RequestBudget(Protocol):
    """One key's planner, and what stores its counts."""

    planner: Planner

    def keep(self) -> None:
        """Store the counts soon."""


@contextmanager
def with_purpose(purpose: Purpose) -> Iterator[None]:
    """Send the requests within for a purpose."""
    token = _PURPOSE.set(purpose)
    try:
        yield
    finally:
        _PURPOSE.reset(token)


def current_purpose(default: Purpose) -> Purpose:
    """Return what requests are sent for, by whoever wants them now."""
    return _PURPOSE.get() or default


class SystemBudget:
    """Counts the requests for one system."""

    def __init__(self, budget: RequestBudget, system: str, clock: Callable[[], datetime]) -> None:
        """Spend from `budget`."""
        self._budget = budget
        self._system = system
        self._clock = clock

    @property
    def planner(self) -> Planner:
        """The planner of the budget's requests."""
        return self._budget.planner

    def before(self, endpoint: str) -> None:
        """Count a request; raise `NotNowError` where it may not be sent."""
        now, purpose, planner = self._clock(), current_purpose(Purpose.FRESHNESS), self._budget.planner
        verb = ApiQuotaError(endpoint, 429).verb
        if (until := planner.verb_next_allowed(verb, now)) > now:
            raise NotNowError(endpoint, until, period="month" if until - now > _A_DAY else None)
        if not planner.is_allowed(purpose, 1, now, system=self._system):
            raise NotNowError(endpoint, planner.next_allowed(purpose, 1, now))
        planner.spend(1, now, purpose=purpose, system=self._system)
        self._budget.keep()

    def after(self, endpoint: str, result: RequestResult) -> None:  # noqa: ARG002 - the signature is the client's.
        """Obey a refusal, once and for as long as it says."""
        now, planner = self._clock(), self._budget.planner
        if isinstance(result.error, ApiUnreachableError):
            # What never left was not counted there either.
            planner.refund(1, now)
        elif (refusal := result.refusal) is not None:
            planner.record_rate_limited(
                now, period=refusal.period, ends_at=_ends_at(refusal, now), limit=refusal.limit, verb=refusal.verb
            )
        elif result.status is not None:
            planner.record_answer(now)
        self._budget.keep()


def _ends_at(refusal: ApiQuotaError, now: datetime) -> datetime | None:
    """Return when a refusal says that asking makes sense again."""
    if refusal.period_end is not None:
        return datetime.fromtimestamp(refusal.period_end, UTC)
    return None if refusal.retry_after is None else now + timedelta(seconds=refusal.retry_after)
