"""Every language says all that English says, with the same placeholders, and Home Assistant takes each text."""

from collections.abc import Callable
from copy import deepcopy
import json
from pathlib import Path
import re
from typing import Any

import pytest

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.translation import async_get_translations
from simulator.iq_gateway import GatewayServer

from .common import gateway_entry, set_up
from .translation_check import language_problems, leaves, text_problems

DOMAIN = "energy_site"
FOLDER = Path(__file__).parents[1] / "custom_components" / DOMAIN / "translations"
LANGUAGES = ("de", "es", "fr", "it", "nl")
ENGLISH: dict[str, Any] = json.loads((FOLDER / "en.json").read_text())
TEXTS = dict(leaves(ENGLISH))

# What Home Assistant's frontend calls the places that a text sends the reader to: its key, and the name in each language.
PLACES = {
    "Settings": ("panel.config", "Einstellungen", "Configuración", "Paramètres", "Impostazioni", "Instellingen"),
    "Devices & services": (
        "ui.panel.config.dashboard.devices.main",
        *("Geräte & Dienste", "Dispositivos y servicios", "Appareils et services"),
        *("Dispositivi e servizi", "Apparaten en diensten"),
    ),
    "Repairs": (
        "ui.panel.config.repairs.caption",
        *("Reparaturen", "Reparaciones", "Corrections", "Riparazioni", "Reparaties"),
    ),
    "Dashboards": (
        "ui.panel.config.dashboard.dashboards.main",
        *("Dashboards", "Paneles de control", "Tableaux de bord", "Plance", "Dashboards"),
    ),
    "Energy": ("ui.panel.config.energy.caption", "Energie", "Energía", "Énergie", "Energia", "Energie"),
    "Tools": (
        "ui.panel.config.dashboard.tools.main",
        *("Werkzeuge", "Herramientas", "Outils", "Strumenti", "Hulpmiddelen"),
    ),
    "Statistics": (
        "ui.panel.config.tools.tabs.statistics.title",
        *("Statistik", "Estadísticas", "Statistiques", "Statistiche", "Statistieken"),
    ),
    "Configure": (
        "ui.panel.config.integrations.config_entry.configure",
        *("Konfigurieren", "Configurar", "Configurer", "Configura", "Configureer"),
    ),
    "Reconfigure": (
        "ui.panel.config.integrations.config_entry.reconfigure",
        *("Neu konfigurieren", "Reconfigurar", "Reconfigurer", "Riconfigura", "Herconfigureer"),
    ),
}


def place_in(language: str) -> dict[str, str]:
    """Return what the frontend calls each place in a language."""
    return {place: names[1 + LANGUAGES.index(language)] for place, names in PLACES.items()}


def read(language: str) -> dict[str, Any]:
    """Return a language's texts."""
    texts: dict[str, Any] = json.loads((FOLDER / f"{language}.json").read_text())
    return texts


def changed(path: str, change: Callable[[str], Any] | None) -> dict[str, Any]:
    """Return the German texts with one that was changed, or removed."""
    texts = read("de")
    *parents, key = path.split(".")
    node = texts
    for parent in parents:
        node = node[parent]
    if change is None:
        del node[key]
    else:
        node[key] = change(node.get(key, ""))
    return texts


def test_the_languages_are_these() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == {"en", *LANGUAGES}


@pytest.mark.parametrize("path", TEXTS)
def test_an_english_text_keeps_to_the_rules(path: str) -> None:
    assert not text_problems(path, TEXTS[path])


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_says_what_english_says(language: str) -> None:
    problems = language_problems(ENGLISH, read(language))
    assert not problems, "\n".join([f"translations/{language}.json:", *problems])


@pytest.mark.parametrize("language", ["en", *LANGUAGES])
def test_a_file_is_written_in_one_way(language: str) -> None:
    """So that a difference shows the texts that changed, and no key stands twice."""
    text = json.dumps(read(language), indent=2, ensure_ascii=False) + "\n"
    assert (FOLDER / f"{language}.json").read_text() == text


