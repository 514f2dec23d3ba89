"""A cloud's requests: what is left of them, and what each is worth."""
