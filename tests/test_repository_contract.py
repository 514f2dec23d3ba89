"""Hold the repository to what hassfest and HACS ask for, which both need a network, and to rules of its own."""

import json
from pathlib import Path
import re
import struct
import subprocess
import tomllib
from typing import Any

import pytest
import yaml

from custom_components.energy_site.condition import CONDITIONS
from custom_components.energy_site.site.control import ControlKey
from custom_components.energy_site.site.model import OperatingMode
from custom_components.energy_site.trigger import TRIGGERS

from .translation_check import leaves

DOMAIN = "energy_site"
ROOT = Path(__file__).parents[1]
COMPONENT = ROOT / "custom_components" / DOMAIN
HACS_KEYS = {
    "content_in_root",
    "country",
    "filename",
    "hacs",
    "hide_default_branch",
    "homeassistant",
    "name",
    "persistent_directory",
    "render_readme",
    "zip_release",
}
# What hassfest is known to accept in the manifest of a custom integration.
MANIFEST_KEYS = set(
    """
    after_dependencies bluetooth codeowners config_flow dependencies dhcp disabled documentation domain homekit
    import_executor integration_type iot_class issue_tracker loggers mqtt name preview_features quality_scale requirements
    single_config_entry ssdp usb version zeroconf
    """.split()  # noqa: SIM905
)
BRAND_FILES = {
    f"{dark}{kind}{scale}.png" for dark in ("", "dark_") for kind in ("icon", "logo") for scale in ("", "@2x")
}
QUALITY_RULES = set(
    """
    action-setup appropriate-polling brands common-modules config-flow config-flow-test-coverage dependency-transparency
    docs-actions docs-conditions docs-high-level-description docs-installation-instructions docs-removal-instructions
    docs-triggers entity-event-setup entity-unique-id has-entity-name runtime-data test-before-configure
    test-before-setup unique-config-entry

    action-exceptions config-entry-unloading docs-configuration-parameters docs-installation-parameters
    entity-unavailable integration-owner log-when-unavailable parallel-updates reauthentication-flow test-coverage

    devices diagnostics discovery discovery-update-info docs-data-update docs-examples docs-known-limitations
    docs-supported-devices docs-supported-functions docs-troubleshooting docs-use-cases dynamic-devices entity-category
    entity-device-class entity-disabled-by-default entity-translations exception-translations icon-translations
    reconfiguration-flow repair-issues stale-devices

    async-dependency inject-websession strict-typing
    """.split()  # noqa: SIM905
)


def _json(name: str) -> Any:
    """Read one of the component's files; one that is missing is empty, and noticed by a test of its own."""
    path = COMPONENT / name
    return json.loads(path.read_text()) if path.exists() else {}


MANIFEST = _json("manifest.json")
ENGLISH = _json("translations/en.json")
ICONS = _json("icons.json")
SERVICES = yaml.safe_load(path.read_text()) if (path := COMPONENT / "services.yaml").exists() else {}


def _described(name: str) -> dict[str, Any]:
    """Read the triggers or conditions of a file, without what it only repeats."""
    content = yaml.safe_load((COMPONENT / name).read_text())
    return {key: value for key, value in content.items() if not key.startswith(".")}


# The automation's parts by kind: the classes, their descriptions, and the name of an icon.
AUTOMATION: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "triggers": ({**TRIGGERS}, _described("triggers.yaml"), "trigger"),
    "conditions": ({**CONDITIONS}, _described("conditions.yaml"), "condition"),
}


@pytest.fixture(scope="module")
def tracked() -> dict[str, str]:
    """Return every text file that is, or is about to be, part of the repository."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listing.returncode:
        pytest.skip("this is no checkout")
    texts = {}
    for name in filter(None, listing.stdout.decode().split("\0")):
        if (path := ROOT / name).is_file() and b"\0" not in (content := path.read_bytes()):
            texts[name] = content.decode()
    return texts


def test_manifest_keys_are_sorted() -> None:
    """Hassfest asks for domain and name first, and the alphabet after them."""
    assert list(MANIFEST) == ["domain", "name", *sorted(MANIFEST.keys() - {"domain", "name"})]


def test_manifest_is_complete() -> None:
    """Hassfest and HACS ask for these."""
    assert MANIFEST["domain"] == COMPONENT.name
    assert {"codeowners", "documentation", "iot_class", "issue_tracker", "name", "version"} <= MANIFEST.keys()
    assert all(owner.startswith("@") for owner in MANIFEST["codeowners"])
    assert MANIFEST["documentation"].startswith("https://")
    assert MANIFEST["requirements"] == [], "what is needed ships with Home Assistant"


def test_the_manifest_has_no_key_that_hassfest_may_refuse() -> None:
    """Home Assistant 2026.11 reads `categories` and `connectivity`, but whether hassfest takes them isn't known."""
    assert MANIFEST.keys() <= MANIFEST_KEYS


