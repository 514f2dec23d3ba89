"""The simulated home: fitted to its city, with days behind it, served on loopback and by a cloud."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from simulator.__main__ import with_inverters
from simulator.clock import SystemClock
from simulator.enphase_cloud import Archive
from simulator.house import HistoryRow, House, HouseConfig, PhaseCount, record
from simulator.iq_gateway import GatewayServer, Speed
from simulator.presets import PRESETS, Preset

from .account import OwnersAccount, connect_account
from .cities import City
from .cloud import Cloud, connect

PAST_DAYS = 9
STEP = 300.0
# The gateway watches the last of it closely, so that it has whole reports of its inverters.
_WATCHED, _FINE = 3600.0, 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """A home that is being served: its gateway, its cloud, who owns it, and what it lived through."""

    gateway: GatewayServer
    cloud: Cloud
    account: OwnersAccount
    rows: list[HistoryRow]

    @property
    def house(self) -> House:
        """The house as it is now."""
        self.gateway.advance()
        return self.gateway.house


def furnish(name: str, city: City, inverters: int | None = None) -> Preset:
    """Return a preset as it would be built in `city`."""
    preset = PRESETS[name]()
    house = preset.house if inverters is None else with_inverters(preset.house, inverters)
    house = replace(house, place=city.place)
    if house.split_phase != city.split_phase:
        house = _with_local_grid(house, split_phase=city.split_phase)
    if city.place.latitude < 0:
        arrays = tuple(replace(array, azimuth=(180 - array.azimuth) % 360) for array in house.arrays)
        house = replace(house, arrays=arrays)
    house = _with_a_weak_panel(house)
    gateway = replace(preset.gateway, speed=Speed.TYPICAL, currency=city.currency)
    return Preset(house=house, gateway=gateway)


def _with_a_weak_panel(house: HouseConfig) -> HouseConfig:
    """Return the house with one panel, if it has several, that makes half of what it should."""
    *others, array = house.arrays
    if array.inverters < 3:
        return house
    weak = replace(array, inverters=1, panel_watts=array.panel_watts / 2)
    return replace(house, arrays=(*others, replace(array, inverters=array.inverters - 1), weak))


def _with_local_grid(house: HouseConfig, *, split_phase: bool) -> HouseConfig:
    if split_phase:
        return replace(house, phases=PhaseCount.SPLIT, grid_voltage=120.0, grid_frequency=60.0)
    phases = PhaseCount.SINGLE if house.split_phase else house.phases
    return replace(house, phases=phases, grid_voltage=230.0, grid_frequency=50.0)


def beginning(now: float, timezone: str) -> float:
    """Return the local midnight at which the house's remembered life begins, epoch s."""
    zone = ZoneInfo(timezone)
    day = datetime.fromtimestamp(now, UTC).astimezone(zone).date() - timedelta(days=PAST_DAYS)
    return datetime.combine(day, time(), zone).timestamp()


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """A house and what it has lived through, in steps of five minutes, also as its cloud keeps it."""

    house: House
    archive: Archive
    rows: list[HistoryRow]


def live_through(config: HouseConfig, until: float) -> Life:
    """Return the life of a house of `config` until `until`."""
    house = House(config, start=beginning(until, config.place.timezone))
    # It knows nothing of what the house lived before.
    archive = Archive(house)
    return Life(house=house, archive=archive, rows=record(house, until, step=STEP))


@asynccontextmanager
async def serve(preset: Preset, city: City, redirect: str) -> AsyncIterator[Home]:
    """Serve a home as long as the context lasts; its cloud leads people back to `redirect`."""
    clock = SystemClock()
    now = clock.now()
    life = live_through(preset.house, now - _WATCHED)
    gateway = GatewayServer(life.house, preset.gateway, clock=clock)
    rows = life.rows + record(life.house, now, step=STEP, resolution=_FINE)
    account = connect_account(gateway, life.archive, f"Home in {city.name}", clock)
    cloud = connect(gateway, life.archive, city, redirect)
    async with gateway, account.server, cloud.server:
        yield Home(gateway=gateway, cloud=cloud, account=account, rows=rows)
