"""The answers of `live_status`: which of them can be believed, and what the latest ones say."""

from datetime import datetime, timedelta

from ....site.model import GridState
from ..client.models.live_status import LiveStatus
from ..client.models.site_info import SiteInfo
from . import battery, grid, power
from .chargers import SeenChargers


class LiveAnswers:
    """The latest answers; `power` and `level` are those whose powers and level can be believed."""

    def __init__(self) -> None:
        """Start without answers."""
        self.power: LiveStatus | None = None
        self.level: LiveStatus | None = None
        self.chargers = SeenChargers()
        self.rejected = 0
        self.has_generator = False
        self._latest: LiveStatus | None = None
        self._off_grid = False

    def observe(self, live: LiveStatus, info: SiteInfo | None, *, silent_after: timedelta) -> bool:
        """Record an answer; return whether an outage may have ended since the last one.

        The outage may also be the reason why the gateway was silent for longer than `silent_after`.
        """
        self.chargers.observe(live)
        self.has_generator |= bool(live.generator_power and live.generator_power > 0)
        believable, dropout = power.is_believable(live, info), battery.is_dropout(live, self.level, info)
        if believable:
            self.power = live
        if not dropout:
            self.level = live
        before, self._latest = self._latest, live
        # Tesla repeats answers.
        if before is None or live.timestamp is None or live.timestamp != before.timestamp:
            self.rejected += not believable or dropout
        was_off_grid, self._off_grid = self._off_grid, _is_off_grid(live)
        return (was_off_grid and not self._off_grid) or _silence(before, live) > silent_after

    def restore(self, live: LiveStatus, info: SiteInfo | None) -> None:
        """Continue with the answer from before a restart, which was counted then."""
        rejected = self.rejected
        self.observe(live, info, silent_after=timedelta.max)
        self.rejected = rejected


def _is_off_grid(live: LiveStatus) -> bool:
    return grid.state_of(live)[0] in (GridState.OFF_GRID, GridState.GENERATOR)


def _silence(before: LiveStatus | None, live: LiveStatus) -> timedelta:
    if before is None or before.timestamp is None or live.timestamp is None:
        return timedelta()
    return live.timestamp - before.timestamp


def measured_at(live: LiveStatus, answered_at: datetime) -> datetime:
    """Return when values were measured; an answer that doesn't say so is as old as its arrival."""
    return min(live.timestamp, answered_at) if live.timestamp is not None else answered_at
