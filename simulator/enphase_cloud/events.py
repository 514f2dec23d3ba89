"""Events and alarms of a system."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemEvent:
    """Something that happened: epoch s; without an `end` it is open still."""

    event_type_id: int
    start: int
    end: int | None = None
    serial: str = ""
    severity: int = 3
    alarm: bool = False

    def overlaps(self, begin: float, end: float) -> bool:
        """Whether it was going on between, epoch s."""
        return self.start < end and (self.end is None or self.end >= begin)


GRID_OUTAGE = 48
EVENT_TYPES: tuple[dict[str, Any], ...] = tuple(
    {
        "event_type_id": number,
        "event_type_key": key,
        "stateful": stateful,
        "event_name": name,
        "event_description": description,
        "recommended_action": action,
    }
    for number, key, stateful, name, description, action in (
        (
            1,
            "envoy_failed_to_report",
            True,
            "Gateway Failed To Report",
            "The gateway has not reported as expected.",
            "Check the gateway's power and its internet connection.",
        ),
        (
            2,
            "pcu_failed_to_report",
            True,
            "Microinverter Failed To Report",
            "The microinverter has not reported as expected.",
            "Call your installer if it lasts for a sunny day.",
        ),
        (
            11,
            "ac_voltage_out_of_range",
            True,
            "AC Voltage Out Of Range",
            "The grid's voltage is outside of the grid profile.",
            "None: the microinverter starts again by itself.",
        ),
        (
            GRID_OUTAGE,
            "grid_outage",
            True,
            "Grid Outage",
            "The utility has no power.",
            "None: the system comes back on grid by itself.",
        ),
        (
            76,
            "meter_issue",
            True,
            "Meter Issue",
            "A meter reports unusual measurements.",
            "Call your installer.",
        ),
    )
)
