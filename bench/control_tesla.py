"""The controls of a Tesla site: all six writes, the tariff among them."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, tzinfo
import os
import random
from typing import Any, override
from unittest.mock import patch
from zoneinfo import ZoneInfo

import aiohttp

from custom_components.energy_site.site.control import ControlKey, ControlName, Value
from custom_components.energy_site.site.quota.demand import Plan
from custom_components.energy_site.site.quota.planner import Planner
from custom_components.energy_site.site.tariff.differences import differences
from custom_components.energy_site.site.tariff.identity import identify
from custom_components.energy_site.site.tariff.model import EnergyTariff
from custom_components.energy_site.site.tariff.words import from_words
from custom_components.energy_site.sources.budget import SystemBudget
from custom_components.energy_site.sources.tariff import TARIFF
from custom_components.energy_site.vendors.tesla.client.addresses import Region
from custom_components.energy_site.vendors.tesla.client.claims import read_claims
from custom_components.energy_site.vendors.tesla.client.client import TeslaClient
from custom_components.energy_site.vendors.tesla.source import feeds
from custom_components.energy_site.vendors.tesla.source.context import Context
from custom_components.energy_site.vendors.tesla.source.source import TeslaSource
from custom_components.energy_site.vendors.tesla.source.tariff_content import read
from simulator.clock import ManualClock
from simulator.house import HouseConfig
from simulator.iq_gateway.faults import Aftermath
from simulator.tesla_cloud import EnergySite, Refusal, SiteDetails, TeslaServer, Write as ServedWrite, lived, powerwall

from .cloud_home import PlainPurse
from .control_home import CHARGE, MODE, RESERVE, Home
from .control_manners import MANNERS, Manner, Write
from .tariff_dice import valid

STORM = ControlName(None, ControlKey.STORM_GUARD)
RULE = ControlName(None, ControlKey.EXPORT_RULE)
VEHICLES = ControlName(None, ControlKey.OFF_GRID_VEHICLE_CHARGING_RESERVE)

_WRITES: Mapping[ControlName, ServedWrite] = {
    RESERVE: ServedWrite.BACKUP,
    VEHICLES: ServedWrite.VEHICLE_RESERVE,
    MODE: ServedWrite.OPERATION,
    STORM: ServedWrite.STORM_MODE,
    CHARGE: ServedWrite.GRID,
    RULE: ServedWrite.GRID,
    TARIFF: ServedWrite.TARIFF,
}
_MODES = {"self_consumption": "self_consumption", "savings": "autonomous", "backup": "backup"}

_PLANS = (Plan(per_month=None, per_minute=None), Plan(per_month=None, per_minute=100_000))
_DELAY = 5.0
_SITE = 701


class TeslaHome(Home):
    """A home that is known to Tesla's cloud only."""

    longer = (60.0, 600.0)
    patience = (60.0, 930.0)

    def __init__(
        self, site: EnergySite, cloud: TeslaServer, clock: ManualClock, session: aiohttp.ClientSession
    ) -> None:
        """Steer `site` with an application that its owner agreed to."""
        self.site, self.planner = site, Planner(_PLANS[0])
        cloud.tokens.access_lifetime = 10 * 365 * 86_400.0
        token = cloud.grant(cloud.add_application()).access
        self._updates = 0
        self._take, site.settings.take = site.settings.take, self._count_repeats  # type: ignore[method-assign] # Counts what is written.
        self._tariffs: dict[str, tuple[EnergyTariff, Any]] = {}

        async def access(*, refused: str | None = None) -> str:
            return refused or token

        budget = SystemBudget(PlainPurse(self.planner), f"tesla_{_SITE}", lambda: self.now)
        context = Context(
            client=TeslaClient(session, access, region=Region.NA, budget=budget),
            site_id=site.site_id,
            clock=lambda: self.now,
            zone=UTC,
            claims=lambda: read_claims(token),
        )
        self.tesla = TeslaSource(context, f"tesla_{_SITE}", budget, _find_zone)
        super().__init__(clock, self.tesla, cloud.faults)

    @override
    def live(self) -> None:
        self.site.advance(self.clock.now())

    @override
    def truth(self, name: ControlName) -> Value:
        self.live()
        now = self.site.settings.now
        if name == TARIFF:
            stored = read(now.tariff) or EnergyTariff()
            return next(
                (value for value, (tariff, _) in self._tariffs.items() if not differences(tariff, stored)),
                # One that was offered long ago, under the name that it has with its strategy.
                f"{identify(stored)}, {now.strategy}",
            )
        found: dict[ControlName, Value] = {
            RESERVE: float(now.reserve),
            VEHICLES: float(now.vehicle_reserve),
            MODE: next(ours for ours, theirs in _MODES.items() if theirs == now.mode),
            STORM: bool(now.storm_mode),
            CHARGE: now.grid_charging,
            RULE: now.export_rule,
        }
        return found[name]

    @override
    def force(self, name: ControlName, value: Value) -> None:
        self.live()
        self.site.settings.change_in_app(_WRITES[name], self._body(name, value))

    @override
    def another(self, name: ControlName, dice: random.Random) -> Value:
        if name == TARIFF:
            tariff = from_words(valid(dice))
            payload = self.tesla.tariff.payload(tariff, None, None)
            value = self.tesla.tariff.offer(tariff, payload)
            # The newest comes first, and older ones are not written again.
            self._tariffs = {value: (tariff, payload), **dict(list(self._tariffs.items())[:40])}
            return value
        chosen = super().another(name, dice)
        if name == RESERVE and float(chosen) > 80:
            return float(dice.randrange(76)) if self.truth(name) == 100 else 100.0
        return chosen

    @override
    def can_be_seen(self, name: ControlName) -> bool:
        return _WRITES[name] not in self.site.settings.hidden

    @override
    def path(self, name: ControlName) -> str:
        return self.site.path(_WRITES[name])

    @override
    def feeds(self, name: ControlName) -> tuple[str, ...]:
        return (feeds.LIVE.key, feeds.INFO.key)

    @override
    def slow(self, seconds: float) -> None:
        self.site.set_write_behaviours(delay=seconds)

    @override
    def ignore(self, name: ControlName) -> None:
        self.site.set_write_behaviour(_WRITES[name], ignored=True)

    @override
    def pretend(self, name: ControlName) -> bool:
        return False

    def refuse_inside(self, name: ControlName, refusal: Refusal) -> None:
        """Refuse what is written with the status of a success."""
        self.site.set_write_behaviour(_WRITES[name], refused=refusal)

    def hide(self, name: ControlName) -> None:
        """Report a setting no more once it is written."""
        self.site.set_write_behaviour(_WRITES[name], hidden=True)

    @override
    def after_write(self, name: ControlName, act: Callable[[], None], *, count: int | None = 1) -> None:
        def taken() -> None:
            delay = self.site.settings.write_behaviours[_WRITES[name]].delay
            self.later(delay + 0.5, act)

        self.fault(Aftermath(taken), name, count=count)

    @override
    async def renew(self) -> None:
        self._updates += 1
        self.site.details = replace(self.site.details, firmware=f"26.{self._updates}.0 bench")
        await self.ask(feeds.INFO.key)

    @override
    def behave(self) -> None:
        self.slow(_DELAY)
        self.site.settings.hidden.clear()
        self.site.set_behaviour(full_reserve_snaps=False, mode_moves_grid_charging=False)

    def _count_repeats(self, write: ServedWrite, body: Mapping[str, Any], now: float, *, blocked: bool) -> None:
        for name, each in _WRITES.items():
            if each is write and (value := self._value_of(name, body)) is not None and value == self.truth(name):
                self.repeats += 1
        self._take(write, body, now, blocked=blocked)

    def _value_of(self, name: ControlName, body: Mapping[str, Any]) -> Value | None:
        """Return the value of a control that a body writes, `None` if it writes another one."""
        if name == TARIFF:
            tariff = read(body) or EnergyTariff()
            return next((value for value, (known, _) in self._tariffs.items() if not differences(known, tariff)), None)
        key = next(iter(self._body(name, self.truth(name))))
        if key not in body:
            return None
        if name == MODE:
            return next((ours for ours, theirs in _MODES.items() if theirs == body[key]), None)
        if name == CHARGE:
            return body[key] is False
        found: Value = body[key]
        return found

    def _body(self, name: ControlName, value: Value) -> dict[str, Any]:
        if name == TARIFF:
            settings: dict[str, Any] = self._tariffs[str(value)][1]["tou_settings"]
            return settings
        bodies: dict[ControlName, Callable[[], dict[str, Any]]] = {
            RESERVE: lambda: {"backup_reserve_percent": round(float(value))},
            VEHICLES: lambda: {"off_grid_vehicle_charging_reserve_percent": round(float(value))},
            MODE: lambda: {"default_real_mode": _MODES[str(value)]},
            STORM: lambda: {"enabled": value is True},
            CHARGE: lambda: {"disallow_charge_from_grid_with_solar_installed": value is not True},
            RULE: lambda: {"customer_preferred_export_rule": str(value)},
        }
        return bodies[name]()


