"""The controls of a gateway: the battery's, the grid's switch, load circuits, the generator."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, tzinfo
from typing import override
from zoneinfo import ZoneInfo

import aiohttp

from custom_components.energy_site.site.control import ControlName, Value
from custom_components.energy_site.vendors.iq_gateway.adapter import intervals
from custom_components.energy_site.vendors.iq_gateway.client.client import IqGatewayClient
from custom_components.energy_site.vendors.iq_gateway.client.token import GatewayToken
from custom_components.energy_site.vendors.iq_gateway.source.source import IqGatewaySource
from simulator.clock import ManualClock
from simulator.house import GeneratorConfig, House
from simulator.iq_gateway import GatewayServer
from simulator.iq_gateway.faults import Aftermath, Unheeded
from simulator.presets import PRESETS

from .control_home import CHARGE, MODE, MODES, MODES_BACK, RESERVE, Home

GRID = ControlName(None, "grid_enabled")
GENERATOR = ControlName("generator", "mode")

_TARIFF = {RESERVE: "reserve", MODE: "mode", CHARGE: "charge_from_grid"}
_TARIFF_FEEDS = ("tariff", "secondary_control", "schedule", "relay")
_CIRCUIT_FEEDS = ("dry_contacts", "dry_contact_settings")

# A circuit's settings: the gateway's fields and words.
_FIELDS = {
    "mode": ("mode", {"manual": "manual", "battery_level": "soc"}),
    **{
        key: (field, {"powered": "apply", "not_powered": "shed", "schedule": "schedule", "unchanged": "none"})
        for key, field in (
            ("grid_action", "grid_action"),
            ("off_grid_action", "micro_grid_action"),
            ("generator_action", "gen_action"),
        )
    },
    "level_low": ("soc_low", None),
    "level_high": ("soc_high", None),
}

# A switch that never moves.
_NEVER = 1e9


class GatewayHome(Home):
    """A home with a gateway that has everything."""

    longer = (40.0, 90.0)
    patience = (130.0, 330.0)

    def __init__(self, house: House, gateway: GatewayServer, clock: ManualClock, client: IqGatewayClient) -> None:
        """Steer the gateway through `client`."""
        token = GatewayToken.parse(gateway.token())
        self.gateway, self.house = gateway, house
        super().__init__(
            clock,
            IqGatewaySource(client, gateway.serial, token, intervals({}), UTC, _find_zone),
            gateway.faults,
        )

    @override
    def live(self) -> None:
        self.gateway.advance()

    @override
    def truth(self, name: ControlName) -> Value:
        self.live()
        if self.house.battery is None:
            raise ValueError("a house without a battery has nothing to set")
        settings, switches = self.house.battery.settings, self.house.switches
        if name in _TARIFF:
            found: dict[ControlName, Value] = {
                RESERVE: settings.effective_reserve,
                MODE: MODES[settings.mode],
                CHARGE: settings.charge_from_grid,
            }
            return found[name]
        if name == GRID:
            return switches.relay_closed
        if name == GENERATOR:
            return switches.generator
        if name.key == "closed":
            return name.serial not in switches.shed
        field, words = _FIELDS[name.key]
        value: Value = self._contact(name)[field]
        return value if words is None else next(ours for ours, word in words.items() if word == value)

    @override
    def force(self, name: ControlName, value: Value) -> None:
        self.live()
        state = self.gateway.state
        if name in _TARIFF:
            state.tariff.change(**{_TARIFF[name]: MODES_BACK[str(value)] if name == MODE else value})
        elif name == GRID:
            state.relay.command(_word(value), self.clock.now())
        elif name == GENERATOR:
            self.house.switches.generator = str(value)
        elif name.key == "closed":
            state.contacts.switch({"id": name.serial, "status": _word(value)}, self.clock.now())
        else:
            field, words = _FIELDS[name.key]
            self._contact(name)[field] = value if words is None else words[str(value)]

    @override
    def path(self, name: ControlName) -> str:
        if name in _TARIFF:
            return "/admin/lib/tariff"
        if name == GRID:
            return "/ivp/ensemble/relay"
        if name == GENERATOR:
            return "/ivp/ss/gen_mode"
        return "/ivp/ensemble/dry_contacts" if name.key == "closed" else "/ivp/ss/dry_contact_settings"

    @override
    def feeds(self, name: ControlName) -> tuple[str, ...]:
        if name in _TARIFF:
            return _TARIFF_FEEDS
        if name == GRID:
            return ("relay",)
        return ("generator_mode",) if name == GENERATOR else _CIRCUIT_FEEDS

    @override
    def slow(self, seconds: float) -> None:
        self.gateway.state.tariff.delay = self.gateway.state.reaction = seconds

    @override
    def ignore(self, name: ControlName) -> None:
        self.fault(Unheeded(), name)

    @override
    def pretend(self, name: ControlName) -> bool:
        state = self.gateway.state
        if name in _TARIFF:
            state.tariff.unheeded = True
        elif name == GRID:
            state.relay.extra = _NEVER
        return name in _TARIFF or name == GRID

    @override
    def after_write(self, name: ControlName, act: Callable[[], None], *, count: int | None = 1) -> None:
        self.fault(Aftermath(act), name, count=count)

    @override
    async def renew(self) -> None:
        head, _, last = self.gateway.state.firmware.rpartition(".")
        self.gateway.state.firmware = f"{head}.{int(last) + 1}"
        await self.source.prepare(self.now)

    @override
    def behave(self) -> None:
        state = self.gateway.state
        self.slow(0.0)
        state.tariff.unheeded = False
        if state.relay.extra == _NEVER:
            # Whoever asked for it gave up; what has not moved stays.
            state.relay.command(_word(self.house.switches.relay_closed), self.clock.now())
        state.relay.extra = 0.0
        if self.truth(MODE) == "backup":
            self.force(MODE, "self_consumption")
        if not self.truth(GRID):
            self.force(GRID, value=True)

    def _contact(self, name: ControlName) -> dict[str, Value]:
        return next(each for each in self.gateway.state.contacts.settings if each["id"] == name.serial)


@asynccontextmanager
async def gateway_home(start: float) -> AsyncIterator[GatewayHome]:
    """Serve the usual home with a generator, and make first contact."""
    preset, clock = PRESETS["home"](), ManualClock(start)
    house = House(replace(preset.house, generator=GeneratorConfig()), start=start - 3600)
    async with (
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
        GatewayServer(house, preset.gateway, clock=clock) as gateway,
    ):
        client = IqGatewayClient(session, gateway.host, fingerprint=gateway.fingerprint, token=gateway.token())
        home = GatewayHome(house, gateway, clock, client)
        await home.source.prepare(home.now)
        for key in home.source.feeds:
            await home.ask(key)
        yield home


def _word(value: Value) -> str:
    return "closed" if value else "open"


async def _find_zone(name: str) -> tzinfo | None:
    return ZoneInfo(name)
