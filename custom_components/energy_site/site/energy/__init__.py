"""Energy counters that never fall and never jump."""
