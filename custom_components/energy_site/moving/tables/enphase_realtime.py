"""The custom integration `enphase_realtime`, which renamed its keys in October 2026. Both are known here."""

from ..table import Alteration, Becomes, OldIntegration, OldName, by_phase, changed, read_by_prefix, rows, unit_rows
from .enphase_envoy import CONTACT_SELECTS

_CONTACT = "dry_contact_"


def _read(unique_id: str, site: str) -> OldName | None:
    name = read_by_prefix(unique_id, site)
    if name is None or not name.key.startswith(_CONTACT):
        return name
    contact, _, key = name.key.removeprefix(_CONTACT).partition("_")
    return OldName(contact, f"{_CONTACT}{key}")


def _phases(old: str, key: str) -> dict[str, Becomes]:
    return {
        **by_phase({old: key}),
        **{f"{old}_ph_{phase}": Becomes(key=f"{key}_l{number}") for number, phase in enumerate("abc", 1)},
    }


ENPHASE_REALTIME = OldIntegration(
    domain="enphase_realtime",
    sites=lambda entry, _: (entry.unique_id or "",),
    read=_read,
    site_rows={
        **rows(
            "sensor",
            {
                "lifetime_energy_production": "solar_energy",
                "lifetime_production": "solar_energy",
                "lifetime_net_energy_consumption": "grid_import_energy",
                "lifetime_grid_import": "grid_import_energy",
                "lifetime_net_energy_production": "grid_export_energy",
                "lifetime_grid_export": "grid_export_energy",
                "lifetime_energy_consumption": changed("load_energy", Alteration.REGISTER),
                "lifetime_consumption": changed("load_energy", Alteration.REGISTER),
                "lifetime_battery_energy_discharged": "battery_discharge_energy",
                "lifetime_battery_discharged": "battery_discharge_energy",
                "lifetime_battery_energy_charged": "battery_charge_energy",
                "lifetime_battery_charged": "battery_charge_energy",
                "current_power_production": "solar_power",
                "production_power": "solar_power",
                "current_net_power_consumption": "grid_power",
                "net_power": "grid_power",
                "load_power": "load_power",
                "current_power_consumption": changed("load_power", Alteration.MEANING),
                "consumption_power": changed("load_power", Alteration.MEANING),
                "pv_power": "solar_power",
                "grid_power": "grid_power",
                "current_battery_discharge": "battery_power",
                "battery_power": "battery_power",
                "battery_soc": "battery_level",
                "available_battery_energy": "battery_available_energy",
                "battery_capacity": changed("battery_capacity", Alteration.SOURCE),
                "battery_state_of_health": "battery_health",
                "battery_shutdown_level": "shutdown_level",
                # It once was the shutdown level, and is something else where that has a key of its own.
                "reserve_battery_level": Becomes(key="shutdown_level", not_with="lifetime_energy_production"),
                **_phases("production_power", "solar_power"),
                **_phases("current_power_production", "solar_power"),
                **_phases("net_power", "grid_power"),
                **_phases("current_net_power_consumption", "grid_power"),
            },
        ),
        **rows("binary_sensor", {"grid_status": "grid_connected"}),
        **rows(
            "switch",
            {
                "allow_charge_from_grid": changed("charge_from_grid", Alteration.SOURCE),
                "grid_enabled": changed("grid_enabled", Alteration.SOURCE),
            },
        ),
    },
    unit_rows={
        **unit_rows(
            "sensor",
            {
                "soc": "level",
                "power": "power",
                "temperature": "temperature",
                "max_cell_temperature": "max_cell_temperature",
                "last_reported": "last_reported",
            },
        ),
        **unit_rows("binary_sensor", {"communicating": "connected", "dc_switch": "dc_switch"}),
        **unit_rows("select", {f"{_CONTACT}{old}": new for old, new in CONTACT_SELECTS.items()}),
        **unit_rows("number", {f"{_CONTACT}soc_low": "level_low", f"{_CONTACT}soc_high": "level_high"}),
    },
)
