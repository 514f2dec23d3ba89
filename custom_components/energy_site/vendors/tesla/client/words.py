"""Tesla's words, made safe to show."""

import re

_LONGEST = 200

# E-mail addresses, tokens, DINs, VINs, UUIDs, keys, IP addresses, places, and the numbers of sites and devices.
_PRIVATE = re.compile(
    r"""
    \S*@\S*
    | \beyJ\S*
    | \b(?i:bearer)\s+\S+
    | (?<![\w-])\d[\dA-Za-z-]*--[A-Za-z0-9]+
    | (?<![A-Za-z0-9])(?=[A-Za-z]*\d)[A-HJ-NPR-Za-hj-npr-z0-9]{17}(?![A-Za-z0-9])
    | [0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}
    | [0-9A-Fa-f]{12,}
    | (\d{1,3}\.){3}\d{1,3}
    | -?\d{1,3}\.\d{3,}
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
