"""The site's devices in Home Assistant's registry."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.util import dt as dt_util

from ..const import DOMAIN, GONE_AFTER, GONE_ANSWERS
from ..coordinator import SiteRuntime
from ..site import model
from ..site.model import (
    Battery,
    BatteryUnit,
    Controller,
    ControllerKind,
    GridStatus,
    Inverter,
    Inverters,
    LoadCircuit,
    LoadCircuits,
    Meters,
    MeterUnit,
    Part,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Family[P: Part, U]:
    """Devices of a kind: where they are listed, and what the registry is told of each.

    `whole` tells whether a list names all of them, so that one that is missing
    may be gone.
    """

    kind: str
    part: type[P]
    units: Callable[[P], Mapping[str, U]]
    describe: Callable[[U], model.DeviceInfo | None]
    whole: Callable[[P], bool] = bool
    has_serial: bool = True


def _of_kind(kind: ControllerKind) -> Family[GridStatus, Controller]:
    return Family(
        kind=kind,
        part=GridStatus,
        units=lambda part: {serial: unit for serial, unit in part.controllers.items() if unit.kind is kind},
        describe=lambda unit: unit.device,
    )


INVERTER: Family[Inverters, Inverter] = Family(
    kind="inverter",
    part=Inverters,
    units=lambda part: part.units,
    describe=lambda unit: unit.device,
    whole=lambda part: part.complete,
)
BATTERY: Family[Battery, BatteryUnit] = Family(
    kind="battery", part=Battery, units=lambda part: part.units, describe=lambda unit: unit.device
)
AC_BATTERY: Family[Battery, BatteryUnit] = Family(
    kind="ac_battery", part=Battery, units=lambda part: part.ac_units, describe=lambda unit: unit.device
)
SYSTEM_CONTROLLER = _of_kind(ControllerKind.SYSTEM_CONTROLLER)
COLLAR = _of_kind(ControllerKind.COLLAR)
COMBINER = _of_kind(ControllerKind.COMBINER)
GATEWAY = _of_kind(ControllerKind.GATEWAY)
RELAY = _of_kind(ControllerKind.RELAY)
METER: Family[Meters, MeterUnit] = Family(
    kind="meter", part=Meters, units=lambda part: part.units, describe=lambda unit: unit.device
)
CIRCUIT: Family[LoadCircuits, LoadCircuit] = Family(
    kind="load_circuit", part=LoadCircuits, units=lambda part: part.circuits, describe=lambda _: None, has_serial=False
)
GENERATOR: Family[model.Generator, model.Generator] = Family(
    kind="generator",
    part=model.Generator,
    units=lambda part: {"generator": part},
    describe=lambda _: None,
    has_serial=False,
)

FAMILIES: tuple[Family[Any, Any], ...] = (
    INVERTER,
    BATTERY,
    AC_BATTERY,
    SYSTEM_CONTROLLER,
    COLLAR,
    COMBINER,
    GATEWAY,
    RELAY,
    METER,
    CIRCUIT,
    GENERATOR,
)


def hub_info(runtime: SiteRuntime) -> dict[str, Any]:
    """Return what the registry is told of the device that answers for the site."""
    device = runtime.source.device
    return {
        "identifiers": {(DOMAIN, runtime.site)},
        "manufacturer": runtime.adapter.manufacturer,
        "name": runtime.entry.title,
        "model": device.model,
        "model_id": device.model_id,
        "serial_number": device.serial,
        "sw_version": device.firmware,
        "configuration_url": runtime.adapter.configuration_url,
    }


def unit_info[P: Part, U](runtime: SiteRuntime, family: Family[P, U], serial: str, unit: U) -> DeviceInfo:
    """Return what the registry is told of one device of a family."""
    hub = dr.async_get_device_id_by_identifier(
        runtime.hass, (DOMAIN, runtime.site), config_entry_id=runtime.entry.entry_id
    )
    device = family.describe(unit) or model.DeviceInfo(serial=serial)
    name, manufacturer = serial, runtime.adapter.manufacturer
    if isinstance(unit, LoadCircuit):
        name = unit.name or serial
    elif isinstance(unit, model.Generator):
        device, manufacturer = model.DeviceInfo(serial=serial, model=unit.model), unit.manufacturer or manufacturer
    return DeviceInfo(
        identifiers={(DOMAIN, f"{runtime.site}_{serial}")},
        manufacturer=manufacturer,
        model=device.model,
        model_id=device.model_id,
        serial_number=serial if family.has_serial else None,
        sw_version=device.firmware,
        translation_key=family.kind,
        translation_placeholders={"name": name},
        via_device_id=hub,
    )


@callback
def forget_if_gone(runtime: SiteRuntime, device: dr.DeviceEntry) -> bool:
    """Tell whether a device is no longer part of the site; if so, it is new should it come back."""
    serials = {
        identifier.removeprefix(f"{runtime.site}_") for domain, identifier in device.identifiers if domain == DOMAIN
    }
    if serials & {*_present(runtime), runtime.site}:
        return False
    for serial in serials:
        runtime.forget(serial)
    return True


def _present(runtime: SiteRuntime) -> set[str]:
    """Return what all families list now."""
    return {
        serial
        for family in FAMILIES
        if (part := runtime.part(family.part)) is not None
        for serial in family.units(part)
    }


@callback
def async_track_devices(hass: HomeAssistant, runtime: SiteRuntime) -> None:
    """Keep the registry true: remove what is gone, and follow the hub's firmware."""
    for family in FAMILIES:
        watch = _Absence(hass, runtime, family)
        runtime.entry.async_on_unload(runtime.listen(family.part, watch.look))
    runtime.entry.async_on_unload(runtime.listen(model.Health, partial(_follow_firmware, hass, runtime)))


