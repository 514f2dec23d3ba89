"""Looks at the statistics after a move, and offers to undo it if the seam shows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
import math
from typing import Any, override

from homeassistant.components.recorder.statistics import StatisticsRow, statistics_during_period
from homeassistant.components.repairs import RepairsFlowResult
from homeassistant.components.sensor import DOMAIN as SENSOR
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EVENT_RECORDER_5MIN_STATISTICS_GENERATED, UnitOfEnergy
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.helpers.recorder import get_instance
from homeassistant.util import dt as dt_util
from homeassistant.util.unit_conversion import EnergyConverter

from ..const import DOMAIN
from ..helpers.fix_flows import ConfirmFlow
from ..helpers.issues import EntryIssues, IssueDescription
from ..runtime.site import SiteConfigEntry
from ..site.energy.continuing import agrees
from ..site.energy.counter import DEFAULT_LIMIT
from .evidence import in_watt_hours
from .journal import Move, Phase
from .machine import MoveError, async_move_back
from .way_back import async_undoable

_PERIOD = timedelta(minutes=5)

# A move that is older than this isn't looked at again after a restart.
_WITHIN = timedelta(days=1)

# What recorded nothing for this long before a move may record nothing after it.
_BEFORE = timedelta(hours=1)

# Wh by which a sum may differ from what its counter has counted.
_TOLERANCE = 50.0

_MOVED_AT = "moved_at"
_NAMES = "names"


class MoveBackFlow(ConfirmFlow):
    """Undoes a move once the user confirms it."""

    @override
    async def async_step_confirm(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        placeholders = self._placeholders
        try:
            return await super().async_step_confirm(user_input)
        except MoveError as err:
            return self.async_abort(reason=err.reason, description_placeholders=placeholders)

    @override
    async def _async_act(self) -> None:
        entry = self._entry
        moves = {} if entry is None else _moves(self.hass, entry)
        if entry is None or (move := moves.get(str(self._data.get(_MOVED_AT)))) is None:
            raise MoveError("nothing_to_move_back")
        await async_move_back(self.hass, entry, move)


MOVED_STATISTICS = IssueDescription(key="moved_statistics", fix_flow=MoveBackFlow, persistent=True)
# The same issue in the words for a gateway that was replaced.
MOVED_STATISTICS_OF_GATEWAY = IssueDescription(
    key="moved_statistics_of_gateway", fix_flow=MoveBackFlow, persistent=True
)


@callback
def async_check(hass: HomeAssistant, entry: SiteConfigEntry) -> None:
    """Look at the statistics of a site that something moved into, and withdraw a repair that can't be undone."""
    check = _SeamCheck(hass, entry)
    # The move that sets this site up isn't over yet.
    check.async_withdraw_if_over()
    entry.async_on_unload(hass.bus.async_listen(EVENT_RECORDER_5MIN_STATISTICS_GENERATED, check.async_look))


class _SeamCheck:
    """Looks at the moves of one site whenever statistics were compiled, until each was found right."""

    def __init__(self, hass: HomeAssistant, entry: SiteConfigEntry) -> None:
        self._hass = hass
        self._entry = entry
        self._issues = EntryIssues(hass, entry)
        self._judged: set[str] = set()
        self._seen_before: dict[str, frozenset[str]] = {}

    @callback
    def async_withdraw_if_over(self) -> None:
        """Withdraw the repair of a move that was undone, or can't be any more."""
        if (told := self._told()) is not None and told.get(_MOVED_AT) not in _moves(self._hass, self._entry):
            self._issues.clear(MOVED_STATISTICS)

    async def async_look(self, _: Event) -> None:
        """Judge what can be judged by now, and once more what was told, as the user may have mended it."""
        self.async_withdraw_if_over()
        source = self._entry.runtime_data.source
        for moved_at, move in _moves(self._hass, self._entry).items():
            told, at = self._told(), datetime.fromisoformat(moved_at)
            is_told = told is not None and told.get(_MOVED_AT) == moved_at
            if not is_told and (moved_at in self._judged or dt_util.utcnow() - at >= _WITHIN):
                continue
            counters = _counters(self._hass, self._entry, move)
            shown = frozenset(name for name in counters if in_watt_hours(self._hass.states.get(name)) is not None)
            # Statistics of what has only just appeared may still come.
            expected = shown & self._seen_before.get(moved_at, frozenset())
            verdict = await _async_judge(self._hass, at, counters, expected=expected, by_day=source.counts_by_day)
            self._seen_before[moved_at] = shown
            if verdict.jumped or verdict.missing:
                self._raise(moved_at, move, verdict)
            elif told is not None and is_told and set(told[_NAMES].split(", ")) & set(counters) <= set(verdict.right):
                self._issues.clear(MOVED_STATISTICS)
                # There is one repair for all moves, so that another one may have had to wait.
                self._judged.clear()
            if not verdict.is_open:
                self._judged.add(moved_at)

    @callback
    def _told(self) -> Mapping[str, Any] | None:
        found = ir.async_get(self._hass).async_get_issue(DOMAIN, f"{MOVED_STATISTICS.key}_{self._entry.entry_id}")
        return None if found is None else found.data or {}

    @callback
    def _raise(self, moved_at: str, move: Move, verdict: _Verdict) -> None:
        texts = {"jumped": ", ".join(verdict.jumped) or "-", "missing": ", ".join(verdict.missing) or "-"}
        data = {_MOVED_AT: moved_at, _NAMES: ", ".join((*verdict.jumped, *verdict.missing))}
        # The titles of gateways may be the same, and their serial numbers aren't for everybody who sees a repair.
        text = MOVED_STATISTICS_OF_GATEWAY.key if move.succession is not None else None
        self._issues.show(MOVED_STATISTICS, {"old": move.title, **texts}, text=text, data=data)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verdict:
    """The statistics whose sums jumped, those that are no longer recorded, and those that are right.

    It is open while some are awaited.
    """

    jumped: tuple[str, ...]
    missing: tuple[str, ...]
    right: tuple[str, ...]
    is_open: bool


