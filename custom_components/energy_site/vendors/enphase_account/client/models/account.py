"""Whose account it is."""

from .....api.payload import Record
from .common import serial


def parse_user_id(endpoint: str, payload: object) -> str | None:
    """Read the user's ID, the only thing of `data` that is used."""
    return serial(Record(endpoint, payload).record_or_empty("app"), "userId")
