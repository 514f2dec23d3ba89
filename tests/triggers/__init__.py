"""Triggers, one by one: what fires them, and what doesn't."""
