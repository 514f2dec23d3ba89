"""The documentation says what the code does."""

from collections.abc import Iterator
from pathlib import Path
import re
from typing import Any, cast

import pytest

from custom_components.energy_site.calendar import STORMS_AND_OUTAGES
from custom_components.energy_site.condition import CONDITIONS
from custom_components.energy_site.const import READINGS_AUTO
from custom_components.energy_site.descriptions.controls import (
    NUMBER_DESCRIPTIONS,
    SELECT_DESCRIPTIONS,
    SWITCH_DESCRIPTIONS,
)
from custom_components.energy_site.descriptions.entity_description import AnyEntityDescription, SiteEntityDescription
from custom_components.energy_site.descriptions.site import BINARY_DESCRIPTIONS
from custom_components.energy_site.event import EVENTS
from custom_components.energy_site.repairs import ISSUES
from custom_components.energy_site.sensor import DESCRIPTIONS
from custom_components.energy_site.trigger import TRIGGERS
from custom_components.energy_site.vendors.enphase_cloud.parameters import PARAMETERS as ENPHASE_PARAMETERS
from custom_components.energy_site.vendors.iq_gateway.const import INTERVALS, LIVE_MINUTES
from custom_components.energy_site.vendors.tesla.budget import CREDIT, FREE, MOST_REQUESTS, PLANS as BUDGETS
from custom_components.energy_site.vendors.tesla.options import LEAST_REQUESTS
from custom_components.energy_site.vendors.tesla.parameters import PARAMETERS as TESLA_PARAMETERS
from homeassistant.components.automation.config import AUTOMATION_BLUEPRINT_SCHEMA
from homeassistant.components.blueprint.models import Blueprint
from homeassistant.helpers.entity import EntityDescription
from homeassistant.util import slugify
from homeassistant.util.yaml import load_yaml, parse_yaml
from tests.documentation import ENGLISH, PAGES, ROOT, section, table_rows, tables

ENTITIES = (ROOT / "docs/entities.md").read_text()
PLATFORMS: dict[str, tuple[AnyEntityDescription, ...]] = {
    "sensor": DESCRIPTIONS,
    "binary_sensor": BINARY_DESCRIPTIONS,
    "number": NUMBER_DESCRIPTIONS,
    "select": SELECT_DESCRIPTIONS,
    "switch": SWITCH_DESCRIPTIONS,
}
SERVICES = cast("dict[str, Any]", load_yaml(ROOT / "custom_components/energy_site/services.yaml"))
SETUP_PAGES = {
    "iq_gateway": "docs/gateway.md",
    "enphase_account": "docs/account.md",
    "enphase_cloud": "docs/cloud.md",
    "enlighten": "docs/cloud.md",
    "tesla": "docs/tesla.md",
}
BLUEPRINTS = sorted((ROOT / "blueprints").rglob("*.yaml"))


def _line(platform: str, description: EntityDescription) -> str:
    """Return the row of an entity, which those of the three phases share."""
    texts = ENGLISH["entity"][platform].get(description.translation_key)
    assert texts, f"translations/en.json has no entity.{platform}.{description.translation_key}"
    name, key = texts["name"], f"`{description.key}`"
    if (phase := _phase(description)) is not None:
        assert name.endswith(f" L{phase}")
        name, key = f"{name[:-1]}1 to L3", f"`{description.key[:-1]}1` to `l3`"
    unit = getattr(description, "native_unit_of_measurement", None) or "-"
    enabled = "yes" if description.entity_registry_enabled_default else "-"
    return f"| {platform} | {name} | {key} | {unit} | {enabled} |"


def _phase(description: EntityDescription) -> str | None:
    found = re.search(r"_l(\d)$", description.key)
    return found[1] if found is not None else None


def _owner(row: AnyEntityDescription) -> str:
    """Return the heading below which an entity is listed."""
    if isinstance(row, SiteEntityDescription):
        return "The site"
    return str(ENGLISH["device"][row.family.kind]["name"]).replace(" {name}", "")


def _listed() -> dict[str, list[str]]:
    """Return the rows of the page by what they are listed for."""
    site, devices = re.split(r"^## Devices$", ENTITIES, flags=re.MULTILINE)
    found = re.split(r"^### (.+)$", devices, flags=re.MULTILINE)
    texts = {"The site": site, **dict(zip(found[1::2], found[2::2], strict=True))}
    return {
        heading: [line for line in text.splitlines() if re.match(r"\| \w+ \| .+ \| `", line)]
        for heading, text in texts.items()
    }


