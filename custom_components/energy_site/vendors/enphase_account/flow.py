"""The steps that set up a system of the owner's Enphase account: a sign-in, a code where it is asked for, a system."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, override

import probatio

from homeassistant.config_entries import (
    SOURCE_REAUTH,
    SOURCE_RECONFIGURE,
    ConfigEntry,
    ConfigEntryState,
    ConfigFlowResult,
)
from homeassistant.const import CONF_NAME, CONF_PASSWORD, CONF_USERNAME
from homeassistant.helpers.selector import TextSelector
from homeassistant.helpers.typing import DiscoveryInfoType

from ...api.errors import ApiError, ApiForbiddenError, ApiNotFoundError, ApiPayloadError
from ...const import CONF_SERIAL, CONF_SOURCE, CONF_SYSTEM_ID, LOGGER
from ...helpers.flow_error import FlowError
from ..cloud_flow import CloudSteps, DiscoveredSystem, strip_whitespace
from ..enphase.accounts import KeptAccount, account_name, async_account, async_forget_unused
from ..enphase.const import SOURCE
from ..enphase.sign_in_flow import SignInSteps
from .client import endpoints
from .client.client import AccountClient
from .const import CONF_USER_ID

_SYSTEM_STEP = "enphase_account_system"
_NUMBER_SCHEMA = probatio.Schema({probatio.Required(CONF_SYSTEM_ID): TextSelector()})


class EnphaseAccountSteps(SignInSteps, CloudSteps):
    """The steps of the config flow for the owner's Enphase account."""

    manufacturer = "Enphase"
    login_step = SOURCE
    code_step = "enphase_account_code"
    choice_step = _SYSTEM_STEP
    error_keys = MappingProxyType({"account_unreachable": "cannot_connect"})

    async def async_step_enphase_account(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the email address and the password."""
        return await self._async_step_login(user_input)

    async def async_step_enphase_account_code(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the code that Enphase sent."""
        return await self._async_step_code(user_input)

    async def async_step_enphase_account_system(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Let the user choose a system, or enter the number of one that Enphase doesn't list."""
        if user_input is None or CONF_SYSTEM_ID not in user_input:
            return await self.async_step_system(user_input)
        number = strip_whitespace(user_input[CONF_SYSTEM_ID])
        try:
            await self._async_check_number(number)
        except FlowError as problem:
            return self._show_number(problem, number)
        return await self._async_choose(DiscoveredSystem(system_id=number, name=None))

    @override
    async def async_step_integration_discovery(self, discovery_info: DiscoveryInfoType) -> ConfigFlowResult:
        """Set up the account of a gateway whose battery Enphase's cloud controls."""
        await self.async_set_unique_id(f"cloud_of_{discovery_info[CONF_SERIAL]}")
        self.context["title_placeholders"] = {"name": discovery_info[CONF_NAME]}
        return await self.async_step_enphase_account()

    async def async_step_enphase_account_reauth(self, _: Mapping[str, Any]) -> ConfigFlowResult:
        """Ask to sign in again after the session ended."""
        return await self.async_step_enphase_account()

    async def async_step_enphase_account_reconfigure(self, _: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask to sign in again, to remember the password or to forget it."""
        return await self.async_step_enphase_account()

    @override
    async def _async_use_account(self, kept: KeptAccount, credentials: dict[str, str]) -> ConfigFlowResult:
        if (entry := self._changed_entry) is not None:
            return await self._async_update(entry, kept, credentials)
        session = kept.account.session
        data = {CONF_SOURCE: SOURCE, **credentials, CONF_USER_ID: session.user_id if session is not None else None}

        async def collect() -> dict[str, Any]:
            return data

        self._prefix, self._collect = SOURCE, collect
        systems = await self._async_systems(kept)
        if not systems:
            return self._show_number(None, "")
        if len(systems) == 1:
            return await self._async_choose(systems[0])
        return await self._async_offer(SOURCE, systems, collect)

    async def _async_systems(self, kept: KeptAccount) -> list[DiscoveredSystem]:
        """Return the systems of the account: those that are listed, else the one that the sign-in leads to."""
        try:
            sites = await AccountClient(kept.account).get(endpoints.SITES, urgent=True)
        except ApiNotFoundError, ApiPayloadError:
            sites = ()
        except ApiError as err:
            raise self._error(err) from err
        found = [DiscoveredSystem(system_id=site.site_id, name=site.title) for site in sites]
        session = kept.account.session
        if not found and session is not None and session.system_id is not None:
            return [DiscoveredSystem(system_id=session.system_id, name=None)]
        return found

    @override
    async def _async_choose(self, system: DiscoveredSystem) -> ConfigFlowResult:
        """Set up a system; which gateways it has decides what its entry shows."""
        assert self._kept is not None  # noqa: S101 - the sign-in set it.
        try:
            devices = await AccountClient(self._kept.account, system.system_id).get(endpoints.DEVICES, urgent=True)
        except ApiError as err:
            LOGGER.debug("The gateways of the system are not known yet: %s", err)
        else:
            await self._kept.async_note(system.system_id, gateways=devices.gateway_serials)
        return await super()._async_choose(system)

    async def _async_check_number(self, number: str) -> None:
        """Raise a `FlowError` unless the account has a system with this number."""
        assert self._kept is not None  # noqa: S101 - the sign-in set it.
        if not number.isascii() or not number.isdigit():
            raise FlowError("no_system", CONF_SYSTEM_ID)
        try:
            await AccountClient(self._kept.account, number).get(endpoints.SITE_SETTINGS, urgent=True)
        except (ApiForbiddenError, ApiNotFoundError) as err:
            raise FlowError("no_system", CONF_SYSTEM_ID) from err
        except ApiError as err:
            raise self._error(err) from err

    async def _async_update(
        self, entry: ConfigEntry, kept: KeptAccount, credentials: dict[str, str]
    ) -> ConfigFlowResult:
        """Use the new session for an entry, and for the others of the same account."""
        session, known, known_email = kept.account.session, entry.data.get(CONF_USER_ID), entry.data[CONF_USERNAME]
        same_name = account_name(entry.data[CONF_USERNAME]) == account_name(credentials[CONF_USERNAME])
        if session is None or (known != session.user_id if known and session.user_id else not same_name):
            raise FlowError("another_account")
        user_id = {CONF_USER_ID: session.user_id} if session.user_id else {}
        before = (await async_account(self.hass, entry.data[CONF_USERNAME])).users()
        for each in before:
            kept_data = {key: value for key, value in each.data.items() if key != CONF_PASSWORD}
            self.hass.config_entries.async_update_entry(each, data={**kept_data, **credentials, **user_id})
            if each.entry_id == entry.entry_id:
                continue
            for flow in each.async_get_active_flows(self.hass, {SOURCE_REAUTH}):
                self.hass.config_entries.flow.async_abort(flow["flow_id"])
            if each.state is not ConfigEntryState.LOADED:
                self.hass.config_entries.async_schedule_reload(each.entry_id)
        kept.account.password = kept.remembered_password
        await async_forget_unused(self.hass, known_email)
        return self.async_update_reload_and_abort(entry)

    @property
    def _changed_entry(self) -> ConfigEntry | None:
        """The entry that is signed in again, `None` for a new one."""
        if self.source == SOURCE_REAUTH:
            return self._get_reauth_entry()
        return self._get_reconfigure_entry() if self.source == SOURCE_RECONFIGURE else None

    @property
    @override
    def _suggested(self) -> Mapping[str, Any]:
        entry = self._changed_entry
        return {} if entry is None else {CONF_USERNAME: entry.data.get(CONF_USERNAME)}

    def _show_number(self, problem: FlowError | None, number: str) -> ConfigFlowResult:
        return self.async_show_form(
            step_id=_SYSTEM_STEP,
            data_schema=self.add_suggested_values_to_schema(_NUMBER_SCHEMA, {CONF_SYSTEM_ID: number}),
            errors=problem.errors if problem else {},
            description_placeholders={**self._sign_in_placeholders, **(problem.placeholders if problem else {})},
            last_step=True,
        )
