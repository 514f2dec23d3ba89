"""Edits of objects that the gateway replaces as a whole.

Each function returns the object to send back: unchanged except for the given changes. Numbers and
words keep the type that the gateway uses.
"""

from collections.abc import Callable, Mapping
from typing import Any

from ....api.errors import ApiPayloadError

type Edit = Callable[[Any], object]

# The gateway's own objects contain these as words, and it rejects booleans.
_WORDS = ("override", "manual_override")


def storage_settings(endpoint: str, changes: Mapping[str, object]) -> Edit:
    """Change fields of the tariff's storage settings; the schedule isn't sent back, as the gateway generates it."""

    def edit(payload: Any) -> object:
        tariff = payload.get("tariff") if isinstance(payload, dict) else None
        storage = tariff.get("storage_settings") if isinstance(tariff, dict) else None
        if not isinstance(tariff, dict) or not isinstance(storage, dict):
            raise ApiPayloadError(endpoint, "no storage settings")
        return {"tariff": {**tariff, "storage_settings": {**storage, **_typed(storage, changes)}}}

    return edit


def dry_contact(endpoint: str, contact_id: str, changes: Mapping[str, object]) -> Edit:
    """Change fields of one contact; sending only a part of the object may crash the gateway."""

    def edit(payload: Any) -> object:
        contacts = payload.get("dry_contacts") if isinstance(payload, dict) else None
        for contact in contacts if isinstance(contacts, list) else ():
            if isinstance(contact, dict) and contact.get("id") == contact_id:
                return {"dry_contacts": _worded({**contact, **_typed(contact, changes)})}
        raise ApiPayloadError(endpoint, "the contact is missing")

    return edit


def export_limit(endpoint: str, changes: Mapping[str, object]) -> Edit:
    """Change fields of the dynamic export limit, which an installer commissioned with all the others."""

    def edit(payload: Any) -> object:
        settings = payload.get("dynamic_pel_settings") if isinstance(payload, dict) else None
        if not isinstance(settings, dict) or any(key not in settings for key in changes):
            raise ApiPayloadError(endpoint, "no settings of the export limit")
        if settings.get("export_limit") in (False, "false", "False"):
            raise ApiPayloadError(endpoint, "the limit is one of the production")
        return {**payload, "dynamic_pel_settings": {**settings, **_typed(settings, changes)}}

    return edit


def _typed(before: Mapping[str, Any], changes: Mapping[str, object]) -> dict[str, object]:
    """Keep a number an integer if it was one, and a flag a word."""

    def typed(key: str, value: object) -> object:
        if isinstance(value, float) and type(before.get(key)) is int:
            return round(value)
        return str(value).lower() if isinstance(value, bool) and isinstance(before.get(key), str) else value

    return {key: typed(key, value) for key, value in changes.items()}


def _worded(contact: dict[str, Any]) -> dict[str, Any]:
    return {
        key: str(value).lower() if key in _WORDS and isinstance(value, bool) else value
        for key, value in contact.items()
    }
