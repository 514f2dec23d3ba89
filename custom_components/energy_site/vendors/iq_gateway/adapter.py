"""Connects an IQ Gateway with Home Assistant: its session, token, certificate and firmware."""

from collections.abc import Mapping
from datetime import timedelta
import math
from types import MappingProxyType
from typing import Any, Self, override

from aiohttp import DummyCookieJar

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_HOST, CONF_PASSWORD, CONF_TOKEN, CONF_USERNAME
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed, ConfigEntryNotReady
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.aiohttp_client import async_create_clientsession
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from ...api.errors import (
    AccountServiceError,
    ApiAuthError,
    ApiCertificateError,
    ApiError,
    RenewalPendingError,
    VerdictError,
)
from ...api.parameters import Parameter, one_of
from ...api.transport import Recorded, Response
from ...const import DOMAIN, LOGGER
from ...errors import translated
from ...helpers.issues import EntryIssues
from ...helpers.sessions import gateway_family
from ...helpers.texts import readable
from ...helpers.zones import async_find_zone
from ...sources.feed import Pace
from ...sources.source import AnotherSystemError
from ..adapter import SourceAdapter, text
from ..enphase.accounts import async_account_of, async_passing_account
from ..enphase.client.account import Account
from . import issues
from .client.account import token_of
from .client.client import IqGatewayClient
from .client.endpoints import DIAGNOSTIC
from .client.sign_ins import SignIns
from .client.token import GatewayToken
from .const import (
    CONF_FINGERPRINT,
    CONF_LIVE_MINUTES,
    CONF_NET_PHASES,
    INTERVALS,
    LIVE_MINUTES,
    TOKEN_URGENT,
    TOKEN_WARNING,
)
from .source.source import IqGatewaySource


def intervals(options: Mapping[str, Any]) -> dict[Pace, timedelta]:
    """Return the polling intervals, limited to the allowed range whatever the options contain."""
    chosen: dict[Pace, timedelta] = {}
    for pace, (minimum, default, maximum) in INTERVALS.items():
        chosen[pace] = timedelta(seconds=bounded(options.get(pace), (minimum, default, maximum)))
    return chosen


def bounded(chosen: object, bounds: tuple[int, int, int]) -> float:
    """Return an option limited to its minimum and maximum, the default if it isn't a number."""
    minimum, default, maximum = bounds
    number = chosen if isinstance(chosen, int | float) and math.isfinite(chosen) else default
    return float(min(max(number, minimum), maximum))


def _fingerprint(value: object) -> bytes:
    fingerprint = bytes.fromhex(text(value))
    if len(fingerprint) != 32:
        raise ValueError("no SHA-256")
    return fingerprint


def _token(value: object) -> GatewayToken:
    return GatewayToken.parse(text(value))


