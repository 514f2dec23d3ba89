"""The addresses of the vendors' services."""

import os

from yarl import URL


def address(variable: str, default: str) -> URL:
    """Return a service's address; an environment variable can point it at a simulator for the demo and tests."""
    return URL(os.environ.get(variable) or default)
