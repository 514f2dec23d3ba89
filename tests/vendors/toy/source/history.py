"""The past of a site of the toy cloud: its days, and nothing finer."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import override

from custom_components.energy_site.site.history.cursor import FlowGroup
from custom_components.energy_site.site.model import CounterKind
from custom_components.energy_site.sources.history_provider import HistoryProvider, Intervals, Lifetime

from ..client.client import ToyClient

_SOLAR = FlowGroup(kinds=(CounterKind.SOLAR,), days=1, reach=0)


class ToyHistory(HistoryProvider):
    """The days of one site."""

    zone: tzinfo = UTC
    groups = (_SOLAR,)

    def __init__(self, client: ToyClient) -> None:
        """Fetch by `client`."""
        self._client = client

    @override
    def cost(self, group: FlowGroup, first_day: date, days: int) -> int:
        return 1

    @override
    async def lifetime(self, group: FlowGroup, first_day: date | None = None) -> Lifetime:
        days = await self._client.days()
        # A day is told once it is over.
        reported = datetime.combine(max(days) + timedelta(days=1), time(), self.zone)
        return Lifetime(days={CounterKind.SOLAR: days}, reported=reported)

    @override
    async def intervals(self, group: FlowGroup, first_day: date, days: int) -> Intervals:
        return Intervals(found={CounterKind.SOLAR: ()}, reported=None)
