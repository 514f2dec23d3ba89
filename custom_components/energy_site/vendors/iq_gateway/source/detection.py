"""Detects the hardware of a site from the answers."""

from ..client.models.devices import DeviceData, DeviceType, InverterReport
from .admission import NET, PRODUCTION, STORAGE, TOTAL
from .answers import Answers
from .capabilities import Capabilities
from .export_limit import is_set_up
from .feeds import (
    DEVICE_DATA,
    DRY_CONTACT_SETTINGS,
    DYNAMIC_EXPORT_LIMIT,
    ENSEMBLE_INVENTORY,
    EXPORT_SETTINGS,
    GENERATOR,
    INVERTERS,
    METERS,
    PRODUCTION_SUMMARY,
    RELAY,
    SECONDARY_CONTROL,
    SOLAR_LIMIT,
)
from .power import has_ac_batteries


def detect_capabilities(answers: Answers, known: Capabilities, doubted: frozenset[str]) -> Capabilities:
    """Return the hardware according to the answers so far; the rest remains as known.

    A `doubted` type of meter is enabled, but contradicted by other values.
    """
    meters = answers.last(METERS)
    enabled = None if meters is None else {meter.measurement_type for meter in meters if meter.enabled}
    believed = None if enabled is None else enabled - doubted
    inventory, control = answers.last(ENSEMBLE_INVENTORY), answers.last(SECONDARY_CONTROL)
    generator, circuits = answers.last(GENERATOR), answers.last(DRY_CONTACT_SETTINGS)
    reports, summary = answers.last(INVERTERS), answers.last(PRODUCTION_SUMMARY)
    data = answers.last(DEVICE_DATA)
    return Capabilities(
        production_meter=known.production_meter if believed is None else PRODUCTION in believed,
        grid_meter=known.grid_meter if enabled is None else NET in enabled,
        load_meter=known.load_meter if believed is None else TOTAL in believed,
        storage_meter=known.storage_meter if enabled is None else STORAGE in enabled,
        doubted_meter=known.doubted_meter if enabled is None else bool(enabled & doubted),
        idle_meters=known.idle_meters if not meters else PRODUCTION not in (believed or ()),
        batteries=known.batteries
        if inventory is None
        else bool(inventory.batteries) or bool(control and control.encharge_capacity),
        ac_batteries=known.ac_batteries or has_ac_batteries(answers),
        unlisted_ac_batteries=(known.ac_batteries or has_ac_batteries(answers))
        and (answers.lacks(DEVICE_DATA) or (data is not None and not data.ac_batteries)),
        controller=known.controller if inventory is None else bool(inventory.controllers),
        no_relay=answers.lacks(RELAY),
        collar=known.collar if inventory is None else bool(inventory.collars),
        generator=known.generator if generator is None else generator.present,
        circuits=known.circuits if circuits is None else any(circuit.type == "LOAD" for circuit in circuits),
        # A newly installed inverter is counted before it is listed.
        partial_inverter_list=known.partial_inverter_list
        if reports is None or summary is None
        else summary.active_count > len(_inverters(reports)) + 1,
        whole_device_data=known.whole_device_data if data is None or reports is None else _holds_all(data, reports),
        export_limit=known.export_limit
        or is_set_up(answers.last(EXPORT_SETTINGS), answers.last(DYNAMIC_EXPORT_LIMIT), answers.last(SOLAR_LIMIT)),
    )


def _inverters(reports: tuple[InverterReport, ...]) -> set[str]:
    return {report.serial for report in reports if report.device_type == DeviceType.INVERTER}


def _holds_all(data: DeviceData, reports: tuple[InverterReport, ...]) -> bool:
    listed = _inverters(reports)
    return not data.truncated and bool(listed) and listed <= {reading.serial for reading in data.inverters}
