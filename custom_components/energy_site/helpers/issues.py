"""Repairs: descriptions of issues, and how to raise and clear them."""

from collections.abc import Mapping
from dataclasses import dataclass

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..const import DOMAIN, documentation
from .fix_flows import ConfirmFlow
from .texts import in_markdown


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueDescription:
    """One kind of issue: its key in the translations and in the documentation, and the flow that fixes it."""

    key: str
    severity: ir.IssueSeverity = ir.IssueSeverity.WARNING
    fix_flow: type[ConfirmFlow] | None = None
    persistent: bool = False


@callback
def async_raise_issue(
    hass: HomeAssistant,
    issue: IssueDescription,
    owner: str,
    placeholders: Mapping[str, str],
    *,
    severity: ir.IssueSeverity | None = None,
    text: str | None = None,
    data: Mapping[str, str] | None = None,
    path: str | None = None,
) -> None:
    """Raise an issue of an `owner`: the ID of a config entry, or the name of a file.

    `text` is a translation key that replaces the issue's own, `severity` replaces its default. A
    local `path` is shown unchanged, unlike any text from elsewhere.
    """
    page = (text or issue.key).replace("_", "-")
    ir.async_create_issue(
        hass,
        DOMAIN,
        f"{issue.key}_{owner}",
        is_fixable=issue.fix_flow is not None,
        is_persistent=issue.persistent,
        severity=severity or issue.severity,
        translation_key=text or issue.key,
        translation_placeholders={**in_markdown(placeholders), **({} if path is None else {"file": path})},
        data={"entry_id": owner, "key": issue.key, **(data or {})},
        learn_more_url=documentation(f"repairs.md#{page}"),
    )


class EntryIssues:
    """The issues of one config entry."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Raise and clear issues of `entry`."""
        self._hass = hass
        self._entry = entry

    @callback
    def show(
        self,
        issue: IssueDescription,
        placeholders: Mapping[str, str] | None,
        *,
        severity: ir.IssueSeverity | None = None,
        text: str | None = None,
        data: Mapping[str, str] | None = None,
    ) -> None:
        """Raise an issue with these placeholders, or clear it if they are `None`."""
        if placeholders is None:
            self.clear(issue)
            return
        named = {"name": self._entry.title, **placeholders}
        async_raise_issue(self._hass, issue, self._entry.entry_id, named, severity=severity, text=text, data=data)

    @callback
    def is_open(self, issue: IssueDescription) -> bool:
        """Return whether an issue is raised, which the user may have closed."""
        return ir.async_get(self._hass).async_get_issue(DOMAIN, f"{issue.key}_{self._entry.entry_id}") is not None

    @callback
    def clear(self, issue: IssueDescription) -> None:
        """Clear an issue."""
        ir.async_delete_issue(self._hass, DOMAIN, f"{issue.key}_{self._entry.entry_id}")
