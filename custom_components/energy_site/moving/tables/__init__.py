"""The integrations that can be moved in from, one file each."""

from ..table import OldIntegration
from .enphase_envoy import ENPHASE_ENVOY
from .enphase_envoy_custom import ENVOY_DEVELOPER, ENVOY_INSTALLER
from .enphase_ev import ENPHASE_EV
from .enphase_realtime import ENPHASE_REALTIME
from .tesla import POWERWALL, TESLA_CUSTOM, TESLA_FLEET, TESLEMETRY

OLD_INTEGRATIONS: tuple[OldIntegration, ...] = (
    ENPHASE_ENVOY,
    ENVOY_INSTALLER,
    ENVOY_DEVELOPER,
    ENPHASE_REALTIME,
    ENPHASE_EV,
    TESLA_FLEET,
    TESLEMETRY,
    TESLA_CUSTOM,
    POWERWALL,
)
