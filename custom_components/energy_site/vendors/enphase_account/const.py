"""Constants of the owner's Enphase account."""

from typing import Final

CONF_USER_ID: Final = "user_id"
