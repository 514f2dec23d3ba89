"""One adapter a system: what it polls how often, and how its wire becomes a site's parts."""
