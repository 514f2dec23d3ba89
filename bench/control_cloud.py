"""The controls of a system in the cloud: the battery's, Storm Guard, load circuits."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import tzinfo
import os
import random
from typing import override
from unittest.mock import patch
from zoneinfo import ZoneInfo

import aiohttp

from custom_components.energy_site.site.control import ControlName, Value
from custom_components.energy_site.site.quota.demand import Plan
from custom_components.energy_site.site.quota.planner import Planner
from custom_components.energy_site.sources.budget import SystemBudget
from custom_components.energy_site.vendors.enphase_cloud.client.v4 import EnphaseV4Client
from custom_components.energy_site.vendors.enphase_cloud.source.v4 import feeds
from custom_components.energy_site.vendors.enphase_cloud.source.v4.context import V4Context
from custom_components.energy_site.vendors.enphase_cloud.source.v4.source import EnphaseCloudSource
from simulator.clock import ManualClock
from simulator.enphase_cloud import (
    Application,
    CloudServer,
    CloudSite,
    CloudSystem,
    Plan as ServedPlan,
    WriteBehaviour,
    lived,
)
from simulator.enphase_cloud.plans import Group
from simulator.house import EnergyTotals
from simulator.iq_gateway.faults import Aftermath
from simulator.presets import PRESETS

from .cloud_home import PlainPurse
from .control_home import CHARGE, MODE, MODES, MODES_BACK, RESERVE, Home
from .enphase_home import EnphaseWorld, Token

STORM = ControlName(None, "storm_guard")

# What a plan allows is not what is measured here.
_PLANS = (Plan(per_month=None, per_minute=None), Plan(per_month=None, per_minute=100_000))
_SERVED = ServedPlan(name="Bench", per_minute=10**6, per_month=10**9, groups=frozenset(Group))

_DELAY = 15.0
_CIRCUIT_MODES = {
    "schedule": "Scheduled",
    "basic": "Basic",
    "battery_level": "Advanced_BatteryPowered",
    "always_off": "Manual_always_not_powered",
    "always_on": "Manual_always_powered",
    "generator": "Advanced_GeneratorPowered",
}


class CloudHome(Home):
    """A home that is known to the cloud only."""

    longer = (130.0, 1400.0)
    patience = (130.0, 1300.0)

    def __init__(
        self, system: CloudSystem, cloud: CloudServer, clock: ManualClock, session: aiohttp.ClientSession
    ) -> None:
        """Steer `system` with a key that its owner agreed to."""
        application: Application = cloud.add_application(plan=_SERVED)
        dice = random.Random(0)
        world = EnphaseWorld(clock=clock, cloud=cloud, application=application, session=session, dice=dice)
        self.system, self.planner = system, Planner(_PLANS[0])
        name = f"enphase_{system.system_id}"
        budget = SystemBudget(PlainPurse(self.planner), name, world.now)
        client = EnphaseV4Client(session, application.key, Token(world), budget=budget)
        context = V4Context(client=client, system_id=system.system_id, clock=world.now)
        super().__init__(clock, EnphaseCloudSource(context, name, budget, _find_zone), cloud.faults)

    @override
    def live(self) -> None:
        self.system.advance(self.clock.now())

    @override
    def truth(self, name: ControlName) -> Value:
        self.live()
        settings = self.system.settings
        if name.serial is not None:
            contact = settings.contacts[name.serial]
            if name.key == "level_low":
                return float(contact.soc_low)
            return next(ours for ours, word in _CIRCUIT_MODES.items() if word == contact.mode)
        found: dict[ControlName, Value] = {
            RESERVE: float(settings.reserve),
            MODE: MODES[settings.mode],
            CHARGE: settings.charge_from_grid,
            STORM: settings.storm_guard,
        }
        return found[name]

    @override
    def force(self, name: ControlName, value: Value) -> None:
        self.live()
        settings, battery = self.system.settings, self.system.house.battery
        if name.serial is not None:
            changes = (
                {"soc_low": round(float(value))} if name.key == "level_low" else {"mode": _CIRCUIT_MODES[str(value)]}
            )
            settings.contacts[name.serial] = replace(settings.contacts[name.serial], **changes)
        elif name == STORM:
            settings.storm_guard = value is True
        elif battery is not None:
            if name == MODE:
                battery.settings.mode = MODES_BACK[str(value)]
            elif name == CHARGE:
                battery.settings.charge_from_grid = value is True
            else:
                battery.settings.reserve = float(value)

    @override
    def path(self, name: ControlName) -> str:
        last = "load_control" if name.serial is not None else "storm_guard" if name == STORM else "battery_settings"
        return f"/api/v4/systems/config/{self.system.system_id}/{last}"

    @override
    def feeds(self, name: ControlName) -> tuple[str, ...]:
        if name.serial is not None:
            return (feeds.LOAD_CONTROL.key,)
        return (feeds.STORM_GUARD.key,) if name == STORM else (feeds.BATTERY_SETTINGS.key,)

    @override
    def slow(self, seconds: float) -> None:
        self.system.settings.write_delay = seconds

    @override
    def ignore(self, name: ControlName) -> None:
        if name == CHARGE:
            # The service may not know it, and says so by what it answers.
            self.system.settings.charge_from_grid_writable = False
        else:
            self.system.settings.writes = WriteBehaviour.IGNORE

    @override
    def pretend(self, name: ControlName) -> bool:
        return False

    @override
    def after_write(self, name: ControlName, act: Callable[[], None], *, count: int | None = 1) -> None:
        def taken() -> None:
            self.later(self.system.settings.write_delay + 0.5, act)

        self.fault(Aftermath(taken), name, count=count)

    @override
    async def renew(self) -> None:
        self.planner.change(_PLANS[1] if self.planner.plan == _PLANS[0] else _PLANS[0], self.now)

    @override
    def behave(self) -> None:
        settings = self.system.settings
        self.slow(_DELAY)
        settings.writes = WriteBehaviour.ACCEPT
        settings.charge_from_grid_writable = True
        if self.truth(MODE) == "backup":
            self.force(MODE, "self_consumption")


@asynccontextmanager
async def cloud_home(start: float) -> AsyncIterator[CloudHome]:
    """Serve the usual home in the cloud, and make first contact."""
    preset, clock = PRESETS["home"](), ManualClock(start)
    house = replace(preset.house, starting_totals=EnergyTotals())
    system = lived(house, now=start, days=2, site=CloudSite(system_id=701), hardware=preset.gateway)
    async with (
        CloudServer([system], clock=clock) as cloud,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
    ):
        with patch.dict(os.environ, {"ENERGY_SITE_ENPHASE_API": cloud.url}):
            home = CloudHome(system, cloud, clock, session)
            await home.source.prepare(home.now)
            for key in home.source.feeds:
                await home.ask(key)
            yield home


async def _find_zone(name: str) -> tzinfo | None:
    return ZoneInfo(name)
