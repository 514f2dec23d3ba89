"""Which values of which part become which entity."""
