"""Home Assistant's own integration for IQ Gateways, `enphase_envoy`."""

from types import MappingProxyType

from ..table import Alteration, Becomes, OldIntegration, OldName, by_phase, changed, read_by_prefix, rows, unit_rows

DOMAIN = "enphase_envoy"

MODE_WORDS = MappingProxyType({"standard": "manual", "battery": "battery_level"})
ACTION_WORDS = MappingProxyType({"none": "unchanged"})

_STATUS_WORDS = MappingProxyType({"not-metering": "not_metering", "check-wiring": "check_wiring"})

# Load circuits have the unique ID of their system controller, with their own after this word.
_RELAY = "relay_"

# Meters beyond the usual ones, by the old name and ours.
METERS = {"backfeed": "backfeed", "load": "load_panel", "evse": "ev_charger", "pv3p": "third_party_solar"}

_METER_STATUS = {
    "net_consumption": "grid",
    "production": "production",
    "storage": "storage",
    "total_consumption": "load",
    **METERS,
}

_SITE_SENSORS: dict[str, Becomes | str] = {
    # Where several old entities become the same one, the first that is in use does.
    "lifetime_production": "solar_energy",
    "production_ct_energy_delivered": "solar_energy",
    "production": "solar_power",
    "production_ct_power": "solar_power",
    "lifetime_net_consumption": "grid_import_energy",
    "lifetime_net_production": "grid_export_energy",
    "net_consumption": "grid_power",
    "balanced_net_consumption": changed("grid_power", Alteration.SOURCE, not_with="net_consumption"),
    "lifetime_battery_discharged": "battery_discharge_energy",
    "lifetime_battery_charged": "battery_charge_energy",
    "battery_discharge": "battery_power",
    "consumption": Becomes(key="load_power", change=Alteration.MEANING, changed_beside="battery_power"),
    "lifetime_consumption": changed("load_energy", Alteration.REGISTER),
    "total_consumption_ct_power": Becomes(key="load_power", not_with="net_consumption"),
    "total_consumption_ct_energy_delivered": Becomes(key="load_energy", not_with="net_consumption"),
    "daily_production": changed("solar_energy_today", Alteration.TODAY),
    "daily_consumption": changed("load_energy_today", Alteration.TODAY),
    "net_ct_current": "grid_current",
    "frequency": "grid_frequency",
    # The old one is the sum of all phases, and ours their mean.
    "voltage": Becomes(key="grid_voltage", not_beside="grid_voltage_l2"),
    "net_ct_powerfactor": changed("power_factor", Alteration.SOURCE),
    "aggregated_soc": "battery_level",
    "aggregated_available_energy": "battery_available_energy",
    "aggregated_max_battery_capacity": changed("battery_capacity", Alteration.SOURCE),
    "battery_level": Becomes(key="battery_level", not_with="aggregated_soc"),
    "available_energy": Becomes(key="battery_available_energy", not_with="aggregated_soc"),
    "max_capacity": changed("battery_capacity", Alteration.SOURCE, not_with="aggregated_soc"),
    "acb_power": Becomes(key="battery_power", not_with="battery_level"),
    "acb_soc": Becomes(key="battery_level", not_with="battery_level"),
    "acb_available_energy": Becomes(key="battery_available_energy", not_with="battery_level"),
    **{
        f"{old}_ct_{what}": f"{key}_meter_{ours}"
        for old, key in METERS.items()
        for what, ours in (("power", "power"), ("energy_delivered", "delivered"), ("energy_received", "received"))
    },
    **{
        f"{old}_ct_metering_status": changed(f"{key}_meter_status", Alteration.WORDS, words=_STATUS_WORDS)
        for old, key in _METER_STATUS.items()
    },
    **by_phase(
        {
            "production": "solar_power",
            "net_consumption": "grid_power",
            "battery_discharge": "battery_power",
            "voltage": "grid_voltage",
            "frequency": "grid_frequency",
            "net_ct_current": "grid_current",
            "lifetime_production": "solar_energy",
            "production_ct_energy_delivered": "solar_energy",
            "lifetime_net_consumption": "grid_import_energy",
            "lifetime_net_production": "grid_export_energy",
            "lifetime_battery_discharged": "battery_discharge_energy",
            "lifetime_battery_charged": "battery_charge_energy",
            **{
                f"{old}_ct_energy_{way}": f"{key}_meter_{way}"
                for old, key in METERS.items()
                for way in ("delivered", "received")
            },
        }
    ),
    **by_phase({"consumption": "load_power", "net_ct_powerfactor": "power_factor"}, Alteration.SOURCE),
}

