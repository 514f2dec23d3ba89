"""Looks at the statistics after a move, and offers to undo it if the seam shows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import override

from homeassistant.components.recorder.statistics import StatisticsRow, statistics_during_period
from homeassistant.components.repairs import RepairsFlowResult
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
from .evidence import in_watt_hours
from .journal import JOURNAL, Move, Phase
from .machine import MoveError, async_move_back

_PERIOD = timedelta(minutes=5)

# A move that is older than this isn't looked at again after a restart.
_WITHIN = timedelta(days=1)

# What recorded nothing for this long before a move may record nothing after it.
_BEFORE = timedelta(hours=1)

# Wh by which a sum may differ from what its counter has counted.
_TOLERANCE = 50.0

_OLD = "old_entry_id"


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
        entry, old_entry_id = self._entry, self._data.get(_OLD)
        moves = [] if entry is None else _moved(self.hass, entry)
        move = next((move for move in moves if move.old_entry_id == old_entry_id), None)
        if entry is None or move is None or self.hass.config_entries.async_get_entry(move.old_entry_id) is None:
            raise MoveError("nothing_to_move_back")
        await async_move_back(self.hass, entry, move)


MOVED_STATISTICS = IssueDescription(key="moved_statistics", fix_flow=MoveBackFlow, persistent=True)


@callback
def async_check(hass: HomeAssistant, entry: SiteConfigEntry) -> None:
    """Look at the statistics of a site that something moved into, and withdraw the repair of a move that was undone."""
    moves = _moved(hass, entry)
    issues = ir.async_get(hass)
    found = issues.async_get_issue(DOMAIN, f"{MOVED_STATISTICS.key}_{entry.entry_id}")
    if found is not None and (found.data or {}).get(_OLD) not in {move.old_entry_id for move in moves}:
        EntryIssues(hass, entry).clear(MOVED_STATISTICS)
    # The move that sets this site up isn't over yet.
    check = _SeamCheck(hass, entry)
    entry.async_on_unload(hass.bus.async_listen(EVENT_RECORDER_5MIN_STATISTICS_GENERATED, check.async_look))


class _SeamCheck:
    """Looks at the moves of one site whenever statistics were compiled, until each was judged."""

    def __init__(self, hass: HomeAssistant, entry: SiteConfigEntry) -> None:
        self._hass = hass
        self._entry = entry
        self._judged: set[datetime] = set()
        self._seen_before: frozenset[str] = frozenset()

    async def async_look(self, _: Event) -> None:
        """Judge what can be judged by now."""
        for move in _moved(self._hass, self._entry):
            at = move.handed_over_at
            if at is None or at in self._judged or dt_util.utcnow() - at >= _WITHIN:
                continue
            counters = _counters(self._hass, move)
            shown = frozenset(name for name in counters if in_watt_hours(self._hass.states.get(name)) is not None)
            # Statistics of what has only just appeared may still come.
            verdict = await _async_judge(self._hass, at, counters, expected=shown & self._seen_before)
            self._seen_before = shown
            if verdict.jumped or verdict.missing:
                self._raise(move, verdict)
            if not verdict.is_open:
                self._judged.add(at)

    @callback
    def _raise(self, move: Move, verdict: _Verdict) -> None:
        texts = {"jumped": ", ".join(verdict.jumped) or "-", "missing": ", ".join(verdict.missing) or "-"}
        EntryIssues(self._hass, self._entry).show(
            MOVED_STATISTICS, {"old": move.title, **texts}, data={_OLD: move.old_entry_id}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verdict:
    """The statistics whose sums jumped, and those that are no longer recorded; it is open while some are awaited."""

    jumped: tuple[str, ...]
    missing: tuple[str, ...]
    is_open: bool


async def _async_judge(
    hass: HomeAssistant, at: datetime, counters: Iterable[str], *, expected: Iterable[str]
) -> _Verdict:
    """Judge the statistics of counters that moved `at` a time; those `expected` have had a value for some minutes."""
    rows = await get_instance(hass).async_add_executor_job(_read, hass, at - _BEFORE, set(counters))
    jumped, missing, is_open = [], [], False
    for name, recorded in sorted(rows.items()):
        before = [row for row in recorded if _start(row) + _PERIOD <= at]
        after = recorded[len(before) :]
        if not before:
            continue
        if len(after) >= 2:
            jumped += [name] if _jumped(before[-1], after[1]) else []
        elif not after and name in expected:
            missing.append(name)
        else:
            is_open = True
    return _Verdict(jumped=tuple(jumped), missing=tuple(missing), is_open=is_open)


def _read(hass: HomeAssistant, start: datetime, names: set[str]) -> Mapping[str, list[StatisticsRow]]:
    units: dict[str, str] = {EnergyConverter.UNIT_CLASS: UnitOfEnergy.WATT_HOUR}
    return statistics_during_period(hass, start, None, names, "5minute", units, {"state", "sum"})


def _jumped(before: StatisticsRow, after: StatisticsRow) -> bool:
    """Return whether a sum counted what its counter didn't, or what can't have flowed."""
    summed = (after.get("sum") or 0.0) - (before.get("sum") or 0.0)
    low, high = before.get("state") or 0.0, after.get("state") or 0.0
    hours = (_start(after) - _start(before)).total_seconds() / 3600
    return abs(summed - (high - low)) > _TOLERANCE or not agrees(low, high, hours)


def _start(row: StatisticsRow) -> datetime:
    return datetime.fromtimestamp(row["start"], UTC)


def _moved(hass: HomeAssistant, entry: ConfigEntry) -> list[Move]:
    return [move for move in hass.data[JOURNAL].of(entry.entry_id) if move.phase is Phase.MOVED]


def _counters(hass: HomeAssistant, move: Move) -> list[str]:
    """Return the IDs by which the counters of a move are known now."""
    registry = er.async_get(hass)
    known = (registry.entities.get_entry(moved.id) for moved in move.entities if moved.counter is not None)
    return [entity.entity_id for entity in known if entity is not None]
