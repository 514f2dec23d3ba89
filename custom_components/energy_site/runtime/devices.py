"""The site's devices in the device registry."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..descriptions.families import FAMILIES, Family
from ..site import model
from ..site.chargers import ChargerUnit
from ..site.circuits import Generator, LoadCircuit
from ..site.model import Part
from ..sources.listeners import Listeners
from ..vendors.adapter import SourceAdapter
from .poller import Poller

# A device is removed when it is missing from this many complete lists for this long.
_GONE_ANSWERS = 3
_GONE_AFTER = timedelta(hours=1)


class SiteDevices:
    """The devices of one site."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry[Any], poller: Poller, adapter: SourceAdapter[Any]
    ) -> None:
        """Register the devices found by `poller` with `entry`."""
        self.hass = hass
        self.poller = poller
        self.entry_id = entry.entry_id
        self.site = entry.unique_id or entry.entry_id
        # Called with the serial number of a device that was removed.
        self.removed: Listeners[[str]] = Listeners()
        self._serials: frozenset[str] = frozenset()
        self._title = entry.title
        self._adapter = adapter

    @callback
    def async_register_hub(self) -> None:
        """Register the site's hub, which shares an identifier with those of other entries of the same site."""
        self._serials = self.poller.source.gateway_serials
        dr.async_get(self.hass).async_get_or_create(config_entry_id=self.entry_id, **self._hub_info())

    def _hub_info(self) -> dict[str, Any]:
        """Return the device registry's data of the site's hub."""
        device = self.poller.source.device
        # One of several gateways is a device of its own.
        gateways = self._serials - self.present()
        return {
            "identifiers": {(DOMAIN, self.site), *((DOMAIN, serial) for serial in gateways)},
            "manufacturer": self._adapter.manufacturer,
            "name": self._title,
            "model": device.model,
            "model_id": device.model_id,
            "serial_number": device.serial,
            "sw_version": device.firmware,
            "configuration_url": self._adapter.configuration_url,
        }

    def unit_info[P: Part, U](self, family: Family[P, U], serial: str, unit: U) -> DeviceInfo:
        """Return the device registry's data of one device of a family."""
        hub = dr.async_get_device_id_by_identifier(self.hass, (DOMAIN, self.site), config_entry_id=self.entry_id)
        device = family.describe(unit) or model.DeviceInfo(serial=serial)
        name, manufacturer, key = serial, self._adapter.manufacturer, family.kind
        if isinstance(unit, LoadCircuit):
            name = unit.name or serial
        elif isinstance(unit, ChargerUnit):
            key = unit.kind
        elif isinstance(unit, Generator):
            device, manufacturer = model.DeviceInfo(serial=serial, model=unit.model), unit.manufacturer or manufacturer
        return DeviceInfo(
            identifiers=self._unit_identifiers(family, serial),
            manufacturer=manufacturer,
            model=device.model,
            model_id=device.model_id,
            serial_number=serial if family.has_serial else None,
            sw_version=device.firmware,
            translation_key=key,
            translation_placeholders={"name": name},
            via_device_id=hub,
        )

    def _unit_identifiers(self, family: Family[Any, Any], serial: str) -> set[tuple[str, str]]:
        """Return the identifiers of a device, of which the last is the same for every entry of a site."""
        own = (DOMAIN, f"{self.site}_{serial}")
        return {own, (DOMAIN, serial)} if family.has_serial and serial != self.site else {own}

    @callback
    def forget_if_gone(self, device: dr.DeviceEntry) -> bool:
        """Return whether a device is no longer part of the site; if so, it counts as new should it return."""
        serials = {
            identifier.removeprefix(f"{self.site}_") for domain, identifier in device.identifiers if domain == DOMAIN
        }
        if serials & {*self.present(), self.site}:
            return False
        for serial in serials:
            self.removed.notify(serial)
        return True

    def present(self) -> set[str]:
        """Return the serial numbers of all devices currently listed by any family."""
        return {
            serial
            for family in FAMILIES
            if (part := self.poller.part(family.part)) is not None
            for serial in family.units(part)
        }

    @callback
    def async_track(self) -> tuple[CALLBACK_TYPE, ...]:
        """Add devices without an entity, remove those that are gone and follow the hub's firmware and gateways.

        Returns the functions that stop it.
        """
        for family in FAMILIES:
            if family.alone:
                self._register(family)
        return (
            *(self.poller.listen(family.part, partial(self._register, family)) for family in FAMILIES if family.alone),
            *(self.poller.listen(family.part, _Absence(self, family).look) for family in FAMILIES),
            self.poller.listen(model.Health, self._follow_hub),
        )

    @callback
    def _register(self, family: Family[Any, Any]) -> None:
        """Register the devices of a family that may have no entity."""
        if (part := self.poller.part(family.part)) is None:
            return
        registry = dr.async_get(self.hass)
        for serial, unit in family.units(part).items():
            registry.async_get_or_create(config_entry_id=self.entry_id, **self.unit_info(family, serial, unit))

    @callback
    def _follow_hub(self) -> None:
        if self.poller.source.gateway_serials != self._serials:
            self.async_register_hub()
        registry = dr.async_get(self.hass)
        device = registry.async_get_device_by_identifier((DOMAIN, self.site), self.entry_id)
        firmware = self.poller.source.device.firmware
        if device is not None and device.sw_version != firmware:
            registry.async_update_device(device.id, sw_version=firmware)


class _Absence:
    """Watches the lists of one family for missing devices.

    An empty or incomplete list proves nothing, nor does a single answer: gateways lose devices for
    a while, and find them again.
    """

    def __init__(self, devices: SiteDevices, family: Family[Any, Any]) -> None:
        self._devices = devices
        self._family = family
        self._known: set[str] = set()
        self._missing: dict[str, tuple[datetime, int]] = {}
        self._seen: Part | None = None

    @callback
    def look(self) -> None:
        """Compare the current list with the previous ones."""
        part = self._devices.poller.part(self._family.part)
        if part is None or part is self._seen or not self._family.whole(part):
            return
        self._seen = part
        present = set(self._family.units(part))
        if not present:
            return
        now = dt_util.utcnow()
        self._known |= present
        for serial in present & self._missing.keys():
            del self._missing[serial]
        for serial in (self._known | self._strangers()) - present:
            since, answers = self._missing.get(serial, (now, 0))
            self._missing[serial] = (since, answers + 1)
            if answers + 1 >= _GONE_ANSWERS and now - since >= _GONE_AFTER:
                self._remove(serial)

    def _strangers(self) -> set[str]:
        """Return registered devices that no family lists once all are known: they left while nothing was polled."""
        devices = self._devices
        if not all(devices.poller.is_known(family.part) for family in FAMILIES):
            return set()
        registered = {
            identifier.removeprefix(f"{devices.site}_")
            for device in dr.async_entries_for_config_entry(dr.async_get(devices.hass), devices.entry_id)
            for domain, identifier in device.identifiers
            if domain == DOMAIN and identifier.startswith(f"{devices.site}_")
        }
        return registered - devices.present()

    def _remove(self, serial: str) -> None:
        devices = self._devices
        registry = dr.async_get(devices.hass)
        device = registry.async_get_device_by_identifier((DOMAIN, f"{devices.site}_{serial}"), devices.entry_id)
        if device is not None:
            registry.async_remove_device(device.id)
        devices.removed.notify(serial)
        self._known.discard(serial)
        self._missing.pop(serial, None)
