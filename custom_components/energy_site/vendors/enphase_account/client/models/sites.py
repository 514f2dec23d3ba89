"""The systems of an account."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from .....api.errors import ApiPayloadError
from .....api.payload import Record, records
from .common import serial

_LISTS = ("sites", "data", "items", "systems")
_IDS = ("id", "site_id", "siteId", "system_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedSite:
    """A system by its ID, and the name that its owner gave it."""

    site_id: str = field(repr=False)
    title: str | None = field(repr=False)


def parse_sites(endpoint: str, payload: object) -> tuple[ListedSite, ...]:
    """Read a list of systems, each once; an account that has one may get an empty list."""
    found: dict[str, ListedSite] = {}
    for item in _listed(endpoint, payload):
        site_id = next((each for key in _IDS if (each := serial(item, key)) is not None), None)
        if site_id is not None and site_id not in found:
            found[site_id] = ListedSite(site_id=site_id, title=item.name_or_none("title") or item.name_or_none("name"))
    return tuple(found.values())


def _listed(endpoint: str, payload: object) -> Iterable[Record]:
    if isinstance(payload, list):
        return records(endpoint, payload)
    root = Record(endpoint, payload)
    for key in _LISTS:
        if isinstance(root.value(key), list):
            return root.records(key)
    raise ApiPayloadError(endpoint, "no list of systems")
