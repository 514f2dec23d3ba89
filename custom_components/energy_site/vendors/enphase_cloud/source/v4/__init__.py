"""Systems in the Enphase cloud, by the Monitoring API v4."""
