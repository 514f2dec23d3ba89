"""The Enphase IQ Gateway as a source."""
