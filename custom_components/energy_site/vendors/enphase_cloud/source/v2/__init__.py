"""Systems in the Enphase cloud, by the old Systems API v2."""
