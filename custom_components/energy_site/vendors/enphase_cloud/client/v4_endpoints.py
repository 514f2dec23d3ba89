"""What can be asked of the Monitoring API v4: one entry an endpoint, with the group of plans that has it.

Watt has System Details, Site Production, Site Consumption and EV Charger;
Kilowatt adds Device Level; Megawatt and Partner have System Configurations.
Which endpoint belongs where is from the published swagger, not from answers.
"""

from .endpoint import CloudEndpoint, PlanGroup
from .models import battery, devices, ev_charger, events, lifetime, meters, systems, telemetry

_SYSTEM = "systems/{system_id}"
_CONFIG = "systems/config/{system_id}"
_CHARGER = f"{_SYSTEM}/ev_charger"
_BY_SERIAL = f"{_SYSTEM}/{{serial_number}}"

_DETAILS = PlanGroup.SYSTEM_DETAILS
_PRODUCTION = PlanGroup.SITE_PRODUCTION
_CONSUMPTION = PlanGroup.SITE_CONSUMPTION
_DEVICE = PlanGroup.DEVICE_LEVEL
_SETTINGS = PlanGroup.SYSTEM_CONFIGURATIONS
_EV = PlanGroup.EV_CHARGER

SYSTEMS = CloudEndpoint(path="systems", parse=systems.parse_systems, group=_DETAILS)
SYSTEM = CloudEndpoint(path=_SYSTEM, parse=systems.parse_system, group=_DETAILS)
SYSTEM_ID = CloudEndpoint(path="systems/retrieve_system_id", parse=systems.parse_system_id, group=_DETAILS)
SUMMARY = CloudEndpoint(path=f"{_SYSTEM}/summary", parse=systems.parse_summary, group=_DETAILS)
DEVICES = CloudEndpoint(path=f"{_SYSTEM}/devices", parse=devices.parse_devices, group=_DETAILS)
INVERTERS = CloudEndpoint(
    path="systems/inverters_summary_by_envoy_or_site", parse=devices.parse_inverters_summary, group=_DETAILS
)
EVENTS = CloudEndpoint(path=f"{_SYSTEM}/events", parse=events.parse_events, group=_DETAILS)
OPEN_EVENTS = CloudEndpoint(path=f"{_SYSTEM}/open_events", parse=events.parse_events, group=_DETAILS)
ALARMS = CloudEndpoint(path=f"{_SYSTEM}/alarms", parse=events.parse_alarms, group=_DETAILS)
OPEN_ALARMS = CloudEndpoint(path=f"{_SYSTEM}/open_alarms", parse=events.parse_alarms, group=_DETAILS)
EVENT_TYPES = CloudEndpoint(path="systems/event_types", parse=events.parse_event_types, group=_DETAILS)

PRODUCTION_READINGS = CloudEndpoint(
    path=f"{_SYSTEM}/production_meter_readings", parse=meters.parse_meter_readings, group=_PRODUCTION
)
RGM_STATS = CloudEndpoint(path=f"{_SYSTEM}/rgm_stats", parse=meters.parse_rgm_stats, group=_PRODUCTION)
ENERGY_LIFETIME = CloudEndpoint(
    path=f"{_SYSTEM}/energy_lifetime", parse=lifetime.parse_energy_lifetime, group=_PRODUCTION
)
PRODUCTION_MICRO = CloudEndpoint(
    path=f"{_SYSTEM}/telemetry/production_micro", parse=telemetry.parse_production, group=_PRODUCTION
)
PRODUCTION_METER = CloudEndpoint(
    path=f"{_SYSTEM}/telemetry/production_meter", parse=telemetry.parse_production, group=_PRODUCTION
)

CONSUMPTION_READINGS = CloudEndpoint(
    path=f"{_SYSTEM}/consumption_meter_readings", parse=meters.parse_meter_readings, group=_CONSUMPTION
)
STORAGE_READINGS = CloudEndpoint(
    path=f"{_SYSTEM}/storage_meter_readings", parse=meters.parse_storage_readings, group=_CONSUMPTION
)
CONSUMPTION_LIFETIME = CloudEndpoint(
    path=f"{_SYSTEM}/consumption_lifetime", parse=lifetime.parse_consumption_lifetime, group=_CONSUMPTION
)
BATTERY_LIFETIME = CloudEndpoint(
    path=f"{_SYSTEM}/battery_lifetime", parse=lifetime.parse_battery_lifetime, group=_CONSUMPTION
)
IMPORT_LIFETIME = CloudEndpoint(
    path=f"{_SYSTEM}/energy_import_lifetime", parse=lifetime.parse_import_lifetime, group=_CONSUMPTION
)
EXPORT_LIFETIME = CloudEndpoint(
    path=f"{_SYSTEM}/energy_export_lifetime", parse=lifetime.parse_export_lifetime, group=_CONSUMPTION
)
CONSUMPTION_METER = CloudEndpoint(
    path=f"{_SYSTEM}/telemetry/consumption_meter", parse=telemetry.parse_consumption, group=_CONSUMPTION
)
BATTERY_TELEMETRY = CloudEndpoint(
    path=f"{_SYSTEM}/telemetry/battery", parse=telemetry.parse_battery, group=_CONSUMPTION
)
IMPORT_TELEMETRY = CloudEndpoint(
    path=f"{_SYSTEM}/energy_import_telemetry", parse=telemetry.parse_import, group=_CONSUMPTION
)
EXPORT_TELEMETRY = CloudEndpoint(
    path=f"{_SYSTEM}/energy_export_telemetry", parse=telemetry.parse_export, group=_CONSUMPTION
)
LATEST_TELEMETRY = CloudEndpoint(path=f"{_SYSTEM}/latest_telemetry", parse=telemetry.parse_latest, group=_CONSUMPTION)

