"""Answers as Enphase documents them, a sample for each endpoint."""

from collections.abc import Mapping
from typing import Any

from custom_components.energy_site.api.payload import as_sent
from custom_components.energy_site.vendors.enphase_cloud.client import oauth, v2_endpoints, v4_endpoints
from custom_components.energy_site.vendors.enphase_cloud.client.endpoint import CloudEndpoint

from .legacy_shapes import ENVOYS, INVENTORY, META, MONTH, V2_SYSTEMS

SYSTEM = {
    "system_id": 67,
    "name": "Sample Residence",
    "public_name": "Residential System",
    "timezone": "America/Los_Angeles",
    "address": {"city": "Sebastopol", "state": "CA", "country": "US", "postal_code": "95472"},
    "connection_type": "ethernet",
    "energy_lifetime": -1,
    "energy_today": -1,
    "system_size": -1,
    "status": "normal",
    "last_report_at": 1445619615,
    "last_energy_at": 1445619033,
    "operational_at": 1357023600,
    "attachment_type": "rack_mount",
    "interconnect_date": "2012-10-13",
    "other_references": ["106015287"],
    "feoc_compliant": False,
}

SUMMARY = {
    "system_id": 67,
    "current_power": 3322,
    "energy_lifetime": 19050353,
    "energy_today": 25639,
    "last_interval_end_at": 1380632400,
    "last_report_at": 1380632791,
    "modules": 31,
    "operational_at": None,
    "size_w": 5250,
    "nmi": "",
    "source": "meter",
    "status": "a_word_of_tomorrow",
    "summary_date": "2014-01-06",
    "battery_charge_w": 3840,
    "battery_discharge_w": 3840,
    "battery_capacity_wh": 10080,
    "evse_power": [{"202312100006": {"evse_max_charge_w": 11520, "evse_min_charge_w": 1440}}],
}

INVERTERS = [
    {
        "signal_strength": 5,
        "micro_inverters": [
            {
                "id": 1059689835,
                "serial_number": "688346865858",
                "model": "M215",
                "part_number": "800-00107-r01",
                "sku": "M215-60-2LL-S22-NA",
                "status": "normal",
                "power_produced": {"value": 34, "units": "W", "precision": 0},
                "proc_load": "undetermined-v",
                "param_table": "undetermined-v",
                "envoy_serial_number": "121842012242",
                "energy": {"value": 3600, "units": "kJ", "precision": 0},
                "grid_profile": "57227c50e4d7973ae602c4e6",
                "last_report_date": 1600427843,
            },
            {"id": 2, "serial_number": "688346865859", "power_produced": 20, "energy": {"value": 7, "units": "Wh"}},
        ],
    }
]

DEVICES = {
    "system_id": 67,
    "total_devices": 4,
    "items": "devices",
    "devices": {
        "micros": [
            {
                "id": 1,
                "last_report_at": 1508174262,
                "name": "Microinverter 1",
                "serial_number": "1234567",
                "part_number": "800-00103-r05",
                "sku": "M215-60-2LL-S22-NA",
                "model": "M215",
                "status": "normal",
                "active": True,
                "product_name": "M215",
            }
        ],
        "meters": [
            {"id": 2, "serial_number": "1218347675EIM2", "state": "enabled", "config_type": "Net", "config_phase": "2"}
        ],
        "gateways": [
            {
                "id": 3,
                "serial_number": "1218347675",
                "emu_sw_version": "D8.3.5169",
                "cellular_modem": {"imei": "990000862471854", "plan_end_date": 1700000000},
            }
        ],
        "heat_pump": [{"serial_number": "HP1", "SKU": "HP-X", "sg_ready_relay": True}],
        "encharges": [],
        "generators": None,
    },
}

INTERVALS = [{"end_at": 1384122700, "devices_reporting": 1, "enwh": 40, "powr": 480}, {"end_at": 1384123600, "enwh": 0}]

