"""Tests of `site/energy/`."""