@callback
def _follow_firmware(hass: HomeAssistant, runtime: SiteRuntime) -> None:
    registry = dr.async_get(hass)
    device = registry.async_get_device_by_identifier((DOMAIN, runtime.site), runtime.entry.entry_id)
    firmware = runtime.source.device.firmware
    if device is not None and device.sw_version != firmware:
        registry.async_update_device(device.id, sw_version=firmware)


class _Absence:
    """Watches the lists of one family for devices that went missing.

    A list that is empty or known to be partial proves nothing, nor does one
    answer: gateways forget devices for a while, and find them again.
    """

    def __init__(self, hass: HomeAssistant, runtime: SiteRuntime, family: Family[Any, Any]) -> None:
        self._hass = hass
        self._runtime = runtime
        self._family = family
        self._known: set[str] = set()
        self._missing: dict[str, tuple[datetime, int]] = {}
        self._seen: Part | None = None

    @callback
    def look(self) -> None:
        """Compare the list of now with what was there before."""
        part = self._runtime.part(self._family.part)
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
            if answers + 1 >= GONE_ANSWERS and now - since >= GONE_AFTER:
                self._remove(serial)

    def _strangers(self) -> set[str]:
        """Return registered devices of no family, where every family can be asked.

        They went while nobody looked.
        """
        runtime = self._runtime
        if not all(runtime.settled(family.part) for family in FAMILIES):
            return set()
        registered = {
            identifier.removeprefix(f"{runtime.site}_")
            for device in dr.async_entries_for_config_entry(dr.async_get(self._hass), runtime.entry.entry_id)
            for domain, identifier in device.identifiers
            if domain == DOMAIN and identifier != runtime.site
        }
        return registered - _present(runtime)

    def _remove(self, serial: str) -> None:
        registry = dr.async_get(self._hass)
        identifier = (DOMAIN, f"{self._runtime.site}_{serial}")
        device = registry.async_get_device_by_identifier(identifier, self._runtime.entry.entry_id)
        if device is not None:
            registry.async_remove_device(device.id)
        self._runtime.forget(serial)
        self._known.discard(serial)
        self._missing.pop(serial, None)
