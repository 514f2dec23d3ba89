"""The dashboard that makes itself."""
