"""What energy costs now."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .model import Part


class PricePeriod(StrEnum):
    """The kind of period that a price holds in."""

    ON_PEAK = "on_peak"
    PARTIAL_PEAK = "partial_peak"
    OFF_PEAK = "off_peak"
    SUPER_OFF_PEAK = "super_off_peak"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices(Part):
    """Prices in `currency` per kWh, as the site's tariff has them, and when any of them changes next.

    `currency` is an ISO 4217 code, `None` if the tariff doesn't name one.
    """

    currency: str | None = None
    buy: float | None = None
    sell: float | None = None
    period: PricePeriod | None = None
    changes_at: datetime | None = None
