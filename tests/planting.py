"""Secrets to be put into whatever a system answers, and what others read of it."""

from collections.abc import Callable
from typing import Any

import pytest

from custom_components.energy_site.const import DOMAIN
from homeassistant.core import Event, HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.json import json_dumps

SECRETS = {
    "email": "anna.muster@example.com",
    "token": "eyJraWQiOiI3ZDEwMDA1ZC0.eyJhdWQiOiIxMjIwMTMwMDAwMDAi.c2lnbmF0dXJlLW9mLWl0",
    "bearer": "Bearer 3f9aPlantedKey",
    "pem": "-----BEGIN PRIVATE KEY----- MIIPlantedKey -----END PRIVATE KEY-----",
    "hex": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822c",
    "mac": "AC:DE:48:13:57:9B",
    "mac without separators": "ACDE4813579B",
    "mac with dots": "acde.4813.579b",
    "address": "10.47.11.208",
    "ipv6": "fe80::1c2d:aff:fe13:579b",
    "place": "48.13743, 11.57549",
    "phone": "+49 89 5551 3579",
    "american phone": "(415) 555-2671",
    "street": "Musterstraße 17",
    "password": "correct-horse!battery",
}

# What a system is known by, and what decides which devices there are.
STRUCTURE = {"sn", "serial_num", "serialNumber", "serial_number", "type", "devName", "devname", "eid", "id"}
STRUCTURE |= {"measurementType", "state", "reportType", "timezone", "status", "source", "config_type", "config_phase"}

# An owner may call a circuit what they like, and a MAC address without separators looks like a serial number.
NAMES = {"load_name", "manufacturer", "model"}
FREE_WORDS = {"street", "password"}
LIKE_SERIALS = {"mac without separators"}

ROWS = 12


def planted(secret: str, spared: set[str]) -> Callable[[Any], Any]:
    """Return what puts a secret into every text but those of spared fields, and beside every field, of a payload.

    Of rows that are all of a kind, such as a day's intervals, the first ones get more fields.
    """
    extra = {"x-note": secret, "Owner_eMail": secret, "macAddr": secret, "deviceSN2": secret, "misc": [secret]}

    def plant(value: Any, field: str = "", *, more: bool = True) -> Any:
        match value:
            case dict():
                filled = {key: plant(item, key, more=more) for key, item in value.items()}
                return {**filled, **extra} if more and field != "units" else filled
            case list():
                return [plant(item, field, more=more and number < ROWS) for number, item in enumerate(value)]
            case str() if field not in spared:
                return secret
        return value

    return plant


def told(hass: HomeAssistant, events: list[Event[Any]], log: pytest.LogCaptureFixture) -> dict[str, str]:
    """Return what others read, by the way they read it."""
    return {
        "log": "\n".join(
            f"{record.getMessage()} {record.exc_text}"
            for record in log.records
            # The tests' stand-in for the storage logs what is written.
            if not record.name.startswith("pytest_")
        ),
        "states": json_dumps([state.as_dict() for state in hass.states.async_all()]),
        "repairs": repr([issue for issue in ir.async_get(hass).issues.values() if issue.domain == DOMAIN]),
        "events": repr([event.as_dict() for event in events]),
    }