async def _async_judge(
    hass: HomeAssistant, at: datetime, counters: Iterable[str], *, expected: Iterable[str], by_day: bool
) -> _Verdict:
    """Judge the statistics of counters that moved `at` a time; those `expected` have had a value for some minutes."""
    rows = await get_instance(hass).async_add_executor_job(_read, hass, at - _BEFORE, set(counters))
    jumped: list[str] = []
    missing: list[str] = []
    right: list[str] = []
    is_open = False
    for name, recorded in sorted(rows.items()):
        before = [row for row in recorded if _start(row) + _PERIOD <= at]
        after = recorded[len(before) :]
        if not before:
            continue
        if len(after) >= 2:
            (jumped if _jumped(before[-1], after[1], by_day=by_day) else right).append(name)
        elif not after and name in expected:
            missing.append(name)
        else:
            is_open = True
    return _Verdict(jumped=tuple(jumped), missing=tuple(missing), right=tuple(right), is_open=is_open)


def _read(hass: HomeAssistant, start: datetime, names: set[str]) -> Mapping[str, list[StatisticsRow]]:
    units: dict[str, str] = {EnergyConverter.UNIT_CLASS: UnitOfEnergy.WATT_HOUR}
    return statistics_during_period(hass, start, None, names, "5minute", units, {"state", "sum"})


def _jumped(before: StatisticsRow, after: StatisticsRow, *, by_day: bool) -> bool:
    """Return whether a sum counted what its counter didn't, or what can't have flowed."""
    summed = (after.get("sum") or 0.0) - (before.get("sum") or 0.0)
    low, high = before.get("state") or 0.0, after.get("state") or 0.0
    hours = (_start(after) - _start(before)).total_seconds() / 3600
    if agrees(low, high, hours, limit=math.inf if by_day else DEFAULT_LIMIT):
        return abs(summed - (high - low)) > _TOLERANCE
    # The counter itself jumped, and the sum may have been corrected.
    return not agrees(0.0, summed, hours)


def _start(row: StatisticsRow) -> datetime:
    return datetime.fromtimestamp(row["start"], UTC)


def _moves(hass: HomeAssistant, entry: ConfigEntry) -> dict[str, Move]:
    """Return the moves that are over and can be undone by when they were, oldest first."""
    return {
        move.handed_over_at.isoformat(): move
        for move in reversed(async_undoable(hass, entry.entry_id))
        if move.phase is Phase.MOVED and move.handed_over_at is not None
    }


def _counters(hass: HomeAssistant, entry: SiteConfigEntry, move: Move) -> list[str]:
    """Return the IDs by which the counters of a move are known now."""
    registry = er.async_get(hass)
    if move.succession is not None:
        own = er.async_entries_for_config_entry(registry, entry.entry_id)
        return [entity.entity_id for entity in own if _is_counter(entry, entity)]
    known = (registry.entities.get_entry(moved.id) for moved in move.entities if moved.counter is not None)
    return [entity.entity_id for entity in known if entity is not None]


def _is_counter(entry: SiteConfigEntry, entity: er.RegistryEntry) -> bool:
    """Return whether an entity of ours, of the site or of one of its devices, shows a lifetime counter."""
    runtime = entry.runtime_data
    name = entity.unique_id.removeprefix(f"{runtime.site}_")
    serial, _, key = name.partition("_")
    named = runtime.source.counter_name(name, None) or runtime.source.counter_name(key, serial)
    return entity.domain == SENSOR and named is not None