ENERGY = {
    "system_id": 67,
    "granularity": "day",
    "total_devices": 1,
    "start_at": 1384122400,
    "end_at": 1384123600,
    "items": "intervals",
    "intervals": INTERVALS,
    "meta": META,
}

BATTERY = {
    "system_id": 67,
    "granularity": "day",
    "total_devices": 2,
    "start_date": "2013-11-10",
    "end_date": "2013-11-10",
    "intervals": [
        {
            "end_at": 1384122700,
            "charge": {"enwh": 40, "devices_reporting": 2},
            "discharge": {"enwh": 0, "devices_reporting": 2},
            "soc": {"percent": 97, "devices_reporting": 2},
        }
    ],
    "meta": META,
    "last_reported_aggregate_soc": "97%",
}

ENCHARGE = {
    "system_id": 67,
    "serial_number": "120200001001",
    "granularity": "day",
    "intervals": [
        {"end_at": 1384122700, "charge": {"enwh": 40}, "discharge": {"enwh": 0}, "soc": {"percent": 98}},
        {"charge": {"enwh": 1}},
    ],
    "last_reported_time": 1384122700,
    "last_reported_soc": "99%",
}

LATEST = {
    "system_id": 67,
    "items": "devices",
    "devices": {
        "meters": [
            {"id": 1, "name": "production", "channel": 1, "last_report_at": 1384122700, "power": 1500},
            {"id": 2, "name": "consumption", "channel": 1, "last_report_at": 1384122700, "power": None},
        ],
        "encharges": [
            {
                "id": 3,
                "name": "IQ Battery",
                "channel": 1,
                "last_report_at": 1384122700,
                "power": -5,
                "operational_mode": "Idle",
            }
        ],
        "heat-pump": [
            {"serial_number": "HP1", "name": "hp", "last_report_at": 1384122700, "operational_mode": "MODE_2"}
        ],
        "evse": [{"serial_number": "EV1", "name": "evse", "operational_mode": "PLUGGED_OUT"}],
    },
}

LIFETIME = {
    "system_id": 67,
    "start_date": "2013-01-01",
    "production": [15422, 15421, 0, 18505, 0, 0],
    "meter_start_date": "2013-01-02",
    "micro_production": [15422, 15000, 0, 18000, 0, 0],
    "meter_production": [0, 15421, 0, 18505, 0, 0],
    "meta": META,
}

READINGS = {
    "system_id": 67,
    "meter_readings": [{"serial_number": "123123123123EIM1", "value": 6180635, "read_at": 1473901200}],
    "meta": META,
}

RGM = {
    "system_id": 67,
    "total_devices": 1,
    "meta": META,
    "intervals": [{"end_at": 1384122700, "wh_del": 50, "devices_reporting": 1}],
    "meter_intervals": [
        {
            "meter_serial_number": "1218676784",
            "envoy_serial_number": "1218347675",
            "intervals": [
                {"channel": 1, "end_at": 1384122700, "wh_del": 30.5, "curr_w": 122},
                {"channel": 2, "end_at": 1384122700, "wh_del": None, "curr_w": None},
            ],
        }
    ],
}

EVENTS = {
    "system_id": 67,
    "events": [
        {"status": "open", "event_type_id": 2, "event_start_time": 1384122700, "serial_number": "1218347675"},
        {"status": "closed", "event_type_id": 3, "event_start_time": 1384122700, "event_end_time": 1384123700},
    ],
}

ALARMS = {
    "system_id": 67,
    "alarms": [
        {
            "id": 9,
            "cleared": False,
            "severity": 3,
            "events": [{"serial_number": "1218347675", "start_date": 1384122700, "end_date": None}],
            "event_type_id": 2,
            "alarm_start_time": 1384122700,
            "alarm_end_time": None,
        }
    ],
}

EVENT_TYPES = [
    {
        "event_type_id": 2,
        "event_type_key": "grid_gone",
        "stateful": True,
        "event_name": "Grid gone",
        "event_description": "The grid is gone",
        "recommended_action": "Wait",
    }
]

