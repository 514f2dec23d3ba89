"""What an endpoint of the account's services is, and what a change of a setting is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class HeaderFamily(StrEnum):
    """Services that want the same headers."""

    APP = "app"
    BATTERY_CONFIG = "battery_config"
    TARIFF = "tariff"

    @property
    def names_user(self) -> bool:
        """Whether these services want the user's ID in each request."""
        return self is not HeaderFamily.APP


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountEndpoint[T]:
    """One thing to read, at a path with perhaps `{site_id}` in it.

    `by_user` is whether the user's ID belongs in the query.
    """

    name: str
    path: str
    family: HeaderFamily
    parse: Callable[[str, object], T]
    query: Mapping[str, str] = field(default_factory=dict)
    by_user: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountCommand:
    """One thing to change; its answer proves nothing."""

    name: str
    method: str
    path: str
    family: HeaderFamily = HeaderFamily.BATTERY_CONFIG
    query: Mapping[str, str] = field(default_factory=dict)
    by_user: bool = True
