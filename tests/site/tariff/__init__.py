"""Tests of `site/tariff/`."""