SETTINGS = {
    "system_id": 1765,
    "battery_mode": "Self - Consumption",
    "reserve_soc": 95,
    "energy_independence": "enabled",
    "charge_from_grid": "disabled",
    "battery_shutdown_level": 13,
}

DOCUMENTED_SETTINGS = {
    "system_id": 1765,
    "profile": "cost_savings",
    "battery_backup_percentage": 30,
    "very_low_soc": 10,
    "tariff": {"currency": "EUR"},
}

STORM_GUARD = {"system_id": 1765, "storm_guard_status": "enabled", "storm_alert": "false"}

GRID_STATUS = {"system_id": 1765, "grid_state": "On Grid", "last_report_date": 1676029267}

LOAD_CONTROL = {
    "system_id": 1765,
    "load_control_data": [
        {
            "name": "NC1",
            "load_name": "Downstairs A/C",
            "owner_can_override": True,
            "mode": "Basic",
            "soc_low": 30,
            "soc_high": 50,
            "status": "enabled",
            "essential_start_time": 32400,
            "essential_end_time": 57600,
        }
    ],
}

CHARGERS = {"system_id": 67, "devices": {"ev_chargers": [{"serial_number": "EV1", "name": "Garage", "active": True}]}}

SESSIONS = {
    "count": 1,
    "sessions": [
        {"start_time": 1384122700, "end_time": 1384132700, "duration": 10000, "energy_added": 14.83, "cost": 2.1}
    ],
}

SCHEDULES = {
    "charger_schedules": [
        {
            "type": "Custom",
            "is_active": True,
            "schedules": [{"days": [1, 2], "start_time": "1:00", "end_time": "5:00", "charging_level": 32}],
        }
    ]
}

TOKENS = {
    "access_token": "acc3ss",
    "token_type": "bearer",
    "refresh_token": "r3fresh",
    "expires_in": 86393,
    "scope": "read write",
    "enl_uid": "217231",
    "enl_cid": "5",
    "enl_password_last_changed": "1638870641",
    "is_internal_app": False,
    "app_type": "system",
    "jti": "1ee68d30",
}


def _daily(key: str) -> dict[str, Any]:
    return {"system_id": 67, "start_date": "2016-08-01", key: [15422, 15421, 17118], "meta": META}


def _nested(key: str) -> dict[str, Any]:
    return {**ENERGY, "total_devices": 0, "intervals": [[{"end_at": 1384122700, key: 12}]]}


_STORAGE = {
    "system_id": 67,
    "meter_readings": [{"serial_num": "123EIM3", "value_charged": 100, "value_discharged": 90, "read_at": 1473901200}],
    "meta": META,
}
_CONSUMED = {**ENERGY, "intervals": [{"end_at": 1384122700, "wh_consumed": 5}]}
_DELIVERED = {**ENERGY, "intervals": [{"end_at": 1384122700, "wh_del": 50, "devices_reporting": 1}]}
_BY_NUM = {**READINGS, "meter_readings": [{"serial_num": "123EIM2", "value": 1, "read_at": 1473901200}]}
_MICROS = {"system_id": 67, "devices": [{"serial_number": "1234567", "intervals": INTERVALS}]}
_CHARGER_EVENTS = {
    "count": 1,
    "events": [{"serial_number": "EV1", "event": "Charging started", "triggered_date": 1384122700}],
}

