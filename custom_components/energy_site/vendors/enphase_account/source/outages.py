"""Outages: those of the site's life, and the one that may be now."""

from collections.abc import Iterable
from datetime import datetime, timedelta, tzinfo

from ....site.model import GridState, GridStatus
from ....site.past_outages import PastOutage, PastOutages
from ..client.models.outages import ListedOutage, OffGrid


def build_past(listed: Iterable[ListedOutage], now: datetime, zone: tzinfo, observed_at: datetime) -> PastOutages:
    """Build the outages that are over, the oldest first."""
    year = now.astimezone(zone).year
    over = [
        PastOutage(started_at=each.started_at, lasted=timedelta(seconds=each.seconds))
        for each in listed
        if each.started_at + timedelta(seconds=each.seconds) <= now
    ]
    return PastOutages(
        observed_at=observed_at,
        outages=tuple(over),
        this_year=sum(each.started_at.astimezone(zone).year == year for each in over),
    )


def build_grid(off_grid: OffGrid | None, observed_at: datetime, *, current: bool) -> GridStatus | None:
    """Build the grid's status, which a silent gateway leaves unknown; `None` if the site never tells of it."""
    if off_grid is None or off_grid.grid_outage is None:
        return None
    if not current:
        return GridStatus(observed_at=observed_at)
    state = GridState.OFF_GRID if off_grid.grid_outage else GridState.ON_GRID
    # The answer is about outages alone, in which the house is still meant to use the grid.
    return GridStatus(observed_at=observed_at, state=state, enabled=True)
