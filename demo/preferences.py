"""What the Energy dashboard is told of the site: pure, without input or output."""

from typing import Any

from .entities import Entities


def energy_sources(entities: Entities, *, capacity: float | None) -> list[dict[str, Any]]:
    """Return the sources that the site has entities for; `capacity` is the battery's, kWh."""
    sources: list[dict[str, Any]] = []
    if entities.all_of("grid_import_energy", "grid_export_energy"):
        grid = {
            "type": "grid",
            "name": "Grid",
            "stat_energy_from": entities["grid_import_energy"],
            "stat_energy_to": entities["grid_export_energy"],
            "cost_adjustment_day": 0,
        }
        sources.append(grid | _rate(entities, "grid_power"))
    if "solar_energy" in entities:
        solar = {
            "type": "solar",
            "name": "Solar",
            "stat_energy_from": entities["solar_energy"],
            "config_entry_solar_forecast": None,
        }
        sources.append(solar | _rate(entities, "solar_power"))
    if entities.all_of("battery_discharge_energy", "battery_charge_energy"):
        battery: dict[str, Any] = {
            "type": "battery",
            "name": "Battery",
            "stat_energy_from": entities["battery_discharge_energy"],
            "stat_energy_to": entities["battery_charge_energy"],
        }
        if "battery_level" in entities:
            battery["stat_soc"] = entities["battery_level"]
        if capacity is not None:
            battery["capacity"] = capacity
        sources.append(battery | _rate(entities, "battery_power"))
    return sources


def _rate(entities: Entities, key: str) -> dict[str, Any]:
    """Return where the power stands, signed as the Energy dashboard expects it."""
    return {"stat_rate": entities[key]} if key in entities else {}
