"""A loaded site: polling, devices, events, repairs, overrides, statistics, pairing."""
