"""The identity of a gateway in `/info`, the only endpoint without a token."""

from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from .....api.errors import ApiIncompleteError, ApiPayloadError
from .....api.payload import is_code, is_serial

_BEGINNING = b'<?xml version="1.0" encoding="UTF-8"?>'
_ROOT = b"<envoy_info"


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayInfo:
    """The identity of a gateway.

    `software` is the version in the gateway's format, such as D8.3.5169. `time` is its own clock in
    seconds since the epoch. `metered` means that the hardware can measure with current
    transformers, not that any are installed.
    """

    serial: str = field(repr=False)
    part_number: str | None
    software: str
    time: int | None
    metered: bool

    @property
    def firmware(self) -> str:
        """The version without the letter of its branch."""
        return self.software.lstrip("DRdr")

    @property
    def major(self) -> int:
        """The first number of the version, 0 if it has none."""
        head = self.firmware.partition(".")[0]
        return int(head) if len(head) < 5 and head.isascii() and head.isdigit() else 0


def parse_info(endpoint: str, body: bytes) -> GatewayInfo:
    """Read `/info`; raise `ApiPayloadError` if the response isn't a gateway's."""
    # A gateway declares no document type; one that does could overload the parser, and could hide
    # that in an encoding with null bytes.
    if b"<!" in body or b"\0" in body:
        raise ApiPayloadError(endpoint, "not the XML of a gateway")
    try:
        root = ET.fromstring(body)  # noqa: S314 - declarations, the way to attack the parser, are refused above.
    except (ET.ParseError, ValueError, LookupError) as err:
        if _ROOT in body or _BEGINNING.startswith(body.strip()):
            raise ApiIncompleteError(endpoint, "the XML of a gateway without its end") from err
        raise ApiPayloadError(endpoint, "no complete XML") from err
    serial, software = _text(root, "device/sn"), _text(root, "device/software")
    if root.tag != "envoy_info" or serial is None or not is_serial(serial) or software is None:
        raise ApiPayloadError(endpoint, "not the XML of a gateway")
    time, part_number = _text(root, "time"), _text(root, "device/pn")
    return GatewayInfo(
        serial=serial,
        part_number=part_number if part_number and is_code(part_number) else None,
        software=software if is_code(software) else "unknown",
        time=int(time) if time and time.isascii() and time.isdigit() and len(time) < 12 else None,
        metered=_text(root, "device/imeter") == "true",
    )


def _text(root: ET.Element, path: str) -> str | None:
    text = root.findtext(path)
    return text.strip() or None if text else None