def test_the_tables_of_entities_are_those_of_the_code() -> None:
    expected: dict[str, set[str]] = {heading: set() for heading in _listed()}
    for platform, described in PLATFORMS.items():
        for row in described:
            expected[_owner(row)].add(_line(platform, row.description))
    expected["The site"] |= {_line("calendar", STORMS_AND_OUTAGES), *(_line("event", event) for event in EVENTS)}
    assert {heading: sorted(lines) for heading, lines in _listed().items()} == {
        heading: sorted(lines) for heading, lines in expected.items()
    }


def test_a_row_of_three_phases_stands_for_three_entities() -> None:
    phases: dict[tuple[str, str], str] = {}
    for platform, described in PLATFORMS.items():
        for row in described:
            if (phase := _phase(row.description)) is not None:
                place = (_owner(row), _line(platform, row.description))
                phases[place] = phases.get(place, "") + phase
    assert phases
    assert {place: "".join(sorted(found)) for place, found in phases.items()} == dict.fromkeys(phases, "123")


def test_every_repair_has_its_place() -> None:
    page = (ROOT / "docs/repairs.md").read_text()
    # A heading that reads otherwise than the key has the key as its anchor.
    headings = re.findall(r"^(?:<a id=\"([a-z0-9-]+)\"></a>\n\n)?## (.+)$", page, re.MULTILINE)
    anchors = [anchor or heading.lower().replace(" ", "-") for anchor, heading in headings]
    assert len(anchors) == len(set(anchors))
    assert set(anchors) == {key.replace("_", "-") for key in ENGLISH["issues"]}


def test_every_repair_that_the_code_raises_is_a_repair_of_the_page() -> None:
    # These are always shown with the text of their cause, each of which is a repair of its own there.
    named_by_cause = {"account_service", "account_waiting"}
    assert set(ISSUES) - set(ENGLISH["issues"]) == named_by_cause


def test_the_menu_of_options_is_described() -> None:
    items = [item for item, _ in table_rows("docs/options.md", "Options")]
    assert items == list(ENGLISH["options"]["step"]["init"]["menu_options"].values())


def test_the_options_are_described_with_their_defaults_and_bounds() -> None:
    names = ENGLISH["options"]["step"]["settings"]["data"]
    bounded, others = tables("docs/options.md", "Settings of an IQ Gateway")
    bounds: dict[str, tuple[int, int, int]] = {str(pace): each for pace, each in INTERVALS.items()}
    bounds["live_minutes"] = LIVE_MINUTES
    assert {name: tuple(cells) for name, *cells, _ in bounded} == {
        names[key]: (str(usual), str(least), str(greatest)) for key, (least, usual, greatest) in bounds.items()
    }
    assert [name for name, *_ in [*bounded, *others]] == list(names.values())


@pytest.mark.parametrize(
    ("step", "heading", "default"),
    [
        ("readings", "Settings of an Enphase account or the Enphase cloud", READINGS_AUTO),
        ("budget", "Settings of a Tesla site", FREE),
    ],
)
def test_the_options_of_a_vendor_are_described_with_their_choices(step: str, heading: str, default: str) -> None:
    rows = table_rows("docs/options.md", heading)
    assert [name for name, *_ in rows] == list(ENGLISH["options"]["step"][step]["data"].values())
    _, chosen, description = rows[0]
    choices = ENGLISH["selector"][step]["options"]
    assert chosen == choices[default]
    assert re.findall(r"\*\*(.+?)\*\*", description) == list(choices.values())


def test_the_budgets_of_a_tesla_site_are_those_of_the_code() -> None:
    (_, _, choices), (_, _, custom) = table_rows("docs/options.md", "Settings of a Tesla site")
    assert [int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*\d", choices)] == [
        BUDGETS[FREE].per_month,
        BUDGETS[CREDIT].per_month,
    ]
    assert f"from {LEAST_REQUESTS} to {MOST_REQUESTS:,}" in custom


def test_every_step_of_the_options_is_described() -> None:
    # The first has the menu, and those of the Energy dashboard and of moving are items of it.
    dashboard = {"energy_dashboard_confirm", "energy_dashboard_remove"}
    moving = {"move_in", "move_in_confirm", "move_back_confirm"}
    described = {"init", "settings", "readings", "budget", *dashboard, *moving}
    assert set(ENGLISH["options"]["step"]) == described


def test_every_control_is_described() -> None:
    described = " ".join(control for control, _ in table_rows("docs/controls.md", "Controls"))
    for platform in ("number", "select", "switch"):
        for row in PLATFORMS[platform]:
            name = ENGLISH["entity"][platform][row.description.translation_key]["name"]
            assert f"**{name}**" in described, name


