"""Connects a Tesla energy site with Home Assistant: its token, its application's budget, its repairs."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Any, ClassVar, Self, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_TOKEN, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util

from ...api.errors import ApiAuthError, ApiError
from ...api.parameters import Parameter
from ...const import CONF_AUTH_IMPLEMENTATION, CONF_SYSTEM_ID
from ...helpers.issues import EntryIssues
from ...helpers.sessions import async_get_isolated_session
from ...helpers.zones import async_find_zone
from ...site.control import ControlKey
from ...sources.budget import SystemBudget
from ...sources.feed import Presence
from ..adapter import text
from ..cloud_adapter import CloudAdapter
from ..oauth import async_entry_token
from ..request_budget import KeyQuota
from .application import application_id, async_entry_quota, shared_plan
from .client import endpoints
from .client.addresses import Region
from .client.claims import TokenClaims, read_claims
from .client.client import TeslaClient
from .client.errors import NotRegisteredError, PaymentRequiredError, SiteOfflineError, SiteUnavailableError
from .client.oauth import WRITE_SCOPE
from .const import CONF_REGION
from .issues import (
    APPLICATION_DISABLED,
    CONSENT_MISSING,
    READ_PERMISSION_MISSING,
    REQUESTS_PAUSED,
    SITE_STALE,
    consent_placeholders,
)
from .parameters import PARAMETERS
from .source import feeds
from .source.context import Context
from .source.history import TeslaHistory
from .source.source import TeslaSource

# The gateway of a site that is in use is offline for a while now and then; a stale site is so for good.
_STALE_FAILURES = 4

# The owner can give a permission back on Tesla's pages, of which nothing tells. All feeds need the same one.
_ESSENTIAL_RETRY = timedelta(hours=1)
_OTHER_RETRY = timedelta(days=1)

# Shorter ones pass before anybody reads of them.
_LONG_PAUSE = timedelta(hours=1)

_CONTROL_PLATFORMS = (Platform.NUMBER, Platform.SELECT, Platform.SWITCH)


class TeslaAdapter(CloudAdapter[TeslaSource]):
    """Connects one energy site with its config entry."""

    manufacturer = "Tesla"
    required = MappingProxyType(
        {CONF_SYSTEM_ID: int, CONF_REGION: Region, CONF_AUTH_IMPLEMENTATION: text, CONF_TOKEN: dict}
    )
    diagnostic_requests: ClassVar[Mapping[str, Callable[[Any], Awaitable[object]]]] = MappingProxyType(
        {
            endpoints.PRODUCTS.name: lambda context: context.client.products(),
            endpoints.REGION.name: lambda context: context.client.account_region(),
        }
    )

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        client: TeslaClient,
        quota: KeyQuota,
        budget: SystemBudget,
    ) -> None:
        """Build the source for the entry."""
        self._hass = hass
        self._entry = entry
        self._issues = EntryIssues(hass, entry)
        self.client: TeslaClient = client
        self.quota = quota
        context = Context(
            client=client,
            site_id=int(entry.data[CONF_SYSTEM_ID]),
            clock=dt_util.utcnow,
            zone=dt_util.get_default_time_zone(),
            claims=lambda: _claims(entry),
        )
        self.source = TeslaSource(context, entry.unique_id or "", budget, async_find_zone)
        self.source.schedule.essential_retry = _ESSENTIAL_RETRY
        self.source.schedule.other_retry = _OTHER_RETRY
        self._denied: frozenset[str] | None = None

    @override
    @classmethod
    async def async_create(cls, hass: HomeAssistant, entry: ConfigEntry[Any]) -> Self:
        token = await async_entry_token(hass, entry)
        if _claims(entry).allows(WRITE_SCOPE) is False:
            _remove_controls(hass, entry)
        quota = await async_entry_quota(hass, entry)
        budget = SystemBudget(quota, entry.unique_id or "", dt_util.utcnow)
        client = TeslaClient(
            async_get_isolated_session(hass),
            token,
            region=Region(entry.data[CONF_REGION]),
            budget=budget,
            region_changed=partial(_remember_region, hass, entry),
        )
        return cls(hass, entry, client, quota, budget)

    @property
    @override
    def parameters(self) -> Mapping[str, Parameter]:
        return PARAMETERS

    @override
    def history(self) -> TeslaHistory:
        return TeslaHistory(self.source)

    @override
    async def async_connect(self) -> None:
        if self._denied is None:
            # Since the last start, the owner may have signed in again, or changed their consent.
            self.source.forget_absence()
            self._denied = frozenset()
        await super().async_connect()

    @override
    async def async_maintain(self) -> None:
        """Do nothing: the token is renewed when it is used, and the firmware is polled with the site."""

    @override
    async def async_handle_connection_error(self, error: ApiError) -> None:
        if isinstance(error, ApiAuthError):
            self._entry.async_start_reauth(self._hass)

    @override
    @callback
    def handle_poll(self) -> None:
        self._show_payment()
        self._show_pause()
        if self._is_latest(NotRegisteredError):
            self._entry.async_start_reauth(self._hass)
        info = self.source.states[feeds.INFO.key]
        stale = isinstance(info.error, SiteUnavailableError) and not isinstance(info.error, SiteOfflineError)
        self._issues.show(SITE_STALE, {} if stale and info.failures >= _STALE_FAILURES else None)
        self._show_consent()

    @callback
    def _show_consent(self) -> None:
        """Show which permission is missing: without the one to read, the one to write means little."""
        states = self.source.states
        denied = frozenset(
            key
            for key, feed in self.source.feeds.items()
            if feed.essential and states[key].presence is Presence.FORBIDDEN
        )
        if (self._denied or frozenset()) - denied:
            # What one feed is granted again, the others are as well.
            self.source.forget_absence()
        self._denied = denied
        read_only = not denied and not self.source.context.may_write
        placeholders = consent_placeholders(self._hass, application_id(self._hass, self._entry), self.client.region)
        self._issues.show(READ_PERMISSION_MISSING, placeholders if denied else None)
        self._issues.show(CONSENT_MISSING, placeholders if read_only else None)

    def _is_latest(self, kind: type[ApiError]) -> bool:
        """Return whether a feed failed like this since any feed was answered."""
        failed, answered = self._failed_at(kind), self._answered_at
        return failed is not None and (answered is None or failed > answered)

    def _failed_at(self, kind: type[ApiError]) -> datetime | None:
        states = self.source.states.values()
        return max((at for state in states if isinstance(state.error, kind) and (at := state.polled_at)), default=None)

    @property
    def _answered_at(self) -> datetime | None:
        return max((at for state in self.source.states.values() if (at := state.answered_at)), default=None)

    @callback
    def _show_payment(self) -> None:
        """Save requests from when Tesla answers none for lack of money, and say so while it does."""
        disabled = self._is_latest(PaymentRequiredError)
        if (at := self._failed_at(PaymentRequiredError) if disabled else self._answered_at) is not None:
            self.quota.record_disabled(at, disabled=disabled)
        # The budget of another entry may have changed, or that entry may be gone.
        self.quota.use(shared_plan(self._hass, self._entry), dt_util.utcnow())
        self._issues.show(APPLICATION_DISABLED, {} if self.quota.disabled else None)

    @callback
    def _show_pause(self) -> None:
        """Show for how long Tesla wants no requests, unless the month's are used up, which is shown for any cloud."""
        usage = self.quota.planner.usage
        paused = usage.paused_until > dt_util.utcnow() and usage.pause >= _LONG_PAUSE and not usage.exhausted
        until = dt_util.as_local(usage.paused_until)
        self._issues.show(REQUESTS_PAUSED, {"until": f"{until:%Y-%m-%d %H:%M}"} if paused else None)


def _claims(entry: ConfigEntry[Any]) -> TokenClaims:
    return read_claims(str(entry.data[CONF_TOKEN].get("access_token", "")))


@callback
def _remove_controls(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Remove the controls of a time when changes were allowed."""
    registry = er.async_get(hass)
    controls = {f"{entry.unique_id}_{key}" for key in ControlKey}
    for each in er.async_entries_for_config_entry(registry, entry.entry_id):
        if each.domain in _CONTROL_PLATFORMS and each.unique_id in controls:
            registry.async_remove(each.entity_id)


@callback
def _remember_region(hass: HomeAssistant, entry: ConfigEntry[Any], region: Region) -> None:
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_REGION: region})
