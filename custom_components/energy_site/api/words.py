"""A service's words, made safe to show."""

import re

_LONGEST = 200

# E-mail addresses, tokens, DINs, VINs, UUIDs, keys, MAC and IP addresses, phone numbers, places, and the numbers of
# sites and devices.
_PRIVATE = re.compile(
    r"""
    \S*@\S*
    | \beyJ\S*
    | -{5}.*
    | \b([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}\b
    | \b([0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4}\b
    | (?<![\w:])(([0-9A-Fa-f]{0,4}:){3,7}[0-9A-Fa-f]{0,4}|(?=[:]*[0-9A-Fa-f])[0-9A-Fa-f:]*::[0-9A-Fa-f:]*)(?![\w:])
    | \+\d[\d ().-]{6,}\d
    | (?<![\w-])\(?\d{2,4}\)?[ .-]\d{3,4}[ .-]\d{3,4}(?![\w-]|\.\w)
    | \b(?i:bearer)\s+\S+
    | (?<![\w-])\d[\dA-Za-z-]*--[A-Za-z0-9]+
    | (?<![A-Za-z0-9])(?=[A-Za-z]*\d)[A-HJ-NPR-Za-hj-npr-z0-9]{17}(?![A-Za-z0-9])
    | [0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}
    | [0-9A-Fa-f]{12,}
    | (\d{1,3}\.){3}\d{1,3}
    | (?<![\d.])-?\d{1,3}\.\d{3,}(?!\.?\d)
    | \b[A-Za-z]*\d{6,}[A-Za-z0-9]*
    | [A-Za-z0-9_-]{33,}
    """,
    re.VERBOSE,
)


def safe_words(text: object) -> str | None:
    """Return a reason on one line, without what tells whose site it is; `None` for what is no text."""
    if not isinstance(text, str):
        return None
    printable = "".join(mark if mark.isprintable() else " " for mark in text[: 4 * _LONGEST])
    words = _PRIVATE.sub("…", " ".join(printable.split()))
    return words[:_LONGEST].strip() or None
