"""Starts another Home Assistant with entries of the integration, and looks whether that goes well."""

import asyncio
from asyncio.subprocess import STDOUT, create_subprocess_exec
import json
import os
from pathlib import Path
import shutil
import socket
import sys
from tempfile import TemporaryDirectory
from typing import Any

from simulator.clock import SystemClock
from simulator.enphase_account import AccountHome, AccountServer, HomeDetails, paths
from simulator.house import BatteryConfig, House, HouseConfig
from simulator.iq_gateway import GatewayServer
from simulator.presets import PRESETS
from simulator.tesla_cloud import EnergySite, SiteDetails, TeslaServer, powerwall

from .config_dir import LOOPBACK, ROOT

# Long enough for the second and third look at the meters.
_SECONDS = 45
_DOMAIN = "energy_site"
_GATEWAY_ENTRY, _TESLA_ENTRY, _SITE = "01SMOKE", "02SMOKE", 2607043
_ACCOUNT_ENTRY, _SYSTEM, _LOGIN = "03SMOKE", 2607044, {"username": "owner@example.com", "password": "sunshine"}
_EXPECTED = "has not been tested by Home Assistant"


async def smoke(python: str) -> list[str]:
    """Run Home Assistant of the interpreter's environment for a while; return what went wrong."""
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
            _write(config, gateway, tesla)
            addresses = {
                "ENERGY_SITE_TESLA_AUTH": tesla.url,
                "ENERGY_SITE_TESLA_API": tesla.url,
                "ENERGY_SITE_ENLIGHTEN": account.url,
                "ENERGY_SITE_ENTREZ": account.url,
            }
            log = config / "smoke.log"
            with log.open("wb") as output:
                process = await create_subprocess_exec(
                    *(python, "-m", "homeassistant", "--config", folder, "--skip-pip", "--log-no-color"),
                    stdout=output,
                    stderr=STDOUT,
                    cwd=folder,
                    env={**os.environ, **addresses},
                )
            await asyncio.sleep(_SECONDS)
            looks = gateway.stats.requests["/ivp/meters/readings"]
            tesla_looks = tesla.stats.requests[site.path("live_status")]
            account_looks, sign_ins = account.requests[home.path(paths.BATTERY_SETTINGS)], account.logins
            running = process.returncode is None
            if running:
                process.terminate()
            await process.wait()
        text = log.read_text(encoding="utf-8", errors="replace")
        problems = [line for line in text.splitlines() if _DOMAIN in line and _EXPECTED not in line]
        version = (config / ".HA_VERSION").read_text(encoding="utf-8")
        entities, tesla_entities, account_entities = (
            _entities(config, entry) for entry in (_GATEWAY_ENTRY, _TESLA_ENTRY, _ACCOUNT_ENTRY)
        )
    print(
        f"Home Assistant {version}: {entities} entities of a gateway, whose meters were read {looks} times, "
        f"{tesla_entities} of a Tesla site, and {account_entities} of an Enphase account, which was signed in to {sign_ins} times"
    )
    if not running:
        problems.append(f"Home Assistant ended by itself:\n{text[-2000:]}")
    if looks < 3:
        problems.append("The meters were not read again and again")
    if entities < 100 or tesla_entities < 40 or account_entities < 20:
        problems.append("Entities are missing")
    if not tesla_looks:
        problems.append("The Tesla site was not polled")
    if not account_looks or sign_ins != 1:
        problems.append("The Enphase account was not polled, or not signed in to once")
    return problems


def _write(config: Path, gateway: GatewayServer, tesla: TeslaServer) -> None:
    shutil.copytree(
        ROOT / "custom_components" / _DOMAIN,
        config / "custom_components" / _DOMAIN,
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    with socket.create_server((LOOPBACK, 0)) as probe:
        port = probe.getsockname()[1]
    (config / "configuration.yaml").write_text(
        f"homeassistant:\n  name: Home\nhttp:\n  server_host: {LOOPBACK}\n  server_port: {port}\nlogger:\n  default: warning\n",
        encoding="utf-8",
    )
    data = {
        "source": "iq_gateway",
        "host": gateway.host,
        "fingerprint": gateway.fingerprint.hex(),
        "token": gateway.token(),
    }
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
        "domain": _DOMAIN,
        "auth_domain": name,
        "client_id": application.client_id,
        "client_secret": application.client_secret,
        "name": "Tesla",
    }
    (config / ".storage").mkdir()
    entries = [
        _entry(_GATEWAY_ENTRY, "IQ Gateway", gateway.serial, data),
        _entry(_TESLA_ENTRY, "Powerwall", f"tesla_{_SITE}", tesla_data),
        _entry(
            _ACCOUNT_ENTRY,
            "Home",
            f"enphase_account_{_SYSTEM}",
            {"source": "enphase_account", "system_id": str(_SYSTEM), **_LOGIN},
        ),
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
        "domain": _DOMAIN,
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


def _entities(config: Path, entry_id: str) -> int:
    registry = config / ".storage" / "core.entity_registry"
    if not registry.exists():
        return 0
    entities = json.loads(registry.read_text(encoding="utf-8"))["data"]["entities"]
    return sum(entity["config_entry_id"] == entry_id for entity in entities)


def main() -> None:
    """Run, print what went wrong, and fail if anything did."""
    problems = asyncio.run(smoke(sys.argv[1]))
    for problem in problems:
        print(problem, file=sys.stderr)
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