def test_every_symptom_has_a_description_and_a_resolution() -> None:
    page = (ROOT / "docs/troubleshooting.md").read_text()
    symptoms = re.split(r"^### ", page, flags=re.MULTILINE)[1:]
    assert len(symptoms) > 10
    for symptom in symptoms:
        words = re.findall(r"^\*\*(\w+)\*\*: ", symptom, re.MULTILINE)
        assert words == ["Description", "Resolution"], symptom.splitlines()[0]


def test_the_readme_has_the_order_of_home_assistants_own_pages() -> None:
    headings = re.findall(r"^##+ (.+)$", (ROOT / "README.md").read_text(), re.MULTILINE)
    order = [
        "What it's for",
        "What's supported",
        "Installation",
        "Setup",
        "Options",
        "What you get",
        "Controls",
        "Automations",
        "What is polled and what it costs",
        "Energy dashboard",
        "Known limitations",
        "Troubleshooting",
        "Removing the integration",
    ]
    assert [heading for heading in headings if heading in order] == order


def test_the_index_lists_every_page_once() -> None:
    index = (ROOT / "docs/README.md").read_text()
    listed = re.findall(r"^\| \[[^]]+\]\(([^)]+)\)", index, re.MULTILINE)
    pages = {page.name for page in (ROOT / "docs").glob("*.md")} - {"README.md"} | {"decisions/README.md"}
    assert sorted(listed) == sorted(pages)


def _keys(node: Any) -> set[str]:
    return set(node) | {key for child in node.values() for key in _keys(child)} if isinstance(node, dict) else set()


def test_every_action_is_described_with_its_fields() -> None:
    rows = {action: parameters for action, parameters, _ in table_rows("docs/automations.md", "Actions")}
    assert rows.keys() == {f"`energy_site.{action}`" for action in SERVICES}
    for action, service in SERVICES.items():
        named = set(re.findall(r"`(\w+)[`:]", rows[f"`energy_site.{action}`"]))
        fields = service["fields"].keys() - {"config_entry_id"}
        assert fields <= named, action
        choices = {
            option
            for field in service["fields"].values()
            for option in field["selector"].get("select", {}).get("options", ())
        }
        parameters = ENPHASE_PARAMETERS.keys() | TESLA_PARAMETERS.keys() if "parameters" in fields else set()
        assert named <= fields | choices | parameters, action


def test_actions_that_are_named_exist() -> None:
    for page in PAGES:
        for action in re.findall(r"`energy_site\.(\w+)`|action: energy_site\.(\w+)", page.read_text()):
            assert "".join(action) in {*SERVICES, *TRIGGERS, *CONDITIONS}, page.name


@pytest.mark.parametrize(("heading", "classes"), [("Triggers", TRIGGERS), ("Conditions", CONDITIONS)])
def test_every_trigger_and_condition_is_described(heading: str, classes: dict[str, Any]) -> None:
    names = {entity["name"] for entities in ENGLISH["entity"].values() for entity in entities.values()}
    described, _ = tables("docs/automations.md", heading)
    watches = {key.strip("`"): watched for key, watched, _ in described}
    assert watches.keys() == {f"energy_site.{key}" for key in classes}
    for key, watched in watches.items():
        assert set(re.split(", otherwise |, ", watched)) <= names, key


@pytest.mark.parametrize("heading", ["Triggers", "Conditions"])
def test_the_options_of_triggers_and_conditions_are_described_as_in_the_editor(heading: str) -> None:
    _, options = tables("docs/automations.md", heading)
    fields = [field for each in ENGLISH[heading.lower()].values() for field in each.get("fields", {}).items()]
    assert {(key.strip("`"), name) for key, name, _ in options} == {(key, texts["name"]) for key, texts in fields}


def _examples() -> Iterator[tuple[str, dict[str, Any]]]:
    """Return the triggers and conditions of all examples."""
    for block in re.findall(r"```yaml\n(.*?)```", (ROOT / "docs/automations.md").read_text(), re.DOTALL):
        parts = parse_yaml(block)
        assert isinstance(parts, dict)
        for kind in ("triggers", "conditions"):
            for part in parts.get(kind, ()):
                yield kind, part


@pytest.mark.parametrize(("kind", "example"), _examples())
def test_examples_of_triggers_and_conditions_are_valid(kind: str, example: dict[str, Any]) -> None:
    name, classes = (example.pop("trigger"), TRIGGERS) if kind == "triggers" else (example.pop("condition"), CONDITIONS)
    if name.startswith("energy_site."):
        cast("dict[str, Any]", classes)[name.removeprefix("energy_site.")]._schema(example)


