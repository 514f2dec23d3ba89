"""Moves in from another integration: its entities become this one's, with their IDs, history and statistics."""
