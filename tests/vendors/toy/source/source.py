"""A site of the toy cloud: one feed, two parts, one control."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, override

from custom_components.energy_site.site.control import Control, ControlKey, ControlName, Range, Value
from custom_components.energy_site.site.model import DeviceInfo, Flow, PowerFlow, Settings
from custom_components.energy_site.site.quota.demand import PollRequest, Purpose
from custom_components.energy_site.sources.budget import SystemBudget, with_purpose
from custom_components.energy_site.sources.cloud import CloudFeed, CloudSource, ZoneFinder
from custom_components.energy_site.sources.feed import Feed
from custom_components.energy_site.sources.source import Builder

from ..client.client import STATE, ToyClient, ToyState, parse_state

_RESERVE = ControlName(None, ControlKey.BACKUP_RESERVE)


@dataclass(slots=True, kw_only=True)
class ToyContext:
    """What the feeds are polled with."""

    client: ToyClient
    zone: tzinfo = UTC


STATE_FEED: CloudFeed[ToyContext, ToyState] = CloudFeed(
    key="state",
    endpoint=STATE,
    name=STATE,
    cost=1.0,
    essential=True,
    ask=lambda context: context.client.state(),
    read=parse_state,
    request=PollRequest(key="state", cost=1, min_interval=timedelta(minutes=5)),
)


class ToySource(CloudSource[ToyContext]):
    """A site of the toy cloud."""

    feeds: Mapping[str, CloudFeed[ToyContext, Any]] = {STATE_FEED.key: STATE_FEED}

    def __init__(self, client: ToyClient, system: str, budget: SystemBudget, find_zone: ZoneFinder) -> None:
        """Poll `system` as `budget` allows."""
        super().__init__(ToyContext(client=client), system, budget, client.recorded, find_zone)

    @property
    @override
    def device(self) -> DeviceInfo:
        return DeviceInfo(serial=self.system, model="Toy")

    @property
    @override
    def builders(self) -> tuple[Builder, ...]:
        return (
            self._builder(PowerFlow, (STATE_FEED,), self._power),
            self._builder(Settings, (STATE_FEED,), self._settings),
        )

    @override
    def _observe(self, feed: Feed, now: datetime) -> None:
        """Count nothing: the toy cloud has no counters."""

    @override
    def control_names(self) -> Iterable[ControlName]:
        return (_RESERVE,)

    @override
    def control(self, name: ControlName, now: datetime) -> Control | None:
        settings = self.part(Settings)
        if name != _RESERVE or settings is None:
            return None
        return Control(
            limits=Range(minimum=0.0, maximum=100.0, gap=(80.0, 100.0)),
            value=settings.backup_reserve,
            write=self._set_reserve,
            feeds=(STATE_FEED.key,),
        )

    async def _set_reserve(self, value: Value) -> None:
        with with_purpose(Purpose.WRITE):
            await self.context.client.set_reserve(float(value))

    def _power(self, now: datetime) -> PowerFlow | None:
        state = self.current(STATE_FEED, now)
        return None if state is None else PowerFlow(observed_at=now, solar=Flow(power=state.solar, observed_at=now))

    def _settings(self, now: datetime) -> Settings | None:
        state = self.current(STATE_FEED, now)
        return None if state is None else Settings(observed_at=now, backup_reserve=state.reserve)
