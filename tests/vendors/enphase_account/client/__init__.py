"""Tests of the client of the owner's Enphase account."""