def test_what_an_event_tells_is_described() -> None:
    events = ENGLISH["entity"]["event"]
    setting = events["setting"]["state_attributes"]
    endings = [cells[0].strip("`") for cells in table_rows("docs/automations.md", "How a setting ends")]
    assert sorted(endings) == sorted(setting["event_type"]["state"])
    triggers = section("docs/automations.md", "Events and device triggers")
    named = set(re.findall(r"`(\w+)`", triggers))
    assert named <= _keys(events)
    assert (setting.keys() | setting["by"]["state"].keys()) <= named
    for event in ("outage", "storm"):
        assert events[event]["state_attributes"]["event_type"]["state"].keys() <= named
    assert all(f"*{name}*" in triggers for name in ENGLISH["device_automation"]["trigger_type"].values())


def test_the_energy_dashboard_is_given_sensors_that_exist() -> None:
    names = {entity["name"] for entity in ENGLISH["entity"]["sensor"].values()}
    rows = [
        sensor
        for field, sensor in table_rows("docs/energy-dashboard.md", "Energy dashboard")
        if not field.startswith("Counter")
    ]
    for sensor in rows:
        named = re.findall(r"\*\*(.+?)\*\*", sensor) or [sensor.split(" (")[0]]
        assert set(named) <= names
    assert len(rows) >= 3


def test_examples_use_entities_that_exist() -> None:
    ids = {
        f"{platform}.iq_gateway_5678_{slugify(entity['name'])}"
        for platform, entities in ENGLISH["entity"].items()
        for entity in entities.values()
    }
    used = {entity_id for page in PAGES for entity_id in re.findall(r"\w+\.iq_gateway_5678_\w+", page.read_text())}
    assert used
    assert used <= ids


FIELDS = {
    ("docs/gateway.md", "Set up the gateway"): (
        "iq_gateway",
        "iq_gateway_login",
        "iq_gateway_code",
        "iq_gateway_token",
        "reconfigure",
    ),
    ("docs/account.md", "Set up the account"): (
        "enphase_account",
        "enphase_account_code",
        "enphase_account_system",
    ),
    ("docs/cloud.md", "What to register first (v4)"): ("enphase_code",),
    ("docs/cloud.md", "The old API (v2)"): ("enlighten",),
    ("docs/cloud.md", "Many systems"): ("system",),
    ("docs/tesla.md", "Paste the address"): ("tesla_code",),
    ("docs/tesla.md", "Register the application in your region"): ("tesla_registration",),
}


@pytest.mark.parametrize(("place", "steps"), FIELDS.items(), ids=lambda value: value[-1] if value else "none")
def test_fields_are_called_as_in_the_dialogs(place: tuple[str, str], steps: tuple[str, ...]) -> None:
    told = section(*place)
    labels = [label for step in steps for label in ENGLISH["config"]["step"][step]["data"].values()]
    assert [label for label in labels if f"**{label}**" not in told] == []


def test_menus_and_choices_are_called_as_in_the_dialogs() -> None:
    steps = ENGLISH["config"]["step"]
    ways = [way for way, _ in table_rows("docs/gateway.md", "Set up the gateway")]
    assert sorted(ways) == sorted(steps["iq_gateway_auth"]["menu_options"].values())
    fields = ", ".join(cells[0] for cells in table_rows("docs/cloud.md", "What to register first (v4)"))
    assert fields == ", ".join(steps["enphase_cloud"]["data"].values())
    page = " ".join((ROOT / "docs/tesla.md").read_text().split())
    labels = [*steps["tesla"]["data"].values(), steps["tesla_registration"]["title"]]
    labels += [*ENGLISH["selector"]["region"]["options"].values(), *ENGLISH["selector"]["budget"]["options"].values()]
    labels.append(ENGLISH["options"]["step"]["budget"]["data"]["requests"])
    assert [label for label in labels if label not in page] == []
    for source, page_of in SETUP_PAGES.items():
        told = " ".join((ROOT / page_of).read_text().split())
        assert f"**{steps['user']['menu_options'][source]}**" in told


def test_every_field_of_the_setup_is_described() -> None:
    described = {step for steps in FIELDS.values() for step in steps}
    # Their fields are those of a step that is described, or the choice of a site.
    described |= {"enphase_cloud", "enphase_credentials", "enlighten_credentials"}
    described |= {"tesla", "tesla_credentials", "site", "reauth_confirm"}
    steps = ENGLISH["config"]["step"]
    assert sorted(step for step in steps if steps[step].get("data") and step not in described) == []


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
