"""Answers of the Fleet API in the shapes that were published, a sample for each endpoint."""

from collections.abc import Mapping
from typing import Any

from custom_components.energy_site.vendors.tesla.client import endpoints
from custom_components.energy_site.vendors.tesla.client.endpoint import FleetEndpoint

from .server import SITE

VIN = "5YJ3E1EA7KF317000"
GATEWAY_DIN = "1152100-14-J--CN321000000001"
BATTERY_DIN = "3012170-05-B--TG121000000002"
CHARGER_DIN = "1457768-01-F--ABC123000003"

VEHICLE = {
    "id": 100021,
    "user_id": 800001,
    "vehicle_id": 99999,
    "vin": VIN,
    "display_name": "Owned",
    "state": "online",
    "command_signing": "off",
}

PRODUCTS: list[dict[str, Any]] = [
    VEHICLE,
    {
        "energy_site_id": SITE,
        "resource_type": "battery",
        "site_name": "Energy Site",
        "id": "STE20220801-00001",
        "gateway_id": GATEWAY_DIN,
        "asset_site_id": "c0ffee00-1234-5678-9abc-def012345678",
        "warp_site_number": "1234567890",
        "energy_left": 23286.105263157893,
        "total_pack_energy": 40804,
        "percentage_charged": 57.068192488868476,
        "battery_type": "ac_powerwall",
        "backup_capable": True,
        "battery_power": 14990,
        "storm_mode_enabled": True,
        "components": {
            "battery": True,
            "battery_type": "ac_powerwall",
            "solar": True,
            "solar_type": "pv_panel",
            "grid": True,
            "load_meter": True,
            "market_type": "residential",
            "wall_connectors": [{"device_id": "123", "din": CHARGER_DIN, "is_active": True}],
        },
        "features": {"rate_plan_manager_no_pricing_constraint": True},
    },
    {"energy_site_id": 98765, "components": {"battery": False, "solar": False, "grid": True}},
    {"energy_site_id": "43210", "resource_type": "wall_connector"},
]

SITE_INFO: dict[str, Any] = {
    "id": "1233-abcd",
    "site_name": "Site",
    "backup_reserve_percent": 20,
    "default_real_mode": "self_consumption",
    "installation_date": "2022-08-01T13:05:00-07:00",
    "user_settings": {
        "go_off_grid_test_banner_enabled": False,
        "storm_mode_enabled": None,
        "powerwall_onboarding_settings_set": True,
        "off_grid_vehicle_charging_enabled": True,
    },
    "components": {
        "solar": True,
        "solar_type": "pv_panel",
        "battery": True,
        "grid": True,
        "backup": True,
        "gateway": "teg",
        "load_meter": True,
        "tou_capable": True,
        "storm_mode_capable": True,
        "flex_energy_request_capable": False,
        "off_grid_vehicle_charging_reserve_supported": True,
        "battery_type": "ac_powerwall",
        "configurable": True,
        "grid_services_enabled": False,
        "net_meter_mode": "battery_ok",
        "disallow_charge_from_grid_with_solar_installed": True,
        "customer_preferred_export_rule": "pv_only",
        "edit_setting_grid_charging": True,
        "edit_setting_energy_exports": True,
        "rate_tariff_service_options": {"rate_plan_configured_by_rts": True},
        "gateways": [
            {
                "device_id": "gateway-id",
                "din": GATEWAY_DIN,
                "serial_number": "CN321000000001",
                "part_number": "1152100-14-J",
                "part_type": 10,
                "part_name": "Tesla Backup Gateway 2",
                "is_active": True,
                "site_id": "1234-abcd",
                "firmware_version": "24.4.0 0fe780c9",
                "updated_datetime": "2024-05-14T00:00:00.000Z",
            }
        ],
        "batteries": [
            {
                "device_id": "battery-1-id",
                "din": BATTERY_DIN,
                "serial_number": "TG121000000002",
                "part_number": "3012170-05-B",
                "part_name": "Powerwall 2",
                "nameplate_max_charge_power": 5000,
                "nameplate_max_discharge_power": 5000,
                "nameplate_energy": 13500,
                "is_active": True,
            },
            {"din": "3012170-05-B--TG121000000004", "is_active": False, "nameplate_energy": -1},
        ],
        "inverters": [],
        "wall_connectors": [
            {"device_id": "123abc", "din": CHARGER_DIN, "part_name": "Gen 3 Wall Connector", "is_active": True}
        ],
    },
    "version": "25.18.4 eb113390162784",
    "battery_count": 2,
    "tou_settings": {
        "optimization_strategy": "economics",
        "schedule": [{"target": "off_peak", "week_days": [1, 0], "start_seconds": 0, "end_seconds": 3600}],
    },
    "tariff_content": {},
    "tariff_content_v2": {
        "code": "NIGHT",
        "utility": "My Utility",
        "currency": "EUR",
        "energy_charges": {"AllYear": {"rates": {"OFF_PEAK": 0.15, "ON_PEAK": 0.32}}},
        "seasons": {"AllYear": {"toMonth": 12, "tou_periods": {"OFF_PEAK": {"periods": [{"toDayOfWeek": 6}]}}}},
    },
    "tariff_id": "NIGHT-1",
    "nameplate_power": 15000,
    "nameplate_energy": 27000,
    "installation_time_zone": "",
    "time_zone_offset": -420,
    "max_site_meter_power_ac": 1000000000,
    "min_site_meter_power_ac": -1000000000,
    "vpp_backup_reserve_percent": 0,
    "off_grid_vehicle_charging_reserve_percent": 50,
    "aggregation_program": {"name": "Virtual Power Plant"},
    "address": {"address_line1": "3500 Deer Creek Rd", "city": "Palo Alto"},
}

