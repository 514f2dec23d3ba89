"""Home Assistant's pages load the dashboard strategy."""

from pathlib import Path
import re
from typing import Any

import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.energy_site import frontend as served
from custom_components.energy_site.const import DOMAIN
from homeassistant.components.onboarding import STORAGE_VERSION as ONBOARDING_VERSION
from homeassistant.components.onboarding.const import STEPS
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from .node import STRATEGY

_PAGE = '{% for module in extra_modules %}import("{{ module }}");{% endfor %}'
_FILES = ("service_worker.js", "sw-modern.js", "sw-modern.js.map", "sw-legacy.js", "sw-legacy.js.map", "robots.txt")


@pytest.fixture(name="pages")
def pages_fixture(tmp_path: Path) -> dict[str, dict[str, str]]:
    """Return the configuration of a frontend that has nothing but a page: the real one is a hundred megabytes."""
    root = tmp_path / "hass_frontend"
    for name in ("static", "frontend_latest", "frontend_es5"):
        (root / name).mkdir(parents=True)
    for name in (*_FILES, "onboarding.html", "authorize.html"):
        (root / name).touch()
    (root / "index.html").write_text(_PAGE)
    return {"frontend": {"development_repo": str(tmp_path)}}


async def _modules(hass: HomeAssistant, hass_client: ClientSessionGenerator) -> list[str]:
    """Return the addresses of our modules in a page."""
    client = await hass_client()
    page = await (await client.get("/lovelace")).text()
    return [url for url in re.findall(r'import\("(.+?)"\)', page) if url.startswith(f"/{DOMAIN}/")]


async def test_every_page_loads_the_strategy(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    hass_storage: dict[str, Any],
    pages: dict[str, dict[str, str]],
    socket_enabled: None,
) -> None:
    hass_storage["onboarding"] = {"version": ONBOARDING_VERSION, "data": {"done": STEPS}}
    assert await async_setup_component(hass, "frontend", pages)
    assert await async_setup_component(hass, DOMAIN, {})
    (url,) = await _modules(hass, hass_client)
    client = await hass_client()
    for name in [path.name for path in STRATEGY.iterdir()]:
        answer = await client.get(f"{url.rpartition('/')[0]}/{name}")
        assert answer.status == 200, name
        assert answer.content_type == "text/javascript"
        assert await answer.text() == (STRATEGY / name).read_text()
        assert "max-age" in answer.headers["Cache-Control"]
    # Only the modules are anybody's to read.
    assert (await client.get(f"{url.rpartition('/')[0]}/../__init__.py")).status == 404


async def test_another_version_has_another_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Browsers keep modules for a month, and modules name each other without a version."""
    before = served._digest()
    for path in STRATEGY.iterdir():
        (tmp_path / path.name).write_text(path.read_text())
    monkeypatch.setattr(served, "_MODULES", tmp_path)
    assert served._digest() == before
    (tmp_path / "words.js").write_text("export const WORDS = {};")
    assert served._digest() != before


async def test_a_home_assistant_without_a_frontend_has_the_integration_all_the_same(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, DOMAIN, {})
    assert hass.services.has_service(DOMAIN, "refresh")
