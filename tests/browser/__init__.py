"""Tests in a real browser, with a real Home Assistant."""
