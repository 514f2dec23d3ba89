"""Helpers for Home Assistant used by several layers: files, sessions, time zones, texts, redaction."""
