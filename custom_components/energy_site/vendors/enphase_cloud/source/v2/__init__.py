"""Systems in Enphase's cloud, by the old Systems API v2."""