@pytest.mark.parametrize(
    ("path", "change", "problem"),
    [
        ("title", None, "is missing"),
        ("config.step.user.title", None, "is missing"),
        ("config.step.user.subtitle", lambda _: "Zu viel", "isn't in English"),
        ("config.step.user.title", lambda _: {"text": "Anlage"}, "is missing"),
        ("config.step.user.title", lambda _: 5, "is no text"),
        ("config.step.user.title", lambda _: "", "is empty"),
        ("config.step.user.title", lambda text: f"{text} ", "begins or ends with a space"),
        ("config.step.user.title", lambda text: text.replace(" ", "  "), "two spaces"),
        ("config.step.user.title", lambda text: f"<b>{text}</b>", "HTML"),
        ("config.step.user.title", lambda text: f"{text} https://example.com", "an address"),
        ("config.step.user.title", lambda _: "[%key:common::state::on%]", "a reference"),
        ("config.step.user.title", lambda text: f"{text} {{name}}", "placeholders ['name'] instead of []"),
        ("config.error.cannot_connect", lambda text: text.replace("{target}", "{ziel}"), "placeholders ['ziel']"),
        ("config.error.cannot_connect", lambda text: text.replace(" {target}", ""), "placeholders []"),
        ("config.error.cannot_connect", lambda text: text.replace("{target}", "{target"), "a broken placeholder"),
        ("config.error.cannot_connect", lambda text: text.replace("{target}", "target}"), "a broken placeholder"),
        ("config.error.cannot_connect", lambda text: text.replace("{target}", "{}"), "is no name"),
        ("config.error.cannot_connect", lambda text: text.replace("{target}", "{0}"), "is no name"),
        ("config.error.cannot_connect", lambda text: text.replace("{target}", "{target.real}"), "is no name"),
        ("config.error.cannot_connect", lambda text: text.replace("{target}", "{target:>9}"), "with a format"),
        ("config.error.cannot_connect", lambda text: text.replace("{target}", "{target!r}"), "with a format"),
        ("config.error.cannot_connect", lambda text: text.replace("{target}", "l'{target}"), "an apostrophe"),
        ("entity.sensor.state.state.idle", lambda _: "{name}", "a state has none"),
        ("config.error.send_again_wait", lambda text: text.replace("**", ""), "0 bold texts instead of 1"),
        ("config.error.send_again_wait", lambda text: text.replace("**", "", 1), "odd number of bold marks"),
        ("config.error.send_again_wait", lambda text: text.replace("**Erneut", "**Nochmals"), "names 'Send again'"),
        ("config.step.enphase_cloud.description", lambda text: text.replace("`", ""), "its code"),
        ("config.step.enphase_cloud.description", lambda text: text.replace("`", "", 1), "odd number of code marks"),
        (
            "config.step.tesla_registration.description",
            lambda text: text.replace("({key_link})", "{key_link}"),
            "links",
        ),
        ("config.step.tesla.description", lambda text: text.replace("\n\n", "\n"), "other paragraphs"),
        ("config.step.user.description", lambda _: TEXTS["config.step.user.description"], "isn't translated"),
        ("entity.sensor.grid_export_power.name", lambda _: "Netzbezugsleistung", "have the same name"),
        ("entity.select.operating_mode.state.backup", lambda _: "Sparmodus", "have the same name"),
    ],
)
def test_a_mistake_in_a_language_is_found(path: str, change: Callable[[str], Any] | None, problem: str) -> None:
    """Each names the text, and there is no other mistake than this one."""
    found = language_problems(ENGLISH, changed(path, change))
    assert any(path in each and problem in each for each in found), found
    assert all(path in each for each in found), found


def test_another_order_is_found() -> None:
    texts = deepcopy(read("de"))
    texts["title"] = texts.pop("title")
    assert language_problems(ENGLISH, texts) == ["the texts aren't in the order of the English ones"]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_home_assistant_takes_every_text(
    hass: HomeAssistant, caplog: pytest.LogCaptureFixture, language: str
) -> None:
    """Home Assistant drops a text whose placeholders it doesn't like, and shows English in its place."""
    own = dict(leaves(read(language)))
    for category in ENGLISH:
        shown = await async_get_translations(hass, language, category, {DOMAIN})
        expected = {
            f"component.{DOMAIN}.{path}": text
            for path, text in own.items()
            if path == category or path.startswith(f"{category}.")
        }
        assert shown == expected
    assert not [record.message for record in caplog.records if record.levelname == "ERROR"]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_entities_have_their_names_in_the_language_of_home_assistant(
    hass: HomeAssistant, entity_registry: er.EntityRegistry, gateway: GatewayServer, language: str
) -> None:
    """No two are named alike on a device, which Home Assistant would tell apart by a number."""
    hass.config.language = language
    entry = gateway_entry(gateway)
    await set_up(hass, entry)
    texts = read(language)["entity"]
    entities = er.async_entries_for_config_entry(entity_registry, entry.entry_id)
    assert entities
    for each in entities:
        assert each.original_name == texts[each.domain][each.translation_key]["name"]
    named = [(each.domain, each.device_id, each.original_name) for each in entities]
    assert len(named) == len(set(named))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_place_is_called_what_the_reader_sees_there(language: str) -> None:
    """A text leads through the menus of Home Assistant, in bold or as a path."""
    texts = dict(leaves(read(language)))
    for path, original in TEXTS.items():
        for place, name in place_in(language).items():
            for mention in ("**{}**", "{} >", "> {}"):
                if mention.format(place) in original:
                    assert mention.format(name) in texts[path], path


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_frontend_has_these_places(language: str) -> None:
    frontend = pytest.importorskip("hass_frontend", reason="scripts/setup --demo installs the frontend")
    words: dict[str, str] = {}
    for file in (frontend.where() / "static" / "translations").rglob(f"{language}-*.json"):
        if re.fullmatch(rf"{language}-[0-9a-f]{{32}}", file.stem):
            words |= leaves(json.loads(file.read_text()))
    assert {place: words[key] for place, (key, *_) in PLACES.items()} == place_in(language)
