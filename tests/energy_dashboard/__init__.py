"""A site in the Energy dashboard."""
