"""What the demo shows refers to entities that the integration has."""

import json
from pathlib import Path
from typing import Any

import pytest

from custom_components.energy_site.descriptions.entity_description import SiteEntityDescription
from custom_components.energy_site.sensor import DESCRIPTIONS
from demo.cities import find_city
from demo.config_dir import NotEmptyError, config_dir, write
from demo.entities import Entities
from demo.options import parse
from demo.statistics import COUNTED, COUNTED_TODAY, MEASURED
from homeassistant.components.http.config import HTTP_STORAGE_SCHEMA, STORAGE_MINOR_VERSION, STORAGE_VERSION
from homeassistant.components.onboarding import STORAGE_VERSION as ONBOARDING_VERSION
from homeassistant.components.onboarding.const import STEP_USER, STEPS
from homeassistant.util.yaml import load_yaml_dict

SITE = "482512345678"


def _keys() -> set[str]:
    return {row.description.key for row in DESCRIPTIONS if isinstance(row, SiteEntityDescription)}


def test_the_past_is_of_existing_keys() -> None:
    """Every series belongs to a sensor."""
    assert {*MEASURED, *COUNTED, *COUNTED_TODAY} <= _keys()


def test_entities_are_found_by_their_unique_id() -> None:
    """Only those of the site that are enabled, also where two platforms have the same unique id."""
    registry: list[dict[str, Any]] = [
        {"platform": "energy_site", "unique_id": f"{SITE}_solar_power", "entity_id": "sensor.a", "disabled_by": None},
        {"platform": "energy_site", "unique_id": f"{SITE}_firmware", "entity_id": "sensor.b", "disabled_by": "user"},
        {"platform": "energy_site", "unique_id": "other_solar_power", "entity_id": "sensor.c", "disabled_by": None},
        {"platform": "energy_site", "unique_id": f"{SITE}_solar_power", "entity_id": "switch.e", "disabled_by": None},
        {"platform": "sun", "unique_id": f"{SITE}_next_dawn", "entity_id": "sensor.d", "disabled_by": None},
    ]
    assert Entities.of_site(registry, SITE).by_key == {"solar_power": "sensor.a", "switch.solar_power": "switch.e"}


def test_home_assistant_understands_what_it_starts_with(tmp_path: Path) -> None:
    """Its own schemas and versions of what lies in its storage."""
    write(tmp_path, find_city("Naha"), 8124)
    onboarding = json.loads((tmp_path / ".storage" / "onboarding").read_text(encoding="utf-8"))
    assert onboarding["version"] == ONBOARDING_VERSION
    assert {*onboarding["data"]["done"], STEP_USER} == set(STEPS)
    http = json.loads((tmp_path / ".storage" / "http").read_text(encoding="utf-8"))
    assert (http["version"], http["minor_version"]) == (STORAGE_VERSION, STORAGE_MINOR_VERSION)
    stable = http["data"]["stable"]
    meta = ("created_at", "error", "error_message")
    HTTP_STORAGE_SCHEMA({key: value for key, value in stable.items() if key not in meta})
    assert (stable["server_host"], stable["server_port"]) == (["127.0.0.1"], 8124)
    assert load_yaml_dict(str(tmp_path / "configuration.yaml"))["homeassistant"]["time_zone"] == "Asia/Tokyo"
    assert (tmp_path / "custom_components" / "energy_site" / "manifest.json").is_file()
    assert not list(tmp_path.rglob("tests"))


def test_nothing_stays_behind_unless_it_is_to_be_kept(tmp_path: Path) -> None:
    """A directory of one's own is kept, and never mixed with what is there already."""
    with config_dir(None) as path:
        (path / "file").touch()
    assert not path.exists()
    with config_dir(tmp_path / "kept") as path:
        (path / "file").touch()
    assert (tmp_path / "kept" / "file").exists()
    with pytest.raises(NotEmptyError), config_dir(tmp_path / "kept"):
        pass


def test_options(capsys: pytest.CaptureFixture[str]) -> None:
    """Everything has a default; what makes no sense is refused."""
    options = parse([])
    assert (options.city, options.port, options.house) == (None, 8123, "home")
    assert (options.check, options.cloud) == (False, False)
    options = parse(["--city", "cape town", "--inverters", "40", "--config", "here", "--check", "--cloud"])
    assert (options.city, options.inverters, options.config) == ("Cape Town", 40, Path("here"))
    assert (options.check, options.cloud) == (True, True)
    for wrong in (["--port", "0"], ["--port", "x"], ["--inverters", "0"], ["--city", "Atlantis"]):
        with pytest.raises(SystemExit):
            parse(wrong)
    assert "invalid" in capsys.readouterr().err
