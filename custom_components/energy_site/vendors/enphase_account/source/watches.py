"""What makes an answer worth reading again: another profile, and the end of an outage."""

from datetime import datetime, timedelta

from ..client.models.outages import OffGrid
from ..client.models.settings import BatteryDetails, Profile

# An outage that the gateway saw is looked for again after its next report, and for so long.
_REPORTED = timedelta(minutes=15)
_LISTED = timedelta(minutes=30)


class ProfileWatch:
    """The settings and the profile, which are read one after the other, and come with each other."""

    def __init__(self) -> None:
        """Start without any answer."""
        self._seen: str | None = None
        self._then: str | None = None

    def is_another(self, details: BatteryDetails) -> bool:
        """Return whether the settings name another profile than when the profile was read."""
        return details.profile != self._then

    def asks_for_profile(self, details: BatteryDetails) -> bool:
        """Return whether the profile has to be read again after these settings."""
        return self._then is not None and self.is_another(details)

    def asks_for_settings(self, profile: Profile, details: BatteryDetails | None) -> bool:
        """Remember a profile with what the settings said then; return whether they have to be read again."""
        self._then = details.profile if details is not None else None
        is_new = self._seen is not None and profile.profile != self._seen
        self._seen = profile.profile
        return is_new


class UnlistedOutage:
    """An outage that is or was lately, until the service can have listed it."""

    def __init__(self, *, off_grid: bool = False) -> None:
        """Go on with what was known of the grid."""
        self.off_grid = off_grid
        self._returned_at: datetime | None = None

    def handle_return(self, now: datetime) -> None:
        """Remember when the gateway saw the grid return."""
        self._returned_at = now

    def look_again_at(self, now: datetime) -> datetime | None:
        """Return when the list is read again, as the gateway may not have reported the outage yet."""
        if self._returned_at is not None and now - self._returned_at < _LISTED:
            return now + _REPORTED
        self._returned_at = None
        return None

    def is_over(self, answer: OffGrid) -> bool:
        """Remember whether there is an outage; return whether one has ended."""
        ended = self.off_grid and answer.grid_outage is False
        self.off_grid = answer.grid_outage is True
        return ended
