"""Starts another Home Assistant, uses the integration in it as an owner does, and looks whether that goes well."""

import asyncio
import json
from pathlib import Path
import re
import socket
import sys
from tempfile import TemporaryDirectory
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout

from simulator.clock import SystemClock
from simulator.enphase_account import AccountHome, AccountServer, HomeDetails, paths
from simulator.house import BatteryConfig, House, HouseConfig
from simulator.iq_gateway import GatewayServer
from simulator.presets import PRESETS
from simulator.tesla_cloud import EnergySite, SiteDetails, TeslaServer, powerwall

from .api import HomeAssistant, HomeAssistantError
from .cities import find_city
from .config_dir import LOG, LOOPBACK, write
from .entities import DOMAIN
from .polling import until
from .process import EndedError, HomeAssistantProcess
from .setting_up import wait_until_running
from .smoke_steps import Steps, wait_for_all

_TESLA_ENTRY, _SITE = "02SMOKE", 2607043
_ACCOUNT_ENTRY, _SYSTEM, _LOGIN = "03SMOKE", 2607044, {"username": "owner@example.com", "password": "sunshine"}
_TIMEOUT = ClientTimeout(total=120)
_PATIENCE = 240.0
_LEAST_OF_TESLA, _LEAST_OF_ACCOUNT = 40, 20

_EXPECTED = "has not been tested by Home Assistant"
# What the integration itself says while all goes well.
_QUIET = re.compile(r" (INFO|DEBUG) ")


async def smoke(python: str) -> list[str]:
    """Use Home Assistant of the interpreter's environment for a while; return what went wrong."""
    preset, clock = PRESETS["home"](), SystemClock()
    house = House(preset.house, start=clock.now() - 3600)
    site = EnergySite(House(HouseConfig(battery=powerwall()), start=clock.now() - 3600), SiteDetails(site_id=_SITE))
    battery = HouseConfig(battery=BatteryConfig(units=2))
    home = AccountHome(House(battery, start=clock.now() - 3600), HomeDetails(site_id=_SYSTEM))
    with TemporaryDirectory(prefix="energy-site-smoke-") as folder:
        config = Path(folder)
        async with (
            GatewayServer(house, preset.gateway, clock=clock) as gateway,
            TeslaServer([site], clock=clock) as tesla,
            AccountServer(homes=[home], clock=clock) as account,
        ):
            account.add_account(_LOGIN["username"], _LOGIN["password"])
            port = _free_port()
            write(config, find_city("Austin"), port)
            _add_entries(config, tesla)
            environment = {
                "ENERGY_SITE_TESLA_AUTH": tesla.url,
                "ENERGY_SITE_TESLA_API": tesla.url,
                "ENERGY_SITE_ENLIGHTEN": account.url,
                "ENERGY_SITE_ENTREZ": account.url,
                # Python shows deprecations of code that isn't its own only then.
                "PYTHONWARNINGS": "default",
            }
            conditions = {
                "The meters were not read again and again": lambda: gateway.stats.requests["/ivp/meters/readings"] >= 3,
                "The Tesla site was not polled": lambda: bool(tesla.stats.requests[site.path("live_status")]),
                "The Enphase account was not polled": lambda: bool(account.requests[home.path(paths.BATTERY_SETTINGS)]),
            }
            async with HomeAssistantProcess(config, environment, python=python) as process:
                try:
                    problems = await _use(process, f"http://{LOOPBACK}:{port}", gateway)
                except (ClientError, EndedError, HomeAssistantError, TimeoutError) as err:
                    problems = [f"{type(err).__name__}: {err}\n{process.last_lines()}"]
                problems += await wait_for_all(conditions) if not problems else []
            if account.logins != 1:
                problems.append(f"The Enphase account was signed in to {account.logins} times")
        text = (config / LOG).read_text(encoding="utf-8", errors="replace")
        print(f"Home Assistant {(config / '.HA_VERSION').read_text(encoding='utf-8')}")
    return problems + complaints(text)


def complaints(log: str) -> list[str]:
    """Return the lines of a log that complain about the integration, deprecations among them."""
    return [line for line in log.splitlines() if DOMAIN in line and _EXPECTED not in line and not _QUIET.search(line)]


