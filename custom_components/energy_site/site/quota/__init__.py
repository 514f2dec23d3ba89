"""A cloud's requests: how many are left, and how to spend them."""
