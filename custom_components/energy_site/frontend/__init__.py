"""The dashboard that makes itself: modules that Home Assistant's frontend loads."""

from hashlib import sha256
from pathlib import Path

from homeassistant.components.frontend import add_extra_js_url
from homeassistant.components.http import StaticPathConfig  # type: ignore[attr-defined]  # In __all__ since 2026.11.
from homeassistant.core import HomeAssistant

from ..const import DOMAIN

_MODULES = Path(__file__).parent / "strategy"
_ENTRY = "energy-site.js"


async def async_serve_dashboard(hass: HomeAssistant) -> None:
    """Serve the dashboard strategy, and let every page load it; once per start, as a path can't be served twice."""
    if "frontend" not in hass.config.components:
        return
    # Modules name each other relatively, so that what tells browsers of a new version has to be in the folder's address.
    folder = f"/{DOMAIN}/{await hass.async_add_executor_job(_digest)}"
    await hass.http.async_register_static_paths([StaticPathConfig(folder, str(_MODULES), cache_headers=True)])
    add_extra_js_url(hass, f"{folder}/{_ENTRY}")


def _digest() -> str:
    content = sha256()
    for path in sorted(_MODULES.glob("*.js")):
        content.update(path.read_bytes())
    return content.hexdigest()[:16]
