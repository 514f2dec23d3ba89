"""The dashboard that the demo opens with: pure, of Home Assistant's own cards."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .entities import Entities

type Card = dict[str, Any]

TITLE = "Energy Site"
URL_PATH = "energy-site"
ICON = "mdi:solar-power-variant"

_SOLAR, _GRID, _BATTERY, _LOAD, _EVENT = "amber", "blue", "teal", "deep-purple", "blue-grey"
_MANY = 60
_COLUMNS = 3


def dashboard(
    entities: Entities,
    inverters: Sequence[str],
    circuits: Mapping[str, str],
    *,
    account: Entities | None = None,
    tesla: Entities | None = None,
) -> dict[str, Any]:
    """Return a dashboard of the site's entities, with views for those of the owner's `account` and of a `tesla` site.

    `inverters` are serial numbers, and `circuits` names by their contacts.
    """
    sections = [
        _section("Right now", "mdi:flash", _now(entities)),
        _section("Energy today", "mdi:calendar-today", _today(entities)),
        _section("Battery", "mdi:home-battery", _battery(entities)),
        _section("Controls", "mdi:tune-variant", _controls(entities, circuits)),
        _section("The last days", "mdi:chart-bar", _days(entities)),
        _section("Inverters", "mdi:solar-panel", _inverters(entities, inverters)),
        _section("Hour by hour", "mdi:clock-outline", _hours(entities), column_span=_COLUMNS),
    ]
    views = [_view(TITLE, "site", ICON, sections)]
    if account is not None:
        views.append(_view("Account", "account", "mdi:account-key", _account_sections(account)))
    if tesla is not None:
        views.append(_view("Tesla", "tesla", "mdi:home-battery", _tesla_sections(tesla)))
    return {"title": TITLE, "views": views}


def _view(title: str, path: str, icon: str, sections: Sequence[dict[str, Any] | None]) -> dict[str, Any]:
    return {
        "title": title,
        "path": path,
        "icon": icon,
        "type": "sections",
        "max_columns": _COLUMNS,
        "sections": [section for section in sections if section is not None],
    }


def _account_sections(entities: Entities) -> list[dict[str, Any] | None]:
    return [
        _section("Controls", "mdi:tune-variant", _controls(entities, {}, outages=False)),
        _section("Storms and outages", "mdi:weather-lightning", _tiles(entities, _STORM_TILES)),
        _section("Account", "mdi:account-key", _tiles(entities, _ACCOUNT_TILES)),
    ]


def _tesla_sections(entities: Entities) -> list[dict[str, Any] | None]:
    return [
        _section("Right now", "mdi:flash", _flows(entities)),
        _section("Battery", "mdi:home-battery", _battery(entities, graph=False)),
        _section("Controls", "mdi:tune-variant", _controls(entities, {}, outages=False)),
        _section("Wall Connector", "mdi:ev-station", _chargers(entities)),
        _section("Prices", "mdi:cash-clock", _tiles(entities, _PRICE_TILES)),
        _section("Outages", "mdi:transmission-tower-off", _tiles(entities, _OUTAGE_TILES)),
    ]


_PRICE_TILES = {
    "buy_price": ("Buy", "mdi:cash-minus"),
    "sell_price": ("Sell", "mdi:cash-plus"),
    "price_period": ("Period", "mdi:clock-outline"),
    "price_changes_at": ("Until", "mdi:clock-end"),
}
_ACCOUNT_TILES = {
    "battery_health": ("Battery health", "mdi:battery-heart"),
    "system_status": ("System", "mdi:state-machine"),
    "sign_ins": ("Sign-ins", "mdi:login"),
}
_OUTAGE_TILES = {
    "last_outage_start": ("Last outage", "mdi:transmission-tower-off"),
    "last_outage_duration": ("It lasted", "mdi:timer-sand"),
    "outages_this_year": ("This year", "mdi:counter"),
    "backup_time_left": ("Backup for", "mdi:battery-clock"),
}
_STORM_TILES = {"binary_sensor.storm_alert": ("Storm", "mdi:weather-lightning"), **_OUTAGE_TILES}


def _tiles(entities: Entities, tiles: Mapping[str, tuple[str, str]]) -> Iterator[Card]:
    for key, (name, icon) in tiles.items():
        yield from _tile(entities, key, name, icon=icon, color=_EVENT)


def _chargers(entities: Entities) -> Iterator[Card]:
    names = {"state": "State", "power": "Power", "session_energy": "Last session", "session_start": "Since"}
    for key in sorted(entities.by_key):
        serial = key.removeprefix("binary_sensor.").removesuffix("_connected")
        # Serial numbers are in capitals, unlike the keys of the site.
        if key == f"binary_sensor.{serial}_connected" and serial.isupper():
            for part, name in names.items():
                yield from _tile(entities, f"{serial}_{part}", name, icon="mdi:ev-station", color=_LOAD)


def _section(title: str, icon: str, cards: Iterator[Card], **options: Any) -> dict[str, Any] | None:
    found = list(cards)
    if not found:
        return None
    return {"type": "grid", "cards": [{"type": "heading", "heading": title, "icon": icon}, *found], **options}


def _tile(entities: Entities, key: str, name: str, **options: Any) -> Iterator[Card]:
    if key in entities:
        yield {"type": "tile", "entity": entities[key], "name": name, **options}


def _now(entities: Entities) -> Iterator[Card]:
    yield from _flows(entities)
    if "solar_power" in entities:
        yield {"type": "power-sources-graph", "title": "Power today"}


def _flows(entities: Entities) -> Iterator[Card]:
    yield from _tile(entities, "solar_power", "Solar", icon="mdi:solar-power", color=_SOLAR)
    yield from _tile(entities, "load_power", "House", icon="mdi:home-lightning-bolt", color=_LOAD)
    yield from _tile(entities, "grid_power", "Grid", icon="mdi:transmission-tower", color=_GRID)
    yield from _tile(entities, "battery_power", "Battery", icon="mdi:home-battery", color=_BATTERY)
    yield from _tile(entities, "binary_sensor.grid_connected", "Connection", icon="mdi:power-plug", color="green")
    yield from _tile(entities, "grid_state", "Grid state", icon="mdi:transmission-tower", color=_GRID)


def _today(entities: Entities) -> Iterator[Card]:
    # The sensors of today would count from the demo's start; these cards know the whole day.
    if "solar_energy" in entities:
        yield {"type": "energy-distribution", "link_dashboard": True}
    if entities.all_of("solar_energy", "grid_export_energy"):
        yield {"type": "energy-self-sufficiency-gauge", "grid_options": {"columns": 6}}
        yield {"type": "energy-solar-consumed-gauge", "grid_options": {"columns": 6}}


def _battery(entities: Entities, *, graph: bool = True) -> Iterator[Card]:
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
    if graph:
        yield _graph("Level", level, chart_type="line", period="hour", days_to_show=3, hide_legend=True)
    yield from _tile(entities, "battery_available_energy", "Stored", icon="mdi:battery-charging", color=_BATTERY)
    yield from _tile(entities, "battery_power", "Power", icon="mdi:battery-sync", color=_BATTERY)


def _controls(entities: Entities, circuits: Mapping[str, str], *, outages: bool = True) -> Iterator[Card]:
    yield from _control(
        entities,
        "number.backup_reserve",
        "Backup reserve",
        {"type": "numeric-input", "style": "slider"},
        icon="mdi:battery-lock",
        color=_BATTERY,
    )
    yield from _control(
        entities,
        "select.operating_mode",
        "Operating mode",
        {"type": "select-options"},
        icon="mdi:home-battery-outline",
        color=_BATTERY,
    )
    switches = {
        "charge_from_grid": ("Charge from grid", "mdi:transmission-tower-import", _GRID),
        "storm_guard": ("Storm Guard", "mdi:weather-lightning", _SOLAR),
        "discharge_to_grid": ("Discharge to grid", "mdi:transmission-tower-export", _GRID),
        "restrict_discharge": ("Restrict battery discharge", "mdi:battery-lock", _BATTERY),
        "power_match": ("PowerMatch", "mdi:scale-balance", _BATTERY),
        "live_power": ("Live power", "mdi:pulse", _SOLAR),
        **{f"{contact}_closed": (name, "mdi:power-socket", _LOAD) for contact, name in circuits.items()},
    }
    for key, (name, icon, color) in switches.items():
        yield from _control(entities, f"switch.{key}", name, {"type": "toggle"}, icon=icon, color=color, columns=6)
    events = {
        "setting": ("Last setting", "mdi:cog-sync", ["name", "event_type", "state"]),
        "outage": ("Last outage", "mdi:transmission-tower-off", ["event_type", "state"]),
    }
    if not outages:
        del events["outage"]
    for key, (name, icon, content) in events.items():
        options = {"state_content": content, "grid_options": {"columns": 12}}
        yield from _tile(entities, f"event.{key}", name, icon=icon, color=_EVENT, **options)


def _control(
    entities: Entities, key: str, name: str, feature: Card, *, columns: int = 12, **options: Any
) -> Iterator[Card]:
    """Return a tile that sets something: it is as wide as a finger needs it."""
    options["grid_options"] = {"columns": columns}
    yield from _tile(entities, key, name, features=[feature], features_position="bottom", **options)


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
        # Side by side, each half of the width.
        half = {"grid_options": {"columns": 6 * _COLUMNS}}
        yield {"type": "energy-usage-graph", "title": "Electricity", **half}
        yield {"type": "energy-solar-graph", "title": "Solar", **half}


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
