"""The application as the Fleet API of a region knows it."""

from dataclasses import dataclass, field
import re

from .....api.errors import ApiPayloadError
from .....api.payload import Record

# An uncompressed point of prime256v1 has 65 bytes, a compressed one 33.
_PUBLIC_KEY = re.compile(r"[0-9A-Fa-f]{66,130}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerAccount:
    """A registration: `public_key` is the point that Tesla read at the domain, as hexadecimal digits.

    It is `None` where the answer doesn't have it.
    """

    public_key: str | None = field(repr=False)


def parse_partner_account(endpoint: str, payload: object) -> PartnerAccount:
    """Read the answer to a registration."""
    return PartnerAccount(public_key=_public_key(Record(endpoint, payload)))


def parse_public_key(endpoint: str, payload: object) -> str:
    """Read `partner_accounts/public_key`: the point that was registered, as hexadecimal digits."""
    if (key := _public_key(Record(endpoint, payload))) is None:
        raise ApiPayloadError(endpoint, "field public_key is missing or no key")
    return key


def _public_key(root: Record) -> str | None:
    text = root.text_or_none("public_key") or ""
    return text.casefold() if _PUBLIC_KEY.fullmatch(text) else None
