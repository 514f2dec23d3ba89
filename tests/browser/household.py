"""A home, its clouds, and a Home Assistant of its own process that a browser can open."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
import json
from pathlib import Path
import socket
import time
from typing import Any

from aiohttp import ClientSession, ClientTimeout

from demo.api import HomeAssistant
from demo.cities import CITIES, City
from demo.cloud import CALLBACK
from demo.config_dir import LOOPBACK, config_dir, write
from demo.entities import DOMAIN, Entities
from demo.home import Home, furnish, live_through, serve
from demo.polling import until
from demo.process import HomeAssistantProcess
from demo.setting_up import add_site, import_past, wait_for_site, wait_until_running
from demo.statistics import MEASURED
from demo.tesla import Tesla, connect_tesla
from simulator.clock import SystemClock
from simulator.house import House
from simulator.iq_gateway import GatewayServer
from simulator.presets import PRESETS

from .recent import remember

_PATIENCE = 300.0
# Degrees above the horizon, and the level of a battery.
_SUN_UP, _HALF = 15.0, 55.0


@dataclass(slots=True, kw_only=True)
class Household:
    """What a person has at home, and `assistant`, through which a test sees what Home Assistant knows.

    `home` is a gateway, its cloud and its owner's account; `neighbour` is another gateway; `tesla` another home.
    `entities` are those of the home's gateway, once it is set up.
    """

    home: Home
    neighbour: GatewayServer
    tesla: Tesla
    city: City
    assistant: HomeAssistant
    process: HomeAssistantProcess
    folder: Path
    tokens: dict[str, Any]
    entities: Entities = field(default_factory=lambda: Entities({}))

    @property
    def remembered(self) -> str:
        """What a browser remembers of a person who has signed in, as JSON."""
        url = self.assistant.url
        expires = int(time.time() * 1000) + self.tokens["expires_in"] * 1000
        return json.dumps(self.tokens | {"hassUrl": url, "clientId": f"{url}/", "expires": expires})

    async def set_up(self) -> None:
        """Set up the home's gateway, and give Home Assistant the past of its house."""
        await add_site(self.assistant, self.home)
        self.entities = await wait_for_site(self.assistant, self.home)
        measured = {self.entities[key] for key in MEASURED if key in self.entities}

        async def known() -> bool:
            # Only what has had a state can have a past.
            known = await self.assistant.command("recorder/list_statistic_ids")
            return measured <= {each["statistic_id"] for each in known}

        async def imported() -> bool:
            since = (datetime.now(UTC) - timedelta(days=1)).isoformat()
            found = await self.assistant.command(
                "recorder/statistics_during_period",
                start_time=since,
                statistic_ids=[*measured],
                period="hour",
                types=["mean"],
            )
            return set(found) == measured

        await until(known, patience=_PATIENCE)
        await import_past(self.assistant, self.home, self.entities)
        await until(imported, patience=_PATIENCE)
        remember(self.folder / "home-assistant_v2.db", self.home.rows, self.entities)

    async def add(self, domain: str, *answers: Mapping[str, Any]) -> None:
        """Walk through a config flow to its end, where the test is about what comes afterward."""
        flow = await self.assistant.start_flow(domain)
        for each in answers:
            flow = await self.assistant.step(flow["flow_id"], each)
        assert flow["type"] == "create_entry", flow

    @property
    def device(self) -> str:
        """What Home Assistant calls the home's gateway."""
        return f"IQ Gateway {self.home.gateway.serial[-4:]}"

    async def loaded(self, unique_id: str) -> dict[str, Any]:
        """Wait until the entry of a site is loaded, and return it.

        It is known by its entities, as Home Assistant tells nobody the unique id of an entry.
        """
        return await until(lambda: self._loaded(unique_id), patience=_PATIENCE)

    async def _loaded(self, unique_id: str) -> dict[str, Any] | None:
        registry = await self.assistant.command("config/entity_registry/list")
        mine = {
            entity["config_entry_id"]
            for entity in registry
            if entity["platform"] == DOMAIN and entity["unique_id"].startswith(f"{unique_id}_")
        }
        for entry in await self.assistant.command("config_entries/get", domain=DOMAIN):
            if entry["entry_id"] in mine and entry["state"] == "loaded":
                return dict(entry)
        return None


@asynccontextmanager
async def household(preset: str = "home") -> AsyncIterator[Household]:
    """Run all of it as long as the context lasts, where the battery is charging; nothing is set up yet."""
    port, city = _free_port(), _where_it_charges(preset, time.time())
    redirect = f"http://{LOOPBACK}:{port}{CALLBACK}"
    async with AsyncExitStack() as stack:
        path = stack.enter_context(config_dir(None))
        home = await stack.enter_async_context(serve(furnish(preset, city), city, redirect))
        tesla = connect_tesla(city, redirect)
        await stack.enter_async_context(tesla.server)
        neighbour = await stack.enter_async_context(_neighbour())
        write(path, city, port)
        process = await stack.enter_async_context(
            HomeAssistantProcess(
                path,
                {
                    "ENERGY_SITE_ENLIGHTEN": home.account.server.url,
                    "ENERGY_SITE_ENTREZ": home.account.server.url,
                    "ENERGY_SITE_ENPHASE_API": home.cloud.server.url,
                    "ENERGY_SITE_TESLA_AUTH": tesla.server.url,
                    "ENERGY_SITE_TESLA_API": tesla.server.url,
                },
            )
        )
        session = await stack.enter_async_context(ClientSession(timeout=ClientTimeout(total=_PATIENCE)))
        assistant = HomeAssistant(session, f"http://{LOOPBACK}:{port}")
        stack.push_async_callback(assistant.close)
        await wait_until_running(assistant, patience=_PATIENCE)
        await assistant.close()
        tokens = await assistant.log_in()
        yield Household(
            home=home,
            neighbour=neighbour,
            tesla=tesla,
            city=city,
            assistant=assistant,
            process=process,
            folder=path,
            tokens=tokens,
        )


def _where_it_charges(preset: str, now: float) -> City:
    """Return a city where the sun is up and the battery is neither full nor empty, which is more to look at."""

    def far_from_half(city: City) -> float:
        battery = live_through(furnish(preset, city).house, now).house.battery_level
        return 0.0 if battery is None else abs(battery - _HALF)

    sunny = [city for city in CITIES if city.sun(now) > _SUN_UP]
    return min(sunny, key=far_from_half)


def _neighbour() -> GatewayServer:
    """Return a gateway of another house, which has lived for an hour."""
    preset = PRESETS["single_phase"]()
    house = House(preset.house, start=time.time() - 3600)
    return GatewayServer(house, preset.gateway, clock=SystemClock())


def _free_port() -> int:
    with socket.create_server((LOOPBACK, 0)) as probe:
        return int(probe.getsockname()[1])
