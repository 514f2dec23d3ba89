"""A site regardless of its vendor: its parts and counters, without any I/O."""
