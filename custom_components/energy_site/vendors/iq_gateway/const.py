"""Constants of the IQ Gateway."""

from datetime import timedelta
from typing import Final

from ...sources.feed import Pace

SOURCE: Final = "iq_gateway"

CONF_FINGERPRINT: Final = "fingerprint"
CONF_REPLACED: Final = "replaced"

CONF_LIVE_MINUTES: Final = "live_minutes"
# Minimum, default and maximum minutes after which live power ends automatically.
LIVE_MINUTES: Final = (1, 15, 1440)

# Whether the grid's import and export are counted from the sum of all phases.
CONF_NET_PHASES: Final = "net_phases"

# Minimum, default and maximum polling interval of each pace, in seconds.
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

# How long before its expiry a token that cannot be renewed automatically has to be replaced.
TOKEN_WARNING: Final = timedelta(days=30)
TOKEN_URGENT: Final = timedelta(days=7)
