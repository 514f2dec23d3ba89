"""Battery, grid, settings and health of the site as a whole."""

from collections.abc import Mapping
from typing import Any

from homeassistant.components.binary_sensor import BinarySensorEntityDescription
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.components.sensor import SensorDeviceClass, SensorEntityDescription
from homeassistant.const import EntityCategory

from ..site.charging import is_charging
from ..site.grid_services import GridServices
from ..site.model import (
    Activity,
    Battery,
    EnergyCounters,
    GridState,
    GridStatus,
    Health,
    Inverters,
    PowerFlow,
    Quota,
    Settings,
    Storm,
)
from ..site.status import SystemStatus
from . import export_limit
from .entity_description import AnyEntityDescription, DeviceEntityDescription, SiteEntityDescription
from .families import AC_BATTERY, BATTERY, CHARGER, COLLAR, COMBINER, GATEWAY, GENERATOR, INVERTER, SYSTEM_CONTROLLER
from .sensor_description import counter, enum, measurement, minutes, percentage, timestamp

# What automations look at besides the state.
ATTR_ON_PURPOSE = "on_purpose"
ATTR_SILENT = "silent"

BATTERY_DESCRIPTIONS = (
    SiteEntityDescription(
        part=Battery,
        description=measurement("battery_level", SensorDeviceClass.BATTERY),
        value_fn=lambda battery: battery.level,
    ),
    SiteEntityDescription(
        part=Battery,
        description=measurement("battery_available_energy", SensorDeviceClass.ENERGY_STORAGE, precision=2),
        value_fn=lambda battery: battery.available_energy,
    ),
    SiteEntityDescription(
        part=Battery,
        description=measurement("battery_capacity", SensorDeviceClass.ENERGY_STORAGE, precision=2, diagnostic=True),
        value_fn=lambda battery: battery.capacity,
    ),
    SiteEntityDescription(
        part=Battery, description=percentage("battery_health"), value_fn=lambda battery: battery.health
    ),
    SiteEntityDescription(
        part=Battery, description=minutes("backup_time_left"), value_fn=lambda battery: battery.backup_time_left
    ),
)

GRID_DESCRIPTIONS = (
    SiteEntityDescription(part=GridStatus, description=enum("grid_state", GridState), value_fn=lambda grid: grid.state),
)

SETTINGS_DESCRIPTIONS = (
    SiteEntityDescription(
        part=Settings,
        description=percentage("shutdown_level", enabled=False, measures=False),
        value_fn=lambda settings: settings.shutdown_level,
    ),
    SiteEntityDescription(
        part=Settings,
        description=enum("battery_activity", Activity),
        value_fn=lambda settings: settings.activity,
    ),
)

HEALTH_DESCRIPTIONS = (
    SiteEntityDescription(
        part=Health,
        description=SensorEntityDescription(
            key="firmware",
            translation_key="firmware",
            entity_category=EntityCategory.DIAGNOSTIC,
            entity_registry_enabled_default=False,
        ),
        value_fn=lambda health: health.firmware,
    ),
    SiteEntityDescription(part=Health, description=counter("sign_ins"), value_fn=lambda health: health.sign_ins),
    SiteEntityDescription(
        part=Health, description=timestamp("last_update"), value_fn=lambda health: health.last_update
    ),
    SiteEntityDescription(
        part=Health,
        description=timestamp("token_expires", enabled=True),
        value_fn=lambda health: health.credentials_expire,
    ),
    SiteEntityDescription(
        part=EnergyCounters, description=counter("rejected_samples"), value_fn=lambda counters: counters.rejected
    ),
    SiteEntityDescription(
        part=Health, description=counter("requests", enabled=False), value_fn=lambda health: health.requests
    ),
    SiteEntityDescription(
        part=Health,
        description=percentage("gateway_load", enabled=False, precision=1),
        value_fn=lambda health: None if health.load is None else round(health.load, 1),
    ),
    SiteEntityDescription(
        part=Health,
        description=measurement(
            "response_time", SensorDeviceClass.DURATION, precision=2, enabled=False, diagnostic=True
        ),
        value_fn=lambda health: None if health.latency is None else round(health.latency, 2),
    ),
    SiteEntityDescription(
        part=Health,
        description=timestamp("last_cloud_report"),
        value_fn=lambda health: health.last_cloud_report,
    ),
    SiteEntityDescription(
        part=Health,
        description=enum("system_status", SystemStatus, diagnostic=True),
        value_fn=lambda health: health.status,
    ),
    SiteEntityDescription(
        part=Health, description=percentage("wifi_signal", enabled=False), value_fn=lambda health: health.signal
    ),
    SiteEntityDescription(
        part=Health,
        description=percentage("storage_used", enabled=False),
        value_fn=lambda health: health.storage_used,
    ),
    SiteEntityDescription(
        part=Inverters,
        description=counter("inverters_reporting", grows=False),
        value_fn=lambda inverters: inverters.reporting,
        attributes_fn=lambda inverters: {ATTR_SILENT: list(inverters.silent) or None},
    ),
)

