"""A solar home that obeys physics, served through the vendors' own APIs."""
