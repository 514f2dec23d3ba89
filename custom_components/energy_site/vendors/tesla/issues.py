"""The issues of a Tesla entry."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.network import NoURLAvailableError, get_url

from ...helpers.fix_flows import ReauthFlow
from ...helpers.issues import IssueDescription
from ...helpers.texts import OwnLink
from .client.addresses import Region
from .client.oauth import consent_url

# Leads to Home Assistant from anywhere.
_ELSEWHERE = "https://my.home-assistant.io/redirect/repairs/"

CONSENT_MISSING = IssueDescription(key="consent_missing", fix_flow=ReauthFlow)
READ_PERMISSION_MISSING = IssueDescription(
    key="read_permission_missing", severity=ir.IssueSeverity.ERROR, fix_flow=ReauthFlow
)
APPLICATION_DISABLED = IssueDescription(key="application_disabled", severity=ir.IssueSeverity.ERROR)
REQUESTS_PAUSED = IssueDescription(key="requests_paused")
SITE_STALE = IssueDescription(key="site_stale")

ISSUES = (APPLICATION_DISABLED, CONSENT_MISSING, READ_PERMISSION_MISSING, REQUESTS_PAUSED, SITE_STALE)


def consent_placeholders(hass: HomeAssistant, client_id: str, region: Region) -> dict[str, str]:
    """Return the placeholders of a text that leads the owner to the consent they gave."""
    try:
        back = f"{get_url(hass, allow_internal=False, require_ssl=True)}/config/repairs"
    except NoURLAvailableError:
        back = _ELSEWHERE
    return {"consent_url": OwnLink(consent_url(client_id, back, region=region))}
