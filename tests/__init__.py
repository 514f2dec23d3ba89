"""Tests of Energy Site and of its simulator."""