def _refused_inside(home: Home, write: Write, dice: random.Random) -> bool:
    if not isinstance(home, TeslaHome):
        return False
    home.refuse_inside(write.name, dice.choice(list(Refusal)))
    return True


def _hidden(home: Home, write: Write, _: random.Random) -> bool:
    if not isinstance(home, TeslaHome):
        return False
    home.hide(write.name)
    return True


def _snapped(home: Home, write: Write, _: random.Random) -> bool:
    if not isinstance(home, TeslaHome) or write.name != RESERVE or write.wanted != 100:
        return False
    home.site.set_behaviour(full_reserve_snaps=True)
    return True


def _moves_another(home: Home, write: Write, _: random.Random) -> bool:
    if not isinstance(home, TeslaHome) or write.name != MODE:
        return False
    home.site.set_behaviour(mode_moves_grid_charging=True)
    return True


TESLA_MANNERS = (
    *MANNERS,
    Manner(name="refuses inside a 200", weight=8, prepare=_refused_inside),
    Manner(name="hides the field from then on", weight=8, prepare=_hidden),
    Manner(name="snaps 100 % to 80 %", weight=40, prepare=_snapped),
    Manner(name="moves another setting along", weight=20, prepare=_moves_another),
)


@asynccontextmanager
async def tesla_home(start: float) -> AsyncIterator[TeslaHome]:
    """Serve a home with solar and a Powerwall in Tesla's cloud, and make first contact."""
    clock = ManualClock(start)
    details = SiteDetails(site_id=_SITE, vehicle_reserve_supported=True)
    site = lived(HouseConfig(battery=powerwall()), now=start, days=2, details=details)
    async with (
        TeslaServer([site], clock=clock) as cloud,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
    ):
        with patch.dict(os.environ, {"ENERGY_SITE_TESLA_API": cloud.url, "ENERGY_SITE_TESLA_AUTH": cloud.url}):
            home = TeslaHome(site, cloud, clock, session)
            await home.tesla.prepare(home.now)
            # The name of a tariff has the site's strategy in it.
            await home.ask(feeds.INFO.key)
            home.force(TARIFF, home.another(TARIFF, random.Random(0)))
            for key in home.source.feeds:
                await home.ask(key)
            yield home


async def _find_zone(name: str) -> tzinfo | None:
    return ZoneInfo(name)
