"""A simulated home, its gateway, and the source that polls it, all on one clock."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
import json
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import aiohttp

from custom_components.energy_site.api.errors import ApiError
from custom_components.energy_site.site.model import CounterKind, EnergyCounters, Part
from custom_components.energy_site.sources.feed import Pace, Presence
from custom_components.energy_site.vendors.iq_gateway.client.client import IqGatewayClient
from custom_components.energy_site.vendors.iq_gateway.client.token import GatewayToken
from custom_components.energy_site.vendors.iq_gateway.source.source import IqGatewaySource
from simulator.clock import ManualClock
from simulator.house import House, HouseConfig, Truth, record
from simulator.iq_gateway import GatewayServer, Mutate
from simulator.presets import PRESETS, Preset
from simulator.recorded import RecordedGateway, recording_time

INTERVALS: Mapping[Pace, timedelta] = {
    Pace.POWER: timedelta(seconds=10),
    Pace.BATTERY: timedelta(seconds=15),
    Pace.GRID: timedelta(seconds=15),
    Pace.DEVICES: timedelta(minutes=1),
    Pace.INVERTERS: timedelta(minutes=5),
    Pace.SETTINGS: timedelta(minutes=15),
    Pace.RARE: timedelta(hours=6),
    Pace.LIVE: timedelta(seconds=1),
}

# For tests of many hours: the same, with a power that is asked less often.
CALM: Mapping[Pace, timedelta] = {
    **INTERVALS,
    **dict.fromkeys((Pace.POWER, Pace.BATTERY, Pace.GRID), timedelta(minutes=1)),
}

# A summer's day, as local times at the site.
DAY = datetime(2026, 6, 20)  # noqa: DTZ001 - each home adds its own zone.


class Site:
    """One home under test."""

    def __init__(
        self,
        house: House,
        gateway: GatewayServer,
        clock: ManualClock,
        session: aiohttp.ClientSession,
        intervals: Mapping[Pace, timedelta],
        zone: tzinfo,
    ) -> None:
        self.house = house
        self.gateway = gateway
        self.clock = clock
        self.session = session
        self.intervals = intervals
        self.zone = zone
        self.errors: list[tuple[str, ApiError]] = []
        self.asked: list[tuple[datetime, str]] = []
        self.client, self.source = self._plug_in()
        self._due: dict[str, datetime] = {}

    def _plug_in(self) -> tuple[IqGatewayClient, IqGatewaySource]:
        token = self.gateway.token()
        client = IqGatewayClient(self.session, self.gateway.host, fingerprint=self.gateway.fingerprint, token=token)
        source = IqGatewaySource(
            client, self.gateway.serial, GatewayToken.parse(token), self.intervals, self.zone, _find_zone
        )
        return client, source

    @property
    def now(self) -> datetime:
        """The time of the home."""
        return datetime.fromtimestamp(self.clock.now(), UTC)

    @property
    def truth(self) -> Truth:
        """What really flowed until now."""
        self.gateway.advance()
        return self.house.truth

    def part[P: Part](self, kind: type[P]) -> P:
        """Return a part that has to be there."""
        part = self.source.part(kind)
        assert part is not None, kind
        return part

    def total(self, kind: CounterKind) -> float:
        """Return what a counter shows."""
        total = self.part(EnergyCounters).total(kind)
        assert total is not None, kind
        return total

    def today(self, kind: CounterKind) -> float:
        """Return what a counter shows for today."""
        today = self.part(EnergyCounters).today(kind)
        assert today is not None, kind
        return today

    def requests(self, path: str) -> int:
        """Return how often the gateway was asked for a path."""
        return self.gateway.stats.requests[path]

    async def start(self) -> None:
        """Make first contact and ask everything once, as at set-up."""
        await self.source.prepare(self.now)
        for key in self.source.feeds:
            if self.source.states[key].presence.answers:
                await self.ask(key)

    async def ask(self, *keys: str) -> None:
        """Ask some feeds now; failures are kept in `errors`."""
        for key in keys:
            self.asked.append((self.now, key))
            try:
                await self.source.poll(key, self.now)
            except ApiError as err:
                self.errors.append((key, err))
            self._due[key] = self.now + self.source.wait(key, self.now)

    async def run(self, seconds: float) -> None:
        """Let time pass, and ask each feed when it is due and when the source wishes so."""
        end = self.now + timedelta(seconds=seconds)
        for key in self.source.feeds:
            self._due.setdefault(key, self.now)
        while True:
            key = min(self._due, key=lambda each: self._due[each])
            if (due := self._due[key]) > end:
                break
            self.clock.advance(max((due - self.now).total_seconds(), 0.0))
            await self.ask(key)
            await self.ask(*sorted(self.source.take_refresh_requests()))
        self.clock.advance((end - self.now).total_seconds())

    def restart(self) -> None:
        """Start the source anew with nothing but what it wrote down, as real JSON."""
        memory = json.loads(json.dumps(self.source.as_dict()))
        self.client, self.source = self._plug_in()
        self.source.restore(memory)
        self._due.clear()

    def set_timeout(self, seconds: float) -> None:
        """Give up on each answer after so many real seconds."""
        self.source.feeds = {
            key: replace(feed, ask=replace(feed.ask, timeout=seconds)) for key, feed in self.source.feeds.items()
        }

    def presence(self, key: str) -> Presence:
        """Tell whether the site has what a feed asks for."""
        return self.source.states[key].presence


@asynccontextmanager
async def simulated(
    home: str | Preset,
    *,
    hour: float = 12.0,
    day: datetime = DAY,
    intervals: Mapping[Pace, timedelta] = INTERVALS,
    zone: tzinfo | None = None,
    history: float | None = None,
) -> AsyncIterator[Site]:
    """Serve a home at a local hour of a day; it woke up at midnight, or `history` hours ago."""
    preset = PRESETS[home]() if isinstance(home, str) else home
    local = ZoneInfo(preset.house.place.timezone)
    midnight = day.replace(tzinfo=local).timestamp()
    at = midnight + hour * 3600
    house = House(preset.house, start=midnight if history is None else at - history * 3600)
    record(house, at - 1800)
    clock = ManualClock(at)
    async with (
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
        GatewayServer(house, preset.gateway, clock=clock) as gateway,
    ):
        yield Site(house, gateway, clock, session, intervals, zone or local)


@asynccontextmanager
async def replayed(folder: Path, *, intervals: Mapping[Pace, timedelta] = INTERVALS) -> AsyncIterator[Site]:
    """Serve a recorded gateway whose stamps go on with the clock, while all it measures stays as it was."""
    start = recording_time(folder)
    clock = ManualClock(start)

    def go_on(payload: Any) -> None:
        for row in payload if isinstance(payload, list) else ():
            for each in (row, *row.get("channels", ())):
                for name, step in (("timestamp", 1), ("lastReportDate", 300)):
                    if each.get(name):
                        each[name] += int((clock.now() - start) // step * step)

    async with (
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
        RecordedGateway(folder, clock=clock) as gateway,
    ):
        gateway.faults.add(Mutate(go_on), ("/ivp/meters/readings", "/api/v1/production/inverters"))
        house = House(HouseConfig(), start=start)
        yield Site(house, cast("GatewayServer", gateway), clock, session, intervals, UTC)


def sunny(preset: Preset, **changes: Any) -> Preset:
    """Return a home under a sky without clouds."""
    return replace(preset, house=replace(preset.house, cloudiness=0.0, **changes))


def equipped(preset: Preset, **changes: Any) -> Preset:
    """Return a home whose gateway has other hardware."""
    return replace(preset, gateway=replace(preset.gateway, **changes))


def keys(feeds: Iterable[Any]) -> set[str]:
    """Return the keys of some feeds."""
    return {feed.key for feed in feeds}


async def _find_zone(name: str) -> tzinfo | None:
    try:
        return ZoneInfo(name)
    except KeyError, ValueError:
        return None
