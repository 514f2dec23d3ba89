"""Systems in Enphase's cloud, by the Monitoring API v4."""
