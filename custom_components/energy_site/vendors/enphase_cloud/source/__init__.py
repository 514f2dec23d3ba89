"""Systems of the Enphase cloud as sources, by v4 and by v2."""
