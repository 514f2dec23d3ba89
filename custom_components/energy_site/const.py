"""Constants of the integration."""

import logging
from typing import Final

DOMAIN: Final = "energy_site"
LOGGER = logging.getLogger(__package__)

DOCUMENTATION: Final = "https://github.com/energy-site/ha-energy-site"

CONF_AUTH_IMPLEMENTATION: Final = "auth_implementation"
CONF_SERIAL: Final = "serial"
CONF_SOURCE: Final = "source"
CONF_SYSTEM: Final = "system"
CONF_SYSTEM_ID: Final = "system_id"


def documentation(page: str) -> str:
    """Return the address of a page of the documentation."""
    return f"{DOCUMENTATION}/blob/main/docs/{page}"
