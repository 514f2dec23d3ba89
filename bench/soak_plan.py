"""What happens to a site during a soak: all that years bring, within its days."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from math import ceil
from random import Random
from typing import Any

from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.core import HomeAssistant
from simulator.iq_gateway import (
    Empty,
    ErrorObject,
    Fault,
    GatewayServer,
    Hang,
    HtmlPage,
    HttpStatus,
    Mutate,
    NightlyRestart,
    Reset,
    Truncated,
    firmware_bugs,
)

DAY = 86_400.0
_HOUR = 3600.0

# Random faults a day; the first and the last hour are left in peace, so that what is compared was read.
_FAULTS_A_DAY = 8
_PEACE = _HOUR
_SHORTEST, _LONGEST = 60.0, 1.5 * _HOUR
_RESTART_EVERY = 3 * DAY
_RESTART_TAKES = 10 * 60.0
_OUTAGE = 4 * _HOUR
_LOST_FOR = 3 * _HOUR

_INVERTER_LISTS = ("/api/v1/production/inverters", "/ivp/pdm/device_data")
_ENDPOINTS = (
    "/ivp/meters",
    "/ivp/meters/readings",
    "/ivp/ensemble/inventory",
    "/ivp/ensemble/secctrl",
    "/ivp/ensemble/power",
    "/ivp/ensemble/relay",
    "/ivp/ensemble/dry_contacts",
    "/ivp/ss/dry_contact_settings",
    "/ivp/sc/sched",
    "/ivp/pdm/energy",
    "/admin/lib/tariff",
    *_INVERTER_LISTS,
)
_FAULTS: tuple[Fault, ...] = (
    HttpStatus(401),
    HttpStatus(403),
    HttpStatus(404),
    HttpStatus(500),
    HttpStatus(503),
    HttpStatus(503, as_json=True),
    Hang(),
    Reset(),
    Truncated(),
    Truncated(promise_all=True),
    HtmlPage(),
    ErrorObject(),
    Empty(),
)
# Registers are wrong for some answers; a level that lasts longer is a new device's, of which nobody can tell it.
_REGISTER_BUGS: tuple[Callable[[], Fault], ...] = (
    firmware_bugs.lifetime_zero,
    partial(firmware_bugs.lifetime_dip, 300.0),
)
_LONGEST_LIE = 15 * 60.0
_BUGS: tuple[Callable[[], Fault], ...] = (
    partial(firmware_bugs.lifetime_dip, 5.0),
    firmware_bugs.daily_wrap,
    firmware_bugs.today_is_lifetime,
    firmware_bugs.today_resets_late,
    firmware_bugs.storage_channel_zero,
    firmware_bugs.unsigned_watts,
    firmware_bugs.blank_meters,
    firmware_bugs.no_inverters,
    partial(firmware_bugs.partial_inverters, 5),
    firmware_bugs.disabled_ct_garbage,
    firmware_bugs.disabled_ct_listed,
    firmware_bugs.unknown_eid,
    firmware_bugs.third_channel_garbage,
    firmware_bugs.power_factor_sums,
    firmware_bugs.stalled_production,
    firmware_bugs.no_last_reading,
    firmware_bugs.temperature_unknown,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where it happens."""

    hass: HomeAssistant
    entry: MockConfigEntry
    gateway: GatewayServer


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteEvent:
    """Something that happens `at` so many seconds after the start."""

    at: float
    name: str
    act: Callable[[Stage], Awaitable[None]]


def plan(days: float, seed: int) -> list[SiteEvent]:
    """Return all that happens, in its order; the same for the same seed."""
    dice = Random(seed)
    length = days * DAY
    happenings = [
        *_nights(days),
        *_restarts(length, dice),
        *_faults(days, dice),
        SiteEvent(at=0.1 * length, name="an inverter dies", act=partial(_kill, seconds=min(2 * DAY, 0.2 * length))),
        SiteEvent(at=0.35 * length, name="another firmware", act=_update),
        SiteEvent(at=0.45 * length, name="inverters are lost", act=_lose),
        SiteEvent(at=0.6 * length, name="the token is revoked", act=_revoke),
        SiteEvent(
            at=0.75 * length, name="the network is gone", act=partial(_cut_off, seconds=min(_OUTAGE, length / 8))
        ),
    ]
    return sorted(happenings, key=lambda each: each.at)


