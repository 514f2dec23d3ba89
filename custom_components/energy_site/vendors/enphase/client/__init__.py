"""The sign-in to an Enphase account, and its session."""
