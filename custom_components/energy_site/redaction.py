"""Takes out of recordings what tells whose they are, and keeps their shape."""

from collections.abc import Mapping
import re
from typing import Any

# Serial numbers are the only numbers of this length: time stamps have ten
# digits, energies a point.
_SERIAL = re.compile(r"(?<![\d.])\d{11,16}(?![\d.])")
_MAC = re.compile(r"\b(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}\b")
_ADDRESS = re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")
_TOKEN = re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*")

# Fields whose words are chosen by people, or tell a place.
_PERSONAL = frozenset(
    {"address", "city", "essid", "load_name", "name", "site_name", "ssid", "timezone", "user", "username", "utility"}
)
_PERSONAL_FIELD = re.compile(rf'("(?:{"|".join(sorted(_PERSONAL))})"\s*:\s*)"[^"]*"')

_REDACTED = "**REDACTED**"


class Redactor:
    """Gives every serial number another of the same length, the same one each time."""

    def __init__(self) -> None:
        """Start with no serial number known."""
        self._names: dict[str, str] = {}

    def hide(self, secret: str | None) -> None:
        """Take out this text too, wherever it stands."""
        if secret and not secret.isdigit():
            self._names[secret] = _REDACTED

    def redact_text(self, text: str) -> str:
        """Return a text without serial numbers, addresses, tokens, people and places."""
        for secret, name in self._names.items():
            if not secret.isdigit():
                text = text.replace(secret, name)
        text = _TOKEN.sub(_REDACTED, text)
        text = _PERSONAL_FIELD.sub(r'\1"**REDACTED**"', text)
        text = _MAIL.sub(_REDACTED, text)
        text = _MAC.sub("00:00:5E:00:53:00", text)
        text = _ADDRESS.sub(_hidden_address, text)
        return _SERIAL.sub(lambda match: self._alias(match.group()), text)

    def redact(self, value: Any) -> Any:
        """Return plain data with every text in it redacted, names of fields included."""
        match value:
            case str():
                return self.redact_text(value)
            case Mapping():
                return {
                    self.redact_text(str(key)): _REDACTED if key in _PERSONAL and item else self.redact(item)
                    for key, item in value.items()
                }
            case list() | tuple():
                return [self.redact(item) for item in value]
        return value

    def _alias(self, serial: str) -> str:
        if serial not in self._names:
            number = sum(known.isdigit() for known in self._names) + 1
            self._names[serial] = f"99{number:0{len(serial) - 2}d}"
        return self._names[serial]


def _hidden_address(match: re.Match[str]) -> str:
    """Replace an address; version numbers look alike but have a leading zero or a large part."""
    parts = match.group().split(".")
    if any(part != str(int(part)) or int(part) > 255 for part in parts):
        return match.group()
    return "192.0.2.1"
