"""The feeds of a system, and how often each is polled.

The order matters during setup: the site's settings tell its time zone, and what else it has. A minute's requests don't
suffice for all, so that what the controls need comes before what is only shown.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from ....site.model import Battery, EnergyCounters, GridStatus, Part, PowerFlow, Settings
from ....site.prices import Prices
from ....sources.feed import Feed
from ..client import endpoints
from ..client.endpoint import AccountEndpoint

_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)

# What changes rarely doesn't delay the start of Home Assistant, as requests are limited by the minute.
_LATER = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFeed[T](Feed):
    """A feed of the account: what it asks, and how often.

    `beside` is how often it is polled if another entry shows the values of its `readings`, `None` for never.
    """

    ask: AccountEndpoint[T]
    every: timedelta
    beside: timedelta | None = None


def _feed[T](
    key: str,
    ask: AccountEndpoint[T],
    every: timedelta,
    *readings: type[Part],
    beside: timedelta | None = None,
    essential: bool = False,
    cost: float = 1.0,
) -> AccountFeed[T]:
    return AccountFeed(
        key=key,
        endpoint=ask.name,
        cost=cost,
        essential=essential,
        readings=readings,
        ask=ask,
        every=every,
        beside=beside,
    )


SITE = _feed("site_settings", endpoints.SITE_SETTINGS, _DAY, essential=True)
SETTINGS = _feed(
    "battery_settings", endpoints.BATTERY_SETTINGS, 5 * _MINUTE, Settings, beside=10 * _MINUTE, essential=True
)
TODAY = _feed("today", endpoints.TODAY, 5 * _MINUTE, PowerFlow, EnergyCounters, essential=True)
BATTERY = _feed("battery_status", endpoints.BATTERY_STATUS, 5 * _MINUTE, Battery, beside=6 * _HOUR, essential=True)
POWER = _feed("latest_power", endpoints.LATEST_POWER, 5 * _MINUTE, PowerFlow, essential=True)
OFF_GRID = _feed("off_grid", endpoints.OFF_GRID, 5 * _MINUTE, GridStatus)
STORM = _feed("storm_alert", endpoints.STORM_ALERT, 10 * _MINUTE)
PROFILE = _feed("profile", endpoints.PROFILE, _HOUR)
SCHEDULES = _feed("schedules", endpoints.SCHEDULES, 10 * _MINUTE, Settings, beside=15 * _MINUTE)
LIFETIME = _feed("lifetime_energy", endpoints.LIFETIME, _DAY, EnergyCounters, cost=_LATER)
DEVICES = _feed("devices", endpoints.DEVICES, 6 * _HOUR, cost=_LATER)
EVENTS = _feed("events", endpoints.EVENTS, 15 * _MINUTE, cost=_LATER)
OUTAGES = _feed("outages", endpoints.BACKUP_HISTORY, _DAY, cost=_LATER)
TARIFF = _feed("tariff", endpoints.TARIFF, _DAY, Prices, cost=_LATER)

ALL: tuple[AccountFeed[Any], ...] = (
    SITE,
    SETTINGS,
    TODAY,
    BATTERY,
    POWER,
    OFF_GRID,
    PROFILE,
    SCHEDULES,
    STORM,
    LIFETIME,
    DEVICES,
    EVENTS,
    OUTAGES,
    TARIFF,
)
