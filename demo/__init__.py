"""A simulated home in a real Home Assistant, to look at: `scripts/demo`."""
