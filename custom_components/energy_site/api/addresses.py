"""Where a vendor's service is."""

import os

from yarl import URL


def address(variable: str, default: str) -> URL:
    """Return a service's address: an environment variable points the demo and the tests at a simulator."""
    return URL(os.environ.get(variable) or default)
