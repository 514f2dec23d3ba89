"""Text from elsewhere, prepared for display."""

from collections.abc import Mapping
import re

# Characters that begin a link, an image, a tag, a table or emphasis in Markdown.
_MARKUP = re.compile(r"[<>\[\]`*|~\\#]")
_LINK = re.compile(r"(?i)(?<=[a-z]):(?=//)|(?<=\bwww)\.|(?<=mailto):")

_LONGEST = 500


class OwnLink(str):
    """A link that the integration made itself, which stays a link."""

    __slots__ = ()


def in_markdown(placeholders: Mapping[str, str]) -> dict[str, str]:
    """Return placeholders that are shown as plain text, except for own links, when a dialog renders Markdown."""
    return {key: str(text) if isinstance(text, OwnLink) else _words(text) for key, text in placeholders.items()}


def _words(text: str) -> str:
    text = " ".join("".join(mark if mark.isprintable() else " " for mark in text).split())
    text = _LINK.sub(" ", _MARKUP.sub("", text))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def readable(fingerprint: str) -> str:
    """Return the first bytes of a fingerprint, formatted like in browsers."""
    return ":".join(fingerprint[i : i + 2] for i in range(0, min(16, len(fingerprint)), 2)).upper()
