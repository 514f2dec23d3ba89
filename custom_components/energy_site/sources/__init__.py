"""The sources of a site: what each system polls, how often, and how its answers become a site's parts."""
