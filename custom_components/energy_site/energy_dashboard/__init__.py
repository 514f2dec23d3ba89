"""A site in Home Assistant's Energy dashboard: what it would show, added once the user confirms, and the way back."""
