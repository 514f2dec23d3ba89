"""Integrations for Tesla energy sites: `tesla_fleet`, `teslemetry`, `tesla_custom`, and `powerwall`."""

from collections.abc import Callable, Iterable, Mapping
import re
from typing import Any

from homeassistant.config_entries import ConfigEntry

from ..table import Alteration, Becomes, OldIntegration, OldName, changed, rows, unit_rows

_NUMBER = re.compile(r"\d+")
_POWERS = ("solar_power", "grid_power", "battery_power", "load_power")
_VEHICLE = re.compile(r"[A-HJ-NPR-Z0-9]{17}")

_MODE_WORDS = {"autonomous": "savings"}
_GRID_WORDS = {
    "on_grid": "on_grid",
    "off_grid": "off_grid",
    "off_grid_intentional": "off_grid",
    "off_grid_unintentional": "off_grid",
    "island_status_unknown": "unknown",
}

# Their counters start over at midnight, like ours of today. The lifetime's would add the whole life at once.
_DAYS = {
    "total_solar_generation": "solar",
    "solar_energy_exported": "solar",
    "grid_energy_imported": "grid_import",
    "total_grid_energy_exported": "grid_export",
    "total_battery_charge": "battery_charge",
    "total_battery_discharge": "battery_discharge",
    "battery_energy_exported": "battery_discharge",
    "total_home_usage": "load",
    "generator_energy_exported": "generator",
}


def _of_energy_sites(_: ConfigEntry[Any], identifiers: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"tesla_{identifier}" for identifier in identifiers if _NUMBER.fullmatch(identifier))


def _holds_more(_: ConfigEntry[Any], identifiers: Iterable[str]) -> bool:
    """Return whether the account has vehicles, or energy sites of which only one moves."""
    identifiers = set(identifiers)
    sites = sum(1 for identifier in identifiers if _NUMBER.fullmatch(identifier))
    return sites > 1 or any(_VEHICLE.fullmatch(identifier) for identifier in identifiers)


def _reader(separator: str) -> Callable[[str, str], OldName | None]:
    """Return what reads `<site>-<key>` and `<site>-<DIN>-<key>`, of this very site only."""

    def read(unique_id: str, site: str) -> OldName | None:
        number = site.rpartition("_")[2]
        if not unique_id.startswith(f"{number}{separator}"):
            return None
        rest = unique_id.removeprefix(f"{number}{separator}")
        din, _, key = rest.rpartition(separator) if separator == "-" else ("", "", rest)
        # A device's identification is a part number and a serial number.
        return OldName(din.rpartition("--")[2] or din, key) if din else OldName(None, key)

    return read


_FLEET_SITE = {
    **rows(
        "sensor",
        {
            **{power: power for power in (*_POWERS, "generator_power", "grid_services_power")},
            "percentage_charged": "battery_level",
            "energy_left": changed("battery_available_energy", Alteration.SOURCE),
            "total_pack_energy": changed("battery_capacity", Alteration.SOURCE),
            **{old: changed(f"{kind}_energy_today", Alteration.TODAY) for old, kind in _DAYS.items()},
            "vpp_backup_reserve_percent": "vpp_reserve",
            "version": "firmware",
            "island_status": changed("grid_state", Alteration.WORDS, words=_GRID_WORDS),
        },
    ),
    **rows(
        "binary_sensor",
        {
            "grid_services_active": "grid_services_active",
            "storm_mode_active": "storm_charging",
            "grid_status": changed("grid_connected", Alteration.SOURCE),
        },
    ),
    **rows(
        "number",
        {
            "backup_reserve_percent": "backup_reserve",
            "off_grid_vehicle_charging_reserve_percent": "off_grid_vehicle_charging_reserve",
        },
    ),
    **rows(
        "select",
        {
            "default_real_mode": changed("operating_mode", Alteration.WORDS, words=_MODE_WORDS),
            "components_customer_preferred_export_rule": "export_rule",
        },
    ),
    **rows(
        "switch",
        {
            "components_disallow_charge_from_grid_with_solar_installed": "charge_from_grid",
            "user_settings_storm_mode_enabled": "storm_guard",
        },
    ),
}
_FLEET_UNIT = unit_rows(
    "sensor",
    {
        "wall_connector_power": "power",
        "wall_connector_state": Becomes(key="state", of_unit=True, change=Alteration.WORDS),
        "wall_connector_fault_state": Becomes(key="fault", of_unit=True, change=Alteration.WORDS),
    },
)


