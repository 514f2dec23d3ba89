"""A loaded site: devices, events, repairs, overrides, statistics, pairing."""
