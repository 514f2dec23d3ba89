"""The Enphase cloud: the Monitoring API v4 with OAuth, and the v2 API with a key."""
