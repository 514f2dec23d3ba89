"""The account's services on loopback."""

from . import paths, tariffs
from .accounts import Account, ListedSystem, SecondFactor
from .behaviour import Ending, HomeBehaviour, Setting, WriteBehaviour
from .details import HomeDetails
from .faults import (
    CONFLICT,
    EMPTY_BODY,
    FORBIDDEN,
    GONE,
    HALF_BODY,
    MAINTENANCE,
    MFA_REQUIRED,
    NOT_ACCEPTABLE,
    NOT_ENROLLED,
    NOT_YOURS,
    REDIRECT,
    SESSIONS_FULL,
    UNAVAILABLE,
    WALL,
    Misbehaviour,
    too_many,
)
from .home import AccountHome, lived
from .paths import Family
from .policy import DevicesInProfile, Policy, SessionOver, SitesShape, TokenRoute
from .server import AccountServer
from .storms import Storm

__all__ = [
    "CONFLICT",
    "EMPTY_BODY",
    "FORBIDDEN",
    "GONE",
    "HALF_BODY",
    "MAINTENANCE",
    "MFA_REQUIRED",
    "NOT_ACCEPTABLE",
    "NOT_ENROLLED",
    "NOT_YOURS",
    "REDIRECT",
    "SESSIONS_FULL",
    "UNAVAILABLE",
    "WALL",
    "Account",
    "AccountHome",
    "AccountServer",
    "DevicesInProfile",
    "Ending",
    "Family",
    "HomeBehaviour",
    "HomeDetails",
    "ListedSystem",
    "Misbehaviour",
    "Policy",
    "SecondFactor",
    "SessionOver",
    "Setting",
    "SitesShape",
    "Storm",
    "TokenRoute",
    "WriteBehaviour",
    "lived",
    "paths",
    "tariffs",
    "too_many",
]
