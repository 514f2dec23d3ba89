"""An owner's account set up with its code in a real core: is any secret in the log, in diagnostics, or in a file's name?"""

from collections import Counter
from dataclasses import dataclass
import json
import logging
import os
from pathlib import Path
import random
import time
from typing import Any
from unittest.mock import patch

import aiohttp

from custom_components.energy_site.const import DOMAIN
from custom_components.energy_site.diagnostics import async_get_config_entry_diagnostics
from homeassistant.config_entries import SOURCE_USER, ConfigEntry, ConfigFlowResult
from homeassistant.core import HomeAssistant
from simulator.clock import ManualClock
from simulator.enphase_account import AccountServer, HomeDetails, lived
from simulator.house import BatteryConfig, HouseConfig

from .account_home import EMAIL, LOGGER, PASSWORD, Secrets, World
from .core import core

_LOGIN = {"username": EMAIL, "password": PASSWORD, "remember_password": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What was looked through, and what was found in it."""

    secrets: Counter[str]
    lines: int
    fields: int
    files: tuple[str, ...]

    @property
    def failed(self) -> bool:
        """Whether anything was found, or there was nothing to look through."""
        return bool(self.secrets) or not (self.lines and self.fields and self.files)


async def look() -> Shown:
    """Set an account up, let it be polled once, and look through all that is shown and kept of it."""
    clock = ManualClock(time.time())
    home = lived(
        HouseConfig(battery=BatteryConfig(units=2)), now=clock.now(), days=2, details=HomeDetails(name="Rose Cottage")
    )
    async with (
        AccountServer(homes=[home], clock=clock) as server,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http,
    ):
        server.add_account(EMAIL, PASSWORD, two_factor=True)
        dice = random.Random(1)
        world = World(clock=clock, http=http, server=server, home=home, dice=dice, two_factor=True, paired=False)
        secrets, logger = Secrets(world), logging.getLogger(LOGGER)
        addresses = {"ENERGY_SITE_ENLIGHTEN": server.url, "ENERGY_SITE_ENTREZ": server.url}
        logging.disable(logging.NOTSET)
        logger.addHandler(secrets)
        logger.setLevel(logging.DEBUG)
        logger.propagate = False
        try:
            with patch.dict(os.environ, addresses):
                async with core() as hass:
                    return await _look(hass, server, secrets)
        finally:
            logger.removeHandler(secrets)
            logger.propagate = True
            logging.disable(logging.WARNING)


async def _look(hass: HomeAssistant, server: AccountServer, secrets: Secrets) -> Shown:
    entry = await _set_up(hass, server)
    await hass.async_block_till_done(wait_background_tasks=True)
    diagnostics = json.dumps(await async_get_config_entry_diagnostics(hass, entry), default=str)
    secrets.look("diagnostics", diagnostics)
    states = [json.dumps(state.as_dict(), default=str) for state in hass.states.async_all()]
    for state in states:
        secrets.look("a state", state)
    await hass.config_entries.async_unload(entry.entry_id)
    files = await hass.async_add_executor_job(_files, hass.config.path(".storage"))
    for name in files:
        secrets.look("a file's name", name)
    return Shown(secrets=secrets.found, lines=secrets.lines, fields=diagnostics.count(":"), files=files)


async def _set_up(hass: HomeAssistant, server: AccountServer) -> ConfigEntry[Any]:
    """Walk through the config flow."""
    flow = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    for answers in ({"next_step_id": "enphase_account"}, _LOGIN):
        flow = await _step(hass, flow, answers)
    if flow.get("step_id") != "enphase_account_code":
        raise RuntimeError(f"the flow asks for {flow.get('step_id')}: {flow.get('errors')}")
    flow = await _step(hass, flow, {"code": server.mailbox.code(EMAIL), "send_again": False})
    entry: ConfigEntry[Any] = flow["result"]
    return entry


async def _step(hass: HomeAssistant, flow: ConfigFlowResult, answers: dict[str, Any]) -> ConfigFlowResult:
    return await hass.config_entries.flow.async_configure(flow["flow_id"], answers)


def _files(folder: str) -> tuple[str, ...]:
    return tuple(sorted(each.name for each in Path(folder).iterdir()))


def report(shown: Shown) -> None:
    """Print the figures."""
    print("An account set up with a code in a real core")
    print(
        f"  secrets found {shown.secrets.total()}, in {shown.lines} lines of log, {shown.fields} fields of diagnostics"
        f" and {len(shown.files)} files' names"
    )
    for where, count in shown.secrets.items():
        print(f"  FAILED: {count} in {where}")
