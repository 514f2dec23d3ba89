"""The endpoints of v4, and the group each belongs to."""

from collections.abc import Mapping

from simulator.cloud.routing import Route, Routes

from . import (
    v4_chargers as chargers,
    v4_config as config,
    v4_devices as devices,
    v4_events as events,
    v4_lifetime as lifetime,
    v4_live as live,
    v4_meters as meters,
    v4_systems as systems,
    v4_telemetry as telemetry,
)
from .asking import Handler
from .plans import Group
from .world import ConfigPaths

_ROOT = "/api/v4/systems"
_ONE = f"{_ROOT}/{{system_id}}"
_EV = f"{_ONE}/ev_charger"


def _get(group: Group, **handlers: Handler) -> list[Route[Group, Handler]]:
    return [Route("GET", f"{_ONE}/{name.replace('__', '/')}", group, handler) for name, handler in handlers.items()]


_BEFORE: tuple[Route[Group, Handler], ...] = (
    Route("GET", _ROOT, Group.SYSTEM_DETAILS, systems.systems),
    # A system's address without its number behaves as the list.
    Route("GET", f"{_ROOT}/", Group.SYSTEM_DETAILS, systems.systems),
    Route("POST", f"{_ROOT}/search", Group.SYSTEM_DETAILS, systems.search),
    Route("GET", f"{_ROOT}/retrieve_system_id", Group.SYSTEM_DETAILS, systems.retrieve_system_id),
    Route("GET", f"{_ROOT}/event_types", Group.SYSTEM_DETAILS, systems.event_types),
    Route(
        "GET",
        f"{_ROOT}/inverters_summary_by_envoy_or_site",
        Group.SYSTEM_DETAILS,
        devices.inverters_by_site,
    ),
)
_AFTER: tuple[Route[Group, Handler], ...] = (
    Route("GET", _ONE, Group.SYSTEM_DETAILS, systems.system),
    *_get(
        Group.SYSTEM_DETAILS,
        summary=systems.summary,
        devices=devices.devices,
        events=events.events,
        alarms=events.alarms,
        open_events=events.open_events,
        open_alarms=events.open_alarms,
    ),
    *_get(
        Group.PRODUCTION,
        production_meter_readings=meters.production,
        rgm_stats=meters.statistics,
        energy_lifetime=lifetime.production,
        telemetry__production_micro=telemetry.production_micro,
        telemetry__production_meter=telemetry.production_meter,
    ),
    *_get(
        Group.CONSUMPTION,
        consumption_meter_readings=meters.consumption,
        storage_meter_readings=meters.storage,
        consumption_lifetime=lifetime.consumption,
        battery_lifetime=lifetime.battery,
        energy_import_lifetime=lifetime.imported,
        energy_export_lifetime=lifetime.exported,
        telemetry__consumption_meter=telemetry.consumption_meter,
        telemetry__battery=telemetry.battery,
        energy_import_telemetry=telemetry.imported,
        energy_export_telemetry=telemetry.exported,
        latest_telemetry=telemetry.latest,
    ),
    Route("GET", f"{_ONE}/devices/micros/telemetry", Group.DEVICE_LEVEL, telemetry.micros),
    Route("GET", f"{_ONE}/devices/micros/{{serial}}/telemetry", Group.DEVICE_LEVEL, telemetry.micro),
    Route("GET", f"{_ONE}/devices/encharges/{{serial}}/telemetry", Group.DEVICE_LEVEL, telemetry.encharge),
    Route("GET", f"{_ONE}/devices/acbs/{{serial}}/telemetry", Group.DEVICE_LEVEL, telemetry.ac_battery),
    Route("GET", f"{_ONE}/live_data", Group.STREAMING, live.live_data),
    Route("GET", f"{_EV}/devices", Group.EV_MONITORING, chargers.devices),
    Route("GET", f"{_EV}/events", Group.EV_MONITORING, chargers.events),
    Route("GET", f"{_EV}/{{serial}}/sessions", Group.EV_MONITORING, chargers.sessions),
    Route("GET", f"{_EV}/{{serial}}/schedules", Group.EV_MONITORING, chargers.schedules),
    Route("GET", f"{_EV}/{{serial}}/lifetime", Group.EV_MONITORING, chargers.lifetime),
    Route("GET", f"{_EV}/{{serial}}/telemetry", Group.EV_MONITORING, chargers.telemetry),
    Route("POST", f"{_EV}/{{serial}}/start_charging", Group.EV_CONTROL, chargers.start_charging),
    Route("POST", f"{_EV}/{{serial}}/stop_charging", Group.EV_CONTROL, chargers.stop_charging),
    Route("GET", f"{_ONE}/{{serial}}/evse_lifetime", Group.DEVICE_LEVEL, lifetime.charger),
    Route("GET", f"{_ONE}/{{serial}}/evse_telemetry", Group.DEVICE_LEVEL, chargers.device_telemetry),
    Route("GET", f"{_ONE}/{{serial}}/hp_lifetime", Group.DEVICE_LEVEL, lifetime.heat_pump),
    Route("GET", f"{_ONE}/{{serial}}/hp_telemetry", Group.DEVICE_LEVEL, chargers.heat_pump_telemetry),
)


def _config(root: str, *, documented: bool) -> tuple[Route[Group, Handler], ...]:
    battery = (
        (config.documented_battery, config.set_documented_battery)
        if documented
        else (config.battery, config.set_battery)
    )
    grid = config.documented_grid_status if documented else config.grid_status
    return tuple(
        Route(method, f"{root}/{name}", Group.CONFIGURATION, handler)
        for method, name, handler in (
            ("GET", "battery_settings", battery[0]),
            ("PUT", "battery_settings", battery[1]),
            ("GET", "storm_guard", config.storm_guard),
            ("PUT", "storm_guard", config.set_storm_guard),
            ("GET", "grid_status", grid),
            ("GET", "load_control", config.load_control),
            ("PUT", "load_control", config.set_load_control),
        )
    )


_OFFICIAL = _config(f"{_ROOT}/config/{{system_id}}", documented=False)
_DOCUMENTED = _config(_ONE, documented=True)
NOT_SERVED: Mapping[ConfigPaths, Routes[Group, Handler]] = {
    ConfigPaths.OFFICIAL: Routes(_DOCUMENTED),
    ConfigPaths.DOCUMENTED: Routes(_OFFICIAL),
    ConfigPaths.BOTH: Routes(()),
}
"""The form of the configuration's paths that the policy leaves out."""
SERVED = {
    ConfigPaths.OFFICIAL: Routes((*_BEFORE, *_OFFICIAL, *_AFTER)),
    ConfigPaths.DOCUMENTED: Routes((*_BEFORE, *_DOCUMENTED, *_AFTER)),
    ConfigPaths.BOTH: Routes((*_BEFORE, *_OFFICIAL, *_DOCUMENTED, *_AFTER)),
}