async def happen(stage: Stage, happenings: list[SiteEvent], tell: Callable[[str], None]) -> None:
    """Let it all happen when its time has come."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    async with asyncio.TaskGroup() as group:
        for each in happenings:
            await asyncio.sleep(max(start + each.at - loop.time(), 0.0))
            tell(each.name)
            group.create_task(_act(each, stage), name=each.name)


async def _act(happening: SiteEvent, stage: Stage) -> None:
    await happening.act(stage)


def _nights(days: float) -> Iterator[SiteEvent]:
    for number in range(ceil(days)):
        manner = "hang" if number % 2 else "reset"
        yield SiteEvent(
            at=number * DAY, name=f"a nightly restart: {manner}", act=partial(_restart_nightly, manner=manner)
        )


def _restarts(length: float, dice: Random) -> Iterator[SiteEvent]:
    every = min(_RESTART_EVERY, length / 3)
    at = every * dice.uniform(0.5, 1.0)
    while at < length - _PEACE:
        yield SiteEvent(at=at, name="Home Assistant restarts", act=_restart)
        at += every * dice.uniform(0.8, 1.2)


def _faults(days: float, dice: Random) -> Iterator[SiteEvent]:
    for _ in range(round(days * _FAULTS_A_DAY)):
        at = dice.uniform(_PEACE, days * DAY - _LONGEST - _PEACE)
        seconds = dice.uniform(_SHORTEST, _LONGEST)
        if dice.random() < 0.5:
            fault, path = dice.choice(_FAULTS), dice.choice(_ENDPOINTS)
            name = f"{fault!r} at {path}"
        else:
            bug = dice.choice((*_REGISTER_BUGS, *_BUGS))
            seconds = min(seconds, _LONGEST_LIE) if bug in _REGISTER_BUGS else seconds
            fault, path = bug(), None
            name = getattr(bug, "func", bug).__name__
        yield SiteEvent(at=at, name=f"{name} for {seconds / 60:.0f} min", act=partial(_misbehave, fault, path, seconds))


async def _misbehave(fault: Fault, path: str | None, seconds: float, stage: Stage) -> None:
    active = stage.gateway.faults.add(fault, path)
    await asyncio.sleep(seconds)
    active.remove()


async def _restart_nightly(stage: Stage, manner: str) -> None:
    stage.gateway.config = replace(stage.gateway.config, nightly_restart=NightlyRestart(manner=manner))


async def _restart(stage: Stage) -> None:
    entries = stage.hass.config_entries
    await entries.async_unload(stage.entry.entry_id)
    await asyncio.sleep(_RESTART_TAKES)
    await entries.async_setup(stage.entry.entry_id)


async def _kill(stage: Stage, seconds: float) -> None:
    inverter = stage.gateway.house.inverters[3]
    inverter.dead = True
    await asyncio.sleep(seconds)
    inverter.dead = False


async def _lose(stage: Stage) -> None:
    lost = {inverter.serial for inverter in stage.gateway.house.inverters[:2]}

    def lose(payload: Any) -> None:
        if isinstance(payload, list):
            payload[:] = [item for item in payload if item["serialNumber"] not in lost]
            return
        for key in [key for key, item in payload.items() if isinstance(item, Mapping) and item.get("sn") in lost]:
            del payload[key]

    await _misbehave(Mutate(lose, _INVERTER_LISTS), None, _LOST_FOR, stage)


async def _update(stage: Stage) -> None:
    stage.gateway.reboot(120, blank_polls=3)
    stage.gateway.set_firmware("D8.3.6001")


async def _revoke(stage: Stage) -> None:
    stage.gateway.revoke_tokens()


async def _cut_off(stage: Stage, seconds: float) -> None:
    await stage.gateway.unplug()
    await asyncio.sleep(seconds)
    await stage.gateway.plug_in()
