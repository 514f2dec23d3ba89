"""Repairs for what the site itself complains about."""

from collections.abc import Mapping

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN, documentation
from .coordinator import SiteRuntime
from .site.model import Health, Inverters

ISSUE_WIRING = "meter_wiring"
ISSUE_SILENT = "inverters_silent"

# A list of names has to stay readable.
_MOST_NAMES = 8


@callback
def async_track_issues(hass: HomeAssistant, runtime: SiteRuntime) -> None:
    """Raise and settle repairs as the site's parts tell."""

    @callback
    def wiring() -> None:
        health = runtime.part(Health)
        problems = (health.problems if health is not None else None) or ()
        _show(hass, runtime, ISSUE_WIRING, {"problems": ", ".join(problems).replace("_", " ")} if problems else None)

    @callback
    def silence() -> None:
        inverters = runtime.part(Inverters)
        silent = inverters.silent if inverters is not None else ()
        names = ", ".join(silent[:_MOST_NAMES]) + (", …" if len(silent) > _MOST_NAMES else "")
        _show(hass, runtime, ISSUE_SILENT, {"count": str(len(silent)), "serials": names} if silent else None)

    runtime.entry.async_on_unload(runtime.listen(Health, wiring))
    runtime.entry.async_on_unload(runtime.listen(Inverters, silence))


def _show(hass: HomeAssistant, runtime: SiteRuntime, key: str, placeholders: Mapping[str, str] | None) -> None:
    issue_id = f"{key}_{runtime.entry.entry_id}"
    if placeholders is None:
        ir.async_delete_issue(hass, DOMAIN, issue_id)
        return
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id,
        is_fixable=False,
        severity=ir.IssueSeverity.WARNING,
        translation_key=key,
        translation_placeholders={"name": runtime.entry.title, **placeholders},
        data={"entry_id": runtime.entry.entry_id},
        learn_more_url=documentation(f"repairs.md#{key.replace('_', '-')}"),
    )
