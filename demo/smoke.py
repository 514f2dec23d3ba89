"""Starts another Home Assistant with an entry of the integration, and looks whether that goes well."""

import asyncio
from asyncio.subprocess import STDOUT, create_subprocess_exec
import json
from pathlib import Path
import shutil
import socket
import sys
from tempfile import TemporaryDirectory
from typing import Any

from simulator.clock import SystemClock
from simulator.house import House
from simulator.iq_gateway import GatewayServer
from simulator.presets import PRESETS

from .config_dir import LOOPBACK, ROOT

# Long enough for the second and third look at the meters.
_SECONDS = 45
_DOMAIN = "energy_site"
_EXPECTED = "has not been tested by Home Assistant"


async def smoke(python: str) -> list[str]:
    """Run Home Assistant of the interpreter's environment for a while; return what went wrong."""
    preset, clock = PRESETS["home"](), SystemClock()
    house = House(preset.house, start=clock.now() - 3600)
    with TemporaryDirectory(prefix="energy-site-smoke-") as folder:
        config = Path(folder)
        async with GatewayServer(house, preset.gateway, clock=clock) as gateway:
            _write(config, gateway)
            log = config / "smoke.log"
            with log.open("wb") as output:
                process = await create_subprocess_exec(
                    *(python, "-m", "homeassistant", "--config", folder, "--skip-pip", "--log-no-color"),
                    stdout=output,
                    stderr=STDOUT,
                    cwd=folder,
                )
            await asyncio.sleep(_SECONDS)
            looks = gateway.stats.requests["/ivp/meters/readings"]
            running = process.returncode is None
            if running:
                process.terminate()
            await process.wait()
        text = log.read_text(encoding="utf-8", errors="replace")
        problems = [line for line in text.splitlines() if _DOMAIN in line and _EXPECTED not in line]
        version = (config / ".HA_VERSION").read_text(encoding="utf-8")
        entities = _entities(config)
    print(f"Home Assistant {version}: {entities} entities, the meters were read {looks} times")
    if not running:
        problems.append(f"Home Assistant ended by itself:\n{text[-2000:]}")
    if looks < 3:
        problems.append("The meters were not read again and again")
    if entities < 100:
        problems.append("Entities are missing")
    return problems


def _write(config: Path, gateway: GatewayServer) -> None:
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
    moment = "2026-01-01T00:00:00+00:00"
    entry: dict[str, Any] = {
        "created_at": moment,
        "modified_at": moment,
        "data": {
            "source": "iq_gateway",
            "host": gateway.host,
            "fingerprint": gateway.fingerprint.hex(),
            "token": gateway.token(),
        },
        "disabled_by": None,
        "discovery_keys": {},
        "domain": _DOMAIN,
        "entry_id": "01SMOKE",
        "options": {},
        "pref_disable_new_entities": False,
        "pref_disable_polling": False,
        "source": "user",
        "subentries": [],
        "title": "IQ Gateway",
        "unique_id": gateway.serial,
        "version": 1,
        "minor_version": 1,
    }
    storage = config / ".storage"
    storage.mkdir()
    (storage / "core.config_entries").write_text(
        json.dumps({"version": 1, "minor_version": 5, "key": "core.config_entries", "data": {"entries": [entry]}}),
        encoding="utf-8",
    )


def _entities(config: Path) -> int:
    registry = config / ".storage" / "core.entity_registry"
    if not registry.exists():
        return 0
    entities = json.loads(registry.read_text(encoding="utf-8"))["data"]["entities"]
    return sum(entity["platform"] == _DOMAIN for entity in entities)


def main() -> None:
    """Run, print what went wrong, and fail if anything did."""
    problems = asyncio.run(smoke(sys.argv[1]))
    for problem in problems:
        print(problem, file=sys.stderr)
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