LIVE: dict[str, Any] = {
    "solar_power": 1185,
    "energy_left": 38896.47368421053,
    "total_pack_energy": 40727,
    "percentage_charged": 95.50537403739663,
    "backup_capable": True,
    "battery_power": 5060,
    "load_power": 6245.5,
    "grid_status": "Active",
    "grid_services_active": False,
    "grid_power": -0.5,
    "grid_services_power": 0,
    "generator_power": 0,
    "island_status": "on_grid",
    "battery_breaker_open": False,
    "storm_mode_active": False,
    "storm_mode_states": [
        {
            "watch_event_id": "storm-1",
            "start_time": "2024-01-01T06:00:00Z",
            "end_time": 1704110400,
            "storm_type": "severe_weather",
            "opted_out": True,
        }
    ],
    "timestamp": "2024-01-01T00:00:00+10:00",
    "wall_connectors": [
        {
            "din": CHARGER_DIN,
            "vin": VIN,
            "wall_connector_state": 1,
            "wall_connector_fault_state": 8,
            "wall_connector_power": 7200,
            "ocpp_status": 0,
            "powershare_session_state": 1,
        },
        {"din": "1457768-01-F--ABC123000009", "wall_connector_state": 42, "wall_connector_power": None},
    ],
}

ENERGY: dict[str, Any] = {
    "serial_number": "CN321000000001",
    "period": "day",
    "installation_time_zone": "Australia/Brisbane",
    "time_series": [
        {
            "timestamp": "2024-09-18T08:45:00+10:00",
            "raw_timestamp": "2024-09-18T08:45:00+10:00",
            "solar_energy_exported": 724.25,
            "generator_energy_exported": 0,
            "grid_energy_imported": 0,
            "grid_services_energy_imported": 0,
            "grid_services_energy_exported": 0,
            "grid_energy_exported_from_solar": 2,
            "grid_energy_exported_from_generator": 0,
            "grid_energy_exported_from_battery": 0,
            "battery_energy_exported": 0,
            "battery_energy_imported_from_grid": 0,
            "battery_energy_imported_from_solar": 684,
            "battery_energy_imported_from_generator": 0,
            "consumer_energy_imported_from_grid": 0,
            "consumer_energy_imported_from_solar": 38,
            "consumer_energy_imported_from_battery": 0,
            "consumer_energy_imported_from_generator": 0,
            "total_home_usage": 38,
            "total_solar_generation": 724,
            "total_battery_charge": 684,
            "total_grid_energy_exported": 2,
        },
        {"timestamp": "2024-09-18T08:50:00", "grid_energy_imported": 100, "consumer_energy_imported_from_grid": 100},
    ],
}

BACKUP: dict[str, Any] = {
    "events_count": 2,
    "total_events": 5,
    "events": [
        {"timestamp": "2024-03-10T21:15:00-08:00", "duration": 1800},
        {"timestamp": "2024-02-01T03:00:00-08:00", "duration": 12},
    ],
}

CHARGE: dict[str, Any] = {
    "charge_history": [
        {
            "charge_start_time": {"seconds": 1704100000},
            "charge_duration": {"seconds": 5400},
            "energy_added_wh": 11250,
        },
        {"charge_start_time": {"seconds": "1704000000"}, "charge_duration": {}, "energy_added_wh": 0},
    ]
}

KEY = "04" + "5a" * 64

SAMPLES: Mapping[str, tuple[FleetEndpoint[Any], Any]] = {
    "products": (endpoints.PRODUCTS, PRODUCTS),
    "region": (
        endpoints.REGION,
        {"region": "eu", "fleet_api_base_url": "https://fleet-api.prd.eu.vn.cloud.tesla.com"},
    ),
    "site_info": (endpoints.SITE_INFO, SITE_INFO),
    "live_status": (endpoints.LIVE_STATUS, LIVE),
    "energy": (endpoints.ENERGY_HISTORY, ENERGY),
    "backup": (endpoints.BACKUP_HISTORY, BACKUP),
    "charge": (endpoints.CHARGE_HISTORY, CHARGE),
    "charge series": (
        endpoints.CHARGE_HISTORY,
        {"period": "day", "time_series": CHARGE["charge_history"]},
    ),
    "public key": (endpoints.PUBLIC_KEY, {"public_key": KEY}),
}
"""What is in `response`, by what it is a sample of."""
