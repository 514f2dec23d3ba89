"""A site's hourly history: progress of fetching, missing days, and stored rows."""
