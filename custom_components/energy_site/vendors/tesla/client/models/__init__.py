"""What the Fleet API's answers say, as they say it."""
