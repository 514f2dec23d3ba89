"""Sensors: all measured values of the site."""

from datetime import datetime
from typing import cast, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .descriptions import export_limit, meters, power, site, units, utility
from .descriptions.entity_description import AnyEntityDescription
from .entity import SiteEntity, async_add_as_found
from .runtime.site import SiteConfigEntry

PARALLEL_UPDATES = 0

DESCRIPTIONS: tuple[AnyEntityDescription, ...] = (
    *power.POWER_DESCRIPTIONS,
    *power.ENERGY_DESCRIPTIONS,
    *site.BATTERY_DESCRIPTIONS,
    *site.GRID_DESCRIPTIONS,
    *export_limit.SENSOR_DESCRIPTIONS,
    *utility.OUTAGE_DESCRIPTIONS,
    *utility.GRID_SERVICES_DESCRIPTIONS,
    *utility.PRICE_DESCRIPTIONS,
    *site.SETTINGS_DESCRIPTIONS,
    *site.HEALTH_DESCRIPTIONS,
    *site.QUOTA_DESCRIPTIONS,
    *meters.METER_DESCRIPTIONS,
    *units.INVERTER_DESCRIPTIONS,
    *units.BATTERY_DESCRIPTIONS,
    *units.CONTROLLER_DESCRIPTIONS,
    *units.METER_UNIT_DESCRIPTIONS,
    *units.CHARGER_DESCRIPTIONS,
    *units.HEAT_PUMP_DESCRIPTIONS,
    *units.GENERATOR_DESCRIPTIONS,
)

# Writing every watt-hour of a counter would add a row to the database six times a minute.
_ENERGY_STEP = 50.0
_ENERGY_REST = 60.0


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001 - the signature is Home Assistant's.
    entry: SiteConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add a sensor for every value that the site has."""
    runtime = entry.runtime_data
    async_add_as_found(
        runtime, async_add_entities, DESCRIPTIONS, lambda description, serial: SiteSensor(runtime, description, serial)
    )


class SiteSensor(SiteEntity, SensorEntity):
    """A value of the site or of one of its devices."""

    _written_at: datetime | None = None

    @override
    def _set_value(self, value: object) -> None:
        self._attr_native_value = cast("str | float | datetime | None", value)

    @override
    def _read(self) -> object:
        if (unit := self._description.unit_of_measurement(self.runtime.part)) is not None:
            self._attr_native_unit_of_measurement = unit
        return super()._read()

    @override
    def _should_write(self, before: object, after: object) -> bool:
        if not super()._should_write(before, after):
            return False
        now = dt_util.utcnow()
        if self.device_class is SensorDeviceClass.ENERGY and self._hardly_changed(before, after, now):
            return False
        self._written_at = now
        return True

    def _hardly_changed(self, before: object, after: object, now: datetime) -> bool:
        (old, *_), (new, *_) = cast("tuple[object, ...]", before), cast("tuple[object, ...]", after)
        if not isinstance(old, int | float) or not isinstance(new, int | float) or self._written_at is None:
            return False
        recent = (now - self._written_at).total_seconds() < _ENERGY_REST
        return recent and 0 <= new - old < _ENERGY_STEP
