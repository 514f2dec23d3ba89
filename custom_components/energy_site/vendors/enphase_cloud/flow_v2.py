"""The steps that set up a system with a key of the Enphase v2 API."""

from collections.abc import Mapping
import re
from typing import Any

import probatio

from homeassistant.config_entries import SOURCE_REAUTH, SOURCE_RECONFIGURE, ConfigEntry, ConfigFlowResult
from homeassistant.const import CONF_API_KEY
from homeassistant.helpers.selector import TextSelector

from ...api.errors import ApiAuthError, ApiError, ApiForbiddenError, ApiNotFoundError
from ...const import CONF_SOURCE
from ...helpers.flow_error import FlowError
from ...helpers.sessions import async_get_isolated_session
from ..cloud_flow import HIDDEN, CloudSteps, DiscoveredSystem, check_granted, connection_error, strip_whitespace
from ..request_budget import flow_budget
from .client.errors import KeyRefusedError
from .client.v2 import EnlightenV2Client, encode_user_id
from .const import CONF_USER_ID, SOURCE_V2

# The number itself, or its long form: the number and a line feed in base64, in hexadecimal digits.
_USER_ID = re.compile(r"\d{1,20}|([0-9a-f]{2}){5,60}", re.ASCII)


class EnlightenSteps(CloudSteps):
    """The steps of the config flow for the v2 API."""

    manufacturer = "Enphase"

    _api_key: str = ""
    _user_id: str = ""

    async def async_step_enlighten(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the key and the user ID."""
        return await self._async_key(SOURCE_V2, user_input)

    async def async_step_enlighten_credentials(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for a new key or user ID of an entry."""
        return await self._async_key("enlighten_credentials", user_input)

    async def async_step_enlighten_reauth(self, _: Mapping[str, Any]) -> ConfigFlowResult:
        """Ask for a new key or user ID after they were rejected."""
        return await self._async_change(self._get_reauth_entry())

    async def async_step_enlighten_reconfigure(self, _: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for a new key or user ID."""
        return await self._async_change(self._get_reconfigure_entry())

    async def _async_change(self, entry: ConfigEntry) -> ConfigFlowResult:
        self._api_key, self._user_id = entry.data[CONF_API_KEY], entry.data[CONF_USER_ID]
        return await self.async_step_enlighten_credentials()

    async def _async_key(self, step_id: str, user_input: dict[str, Any] | None) -> ConfigFlowResult:
        self._problem = None
        if user_input is not None:
            self._api_key = strip_whitespace(user_input.get(CONF_API_KEY, "")) or self._api_key
            self._user_id = strip_whitespace(user_input[CONF_USER_ID]).lower()
            try:
                return await self._async_use_key()
            except FlowError as problem:
                self._problem = problem
        needed = probatio.Optional if self._api_key else probatio.Required
        user_id = probatio.Required(CONF_USER_ID, description={"suggested_value": self._user_id or None})
        fields = {needed(probatio.Secret(CONF_API_KEY)): HIDDEN, user_id: TextSelector()}
        return self._show(step_id, fields, {"example": "310606"})

    async def _async_use_key(self) -> ConfigFlowResult:
        if not self._api_key:
            raise FlowError("needed", CONF_API_KEY)
        if not _USER_ID.fullmatch(self._user_id):
            raise FlowError("user_id_malformed", CONF_USER_ID)
        systems = await self._async_legacy_systems()
        if self.source not in (SOURCE_REAUTH, SOURCE_RECONFIGURE):
            return await self._async_offer(SOURCE_V2, systems, self._async_legacy_data)
        entry = self._get_reauth_entry() if self.source == SOURCE_REAUTH else self._get_reconfigure_entry()
        check_granted(entry, systems)
        return self.async_update_reload_and_abort(entry, data_updates=await self._async_legacy_data())

    async def _async_legacy_systems(self) -> list[DiscoveredSystem]:
        client = EnlightenV2Client(
            async_get_isolated_session(self.hass),
            self._api_key,
            self._user_id,
            budget=flow_budget(self.hass, self._api_key),
        )
        try:
            return [
                DiscoveredSystem(system_id=str(system.system_id), name=system.system_name)
                async for system in client.all_systems()
            ]
        except KeyRefusedError as err:
            raise FlowError("old_key_refused", CONF_API_KEY) from err
        except (ApiAuthError, ApiForbiddenError) as err:
            raise FlowError("key_or_user_refused") from err
        except ApiNotFoundError as err:
            raise FlowError("api_retired") from err
        except ApiError as err:
            raise connection_error(err) from err

    async def _async_legacy_data(self) -> dict[str, Any]:
        return {
            CONF_SOURCE: SOURCE_V2,
            CONF_API_KEY: self._api_key,
            CONF_USER_ID: encode_user_id(self._user_id),
        }