class IqGatewayAdapter(SourceAdapter[IqGatewaySource]):
    """Connects one gateway with its config entry."""

    manufacturer = "Enphase"
    required = MappingProxyType({CONF_HOST: text, CONF_FINGERPRINT: _fingerprint, CONF_TOKEN: _token})

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
        """Build the source for the entry."""
        self._hass = hass
        self._entry = entry
        self._issues = EntryIssues(hass, entry)
        self.configuration_url = f"https://{entry.data[CONF_HOST]}"
        self._client = IqGatewayClient(
            async_create_clientsession(
                hass,
                verify_ssl=False,
                family=gateway_family(entry.data[CONF_HOST]),
                cookie_jar=DummyCookieJar(),
            ),
            entry.data[CONF_HOST],
            fingerprint=bytes.fromhex(entry.data[CONF_FINGERPRINT]),
            token=entry.data[CONF_TOKEN],
            sign_ins=_sign_ins(hass, entry),
        )
        self.source = IqGatewaySource(
            self._client,
            entry.unique_id or "",
            GatewayToken.parse(entry.data[CONF_TOKEN]),
            intervals(entry.options),
            dt_util.get_default_time_zone(),
            async_find_zone,
            live_lasts=timedelta(minutes=bounded(entry.options.get(CONF_LIVE_MINUTES), LIVE_MINUTES)),
            net_phases=entry.options.get(CONF_NET_PHASES) is True,
        )

        # An account that is signed in and hasn't brought a token yet.
        self._renewing: Account | None = None
        self._look_for_renewal()

    @override
    @classmethod
    async def async_create(cls, hass: HomeAssistant, entry: ConfigEntry[Any]) -> Self:
        return cls(hass, entry)

    @override
    async def async_connect(self) -> None:
        try:
            if isinstance(self.source.outage, ApiAuthError):
                raise self.source.outage
            await self.source.prepare(dt_util.utcnow())
        except ApiAuthError as err:
            raise translated(ConfigEntryAuthFailed, err) from err
        except ApiCertificateError as err:
            cause = await self._async_check_certificate(err)
            raise translated(ConfigEntryNotReady, cause) from err
        except ApiError as err:
            await self.async_handle_connection_error(err)
            raise translated(ConfigEntryNotReady, err) from err
        self._issues.clear(issues.CERTIFICATE)
        self._issues.clear(issues.ANOTHER_GATEWAY)
        await self._async_maintain_token()

    @property
    @override
    def endpoints(self) -> frozenset[str]:
        return super().endpoints | {endpoint.path for endpoint in DIAGNOSTIC}

    @property
    @override
    def parameters(self) -> Mapping[str, Parameter]:
        return {"details": one_of("0", "1")}

    @override
    def recorded(self) -> Mapping[str, Recorded]:
        return self._client.recorded

    @override
    async def async_raw(self, endpoint: str, parameters: Mapping[str, str]) -> Response:
        known = (*DIAGNOSTIC, *(feed.ask for feed in self.source.feeds.values()))
        same = [each for each in known if each.path == endpoint]
        return await self._client.raw(max(same, key=lambda each: each.timeout), parameters)

    @override
    async def async_maintain(self) -> None:
        await self._async_maintain_token()
        try:
            await self.source.prepare(dt_util.utcnow())
        except ApiError as err:
            LOGGER.debug("The firmware could not be read: %s", err)
            await self.async_handle_connection_error(err)
        else:
            self._issues.clear(issues.CERTIFICATE)
            self._issues.clear(issues.ANOTHER_GATEWAY)

    @override
    async def async_handle_connection_error(self, error: ApiError) -> None:
        if isinstance(error, RenewalPendingError):
            self._show_account_issue(error.condition)
        elif isinstance(error, ApiAuthError):
            if not self.source.in_maintenance_window(dt_util.utcnow()):
                self._entry.async_start_reauth(self._hass)
        elif isinstance(error, ApiCertificateError):
            await self._async_check_certificate(error)
        elif isinstance(error, AnotherSystemError):
            self._issues.show(issues.ANOTHER_GATEWAY, {})

    @override
    def recovered(self) -> None:
        self._issues.clear(issues.ACCOUNT)

    @override
    @callback
    def handle_poll(self) -> None:
        self._look_for_renewal()

    @callback
    def _look_for_renewal(self) -> None:
        """Renew the token where that is possible: an account may be set up, and removed, at any time."""
        self._client.renew_token = self._async_renew if self._can_renew else None

    @property
    def _can_renew(self) -> bool:
        return self._has_password or async_account_of(self._hass, self._entry.unique_id or "") is not None

    @property
    def _has_password(self) -> bool:
        return CONF_PASSWORD in self._entry.data and CONF_USERNAME in self._entry.data

    def _show_account_issue(self, condition: AccountServiceError) -> None:
        """Raise an issue that explains why a rejected token hasn't been replaced yet."""
        self._issues.clear(issues.TOKEN)
        self._issues.show(issues.ACCOUNT, {}, text=condition.translation_key)

    async def _async_check_certificate(self, error: ApiCertificateError) -> ApiError:
        """Check without the token which gateway has the new certificate, and return the error."""
        fingerprint = error.fingerprint
        try:
            info = await self._client.info(pin=fingerprint)
        except ApiError as err:
            LOGGER.debug("No gateway responds with the new certificate: %s", err)
            return error
        if info.serial != self._entry.unique_id:
            self._issues.show(issues.ANOTHER_GATEWAY, {})
            return AnotherSystemError(error.endpoint, "another gateway answers at this address")
        self._issues.show(
            issues.CERTIFICATE,
            {
                "host": self._entry.data[CONF_HOST],
                "old": readable(self._entry.data[CONF_FINGERPRINT]),
                "new": readable(fingerprint.hex()),
            },
            data={CONF_FINGERPRINT: fingerprint.hex(), CONF_HOST: self._entry.data[CONF_HOST]},
        )
        return error

    async def _async_renew(self) -> str:
        """Get a new token and store it: with the session of an account that is set up, else by signing in."""
        data, serial = self._entry.data, self.source.serial
        token = await self._async_token_of_account(serial)
        if token is None:
            self._renewing = self._renewing or await async_passing_account(
                self._hass, data[CONF_USERNAME], data[CONF_PASSWORD]
            )
            token = await token_of(self._renewing, serial)
            self._renewing = None
        self.source.token = token
        self._hass.config_entries.async_update_entry(self._entry, data={**data, CONF_TOKEN: token.raw})
        return token.raw

    async def _async_token_of_account(self, serial: str) -> GatewayToken | None:
        """Return a token of an account that is set up, `None` if the entry's own password has to do."""
        if (kept := async_account_of(self._hass, serial)) is None:
            return None
        try:
            return await token_of(kept.account, serial)
        except ApiAuthError:
            if not self._has_password:
                raise
            return None

    async def _async_maintain_token(self) -> None:
        """Renew a token that expires soon; raise an issue if that fails."""
        if not self._token_ends_soon():
            self._issues.clear(issues.TOKEN)
            return
        if isinstance(self.source.outage, RenewalPendingError):
            # Polling tries to renew it, and an issue of its own reports that.
            return
        if self._can_renew:
            try:
                await self._client.renew()
            except VerdictError:
                self._entry.async_start_reauth(self._hass)
            except ApiError as err:
                LOGGER.debug("The token could not be renewed yet: %s", err)
        left = self._token_left()
        if not self._token_ends_soon() or (self._can_renew and left >= TOKEN_URGENT):
            self._issues.clear(issues.TOKEN)
            return
        self._issues.show(
            issues.TOKEN,
            {"days": str(max(left.days, 0))},
            severity=ir.IssueSeverity.ERROR if left < TOKEN_URGENT else ir.IssueSeverity.WARNING,
        )

    def _token_left(self) -> timedelta:
        expires = self.source.token.expires_at
        return timedelta.max if expires is None else expires - dt_util.utcnow()

    def _token_ends_soon(self) -> bool:
        """Return whether a new token is due; an installer's token is only valid for hours."""
        token = self.source.token
        if token.expires_at is None:
            return False
        life = token.expires_at - token.issued_at if token.issued_at else timedelta(days=365)
        return self._token_left() < (life / 4 if life < TOKEN_URGENT else TOKEN_WARNING)


_SIGN_INS: HassKey[dict[str, tuple[tuple[str | None, ...], SignIns]]] = HassKey(f"{DOMAIN}_sign_ins")


def _sign_ins(hass: HomeAssistant, entry: ConfigEntry[Any]) -> SignIns:
    """Return the state of an entry's sign-ins, which is kept over a reload but not with new credentials."""
    credentials = tuple(entry.data.get(key) for key in (CONF_USERNAME, CONF_PASSWORD, CONF_TOKEN))
    known = hass.data.setdefault(_SIGN_INS, {})
    if entry.entry_id not in known or known[entry.entry_id][0] != credentials:
        known[entry.entry_id] = (credentials, SignIns())
    return known[entry.entry_id][1]
