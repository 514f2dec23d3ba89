"""Removes identifying data from responses, and keeps their shape."""

from collections.abc import Callable, Mapping
from enum import Enum
import json
import re
from typing import Any, Final

from .harmless import Vocabulary
from .personal_fields import is_made, is_measured, is_personal, is_serial, names_something

_REDACTED: Final = "**REDACTED**"

_SECRETS = (
    re.compile(r"[^\s@]+@[^\s@]+"),
    re.compile(r"\beyJ[\w-]{5,}"),
    re.compile(r"(?i)\b(bearer|basic)\s+\S+"),
    re.compile(r"-----\s*(BEGIN|END)"),
    re.compile(r"-?\d{1,3}[.,]\d{3,}\s*[,;/ ]\s*-?\d{1,3}[.,]\d{3,}"),
    re.compile(r"(?<![\d.])-?\d{1,3}\.\d{2,}°?\s*[,;/| ]\s*-?\d{1,3}\.\d{2,}(?![\d.])"),
    re.compile(
        r"(?i)(?<![a-z])[ns] ?\d{1,2}[.,°] ?\d{2,}|(?<![\d.])\d{1,2}(?:[.,]\d{2,}°?|°[\d .'\u2032\"\u2033]*) ?[ns](?![a-z])"
    ),
    re.compile(
        r"\+\d[\d ().-]{6,}\d|(?<![\w-])\(?\d{2,4}\)?[ .-]\d{3,4}[ .-]\d{3,4}(?![\w.-])|"
        r"(?<![\w.-])\d{3}[ -]\d{4}(?![\w.-])|\b0\d{2,4}[ /]\d{4,8}\b"
    ),
)
_SEPARATED_MAC = re.compile(r"(?i)(?<![0-9a-f])([0-9a-f]{2}[:-]){5}[0-9a-f]{2}(?![0-9a-f])")
_DOTTED_MAC = re.compile(r"(?i)(?<![0-9a-f.])([0-9a-f]{4}\.){2}[0-9a-f]{4}(?![0-9a-f.])")
_IPV6 = re.compile(
    r"(?<![\w:])(?:(?:[0-9A-Fa-f]{0,4}:){3,7}[0-9A-Fa-f]{0,4}|(?=[:\d]*[0-9A-Fa-f])[0-9A-Fa-f:]*::[0-9A-Fa-f:]*)(?![\w:])"
)
_IPV4 = re.compile(r"(?<![\w.-])(?:\d{1,3}\.){3}\d{1,3}(?![\w.-])")
_MAC, _ADDRESS, _ADDRESS_6 = "00-00-5E-00-53-00", "192.0.2.1", "2001:db8::1"
_STAND_INS = re.compile("|".join([*map(re.escape, (_MAC, _ADDRESS, _ADDRESS_6)), r"99\d+"]))

# Serial numbers are the only bare numbers of this length: energies have a decimal point, and times
# in seconds have ten digits. The latest time is in 2033: US phone numbers, which have ten digits as
# well, start with a 2 or more.
_LONG_NUMBER = re.compile(r"(?<!\d)(?<!\d\.)\d{10,}(?!\.?\d)")
_LATEST_MOMENT = 2_000_000_000
_SHORTEST_ID = 5
# In text, a number with as many digits as a phone number that isn't a date such as 20260801.
_CALLABLE = re.compile(r"(?<![\w.-])(?!(?:19|20)\d{6}(?!\d))\d{7,9}(?![\w.-])")

_MARKUP = re.compile(r"<(/?)([A-Za-z][\w.:-]{0,40})([^<>]*?)(/?)>([^<]*)")
_ATTRIBUTE = re.compile(r"([A-Za-z][\w.:-]{0,40})\s*=\s*[\"']([^\"']*)[\"']")
_FIELD_NAME = re.compile(r"[\w ./:()%-]{1,80}")


