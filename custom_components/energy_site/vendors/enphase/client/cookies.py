"""The cookies of one person's session.

A jar of its own, as the library's drops cookies with `Secure` over plain HTTP and those of
an IP address, which a simulator has.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
import re
from typing import Self

from .stored import epoch, moment

_MOST = 64
_LONGEST_NAME = 256
_LONGEST_VALUE = 8192
# A century: a longer life is none that a date can hold.
_LONGEST_LIFE = 3_153_600_000

_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(r"[\x20-\x3a\x3c-\x7e]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cookie:
    """A value as it was sent, and when it ends; `None` with the session."""

    value: str = field(repr=False)
    expires_at: datetime | None = None

    def ended(self, now: datetime) -> bool:
        """Return whether it isn't sent anymore."""
        return self.expires_at is not None and self.expires_at <= now


@dataclass(frozen=True, slots=True)
class Cookies:
    """All cookies of one host by name. Their paths are all of the host."""

    by_name: Mapping[str, Cookie] = field(default_factory=dict, repr=False)

    def received(self, lines: Iterable[str], now: datetime, *, host: str | None = None) -> Self:
        """Return the cookies after an answer with these `Set-Cookie` headers.

        A cookie for a domain that `host` doesn't belong to is dropped; without `host` all are kept.
        """
        by_name = dict(self.by_name)
        for line in lines:
            if (parsed := _parse(line, now, host)) is None:
                continue
            name, cookie = parsed
            by_name.pop(name, None)
            if not cookie.ended(now) and len(by_name) < _MOST:
                by_name[name] = cookie
        return self if by_name == self.by_name else replace(self, by_name=by_name)

    def headers(self, now: datetime) -> dict[str, str]:
        """Return the `Cookie` header, nothing if there is nothing to send."""
        sent = [f"{name}={cookie.value}" for name, cookie in self.by_name.items() if not cookie.ended(now)]
        return {"Cookie": "; ".join(sent)} if sent else {}

    def get(self, name: str, now: datetime) -> str | None:
        """Return a cookie's value, `None` if it is empty, ended or missing."""
        cookie = self.by_name.get(name)
        return cookie.value or None if cookie is not None and not cookie.ended(now) else None

    def with_value(self, name: str, value: str) -> Self:
        """Return the cookies with one more, which ends with the session; as they are if it can't be sent."""
        if not _can_be_sent(name, value):
            return self
        return replace(self, by_name={**self.by_name, name: Cookie(value=value)})

    def as_dict(self) -> dict[str, list[object]]:
        """Return them for a private store: by name the value, and the seconds since the epoch when it ends."""
        return {name: [cookie.value, epoch(cookie.expires_at)] for name, cookie in self.by_name.items()}

    @classmethod
    def restore(cls, data: object) -> Self:
        """Return stored cookies, without those that can't be read."""
        by_name: dict[str, Cookie] = {}
        for name, stored in data.items() if isinstance(data, dict) else ():
            match stored:
                case [str() as value, end] if _can_be_sent(name, value):
                    by_name[name] = Cookie(value=value, expires_at=moment(end))
        return cls(by_name)


def _parse(line: str, now: datetime, host: str | None) -> tuple[str, Cookie] | None:
    pair, *rest = line.split(";")
    name, equals, value = (part.strip() for part in pair.partition("="))
    attributes = {
        key.strip().lower(): said.strip() for key, _, said in (attribute.partition("=") for attribute in rest)
    }
    if not equals or not _can_be_sent(name, value):
        return None
    domain = attributes.get("domain", "").lower().removeprefix(".")
    if host is not None and domain and host != domain and not host.endswith(f".{domain}"):
        return None
    return name, Cookie(value=value, expires_at=_end(attributes, now))


def _can_be_sent(name: object, value: str) -> bool:
    return (
        isinstance(name, str)
        and len(name) <= _LONGEST_NAME
        and len(value) <= _LONGEST_VALUE
        and _NAME.fullmatch(name) is not None
        and _VALUE.fullmatch(value) is not None
    )


def _end(attributes: Mapping[str, str], now: datetime) -> datetime | None:
    """Return when a cookie ends; the number of seconds counts more than the date."""
    try:
        seconds = int(attributes["max-age"][:20])
    except KeyError, ValueError:
        return _date(attributes.get("expires"))
    return now + timedelta(seconds=max(0, min(seconds, _LONGEST_LIFE)))


def _date(text: str | None) -> datetime | None:
    if not text or len(text) > 60:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except ArithmeticError, LookupError, TypeError, ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
