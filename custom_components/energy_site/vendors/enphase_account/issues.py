"""The issues of an entry of the owner's Enphase account."""

from typing import Any, override

import probatio

from homeassistant.components.repairs import RepairsFlowResult
from homeassistant.config_entries import ConfigEntryState
from homeassistant.helpers import issue_registry as ir

from ...api.errors import ApiError
from ...const import LOGGER
from ...helpers.fix_flows import ConfirmFlow, ReauthFlow
from ...helpers.issues import IssueDescription

CONF_ACCEPTED = "accepted"


class StatementFlow(ConfirmFlow):
    """Shows the statement that Enphase wants accepted, and passes on that the owner accepts it."""

    @override
    async def async_step_confirm(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        errors: dict[str, str] = {}
        if user_input is not None:
            if not user_input[CONF_ACCEPTED]:
                errors[CONF_ACCEPTED] = "not_accepted"
            elif await self._async_accept():
                return self.async_create_entry(data={})
            else:
                errors["base"] = "not_passed_on"
        return self.async_show_form(
            step_id="confirm",
            data_schema=probatio.Schema({probatio.Required(CONF_ACCEPTED, default=False): bool}),
            errors=errors,
            description_placeholders=self._placeholders,
        )

    @override
    async def _async_act(self) -> None:
        """Do nothing more."""

    async def _async_accept(self) -> bool:
        """Return whether Enphase took the acceptance."""
        entry = self._entry
        if entry is None or entry.state is not ConfigEntryState.LOADED:
            return False
        try:
            await entry.runtime_data.source.accept_statement()
        except ApiError as err:
            LOGGER.warning("The statement could not be accepted: %s", err)
            return False
        return True


# Its texts are those of the account service's conditions.
ACCOUNT = IssueDescription(key="account_waiting", severity=ir.IssueSeverity.ERROR, fix_flow=ReauthFlow)
STATEMENT = IssueDescription(key="statement_missing", fix_flow=StatementFlow)
GONE = IssueDescription(key="system_gone", severity=ir.IssueSeverity.ERROR)

ISSUES = (ACCOUNT, STATEMENT, GONE)
