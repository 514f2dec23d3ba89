"""What an owner does when an application asks for consent."""

from enum import StrEnum


class Consent(StrEnum):
    """Say yes or no at once, or see the page first."""

    GRANT = "grant"
    DENY = "deny"
    ASK = "ask"
