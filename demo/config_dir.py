"""Home Assistant's configuration for the demo, before its first start."""

from collections.abc import Iterator
from contextlib import contextmanager
import json
from pathlib import Path
import shutil
from tempfile import mkdtemp
from typing import Any

from .cities import City

ROOT = Path(__file__).parent.parent
LOG = "demo.log"
LOOPBACK = "127.0.0.1"

# Not default_config: much of that looks for a network, devices or a cloud.
_CONFIGURATION = """\
homeassistant:
  name: Home
  latitude: {latitude}
  longitude: {longitude}
  elevation: 20
  time_zone: {timezone}
  country: {country}
  currency: {currency}
  unit_system: {units}
  language: en
  internal_url: {url}
  external_url: {url}

automation: !include automations.yaml
config:
energy:
frontend:
history:
logbook:
person:
recorder:
  commit_interval: 1
sun:
system_health:

logger:
  default: warning
  logs:
    custom_components.energy_site: info
    # Media, for which this computer may lack the tools, and nobody minds here.
    haffmpeg: critical
    homeassistant.components.camera: critical
"""


class NotEmptyError(Exception):
    """The directory that the configuration was to be kept in has something else in it."""


@contextmanager
def config_dir(keep: Path | None) -> Iterator[Path]:
    """Return a directory for the configuration: `keep`, or one that is removed at the end."""
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        if any(keep.iterdir()):
            raise NotEmptyError(keep)
        yield keep.resolve()
        return
    path = Path(mkdtemp(prefix="energy-site-demo-"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def write(path: Path, city: City, port: int) -> None:
    """Write what Home Assistant needs to start in `city`, bound to loopback."""
    place = city.place
    text = _CONFIGURATION.format(
        latitude=place.latitude,
        longitude=place.longitude,
        timezone=place.timezone,
        country=city.country,
        currency=city.currency,
        units="us_customary" if city.country == "US" else "metric",
        url=f"http://{LOOPBACK}:{port}",
    )
    (path / "configuration.yaml").write_text(text, encoding="utf-8")
    (path / "automations.yaml").write_text("[]\n", encoding="utf-8")
    shutil.copytree(
        ROOT / "custom_components" / "energy_site",
        path / "custom_components" / "energy_site",
        ignore=shutil.ignore_patterns("__pycache__", "tests"),
    )
    if (blueprints := ROOT / "blueprints").is_dir():
        shutil.copytree(blueprints, path / "blueprints")
    storage = path / ".storage"
    storage.mkdir()
    # The steps after the owner's would set up integrations that wait for a network.
    _store(storage, "onboarding", 4, 1, {"done": ["core_config", "analytics", "integration"]})
    # As a file and confirmed, because a change of the listener by YAML asks for a confirmation over every page.
    _store(storage, "http", 2, 2, {"stable": _listener(port), "pending": None, "yaml_migration_done": True})


def _listener(port: int) -> dict[str, Any]:
    return {
        "server_host": [LOOPBACK],
        "server_port": port,
        "cors_allowed_origins": ["https://cast.home-assistant.io"],
        "login_attempts_threshold": -1,
        "ip_ban_enabled": True,
        "ssl_profile": "modern",
        "use_x_frame_options": True,
        "created_at": "2026-01-01T00:00:00+00:00",
        "error": None,
        "error_message": None,
    }


def _store(storage: Path, key: str, version: int, minor_version: int, data: dict[str, Any]) -> None:
    content = {"version": version, "minor_version": minor_version, "key": key, "data": data}
    (storage / key).write_text(json.dumps(content), encoding="utf-8")
