"""The outages of a site's life."""

from datetime import datetime, timedelta, tzinfo

from ....site.past_outages import PastOutage, PastOutages
from ..client.models.backup_history import BackupHistory


def build(history: BackupHistory, now: datetime, since: timedelta, zone: tzinfo, observed_at: datetime) -> PastOutages:
    """Build the outages that were listed for the time `since` the installation."""
    events = history.resolve(now=observed_at, requested=since, zone=zone)
    year = now.astimezone(zone).year
    return PastOutages(
        observed_at=observed_at,
        outages=tuple(PastOutage(started_at=event.start, lasted=timedelta(seconds=event.duration)) for event in events),
        this_year=sum(event.start.astimezone(zone).year == year for event in events),
    )
