"""The dashboard that the demo opens with: pure, of Home Assistant's own cards."""

from collections.abc import Iterator, Sequence
from typing import Any

from .entities import Entities

type Card = dict[str, Any]

TITLE = "Energy Site"
URL_PATH = "energy-site"
ICON = "mdi:solar-power-variant"

_SOLAR, _GRID, _BATTERY, _LOAD = "amber", "blue", "teal", "deep-purple"
_MANY = 60


def dashboard(entities: Entities, inverters: Sequence[str]) -> dict[str, Any]:
    """Return a dashboard of the site's entities and of the inverters with these serial numbers."""
    sections = [
        _section("Right now", "mdi:flash", _now(entities)),
        _section("Energy today", "mdi:calendar-today", _today(entities)),
        _section("Battery", "mdi:home-battery", _battery(entities)),
        _section("The last days", "mdi:chart-bar", _days(entities)),
        _section("Inverters", "mdi:solar-panel", _inverters(entities, inverters)),
        _section("Hour by hour", "mdi:clock-outline", _hours(entities)),
    ]
    view = {
        "title": TITLE,
        "path": "site",
        "icon": ICON,
        "type": "sections",
        "max_columns": 3,
        "sections": [section for section in sections if section is not None],
    }
    return {"title": TITLE, "views": [view]}


def _section(title: str, icon: str, cards: Iterator[Card]) -> dict[str, Any] | None:
    found = list(cards)
    if not found:
        return None
    return {"type": "grid", "cards": [{"type": "heading", "heading": title, "icon": icon}, *found]}


def _tile(entities: Entities, key: str, name: str, **options: Any) -> Iterator[Card]:
    if key in entities:
        yield {"type": "tile", "entity": entities[key], "name": name, **options}


def _now(entities: Entities) -> Iterator[Card]:
    yield from _tile(entities, "solar_power", "Solar", icon="mdi:solar-power", color=_SOLAR)
    yield from _tile(entities, "load_power", "House", icon="mdi:home-lightning-bolt", color=_LOAD)
    yield from _tile(entities, "grid_power", "Grid", icon="mdi:transmission-tower", color=_GRID)
    yield from _tile(entities, "battery_power", "Battery", icon="mdi:home-battery", color=_BATTERY)
    yield from _tile(entities, "grid_connected", "Connection", icon="mdi:power-plug", color="green")
    yield from _tile(entities, "grid_state", "Grid state", icon="mdi:transmission-tower", color=_GRID)
    if "solar_power" in entities:
        yield {"type": "power-sources-graph", "title": "Power today"}


def _today(entities: Entities) -> Iterator[Card]:
    # The sensors of today would count from the demo's start; these cards know the whole day.
    if "solar_energy" in entities:
        yield {"type": "energy-distribution", "link_dashboard": True}
    if entities.all_of("solar_energy", "grid_export_energy"):
        yield {"type": "energy-self-sufficiency-gauge", "grid_options": {"columns": 6}}
        yield {"type": "energy-solar-consumed-gauge", "grid_options": {"columns": 6}}


def _battery(entities: Entities) -> Iterator[Card]:
    if "battery_level" not in entities:
        return
    yield {
        "type": "gauge",
        "entity": entities["battery_level"],
        "name": "Level",
        "min": 0,
        "max": 100,
        "needle": True,
        "severity": {"green": 40, "yellow": 20, "red": 0},
    }
    level = [(entities["battery_level"], "Level")]
    yield _graph("Level", level, chart_type="line", period="hour", days_to_show=3, hide_legend=True)
    yield from _tile(entities, "battery_available_energy", "Stored", icon="mdi:battery-charging", color=_BATTERY)
    yield from _tile(entities, "battery_power", "Power", icon="mdi:battery-sync", color=_BATTERY)


def _days(entities: Entities) -> Iterator[Card]:
    keys = {
        "solar_energy": "Solar",
        "load_energy": "House",
        "grid_import_energy": "From the grid",
        "grid_export_energy": "To the grid",
    }
    if shown := [(entities[key], name) for key, name in keys.items() if key in entities]:
        yield _graph("Energy a day", shown, chart_type="bar", period="day", stat_types=["change"], days_to_show=7)
    powers = {"solar_power": "Solar", "load_power": "House"}
    if shown := [(entities[key], name) for key, name in powers.items() if key in entities]:
        yield _graph("Power", shown, chart_type="line", period="hour", days_to_show=3)


def _graph(title: str, shown: Sequence[tuple[str, str]], **options: Any) -> Card:
    entities = [{"entity": entity_id, "name": name} for entity_id, name in shown]
    return {"type": "statistics-graph", "title": title, "entities": entities, "stat_types": ["mean"], **options}


def _hours(entities: Entities) -> Iterator[Card]:
    if "solar_energy" in entities:
        yield {"type": "energy-usage-graph", "title": "Electricity"}
        yield {"type": "energy-solar-graph", "title": "Solar"}


def _inverters(entities: Entities, inverters: Sequence[str]) -> Iterator[Card]:
    yield from _tile(entities, "inverters_reporting", "Reporting", icon="mdi:solar-panel", color=_SOLAR)
    yield from _tile(entities, "solar_power", "Together", icon="mdi:solar-power", color=_SOLAR)
    keys = [key for serial in inverters[:_MANY] if (key := f"{serial}_power") in entities]
    if keys:
        shown = [(entities[key], str(number)) for number, key in enumerate(keys, start=1)]
        yield _graph("Power of each", shown, chart_type="line", period="hour", days_to_show=2, hide_legend=True)
        yield {
            "type": "glance",
            "columns": 5,
            "show_icon": False,
            "entities": [{"entity": entity_id, "name": name} for entity_id, name in shown],
        }
