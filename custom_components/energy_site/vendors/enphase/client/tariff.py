"""What is common to the owner's tariff in all of its shapes: how much of it there is, and what is believed."""

from collections.abc import Callable
import logging

from ....api.errors import ApiPayloadError
from ....api.payload import Record

_LOGGER = logging.getLogger(__name__)

# More than any tariff has: two seasons a month, and a price for each quarter of an hour.
_MOST_SEASONS = 24
MOST_GROUPS = 7
MOST_PERIODS = 96

# A kWh costs less than this in every currency.
_HIGHEST_RATE = 1e6


def read_seasons[S](side: Record, key: str, read: Callable[[Record], S]) -> tuple[S, ...] | None:
    """Return the seasons of what is bought or sold; `None` if any of them can't be read, as others would seem to apply."""
    try:
        return tuple(map(read, side.all_records(key, _MOST_SEASONS)))
    except ApiPayloadError as err:
        _LOGGER.debug("The rates of a tariff can't be read: %s", err)
        return None


def believed(rate: float | None) -> float | None:
    """Return a rate per kWh, `None` for what is none."""
    return rate if rate is not None and abs(rate) < _HIGHEST_RATE else None
