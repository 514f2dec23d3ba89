"""The vendor's account services on loopback."""

from .accounts import Account
from .server import MAINTENANCE, MFA_REQUIRED, NOT_YOURS, SESSIONS_FULL, AccountServer, Misbehaviour

__all__ = [
    "MAINTENANCE",
    "MFA_REQUIRED",
    "NOT_YOURS",
    "SESSIONS_FULL",
    "Account",
    "AccountServer",
    "Misbehaviour",
]
