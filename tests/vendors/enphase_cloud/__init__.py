"""Tests of `vendors/enphase_cloud/`."""
