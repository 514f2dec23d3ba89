"""Files of ours in Home Assistant's storage, also those that cannot be read."""

from collections.abc import Callable, Mapping
from pathlib import Path
import shutil
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util

from ..const import DOMAIN, LOGGER
from .fix_flows import AcknowledgeFlow
from .issues import IssueDescription, async_raise_issue

STORAGE_VERSION = 1

UNREADABLE = IssueDescription(
    key="storage_unreadable", severity=ir.IssueSeverity.ERROR, fix_flow=AcknowledgeFlow, persistent=True
)

_KEPT = ".unreadable."
# The name that Home Assistant gives to what is no JSON.
_CORRUPT = ".corrupt."


class KeptFile:
    """One file of ours.

    What cannot be read begins anew, but not in silence: the old file is kept
    beside the new one, and a repair says so.
    """

    def __init__(
        self, hass: HomeAssistant, name: str, title: str, *, is_ours: Callable[[Mapping[str, Any]], bool]
    ) -> None:
        """Keep the file called `name` of what people know as `title`; `is_ours` tells whether a content has our shape."""
        self._hass = hass
        self._name = name
        self._title = title
        self._is_ours = is_ours
        self._store: Store[dict[str, Any]] = Store(hass, STORAGE_VERSION, f"{DOMAIN}.{name}", atomic_writes=True)

    async def async_load(self) -> dict[str, Any]:
        """Return what was kept, nothing where there is none or where it cannot be read."""
        existed = await self._hass.async_add_executor_job(Path(self._store.path).exists)
        try:
            data = await self._store.async_load()
        except (HomeAssistantError, NotImplementedError, LookupError, TypeError, ValueError, AttributeError) as err:
            # Of another version, or not even a file of Home Assistant's.
            await self.async_give_up(type(err).__name__)
            return {}
        if data is None:
            if existed:
                # Home Assistant has renamed what is no JSON, and keeps it.
                self._report(f"{self._store.path}{_CORRUPT}*")
            return {}
        if not isinstance(data, Mapping) or not self._is_ours(data):
            await self.async_give_up("another shape")
            return {}
        return dict(data)

    async def async_give_up(self, reason: str) -> None:
        """Keep a copy of what cannot be read, as a whole or in part, and say so."""
        path = self._store.path
        kept = f"{path}{_KEPT}{dt_util.utcnow():%Y%m%dT%H%M%S}"
        LOGGER.error("The stored data of %s cannot be read (%s); it is kept as %s", self._title, reason, kept)
        try:
            await self._hass.async_add_executor_job(shutil.copyfile, path, kept)
        except OSError as err:
            LOGGER.error("The stored data of %s could not be kept: %s", self._title, type(err).__name__)
        self._report(kept)

    async def async_save(self, data: dict[str, Any]) -> None:
        """Write it down now."""
        await self._store.async_save(data)

    @callback
    def save_soon(self, data: Callable[[], dict[str, Any]], seconds: float) -> None:
        """Write it down after some seconds, and at Home Assistant's end."""
        self._store.async_delay_save(data, seconds)

    async def async_remove(self) -> None:
        """Remove the file, and what was kept beside it."""
        await self._store.async_remove()
        await self._hass.async_add_executor_job(self._remove_kept)

    def _remove_kept(self) -> None:
        path = Path(self._store.path)
        for mark in (_KEPT, _CORRUPT):
            for kept in path.parent.glob(f"{path.name}{mark}*"):
                kept.unlink(missing_ok=True)

    @callback
    def _report(self, kept: str) -> None:
        async_raise_issue(self._hass, UNREADABLE, self._name, {"name": self._title}, path=kept)


def site_file(hass: HomeAssistant, entry_id: str, title: str) -> KeptFile:
    """Return the file of a site."""
    return KeptFile(hass, entry_id, title, is_ours=lambda data: isinstance(data.get("presence"), Mapping))


def is_incomplete(kept: object, taken: object) -> bool:
    """Tell whether some of the stored counters could not be read."""
    if not isinstance(taken, Mapping) or kept is None:
        return False
    if not isinstance(kept, Mapping):
        return True
    for chapter, names in taken.items():
        entries = kept.get(chapter, {})
        if not isinstance(entries, Mapping) or any(name not in names for name in entries):
            return True
    return False
