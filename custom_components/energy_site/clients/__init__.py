"""Clients of the vendors' interfaces: one package a vendor, aiohttp only."""
