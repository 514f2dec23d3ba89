"""The owner's own Enphase account."""
