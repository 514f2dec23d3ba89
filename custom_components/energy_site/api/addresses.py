"""The vendors' addresses in one place.

Each is replaced by an environment variable where that is set, so that the
demo and the tests can point it at a simulator on loopback.
"""

import os

from yarl import URL


def enlighten() -> URL:
    """Return the address that signs an Enphase account in."""
    return _address("ENERGY_SITE_ENLIGHTEN", "https://enlighten.enphaseenergy.com")


def entrez() -> URL:
    """Return the address that issues tokens of IQ Gateways."""
    return _address("ENERGY_SITE_ENTREZ", "https://entrez.enphaseenergy.com")


def enphase_api() -> URL:
    """Return the address of Enphase's cloud: OAuth, the Monitoring API v4 and the Systems API v2."""
    return _address("ENERGY_SITE_ENPHASE_API", "https://api.enphaseenergy.com")


def _address(variable: str, default: str) -> URL:
    return URL(os.environ.get(variable) or default)
