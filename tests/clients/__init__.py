"""Tests of the clients: what a vendor sends, and what becomes of it."""
