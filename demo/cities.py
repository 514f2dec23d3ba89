"""Where the demo's house stands: where the sun is well up right now."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from simulator.house import Place
from simulator.house.sun import sun_position

_MORNING, _AFTERNOON = 10, 15
_TWO_HOURS = 7200.0


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    """A city, its country and currency (ISO codes), and whether homes there have a split phase."""

    name: str
    place: Place
    country: str
    currency: str
    split_phase: bool = False

    def local_hour(self, epoch: float) -> float:
        """Return the time of day at `epoch`, 0..24."""
        moment = datetime.fromtimestamp(epoch, UTC).astimezone(ZoneInfo(self.place.timezone))
        return moment.hour + moment.minute / 60

    def sun(self, epoch: float) -> float:
        """Return how high the sun stands, degrees above the horizon."""
        return sun_position(epoch, self.place).elevation


def _city(name: str, coordinates: tuple[float, float], timezone: str, country: str, currency: str) -> City:
    latitude, longitude = coordinates
    return City(
        name=name,
        place=Place(latitude=latitude, longitude=longitude, timezone=timezone),
        country=country,
        currency=currency,
        split_phase=country == "US",
    )


CITIES = (
    _city("Brisbane", (-27.47, 153.03), "Australia/Brisbane", "AU", "AUD"),
    _city("Naha", (26.21, 127.68), "Asia/Tokyo", "JP", "JPY"),
    _city("Perth", (-31.95, 115.86), "Australia/Perth", "AU", "AUD"),
    _city("Bangkok", (13.76, 100.50), "Asia/Bangkok", "TH", "THB"),
    _city("Saint-Denis", (-20.88, 55.45), "Indian/Reunion", "FR", "EUR"),
    _city("Dubai", (25.20, 55.27), "Asia/Dubai", "AE", "AED"),
    _city("Cape Town", (-33.92, 18.42), "Africa/Johannesburg", "ZA", "ZAR"),
    _city("Valencia", (39.47, -0.38), "Europe/Madrid", "ES", "EUR"),
    _city("Utrecht", (52.09, 5.12), "Europe/Amsterdam", "NL", "EUR"),
    _city("Las Palmas", (28.12, -15.43), "Atlantic/Canary", "ES", "EUR"),
    _city("Fortaleza", (-3.73, -38.53), "America/Fortaleza", "BR", "BRL"),
    _city("San Juan", (18.47, -66.11), "America/Puerto_Rico", "US", "USD"),
    _city("Austin", (30.27, -97.74), "America/Chicago", "US", "USD"),
    _city("San Diego", (32.72, -117.16), "America/Los_Angeles", "US", "USD"),
    _city("Honolulu", (21.31, -157.86), "Pacific/Honolulu", "US", "USD"),
    _city("Auckland", (-36.85, 174.76), "Pacific/Auckland", "NZ", "NZD"),
)


def find_city(name: str) -> City:
    """Return the city with this name, however it is capitalised."""
    return next(city for city in CITIES if city.name.casefold() == name.casefold())


def choose_city(epoch: float) -> City:
    """Return the city where it is day, and where the sun stands highest over the next two hours."""
    awake = [city for city in CITIES if _MORNING <= city.local_hour(epoch) < _AFTERNOON]
    return max(awake, key=lambda city: min(city.sun(epoch), city.sun(epoch + _TWO_HOURS)))