def test_version_stands_once() -> None:
    """The manifest, the project and the change log speak of the same version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert MANIFEST["version"] == project["version"]
    assert f"## {project['version']}" in (ROOT / "CHANGELOG.md").read_text()


def test_manifest_is_the_only_one() -> None:
    """HACS installs the first folder, and some versions of hassfest read every manifest."""
    assert list((ROOT / "custom_components").glob("*/manifest.json")) == [COMPONENT / "manifest.json"]
    assert not list((ROOT / "tests").rglob("manifest.json"))


def test_hacs_json() -> None:
    """HACS refuses unknown keys, and a zipped release needs its name."""
    hacs = json.loads((ROOT / "hacs.json").read_text())
    assert hacs.keys() <= HACS_KEYS
    assert hacs["name"] == MANIFEST["name"]
    assert hacs["zip_release"]
    assert hacs["filename"] == f"{DOMAIN}.zip"


def test_the_repository_can_be_listed() -> None:
    """HACS lists a repository whose checks pass, all of them, and whose license is one that GitHub recognizes."""
    workflow = yaml.safe_load((ROOT / ".github/workflows/validate.yml").read_text())
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    used = {str(step.get("uses")).partition("@")[0]: step.get("with", {}) for step in steps}
    assert "home-assistant/actions/hassfest" in used
    assert used["hacs/action"] == {"category": "integration"}, "the list allows no exception"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    license_text = " ".join((ROOT / "LICENSE").read_text().split())
    assert project["license"] == "Apache-2.0"
    assert license_text.startswith("Apache License Version 2.0, January 2004 http://www.apache.org/licenses/")
    assert "END OF TERMS AND CONDITIONS" in license_text
    assert (ROOT / "README.md").read_text().startswith(f"# {MANIFEST['name']}\n")
    assert MANIFEST["issue_tracker"] == f"{MANIFEST['documentation']}/issues"
    assert [path.name for path in (ROOT / "custom_components").iterdir() if path.is_dir()] == [DOMAIN]


def test_the_oldest_home_assistant_is_the_same_everywhere() -> None:
    """Who reviews the listing compares it with what is used: the brand folder needs 2026.3."""
    oldest = json.loads((ROOT / "hacs.json").read_text())["homeassistant"]
    major, minor, _ = oldest.split(".")
    assert (int(major), int(minor)) >= (2026, 3)
    assert f"Home Assistant {major}.{minor} or newer" in (ROOT / "README.md").read_text()


def test_a_release_attaches_what_is_installed() -> None:
    """The Marketplace and HACS install the file of a release, not of a tag."""
    release = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text())
    # YAML takes the word for a boolean.
    assert release[True] == {"release": {"types": ["published"]}}
    (job,) = release["jobs"].values()
    filename = json.loads((ROOT / "hacs.json").read_text())["filename"]
    assert any(f'gh release upload "$TAG" {filename}' in step.get("run", "") for step in job["steps"])


def test_brand_images() -> None:
    """Home Assistant serves these names in these sizes."""
    sizes = {path.name: struct.unpack(">II", path.read_bytes()[16:24]) for path in (COMPONENT / "brand").iterdir()}
    assert sizes.keys() == BRAND_FILES
    for name, (width, height) in sizes.items():
        side = 512 if "@2x" in name else 256
        if "icon" in name:
            assert (width, height) == (side, side), name
        else:
            assert side // 2 <= min(width, height) <= side, name


def test_english_is_there() -> None:
    """A custom integration ships translations and no strings.json."""
    assert ENGLISH["title"] == MANIFEST["name"]
    assert not (COMPONENT / "strings.json").exists()


@pytest.mark.parametrize("part", ["config", "options"])
def test_every_flow_field_is_described(part: str) -> None:
    """Each field has a label and a sentence that says what belongs there."""
    for name, step in ENGLISH.get(part, {}).get("step", {}).items():
        for fields in (step, *step.get("sections", {}).values()):
            assert fields.get("data", {}).keys() == fields.get("data_description", {}).keys(), name


def test_issues_have_a_description_or_a_fix() -> None:
    """Hassfest asks for exactly one of the two."""
    for name, issue in ENGLISH.get("issues", {}).items():
        assert ("description" in issue) != ("fix_flow" in issue), name


def test_services_texts_and_icons_agree() -> None:
    """Actions, their texts and their icons name the same things."""
    texts = ENGLISH.get("services", {})
    assert SERVICES.keys() == texts.keys() == ICONS.get("services", {}).keys()
    for name, service in SERVICES.items():
        assert (service or {}).get("fields", {}).keys() == texts[name].get("fields", {}).keys(), name


@pytest.mark.parametrize("kind", AUTOMATION)
def test_triggers_and_conditions_agree_with_their_descriptions_texts_and_icons(kind: str) -> None:
    """What there is can be chosen in the editor, and what can be chosen there is."""
    classes, described, icon = AUTOMATION[kind]
    texts = ENGLISH[kind]
    assert classes.keys() == described.keys() == texts.keys() == ICONS[kind].keys()
    for key, icons in ICONS[kind].items():
        assert icons.keys() == {icon}, key
        assert icons[icon].startswith("mdi:"), key
    for key, description in described.items():
        assert texts[key].keys() == {"name", "description", "fields"}, key
        assert description["fields"].keys() == texts[key]["fields"].keys(), key
        assert all(field["name"] for field in texts[key]["fields"].values()), key
        assert not texts[key]["name"].endswith("."), key
        assert texts[key]["description"].startswith("Triggers when" if kind == "triggers" else "Tests if"), key
        filters = description["target"]["entity"]
        assert all(each["integration"] == DOMAIN for each in filters), key


@pytest.mark.parametrize("kind", AUTOMATION)
def test_the_fields_of_triggers_and_conditions_are_those_that_their_classes_take(kind: str) -> None:
    """A field of the editor is an option in YAML, and the other way round."""
    classes, described, _ = AUTOMATION[kind]
    for key, cls in classes.items():
        options = next(value for name, value in cls._schema.schema.items() if name == "options")
        assert {str(option) for option in options} == described[key]["fields"].keys(), key
        assert cls._primary_entities_only is described[key]["target"].get("primary_entities_only", True), key


def test_the_choices_of_triggers_and_conditions_are_those_that_there_are() -> None:
    """Every setting and mode can be chosen and has a name."""
    fields = _described("triggers.yaml")["setting_changed"]["fields"]
    modes = _described("conditions.yaml")["is_operating_mode"]["fields"]["mode"]
    for field, choices in ((fields["setting"], ControlKey), (modes, OperatingMode)):
        select = field["selector"]["select"]
        assert sorted(select["options"]) == sorted(choices)
        assert set(select["options"]) <= ENGLISH["selector"][select["translation_key"]]["options"].keys()
    by = fields["by"]["selector"]["select"]
    changed_by = ENGLISH["entity"]["event"]["setting"]["state_attributes"]["by"]["state"]
    assert set(by["options"]) == changed_by.keys() == ENGLISH["selector"][by["translation_key"]]["options"].keys()


@pytest.mark.parametrize(
    ("platform", "key", "icon"),
    [(platform, key, icon) for platform, icons in ICONS.get("entity", {}).items() for key, icon in icons.items()],
)
def test_icon_belongs_to_an_entity(platform: str, key: str, icon: dict[str, Any]) -> None:
    """An icon has its entity's name, and its states are states of that entity and differ from the default."""
    entity = ENGLISH["entity"][platform][key]
    assert icon.get("state", {}).keys() <= entity.get("state", {}).keys() | {"on", "off"}
    assert all(value.startswith("mdi:") for _, value in leaves(icon))
    assert icon.get("default") not in icon.get("state", {}).values()


