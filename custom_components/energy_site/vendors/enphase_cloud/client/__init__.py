"""Enphase's cloud: OAuth, the Monitoring API v4 and the Enlighten Systems API v2."""
