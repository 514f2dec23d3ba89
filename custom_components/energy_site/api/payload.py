"""Readers for payloads that may contain anything.

A required field that is missing or of a different type raises an `ApiPayloadError` with the
endpoint's name. An optional one is then `None`: gateways send words such as "unknown" instead of a
number.
"""

from collections.abc import Callable, Iterable, Iterator
import logging
import math
import re
from typing import Any

from .errors import ApiPayloadError

_LOGGER = logging.getLogger(__name__)


# No quantity of a home comes close to this in any of the units used.
_LARGEST = 1e15

_LARGEST_IDENTIFIER = 10**18

_SERIAL = re.compile(r"(?!.*[A-Za-z0-9]{33})[A-Za-z0-9-]{1,64}")

# A part number, a version, a model or a vendor's own word; no part of it is long.
_CODE = re.compile(r"(?!.*[A-Za-z0-9]{33})[A-Za-z0-9][A-Za-z0-9 ._,/()+-]{0,95}")

# An address, a location or a key isn't a code, though it may look like one.
_NO_CODE = re.compile(
    r"\beyJ|(?i:\b(bearer|basic)\s)|[0-9A-Fa-f]{12,}|(?<![\w.])([0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4}(?![\w.])"
    r"|(?<![\w.-])((25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?![\w.-])"
    r"|\d\.\d{3,}\s*[,/ ]\s*-?\d{1,3}\.\d{3,}|\d{2,4} \d{3,4}[ -]\d{3,4}"
)

_CURRENCY = re.compile(r"[A-Z]{3}")

# Devices and systems have no longer names, and no token is longer than this.
_LONGEST_NAME = 64
_LONGEST_TEXT = 8192

# Text that looks like a key, an address, a phone number, a location or a link isn't the name of a
# circuit or a roof.
_NO_NAME = re.compile(
    r"@|://|\beyJ|-----|(?i:\bbearer\b)|[<>]|[0-9A-Fa-f]{12,}|([0-9A-Fa-f]{2}[:-]){5}|\d[\d ().-]{8,}\d|\d\.\d{3,}"
    r"|(\d{1,3}\.){3}\d|::|([0-9A-Fa-f]{1,4}[:.]){2}[0-9A-Fa-f]{4}"
)


def is_serial(text: str) -> bool:
    """Return whether a text can be a serial number."""
    return _SERIAL.fullmatch(text) is not None


def is_code(text: str) -> bool:
    """Return whether a text can be a part number, a version or another word that isn't chosen by a user."""
    return _CODE.fullmatch(text) is not None and not _NO_CODE.search(text)


