"""The vendor's account services on loopback."""

from .accounts import Account
from .server import AccountServer

__all__ = ["Account", "AccountServer"]
