"""The endpoints of the Monitoring API v4, each with the group of endpoints in a plan that includes it.

Watt has System Details, Site Production, Site Consumption and EV Charger; Kilowatt adds Device
Level; Megawatt and Partner have System Configurations. The groups of the endpoints are from the
published Swagger document, not from responses.
"""

from collections.abc import Callable

from ....api.payload import as_sent
from .endpoint import CloudEndpoint, PlanGroup
from .models import battery, devices, ev_charger, events, lifetime, systems, telemetry


def _details[T](path: str, parse: Callable[[str, object], T]) -> CloudEndpoint[T]:
    return CloudEndpoint(path=f"systems{path}", parse=parse, group=PlanGroup.SYSTEM_DETAILS)


def _production[T](name: str, parse: Callable[[str, object], T]) -> CloudEndpoint[T]:
    return CloudEndpoint(path=f"systems/{{system_id}}/{name}", parse=parse, group=PlanGroup.SITE_PRODUCTION)


def _consumption[T](name: str, parse: Callable[[str, object], T]) -> CloudEndpoint[T]:
    return CloudEndpoint(path=f"systems/{{system_id}}/{name}", parse=parse, group=PlanGroup.SITE_CONSUMPTION)


def _device[T](name: str, parse: Callable[[str, object], T]) -> CloudEndpoint[T]:
    return CloudEndpoint(path=f"systems/{{system_id}}/devices/{name}", parse=parse, group=PlanGroup.DEVICE_LEVEL)


def _charger[T](name: str, parse: Callable[[str, object], T]) -> CloudEndpoint[T]:
    return CloudEndpoint(path=f"systems/{{system_id}}/ev_charger/{name}", parse=parse, group=PlanGroup.EV_CHARGER)


def _heat_pump[T](name: str, parse: Callable[[str, object], T]) -> CloudEndpoint[T]:
    path = f"systems/{{system_id}}/{{serial_number}}/{name}"
    return CloudEndpoint(path=path, parse=parse, group=PlanGroup.DEVICE_LEVEL)


def _setting[T](name: str, parse: Callable[[str, object], T], method: str = "GET") -> CloudEndpoint[T]:
    return CloudEndpoint(
        method=method,
        path=f"systems/config/{{system_id}}/{name}",
        documented_path=f"systems/{{system_id}}/{name}",
        parse=parse,
        group=PlanGroup.SYSTEM_CONFIGURATIONS,
    )


SYSTEMS = _details("", systems.parse_systems)
SYSTEM = _details("/{system_id}", systems.parse_system)
SYSTEM_ID = _details("/retrieve_system_id", as_sent)
SUMMARY = _details("/{system_id}/summary", systems.parse_summary)
DEVICES = _details("/{system_id}/devices", devices.parse_devices)
INVERTERS = _details("/inverters_summary_by_envoy_or_site", devices.parse_inverters)
EVENTS = _details("/{system_id}/events", as_sent)
OPEN_EVENTS = _details("/{system_id}/open_events", events.parse_events)
ALARMS = _details("/{system_id}/alarms", as_sent)
OPEN_ALARMS = _details("/{system_id}/open_alarms", as_sent)
EVENT_TYPES = _details("/event_types", as_sent)

PRODUCTION_READINGS = _production("production_meter_readings", as_sent)
RGM_STATS = _production("rgm_stats", as_sent)
ENERGY_LIFETIME = _production("energy_lifetime", lifetime.parse_energy_lifetime)
PRODUCTION_MICRO = _production("telemetry/production_micro", telemetry.parse_production)
PRODUCTION_METER = _production("telemetry/production_meter", telemetry.parse_production)

CONSUMPTION_READINGS = _consumption("consumption_meter_readings", as_sent)
STORAGE_READINGS = _consumption("storage_meter_readings", as_sent)
CONSUMPTION_LIFETIME = _consumption("consumption_lifetime", lifetime.parse_consumption_lifetime)
BATTERY_LIFETIME = _consumption("battery_lifetime", lifetime.parse_battery_lifetime)
IMPORT_LIFETIME = _consumption("energy_import_lifetime", lifetime.parse_import_lifetime)
EXPORT_LIFETIME = _consumption("energy_export_lifetime", lifetime.parse_export_lifetime)
CONSUMPTION_METER = _consumption("telemetry/consumption_meter", telemetry.parse_consumption)
BATTERY_TELEMETRY = _consumption("telemetry/battery", telemetry.parse_battery)
IMPORT_TELEMETRY = _consumption("energy_import_telemetry", telemetry.parse_import)
EXPORT_TELEMETRY = _consumption("energy_export_telemetry", telemetry.parse_export)
LATEST_TELEMETRY = _consumption("latest_telemetry", telemetry.parse_latest)

MICROS_TELEMETRY = _device("micros/telemetry", as_sent)
ENCHARGE_TELEMETRY = _device("encharges/{serial_number}/telemetry", telemetry.parse_battery)
HEAT_PUMP_LIFETIME = _heat_pump("hp_lifetime", lifetime.parse_consumption_lifetime)
HEAT_PUMP_TELEMETRY = _heat_pump("hp_telemetry", telemetry.parse_heat_pump)

BATTERY_SETTINGS = _setting("battery_settings", battery.parse_battery_settings)
SET_BATTERY_SETTINGS = _setting("battery_settings", battery.parse_battery_settings, "PUT")
STORM_GUARD = _setting("storm_guard", battery.parse_storm_guard)
SET_STORM_GUARD = _setting("storm_guard", battery.parse_storm_guard, "PUT")
GRID_STATUS = _setting("grid_status", battery.parse_grid_status)
LOAD_CONTROL = _setting("load_control", battery.parse_load_control)
SET_LOAD_CONTROL = _setting("load_control", battery.parse_load_control, "PUT")

CHARGERS = _charger("devices", ev_charger.parse_chargers)
CHARGER_EVENTS = _charger("events", ev_charger.parse_charger_events)
CHARGER_SESSIONS = _charger("{serial_number}/sessions", ev_charger.parse_sessions)
CHARGER_SCHEDULES = _charger("{serial_number}/schedules", ev_charger.parse_schedules)
CHARGER_LIFETIME = _charger("{serial_number}/lifetime", lifetime.parse_consumption_lifetime)
CHARGER_TELEMETRY = _charger("{serial_number}/telemetry", ev_charger.parse_charger_telemetry)
