"""Repairs that a user can confirm."""

from homeassistant.core import HomeAssistant

from .energy_dashboard.offer import ENERGY_DASHBOARD
from .helpers.fix_flows import ConfirmFlow
from .helpers.issues import IssueDescription
from .helpers.storage import UNREADABLE
from .moving.check import MOVED_STATISTICS, MOVED_STATISTICS_OF_GATEWAY
from .runtime.issues import ISSUES as SITE_ISSUES
from .vendors.registry import VENDORS

ISSUES: dict[str, IssueDescription] = {
    issue.key: issue
    for issue in (
        UNREADABLE,
        ENERGY_DASHBOARD,
        MOVED_STATISTICS,
        MOVED_STATISTICS_OF_GATEWAY,
        *SITE_ISSUES,
        *(each for vendor in VENDORS for each in vendor.issues),
    )
}


async def async_create_fix_flow(
    hass: HomeAssistant,  # noqa: ARG001 - the signature is Home Assistant's.
    issue_id: str,
    data: dict[str, str | int | float | None] | None,
) -> ConfirmFlow:
    """Return the flow that fixes an issue.

    Raises `LookupError` for an unknown issue, or one without a flow.
    """
    known = data or {}
    flow = ISSUES[str(known.get("key"))].fix_flow
    if flow is None:
        raise LookupError(issue_id)
    return flow(issue_id, known)
