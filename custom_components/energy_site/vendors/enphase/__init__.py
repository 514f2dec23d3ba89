"""What the vendors that sign in to an Enphase account share."""
