"""The integration's entities as Home Assistant registered them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

DOMAIN = "energy_site"


@dataclass(frozen=True, slots=True)
class Entities:
    """Entity ids by the end of their unique id: `solar_power`, `<serial>_power`.

    Those are sensors. Unique ids of other platforms may end alike, so theirs
    follow the platform: `switch.live_power`.
    """

    by_key: Mapping[str, str]

    @classmethod
    def of_site(cls, registry: Iterable[Mapping[str, Any]], site: str) -> Self:
        """Return the enabled entities of a site, out of the whole registry."""
        prefix = f"{site}_"
        return cls(
            {
                _key(entry["entity_id"], entry["unique_id"].removeprefix(prefix)): entry["entity_id"]
                for entry in registry
                if entry["platform"] == DOMAIN
                and entry["unique_id"].startswith(prefix)
                and entry.get("disabled_by") is None
            }
        )

    def __getitem__(self, key: str) -> str:
        """Return the entity id of a key."""
        return self.by_key[key]

    def __contains__(self, key: object) -> bool:
        """Tell whether there is such an entity."""
        return key in self.by_key

    def all_of(self, *keys: str) -> bool:
        """Tell whether all these entities exist."""
        return all(key in self for key in keys)


def _key(entity_id: str, end: str) -> str:
    platform, _, _ = entity_id.partition(".")
    return end if platform == "sensor" else f"{platform}.{end}"