INVERTER_SENSORS: dict[str, Becomes | str] = {
    "": "power",
    **{
        key: key
        for key in (
            "dc_voltage",
            "dc_current",
            "ac_voltage",
            "ac_current",
            "ac_frequency",
            "temperature",
            "last_reported",
            "max_reported",
        )
    },
    "energy_today": Becomes(key="energy_today", of_unit=True, change=Alteration.TODAY),
    "lifetime_energy": "energy",
}

_UNIT_SENSORS: dict[str, Becomes | str] = {
    # Temperature and the time of the last report have the same keys for all kinds of devices.
    **INVERTER_SENSORS,
    "soc": "level",
    "real_power_mw": "power",
    "apparent_power_mva": "apparent_power",
    "acb_battery_soc": "level",
    "acb_battery_power": Becomes(key="power", of_unit=True, change=Alteration.SOURCE),
    "acb_battery_temperature": "max_cell_temperature",
    "acb_battery_charge_status": "state",
    "acb_battery_last_reported": "last_reported",
    "admin_state_str": Becomes(key="grid_state"),
}

CONTACT_SELECTS: dict[str, Becomes | str] = {
    "mode": Becomes(key="mode", of_unit=True, change=Alteration.WORDS, words=MODE_WORDS),
    **{
        old: Becomes(key=key, of_unit=True, change=Alteration.WORDS, words=ACTION_WORDS)
        for old, key in (
            ("grid_action", "grid_action"),
            ("microgrid_action", "off_grid_action"),
            ("generator_action", "generator_action"),
        )
    },
}

_RESERVE = changed("backup_reserve", Alteration.SOURCE)
_MODE = changed("operating_mode", Alteration.SOURCE)
_CHARGE = changed("charge_from_grid", Alteration.SOURCE)


def _read(unique_id: str, site: str) -> OldName | None:
    name = read_by_prefix(unique_id, site)
    if name is None or not name.key.startswith(_RELAY):
        return name
    contact, _, key = name.key.removeprefix(_RELAY).partition("_")
    return OldName(contact, f"{_RELAY}{key}")


ENPHASE_ENVOY = OldIntegration(
    domain=DOMAIN,
    is_run_by=lambda integration, _: integration.is_built_in,
    sites=lambda entry, _: (entry.unique_id or "",),
    read=_read,
    site_rows={
        **rows("sensor", _SITE_SENSORS),
        **rows("number", {"reserve_soc": _RESERVE}),
        **rows("select", {"storage_mode": _MODE}),
        **rows("switch", {"charge_from_grid": _CHARGE}),
    },
    unit_rows={
        **unit_rows("sensor", _UNIT_SENSORS),
        **unit_rows(
            "binary_sensor",
            {
                "communicating": "connected",
                "dc_switch": "dc_switch",
                "mains_oper_state": Becomes(key="grid_connected"),
            },
        ),
        # With a system controller, the site's settings are those of its device.
        **unit_rows(
            "number",
            {"reserve_soc": _RESERVE, f"{_RELAY}soc_low": "level_low", f"{_RELAY}soc_high": "level_high"},
        ),
        **unit_rows(
            "select", {"storage_mode": _MODE, **{f"{_RELAY}{old}": new for old, new in CONTACT_SELECTS.items()}}
        ),
        **unit_rows(
            "switch",
            {
                "charge_from_grid": _CHARGE,
                "mains_admin_state": changed("grid_enabled", Alteration.SOURCE),
                f"{_RELAY}relay_status": "closed",
            },
        ),
    },
)
