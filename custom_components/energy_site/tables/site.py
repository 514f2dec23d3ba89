"""Battery, grid, settings and health of the site as a whole."""

from homeassistant.components.binary_sensor import BinarySensorEntityDescription
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.components.sensor import SensorDeviceClass, SensorEntityDescription, SensorStateClass
from homeassistant.const import EntityCategory, UnitOfEnergy, UnitOfRatio, UnitOfTime

from ..devices import AC_BATTERY, BATTERY, CIRCUIT, COLLAR, COMBINER, GENERATOR, INVERTER, SYSTEM_CONTROLLER
from ..site.model import Activity, Battery, EnergyCounters, GridState, GridStatus, Health, Inverters, Settings
from .rows import AnyRow, SiteRow, UnitRow

BATTERY_ROWS = (
    SiteRow(
        part=Battery,
        description=SensorEntityDescription(
            key="battery_level",
            translation_key="battery_level",
            device_class=SensorDeviceClass.BATTERY,
            state_class=SensorStateClass.MEASUREMENT,
            native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
            suggested_display_precision=0,
        ),
        value_fn=lambda battery: battery.level,
    ),
    SiteRow(
        part=Battery,
        description=SensorEntityDescription(
            key="battery_available_energy",
            translation_key="battery_available_energy",
            device_class=SensorDeviceClass.ENERGY_STORAGE,
            state_class=SensorStateClass.MEASUREMENT,
            native_unit_of_measurement=UnitOfEnergy.WATT_HOUR,
            suggested_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
            suggested_display_precision=2,
        ),
        value_fn=lambda battery: battery.available_energy,
    ),
    SiteRow(
        part=Battery,
        description=SensorEntityDescription(
            key="battery_capacity",
            translation_key="battery_capacity",
            device_class=SensorDeviceClass.ENERGY_STORAGE,
            state_class=SensorStateClass.MEASUREMENT,
            native_unit_of_measurement=UnitOfEnergy.WATT_HOUR,
            suggested_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
            suggested_display_precision=2,
            entity_category=EntityCategory.DIAGNOSTIC,
        ),
        value_fn=lambda battery: battery.capacity,
    ),
    SiteRow(
        part=Battery,
        description=SensorEntityDescription(
            key="battery_health",
            translation_key="battery_health",
            state_class=SensorStateClass.MEASUREMENT,
            native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
            suggested_display_precision=0,
            entity_category=EntityCategory.DIAGNOSTIC,
        ),
        value_fn=lambda battery: battery.health,
    ),
)

GRID_ROWS = (
    SiteRow(
        part=GridStatus,
        description=SensorEntityDescription(
            key="grid_state",
            translation_key="grid_state",
            device_class=SensorDeviceClass.ENUM,
            options=[state.value for state in GridState],
        ),
        value_fn=lambda grid: grid.state,
    ),
)

