"""Tests of `site/history/`."""
