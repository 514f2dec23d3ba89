"""Tests of `site/quota/`."""
