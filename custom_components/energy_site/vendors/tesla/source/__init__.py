"""Sites of the Fleet API as sources."""
