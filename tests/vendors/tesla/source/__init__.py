"""Tests of `vendors/tesla/source/`."""
