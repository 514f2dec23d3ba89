"""Tests of what the vendors of Enphase share."""