SETTINGS_ROWS = (
    SiteRow(
        part=Settings,
        description=SensorEntityDescription(
            key="shutdown_level",
            translation_key="shutdown_level",
            native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
            entity_category=EntityCategory.DIAGNOSTIC,
            entity_registry_enabled_default=False,
        ),
        value_fn=lambda settings: settings.shutdown_level,
    ),
    SiteRow(
        part=Settings,
        description=SensorEntityDescription(
            key="battery_activity",
            translation_key="battery_activity",
            device_class=SensorDeviceClass.ENUM,
            options=[activity.value for activity in Activity],
        ),
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
    SiteRow(
        part=Health,
        description=SensorEntityDescription(
            key="last_update",
            translation_key="last_update",
            device_class=SensorDeviceClass.TIMESTAMP,
            entity_category=EntityCategory.DIAGNOSTIC,
            entity_registry_enabled_default=False,
        ),
        value_fn=lambda health: health.last_update,
    ),
    SiteRow(
        part=Health,
        description=SensorEntityDescription(
            key="token_expires",
            translation_key="token_expires",
            device_class=SensorDeviceClass.TIMESTAMP,
            entity_category=EntityCategory.DIAGNOSTIC,
        ),
        value_fn=lambda health: health.credentials_expire,
    ),
    SiteRow(
        part=EnergyCounters,
        description=SensorEntityDescription(
            key="rejected_samples",
            translation_key="rejected_samples",
            state_class=SensorStateClass.TOTAL_INCREASING,
            entity_category=EntityCategory.DIAGNOSTIC,
        ),
        value_fn=lambda counters: counters.rejected,
    ),
    SiteRow(
        part=Health,
        description=SensorEntityDescription(
            key="requests",
            translation_key="requests",
            state_class=SensorStateClass.TOTAL_INCREASING,
            entity_category=EntityCategory.DIAGNOSTIC,
            entity_registry_enabled_default=False,
        ),
        value_fn=lambda health: health.requests,
    ),
    SiteRow(
        part=Health,
        description=SensorEntityDescription(
            key="gateway_load",
            translation_key="gateway_load",
            state_class=SensorStateClass.MEASUREMENT,
            native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
            suggested_display_precision=1,
            entity_category=EntityCategory.DIAGNOSTIC,
            entity_registry_enabled_default=False,
        ),
        value_fn=lambda health: None if health.load is None else round(health.load, 1),
    ),
    SiteRow(
        part=Health,
        description=SensorEntityDescription(
            key="response_time",
            translation_key="response_time",
            device_class=SensorDeviceClass.DURATION,
            state_class=SensorStateClass.MEASUREMENT,
            native_unit_of_measurement=UnitOfTime.SECONDS,
            suggested_display_precision=2,
            entity_category=EntityCategory.DIAGNOSTIC,
            entity_registry_enabled_default=False,
        ),
        value_fn=lambda health: None if health.latency is None else round(health.latency, 2),
    ),
    SiteRow(
        part=Health,
        description=SensorEntityDescription(
            key="last_cloud_report",
            translation_key="last_cloud_report",
            device_class=SensorDeviceClass.TIMESTAMP,
            entity_category=EntityCategory.DIAGNOSTIC,
            entity_registry_enabled_default=False,
        ),
        value_fn=lambda health: health.last_cloud_report,
    ),
    SiteRow(
        part=Health,
        description=SensorEntityDescription(
            key="wifi_signal",
            translation_key="wifi_signal",
            state_class=SensorStateClass.MEASUREMENT,
            native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
            suggested_display_precision=0,
            entity_category=EntityCategory.DIAGNOSTIC,
            entity_registry_enabled_default=False,
        ),
        value_fn=lambda health: health.signal,
    ),
    SiteRow(
        part=Health,
        description=SensorEntityDescription(
            key="storage_used",
            translation_key="storage_used",
            state_class=SensorStateClass.MEASUREMENT,
            native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
            suggested_display_precision=0,
            entity_category=EntityCategory.DIAGNOSTIC,
            entity_registry_enabled_default=False,
        ),
        value_fn=lambda health: health.storage_used,
    ),
    SiteRow(
        part=Inverters,
        description=SensorEntityDescription(
            key="inverters_reporting",
            translation_key="inverters_reporting",
            state_class=SensorStateClass.MEASUREMENT,
            entity_category=EntityCategory.DIAGNOSTIC,
        ),
        value_fn=lambda inverters: inverters.reporting,
    ),
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
            device_class=BinarySensorDeviceClass.POWER,
        ),
        value_fn=lambda grid: grid.connected,
    ),
    SiteRow(
        part=Health,
        description=BinarySensorEntityDescription(
            key="problem",
            translation_key="problem",
            device_class=BinarySensorDeviceClass.PROBLEM,
            entity_category=EntityCategory.DIAGNOSTIC,
        ),
        value_fn=lambda health: bool(health.problems),
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
        for family in (SYSTEM_CONTROLLER, COLLAR, COMBINER)
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
        family=CIRCUIT,
        description=BinarySensorEntityDescription(
            key="closed", translation_key="closed", device_class=BinarySensorDeviceClass.POWER
        ),
        value_fn=lambda unit: unit.closed,
    ),
    UnitRow(
        family=GENERATOR,
        description=BinarySensorEntityDescription(
            key="running", translation_key="running", device_class=BinarySensorDeviceClass.RUNNING
        ),
        value_fn=lambda unit: unit.running,
    ),
)