MICROS_TELEMETRY = CloudEndpoint(
    path=f"{_SYSTEM}/devices/micros/telemetry", parse=telemetry.parse_micros, group=_DEVICE
)
MICRO_TELEMETRY = CloudEndpoint(
    path=f"{_SYSTEM}/devices/micros/{{serial_number}}/telemetry", parse=telemetry.parse_micro, group=_DEVICE
)
ENCHARGE_TELEMETRY = CloudEndpoint(
    path=f"{_SYSTEM}/devices/encharges/{{serial_number}}/telemetry", parse=telemetry.parse_battery, group=_DEVICE
)
ACB_TELEMETRY = CloudEndpoint(
    path=f"{_SYSTEM}/devices/acbs/{{serial_number}}/telemetry", parse=telemetry.parse_battery, group=_DEVICE
)
EVSE_LIFETIME = CloudEndpoint(
    path=f"{_BY_SERIAL}/evse_lifetime", parse=lifetime.parse_consumption_lifetime, group=_DEVICE
)
EVSE_TELEMETRY = CloudEndpoint(path=f"{_BY_SERIAL}/evse_telemetry", parse=telemetry.parse_consumption, group=_DEVICE)
HEAT_PUMP_LIFETIME = CloudEndpoint(
    path=f"{_SYSTEM}/hp_lifetime", parse=lifetime.parse_consumption_lifetime, group=_DEVICE
)
HEAT_PUMP_TELEMETRY = CloudEndpoint(path=f"{_SYSTEM}/hp_telemetry", parse=telemetry.parse_consumption, group=_DEVICE)

BATTERY_SETTINGS = CloudEndpoint(
    path=f"{_CONFIG}/battery_settings",
    documented_path=f"{_SYSTEM}/battery_settings",
    parse=battery.parse_battery_settings,
    group=_SETTINGS,
)
SET_BATTERY_SETTINGS = CloudEndpoint(
    method="PUT",
    path=f"{_CONFIG}/battery_settings",
    documented_path=f"{_SYSTEM}/battery_settings",
    parse=battery.parse_battery_settings,
    group=_SETTINGS,
)
STORM_GUARD = CloudEndpoint(
    path=f"{_CONFIG}/storm_guard",
    documented_path=f"{_SYSTEM}/storm_guard",
    parse=battery.parse_storm_guard,
    group=_SETTINGS,
)
SET_STORM_GUARD = CloudEndpoint(
    method="PUT",
    path=f"{_CONFIG}/storm_guard",
    documented_path=f"{_SYSTEM}/storm_guard",
    parse=battery.parse_storm_guard,
    group=_SETTINGS,
)
GRID_STATUS = CloudEndpoint(
    path=f"{_CONFIG}/grid_status",
    documented_path=f"{_SYSTEM}/grid_status",
    parse=battery.parse_grid_status,
    group=_SETTINGS,
)
LOAD_CONTROL = CloudEndpoint(
    path=f"{_CONFIG}/load_control",
    documented_path=f"{_SYSTEM}/load_control",
    parse=battery.parse_load_control,
    group=_SETTINGS,
)
SET_LOAD_CONTROL = CloudEndpoint(
    method="PUT",
    path=f"{_CONFIG}/load_control",
    documented_path=f"{_SYSTEM}/load_control",
    parse=battery.parse_load_control,
    group=_SETTINGS,
)

CHARGERS = CloudEndpoint(path=f"{_CHARGER}/devices", parse=ev_charger.parse_chargers, group=_EV)
CHARGER_EVENTS = CloudEndpoint(path=f"{_CHARGER}/events", parse=ev_charger.parse_charger_events, group=_EV)
CHARGER_SESSIONS = CloudEndpoint(
    path=f"{_CHARGER}/{{serial_number}}/sessions", parse=ev_charger.parse_sessions, group=_EV
)
CHARGER_SCHEDULES = CloudEndpoint(
    path=f"{_CHARGER}/{{serial_number}}/schedules", parse=ev_charger.parse_schedules, group=_EV
)
CHARGER_LIFETIME = CloudEndpoint(
    path=f"{_CHARGER}/{{serial_number}}/lifetime", parse=lifetime.parse_consumption_lifetime, group=_EV
)
CHARGER_TELEMETRY = CloudEndpoint(
    path=f"{_CHARGER}/{{serial_number}}/telemetry", parse=ev_charger.parse_charger_telemetry, group=_EV
)
