"""The custom integration `enphase_ev`, which shows a system from Enphase's cloud."""

from collections.abc import Iterable
import re
from typing import Any

from homeassistant.config_entries import ConfigEntry

from ..table import Alteration, Becomes, OldIntegration, OldName, changed, rows, unit_rows

_SITE = re.compile(r"enphase_ev_site_(?P<site>\d+)_(?P<key>.+)")
_UNIT = re.compile(r"(?:enphase_ev_)?(?P<kind>inverter|ac_battery|battery)_(?P<serial>\d+)_(?P<key>.+)")


def _read(unique_id: str, _: str) -> OldName | None:
    found = _SITE.fullmatch(unique_id)
    key = found["key"] if found is not None else unique_id
    if (unit := _UNIT.fullmatch(key)) is not None:
        return OldName(unit["serial"], f"{unit['kind']}_{unit['key']}")
    return OldName(None, key) if found is not None else None


def _sites(entry: ConfigEntry[Any], _: Iterable[str]) -> tuple[str, ...]:
    site = entry.unique_id or str(entry.data.get("site_id") or "")
    return tuple(f"{way}_{site}" for way in ("enphase_account", "enphase", "enlighten")) if site else ()


def _has_charger(entry: ConfigEntry[Any], identifiers: Iterable[str]) -> bool:
    """Return whether there is a device with a serial number, which only chargers have."""
    return any(identifier.isdigit() and identifier != entry.unique_id for identifier in identifiers)


def _cloud_battery(kind: str) -> dict[str, Becomes | str]:
    return {f"{kind}_charge_level": "level", f"{kind}_health": "health", f"{kind}_last_reported": "last_reported"}


ENPHASE_EV = OldIntegration(
    domain="enphase_ev",
    sites=_sites,
    read=_read,
    holds_more=_has_charger,
    site_rows={
        **rows(
            "sensor",
            {
                "solar_production": changed("solar_energy", Alteration.REGISTER),
                "consumption": changed("load_energy", Alteration.REGISTER),
                "grid_import": changed("grid_import_energy", Alteration.REGISTER),
                # Energy from the battery to the grid is missing there.
                "grid_export": changed("grid_export_energy", Alteration.REGISTER),
                "battery_charge": changed("battery_charge_energy", Alteration.REGISTER),
                "battery_discharge": changed("battery_discharge_energy", Alteration.REGISTER),
                "current_production_power": changed("solar_power", Alteration.SOURCE),
                "grid_power": changed("grid_power", Alteration.SOURCE),
                "battery_power": changed("battery_power", Alteration.SOURCE),
                "battery_overall_charge": "battery_level",
                "battery_available_energy": changed("battery_available_energy", Alteration.SOURCE),
            },
        ),
        **rows("number", {"battery_reserve": changed("backup_reserve", Alteration.SOURCE)}),
        # Its options are words of the user's language.
        **rows("select", {"system_profile": changed("operating_mode", Alteration.WORDS)}),
        **rows("switch", {"storm_guard": "storm_guard", "charge_from_grid": "charge_from_grid"}),
    },
    unit_rows=unit_rows(
        "sensor",
        {
            "inverter_lifetime_energy": Becomes(key="energy", of_unit=True, change=Alteration.REGISTER),
            **_cloud_battery("battery"),
            **_cloud_battery("ac_battery"),
            "ac_battery_power": "power",
        },
    ),
)
