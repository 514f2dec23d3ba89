"""Tests of `vendors/iq_gateway/`."""
