"""The addresses of the services for signing in to an Enphase account."""

from yarl import URL

from ....api.addresses import address

ENLIGHTEN_HOST = "enlighten.enphaseenergy.com"


def enlighten() -> URL:
    """Return the address for signing in to an Enphase account."""
    return address("ENERGY_SITE_ENLIGHTEN", f"https://{ENLIGHTEN_HOST}")


def entrez() -> URL:
    """Return the address that issues tokens for IQ Gateways."""
    return address("ENERGY_SITE_ENTREZ", "https://entrez.enphaseenergy.com")
