"""Determines when it is day at a site."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
import math

_EPOCH = datetime(2000, 1, 1, 12, tzinfo=UTC)
_TILT = math.radians(23.4397)

# The sun's upper edge is visible slightly before its center is above the horizon.
_HORIZON = math.sin(math.radians(-0.833))

# If the location is unknown, daytime is between these.
_MORNING, _EVENING = time(6), time(22)


@dataclass(frozen=True, slots=True, kw_only=True)
class Daylight:
    """The daytime: while the sun is up, or from 6:00 to 22:00 local time if the location is unknown.

    The location is in degrees, north and east positive.
    """

    zone: tzinfo
    latitude: float | None = None
    longitude: float | None = None

    def days(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield the start and end of each day between two moments, in order and clipped to them."""
        last = start
        # A solar day begins and ends up to a day away from its date.
        for number in range((start - timedelta(days=2)).toordinal(), (end + timedelta(days=2)).toordinal() + 1):
            spell = _day(self, number)
            if spell is None:
                continue
            begins, ends = max(spell[0], last), min(spell[1], end)
            if begins < ends:
                yield begins, ends
                last = ends

    def lit(self, start: datetime, end: datetime) -> timedelta:
        """Return the duration of daytime between two moments."""
        return sum((ends - begins for begins, ends in self.days(start, end)), timedelta())

    def is_day(self, now: datetime) -> bool:
        """Return whether it is day."""
        return any(self.days(now, now + timedelta(seconds=1)))


@lru_cache(maxsize=4096)
def _day(daylight: Daylight, number: int) -> tuple[datetime, datetime] | None:
    """Return the start and end of the day with this ordinal, `None` if the sun stays down."""
    day = date.fromordinal(number)
    latitude, longitude = daylight.latitude, daylight.longitude
    if latitude is None or longitude is None or not (abs(latitude) <= 90 and abs(longitude) <= 180):
        begins, ends = (datetime.combine(day, at, daylight.zone) for at in (_MORNING, _EVENING))
        return begins.astimezone(UTC), ends.astimezone(UTC)
    since = number - _EPOCH.toordinal() - longitude / 360
    anomaly = math.radians(357.5291 + 0.98560028 * since)
    centre = 1.9148 * math.sin(anomaly) + 0.02 * math.sin(2 * anomaly) + 0.0003 * math.sin(3 * anomaly)
    ecliptic = anomaly + math.radians(centre + 180 + 102.9372)
    noon = _EPOCH + timedelta(days=since + 0.0053 * math.sin(anomaly) - 0.0069 * math.sin(2 * ecliptic))
    declination = math.asin(math.sin(ecliptic) * math.sin(_TILT))
    north = math.radians(min(max(latitude, -89.9), 89.9))
    angle = (_HORIZON - math.sin(north) * math.sin(declination)) / (math.cos(north) * math.cos(declination))
    if angle >= 1:
        return None
    half = timedelta(days=math.acos(max(angle, -1.0)) / math.tau)
    return noon - half, noon + half
