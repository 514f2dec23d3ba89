"""Constants of what the vendors share that sign in to an Enphase account."""

from typing import Final

# The source of entries that keep a session of their account.
SOURCE: Final = "enphase_account"
