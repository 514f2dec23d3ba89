"""Settings for a time: is what was before back at the end, whatever restarts or fails meanwhile?"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
import random

from freezegun.api import real_perf_counter
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.const import DOMAIN
from custom_components.energy_site.runtime.site import SiteRuntime
from custom_components.energy_site.site.control import Value
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from simulator.house import House
from simulator.iq_gateway import GatewayServer, HttpStatus, Reset
from simulator.iq_gateway.faults import AnswerLost, Complaint, Unheeded
from simulator.presets import PRESETS

from .control_home import MODES, MODES_BACK
from .core import core, entry_of
from .gateway import Served
from .simulated_time import LoopClock, SimulatedLoop, run_simulated

_START = datetime(2026, 6, 20, 17, tzinfo=UTC)
_TARIFF = "/admin/lib/tariff"
_WRITES = ["PUT"]
_TOKEN = 365 * 86_400.0

# Seconds that trouble at the end lasts, and after which all has to be well again.
_TROUBLE = 600.0
_WELL_AFTER = 900.0

# Seconds after the first start in which everything was asked once.
_KNOWN_AFTER = 120.0

# What somebody changes meanwhile stays.
_MEANWHILE = 0.2


@dataclass(slots=True)
class Overrides:
    """What came of the overrides; `lost` are those after which something else was in force."""

    outcomes: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    took: float = 0.0


@dataclass(slots=True, kw_only=True)
class _Stage:
    hass: HomeAssistant
    entry: MockConfigEntry
    gateway: GatewayServer
    loop: SimulatedLoop

    def in_force(self) -> dict[str, Value]:
        """Return what governs the battery."""
        self.gateway.advance()
        battery = self.gateway.house.battery
        if battery is None:
            raise ValueError("a house without a battery has nothing to set")
        settings = battery.settings
        return {
            "mode": MODES[settings.mode],
            "reserve": settings.reserve,
            "charge_from_grid": settings.charge_from_grid,
        }


def _slow(stage: _Stage) -> None:
    stage.gateway.state.tariff.delay = 20.0


def _late(stage: _Stage) -> None:
    stage.gateway.state.tariff.delay = 70.0


def _fault(
    make: Callable[[], HttpStatus | Reset | Complaint | AnswerLost], *, all_paths: bool = False
) -> Callable[[_Stage], None]:
    def begin(stage: _Stage) -> None:
        until = stage.loop.time() + _TROUBLE
        if all_paths:
            stage.gateway.faults.add(make(), until=until)
        else:
            stage.gateway.faults.add(make(), _TARIFF, methods=_WRITES, until=until)

    return begin


def _ignored(stage: _Stage) -> None:
    stage.gateway.faults.add(Unheeded(), _TARIFF, methods=_WRITES, count=1)


# How the gateway takes what is to be restored.
_TROUBLES: Mapping[str, Callable[[_Stage], None]] = {
    "accepts": lambda _: None,
    "takes 20 s": _slow,
    "takes 70 s": _late,
    "ignores it once": _ignored,
    "refuses": _fault(lambda: HttpStatus(409)),
    "refuses and does it": _fault(lambda: Complaint(400)),
    "is overloaded": _fault(lambda: HttpStatus(503)),
    "loses the answer": _fault(AnswerLost),
    "restarts": _fault(Reset, all_paths=True),
}
_RESTARTS = ("none", "soon after the start", "at the end", "over the end")


def overrides(count: int, seed: int) -> Overrides:
    """Let many settings for a time begin and end."""
    began = real_perf_counter()
    tally = run_simulated(_START, lambda loop: _run(loop, count, seed))
    tally.took = real_perf_counter() - began
    return tally


async def _run(loop: SimulatedLoop, count: int, seed: int) -> Overrides:
    dice, tally = random.Random(seed), Overrides()
    async with _site(loop) as stage:
        for _ in range(count):
            await _one(stage, dice, tally)
    return tally


@asynccontextmanager
async def _site(loop: SimulatedLoop) -> AsyncIterator[_Stage]:
    preset, clock = PRESETS["home"](), LoopClock()
    house = House(preset.house, start=clock.now() - 3600)
    async with GatewayServer(house, preset.gateway, clock=clock) as gateway, core() as hass:
        loop.expects_traffic = lambda: gateway.stats.in_flight > 0
        entry = entry_of(Served(server=gateway, token=gateway.token(lifetime=_TOKEN)))
        entry.add_to_hass(hass)
        hass.config_entries.async_update_entry(entry, options={"power": 60.0})
        stage = _Stage(hass=hass, entry=entry, gateway=gateway, loop=loop)
        await _start(stage)
        await asyncio.sleep(_KNOWN_AFTER)
        yield stage
        await _stop(stage)


async def _start(stage: _Stage) -> None:
    if stage.entry.state is ConfigEntryState.NOT_LOADED:
        await stage.hass.config_entries.async_setup(stage.entry.entry_id)


async def _stop(stage: _Stage) -> None:
    if stage.entry.state is ConfigEntryState.LOADED:
        await stage.hass.config_entries.async_unload(stage.entry.entry_id)


async def _one(stage: _Stage, dice: random.Random, tally: Overrides) -> None:
    """Impose something, restart, fail, and compare what is in force afterwards with what was before."""
    trouble, restart = dice.choice(list(_TROUBLES)), dice.choice(_RESTARTS)
    minutes = dice.randint(10, 40)
    before, wanted = stage.in_force(), _wanted(stage.in_force(), dice)
    end = stage.loop.time() + 60 * minutes
    data = {**wanted, "duration": {"minutes": minutes}}
    try:
        await stage.hass.services.async_call(DOMAIN, "set_mode_until", data, blocking=True, return_response=True)
        outcome = "imposed"
    except HomeAssistantError as err:
        outcome = str(err.translation_key)
    expected = dict(before)
    if restart == "soon after the start":
        await _stop(stage)
        await asyncio.sleep(dice.uniform(5, 120))
        await _start(stage)
    if dice.random() < _MEANWHILE:
        await asyncio.sleep(max(end - 240 - stage.loop.time(), 0.0))
        expected |= _change(stage, wanted, dice)
    await _end(stage, trouble, restart, end, dice)
    await asyncio.sleep(_TROUBLE)
    stage.gateway.faults.clear()
    stage.gateway.state.tariff.delay = 0.0
    await asyncio.sleep(_WELL_AFTER)
    tally.outcomes[trouble, restart, outcome] += 1
    runtime: SiteRuntime = stage.entry.runtime_data
    if (found := stage.in_force()) != expected or runtime.overrides.current is not None:
        tally.lost.append(f"{wanted} for {minutes} min, gateway {trouble}, restart {restart}: {found}, not {expected}")
        stage.gateway.state.tariff.change(mode=MODES_BACK[str(before["mode"])], reserve=before["reserve"])


async def _end(stage: _Stage, trouble: str, restart: str, end: float, dice: random.Random) -> None:
    """Let the end come, with a restart and trouble around it."""
    if restart == "over the end":
        await asyncio.sleep(max(end - 60 - stage.loop.time(), 0.0))
        await _stop(stage)
        await asyncio.sleep(dice.uniform(120, 1200))
        if trouble == "restarts":
            # A gateway that is away at the start is asked again by Home Assistant itself.
            await _start(stage)
        _TROUBLES[trouble](stage)
        await _start(stage)
        return
    await asyncio.sleep(max(end - 1 - stage.loop.time(), 0.0))
    _TROUBLES[trouble](stage)
    if restart == "at the end":
        await asyncio.sleep(dice.uniform(2, 20))
        await _stop(stage)
        stage.gateway.faults.clear()
        await asyncio.sleep(dice.uniform(5, 120))
        await _start(stage)


def _wanted(before: Mapping[str, Value], dice: random.Random) -> dict[str, Value]:
    modes = [mode for mode in MODES_BACK if mode != before["mode"]]
    possible: dict[str, Value] = {
        "mode": dice.choice(modes),
        "reserve": float(dice.choice([each for each in range(10, 96, 5) if each != before["reserve"]])),
        "charge_from_grid": not before["charge_from_grid"],
    }
    keys = dice.sample(list(possible), dice.randint(1, 3))
    wanted = {key: possible[key] for key in possible if key in keys}
    if wanted.get("mode") == "backup":
        wanted.pop("reserve", None)
    return wanted


def _change(stage: _Stage, wanted: Mapping[str, Value], dice: random.Random) -> dict[str, Value]:
    """Let somebody change a thing that was imposed, in the vendor's app; return what stays."""
    key = dice.choice(list(wanted))
    now = stage.in_force()
    value = {
        "mode": "savings" if now["mode"] != "savings" else "self_consumption",
        "reserve": 7.0,
        "charge_from_grid": not now["charge_from_grid"],
    }[key]
    stage.gateway.state.tariff.change(**{key: MODES_BACK[str(value)] if key == "mode" else value})
    return {key: value}


def report(tally: Overrides) -> None:
    """Print what came of the overrides."""
    print(
        f"{tally.outcomes.total()} settings for a time; at the end the gateway, Home Assistant restarts, it began  times"
    )
    for (trouble, restart, outcome), count in sorted(tally.outcomes.items()):
        print(f"  {trouble:22} {restart:22} {outcome:22} {count:5}")
    print(f"  {'not as it was before':55} {len(tally.lost):5}")
    for case in tally.lost[:10]:
        print(f"      {case}")
    print(f"  {tally.took:.0f} s to run")
