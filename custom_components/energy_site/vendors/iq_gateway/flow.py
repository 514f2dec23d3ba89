"""The steps that set up an IQ Gateway: its address, then a token for it."""

from collections.abc import Mapping
from typing import Any, override

import probatio

from homeassistant.config_entries import (
    SOURCE_REAUTH,
    SOURCE_RECONFIGURE,
    ConfigEntry,
    ConfigEntryState,
    ConfigFlowResult,
)
from homeassistant.const import CONF_HOST, CONF_PASSWORD, CONF_TOKEN
from homeassistant.helpers.selector import TextSelector, TextSelectorConfig, TextSelectorType
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo
from homeassistant.util import dt as dt_util

from ...api.errors import ApiCertificateError, ApiError
from ...api.payload import is_serial
from ...const import CONF_SOURCE, DOMAIN
from ...helpers.flow_error import FlowError
from ...helpers.sessions import async_get_isolated_session, gateway_family
from ...helpers.texts import readable
from ..enphase.accounts import KeptAccount, async_account_of
from ..enphase.client.addresses import entrez
from ..enphase.sign_in_flow import SignInSteps
from ..vendor import REPLACE, EntryIdentity
from .client.account import token_of
from .client.client import IqGatewayClient
from .client.token import GatewayToken, TokenMalformedError, TokenRole
from .const import CONF_FINGERPRINT, CONF_REPLACED, SOURCE
from .identity import GatewayIdentity, connection_error, identify, parse_host, shows_certificate

# The address of the gateway's own access point, which Home Assistant cannot reach later.
_ACCESS_POINTS = ("169.254.120.1", "172.30.1.1")

_HOST_SCHEMA = probatio.Schema({probatio.Required(CONF_HOST): TextSelector()})
_REPLACED_SCHEMA = _HOST_SCHEMA.extend({probatio.Optional(CONF_REPLACED, default=False): bool})
_TOKEN_SCHEMA = probatio.Schema(
    {probatio.Required(CONF_TOKEN): TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD))}
)


