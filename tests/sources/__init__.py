"""Tests of the sources, against simulated systems."""
