"""The client of the Enphase cloud: OAuth, the Monitoring API v4 and the Enlighten Systems API v2."""
