"""The quotas of cloud keys: one planner a key, whichever entries share it, and its books."""

import asyncio
from datetime import datetime
from hashlib import sha256

from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN
from ..helpers.storage import KeptFile
from ..site.quota.demand import Plan
from ..site.quota.planner import Planner

# What was counted is written down this many seconds later, and at Home Assistant's end.
_SAVE_DELAY = 15

_KEYS: HassKey[dict[str, asyncio.Future[KeyQuota]]] = HassKey(f"{DOMAIN}_quota")


class KeyQuota:
    """One key's planner and its books, which are kept under a hash of the key."""

    def __init__(self, hass: HomeAssistant, plan: Plan, name: str) -> None:
        """Plan with what was written down by this name."""
        self.planner = Planner(plan)
        self._file = KeptFile(hass, f"quota.{name}", "a cloud key's quota", is_ours=lambda data: "plan" in data)

    async def async_load(self) -> None:
        """Take up the books."""
        if books := await self._file.async_load():
            self.planner.restore(books)

    @callback
    def keep(self) -> None:
        """Write the books down soon."""
        self._file.save_soon(self.planner.as_dict, _SAVE_DELAY)


def key_name(key: str) -> str:
    """Return a name for a key that does not tell it."""
    return sha256(key.encode()).hexdigest()[:16]


async def _async_loaded(hass: HomeAssistant, plan: Plan, name: str) -> KeyQuota:
    quota = KeyQuota(hass, plan, name)
    await quota.async_load()
    return quota


async def async_quota(hass: HomeAssistant, key: str, plan: Plan, now: datetime) -> KeyQuota:
    """Return the quota of a key, the same for all who share it; the newest word on its plan holds."""
    quotas = hass.data.setdefault(_KEYS, {})
    name = key_name(key)
    if name not in quotas:
        # Entries start side by side: whoever comes second waits for the same books.
        quotas[name] = asyncio.ensure_future(_async_loaded(hass, plan, name))
    quota = await asyncio.shield(quotas[name])
    quota.planner.change(plan, now)
    return quota
