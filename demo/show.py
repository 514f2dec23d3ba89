"""The demo from its start to its end."""

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
import socket
import time

from aiohttp import ClientError, ClientSession, ClientTimeout

from .account import ACCOUNT_SITE, governed
from .api import HomeAssistant, HomeAssistantError
from .check import CheckFailedError, check, check_account, check_cloud, check_tesla
from .cities import City, choose_city, find_city
from .cloud import CALLBACK, SITE
from .config_dir import LOOPBACK, NotEmptyError, config_dir, write
from .home import Home, furnish, serve
from .one_home import count_with_everything, require_one_home, require_one_home_without_gateway, require_one_outage
from .options import Options
from .process import EndedError, HomeAssistantProcess
from .setting_up import (
    add_account,
    add_cloud,
    add_site,
    add_tesla,
    add_to_energy_dashboard,
    import_past,
    show,
    wait_for_account,
    wait_for_cloud,
    wait_for_site,
    wait_for_tesla,
    wait_until_running,
)
from .tesla import Tesla, connect_tesla
from .words import ready

_TIMEOUT = ClientTimeout(total=180)


class Failure(Exception):  # noqa: N818 - its text is for a person, who is told no class name.
    """Why there is no demo."""


async def run(options: Options) -> None:
    """Show the home until cancelled, or check it and return."""
    _require_free(options.port)
    now = time.time()
    city = find_city(options.city) if options.city else choose_city(now)
    hour = city.local_hour(now)
    _say(f"A home in {city.name}, where it is {int(hour)}:{int(hour % 1 * 60):02d}, with days of its past ...")
    async with AsyncExitStack() as stack:
        try:
            path = stack.enter_context(config_dir(options.config))
        except NotEmptyError as err:
            raise Failure(f"{err} is not empty: give --config a new directory.") from err
        preset = furnish(options.house, city, options.inverters)
        if options.account:
            preset = governed(preset)
        redirect = f"{_url(options)}{CALLBACK}"
        home = await stack.enter_async_context(serve(preset, city, redirect))
        tesla = connect_tesla(city, redirect) if options.tesla else None
        if tesla is not None:
            await stack.enter_async_context(tesla.server)
        await _run_home_assistant(options, path, city, home, tesla)


async def _run_home_assistant(options: Options, path: Path, city: City, home: Home, tesla: Tesla | None) -> None:
    _say("Home Assistant is starting ...")
    write(path, city, options.port)
    environment = {
        "ENERGY_SITE_ENLIGHTEN": home.account.server.url,
        "ENERGY_SITE_ENTREZ": home.account.server.url,
        "ENERGY_SITE_ENPHASE_API": home.cloud.server.url,
        **({"ENERGY_SITE_TESLA_AUTH": tesla.server.url, "ENERGY_SITE_TESLA_API": tesla.server.url} if tesla else {}),
    }
    async with HomeAssistantProcess(path, environment) as process:
        try:
            await _until_ended(process, _present(options, home, tesla))
        except (ClientError, CheckFailedError, EndedError, HomeAssistantError, TimeoutError) as err:
            reason = str(err) or "Home Assistant took too long"
            log = process.last_lines()
            raise Failure(f"The demo could not go on: {reason}\n\nHome Assistant's last words:\n{log}") from err
        finally:
            if not options.check:
                _say("Home Assistant is being stopped ...")


async def _until_ended(process: HomeAssistantProcess, work: Coroutine[None, None, None]) -> None:
    """Do the work; raise what goes wrong with it or with Home Assistant."""
    tasks = (asyncio.create_task(work), asyncio.create_task(process.watch()))
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _present(options: Options, home: Home, tesla: Tesla | None) -> None:
    url = _url(options)
    async with ClientSession(timeout=_TIMEOUT) as session:
        assistant = HomeAssistant(session, url)
        try:
            await wait_until_running(assistant)
            _say("The integration is being set up through its config flow ...")
            entry_id = await add_site(assistant, home)
            entities = await wait_for_site(assistant, home)
            await import_past(assistant, home, entities)
            _say("It is being added to the Energy dashboard through its options ...")
            await add_to_energy_dashboard(assistant, entry_id, entities)
            account_entities = None
            if options.account:
                _say("Its owner's account is being set up the same way ...")
                await add_account(assistant, home)
                account_entities = await wait_for_account(assistant)
            if tesla is not None:
                _say("A second home is being set up from a Tesla cloud ...")
                await add_tesla(assistant, session, tesla)
                await wait_for_tesla(assistant)
            await show(assistant)
            if options.cloud:
                _say("Its cloud is being set up the same way ...")
                await add_cloud(assistant, session, home)
                await wait_for_cloud(assistant)
            if options.check:
                for line in await check(assistant, home, entities):
                    _say(line)
                if account_entities is not None:
                    _say(check_account(home, account_entities))
                    _say(await require_one_home(assistant, home, ACCOUNT_SITE))
                if options.cloud:
                    _say(await check_cloud(assistant, home))
                    _say(await count_with_everything(assistant, SITE))
                    _say(await require_one_home(assistant, home, SITE))
                if (options.cloud or options.account) and home.house.battery is not None:
                    _say(await require_one_outage(assistant, home))
                if options.cloud and options.account:
                    _say(await require_one_home_without_gateway(assistant, home, ACCOUNT_SITE, SITE))
                if tesla is not None:
                    _say(await check_tesla(assistant, tesla))
                return
        finally:
            await assistant.close()
    _say(ready(options, url, home, tesla))
    await _pass_codes_on(home)


async def _pass_codes_on(home: Home) -> None:
    """Show each code that is sent to an owner, as there is no mailbox to look into."""
    mails = home.account.server.mailbox.mails
    seen = len(mails)
    while True:
        await asyncio.sleep(0.5)
        for mail in mails[seen:]:
            _say(f"E-mail to {mail.to}: the code is {mail.code}")
        seen = len(mails)


def _url(options: Options) -> str:
    return f"http://{LOOPBACK}:{options.port}"


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as err:
            reason = err.strerror or str(err)
            raise Failure(
                f"Port {port} cannot be used ({reason}). Is another Home Assistant running? "
                f"Choose another port: scripts/demo --port {port + 1 if port < 65535 else 8124}"
            ) from err


def _say(text: str) -> None:
    print(text, flush=True)
