"""Repairs that a person can confirm."""

from abc import ABC, abstractmethod
from typing import override

import probatio

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import SOURCE_INTEGRATION_DISCOVERY
from homeassistant.const import CONF_HOST, CONF_NAME
from homeassistant.core import HomeAssistant
from homeassistant.helpers import discovery_flow, issue_registry as ir

from .const import CONF_FINGERPRINT, CONF_SERIAL, DOMAIN
from .helpers.storage import ISSUE_UNREADABLE
from .runtime.issues import ISSUE_GOVERNED


class _ConfirmFlow(RepairsFlow, ABC):
    """Shows what is wrong and acts once it is confirmed."""

    def __init__(self, entry_id: str, issue_id: str) -> None:
        """Act on the entry with this id."""
        self._entry_id = entry_id
        self._named = issue_id

    @abstractmethod
    async def _async_act(self) -> None:
        """Do what was confirmed."""

    async def async_step_init(self, _: dict[str, str] | None = None) -> RepairsFlowResult:
        """Begin; what comes in is the issue's id, and nobody's consent."""
        return await self.async_step_confirm()

    async def async_step_confirm(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Ask, then act."""
        if user_input is None:
            issue = ir.async_get(self.hass).async_get_issue(DOMAIN, self._named)
            return self.async_show_form(
                step_id="confirm",
                data_schema=probatio.Schema({}),
                description_placeholders=issue.translation_placeholders if issue else None,
            )
        await self._async_act()
        return self.async_create_entry(data={})


class CertificateFlow(_ConfirmFlow):
    """Trusts a gateway's new certificate, at the address where it was seen and nowhere else."""

    def __init__(self, entry_id: str, issue_id: str, fingerprint: str, host: str) -> None:
        """Trust the certificate with this SHA-256 fingerprint."""
        super().__init__(entry_id, issue_id)
        self._fingerprint = fingerprint
        self._host = host

    @override
    async def _async_act(self) -> None:
        entries = self.hass.config_entries
        entry = entries.async_get_entry(self._entry_id)
        if entry is not None and entry.data[CONF_HOST] == self._host:
            entries.async_update_entry(entry, data={**entry.data, CONF_FINGERPRINT: self._fingerprint})
            entries.async_schedule_reload(entry.entry_id)


class CloudFlow(_ConfirmFlow):
    """Leads to the cloud's set-up, which then waits among the discovered devices."""

    @override
    async def _async_act(self) -> None:
        if (entry := self.hass.config_entries.async_get_entry(self._entry_id)) is not None:
            discovery_flow.async_create_flow(
                self.hass,
                DOMAIN,
                context={"source": SOURCE_INTEGRATION_DISCOVERY},
                data={CONF_NAME: entry.title, CONF_SERIAL: entry.unique_id},
            )


class ReadFlow(_ConfirmFlow):
    """Ends with what was read: there is nothing to be done from here."""

    @override
    async def _async_act(self) -> None:
        """Do nothing but close the repair."""


class TokenFlow(_ConfirmFlow):
    """Leads to where a new token is entered."""

    @override
    async def _async_act(self) -> None:
        if (entry := self.hass.config_entries.async_get_entry(self._entry_id)) is not None:
            entry.async_start_reauth(self.hass)


async def async_create_fix_flow(
    hass: HomeAssistant,  # noqa: ARG001 - the signature is Home Assistant's.
    issue_id: str,
    data: dict[str, str | int | float | None] | None,
) -> RepairsFlow:
    """Return the flow that mends an issue."""
    known = data or {}
    entry_id, fingerprint = str(known.get("entry_id")), known.get(CONF_FINGERPRINT)
    if known.get("key") == ISSUE_GOVERNED:
        return CloudFlow(entry_id, issue_id)
    if known.get("key") == ISSUE_UNREADABLE:
        return ReadFlow(entry_id, issue_id)
    if fingerprint is not None:
        return CertificateFlow(entry_id, issue_id, str(fingerprint), str(known.get(CONF_HOST)))
    return TokenFlow(entry_id, issue_id)
