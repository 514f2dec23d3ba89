"""The toy cloud's API."""
