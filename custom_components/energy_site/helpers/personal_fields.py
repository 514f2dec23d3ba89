"""Recognizes fields with personal data, locations, network addresses or access codes by their names."""

import re
from typing import Final

# Parts of names that count on their own: in `homeCity` or `wifi_mac`, not in `capacity` or `machine`.
_WORDS: Final = (
    "account addr alias auth authorization bearer bssid cert city company country county cookie credential dns euaid "
    "family fax geo gps holder host imei imsi installer ip ipv4 ipv6 jwt key label lat latitude lng location lon "
    "longitude mac mail mobile mpan mprn name nickname nmi occupant otp owner pem person phone pin place postal "
    "private psk pwd reference references region resident session site ssid subnet surname tel tenant town "
    "tz uid uri url user utility uuid vendor vin wpa zip "
)
_PARTS: Final = frozenset(_WORDS.split())

# Parts that count anywhere in a name, however it is written.
_WITHIN = re.compile(
    r"accountid|accountn|addr|altitude|apartment|apikey|authoriz|bearer|birth|bssid|certificate|community|company|"
    r"contact(?!s$|or)|cookie|coord|country|county|credential|customer|email|employ|essid|facsimile|fingerprint|"
    r"firstname|fullname|geohash|geoloc|gpsl|gpsp|guest|hostname|housen|houseno|iccid|installer|ipv[46]|label|"
    r"lastname|latit|licen[cs]e|longit|mailb|meterpoint|mobilen|nickname|occupant|owner|passc|passk|passp|passw|"
    r"person|phone|pincode|pinn|plusc|position|postal|postb|postc|postleit|psk|pwd|resident|secret|sitename|ssid|"
    r"strasse|straße|street|suburb|surname|tenant|timezone|token|user|what3|whatsapp|wpa(?:[23]|key|p|$)|zip"
)
_AT_THE_END = re.compile(
    r"(?:(?<!product)(?<!dev)(?<!file)name|pin|mac|(?<!mode)(?<!type)keys?|uuid|"
    r"(?:home|my|site)city|(?:access|alarm|door|entry|gate|lock|security|unlock)code|"
    r"(?:device|gateway|host|lan|local|public|router|wan|wifi)ip|(?:gps|home|house|site)(?:lat|lng|lon|loc))$"
)

# Fields with such names that contain something else, such as a relay's contact and its state, or a
# rating plate.
_IMPERSONAL: Final = frozenset({"authenabled", "filename", "isauth", "productname", "siteid", "tokenexpires"})
_HARDWARE = re.compile(r"drycontacts?|nameplate")

_SERIAL_PARTS: Final = frozenset({"sn", "serial", "serials", "serialnum", "serialnumber", "serialnumbers", "euaid"})
_SERIAL_FIELDS: Final = frozenset({"s", "siteid", "systemid", "deviceid", "generatorid", "gatewayid", "envoyid"})
_SERIAL = re.compile(r"serial(?:s|n|$)")

# Measurements, counters, and registers of the hardware, in which long numbers identify nobody.
_MEASURED = re.compile(
    r"joule|watt|energy|power|demand|vah|varh|current|volt|freq|lifetime|capacity|produc|consum|flags|eid$|"
    r"^cap$|^c[ht](?:con|ctf|obs)$"
)
_WH = frozenset({"wh", "w", "mw", "mva", "kwh"})

# Built-in, purchased or installed items, whose names mix letters and digits.
_MADE = re.compile(
    r"firmware|fw|software|version|vers?$|part|assembly|model|sku|release|build|^(?:pn|ptpn|type)$|type$|mode$"
)

_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+\d*|\d+")
_ID = re.compile(r"(?<![aeluv])(?<!gr)id$")


def _parts(field: str) -> set[str]:
    return {part.lower() for part in _PART.findall(field)}


def _plain(field: str) -> str:
    return "".join(mark for mark in field.lower() if mark.isalnum())


def is_serial(field: str) -> bool:
    """Return whether a field contains a serial number, or several."""
    plain = _plain(field)
    return bool(_parts(field) & _SERIAL_PARTS) or plain in _SERIAL_FIELDS or _SERIAL.search(plain) is not None


def is_personal(field: str, impersonal: frozenset[str]) -> bool:
    """Return whether a field contains data that others must not see, whatever its type.

    `impersonal` are the vendor's fields that only sound like it.
    """
    plain = _plain(field)
    if plain in _IMPERSONAL or plain in impersonal:
        return False
    bare = _HARDWARE.sub("", plain)
    if _WITHIN.search(bare) or _AT_THE_END.search(bare):
        return True
    return bare == plain and bool((_parts(field) | {plain}) & _PARTS)


def names_something(field: str) -> bool:
    """Return whether a field's number is an identifier."""
    return "id" in _parts(field) or _ID.search(_plain(field)) is not None


def is_measured(field: str) -> bool:
    """Return whether a field's number is measured or counted."""
    return bool(_parts(field) & _WH) or _MEASURED.search(_plain(field)) is not None


def is_made(field: str) -> bool:
    """Return whether a field contains a version, a part number or a type."""
    return _MADE.search(_plain(field)) is not None
