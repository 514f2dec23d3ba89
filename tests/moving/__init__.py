"""Tests of moving in from other integrations."""
