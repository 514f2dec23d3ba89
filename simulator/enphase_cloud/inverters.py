"""The list of inverters, as v4 and v2 tell it."""

from typing import Any

from .system import CloudSystem

MODEL, PART_NUMBER, SKU = "IQ7PLUS", "800-00631-r02", "IQ7PLUS-72-2-US"
_FIVE = 300


def inverters_summary(system: CloudSystem, page: int, size: int, now: float) -> list[dict[str, Any]]:
    """Return a page of inverters: W now, Wh for ever, as far as reported."""
    horizon = system.horizon(now)
    archive = system.archive
    found = [(number, each) for number, each in enumerate(system.house.inverters) if not each.removed]
    rows = []
    for number, each in found[(page - 1) * size : page * size]:
        energy = archive.inverter(number, horizon)
        watts = (energy - archive.inverter(number, horizon - _FIVE)) * 3600 // _FIVE
        rows.append(
            {
                "id": 1_059_000_000 + number,
                "serial_number": each.serial,
                "model": MODEL,
                "part_number": PART_NUMBER,
                "sku": SKU,
                "status": "normal" if each.works else "micro",
                "power_produced": {"value": watts, "units": "W", "precision": 0},
                "proc_load": "520-00082-r01-v04.27.04",
                "param_table": "540-00142-r01-v04.22.10",
                "envoy_serial_number": system.serial,
                "energy": {"value": energy, "units": "Wh", "precision": 0},
                "grid_profile": "57227c50e4d7973ae602c4e6",
                "last_report_date": archive.last_moved("solar", horizon) if each.works else None,
            }
        )
    return [{"signal_strength": 5, "micro_inverters": rows}]
