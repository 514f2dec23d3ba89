"""Connects a system of the owner's Enphase account with Home Assistant: its session, its repairs."""

from collections.abc import Mapping
from datetime import tzinfo
from types import MappingProxyType
from typing import Any, Self, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_PASSWORD, CONF_USERNAME
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed, ConfigEntryNotReady, HomeAssistantError
from homeassistant.util import dt as dt_util

from ...api.errors import (
    AccountServiceError,
    ApiAuthError,
    ApiError,
    ApiPayloadError,
    ApiStatusError,
    RenewalPendingError,
)
from ...api.parameters import Parameter
from ...api.transport import Recorded, Response
from ...const import CONF_READINGS, CONF_SYSTEM_ID, DOMAIN, LOGGER, READINGS_ALWAYS
from ...errors import translated
from ...helpers.issues import EntryIssues
from ...helpers.zones import async_find_zone
from ..adapter import SourceAdapter, text
from ..enphase.accounts import KeptAccount, async_account
from .client import endpoints
from .client.client import AccountClient
from .client.endpoint import AccountEndpoint
from .issues import ACCOUNT, GONE, STATEMENT
from .source.context import AccountContext
from .source.source import AccountSource

# What is only read when a user wants to see it, and not as a feed.
_DIAGNOSTIC: Mapping[str, AccountEndpoint[Any]] = {
    endpoint.name: endpoint for endpoint in (endpoints.SITES, endpoints.DATA)
}

# Conditions of the account that last, and that its owner may do something about.
_REPORTED = ("account_blocked", "too_many_sessions", "account_client_refused")


class EnphaseAccountAdapter(SourceAdapter[AccountSource]):
    """Connects one system of an account with its config entry."""

    manufacturer = "Enphase"
    required = MappingProxyType({CONF_SYSTEM_ID: text, CONF_USERNAME: text})
    configuration_url = "https://enlighten.enphaseenergy.com"

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any], kept: KeptAccount, *, zone: tzinfo) -> None:
        """Build the source for the entry."""
        self._hass = hass
        self._entry = entry
        self._kept = kept
        self._issues = EntryIssues(hass, entry)
        system = entry.data[CONF_SYSTEM_ID]
        self._client = AccountClient(kept.account, system, shapes=kept.shapes(system))
        self._learned: tuple[frozenset[str], Mapping[str, str]] = (kept.gateways(system), self._client.shapes)
        self.source = AccountSource(
            AccountContext(client=self._client, site_id=system, clock=dt_util.utcnow, zone=zone),
            entry.unique_id or "",
            async_find_zone,
            sign_ins=lambda: kept.account.sign_ins,
            gateways=kept.gateways(system),
        )

    @override
    @classmethod
    async def async_create(cls, hass: HomeAssistant, entry: ConfigEntry[Any]) -> Self:
        kept = await async_account(hass, entry.data[CONF_USERNAME])
        kept.account.password = entry.data.get(CONF_PASSWORD) or kept.remembered_password
        if entry.options.get(CONF_READINGS) != READINGS_ALWAYS:
            await _async_find_gateways(kept, entry.data[CONF_SYSTEM_ID])
        return cls(hass, entry, kept, zone=dt_util.get_default_time_zone())

    @override
    async def async_connect(self) -> None:
        outage, account = self.source.outage, self._kept.account
        if outage is None and account.session is None and account.password is None:
            outage = ApiAuthError(endpoints.SITES.name, 401)
        if outage is None:
            await self.source.prepare(dt_util.utcnow())
            return
        await self.async_handle_connection_error(outage)
        if isinstance(outage, ApiAuthError):
            raise translated(ConfigEntryAuthFailed, outage)
        raise translated(ConfigEntryNotReady, outage)

    @property
    @override
    def endpoints(self) -> frozenset[str]:
        return super().endpoints | _DIAGNOSTIC.keys()

    @property
    @override
    def parameters(self) -> Mapping[str, Parameter]:
        return {}

    @override
    def recorded(self) -> Mapping[str, Recorded]:
        return self._client.recorded

    @override
    async def async_raw(self, endpoint: str, parameters: Mapping[str, str]) -> Response:
        feeds = {feed.endpoint: feed.ask for feed in self.source.feeds.values()}
        wanted = feeds.get(endpoint) or _DIAGNOSTIC[endpoint]
        before = self._client.recorded.get(endpoint)
        try:
            await self._client.get(wanted, urgent=True)
        except ApiStatusError, ApiPayloadError:
            # An error response is a response too, and may be just what the user wants to see.
            if self._client.recorded.get(endpoint) is before:
                raise
        found = self._client.recorded[endpoint]
        return Response(
            endpoint=endpoint, status=found.status, body=found.body, headers={}, cookies={}, seconds=found.seconds
        )

    @override
    async def async_maintain(self) -> None:
        """Do nothing: the session is renewed when it is used, and the firmware is polled with the devices."""

    @override
    async def async_handle_connection_error(self, error: ApiError) -> None:
        condition = error.condition if isinstance(error, RenewalPendingError) else error
        if isinstance(condition, AccountServiceError):
            if condition.translation_key in _REPORTED:
                self._issues.show(ACCOUNT, {}, text=f"session_{condition.translation_key}")
        elif isinstance(condition, ApiAuthError):
            self._issues.clear(ACCOUNT)
            self._entry.async_start_reauth(self._hass)

    @override
    def denial(self, endpoint: str) -> HomeAssistantError:
        # Signing in again leads to the same account.
        return ConfigEntryNotReady(
            translation_domain=DOMAIN,
            translation_key="system_gone",
            translation_placeholders={"name": self._entry.title},
        )

    @override
    @callback
    def handle_poll(self) -> None:
        self._issues.show(STATEMENT, {} if self.source.statement_missing else None)
        self._issues.show(GONE, {} if self.source.is_refused else None)
        learned = self.source.gateway_serials, self._client.shapes
        if learned != self._learned:
            self._learned = learned
            note = self._kept.async_note(self._entry.data[CONF_SYSTEM_ID], gateways=learned[0], shapes=learned[1])
            self._entry.async_create_background_task(self._hass, note, f"{DOMAIN} system of an account")

    @override
    def recovered(self) -> None:
        self._issues.clear(ACCOUNT)


async def _async_find_gateways(kept: KeptAccount, system: str) -> None:
    """Learn the gateways of a system, whose entries show what isn't polled here then."""
    account = kept.account
    if kept.gateways(system) or (account.session is None and account.password is None):
        return
    try:
        devices = await AccountClient(account, system).get(endpoints.DEVICES)
    except ApiError as err:
        LOGGER.debug("The gateways of the system are not known yet: %s", err)
    else:
        await kept.async_note(system, gateways=devices.gateway_serials)
