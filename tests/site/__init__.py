"""Tests of what a site is, whoever made it."""
