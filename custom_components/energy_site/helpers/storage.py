"""The integration's files in Home Assistant's storage, including those that cannot be read."""

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
# The suffix that Home Assistant adds to a file that isn't JSON.
_CORRUPT = ".corrupt."


class KeptFile:
    """One file of the integration.

    If it cannot be read, its data starts over, but not silently: the old file is kept next to the
    new one, and a repair is raised.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        name: str,
        title: str,
        *,
        is_ours: Callable[[Mapping[str, Any]], bool],
        private: bool = False,
    ) -> None:
        """Keep the file `name`, shown as `title`; `is_ours` returns whether data has the expected format.

        Only Home Assistant's own user can read a `private` file.
        """
        self._hass = hass
        self._name = name
        self._title = title
        self._is_ours = is_ours
        self._store: Store[dict[str, Any]] = Store(
            hass, STORAGE_VERSION, f"{DOMAIN}.{name}", private=private, atomic_writes=True
        )

    async def async_load(self) -> dict[str, Any]:
        """Return the stored data, an empty dictionary if there is none or it cannot be read."""
        existed = await self._hass.async_add_executor_job(Path(self._store.path).exists)
        try:
            data = await self._store.async_load()
        except (HomeAssistantError, NotImplementedError, LookupError, TypeError, ValueError, AttributeError) as err:
            # The file is of a different version, or isn't one of Home Assistant's at all.
            await self.async_give_up(type(err).__name__)
            return {}
        if data is None:
            if existed:
                # Home Assistant has renamed a file that isn't JSON, and keeps it.
                self._report(f"{self._store.path}{_CORRUPT}*")
            return {}
        if not isinstance(data, Mapping) or not self._is_ours(data):
            await self.async_give_up("another shape")
            return {}
        return dict(data)

    async def async_give_up(self, reason: str) -> None:
        """Keep a copy of a file that cannot be read as a whole or in part, and report it."""
        path = self._store.path
        kept = f"{path}{_KEPT}{dt_util.utcnow():%Y%m%dT%H%M%S}"
        LOGGER.error("The stored data of %s cannot be read (%s); it is kept as %s", self._title, reason, kept)
        try:
            await self._hass.async_add_executor_job(shutil.copyfile, path, kept)
        except OSError as err:
            LOGGER.error("The stored data of %s could not be kept: %s", self._title, type(err).__name__)
        self._report(kept)

    async def async_save(self, data: dict[str, Any]) -> None:
        """Write the data now."""
        await self._store.async_save(data)

    @callback
    def save_soon(self, data: Callable[[], dict[str, Any]], seconds: float) -> None:
        """Write the data after some seconds, and when Home Assistant stops."""
        self._store.async_delay_save(data, seconds)

    async def async_remove(self) -> None:
        """Remove the file and its copies."""
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
    """Return whether some of the stored counters could not be read."""
    if not isinstance(taken, Mapping) or kept is None:
        return False
    if not isinstance(kept, Mapping):
        return True
    for chapter, names in taken.items():
        entries = kept.get(chapter, {})
        if not isinstance(entries, Mapping) or any(name not in names for name in entries):
            return True
    return False
