"""The documentation says what the code does."""

import json
from pathlib import Path
import re
from typing import Any, cast

import pytest

from custom_components.energy_site.descriptions.controls import (
    NUMBER_DESCRIPTIONS,
    SELECT_DESCRIPTIONS,
    SWITCH_DESCRIPTIONS,
)
from custom_components.energy_site.descriptions.entity_description import AnyEntityDescription, SiteEntityDescription
from custom_components.energy_site.descriptions.site import BINARY_DESCRIPTIONS
from custom_components.energy_site.event import EVENTS
from custom_components.energy_site.sensor import DESCRIPTIONS
from custom_components.energy_site.vendors.iq_gateway.const import INTERVALS, LIVE_MINUTES
from custom_components.energy_site.vendors.iq_gateway.source import feeds
from homeassistant.components.automation.config import AUTOMATION_BLUEPRINT_SCHEMA
from homeassistant.components.blueprint.models import Blueprint
from homeassistant.components.event import EventEntityDescription
from homeassistant.helpers.entity import EntityDescription
from homeassistant.util.yaml import load_yaml

ROOT = Path(__file__).parents[1]
ENGLISH = json.loads((ROOT / "custom_components/energy_site/translations/en.json").read_text())
ENTITIES = (ROOT / "docs/entities.md").read_text()
PLATFORMS: dict[str, tuple[AnyEntityDescription, ...]] = {
    "sensor": DESCRIPTIONS,
    "binary_sensor": BINARY_DESCRIPTIONS,
    "number": NUMBER_DESCRIPTIONS,
    "select": SELECT_DESCRIPTIONS,
    "switch": SWITCH_DESCRIPTIONS,
}
BLUEPRINTS = sorted((ROOT / "blueprints").rglob("*.yaml"))


def _line(platform: str, description: EntityDescription) -> str:
    name = ENGLISH["entity"][platform][description.translation_key]["name"]
    unit = getattr(description, "native_unit_of_measurement", None) or "-"
    enabled = "yes" if description.entity_registry_enabled_default else "-"
    return f"| {platform} | {name} | `{description.key}` | {unit} | {enabled} |"


def _sections() -> dict[str, str]:
    """Return the tables of the page by their headings."""
    found = re.split(r"^#+ (.+)$", ENTITIES, flags=re.MULTILINE)
    return dict(zip(found[1::2], found[2::2], strict=True))


@pytest.mark.parametrize(("platform", "row"), [(platform, row) for platform, rows in PLATFORMS.items() for row in rows])
def test_every_entity_is_listed(platform: str, row: AnyEntityDescription) -> None:
    if isinstance(row, SiteEntityDescription):
        heading = "The site"
    else:
        heading = ENGLISH["device"][row.family.kind]["name"].replace(" {name}", "")
    assert _line(platform, row.description) in _sections()[heading]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.key)
def test_every_event_is_listed(event: EventEntityDescription) -> None:
    assert _line("event", event) in _sections()["The site"]


def test_nothing_is_listed_that_is_no_entity() -> None:
    listed = [line for line in ENTITIES.splitlines() if line.startswith("| ") and "`" in line]
    entities = [_line(platform, row.description) for platform, rows in PLATFORMS.items() for row in rows]
    assert sorted(listed) == sorted([*entities, *(_line("event", event) for event in EVENTS)])


def test_every_repair_has_its_place() -> None:
    headings = re.findall(r"^## (.+)$", (ROOT / "docs/repairs.md").read_text(), re.MULTILINE)
    anchors = {heading.lower().replace(" ", "_") for heading in headings}
    assert anchors == set(ENGLISH["issues"])


def test_the_options_are_described_with_their_bounds() -> None:
    readme = (ROOT / "README.md").read_text()
    names = ENGLISH["options"]["step"]["init"]["data"]
    for pace, (least, usual, greatest) in INTERVALS.items():
        assert f"| {names[pace]} | {usual} | {least} | {greatest} |" in readme
    least, usual, greatest = LIVE_MINUTES
    assert f"| {names['live_minutes']} | {usual} | {least} | {greatest} |" in readme


def test_every_endpoint_is_described() -> None:
    page = (ROOT / "docs/how-it-polls.md").read_text()
    assert [feed.endpoint for feed in feeds.ALL if f"`{feed.endpoint}`" not in page] == []


def test_links_lead_somewhere() -> None:
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")):
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


@pytest.mark.parametrize("path", BLUEPRINTS, ids=lambda path: path.stem)
def test_a_blueprint_can_be_imported(path: Path) -> None:
    blueprint = Blueprint(
        cast("dict[str, Any]", load_yaml(path)),
        expected_domain="automation",
        path=path.name,
        schema=AUTOMATION_BLUEPRINT_SCHEMA,
    )
    assert blueprint.validate() is None
    assert blueprint.metadata["source_url"].endswith(str(path.relative_to(ROOT)))
