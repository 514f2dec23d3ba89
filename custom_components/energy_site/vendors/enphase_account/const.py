"""Constants of the owner's Enphase account."""

from typing import Final

CONF_USER_ID: Final = "user_id"

# Whether what a gateway's entry shows is shown here as well.
CONF_READINGS: Final = "readings"
READINGS_AUTO: Final = "auto"
READINGS_ALWAYS: Final = "always"
READINGS_NEVER: Final = "never"
READINGS: Final = (READINGS_AUTO, READINGS_ALWAYS, READINGS_NEVER)
