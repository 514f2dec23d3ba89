"""Tests of the owner's Enphase account."""
