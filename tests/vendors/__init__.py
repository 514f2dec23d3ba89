"""Tests of the vendors, each beside what it tests."""
