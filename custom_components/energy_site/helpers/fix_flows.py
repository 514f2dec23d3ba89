"""Flows that fix an issue once the user confirms it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, override

import probatio

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import ConfigEntry
from homeassistant.helpers import issue_registry as ir

from ..const import DOMAIN


class ConfirmFlow(RepairsFlow, ABC):
    """Shows the problem, and acts once the user confirms it."""

    def __init__(self, named: str, data: Mapping[str, Any]) -> None:
        """Fix the issue with the ID `named`, with the data that it was raised with."""
        self._named = named
        self._data = data

    @abstractmethod
    async def _async_act(self) -> None:
        """Act after the user's confirmation."""

    @property
    def _entry(self) -> ConfigEntry | None:
        """The config entry of the issue, `None` if it no longer exists."""
        return self.hass.config_entries.async_get_entry(str(self._data.get("entry_id")))

    @property
    def _placeholders(self) -> Mapping[str, str] | None:
        """The placeholders of the issue's texts, `None` if it no longer exists."""
        issue = ir.async_get(self.hass).async_get_issue(DOMAIN, self._named)
        return issue.translation_placeholders if issue else None

    async def async_step_init(self, _: dict[str, str] | None = None) -> RepairsFlowResult:
        """Begin; the input is the issue's ID, and not a confirmation."""
        return await self.async_step_confirm()

    async def async_step_confirm(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Ask for confirmation, then act."""
        if user_input is None:
            return self.async_show_form(
                step_id="confirm", data_schema=probatio.Schema({}), description_placeholders=self._placeholders
            )
        await self._async_act()
        return self.async_create_entry(data={})


class AcknowledgeFlow(ConfirmFlow):
    """Closes an issue once the user has read it, as there is nothing else to do."""

    @override
    async def _async_act(self) -> None:
        pass


class ReauthFlow(ConfirmFlow):
    """Starts the flow in which new credentials are entered."""

    @override
    async def _async_act(self) -> None:
        if (entry := self._entry) is not None:
            entry.async_start_reauth(self.hass)
