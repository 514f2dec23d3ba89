"""What an IQ Gateway answers, typed, in its own names and units."""
