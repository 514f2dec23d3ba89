"""The quotas of cloud keys: one planner per key, shared by all entries with that key, and its stored counts."""

import asyncio
from datetime import datetime
from hashlib import sha256
import math
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from ..api.base_client import RequestResult
from ..const import DOMAIN
from ..helpers.storage import KeptFile
from ..site.quota.demand import Plan, Purpose
from ..site.quota.planner import Planner

# The counts are stored after this many seconds, and when Home Assistant stops.
_SAVE_DELAY = 15

_KEYS: HassKey[dict[str, asyncio.Future[KeyQuota]]] = HassKey(f"{DOMAIN}_quota")


class KeyQuota:
    """One key's planner, whose counts are stored under a hash of the key.

    `disabled` is whether the service refuses the key for the time being because too much was
    requested. From then on, the plan is at most the fallback, until the owner chooses a plan again.
    """

    def __init__(self, hass: HomeAssistant, plan: Plan, name: str, now: datetime, *, fallback: Plan | None) -> None:
        """Plan with the counts stored under `name`."""
        self.planner = Planner(plan)
        self.disabled = False
        self._lowered = False
        self._chosen = plan
        self._fallback = fallback
        # What is older than this, such as a stored answer, doesn't tell whether the key is disabled.
        self._known_at = now
        self._file = KeptFile(hass, f"quota.{name}", "a cloud key's quota", is_ours=lambda data: "plan" in data)

    async def async_load(self) -> None:
        """Restore the counts."""
        if counted := await self._file.async_load():
            self.disabled, self._lowered = (counted.get(key) is True for key in ("disabled", "lowered"))
            self.planner.plan = self._allowed
            self.planner.restore(counted)

    @callback
    def keep(self) -> None:
        """Schedule storing the counts."""
        self._file.save_soon(self._as_dict, _SAVE_DELAY)

    @callback
    def use(self, plan: Plan, now: datetime) -> None:
        """Use the plan that was chosen, or less after the key was disabled."""
        self._chosen = plan
        self.planner.change(self._allowed, now)

    @callback
    def record_disabled(self, at: datetime, *, disabled: bool) -> None:
        """Record whether the service refused the key at this time, unless something newer is known."""
        if at <= self._known_at:
            return
        self._known_at = at
        if disabled != self.disabled:
            self.disabled = disabled
            self._lowered |= disabled
            self.keep()

    @callback
    def lift(self, now: datetime) -> None:
        """Use the plan that was chosen again as soon as the key isn't disabled, as the owner confirmed it."""
        self._lowered = False
        self.planner.change(self._allowed, now)
        self.keep()

    @property
    def _allowed(self) -> Plan:
        if self._fallback is None or not (self.disabled or self._lowered):
            return self._chosen
        return smaller(self._chosen, self._fallback)

    def _as_dict(self) -> dict[str, Any]:
        return {**self.planner.as_dict(), "disabled": self.disabled, "lowered": self._lowered}


def smaller(one: Plan, other: Plan) -> Plan:
    """Return the plan with fewer requests per month, of which no number means no limit."""
    return min(one, other, key=lambda plan: math.inf if plan.per_month is None else plan.per_month)


def key_name(key: str) -> str:
    """Return a name for a key that doesn't reveal it."""
    return sha256(key.encode()).hexdigest()[:16]


async def _async_loaded(quota: KeyQuota) -> KeyQuota:
    await quota.async_load()
    return quota


async def async_quota(
    hass: HomeAssistant, key: str, plan: Plan, now: datetime, *, fallback: Plan | None = None
) -> KeyQuota:
    """Return the quota of a key, shared by all its entries; the most recent plan applies.

    A key that was disabled gets no more than `fallback`.
    """
    quotas = hass.data.setdefault(_KEYS, {})
    name = key_name(key)
    if name not in quotas:
        # Entries are set up concurrently, so the second one waits for the same file.
        quotas[name] = asyncio.ensure_future(_async_loaded(KeyQuota(hass, plan, name, now, fallback=fallback)))
    quota = await asyncio.shield(quotas[name])
    quota.use(plan, now)
    # The requests of the config flow count as well.
    if requests := take_over_flow_requests(hass, key):
        quota.planner.spend(requests, now, purpose=Purpose.USER)
    return quota


class FlowBudget:
    """Counts the requests that flows make with a key."""

    def __init__(self) -> None:
        """Start without requests."""
        self.requests = 0

    def before(self, endpoint: str) -> None:
        """Allow every request, as the user waits for it."""

    def after(self, endpoint: str, result: RequestResult) -> None:  # noqa: ARG002 - the signature is the client's.
        """Count a request, regardless of its result."""
        self.requests += 1


_FLOW_BUDGETS: HassKey[dict[str, FlowBudget]] = HassKey(f"{DOMAIN}_flow_requests")


@callback
def flow_budget(hass: HomeAssistant, api_key: str) -> FlowBudget:
    """Return the counter of requests that flows make with a key, shared by all flows.

    A flow has no entry and no runtime yet, but its requests count against the key's quota
    nevertheless. The count is therefore kept under a hash of the key until a runtime with that key
    takes it over using `take_over_flow_requests`, as requests that were just made. It is lost when
    Home Assistant stops.
    """
    return hass.data.setdefault(_FLOW_BUDGETS, {}).setdefault(key_name(api_key), FlowBudget())


@callback
def take_over_flow_requests(hass: HomeAssistant, api_key: str) -> int:
    """Return how many requests flows have made with a key since the last call, and reset the count."""
    budget = hass.data.get(_FLOW_BUDGETS, {}).pop(key_name(api_key), None)
    return budget.requests if budget else 0
