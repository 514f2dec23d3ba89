"""Where the sun stands and what reaches a tilted plane under a clear sky."""

from dataclasses import dataclass
from math import asin, atan2, cos, degrees, radians, sin, tan

_J2000_EPOCH = 946728000.0
_DAY = 86400.0
_ALBEDO = 0.2
_DIFFUSE_SHARE = 0.12


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place on earth: degrees north and east, and its IANA time zone."""

    latitude: float = 52.09
    longitude: float = 5.12
    timezone: str = "Europe/Amsterdam"


@dataclass(frozen=True, slots=True, kw_only=True)
class SunPosition:
    """Degrees above the horizon, and clockwise from north."""

    elevation: float
    azimuth: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sky:
    """Irradiance in W/m²: straight from the sun, and from the whole sky."""

    direct: float
    diffuse: float


def sun_position(epoch: float, place: Place) -> SunPosition:
    """Return the sun's position to about a hundredth of a degree."""
    days = (epoch - _J2000_EPOCH) / _DAY
    anomaly = radians(357.528 + 0.9856003 * days)
    longitude = radians(280.460 + 0.9856474 * days + 1.915 * sin(anomaly) + 0.020 * sin(2 * anomaly))
    obliquity = radians(23.439 - 4e-7 * days)
    ascension = atan2(cos(obliquity) * sin(longitude), cos(longitude))
    declination = asin(sin(obliquity) * sin(longitude))
    sidereal_hours = 18.697374558 + 24.06570982441908 * days
    hour_angle = radians(sidereal_hours * 15 + place.longitude) - ascension
    latitude = radians(place.latitude)
    elevation = asin(sin(latitude) * sin(declination) + cos(latitude) * cos(declination) * cos(hour_angle))
    azimuth = atan2(
        -sin(hour_angle),
        tan(declination) * cos(latitude) - sin(latitude) * cos(hour_angle),
    )
    return SunPosition(elevation=degrees(elevation), azimuth=degrees(azimuth) % 360)


def clear_sky(elevation: float) -> Sky:
    """Return the irradiance under a cloudless sky; nothing below the horizon."""
    if elevation <= 0:
        return Sky(direct=0.0, diffuse=0.0)
    air_mass = 1 / (sin(radians(elevation)) + 0.50572 * (elevation + 6.07995) ** -1.6364)
    direct = 1353 * 0.7 ** (air_mass**0.678)
    # Close to the horizon the air-mass formula still lets light through; the last
    # degree fades so that sunrise has no step.
    direct *= min(1.0, elevation)
    return Sky(direct=direct, diffuse=_DIFFUSE_SHARE * direct)


def on_plane(sky: Sky, sun: SunPosition, *, tilt: float, azimuth: float) -> float:
    """Return W/m² on a plane tilted by `tilt` degrees and facing `azimuth`."""
    height = radians(sun.elevation)
    slope = radians(tilt)
    incidence = sin(height) * cos(slope) + cos(height) * sin(slope) * cos(radians(sun.azimuth - azimuth))
    horizontal = sky.direct * max(0.0, sin(height)) + sky.diffuse
    return (
        sky.direct * max(0.0, incidence)
        + sky.diffuse * (1 + cos(slope)) / 2
        + horizontal * _ALBEDO * (1 - cos(slope)) / 2
    )
