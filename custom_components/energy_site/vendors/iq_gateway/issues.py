"""The issues of an IQ Gateway's entry."""

from typing import override

from homeassistant.const import CONF_HOST
from homeassistant.helpers import issue_registry as ir

from ...helpers.fix_flows import ConfirmFlow, ReauthFlow
from ...helpers.issues import IssueDescription
from .const import CONF_FINGERPRINT


class CertificateFlow(ConfirmFlow):
    """Trusts a gateway's new certificate, but only at the address where it was seen."""

    @override
    async def _async_act(self) -> None:
        entry, entries = self._entry, self.hass.config_entries
        if entry is not None and entry.data[CONF_HOST] == self._data.get(CONF_HOST):
            fingerprint = str(self._data[CONF_FINGERPRINT])
            entries.async_update_entry(entry, data={**entry.data, CONF_FINGERPRINT: fingerprint})
            entries.async_schedule_reload(entry.entry_id)


ACCOUNT = IssueDescription(key="account_service", severity=ir.IssueSeverity.ERROR, fix_flow=ReauthFlow)
ANOTHER_GATEWAY = IssueDescription(key="another_gateway", severity=ir.IssueSeverity.ERROR)
CERTIFICATE = IssueDescription(key="certificate_changed", severity=ir.IssueSeverity.ERROR, fix_flow=CertificateFlow)
TOKEN = IssueDescription(key="token_expiring", fix_flow=ReauthFlow)

ISSUES = (ACCOUNT, ANOTHER_GATEWAY, CERTIFICATE, TOKEN)
