"""Tests of the client of Tesla's Fleet API."""
