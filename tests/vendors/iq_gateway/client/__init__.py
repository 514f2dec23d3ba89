"""Tests of `vendors/iq_gateway/client/`."""
