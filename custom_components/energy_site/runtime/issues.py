"""Repairs for problems that the site reports."""

import re
from typing import override

from homeassistant.config_entries import SOURCE_INTEGRATION_DISCOVERY
from homeassistant.const import CONF_NAME
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import discovery_flow
from homeassistant.util import dt as dt_util

from ..const import CONF_SERIAL, DOMAIN
from ..helpers.fix_flows import AcknowledgeFlow, ConfirmFlow
from ..helpers.harmless import Vocabulary
from ..helpers.issues import EntryIssues, IssueDescription
from ..site.charging import ChargingWatch
from ..site.control import Change, ChangeKind, ControlKey, ControlName, Failure
from ..site.model import Battery, GridStatus, Health, Inverters, MeterFault, PowerFlow, Quota, Settings
from .control_errors import setting_name
from .poller import Poller
from .site_events import SiteEvents
from .ways import GATEWAY_GONE, SHOWN_BY_GATEWAY, SHOWN_BY_GATEWAY_ENERGY


class SetUpCloudFlow(ConfirmFlow):
    """Starts the setup of the cloud, which is then listed among the discovered devices."""

    @override
    async def _async_act(self) -> None:
        if (entry := self._entry) is not None:
            discovery_flow.async_create_flow(
                self.hass,
                DOMAIN,
                context={"source": SOURCE_INTEGRATION_DISCOVERY},
                data={CONF_NAME: entry.title, CONF_SERIAL: entry.unique_id},
            )


BATTERY_NOT_CHARGING = IssueDescription(key="battery_not_charging", fix_flow=AcknowledgeFlow)
CLOUD_INCOMPLETE = IssueDescription(key="cloud_incomplete")
CLOUD_CONTROLLED = IssueDescription(key="governed_remotely", fix_flow=SetUpCloudFlow)
SETTING_IGNORED = IssueDescription(key="setting_ignored")
QUOTA_NEARLY_USED = IssueDescription(key="quota_nearly_used")
QUOTA_USED_UP = IssueDescription(key="quota_used_up")
OVERRIDE_NOT_RESTORED = IssueDescription(key="override_not_restored")
SETTING_REVERTED = IssueDescription(key="setting_reverted")
INVERTERS_SILENT = IssueDescription(key="inverters_silent")
METER_WIRING = IssueDescription(key="meter_wiring")
METERS = {fault: IssueDescription(key=fault) for fault in MeterFault}

ISSUES = (
    BATTERY_NOT_CHARGING,
    CLOUD_INCOMPLETE,
    CLOUD_CONTROLLED,
    SETTING_IGNORED,
    QUOTA_NEARLY_USED,
    QUOTA_USED_UP,
    OVERRIDE_NOT_RESTORED,
    SETTING_REVERTED,
    INVERTERS_SILENT,
    METER_WIRING,
    GATEWAY_GONE,
    SHOWN_BY_GATEWAY,
    SHOWN_BY_GATEWAY_ENERGY,
    *METERS.values(),
)

# After one of these changes, nothing suggests any more that a setting doesn't last.
_HELD = (ChangeKind.CHANGED, ChangeKind.CONFIRMED, ChangeKind.ACCEPTED)

# A list of names must stay readable.
_MOST_NAMES = 8


@callback
def async_track_issues(
    hass: HomeAssistant,
    site: str,
    poller: Poller,
    events: SiteEvents,
    issues: EntryIssues,
    vocabulary: Vocabulary,
) -> tuple[CALLBACK_TYPE, ...]:
    """Raise and clear issues as the site's parts change, and return what stops that."""
    parts = _PartIssues(poller, issues, vocabulary)
    parts.show_cloud_control()
    parts.show_quota()
    charging = _ChargingIssue(poller, issues)
    return (
        events.listen(Change, charging.handle),
        poller.listen(PowerFlow, charging.show),
        poller.listen(Health, parts.show_health),
        poller.listen(Inverters, parts.show_inverters),
        poller.listen(Settings, parts.show_cloud_control),
        poller.listen(Quota, parts.show_quota),
        events.listen(Change, _SettingIssues(hass, site, issues).handle),
    )


