"""Tests of Tesla energy sites."""
