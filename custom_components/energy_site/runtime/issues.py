"""Repairs for what the site itself complains about."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from homeassistant.core import callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

from ..const import DOMAIN, documentation
from ..errors import setting_name
from ..helpers.harmless import is_harmless
from ..helpers.texts import in_markdown
from ..site.control import Change, ChangeKind, ControlName, Failure
from ..site.model import Health, Inverters, MeterFault, Quota, Settings

if TYPE_CHECKING:
    from ..coordinator import SiteRuntime

ISSUE_AILING = "cloud_incomplete"
ISSUE_GOVERNED = "governed_remotely"
ISSUE_IGNORED = "setting_ignored"
ISSUE_QUOTA_LOW = "quota_nearly_used"
ISSUE_QUOTA_GONE = "quota_used_up"
ISSUE_RESTORE = "override_not_restored"
ISSUE_REVERTED = "setting_reverted"
ISSUE_SILENT = "inverters_silent"
ISSUE_WIRING = "meter_wiring"

# After these nothing says any more that a setting does not hold.
_HELD = (ChangeKind.CHANGED, ChangeKind.CONFIRMED, ChangeKind.ACCEPTED)

# A list of names has to stay readable.
_MOST_NAMES = 8


@callback
def async_track_issues(runtime: SiteRuntime) -> None:
    """Raise and settle repairs as the site's parts tell."""

    @callback
    def wiring() -> None:
        health = runtime.part(Health)
        problems = (health.problems if health is not None else None) or ()
        words = [problem.replace("_", " ").replace("-", " ") for problem in problems]
        known = [word if is_harmless(word) and not any(map(str.isdigit, word)) else "?" for word in words]
        shown = {"problems": ", ".join(known)} if known else None
        async_show_issue(runtime, ISSUE_WIRING, shown)

    @callback
    def meters() -> None:
        health = runtime.part(Health)
        found = {finding.fault: finding for finding in (health.findings if health is not None else ())}
        for fault in MeterFault:
            finding = found.get(fault)
            async_show_issue(
                runtime,
                fault,
                None
                if finding is None
                else {"measured": _watts(finding.measured), "expected": _watts(finding.expected)},
            )

    @callback
    def ailing() -> None:
        health = runtime.part(Health)
        names = [name.replace("_", " ") for name in health.ailing] if health is not None else []
        async_show_issue(runtime, ISSUE_AILING, {"values": ", ".join(sorted(names))} if names else None)

    @callback
    def silence() -> None:
        inverters = runtime.part(Inverters)
        silent = inverters.silent if inverters is not None else ()
        names = ", ".join(silent[:_MOST_NAMES]) + (", …" if len(silent) > _MOST_NAMES else "")
        async_show_issue(runtime, ISSUE_SILENT, {"count": str(len(silent)), "serials": names} if silent else None)

    @callback
    def government() -> None:
        settings = runtime.part(Settings)
        if settings is None or settings.governed_remotely is None:
            return
        way = runtime.source.other_way
        helpless = settings.governed_remotely and (way is None or way() is None)
        async_show_issue(runtime, ISSUE_GOVERNED, {} if helpless else None, fixable=True)

    @callback
    def quota() -> None:
        part = runtime.part(Quota)
        if part is None:
            return
        shown = {
            "used": str(part.used),
            "limit": str(part.limit or part.used),
            "resets_at": dt_util.as_local(part.resets_at).date().isoformat(),
        }
        async_show_issue(runtime, ISSUE_QUOTA_LOW, shown if part.ahead and not part.exhausted else None)
        async_show_issue(runtime, ISSUE_QUOTA_GONE, shown if part.exhausted else None)

    on_unload = runtime.entry.async_on_unload
    on_unload(runtime.listen(Health, wiring))
    on_unload(runtime.listen(Health, meters))
    on_unload(runtime.listen(Health, ailing))
    on_unload(runtime.listen(Inverters, silence))
    on_unload(runtime.listen(Settings, government))
    on_unload(runtime.listen(Quota, quota))
    on_unload(runtime.happenings.listen(Change, _Complaints(runtime).hear))
    government()
    quota()


def _watts(power: float | None) -> str:
    return "?" if power is None else f"{power:.0f}"


class _Complaints:
    """Remembers which settings were ignored or taken back, until they hold."""

    def __init__(self, runtime: SiteRuntime) -> None:
        self._runtime = runtime
        self._names: dict[str, set[ControlName]] = {ISSUE_IGNORED: set(), ISSUE_REVERTED: set()}

    @callback
    def hear(self, change: Change) -> None:
        """Complain, or take a complaint back."""
        if change.kind is ChangeKind.REVERTED:
            self._complain(ISSUE_REVERTED, change.name)
        elif change.error is not None and change.error.failure is Failure.IGNORED:
            self._complain(ISSUE_IGNORED, change.name)
        elif change.kind in _HELD and change.ours and not change.along:
            for key, names in self._names.items():
                names.discard(change.name)
                self._show(key)

    def _complain(self, key: str, name: ControlName) -> None:
        self._names[key].add(name)
        self._show(key)

    def _show(self, key: str) -> None:
        names = sorted(setting_name(self._runtime, name) for name in self._names[key])
        async_show_issue(self._runtime, key, {"settings": ", ".join(names)} if names else None)


@callback
def async_show_issue(
    runtime: SiteRuntime, key: str, placeholders: Mapping[str, str] | None, *, fixable: bool = False
) -> None:
    """Raise a repair with a text for these placeholders, or settle it."""
    issue_id = f"{key}_{runtime.entry.entry_id}"
    if placeholders is None:
        ir.async_delete_issue(runtime.hass, DOMAIN, issue_id)
        return
    ir.async_create_issue(
        runtime.hass,
        DOMAIN,
        issue_id,
        is_fixable=fixable,
        severity=ir.IssueSeverity.WARNING,
        translation_key=key,
        translation_placeholders=in_markdown({"name": runtime.entry.title, **placeholders}),
        data={"entry_id": runtime.entry.entry_id, "key": key},
        learn_more_url=documentation(f"repairs.md#{key.replace('_', '-')}"),
    )
