"""What the cloud's answers say, as they say it."""
