"""Tests of the sign-in to an Enphase account."""
