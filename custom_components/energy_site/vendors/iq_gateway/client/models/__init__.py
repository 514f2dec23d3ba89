"""The data in an IQ Gateway's responses, typed, with its own names and units."""
