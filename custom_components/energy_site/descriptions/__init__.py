"""Which values of which parts become which entities."""