class Record:
    """A JSON object of a response, read field by field."""

    __slots__ = ("_fields", "endpoint")

    def __init__(self, endpoint: str, value: object) -> None:
        """Accept a JSON object; raise `ApiPayloadError` for anything else."""
        if not isinstance(value, dict):
            raise ApiPayloadError(endpoint, f"an object expected, not {_kind(value)}")
        self._fields: dict[str, Any] = value
        self.endpoint = endpoint

    def __contains__(self, key: str) -> bool:
        """Return whether the field was sent at all."""
        return key in self._fields

    def __bool__(self) -> bool:
        """Return whether any field was sent."""
        return bool(self._fields)

    def items(self) -> Iterable[tuple[str, object]]:
        """Return all fields as sent."""
        return self._fields.items()

    def value(self, key: str) -> object:
        """Return a field as sent, `None` if it is missing."""
        return self._fields.get(key)

    def number(self, key: str) -> float:
        """Return a required number."""
        return self._required(key, self.number_or_none(key))

    def number_or_none(self, key: str) -> float | None:
        """Return a number, `None` for anything else, including text, infinities and flags."""
        return _number(self._fields.get(key))

    def integer(self, key: str) -> int:
        """Return a required whole number."""
        return self._required(key, self.integer_or_none(key))

    def integer_or_none(self, key: str) -> int | None:
        """Return a whole number, even if it was sent as a string of digits."""
        value = self._fields.get(key)
        if isinstance(value, str) and len(value) < 20 and value.isascii() and value.isdigit():
            return int(value)
        number = self.number_or_none(key)
        return None if number is None else int(number)

    def text(self, key: str) -> str:
        """Return a required, non-empty string."""
        return self._required(key, self.text_or_none(key))

    def text_or_none(self, key: str) -> str | None:
        """Return a string, `None` if it is missing, empty, too long or not printable."""
        value = self._fields.get(key)
        return value if isinstance(value, str) and 0 < len(value) <= _LONGEST_TEXT and value.isprintable() else None

    def code_or_none(self, key: str) -> str | None:
        """Return a part number, a version or a vendor's own word, `None` for anything else."""
        value = self.text_or_none(key)
        return value if value is not None and is_code(value) else None

    def currency_or_none(self, key: str) -> str | None:
        """Return an ISO 4217 code, `None` for anything else."""
        value = self._fields.get(key)
        return value if isinstance(value, str) and _CURRENCY.fullmatch(value) else None

    def name_or_none(self, key: str) -> str | None:
        """Return a name chosen by a user, shortened and on one line, `None` if it doesn't look like a name."""
        value = self._fields.get(key)
        if not isinstance(value, str):
            return None
        printable = "".join(mark if mark.isprintable() else " " for mark in value[: 4 * _LONGEST_NAME])
        name = " ".join(printable.split())[:_LONGEST_NAME].strip()
        return name if name and not _NO_NAME.search(name) else None

    def flag_or_none(self, key: str) -> bool | None:
        """Return a flag, even if it was sent as a word."""
        match self._fields.get(key):
            case bool() as flag:
                return flag
            case "true" | "True":
                return True
            case "false" | "False":
                return False
        return None

    def identifier(self, key: str) -> str:
        """Return a required identifier of letters, digits and hyphens, even if it was sent as a number."""
        return self._required(key, self.identifier_or_none(key))

    def identifier_or_none(self, key: str) -> str | None:
        """Return an identifier, `None` if it is missing or looks like something else."""
        value = self._fields.get(key)
        if isinstance(value, int) and not isinstance(value, bool) and 0 < value < _LARGEST_IDENTIFIER:
            return str(value)
        return value if isinstance(value, str) and is_serial(value) else None

    def expect(self, *keys: str) -> None:
        """Raise `ApiPayloadError` if the object has fields, but none of these."""
        if self._fields and not any(key in self._fields for key in keys):
            raise ApiPayloadError(self.endpoint, f"none of the fields {', '.join(keys)}")

    def record(self, key: str) -> Record:
        """Return a required object."""
        return Record(self.endpoint, self._fields.get(key))

    def record_or_empty(self, key: str) -> Record:
        """Return an object, an empty one if it is missing or something else."""
        value = self._fields.get(key)
        return Record(self.endpoint, value if isinstance(value, dict) else {})

    def records(self, key: str) -> Iterator[Record]:
        """Return the objects of a list; any other items are dropped."""
        value = self._fields.get(key)
        return _objects(self.endpoint, value if isinstance(value, list) else [])

    def required_records(self, key: str) -> Iterator[Record]:
        """Return the objects of a required list; any other items are dropped."""
        value = self._fields.get(key)
        return _objects(self.endpoint, self._required(key, value if isinstance(value, list) else None))

    def all_records(self, key: str, most: int) -> Iterator[Record]:
        """Return the objects of an optional list of up to `most`, none of which may be left out.

        Raise `ApiPayloadError` for anything else, at the latest when it is reached.
        """
        value = self._fields.get(key)
        items = [] if value is None else value
        if not isinstance(items, list) or len(items) > most:
            raise ApiPayloadError(self.endpoint, f"field {key} isn't a list of up to {most} items")
        return (Record(self.endpoint, item) for item in items)

    def numbers(self, key: str) -> tuple[float | None, ...]:
        """Return a required list of numbers; items that aren't numbers become `None`."""
        value = self._fields.get(key)
        items = self._required(key, value if isinstance(value, list) else None)
        return tuple(_number(item) for item in items)

    def texts(self, key: str) -> tuple[str, ...]:
        """Return the words of a list; any other items are dropped."""
        value = self._fields.get(key)
        items = value if isinstance(value, list) else []
        return tuple(item for item in items if isinstance(item, str) and is_code(item))

    def _required[T](self, key: str, value: T | None) -> T:
        if value is None:
            raise ApiPayloadError(self.endpoint, f"field {key} is missing or of another type")
        return value


def records(endpoint: str, value: object) -> Iterator[Record]:
    """Return the objects of a response that is a list.

    Raise `ApiPayloadError` if it isn't one: gateways under load respond with `{"error": ...}`
    instead.
    """
    if not isinstance(value, list):
        raise ApiPayloadError(endpoint, f"a list expected, not {_kind(value)}")
    return _objects(endpoint, value)


def parse_each[T](items: Iterable[Record], parse: Callable[[Record], T]) -> tuple[T, ...]:
    """Parse each item, dropping only those that cannot be read."""
    parsed: list[T] = []
    for item in items:
        try:
            parsed.append(parse(item))
        except ApiPayloadError as err:
            _LOGGER.debug("Dropped an item of a list: %s", err)
    return tuple(parsed)


def as_sent(_: str, payload: object) -> object:
    """Return a response unchanged."""
    return payload


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) and abs(number) < _LARGEST else None


def _objects(endpoint: str, items: list[Any]) -> Iterator[Record]:
    return (Record(endpoint, item) for item in items if isinstance(item, dict))


def _kind(value: object) -> str:
    return "nothing" if value is None else type(value).__name__
