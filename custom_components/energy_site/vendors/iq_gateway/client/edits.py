"""Changes of objects that the gateway keeps as a whole.

Each function returns what to send back: all that was there, but for what is
to be changed. Numbers and words stay of the type that the gateway uses.
"""

from collections.abc import Callable, Mapping
from typing import Any

from ....api.errors import ApiPayloadError

type Edit = Callable[[Any], object]

# These stand as words in the gateway's own objects, and it refuses flags.
_WORDS = ("override", "manual_override")


def storage_settings(endpoint: str, changes: Mapping[str, object]) -> Edit:
    """Change fields of the tariff's storage settings; the schedule is not sent back, the gateway makes it."""

    def edit(payload: Any) -> object:
        tariff = payload.get("tariff") if isinstance(payload, dict) else None
        storage = tariff.get("storage_settings") if isinstance(tariff, dict) else None
        if not isinstance(tariff, dict) or not isinstance(storage, dict):
            raise ApiPayloadError(endpoint, "no storage settings")
        return {"tariff": {**tariff, "storage_settings": {**storage, **_typed(storage, changes)}}}

    return edit


def dry_contact(endpoint: str, contact_id: str, changes: Mapping[str, object]) -> Edit:
    """Change fields of one contact; a part of the object alone may crash the gateway."""

    def edit(payload: Any) -> object:
        contacts = payload.get("dry_contacts") if isinstance(payload, dict) else None
        for contact in contacts if isinstance(contacts, list) else ():
            if isinstance(contact, dict) and contact.get("id") == contact_id:
                return {"dry_contacts": _worded({**contact, **_typed(contact, changes)})}
        raise ApiPayloadError(endpoint, "the contact is missing")

    return edit


def _typed(before: Mapping[str, Any], changes: Mapping[str, object]) -> dict[str, object]:
    """Keep a number whole where it was whole."""
    return {
        key: round(value) if isinstance(value, float) and type(before.get(key)) is int else value
        for key, value in changes.items()
    }


def _worded(contact: dict[str, Any]) -> dict[str, Any]:
    return {
        key: str(value).lower() if key in _WORDS and isinstance(value, bool) else value
        for key, value in contact.items()
    }
