"""Takes out of recordings what tells whose they are, and keeps their shape."""

from collections.abc import Mapping
import json
import re
from typing import Any

# Fields that hold serial numbers, whatever these look like.
_SERIALS = frozenset(
    {
        *("sn", "serial", "serial_num", "serial_number", "serialNumber", "serialNum", "s", "euaid", "generator_id"),
        *("system_id", "site_id"),
    }
)

# Fields whose words are chosen by people, or tell a place or a network.
_PERSONAL = frozenset(
    {
        *(
            "address",
            "bssid",
            "city",
            "essid",
            "latitude",
            "load_name",
            "lat",
            "lon",
            "longitude",
            "name",
            "postal_code",
        ),
        *("site", "site_name", "ssid", "state_code", "street", "timezone", "user", "username", "utility"),
        *("public_name", "system_name", "system_public_name", "reference", "other_references", "enl_uid"),
        *("ip", "ipv4", "ipv6", "mac", "gateway_ip", "hostname", "vendor_data"),
    }
)

# Serial numbers are the only bare numbers of this length: time stamps have ten
# digits, energies a point.
_LONG_NUMBER = re.compile(r"(?<![\d.])\d{11,16}(?![\d.])")
_MAC = re.compile(r"\b(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}\b")
_IPV6 = re.compile(r"(?<![\w:])(?:[0-9A-Fa-f]{0,4}:){3,7}[0-9A-Fa-f]{0,4}(?![\w:])")
_ADDRESS = re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")
_TOKEN = re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*")
_TAG = re.compile(r"<(sn|euaid)>([^<]*)</\1>")

_REDACTED = "**REDACTED**"


class Redactor:
    """Gives every serial number another of the same length, the same one each time."""

    def __init__(self) -> None:
        """Start with no serial number known."""
        self._names: dict[str, str] = {}

    def hide(self, serial: str | None) -> None:
        """Take this serial number out, wherever it stands."""
        if serial:
            self._alias(serial)

    def redact_body(self, text: str) -> str:
        """Return an answer's body: field by field where it is JSON, else as text."""
        try:
            content = json.loads(text)
        except ValueError:
            return self.redact_text(text)
        return json.dumps(self.redact(content))

    def redact(self, value: Any, field: str | None = None) -> Any:
        """Return plain data with everything in it redacted, names of fields included."""
        if field in _PERSONAL and value and not isinstance(value, Mapping | list | tuple):
            return _REDACTED
        match value:
            case Mapping() if field == "address":
                return dict.fromkeys(value, _REDACTED)
            case str() if field in _SERIALS and value:
                return self._alias(value)
            case str():
                return self.redact_text(value)
            case bool():
                return value
            case int() if field in _SERIALS or _LONG_NUMBER.fullmatch(str(value)):
                return int(self._alias(str(value)))
            case Mapping():
                return {self.redact_text(str(key)): self.redact(item, str(key)) for key, item in value.items()}
            case list() | tuple():
                return [self.redact(item, field) for item in value]
        return value

    def redact_text(self, text: str) -> str:
        """Return a text without serial numbers, addresses, tokens and people."""
        text = _TAG.sub(lambda tag: f"<{tag[1]}>{self._alias(tag[2].strip())}</{tag[1]}>", text)
        for serial, name in self._names.items():
            text = text.replace(serial, name)
        text = _TOKEN.sub(_REDACTED, text)
        text = _MAIL.sub(_REDACTED, text)
        text = _MAC.sub("00-00-5E-00-53-00", text)
        text = _IPV6.sub("2001:db8::1", text)
        text = _ADDRESS.sub(_hidden_address, text)
        return _LONG_NUMBER.sub(lambda match: self._alias(match.group()), text)

    def _alias(self, serial: str) -> str:
        if serial in self._names.values():
            return serial
        if serial not in self._names:
            number = len(self._names) + 1
            self._names[serial] = f"99{number:0{max(len(serial) - 2, 1)}d}"
        return self._names[serial]


def _hidden_address(match: re.Match[str]) -> str:
    """Replace an address; version numbers look alike but have a leading zero or a large part."""
    parts = match.group().split(".")
    if any(part != str(int(part)) or int(part) > 255 for part in parts):
        return match.group()
    return "192.0.2.1"
