"""Outages as a cloud lists them, also those that nobody saw."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from .model import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class PastOutage:
    """An outage that is over."""

    started_at: datetime
    lasted: timedelta

    @property
    def ended_at(self) -> datetime:
        """When the grid came back."""
        return self.started_at + self.lasted


@dataclass(frozen=True, slots=True, kw_only=True)
class PastOutages(Part):
    """All outages, the oldest first, and how many began this year at the site."""

    outages: tuple[PastOutage, ...]
    this_year: int

    @property
    def last(self) -> PastOutage | None:
        """The latest outage."""
        return self.outages[-1] if self.outages else None