SAMPLES: Mapping[str, Mapping[str, Any]] = {
    "v4": {
        "SYSTEMS": {"total": 1, "current_page": 1, "size": 10, "count": 1, "items": "systems", "systems": [SYSTEM]},
        "SYSTEM": SYSTEM,
        "SYSTEM_ID": {"system_id": 67},
        "SUMMARY": SUMMARY,
        "DEVICES": DEVICES,
        "INVERTERS": INVERTERS,
        "EVENTS": EVENTS,
        "OPEN_EVENTS": EVENTS,
        "ALARMS": ALARMS,
        "OPEN_ALARMS": ALARMS,
        "EVENT_TYPES": EVENT_TYPES,
        "PRODUCTION_READINGS": READINGS,
        "RGM_STATS": RGM,
        "ENERGY_LIFETIME": LIFETIME,
        "PRODUCTION_MICRO": ENERGY,
        "PRODUCTION_METER": _DELIVERED,
        "CONSUMPTION_READINGS": _BY_NUM,
        "STORAGE_READINGS": _STORAGE,
        "CONSUMPTION_LIFETIME": _daily("consumption"),
        "BATTERY_LIFETIME": {**_daily("charge"), "discharge": [1, 2, 3]},
        "IMPORT_LIFETIME": _daily("import"),
        "EXPORT_LIFETIME": _daily("export"),
        "CONSUMPTION_METER": ENERGY,
        "BATTERY_TELEMETRY": BATTERY,
        "IMPORT_TELEMETRY": _nested("wh_imported"),
        "EXPORT_TELEMETRY": _nested("wh_exported"),
        "LATEST_TELEMETRY": LATEST,
        "MICROS_TELEMETRY": _MICROS,
        "ENCHARGE_TELEMETRY": ENCHARGE,
        "BATTERY_SETTINGS": SETTINGS,
        "SET_BATTERY_SETTINGS": DOCUMENTED_SETTINGS,
        "STORM_GUARD": STORM_GUARD,
        "SET_STORM_GUARD": {"system_id": 1765, "storm_guard_status": "Enabled (Inactive)", "storm_alert": "false"},
        "GRID_STATUS": GRID_STATUS,
        "LOAD_CONTROL": LOAD_CONTROL,
        "SET_LOAD_CONTROL": LOAD_CONTROL,
        "CHARGERS": CHARGERS,
        "CHARGER_EVENTS": _CHARGER_EVENTS,
        "CHARGER_SESSIONS": SESSIONS,
        "CHARGER_SCHEDULES": SCHEDULES,
        "CHARGER_LIFETIME": _daily("consumption"),
        "CHARGER_TELEMETRY": {"system_id": 67, "consumption": [{"consumption": 1200, "end_at": 1384123600}]},
        "HEAT_PUMP_LIFETIME": _daily("consumption"),
        "HEAT_PUMP_TELEMETRY": {**ENERGY, "intervals": [{"end_at": 1384123600, "wh_consumed": 310}]},
    },
    "v2": {
        "SYSTEMS": V2_SYSTEMS,
        "SEARCH_SYSTEM_ID": {"system_id": 123},
        "SUMMARY": SUMMARY,
        "ENERGY_LIFETIME": LIFETIME,
        "CONSUMPTION_LIFETIME": _daily("consumption"),
        "STATS": ENERGY,
        "CONSUMPTION_STATS": ENERGY,
        "RGM_STATS": RGM,
        "PRODUCTION_READINGS": READINGS,
        "MONTHLY_PRODUCTION": MONTH,
        "ENVOYS": ENVOYS,
        "INVENTORY": INVENTORY,
        "INVERTERS": INVERTERS,
    },
}

ENDPOINTS: Mapping[str, CloudEndpoint[Any]] = {
    **{f"v4 {key}": each for key, each in vars(v4_endpoints).items() if isinstance(each, CloudEndpoint)},
    **{f"v2 {key}": each for key, each in vars(v2_endpoints).items() if isinstance(each, CloudEndpoint)},
    "oauth TOKENS": CloudEndpoint(path="oauth/token", parse=oauth.parse_tokens, method="POST"),
}
"""All endpoints there are, by the API and the name of its constant."""

PARSED: Mapping[str, CloudEndpoint[Any]] = {key: each for key, each in ENDPOINTS.items() if each.parse is not as_sent}
"""Those of which something is made."""


def sample(key: str) -> Any:
    """Return what an endpoint answers."""
    api, _, name = key.partition(" ")
    return TOKENS if api == "oauth" else SAMPLES[api][name]
