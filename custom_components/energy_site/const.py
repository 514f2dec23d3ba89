"""Constants of the integration."""

from datetime import timedelta
import logging
from typing import Final

from .sources.feed import Pace

DOMAIN: Final = "energy_site"
LOGGER = logging.getLogger(__package__)

DOCUMENTATION: Final = "https://github.com/energy-site/ha-energy-site"

CONF_ACCOUNT: Final = "account"
CONF_AUTH_IMPLEMENTATION: Final = "auth_implementation"
CONF_FINGERPRINT: Final = "fingerprint"
CONF_PASTE_CODE: Final = "paste_code"
CONF_PLAN: Final = "plan"
# What a runtime knows to be refused when it asks for a sign-in anew: CONF_API_KEY, or nothing.
CONF_REFUSED: Final = "refused"
CONF_REMEMBER_PASSWORD: Final = "remember_password"  # noqa: S105 - a name, not a secret.
CONF_REPLACED: Final = "replaced"
CONF_SERIAL: Final = "serial"
CONF_SOURCE: Final = "source"
CONF_SYSTEM: Final = "system"
CONF_SYSTEM_ID: Final = "system_id"
CONF_USER_ID: Final = "user_id"

# Fields of an entry's data that tell nothing of whose it is.
IMPERSONAL_DATA: Final = frozenset({CONF_PLAN, CONF_SOURCE})

SOURCE_ENLIGHTEN: Final = "enlighten"
SOURCE_ENPHASE_CLOUD: Final = "enphase_cloud"
SOURCE_IQ_GATEWAY: Final = "iq_gateway"

# Where a person registers an application for Enphase's cloud.
ENPHASE_DEVELOPER_PAGE: Final = "https://developer-v4.enphase.com"

# The plans that Enphase sells, the free one first; the names are Enphase's.
ENPHASE_PLANS: Final = {"watt": "Watt", "kilowatt": "Kilowatt", "megawatt": "Megawatt", "partner": "Partner"}

# The control that takes the house off the grid and back.
GRID_ENABLED: Final = "grid_enabled"

CONF_LIVE_MINUTES: Final = "live_minutes"
# Least, usual and greatest minutes after which live power ends by itself.
LIVE_MINUTES: Final = (1, 15, 1440)

# Whether the grid's import and export are counted from the sum of all phases.
CONF_NET_PHASES: Final = "net_phases"

# Least, usual and greatest seconds between two questions of a kind.
INTERVALS: Final[dict[Pace, tuple[int, int, int]]] = {
    Pace.POWER: (5, 10, 120),
    Pace.BATTERY: (10, 15, 300),
    Pace.GRID: (10, 15, 300),
    Pace.DEVICES: (30, 60, 900),
    Pace.INVERTERS: (60, 300, 3600),
    Pace.SETTINGS: (300, 900, 7200),
    Pace.RARE: (3600, 21600, 86400),
    Pace.LIVE: (1, 1, 5),
}

# The books are written down this often, besides at every end.
SAVE_INTERVAL: Final = timedelta(minutes=10)

# How long before its end a token that cannot renew itself is asked for again.
TOKEN_WARNING: Final = timedelta(days=30)
TOKEN_URGENT: Final = timedelta(days=7)

# A device is gone when it is missing from this many whole lists for this long.
GONE_ANSWERS: Final = 3
GONE_AFTER: Final = timedelta(hours=1)


def documentation(page: str) -> str:
    """Return the address of a page of the documentation."""
    return f"{DOCUMENTATION}/blob/main/docs/{page}"