class _PartIssues:
    """The issues that result from a site's parts."""

    def __init__(self, poller: Poller, issues: EntryIssues, vocabulary: Vocabulary) -> None:
        self._poller = poller
        self._issues = issues
        self._vocabulary = vocabulary

    @callback
    def show_health(self) -> None:
        """Show the problems that the site or its cloud reports."""
        health = self._poller.part(Health)
        words = [re.sub("[_-]", " ", problem) for problem in (health.problems if health else None) or ()]
        known = [
            word if self._vocabulary.is_harmless(word) and not any(map(str.isdigit, word)) else "?" for word in words
        ]
        self._issues.show(METER_WIRING, {"problems": ", ".join(known)} if known else None)
        names = sorted(name.replace("_", " ") for name in health.ailing) if health else []
        self._issues.show(CLOUD_INCOMPLETE, {"values": ", ".join(names)} if names else None)
        found = {finding.fault: finding for finding in (health.findings if health else ())}
        for fault, issue in METERS.items():
            finding = found.get(fault)
            if finding is None:
                self._issues.clear(issue)
            else:
                watts = {"measured": _watts(finding.measured), "expected": _watts(finding.expected)}
                self._issues.show(issue, watts)

    @callback
    def show_inverters(self) -> None:
        """Show which inverters don't report."""
        inverters = self._poller.part(Inverters)
        silent = inverters.silent if inverters is not None else ()
        names = ", ".join(silent[:_MOST_NAMES]) + (", …" if len(silent) > _MOST_NAMES else "")
        self._issues.show(INVERTERS_SILENT, {"count": str(len(silent)), "serials": names} if silent else None)

    @callback
    def show_cloud_control(self) -> None:
        """Show that only the cloud controls the battery, unless the cloud is set up as well."""
        settings = self._poller.part(Settings)
        if settings is None or settings.cloud_controlled is None:
            return
        fallback = self._poller.source.fallback
        helpless = settings.cloud_controlled and (fallback is None or fallback() is None)
        self._issues.show(CLOUD_CONTROLLED, {} if helpless else None)

    @callback
    def show_quota(self) -> None:
        """Show that the requests are nearly or completely used up."""
        quota = self._poller.part(Quota)
        if quota is None:
            return
        shown = {
            "used": str(quota.used),
            "limit": str(quota.limit or quota.used),
            "resets_at": dt_util.as_local(quota.resets_at).date().isoformat(),
        }
        self._issues.show(QUOTA_NEARLY_USED, shown if quota.ahead and not quota.exhausted else None)
        self._issues.show(QUOTA_USED_UP, shown if quota.exhausted else None)


def _watts(power: float | None) -> str:
    return "?" if power is None else f"{power:.0f}"


class _ChargingIssue:
    """Shows that a battery below its reserve doesn't charge although it may."""

    def __init__(self, poller: Poller, issues: EntryIssues) -> None:
        self._poller = poller
        self._issues = issues
        self._watch = ChargingWatch()
        self._raised = False

    @callback
    def handle(self, change: Change) -> None:
        """Watch the battery after a change that should make it charge."""
        key = change.name.key
        if change.kind in _HELD and change.ours and key in (ControlKey.CHARGE_FROM_GRID, ControlKey.BACKUP_RESERVE):
            self._watch.begin(dt_util.utcnow())

    @callback
    def show(self) -> None:
        """Show the issue until the user closes it, or clear it."""
        if self._raised and not self._issues.is_open(BATTERY_NOT_CHARGING):
            self._watch.end()
        part = self._poller.part
        self._raised = self._watch.is_idle(part(Settings), part(Battery), part(PowerFlow), part(GridStatus))
        self._issues.show(BATTERY_NOT_CHARGING, {} if self._raised else None)


class _SettingIssues:
    """Remembers which settings were ignored or reverted, until they last."""

    def __init__(self, hass: HomeAssistant, site: str, issues: EntryIssues) -> None:
        self._hass = hass
        self._site = site
        self._issues = issues
        self._names: dict[str, set[ControlName]] = {SETTING_IGNORED.key: set(), SETTING_REVERTED.key: set()}

    @callback
    def handle(self, change: Change) -> None:
        """Raise or clear an issue."""
        if change.kind is ChangeKind.REVERTED:
            self._add(SETTING_REVERTED, change.name)
        elif change.error is not None and change.error.failure is Failure.IGNORED:
            self._add(SETTING_IGNORED, change.name)
        elif change.kind in _HELD and change.ours and not change.along:
            for issue in (SETTING_IGNORED, SETTING_REVERTED):
                self._names[issue.key].discard(change.name)
                self._show(issue)

    def _add(self, issue: IssueDescription, name: ControlName) -> None:
        self._names[issue.key].add(name)
        self._show(issue)

    def _show(self, issue: IssueDescription) -> None:
        names = sorted(setting_name(self._hass, self._site, name) for name in self._names[issue.key])
        self._issues.show(issue, {"settings": ", ".join(names)} if names else None)
