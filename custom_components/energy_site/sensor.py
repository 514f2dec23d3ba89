"""Sensors: every measured value of the site."""

from datetime import datetime
from typing import cast, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .descriptions import meters, power, site, units
from .descriptions.rows import AnyRow
from .entity import SiteEntity, async_add_as_found
from .runtime.site import SiteConfigEntry

PARALLEL_UPDATES = 0

ROWS: tuple[AnyRow, ...] = (
    *power.POWER_ROWS,
    *power.ENERGY_ROWS,
    *site.BATTERY_ROWS,
    *site.GRID_ROWS,
    *site.SETTINGS_ROWS,
    *site.HEALTH_ROWS,
    *site.QUOTA_ROWS,
    *meters.METER_ROWS,
    *units.INVERTER_ROWS,
    *units.BATTERY_ROWS,
    *units.CONTROLLER_ROWS,
    *units.METER_UNIT_ROWS,
    *units.GENERATOR_ROWS,
)

# A counter's every watt-hour would be a row in the database six times a minute.
_ENERGY_STEP = 50.0
_ENERGY_REST = 60.0


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001 - the signature is Home Assistant's.
    entry: SiteConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add a sensor for every value that the site has."""
    runtime = entry.runtime_data
    async_add_as_found(runtime, async_add_entities, ROWS, lambda row, serial: SiteSensor(runtime, row, serial))


class SiteSensor(SiteEntity, SensorEntity):
    """A value of the site or of one of its devices."""

    _written_at: datetime | None = None

    @override
    def _take(self, value: object) -> None:
        self._attr_native_value = cast("str | float | datetime | None", value)

    @override
    def _worth_writing(self, before: object, after: object) -> bool:
        if not super()._worth_writing(before, after):
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
