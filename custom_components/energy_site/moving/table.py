"""What the tables of other integrations consist of: which of their entities becomes which of ours."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
import re
from types import MappingProxyType
from typing import Any, NamedTuple

from homeassistant.config_entries import ConfigEntry
from homeassistant.loader import Integration

_NONE: Mapping[str, str] = MappingProxyType({})
_PARTS = re.compile(r"(?P<serial>[^_]+)(?:_(?P<key>.+))?")


class Alteration(StrEnum):
    """What is different about a value after the move. The texts are in the translations."""

    # Both have it from different places, so that they may differ for a moment.
    SOURCE = "source"
    # It counts the same energy from a different start, or with another method.
    REGISTER = "register"
    WORDS = "words"
    # It measures something else than before, as the text of the table's page says.
    MEANING = "meaning"
    # A counter of this day becomes a counter of this day.
    TODAY = "today"
    # Long-term statistics recorded sums so far, and average values from now on.
    SUM_TO_MEAN = "sum_to_mean"


@dataclass(frozen=True, slots=True, kw_only=True)
class Becomes:
    """One of our keys, which an old entity becomes.

    It is a value of the site, or of the device with the old entity's serial number, if `of_unit`. It is
    the same without `change`. `changed_beside` names a key of ours: only a site that has it changes
    anything. The entity is left alone where ours has the key `not_beside`, or the old integration the
    site's key `not_with`. `words` leads from old states to ours where they differ.
    """

    key: str
    of_unit: bool = False
    change: Alteration | None = None
    changed_beside: str | None = None
    not_beside: str | None = None
    not_with: str | None = None
    words: Mapping[str, str] = field(default=_NONE)


class OldName(NamedTuple):
    """What an old unique ID says: the serial number of a device, `None` for the site itself, and the key."""

    serial: str | None
    key: str


type Rows = Mapping[tuple[str, str], Becomes]


@dataclass(frozen=True, slots=True, kw_only=True)
class OldIntegration:
    """Another integration for the same systems.

    `is_run_by` tells it from others of the same `domain` by the code that Home Assistant loads. `sites`
    returns the unique IDs that an entry of ours for the same system may have, of an old entry and the
    identifiers of its devices. `read` takes an old unique ID apart. `site_rows` and `unit_rows` are by
    platform and key, which a colon and the device class may follow. An entry that `holds_more` than one
    site, such as vehicles, goes on without this one. `warning` is a text about all of its values.
    """

    domain: str
    site_rows: Rows
    unit_rows: Rows
    sites: Callable[[ConfigEntry[Any], Iterable[str]], Iterable[str]]
    read: Callable[[str, str], OldName | None]
    is_run_by: Callable[[Integration, ConfigEntry[Any]], bool] = lambda _, __: True
    holds_more: Callable[[ConfigEntry[Any], Iterable[str]], bool] = lambda _, __: False
    warning: str | None = None


def read_by_prefix(unique_id: str, site: str) -> OldName | None:
    """Read `<site>_<key>`, `<serial>_<key>` and a bare serial number."""
    if (match := _PARTS.fullmatch(unique_id)) is None:
        return None
    serial, key = match["serial"], match["key"] or ""
    return OldName(None if serial == site else serial, key)


def changed(key: str, change: Alteration, **conditions: Any) -> Becomes:
    """Return the target of an entity that shows something slightly different."""
    return Becomes(key=key, change=change, **conditions)


def rows(platform: str, becomes: Mapping[str, Becomes | str]) -> dict[tuple[str, str], Becomes]:
    """Return the rows of one platform; a bare key is the same value."""
    return {
        (platform, old): Becomes(key=target) if isinstance(target, str) else target for old, target in becomes.items()
    }


def unit_rows(platform: str, becomes: Mapping[str, Becomes | str]) -> dict[tuple[str, str], Becomes]:
    """Return the rows of one platform whose targets are values of devices; a bare key is the same value."""
    return {
        (platform, old): Becomes(key=target, of_unit=True) if isinstance(target, str) else target
        for old, target in becomes.items()
    }


def by_phase(becomes: Mapping[str, str], change: Alteration | None = None) -> dict[str, Becomes]:
    """Return the three phases of some keys."""
    return {
        f"{old}_l{phase}": Becomes(key=f"{key}_l{phase}", change=change)
        for old, key in becomes.items()
        for phase in (1, 2, 3)
    }
