"""The address of the Enphase cloud."""

from yarl import URL

from ....api.addresses import address


def enphase_api() -> URL:
    """Return the address of OAuth, the Monitoring API v4 and the Systems API v2."""
    return address("ENERGY_SITE_ENPHASE_API", "https://api.enphaseenergy.com")
