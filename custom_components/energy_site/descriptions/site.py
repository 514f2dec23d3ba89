"""Battery, grid, settings and health of the site as a whole."""

from homeassistant.components.binary_sensor import BinarySensorEntityDescription
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.components.sensor import SensorDeviceClass, SensorEntityDescription
from homeassistant.const import EntityCategory

from ..site.model import (
    Activity,
    Battery,
    EnergyCounters,
    GridState,
    GridStatus,
    Health,
    Inverters,
    Quota,
    Settings,
    Storm,
)
from ..site.status import SystemStatus
from .descriptions import choice, count, measured, moment, share
from .families import AC_BATTERY, BATTERY, COLLAR, COMBINER, GATEWAY, GENERATOR, INVERTER, SYSTEM_CONTROLLER
from .rows import AnyRow, SiteRow, UnitRow

BATTERY_ROWS = (
    SiteRow(
        part=Battery,
        description=measured("battery_level", SensorDeviceClass.BATTERY),
        value_fn=lambda battery: battery.level,
    ),
    SiteRow(
        part=Battery,
        description=measured("battery_available_energy", SensorDeviceClass.ENERGY_STORAGE, precision=2),
        value_fn=lambda battery: battery.available_energy,
    ),
    SiteRow(
        part=Battery,
        description=measured("battery_capacity", SensorDeviceClass.ENERGY_STORAGE, precision=2, diagnostic=True),
        value_fn=lambda battery: battery.capacity,
    ),
    SiteRow(part=Battery, description=share("battery_health"), value_fn=lambda battery: battery.health),
)

GRID_ROWS = (SiteRow(part=GridStatus, description=choice("grid_state", GridState), value_fn=lambda grid: grid.state),)

SETTINGS_ROWS = (
    SiteRow(
        part=Settings,
        description=share("shutdown_level", enabled=False, measures=False),
        value_fn=lambda settings: settings.shutdown_level,
    ),
    SiteRow(
        part=Settings,
        description=choice("battery_activity", Activity),
        value_fn=lambda settings: settings.activity,
    ),
)

HEALTH_ROWS = (
    SiteRow(
        part=Health,
        description=SensorEntityDescription(
            key="firmware",
            translation_key="firmware",
            entity_category=EntityCategory.DIAGNOSTIC,
            entity_registry_enabled_default=False,
        ),
        value_fn=lambda health: health.firmware,
    ),
    SiteRow(part=Health, description=moment("last_update"), value_fn=lambda health: health.last_update),
    SiteRow(
        part=Health,
        description=moment("token_expires", enabled=True),
        value_fn=lambda health: health.credentials_expire,
    ),
    SiteRow(part=EnergyCounters, description=count("rejected_samples"), value_fn=lambda counters: counters.rejected),
    SiteRow(part=Health, description=count("requests", enabled=False), value_fn=lambda health: health.requests),
    SiteRow(
        part=Health,
        description=share("gateway_load", enabled=False, precision=1),
        value_fn=lambda health: None if health.load is None else round(health.load, 1),
    ),
    SiteRow(
        part=Health,
        description=measured("response_time", SensorDeviceClass.DURATION, precision=2, enabled=False, diagnostic=True),
        value_fn=lambda health: None if health.latency is None else round(health.latency, 2),
    ),
    SiteRow(
        part=Health,
        description=moment("last_cloud_report"),
        value_fn=lambda health: health.last_cloud_report,
    ),
    SiteRow(
        part=Health,
        description=choice("system_status", SystemStatus, diagnostic=True),
        value_fn=lambda health: health.status,
    ),
    SiteRow(part=Health, description=share("wifi_signal", enabled=False), value_fn=lambda health: health.signal),
    SiteRow(
        part=Health,
        description=share("storage_used", enabled=False),
        value_fn=lambda health: health.storage_used,
    ),
    SiteRow(
        part=Inverters,
        description=count("inverters_reporting", grows=False),
        value_fn=lambda inverters: inverters.reporting,
    ),
)

QUOTA_ROWS = (
    SiteRow(part=Quota, description=count("quota_used"), value_fn=lambda quota: quota.used),
    SiteRow(part=Quota, description=count("quota_left", grows=False), value_fn=lambda quota: quota.left),
    SiteRow(part=Quota, description=moment("next_update", enabled=True), value_fn=lambda quota: quota.next_update),
    SiteRow(part=Quota, description=moment("cloud_data_age", enabled=True), value_fn=lambda quota: quota.reported_at),
    SiteRow(part=Quota, description=share("history_imported"), value_fn=lambda quota: quota.history),
)

_CONNECTED = BinarySensorEntityDescription(
    key="connected",
    translation_key="connected",
    device_class=BinarySensorDeviceClass.CONNECTIVITY,
    entity_category=EntityCategory.DIAGNOSTIC,
)

BINARY_ROWS: tuple[AnyRow, ...] = (
    SiteRow(
        part=GridStatus,
        description=BinarySensorEntityDescription(
            key="grid_connected",
            translation_key="grid_connected",
            device_class=BinarySensorDeviceClass.CONNECTIVITY,
        ),
        value_fn=lambda grid: grid.connected,
    ),
    SiteRow(
        part=Storm,
        description=BinarySensorEntityDescription(
            key="storm_alert", translation_key="storm_alert", device_class=BinarySensorDeviceClass.SAFETY
        ),
        value_fn=lambda storm: storm.alert,
    ),
    SiteRow(
        part=Health,
        description=BinarySensorEntityDescription(
            key="problem",
            translation_key="problem",
            device_class=BinarySensorDeviceClass.PROBLEM,
            entity_category=EntityCategory.DIAGNOSTIC,
        ),
        value_fn=lambda health: health.in_trouble,
    ),
    SiteRow(
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
    UnitRow(
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
        UnitRow(family=family, description=_CONNECTED, value_fn=lambda unit: unit.connected)
        for family in (BATTERY, AC_BATTERY)
    ),
    *(
        UnitRow(family=family, description=_CONNECTED, value_fn=lambda unit: unit.connected)
        for family in (SYSTEM_CONTROLLER, COLLAR, COMBINER, GATEWAY)
    ),
    UnitRow(
        family=BATTERY,
        description=BinarySensorEntityDescription(
            key="dc_switch",
            translation_key="dc_switch",
            entity_category=EntityCategory.DIAGNOSTIC,
            entity_registry_enabled_default=False,
        ),
        value_fn=lambda unit: None if unit.dc_switch_off is None else not unit.dc_switch_off,
    ),
    UnitRow(
        family=GENERATOR,
        description=BinarySensorEntityDescription(
            key="running", translation_key="running", device_class=BinarySensorDeviceClass.RUNNING
        ),
        value_fn=lambda unit: unit.running,
    ),
)