class IqGatewaySteps(SignInSteps):
    """The steps of the config flow for the gateway."""

    login_step = "iq_gateway_login"
    code_step = "iq_gateway_code"

    _gateway: GatewayIdentity
    _warned: bool = False
    _replaces: bool = False

    async def async_step_iq_gateway(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the gateway's address."""
        errors: dict[str, str] = {}
        if user_input is not None:
            try:
                gateway = await self._async_identify(user_input[CONF_HOST])
            except FlowError as err:
                errors[CONF_HOST] = err.key
            else:
                entry = await self.async_set_unique_id(gateway.serial, raise_on_progress=False)
                if entry is not None and _pinned(entry) not in (None, gateway.fingerprint):
                    return self.async_abort(reason="another_certificate")
                self._abort_if_unique_id_configured(updates={CONF_HOST: gateway.host})
                return await self._async_choose_sign_in(gateway)
        return self.async_show_form(
            step_id="iq_gateway",
            data_schema=self.add_suggested_values_to_schema(_HOST_SCHEMA, user_input),
            errors=errors,
            description_placeholders={"example": "192.168.1.50", "target": (user_input or {}).get(CONF_HOST, "")},
        )

    @override
    async def async_step_zeroconf(self, discovery_info: ZeroconfServiceInfo) -> ConfigFlowResult:
        serial = discovery_info.properties.get("serialnum")
        host = str(discovery_info.ip_address)
        if discovery_info.ip_address.version != 4:
            return self.async_abort(reason="not_ipv4_address")
        if not serial or not is_serial(serial) or host in _ACCESS_POINTS:
            return self.async_abort(reason="not_a_gateway")
        if discovery_info.port not in (None, 80, 443):
            host = f"{host}:{discovery_info.port}"
        entry = await self.async_set_unique_id(serial)
        if entry is not None and not await self._async_is_gone(entry):
            # The gateway announces itself on both Ethernet and Wi-Fi.
            return self.async_abort(reason="already_configured")
        try:
            gateway = await self._async_identify(host, serial=serial)
        except FlowError as err:
            return self.async_abort(reason=err.key)
        if entry is not None and gateway.fingerprint != _pinned(entry):
            # The serial number is printed on the box, so anyone who read it can announce it.
            return self.async_abort(reason="another_certificate")
        self._abort_if_unique_id_configured(updates={CONF_HOST: host})
        return await self._async_choose_sign_in(gateway)

    async def async_step_iq_gateway_auth(self, _user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Let the user choose between an account that is set up, signing in, and entering a token."""
        known = async_account_of(self.hass, self._gateway.serial) is not None
        return self.async_show_menu(
            step_id="iq_gateway_auth",
            menu_options=[*(["iq_gateway_account"] if known else []), "iq_gateway_login", "iq_gateway_token"],
            description_placeholders=self._placeholders,
        )

    async def async_step_iq_gateway_account(self, _: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Get a token with the session of the account that is set up, so that no password is needed."""
        if (kept := async_account_of(self.hass, self._gateway.serial)) is None:
            return await self.async_step_iq_gateway_auth()
        try:
            return await self._async_finish(await self._async_token(kept), {})
        except FlowError as problem:
            return self.async_show_form(
                step_id="iq_gateway_account",
                data_schema=probatio.Schema({}),
                errors=problem.errors,
                description_placeholders=self._placeholders,
            )

    async def async_step_iq_gateway_login(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Sign in to the account that owns the gateway."""
        return await self._async_step_login(user_input)

    async def async_step_iq_gateway_code(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the code that Enphase sent."""
        return await self._async_step_code(user_input)

    @override
    async def _async_use_account(self, kept: KeptAccount, credentials: dict[str, str]) -> ConfigFlowResult:
        remembered = credentials if CONF_PASSWORD in credentials else {}
        return await self._async_finish(await self._async_token(kept), remembered)

    async def _async_token(self, kept: KeptAccount) -> GatewayToken:
        """Return a token that the gateway accepts, issued to an account that is signed in."""
        try:
            token = await token_of(kept.account, self._gateway.serial)
        except ApiError as err:
            raise self._error(err) from err
        await self._async_check(token)
        return token

    async def async_step_iq_gateway_token(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for a token that the user obtained themselves."""
        if user_input is None:
            return self._show_token_form({})
        try:
            token = self._read_token(user_input[CONF_TOKEN])
            await self._async_check(token)
        except FlowError as err:
            return self._show_token_form({CONF_TOKEN: err.key})
        return await self._async_finish(token, {})

    async def async_step_iq_gateway_reauth(self, entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        """Ask for new credentials; the gateway is only contacted when they are checked."""
        serial = self._get_reauth_entry().unique_id or ""
        return await self._async_choose_sign_in(
            GatewayIdentity(
                host=entry_data[CONF_HOST], serial=serial, fingerprint=bytes.fromhex(entry_data[CONF_FINGERPRINT])
            )
        )

    async def async_step_iq_gateway_reconfigure(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the current address of the gateway, or of its replacement."""
        errors: dict[str, str] = {}
        entry, schema = self._get_reconfigure_entry(), _HOST_SCHEMA
        if user_input is not None:
            try:
                gateway = await self._async_identify(user_input[CONF_HOST])
            except FlowError as err:
                errors[CONF_HOST] = err.key
            else:
                self._gateway = gateway
                if gateway.serial != entry.unique_id:
                    if user_input.get(CONF_REPLACED):
                        return await self.async_step_replaced()
                    errors[CONF_HOST], schema = "another_gateway", _REPLACED_SCHEMA
                elif gateway.fingerprint.hex() == entry.data.get(CONF_FINGERPRINT):
                    return await self._async_finish_reconfigure()
                else:
                    return await self.async_step_certificate()
        return self.async_show_form(
            step_id="reconfigure",
            data_schema=self.add_suggested_values_to_schema(schema, user_input or entry.data),
            errors=errors,
            description_placeholders={"target": (user_input or {}).get(CONF_HOST, "")},
        )

    async def async_step_certificate(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask whether to trust the gateway's new certificate."""
        if user_input is not None:
            return await self._async_finish_reconfigure()
        before, gateway = self._get_reconfigure_entry().data, self._gateway
        return self.async_show_form(
            step_id="certificate",
            data_schema=probatio.Schema({}),
            description_placeholders={
                "old_host": before.get(CONF_HOST, "-"),
                "old": readable(before.get(CONF_FINGERPRINT, "")) or "-",
                "new_host": gateway.host,
                "new": readable(gateway.fingerprint.hex()),
            },
        )

    async def async_step_replaced(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask whether to continue the site with a different gateway."""
        entry, gateway = self._get_reconfigure_entry(), self._gateway
        if self.hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, gateway.serial) is not None:
            return self.async_abort(reason="replacement_is_set_up")
        if user_input is not None:
            self._replaces = True
            return await self._async_choose_sign_in(gateway)
        return self.async_show_form(
            step_id="replaced",
            data_schema=probatio.Schema({}),
            description_placeholders={
                "old_host": entry.data.get(CONF_HOST, "-"),
                "old_serial": entry.unique_id or "",
                "new_host": gateway.host,
                "new_serial": gateway.serial,
            },
        )

    @property
    @override
    def _sign_in_placeholders(self) -> dict[str, str]:
        return self._placeholders

    @property
    def _placeholders(self) -> dict[str, str]:
        gateway = self._gateway
        return {
            "host": gateway.host,
            "target": gateway.host,
            "serial": gateway.serial,
            "token_page": str(entrez()),
        }

    async def _async_identify(self, text: str, *, serial: str | None = None) -> GatewayIdentity:
        """Return the identity of the gateway at an address; raise `FlowError` if its serial number differs."""
        host = parse_host(text)
        gateway = await identify(async_get_isolated_session(self.hass, gateway_family(host)), host)
        if serial is not None and gateway.serial != serial:
            raise FlowError("another_gateway")
        return gateway

    async def _async_is_gone(self, entry: ConfigEntry) -> bool:
        """Return whether a configured gateway can no longer be found at its address."""
        pinned = _pinned(entry)
        if pinned is None or (entry.state is ConfigEntryState.LOADED and entry.runtime_data.source.outage is None):
            return False
        host = entry.data[CONF_HOST]
        return not await shows_certificate(async_get_isolated_session(self.hass, gateway_family(host)), host, pinned)

    async def _async_choose_sign_in(self, gateway: GatewayIdentity) -> ConfigFlowResult:
        self._gateway = gateway
        self.context["title_placeholders"] = {"name": _title(gateway.serial)}
        return await self.async_step_iq_gateway_auth()

    def _read_token(self, text: str) -> GatewayToken:
        try:
            return GatewayToken.parse(text)
        except TokenMalformedError as err:
            raise FlowError("token_malformed") from err

    async def _async_check(self, token: GatewayToken) -> None:
        """Check a token's claims, then have the gateway check it."""
        gateway = self._gateway
        if token.serial is not None and token.serial != gateway.serial:
            raise FlowError("token_of_another_gateway")
        if token.expired(dt_util.utcnow()):
            raise FlowError("token_expired")
        client = IqGatewayClient(
            async_get_isolated_session(self.hass, gateway_family(gateway.host)),
            gateway.host,
            fingerprint=gateway.fingerprint,
            token=token.raw,
        )
        try:
            good = await client.check_token()
        except ApiCertificateError as err:
            raise FlowError("certificate_changed") from err
        except ApiError as err:
            raise connection_error(err) from err
        if not good:
            raise FlowError("token_refused" if token.whole_signature else "token_malformed")
        if token.role == TokenRole.INSTALLER and not self._warned:
            # It works, but only for 12 hours, so the user has to submit it twice.
            self._warned = True
            raise FlowError("token_of_installer")

    def _show_token_form(self, errors: dict[str, str]) -> ConfigFlowResult:
        return self.async_show_form(
            step_id="iq_gateway_token",
            data_schema=_TOKEN_SCHEMA,
            errors=errors,
            description_placeholders=self._placeholders,
        )

    async def _async_finish_reconfigure(self) -> ConfigFlowResult:
        """Keep the token if it still works; ask for a new one otherwise."""
        entry, gateway = self._get_reconfigure_entry(), self._gateway
        self._warned = True
        try:
            await self._async_check(self._read_token(str(entry.data.get(CONF_TOKEN))))
        except FlowError:
            return await self._async_choose_sign_in(gateway)
        return self.async_update_reload_and_abort(
            entry, data_updates={CONF_HOST: gateway.host, CONF_FINGERPRINT: gateway.fingerprint.hex()}
        )

    async def _async_finish(self, token: GatewayToken, credentials: dict[str, str]) -> ConfigFlowResult:
        gateway = self._gateway
        data = {
            CONF_SOURCE: SOURCE,
            CONF_HOST: gateway.host,
            CONF_FINGERPRINT: gateway.fingerprint.hex(),
            CONF_TOKEN: token.raw,
            **credentials,
        }
        if self.source == SOURCE_REAUTH:
            return self.async_update_reload_and_abort(self._get_reauth_entry(), data=data)
        if self._replaces:
            entry = self._get_reconfigure_entry()
            named_by_us = entry.title == _title(entry.unique_id or "")
            title = _title(gateway.serial) if named_by_us else entry.title
            successor = EntryIdentity(unique_id=gateway.serial, title=title, data=data)
            replaced = await self.hass.data[REPLACE](self.hass, entry, successor)
            return self.async_abort(reason="gateway_replaced" if replaced else "gateway_not_replaced")
        if self.source == SOURCE_RECONFIGURE:
            return self.async_update_reload_and_abort(self._get_reconfigure_entry(), data=data)
        return self.async_create_entry(title=_title(gateway.serial), data=data)


def _pinned(entry: ConfigEntry) -> bytes | None:
    """Return the fingerprint of the certificate that an entry trusts, `None` for an ignored discovery."""
    fingerprint = entry.data.get(CONF_FINGERPRINT)
    return bytes.fromhex(fingerprint) if fingerprint else None


def _title(serial: str) -> str:
    """Return a name that distinguishes gateways without the whole serial number."""
    return f"IQ Gateway {serial[-4:]}"
