"""Builds feeds of either of the Enphase APIs."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import time, timedelta
from typing import Any, Protocol

from ....site.model import Part
from ....site.quota.demand import PollRequest
from ....sources.cloud import CloudContext, CloudFeed, CloudSource
from ..client.endpoint import CloudEndpoint

# The cost of a feed that rarely changes, and isn't refreshed when the user requests all values.
SLOW = 2.0

# By this local time, the last intervals of the previous day are in the cloud.
CLOSE = time(2, 30)

# Sites report to the cloud every 15 minutes.
QUARTER = timedelta(minutes=15)

DAY = timedelta(days=1)
WEEK = timedelta(days=7)

HARDLY_CHANGES: Mapping[str, Any] = {
    "essential": True,
    "cost": SLOW,
    "weight_day": 0.02,
    "weight_night": 0.0,
    "min_interval": DAY,
    "max_interval": WEEK,
}
"""How systems and their devices are polled."""


class _Client(Protocol):
    """Sends requests to endpoints."""

    async def get[T](self, endpoint: CloudEndpoint[T], system_id: int | None = None) -> T:
        """Return the parsed response of an endpoint."""


class EnphaseContext(CloudContext, Protocol):
    """The client and the system for a request."""

    @property
    def client(self) -> _Client:
        """The client."""

    @property
    def system_id(self) -> int:
        """The system."""


def planned_feed[C: EnphaseContext, T](
    key: str,
    endpoint: CloudEndpoint[Any],
    ask: Callable[[C], Awaitable[T]] | None = None,
    *,
    wanted: Callable[[CloudSource[C]], bool] = lambda _: True,
    essential: bool = False,
    substitute: bool = False,
    readings: tuple[type[Part], ...] = (),
    cost: float = 1.0,
    requests: int = 1,
    min_interval: timedelta = QUARTER,
    join: Callable[[C, list[Any]], T] = lambda _, answers: answers[-1],
    **weights: Any,
) -> CloudFeed[C, T]:
    """Return a feed of the result of `ask`, or by default of the endpoint's response for the system."""

    async def get(context: C) -> T:
        answer: T = await context.client.get(endpoint, context.system_id)
        return answer

    return CloudFeed(
        key=key,
        endpoint=endpoint.path,
        cost=cost,
        essential=essential,
        substitute=substitute,
        readings=readings,
        name=endpoint.name,
        ask=ask or get,
        read=endpoint.parse,
        join=join,
        request=PollRequest(key=key, cost=requests, min_interval=min_interval, **weights),
        wanted=wanted,
    )
