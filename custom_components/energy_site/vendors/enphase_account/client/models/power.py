"""The latest power of the production."""

from dataclasses import dataclass
from datetime import datetime

from .....api.payload import Record
from .common import moment, quantity

# By unit of the answer, what makes W of it.
_WATTS = {"W": 1.0, "kW": 1000.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class LatestPower:
    """`get_latest_power`: what is produced in W, negative while the inverters only draw, and when.

    `None` is a sample that is missing, which isn't zero.
    """

    power: float | None
    measured_at: datetime | None


def parse_latest_power(endpoint: str, payload: object) -> LatestPower:
    """Read `get_latest_power`."""
    latest = Record(endpoint, payload).record("latest_power")
    power, factor = quantity(latest, "value"), _WATTS.get(latest.text_or_none("units") or "W")
    return LatestPower(
        power=power * factor if power is not None and factor is not None else None,
        measured_at=moment(latest, "time"),
    )
