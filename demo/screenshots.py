"""Take the pictures of docs/images from a demo that is running: `scripts/screenshots`."""

import argparse
import asyncio
import json
from pathlib import Path
import shutil
import sys
import time

from aiohttp import ClientSession
from playwright.async_api import Browser, async_playwright

from .api import HomeAssistant
from .cloud import SITE as CLOUD_SITE
from .config_dir import LOOPBACK, ROOT
from .entities import DOMAIN

_IMAGES = ROOT / "docs" / "images"
_WIDTH = 1280
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync --no-first-run"
_FIRST_LOAD, _LOAD = 15_000, 8_000


async def take(port: int, browser: str) -> None:
    """Take all pictures."""
    url = f"http://{LOOPBACK}:{port}"
    async with ClientSession() as session, async_playwright() as playwright:
        assistant = HomeAssistant(session, url)
        tokens = await assistant.log_in()
        device = await _hub(assistant)
        timezone = (await assistant.command("get_config"))["time_zone"]
        await assistant.close()
        chromium = await playwright.chromium.launch(executable_path=browser, args=_FLAGS.split())
        pages = (
            ("dashboard", "/energy-site", 1420),
            ("energy", "/energy/overview", 960),
            ("device", f"/config/devices/device/{device}", 1100),
        )
        stored = tokens | {"hassUrl": url, "clientId": f"{url}/"}
        stored["expires"] = int(time.time() * 1000) + tokens["expires_in"] * 1000
        await _photograph(chromium, url, json.dumps(stored), timezone, pages)
        await chromium.close()


async def _photograph(
    browser: Browser, url: str, tokens: str, timezone: str, pages: tuple[tuple[str, str, int], ...]
) -> None:
    context = await browser.new_context(timezone_id=timezone, color_scheme="light")
    # Logged in as from an earlier visit, and with the sidebar out of the way.
    await context.add_init_script(
        f"localStorage.setItem('hassTokens', {json.dumps(tokens)});"
        "localStorage.setItem('dockedSidebar', JSON.stringify('always_hidden'));"
    )
    page = await context.new_page()
    pause = _FIRST_LOAD
    for name, path, height in pages:
        await page.set_viewport_size({"width": _WIDTH, "height": height})
        await page.goto(url + path)
        await page.wait_for_timeout(pause)
        pause = _LOAD
        await page.screenshot(path=_IMAGES / f"{name}.png")


async def _hub(assistant: HomeAssistant) -> str:
    """Return the id of the gateway's device, also where its cloud is set up as well."""
    devices = await assistant.command("config/device_registry/list")
    return next(
        str(device["id"])
        for device in devices
        if device["via_device_id"] is None
        and any(domain == DOMAIN and name != CLOUD_SITE for domain, name in device["identifiers"])
    )


def main() -> None:
    """Take the pictures that the command line asks for."""
    parser = argparse.ArgumentParser(prog="scripts/screenshots", description=__doc__)
    parser.add_argument("--port", type=int, default=8123, help="of the running demo (8123)")
    parser.add_argument("--browser", type=Path, help="a Chromium; else one that is installed")
    options = parser.parse_args()
    browser = options.browser or next((found for name in _BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        sys.exit("No Chromium was found: install one, or name it with --browser.")
    asyncio.run(take(options.port, str(browser)))


if __name__ == "__main__":
    main()
