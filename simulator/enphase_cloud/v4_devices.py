"""v4: what a system is made of."""

from collections.abc import Iterable
from typing import Any

from simulator.iq_gateway import Controller
from simulator.iq_gateway.reply import Json

from .asking import Ask
from .errors import v4
from .inverters import MODEL, PART_NUMBER, SKU, inverters_summary
from .system import CloudSystem


def devices(ask: Ask) -> Json:
    """Return all devices in service, by kind."""
    system, now = ask.system, ask.now
    kinds = _devices(system, system.horizon(now), system.state(now))
    return {
        "system_id": system.system_id,
        "total_devices": sum(len(each) for each in kinds.values()),
        "items": "devices",
        "devices": kinds,
    }


def inverters_by_site(ask: Ask) -> Json:
    """Return the inverters of a gateway or a site; the gateway wins."""
    serial, site = ask.query.get("envoy_serial_number"), ask.query.get("site_id")
    if not serial and not site:
        raise v4(422, "Envoy serial number or Site id mandatory")
    page, size = ask.paging(size=10)
    if not serial:
        return inverters_summary(ask.find(site or ""), page, size, ask.now)
    for each in ask.systems:
        if each.serial == serial:
            return inverters_summary(each, page, size, ask.now)
    raise v4(404, f"Envoy not found with serial number {serial}")


def _devices(system: CloudSystem, reported: int, status: str) -> dict[str, list[dict[str, Any]]]:
    def device(serial: str, name: str, part: str, sku: str, model: str, product: str, **more: Any) -> dict[str, Any]:
        number = int("".join(each for each in serial if each.isdecimal()))
        return {
            "id": number,
            "last_report_at": reported,
            "name": name,
            "serial_number": serial,
            "part_number": part,
            "sku": sku,
            "model": model,
            "status": status,
            "active": True,
            "product_name": product,
        } | more

    def named(serials: Iterable[str], name: str, part: str, sku: str) -> list[dict[str, Any]]:
        return [device(serial, f"{name} {serial}", part, sku, name, name) for serial in serials]

    controller, house = system.controller, system.house
    phases = {1: "ph-a", 2: "ph-a,ph-b", 3: "ph-a,ph-b,ph-c"}[house.config.phases]
    gateway = device(
        system.serial,
        f"Gateway {system.serial}",
        system.hardware.part_number,
        "ENV2-IQ-AM1-240",
        "IQ Gateway",
        "IQ Gateway",
    )
    modem = None
    if system.site.connection_type == "cellular":
        modem = {
            "imei": "990003420535573",
            "part_num": "860-00157-r01",
            "sku": "CELLMODEM-M1-06-SP-05",
            "plan_start_date": int(system.archive.start),
            "plan_end_date": int(system.archive.start) + 5 * 365 * 86_400,
        }
    return {
        "micros": [
            device(each.serial, f"Microinverter {each.serial}", PART_NUMBER, SKU, MODEL, "IQ7+")
            | ({} if each.works else {"status": "micro"})
            for each in house.inverters
            if not each.removed
        ],
        "meters": [
            device(
                each.serial,
                each.name,
                "800-00655-r07",
                "",
                "Envoy S",
                "RGM",
                state="enabled",
                config_type=each.config_type,
                config_phase=phases,
            )
            for each in system.meters
        ],
        "gateways": [gateway | {"emu_sw_version": system.firmware, "cellular_modem": modem}],
        "q_relays": named(
            [f"4820{system.serial[-6:]}70"] if system.hardware.q_relay else [], "Q Relay", "800-00595-r01", "Q-RELAY"
        ),
        "acbs": named(system.ac_batteries, "AC Battery", "800-00302-r01", "B280-1200-LL-I-US00-RF0"),
        "encharges": named(system.encharges, "IQ Battery 5P", "830-01760-r37", "B05-T01-US00-1-3"),
        "enpowers": named(
            [system.controller_serial] if controller is Controller.SYSTEM_CONTROLLER else [],
            "IQ System Controller",
            "860-00276-r28",
            "EP200G101-M240US00",
        ),
        "ev_chargers": [
            device(each.serial, each.name, "865-02030-r09", "IQ-EVSE-NA-1060-0110-0100", each.name, each.name)
            for each in system.chargers
        ],
        "heat_pump": [
            device(each.serial, f"Heat pump {each.serial}", "", "", "", "Heat pump")
            | {"SKU": "HP-SG-1", "sg_ready_relay": True, "iq_er": False}
            for each in system.heat_pumps
        ],
        "iq_collars": named(
            [system.controller_serial] if controller is Controller.COLLAR else [],
            "IQ Meter Collar",
            "865-00400-r22",
            "MC200",
        ),
        "iq_air": [],
        "generators": named([f"3019{system.serial[-6:]}"] if house.config.generator else [], "Generator", "", ""),
    }
