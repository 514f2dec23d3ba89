"""Seeded weather: clouds that drift by and air that warms and cools."""

from math import cos, pi

from .noise import smooth
from .sun import Place, Sky

_DAY = 86400.0
_YEAR = 365.25 * _DAY
_SUN_THROUGH_THICK_CLOUD = 0.03
_DIFFUSE_THROUGH_THICK_CLOUD = 0.7
_SUMMER_PEAK = 0.55
_AFTERNOON_PEAK = 0.625


class Weather:
    """Weather of a place, the same at a moment however often it is asked."""

    def __init__(self, seed: int, *, cloudiness: float, place: Place) -> None:
        """Set `cloudiness`, 0 (never a cloud) to 1 (overcast)."""
        self._seed = seed
        self._cloudiness = cloudiness
        self._place = place

    def cloud_cover(self, epoch: float) -> float:
        """Return the thickness of the cloud before the sun, 0..1."""
        if self._cloudiness <= 0:
            return 0.0
        front = smooth(self._seed + 1, epoch / (0.7 * _DAY))
        drift = (
            0.50 * smooth(self._seed + 2, epoch / 2700)
            + 0.33 * smooth(self._seed + 3, epoch / 600)
            + 0.17 * smooth(self._seed + 4, epoch / 120)
        )
        thickness = (0.6 * front + 0.4 * drift) * 2 - 1 + self._cloudiness
        return min(1.0, max(0.0, thickness * (1 + self._cloudiness)))

    def under_clouds(self, sky: Sky, epoch: float) -> Sky:
        """Return what is left of a clear sky's irradiance, W/m²."""
        cover = self.cloud_cover(epoch)
        lost = sky.direct * cover * (1 - _SUN_THROUGH_THICK_CLOUD)
        # Part of what a cloud takes from the beam comes back from all around,
        # and a thick cloud takes that too.
        scattered = (sky.diffuse + 0.25 * lost) * (1 - cover * (1 - _DIFFUSE_THROUGH_THICK_CLOUD))
        return Sky(direct=sky.direct - lost, diffuse=scattered)

    def temperature(self, epoch: float) -> float:
        """Return the air's temperature in degrees C."""
        season = cos(2 * pi * (epoch / _YEAR - _SUMMER_PEAK))
        if self._place.latitude < 0:
            season = -season
        warmth = 27 - 0.35 * abs(self._place.latitude)
        swing = 0.22 * abs(self._place.latitude)
        local_day = epoch / _DAY + self._place.longitude / 360
        daily = cos(2 * pi * (local_day - _AFTERNOON_PEAK))
        front = smooth(self._seed + 5, epoch / (1.5 * _DAY)) - 0.5
        return warmth + swing * season + 5 * daily + 8 * front