def test_exceptions_are_raised() -> None:
    """No text is left of an exception that is gone."""
    source = "".join(path.read_text() for path in COMPONENT.rglob("*.py"))
    assert not [key for key in ENGLISH.get("exceptions", {}) if f'"{key}"' not in source]


def test_quality_scale_is_complete() -> None:
    """Every rule has its answer, and a reason where the answer is not simply done."""
    rules = yaml.safe_load((COMPONENT / "quality_scale.yaml").read_text())["rules"]
    assert rules.keys() == QUALITY_RULES
    for name, answer in rules.items():
        assert answer == "done" or (answer["status"] in {"done", "exempt", "todo"} and answer["comment"]), name


def test_no_address_of_a_package_registry(tracked: dict[str, str]) -> None:
    """Packages come from wherever the machine takes them from."""
    address = re.compile(
        r"(pypi\.|pythonhosted\.|deb\.debian\.|security\.debian\.|registry\.npmjs\.|registry\.yarnpkg\.)" + r"(org|com)"
        r"|--(extra-)?index-url|--find-link[s]|/simple/?$",
        re.MULTILINE,
    )
    assert not [name for name, text in tracked.items() if address.search(text)]


def test_no_path_of_a_machine(tracked: dict[str, str]) -> None:
    """Files speak of places in the repository, not of where it happened to lie."""
    place = re.compile(r"(?<![\w.$}>/])/(home|opt|root|tmp|Users|work)/\w")
    assert not {name: match.group() for name, text in tracked.items() if (match := place.search(text))}
