"""Tests of `helpers/`."""
