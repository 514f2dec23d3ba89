"""The vendors, each in its own folder."""
