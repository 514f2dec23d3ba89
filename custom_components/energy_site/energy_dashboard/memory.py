"""What the Energy dashboard was offered and given of each site, across restarts."""

from collections.abc import Callable, Mapping
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN
from ..helpers.storage import KeptFile
from .plan import DEVICES, SOURCES, Addition, statistics_of


class Memory:
    """Remembers, by entry, whether the site was offered and what was added of it."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Keep one file for all sites."""
        self._file = KeptFile(
            hass, "energy_dashboard", "the Energy dashboard", is_ours=lambda data: isinstance(data.get("sites"), dict)
        )
        self._offered: set[str] = set()
        self._added: dict[str, tuple[Addition, ...]] = {}

    async def async_load(self) -> None:
        """Load what was stored, without what can't be read."""
        for entry_id, site in (await self._file.async_load()).get("sites", {}).items():
            if isinstance(site, Mapping):
                self._offered.add(entry_id)
                kept = site.get("added")
                items = [_restored(each) for each in kept] if isinstance(kept, list) else []
                self._set(entry_id, [each for each in items if each is not None])

    def was_offered(self, entry_id: str) -> bool:
        """Return whether the site has been offered, added or removed once."""
        return entry_id in self._offered

    def added(self, entry_id: str) -> tuple[Addition, ...]:
        """Return what was added of the site and not removed since."""
        return self._added.get(entry_id, ())

    def former(self, entry_id: str) -> dict[str, frozenset[str]]:
        """Return the statistics under which parts of the site were added."""
        found: dict[str, frozenset[str]] = {}
        for each in self.added(entry_id):
            found[each.key] = found.get(each.key, frozenset()) | {name for _, name in statistics_of(each.item)}
        return found

    async def async_offer(self, entry_id: str) -> None:
        """Remember that the site was offered."""
        self._offered.add(entry_id)
        await self._async_save()

    async def async_keep(self, entry_id: str, added: tuple[Addition, ...]) -> None:
        """Remember what was added of the site, and what is left of it once it was removed."""
        self._offered.add(entry_id)
        self._set(entry_id, added)
        await self._async_save()

    async def async_change(self, change: Callable[[Addition], Addition]) -> None:
        """Remember what was added of all sites as it is now."""
        before = dict(self._added)
        self._added = {entry_id: tuple(map(change, added)) for entry_id, added in before.items()}
        if self._added != before:
            await self._async_save()

    async def async_forget(self, entry_id: str) -> None:
        """Forget an entry that was removed; what was added stays, as its statistics do."""
        if entry_id in self._offered:
            self._offered.discard(entry_id)
            self._set(entry_id, ())
            await self._async_save()

    def _set(self, entry_id: str, added: tuple[Addition, ...] | list[Addition]) -> None:
        if added:
            self._added[entry_id] = tuple(added)
        else:
            self._added.pop(entry_id, None)

    async def _async_save(self) -> None:
        sites = {
            entry_id: {
                "added": [
                    {"key": each.key, "name": each.name, "list": each.list_name, "item": dict(each.item)}
                    for each in self.added(entry_id)
                ]
            }
            for entry_id in sorted(self._offered)
        }
        await self._file.async_save({"sites": sites})


MEMORY: HassKey[Memory] = HassKey(f"{DOMAIN}_energy_dashboard")


async def async_memory(hass: HomeAssistant) -> Memory:
    """Return the memory, which is loaded once, even if Home Assistant only removes a disabled entry."""
    if (memory := hass.data.get(MEMORY)) is None:
        memory = Memory(hass)
        await memory.async_load()
        hass.data[MEMORY] = memory
    return memory


def _restored(data: object) -> Addition | None:
    """Return a stored addition, `None` if it is damaged."""
    match data:
        case {"key": str(key), "name": str(name), "list": str(list_name), "item": dict(item)} if list_name in (
            SOURCES,
            DEVICES,
        ):
            restored: dict[str, Any] = item
            return Addition(key=key, name=name, list_name=list_name, item=restored)
    return None
