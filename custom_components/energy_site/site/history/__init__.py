"""A site's past by hours: what was fetched, what is missing, and how it is kept."""
