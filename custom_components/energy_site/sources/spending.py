"""Spends a key's quota: asks the planner before each request, and says what it is for."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Protocol

from ..clients.enphase_cloud.link import Outcome
from ..clients.errors import ApiQuotaError, ApiUnreachableError
from ..site.demand import Purpose
from ..site.quota import Planner

# How the services refuse what goes over the quota.
_REFUSALS = (409, 429)

_PURPOSE: ContextVar[Purpose | None] = ContextVar("purpose", default=None)


class NotNowError(ApiQuotaError):
    """A request that was not sent, since the quota is needed for something else or used up."""

    def __init__(self, endpoint: str, allowed_at: datetime) -> None:
        """Keep from when on it may be sent."""
        super().__init__(endpoint, 429, period_end=int(allowed_at.timestamp()))
        self.allowed_at = allowed_at


class Purse(Protocol):
    """One key's planner, and who writes its books down."""

    planner: Planner

    def keep(self) -> None:
        """Write the books down soon."""


@contextmanager
def meant_for(purpose: Purpose) -> Iterator[None]:
    """Send the requests within for a purpose."""
    token = _PURPOSE.set(purpose)
    try:
        yield
    finally:
        _PURPOSE.reset(token)


def purpose_now(usual: Purpose) -> Purpose:
    """Return what requests are sent for, by whoever wants them now."""
    return _PURPOSE.get() or usual


class SystemSpending:
    """Counts what is asked for one system."""

    def __init__(self, purse: Purse, system: str, clock: Callable[[], datetime]) -> None:
        """Spend from `purse`."""
        self._purse = purse
        self._system = system
        self._clock = clock

    def before(self, endpoint: str) -> None:
        """Count a request; raise `NotNowError` where it may not be sent."""
        now, purpose, planner = self._clock(), purpose_now(Purpose.FRESHNESS), self._purse.planner
        if not planner.may(purpose, 1, now, system=self._system):
            raise NotNowError(endpoint, planner.allowed_at(purpose, 1, now))
        planner.spend(1, now, purpose=purpose, system=self._system)
        self._purse.keep()

    def after(self, endpoint: str, outcome: Outcome) -> None:  # noqa: ARG002 - the signature is the client's.
        """Obey a refusal; what it says of a period follows with its error."""
        if isinstance(outcome.error, ApiUnreachableError):
            # What never left was not counted there either.
            self._purse.planner.refund(1, self._clock())
        elif outcome.status in _REFUSALS:
            self._purse.planner.denied(self._clock())
        elif outcome.status is not None:
            self._purse.planner.answered(self._clock())
        self._purse.keep()

    def refused(self, error: ApiQuotaError) -> None:
        """Obey what a refusal says of its period."""
        if isinstance(error, NotNowError):
            return
        ends_at = None if error.period_end is None else datetime.fromtimestamp(error.period_end, UTC)
        self._purse.planner.denied(self._clock(), period=error.period, ends_at=ends_at, limit=error.limit)
        self._purse.keep()
