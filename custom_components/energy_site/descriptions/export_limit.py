"""What the site may export, and what that costs."""

from dataclasses import replace

from homeassistant.components.binary_sensor import BinarySensorEntityDescription
from homeassistant.components.number import NumberDeviceClass, NumberEntityDescription, NumberMode
from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.components.switch import SwitchEntityDescription
from homeassistant.components.switch.const import SwitchDeviceClass
from homeassistant.const import UnitOfPower

from ..site.control import ControlKey
from ..site.export_limit import ExportLimit
from .entity_description import SiteEntityDescription
from .sensor_description import measurement, percentage

SENSOR_DESCRIPTIONS = (
    SiteEntityDescription(
        part=ExportLimit,
        # It is set rather than measured, so it has no statistics.
        description=replace(measurement("export_limit", SensorDeviceClass.POWER, diagnostic=True), state_class=None),
        value_fn=lambda limits: limits.limit,
    ),
    SiteEntityDescription(
        part=ExportLimit,
        description=percentage("solar_limit", measures=False),
        value_fn=lambda limits: limits.solar_limit,
    ),
    SiteEntityDescription(
        part=ExportLimit,
        description=measurement("curtailed_power", SensorDeviceClass.POWER, enabled=False),
        value_fn=lambda limits: limits.curtailed_power,
    ),
)

BINARY_DESCRIPTIONS = (
    SiteEntityDescription(
        part=ExportLimit,
        description=BinarySensorEntityDescription(key="export_limited", translation_key="export_limited"),
        value_fn=lambda limits: limits.limited,
    ),
)

NUMBER_DESCRIPTIONS = (
    SiteEntityDescription(
        part=ExportLimit,
        description=NumberEntityDescription(
            key=ControlKey.EXPORT_LIMIT,
            translation_key=ControlKey.EXPORT_LIMIT,
            device_class=NumberDeviceClass.POWER,
            native_unit_of_measurement=UnitOfPower.WATT,
            mode=NumberMode.BOX,
        ),
        value_fn=lambda limits: limits.setting,
    ),
)

SWITCH_DESCRIPTIONS = (
    SiteEntityDescription(
        part=ExportLimit,
        description=SwitchEntityDescription(
            key=ControlKey.EXPORT_LIMIT_ENABLED,
            translation_key=ControlKey.EXPORT_LIMIT_ENABLED,
            # A blueprint recognizes the switch by it, as it can't by the name.
            device_class=SwitchDeviceClass.SWITCH,
        ),
        value_fn=lambda limits: limits.enabled,
    ),
)
