"""Tests of `vendors/iq_gateway/source/`."""
