"""The custom integrations that replace Home Assistant's own `enphase_envoy`: the installer's and the developer's."""

from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.loader import Integration

from ..table import Alteration, Becomes, OldIntegration, by_phase, changed, read_by_prefix, rows, unit_rows
from .enphase_envoy import DOMAIN, ENPHASE_ENVOY

_SHARED: dict[str, Becomes | str] = {
    "lifetime_production": "solar_energy",
    "lifetime_net_production": "grid_export_energy",
    "lifetime_consumption": changed("load_energy", Alteration.REGISTER),
    "production": "solar_power",
    "net_consumption": "grid_power",
    "consumption": Becomes(key="load_power", change=Alteration.MEANING, changed_beside="battery_power"),
    "daily_production": changed("solar_energy_today", Alteration.TODAY),
    "daily_consumption": changed("load_energy_today", Alteration.TODAY),
    **by_phase({"production": "solar_power", "net_consumption": "grid_power"}),
    **by_phase({"consumption": "load_power"}, Alteration.SOURCE),
}
_GRID = {"grid_status": changed("grid_connected", Alteration.SOURCE)}


def _is_developers(integration: Integration, entry: ConfigEntry[Any]) -> bool:
    """Return which of the two runs an entry: an entry that the other one made keeps its data."""
    name = integration.name.lower()
    if "(installer)" in name or "(dev)" in name:
        return "(dev)" in name
    return "use_enlighten" in entry.data


# Its lifetime_net_consumption is import minus export, and has no counterpart.
ENVOY_INSTALLER = OldIntegration(
    domain=DOMAIN,
    is_run_by=lambda integration, entry: not integration.is_built_in and not _is_developers(integration, entry),
    sites=ENPHASE_ENVOY.sites,
    read=read_by_prefix,
    site_rows={
        **rows(
            "sensor",
            {
                **_SHARED,
                "lifetime_batteries_charged": "battery_charge_energy",
                "lifetime_batteries_discharged": "battery_discharge_energy",
                "agg_batteries_power": "battery_power",
                "agg_batteries_soc": "battery_level",
                "agg_batteries_available_energy": changed("battery_available_energy", Alteration.SOURCE),
                "agg_batteries_capacity": changed("battery_capacity", Alteration.SOURCE),
            },
        ),
        **rows("binary_sensor", _GRID),
        **rows("number", {"storage_reserved_soc": changed("backup_reserve", Alteration.SOURCE)}),
        **rows(
            "select",
            {
                "storage_mode": changed(
                    "operating_mode",
                    Alteration.WORDS,
                    words={
                        "self-consumption": "self_consumption",
                        "savings-mode": "savings",
                        "economy": "savings",
                        "backup": "backup",
                    },
                )
            },
        ),
        **rows("switch", {"storage_charge_from_grid": changed("charge_from_grid", Alteration.SOURCE)}),
    },
    unit_rows={
        **unit_rows(
            "sensor",
            {
                **{
                    f"inverter_data_{old}": key
                    for old, key in (
                        ("watts", "power"),
                        ("dc_voltage", "dc_voltage"),
                        ("dc_current", "dc_current"),
                        ("ac_voltage", "ac_voltage"),
                        ("ac_current", "ac_current"),
                        ("ac_frequency", "ac_frequency"),
                        ("temperature", "temperature"),
                        ("last_reading", "last_reported"),
                        ("lifetime_power", "energy"),
                    )
                },
                "inverter_data_watt_hours_today": Becomes(key="energy_today", of_unit=True, change=Alteration.TODAY),
                "batteries_power": "power",
                "batteries_percentFull": "level",
                "batteries_temperature": "temperature",
                "batteries_encharge_capacity": Becomes(key="capacity", of_unit=True, change=Alteration.SOURCE),
                "batteries_encharge_available_energy": Becomes(
                    key="available_energy", of_unit=True, change=Alteration.SOURCE
                ),
                "relay_data_temperature": "temperature",
                "relay_data_frequency": "frequency",
                "relay_data_last_reading": "last_reported",
                **{f"relay_data_voltage_l{phase}": f"voltage_l{phase}" for phase in (1, 2, 3)},
            },
        ),
        **unit_rows(
            "binary_sensor",
            {
                "inverter_info_communicating": Becomes(key="connected", of_unit=True, change=Alteration.SOURCE),
                "batteries_communicating": "connected",
            },
        ),
    },
)

# It counts its batteries' energy by difference, which nothing can go on with.
ENVOY_DEVELOPER = OldIntegration(
    domain=DOMAIN,
    is_run_by=lambda integration, entry: not integration.is_built_in and _is_developers(integration, entry),
    sites=ENPHASE_ENVOY.sites,
    read=read_by_prefix,
    site_rows={
        **rows(
            "sensor",
            {
                **_SHARED,
                "lifetime_net_consumption": "grid_import_energy",
                "total_battery_percentage": "battery_level",
                "current_battery_capacity": changed("battery_available_energy", Alteration.SOURCE),
            },
        ),
        **rows("binary_sensor", _GRID),
    },
    # An inverter's power and a battery's level both are a bare serial number.
    unit_rows=unit_rows("sensor", {":power": "power", ":battery": "level"}),
)
