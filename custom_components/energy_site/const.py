"""Constants of the integration."""

import logging
from typing import Final

DOMAIN: Final = "energy_site"
LOGGER = logging.getLogger(__package__)

DOCUMENTATION: Final = "https://github.com/energy-site/ha-energy-site"

CONF_AUTH_IMPLEMENTATION: Final = "auth_implementation"
CONF_READINGS: Final = "readings"
CONF_SERIAL: Final = "serial"
CONF_SHOW_ALL: Final = "show_all"
CONF_SOURCE: Final = "source"
CONF_SYSTEM: Final = "system"
CONF_SYSTEM_ID: Final = "system_id"

# Whether an entry shows what the entry of the site's gateway shows as well.
READINGS_AUTO: Final = "auto"
READINGS_ALWAYS: Final = "always"
READINGS_NEVER: Final = "never"
READINGS: Final = (READINGS_AUTO, READINGS_ALWAYS, READINGS_NEVER)


def documentation(page: str) -> str:
    """Return the address of a page of the documentation."""
    return f"{DOCUMENTATION}/blob/main/docs/{page}"