class Redactor:
    """Replaces what isn't known to be harmless; a serial number is always replaced by the same pseudonym."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        """Start without any known serial number, for responses of a vendor with this vocabulary."""
        self.vocabulary = vocabulary
        self._names: dict[str, str] = {}
        self._stand_ins: set[str] = set()
        # Long bare numbers are found without a pattern for each.
        self._spelled: dict[str, re.Pattern[str]] = {}

    def hide(self, *secrets: object) -> None:
        """Hide these serial numbers, names and keys wherever they appear, including those within mappings."""
        for secret in secrets:
            if isinstance(secret, Mapping):
                self.hide(*secret.values())
            elif isinstance(secret, str) and secret:
                self._alias(secret)

    def redact(self, value: Any) -> Any:
        """Return plain data with everything in it redacted, including the names of fields."""
        self._learn(value, "")
        return self._redacted(value, "")

    def _learn(self, value: Any, field: str) -> None:
        """Collect all serial numbers before the first field is redacted, as some of them are names of fields."""
        match value:
            case Mapping():
                for key, item in value.items():
                    self._learn(item, str(key))
            case list() | tuple():
                for item in value:
                    self._learn(item, field)
            case str() if value and is_serial(field):
                self._alias(value)

    def _redacted(self, value: Any, field: str) -> Any:
        serial, personal = is_serial(field), is_personal(field, self.vocabulary.fields)
        match value:
            case None | bool() | "":
                return value
            case Mapping():
                inner = self._within(field if personal else "")
                return {self._key(str(key)): inner(item, str(key)) for key, item in value.items()}
            case list() | tuple() | set() | frozenset():
                return [self._redacted(item, field) for item in value]
            case Enum():
                return value.value
            case str() | int() if serial:
                return self._stand_in(value)
            case _ if personal or serial:
                return _REDACTED
            case str():
                return self._string(value, field)
            case int() if str(value) in self._names or _is_identifier(field, value):
                return self._stand_in(value)
            case int() | float():
                return value
        return _REDACTED

    def redact_text(self, text: str) -> str:
        """Return a response body redacted: field by field if it is JSON or markup, otherwise as a whole."""
        try:
            return json.dumps(self.redact(json.loads(text)))
        except ValueError, RecursionError:
            pass
        if not text.lstrip().startswith("<"):
            return self._string(text)
        return "".join(self._element(*match.groups()) for match in _MARKUP.finditer(text))

    def _within(self, personal: str) -> Callable[[Any, str], Any]:
        """Return the function to redact the content of a field: all of it if the field is personal."""
        return (lambda item, _: self._redacted(item, personal)) if personal else self._redacted

    def _element(self, closes: str, tag: str, attributes: str, empty: str, text: str) -> str:
        kept = "".join(f' {key}="{self._redacted(value, key)}"' for key, value in _ATTRIBUTE.findall(attributes))
        space = text[: len(text) - len(text.lstrip())]
        words = text.strip()
        shown = self._redacted(words, "" if closes else tag) if words else ""
        return f"<{closes}{tag}{kept}{empty}>{space}{shown}"

    def _string(self, text: str, field: str = "") -> str:
        for secret, pattern in self._spelled.items():
            if secret in text:
                text = pattern.sub(self._names[secret], text)
        if any(pattern.search(text) for pattern in _SECRETS):
            return _REDACTED
        text = _DOTTED_MAC.sub(_MAC, _SEPARATED_MAC.sub(_MAC, text))
        text = _IPV6.sub(_ADDRESS_6, text)
        text = _IPV4.sub(_hidden_address, text)
        text = _LONG_NUMBER.sub(lambda match: self._long_number(match.group()), text)
        rest = _STAND_INS.sub(lambda match: self._without(match.group()), text)
        made = is_made(field)
        if not made and not is_measured(field) and _CALLABLE.search(rest):
            return _REDACTED
        return text if self.vocabulary.is_harmless(rest, made=made) else _REDACTED

    def _without(self, word: str) -> str:
        return " " if word in self._stand_ins or word in (_MAC, _ADDRESS, _ADDRESS_6) else word

    def _key(self, key: str) -> str:
        if not _FIELD_NAME.fullmatch(key) or any(pattern.search(key) for pattern in _SECRETS):
            return _REDACTED
        if key in self._names:
            return self._names[key]
        key = _IPV4.sub(_hidden_address, _SEPARATED_MAC.sub(_MAC, key))
        return _LONG_NUMBER.sub(lambda match: self._long_number(match.group()), key)

    def _long_number(self, digits: str) -> str:
        return digits if int(digits[:20]) <= _LATEST_MOMENT else self._alias(digits)

    def _stand_in(self, value: str | int) -> str | int:
        return int(self._alias(str(value))) if isinstance(value, int) else self._alias(value)

    def _alias(self, serial: str) -> str:
        if serial in self._stand_ins:
            return serial
        if serial not in self._names:
            name = f"99{len(self._names) + 1:0{max(len(serial) - 2, 1)}d}"
            self._names[serial] = name
            self._stand_ins.add(name)
            if not _LONG_NUMBER.fullmatch(serial):
                self._spelled[serial] = re.compile(rf"(?<![A-Za-z0-9]){re.escape(serial)}(?![A-Za-z0-9])")
        return self._names[serial]


def _is_identifier(field: str, value: int) -> bool:
    """Return whether a number is an identifier, because of its field or because no measurement is that long."""
    if len(str(abs(value))) >= _SHORTEST_ID and names_something(field):
        return True
    return abs(value) > _LATEST_MOMENT and not is_measured(field)


def _hidden_address(match: re.Match[str]) -> str:
    """Replace an IP address; version numbers look alike, but have a leading zero or a large part."""
    parts = match.group().split(".")
    if any(part != str(int(part)) or int(part) > 255 for part in parts):
        return match.group()
    return _ADDRESS
