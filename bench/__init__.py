"""Measures the integration in a real Home Assistant core against simulated gateways."""
