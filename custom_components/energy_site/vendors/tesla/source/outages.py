"""The outages of a site's life."""

from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo
import math

from ....site.past_outages import PastOutage, PastOutages
from ..client.models.backup_history import BackupHistory


class ListedOutages:
    """Reads the lists of outages, whose unit may be in one answer and missing from the next."""

    def __init__(self) -> None:
        """Start without knowing any duration."""
        self._known: dict[datetime, float] = {}

    def observe(self, history: BackupHistory, now: datetime, since: timedelta, zone: tzinfo) -> None:
        """Remember durations that are certain; the answer is of `now`, for the time `since` the installation."""
        self._known |= history.durations(now=now, requested=since, zone=zone, known=self._known)

    def build(
        self, history: BackupHistory, now: datetime, since: timedelta, zone: tzinfo, observed_at: datetime
    ) -> PastOutages:
        """Build the outages that were listed for the time `since` the installation."""
        events = history.resolve(now=observed_at, requested=since, zone=zone, known=self._known)
        year = now.astimezone(zone).year
        return PastOutages(
            observed_at=observed_at,
            outages=tuple(
                PastOutage(started_at=event.start, lasted=timedelta(seconds=event.duration)) for event in events
            ),
            this_year=sum(event.start.astimezone(zone).year == year for event in events),
        )

    def as_dict(self) -> dict[str, float]:
        """Return the durations in seconds by start, as plain JSON data."""
        return {start.isoformat(): seconds for start, seconds in self._known.items()}

    def restore(self, data: object) -> None:
        """Restore the data of `as_dict`, ignoring anything else."""
        for text, seconds in data.items() if isinstance(data, Mapping) else ():
            try:
                start, duration = datetime.fromisoformat(text), float(seconds)
            except TypeError, ValueError, OverflowError:
                continue
            if start.tzinfo is not None and math.isfinite(duration) and duration > 0:
                self._known[start] = duration
