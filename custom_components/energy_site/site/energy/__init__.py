"""Energy counters that never decrease and never jump."""
