"""Local days of a place, daylight saving included."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)


class LocalDays:
    """Turns dates into moments and back, in one time zone."""

    def __init__(self, timezone: str) -> None:
        """Use the days of `timezone`, an IANA name."""
        self.zone = ZoneInfo(timezone)
        self._midnights: dict[date, int] = {}

    def midnight(self, day: date) -> int:
        """Return when `day` begins, epoch s."""
        if day not in self._midnights:
            self._midnights[day] = int(datetime(day.year, day.month, day.day, tzinfo=self.zone).timestamp())
        return self._midnights[day]

    def day(self, epoch: float) -> date:
        """Return the local day `epoch` is in."""
        return datetime.fromtimestamp(epoch, UTC).astimezone(self.zone).date()

    def repeated(self, epoch: float) -> bool:
        """Whether the local time of `epoch` has been before, as in autumn's second hour."""
        return bool(datetime.fromtimestamp(epoch, UTC).astimezone(self.zone).fold)

    def stamp(self, epoch: float) -> str:
        """Return `epoch` as ISO 8601 with the local offset."""
        return datetime.fromtimestamp(epoch, UTC).astimezone(self.zone).isoformat()


def span(first: date, last: date) -> list[date]:
    """Return every day from `first` to `last`, both included."""
    return [first + _DAY * number for number in range((last - first).days + 1)]


def next_day(day: date) -> date:
    """Return the day after."""
    return day + _DAY
