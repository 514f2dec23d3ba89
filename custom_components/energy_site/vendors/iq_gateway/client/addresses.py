"""The addresses of the services that sign an Enphase account in."""

from yarl import URL

from ....api.addresses import address


def enlighten() -> URL:
    """Return the address that signs an Enphase account in."""
    return address("ENERGY_SITE_ENLIGHTEN", "https://enlighten.enphaseenergy.com")


def entrez() -> URL:
    """Return the address that issues tokens of IQ Gateways."""
    return address("ENERGY_SITE_ENTREZ", "https://entrez.enphaseenergy.com")
