"""The Enphase cloud: the Monitoring API v4 by OAuth, and the v2 API by key."""