async def _use(process: HomeAssistantProcess, url: str, gateway: GatewayServer) -> list[str]:
    """Walk through the steps while the process lives, and print what they did; return what is missing."""
    watch = asyncio.create_task(process.watch())
    work = asyncio.create_task(_walk(url, gateway))
    try:
        done, _ = await asyncio.wait((watch, work), return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
        return work.result()
    finally:
        for task in (watch, work):
            task.cancel()
        await asyncio.gather(watch, work, return_exceptions=True)


async def _walk(url: str, gateway: GatewayServer) -> list[str]:
    async with ClientSession(timeout=_TIMEOUT) as session:
        assistant = HomeAssistant(session, url)
        try:
            await wait_until_running(assistant, patience=_PATIENCE)
            async for line in Steps(assistant, gateway).walk():
                print(line)
            return await _missing(assistant)
        finally:
            await assistant.close()


async def _missing(assistant: HomeAssistant) -> list[str]:
    """Return what the entries that were there before lack."""
    counts: dict[str, int] = {}

    async def enough() -> bool:
        registry = await assistant.command("config/entity_registry/list")
        counts.update(
            {
                entry: sum(each["config_entry_id"] == entry for each in registry)
                for entry in (_TESLA_ENTRY, _ACCOUNT_ENTRY)
            }
        )
        return counts[_TESLA_ENTRY] >= _LEAST_OF_TESLA and counts[_ACCOUNT_ENTRY] >= _LEAST_OF_ACCOUNT

    try:
        await until(enough, patience=_PATIENCE)
    except TimeoutError:
        return [f"Entities are missing: {counts}"]
    print(f"{counts[_TESLA_ENTRY]} entities of a Tesla site, {counts[_ACCOUNT_ENTRY]} of an Enphase account.")
    return []


def _free_port() -> int:
    with socket.create_server((LOOPBACK, 0)) as probe:
        return int(probe.getsockname()[1])


def _add_entries(config: Path, tesla: TeslaServer) -> None:
    """Store the entries of a Tesla site and an account as an earlier start would have left them."""
    application = tesla.add_application()
    tokens = tesla.grant(application)
    name = "tesla_smoke"
    tesla_data = {
        "source": "tesla",
        "system_id": str(_SITE),
        "region": "na",
        "auth_implementation": name,
        "token": {
            "access_token": tokens.access,
            "refresh_token": tokens.refresh,
            "token_type": "Bearer",
            "expires_in": tokens.expires_in,
            "expires_at": tesla.clock.now() + tokens.expires_in,
        },
    }
    client = {
        "id": name,
        "domain": DOMAIN,
        "auth_domain": name,
        "client_id": application.client_id,
        "client_secret": application.client_secret,
        "name": "Tesla",
    }
    account_data = {"source": "enphase_account", "system_id": str(_SYSTEM), **_LOGIN}
    entries = [
        _entry(_TESLA_ENTRY, "Powerwall", f"tesla_{_SITE}", tesla_data),
        _entry(_ACCOUNT_ENTRY, "Home", f"enphase_account_{_SYSTEM}", account_data),
    ]
    _store(config, "core.config_entries", 5, {"entries": entries})
    _store(config, "application_credentials", 1, {"items": [client]})


def _entry(entry_id: str, title: str, unique_id: str, data: dict[str, Any]) -> dict[str, Any]:
    moment = "2026-01-01T00:00:00+00:00"
    return {
        "created_at": moment,
        "modified_at": moment,
        "data": data,
        "disabled_by": None,
        "discovery_keys": {},
        "domain": DOMAIN,
        "entry_id": entry_id,
        "options": {},
        "pref_disable_new_entities": False,
        "pref_disable_polling": False,
        "source": "user",
        "subentries": [],
        "title": title,
        "unique_id": unique_id,
        "version": 1,
        "minor_version": 1,
    }


def _store(config: Path, key: str, minor_version: int, data: dict[str, Any]) -> None:
    stored = {"version": 1, "minor_version": minor_version, "key": key, "data": data}
    (config / ".storage" / key).write_text(json.dumps(stored), encoding="utf-8")


def main() -> None:
    """Run, print what went wrong, and fail if anything did."""
    problems = asyncio.run(smoke(sys.argv[1]))
    for problem in problems:
        print(problem, file=sys.stderr)
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
