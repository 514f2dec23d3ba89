"""A system of the account as a source."""