QUOTA_DESCRIPTIONS = (
    SiteEntityDescription(part=Quota, description=counter("quota_used"), value_fn=lambda quota: quota.used),
    SiteEntityDescription(
        part=Quota, description=counter("quota_left", grows=False), value_fn=lambda quota: quota.left
    ),
    SiteEntityDescription(
        part=Quota, description=timestamp("next_update", enabled=True), value_fn=lambda quota: quota.next_update
    ),
    SiteEntityDescription(
        part=Quota, description=timestamp("cloud_data_age", enabled=True), value_fn=lambda quota: quota.reported_at
    ),
    SiteEntityDescription(part=Quota, description=percentage("history_imported"), value_fn=lambda quota: quota.history),
)

_CONNECTED = BinarySensorEntityDescription(
    key="connected",
    translation_key="connected",
    device_class=BinarySensorDeviceClass.CONNECTIVITY,
    entity_category=EntityCategory.DIAGNOSTIC,
)


def _problem(health: Health) -> Mapping[str, Any]:
    """Return the newest problem that stands."""
    problem = health.newest_problem
    if problem is None:
        return {}
    return {"event": problem.key, "since": problem.since, "recommended_action": problem.recommended_action}


def _grid(grid: GridStatus) -> Mapping[str, Any]:
    """Return why the house has no grid."""
    on_purpose = grid.connected is False and grid.enabled is False
    return {"reason": grid.reason, ATTR_ON_PURPOSE: on_purpose or None}


BINARY_DESCRIPTIONS: tuple[AnyEntityDescription, ...] = (
    SiteEntityDescription(
        part=GridStatus,
        description=BinarySensorEntityDescription(
            key="grid_connected",
            translation_key="grid_connected",
            device_class=BinarySensorDeviceClass.CONNECTIVITY,
        ),
        value_fn=lambda grid: grid.connected,
        attributes_fn=_grid,
    ),
    SiteEntityDescription(
        part=PowerFlow,
        description=BinarySensorEntityDescription(
            key="battery_charging",
            translation_key="battery_charging",
            device_class=BinarySensorDeviceClass.BATTERY_CHARGING,
        ),
        value_fn=is_charging,
    ),
    SiteEntityDescription(
        part=Storm,
        description=BinarySensorEntityDescription(
            key="storm_alert", translation_key="storm_alert", device_class=BinarySensorDeviceClass.SAFETY
        ),
        value_fn=lambda storm: storm.alert,
        attributes_fn=lambda storm: {"starts_at": storm.starts_at, "ends_at": storm.ends_at},
    ),
    SiteEntityDescription(
        part=Storm,
        description=BinarySensorEntityDescription(
            key="storm_charging",
            translation_key="storm_charging",
            device_class=BinarySensorDeviceClass.BATTERY_CHARGING,
        ),
        value_fn=lambda storm: storm.charging,
    ),
    SiteEntityDescription(
        part=GridServices,
        description=BinarySensorEntityDescription(
            key="grid_services_active",
            translation_key="grid_services_active",
            device_class=BinarySensorDeviceClass.RUNNING,
        ),
        value_fn=lambda services: services.active,
    ),
    *export_limit.BINARY_DESCRIPTIONS,
    SiteEntityDescription(
        part=Health,
        description=BinarySensorEntityDescription(
            key="problem",
            translation_key="problem",
            device_class=BinarySensorDeviceClass.PROBLEM,
            entity_category=EntityCategory.DIAGNOSTIC,
        ),
        value_fn=lambda health: health.in_trouble,
        attributes_fn=_problem,
    ),
    SiteEntityDescription(
        part=Health,
        description=BinarySensorEntityDescription(
            key="cloud_connected",
            translation_key="cloud_connected",
            device_class=BinarySensorDeviceClass.CONNECTIVITY,
            entity_category=EntityCategory.DIAGNOSTIC,
            entity_registry_enabled_default=False,
        ),
        value_fn=lambda health: health.cloud_connected,
    ),
    DeviceEntityDescription(
        family=INVERTER,
        description=BinarySensorEntityDescription(
            key="connected",
            translation_key="connected",
            device_class=BinarySensorDeviceClass.CONNECTIVITY,
            entity_category=EntityCategory.DIAGNOSTIC,
            entity_registry_enabled_default=False,
        ),
        value_fn=lambda unit: unit.connected,
    ),
    *(
        DeviceEntityDescription(family=family, description=_CONNECTED, value_fn=lambda unit: unit.connected)
        for family in (BATTERY, AC_BATTERY)
    ),
    *(
        DeviceEntityDescription(family=family, description=_CONNECTED, value_fn=lambda unit: unit.connected)
        for family in (SYSTEM_CONTROLLER, COLLAR, COMBINER, GATEWAY)
    ),
    DeviceEntityDescription(
        family=CHARGER,
        description=BinarySensorEntityDescription(
            key="connected", translation_key="plugged_in", device_class=BinarySensorDeviceClass.PLUG
        ),
        value_fn=lambda unit: unit.connected,
    ),
    DeviceEntityDescription(
        family=BATTERY,
        description=BinarySensorEntityDescription(
            key="dc_switch",
            translation_key="dc_switch",
            entity_category=EntityCategory.DIAGNOSTIC,
            entity_registry_enabled_default=False,
        ),
        value_fn=lambda unit: None if unit.dc_switch_off is None else not unit.dc_switch_off,
    ),
    DeviceEntityDescription(
        family=GENERATOR,
        description=BinarySensorEntityDescription(
            key="running", translation_key="running", device_class=BinarySensorDeviceClass.RUNNING
        ),
        value_fn=lambda unit: unit.running,
    ),
)