def _account(domain: str) -> OldIntegration:
    return OldIntegration(
        domain=domain,
        sites=_of_energy_sites,
        read=_reader("-"),
        site_rows=_FLEET_SITE,
        unit_rows=_FLEET_UNIT,
        holds_more=_holds_more,
    )


TESLA_FLEET = _account("tesla_fleet")
TESLEMETRY = _account("teslemetry")

TESLA_CUSTOM = OldIntegration(
    domain="tesla_custom",
    sites=_of_energy_sites,
    read=_reader("_"),
    holds_more=_holds_more,
    unit_rows={},
    site_rows={
        **rows(
            "sensor",
            {
                **{power: power for power in _POWERS},
                "battery": "battery_level",
                "battery_remaining": changed("battery_available_energy", Alteration.SOURCE),
            },
        ),
        **rows("number", {"backup_reserve": "backup_reserve"}),
        **rows(
            "select",
            {
                "operation_mode": changed(
                    "operating_mode",
                    Alteration.WORDS,
                    words={"Self-Powered": "self_consumption", "Time-Based Control": "savings", "Backup": "backup"},
                ),
                "energy_exports": changed(
                    "export_rule",
                    Alteration.WORDS,
                    words={"Nothing": "never", "Solar": "pv_only", "Everything": "battery_ok"},
                ),
            },
        ),
        **rows(
            "binary_sensor",
            {
                "battery_charging": changed("battery_charging", Alteration.SOURCE),
                "grid_status": changed("grid_connected", Alteration.SOURCE),
            },
        ),
    },
)

_POWERWALL_COUNTERS = {
    "site_import": "grid_import_energy",
    "site_export": "grid_export_energy",
    "solar_export": "solar_energy",
    "battery_export": "battery_discharge_energy",
    "battery_import": "battery_charge_energy",
    "load_import": "load_energy",
}


def _of_powerwall(entry: ConfigEntry[Any], _: Iterable[str]) -> tuple[str, ...]:
    """Return the gateway, whose identification is the only thing that this integration and the cloud share."""
    return (f"gateway {entry.unique_id}",) if "--" in (entry.unique_id or "") else ()


def _read_powerwall(unique_id: str, _: str) -> OldName | None:
    """Read `<DIN>_<key>`; a battery's own values have its serial number in between, and are no keys of ours."""
    din, _, key = unique_id.partition("_")
    return OldName(None, key) if "--" in din else None


def _instant(meters: Mapping[str, str]) -> dict[str, Becomes | str]:
    return {f"{meter}_instant_power": changed(f"{key}_power", Alteration.SOURCE) for meter, key in meters.items()}


POWERWALL = OldIntegration(
    domain="powerwall",
    sites=_of_powerwall,
    read=_read_powerwall,
    unit_rows={},
    warning="slower",
    site_rows={
        **rows(
            "sensor",
            {
                **{old: changed(key, Alteration.REGISTER) for old, key in _POWERWALL_COUNTERS.items()},
                **_instant({"site": "grid", "solar": "solar", "battery": "battery", "load": "load"}),
                "charge": changed("battery_level", Alteration.SOURCE),
            },
        ),
        **rows(
            "binary_sensor",
            {
                "grid_status": changed("grid_connected", Alteration.SOURCE),
                "powerwall_charging": "battery_charging",
            },
        ),
    },
)
