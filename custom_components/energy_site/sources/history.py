"""Fetches a site's history from its provider and writes it to the statistics store."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import batched
import logging
from typing import Any

from ..api.errors import ApiAuthError, ApiError, ApiForbiddenError, ApiNotFoundError, ApiQuotaError
from ..site.history.cursor import Aim, Cursor, FlowGroup, Step, next_step, progress, steps_for
from ..site.history.intervals import (
    DAY,
    FIRST_DAY,
    HOUR,
    LAST_DAY,
    DayReading,
    Interval,
    day_of,
    hours,
    merged,
    read,
    slot,
)
from ..site.history.report import Report, Stop, Totals
from ..site.history.rows import replaced
from ..site.history.writing import Written, stretches
from ..site.model import CounterKind
from .history_costs import HistoryCosts
from .history_provider import Allowance, HistoryProvider, Lifetime, NoHistoryError, StatisticsStore

_LOGGER = logging.getLogger(__name__)

# A system without history today may have some tomorrow.
_IDLE = timedelta(days=1)

# Totals in which a day is missing will not have it any sooner.
_TOTALS_STAND = timedelta(hours=12)

_UNLIMITED = 1_000_000

# The number of days written between two turns of the event loop.
_MOST_DAYS_AT_ONCE = 200


class _StoppedError(Exception):
    """The run cannot continue."""

    def __init__(self, reason: Stop) -> None:
        """Keep the reason."""
        super().__init__(reason)
        self.reason = reason


class HistoryFetcher:
    """Keeps the statistics of one site up to date, and refines its history step by step.

    Data is only fetched within `async_run` and `async_import`. The progress is kept across
    restarts.
    """

    def __init__(
        self,
        provider: HistoryProvider,
        store: StatisticsStore,
        *,
        allowance: Allowance,
        clock: Callable[[], datetime],
        today_every: timedelta = timedelta(hours=6),
        changed: Callable[[], None] | None = None,
        title: str = "the site",
    ) -> None:
        """Write the history of `provider`, with as many requests as `allowance` returns at each moment.

        The current day is fetched again after `today_every`. `changed` is called when there is
        progress. `title` is the site's in the log.
        """
        self._provider = provider
        self.store = store
        self._allowance = allowance
        self._clock = clock
        self._today_every = today_every
        self._changed = changed or (lambda: None)
        self._cursors: defaultdict[str, Cursor] = defaultdict(Cursor)
        self._costs = HistoryCosts(provider, store, title)
        self._totals: dict[str, Totals] = {}
        self._wanted: set[str] = set()
        self._idle = asyncio.Event()
        self._idle.set()
        self._mended = False
        self._running = False
        self._cancelled = False

    @property
    def running(self) -> bool:
        """Whether a run is in progress."""
        return self._running

    @property
    def progress(self) -> float:
        """How much of the history has reached its finest resolution, in %."""
        now, zone = self._clock(), self._provider.zone
        shares = [progress(self._cursors[each.key], each, now=now, zone=zone) for each in self._provider.groups]
        return 100 * sum(shares) / len(shares) if shares else 100.0

    @property
    def complete(self) -> bool:
        """Whether nothing is left to fetch, not even days that may still change."""
        groups, cursors = self._provider.groups, self._cursors
        return self.progress >= 100 and not any(cursors[group.key].has_unsettled(group) for group in groups)

    @property
    def knows_life(self) -> bool:
        """Whether the energy of each day is known, or there is none."""
        cursors = [self._cursors[group.key] for group in self._provider.groups]
        return all(cursor.first is not None or cursor.idle_until is not None for cursor in cursors)

    def as_dict(self) -> dict[str, Any]:
        """Return the state to store across restarts, as plain JSON data."""
        return {key: cursor.as_dict() for key, cursor in self._cursors.items()}

    def restore(self, data: Mapping[str, Any]) -> None:
        """Restore the data of `as_dict`, also that of flows that the site isn't known to have yet."""
        self._cursors = defaultdict(Cursor, {key: Cursor.restore(kept) for key, kept in data.items()})

    def cancel(self) -> None:
        """End the run after the current request; the next run continues from there."""
        self._cancelled = self._running

    async def async_run(self, allowance: Allowance | None = None) -> Report:
        """Fetch what is missing, most urgent first, until it is complete or no requests are left."""
        allowance = allowance or self._allowance
        return await self._attempt(lambda failed: self._open_steps(failed, allowance), allowance)

    async def async_import(self, start: date, end: date, *, allowance: Allowance | None = None) -> Report:
        """Fetch all days from `start` to `end` again, both included, even those that are already known.

        Without an `allowance`, only the source's own quota limits it. A running fetch is cancelled.
        """
        while self._running:
            self.cancel()
            await self._idle.wait()
        return await self._attempt(lambda _: self._steps_again(start, end), allowance or (lambda: _UNLIMITED))

    # -- which steps ------------------------------------------------------------

    def _open_steps(self, failed: set[str], allowance: Allowance) -> Iterator[Step]:
        """Yield the remaining steps, which change with each completed step."""
        taken: set[Step] = set()
        while steps := [step for group in self._provider.groups if (step := self._next(group, failed, allowance))]:
            step = min(steps, key=lambda step: (step.aim, -step.first.toordinal() - step.days))
            if step in taken:
                # The step changed nothing, and would not the next time either.
                _LOGGER.debug("No more history of %s for now", step.group.key)
                failed.add(step.group.key)
                continue
            taken.add(step)
            yield step

    def _next(self, group: FlowGroup, failed: set[str], allowance: Allowance) -> Step | None:
        if group.key in failed:
            return None
        return next_step(
            self._cursors[group.key],
            group,
            now=self._clock(),
            zone=self._provider.zone,
            today_every=self._today_every,
            # The current day may change until its end, so requests for it must not use up the allowance.
            today_first=allowance() >= 2 * len(self._provider.groups),
            wants_life=group.key in self._wanted,
        )

    def _steps_again(self, start: date, end: date) -> Iterator[Step]:
        today = day_of(self._clock(), self._provider.zone)
        end = min(end, today)
        if start > end:
            return
        for group in self._provider.groups:
            yield Step(group=group, aim=Aim.LIFE, first=start, days=(end - start).days + 1)
            yield from steps_for(self._cursors[group.key], group, start, end, today=today)

    # -- running ----------------------------------------------------------------

    async def _attempt(self, steps: Callable[[set[str]], Iterator[Step]], allowance: Allowance) -> Report:
        if not self.store.available():
            return Report(stopped=Stop.NO_RECORDER)
        if self._running:
            return Report(stopped=Stop.BUSY)
        self._running, self._cancelled = True, False
        self._idle.clear()
        report = Report()
        try:
            try:
                report.stopped = await self._work(steps, report, allowance)
            except _StoppedError as stopped:
                report.stopped = stopped.reason
            await self._price()
        finally:
            self._running = False
            self._idle.set()
            self._changed()
        return report

    async def _work(self, steps: Callable[[set[str]], Iterator[Step]], report: Report, allowance: Allowance) -> Stop:
        failed: set[str] = set()
        await self._check()
        for step in steps(failed):
            if self._cancelled or not self.store.available():
                return Stop.CANCELLED
            if step.group.key not in failed:
                await self._run_step(step, failed, report, allowance)
        return Stop.FAILED if failed else Stop.DONE

    async def _run_step(self, step: Step, failed: set[str], report: Report, allowance: Allowance) -> None:
        group, cursor = step.group, self._cursors[step.group.key]
        try:
            if step.aim is Aim.LIFE:
                await self._write_totals(step, report, allowance)
            else:
                await self._write_intervals(step, report, allowance)
        except ApiQuotaError as err:
            raise _StoppedError(Stop.QUOTA) from err
        except (NoHistoryError, ApiForbiddenError, ApiNotFoundError) as err:
            _LOGGER.debug("No history of %s: %s", group.key, err)
            cursor.idle_until = self._clock() + _IDLE
            self._wanted.discard(group.key)
            failed.add(group.key)
        except ApiAuthError as err:
            raise _StoppedError(Stop.FAILED) from err
        except ApiError as err:
            _LOGGER.debug("The history of %s is postponed: %s", group.key, err)
            failed.add(group.key)
        self._changed()

    async def _price(self) -> None:
        """Write the costs of what is stored, also of hours whose price was learned later than their energy."""
        if self.store.available():
            groups = self._provider.groups
            cursors = {kind: self._cursors[group.key] for group in groups for kind in group.kinds}
            await self._costs.price(cursors, self._clock())

    @staticmethod
    def _spend(cost: int, report: Report, allowance: Allowance) -> None:
        if allowance() < cost:
            raise _StoppedError(Stop.ALLOWANCE)
        report.requests += cost

    # -- totals of days ---------------------------------------------------------

    async def _write_totals(self, step: Step, report: Report, allowance: Allowance) -> None:
        """Fetch the totals of days, and write those for which there is nothing finer."""
        group, cursor, zone = step.group, self._cursors[step.group.key], self._provider.zone
        new = cursor.first is None
        again = step.days > 0 and not new
        whole = new or (group.key in self._wanted and not again)
        first = None if whole or cursor.first is None else max(step.first, cursor.first)
        self._spend(self._provider.lifetime_cost(group, first), report, allowance)
        life = await self._ask_totals(group, first)
        reported = {day for each in life.days.values() for day in each}
        begun = reported | ({life.first} if life.first else set())
        if new and not begun:
            cursor.idle_until = self._clock() + _IDLE
            return
        through = self._totals[group.key].through
        wanted = {day for day in reported if day <= through and day not in cursor.refined}
        if again:
            wanted |= {day for day in reported if day < day_of(self._clock(), zone) - DAY * group.reach}
            wanted = {day for day in wanted if step.first <= day < step.first + DAY * step.days}
        for some in batched(sorted(wanted), _MOST_DAYS_AT_ONCE, strict=False):
            await self._write(
                group,
                {
                    kind: {
                        day: Written(energies={slot(day, zone): each[day]}, end=slot(day + DAY, zone))
                        for day in some
                        if day in each
                    }
                    for kind, each in life.days.items()
                },
                report,
            )
            # The history of decades must not block the event loop.
            await asyncio.sleep(0)
        if begun and not again:
            cursor.first = min(begun) if cursor.first is None else min(cursor.first, *begun)
            cursor.through = max(through, cursor.through or through)
        cursor.reported = life.reported or cursor.reported

    async def _ask_totals(self, group: FlowGroup, first: date | None) -> Lifetime:
        """Fetch the totals of days, and cache them."""
        zone, now = self._provider.zone, self._clock()
        life = _believed(await self._provider.lifetime(group, first))
        self._wanted.discard(group.key)
        # The last day that was reported is incomplete.
        last = max((day for days in life.days.values() for day in days), default=day_of(now, zone))
        through = min(last if life.reported is None else day_of(life.reported, zone), day_of(now, zone)) - DAY
        days = life.days
        known = self._totals.get(group.key)
        if first is not None and known is not None and known.know(first - DAY):
            days = {kind: {**known.days.get(kind, {}), **each} for kind, each in days.items()}
            first, through = known.first, max(known.through, through)
        self._totals[group.key] = Totals(days=days, first=first, through=through, at=now)
        return life

    async def _fill(self, group: FlowGroup, lacking: set[date], report: Report, allowance: Allowance) -> Totals | None:
        """Return totals for days with missing hours, fetched if unknown; `None` if no request is left."""
        totals = self._totals.get(group.key)
        provider, first = self._provider, min(lacking)
        if totals is not None and (
            all(totals.know(day) for day in lacking)
            or (self._clock() - totals.at < _TOTALS_STAND and totals.reaches(first))
        ):
            return totals
        cost, whole_cost = provider.lifetime_cost(group, first), provider.lifetime_cost(group)
        if allowance() < cost:
            return None
        report.requests += cost
        await self._ask_totals(group, first if cost < whole_cost else None)
        return self._totals[group.key]

    # -- intervals --------------------------------------------------------------

    async def _write_intervals(self, step: Step, report: Report, allowance: Allowance) -> None:
        """Fetch the intervals of some days, and write those that are complete."""
        group, cursor, provider = step.group, self._cursors[step.group.key], self._provider
        self._spend(provider.cost(group, step.first, step.days), report, allowance)
        answer = await provider.intervals(group, step.first, step.days)
        now, zone = self._clock(), provider.zone
        found = {kind: merged(answer.found.get(kind, ())) for kind in group.kinds}
        reported = answer.reported or max((each[-1].end for each in found.values() if each), default=None)
        cursor.reported = reported or cursor.reported
        today = day_of(now, zone)
        days = {
            day: self._read_day(group, day, found, reported, now)
            for number in range(step.days)
            if (day := step.first + DAY * number) <= today
        }
        final = {day for day, each in days.items() if all(reading.final for reading in each.values())}
        lacking = {day for day in final if any(cursor.lacks(reading) for reading in days[day].values())}
        totals = await self._fill(group, lacking, report, allowance) if lacking else None
        waiting = lacking if totals is None else set()
        todo: dict[CounterKind, dict[date, Written]] = {kind: {} for kind in group.kinds}
        for day, each in days.items():
            if day in waiting:
                continue
            for kind, reading in each.items():
                if not cursor.improves(reading, final=day in final):
                    continue
                if energies := hours(reading, totals.of(kind, day) if totals is not None else None):
                    end = slot(day + DAY, zone) if day in final else max(energies) + HOUR
                    todo[kind][day] = Written(energies=energies, end=end)
        await self._write(group, todo, report)
        for day, each in days.items():
            if day not in waiting:
                cursor.read(day, each.values(), now, final=day in final)
                report.days += 1
            if day < today and (day in waiting or day not in final):
                report.incomplete.add(day)
        if waiting:
            self._wanted.add(group.key)
            raise _StoppedError(Stop.ALLOWANCE)

    def _read_day(
        self,
        group: FlowGroup,
        day: date,
        found: Mapping[CounterKind, Sequence[Interval]],
        reported: datetime | None,
        now: datetime,
    ) -> dict[CounterKind, DayReading]:
        """Return the readings of a day, none of which is final before the day is settled."""
        cursor, zone = self._cursors[group.key], self._provider.zone

        def readings(*, settled: bool) -> dict[CounterKind, DayReading]:
            begins = day == cursor.first
            return {
                kind: read(
                    day, zone, each, reported=reported, now=now, dense=group.dense, begins=begins, settled=settled
                )
                for kind, each in found.items()
            }

        days = readings(settled=True)
        return days if cursor.is_settled(group, day, days.values(), now) else readings(settled=False)

    # -- writing ----------------------------------------------------------------

    async def _write(
        self, group: FlowGroup, todo: Mapping[CounterKind, Mapping[date, Written]], report: Report
    ) -> None:
        cursor = self._cursors[group.key]
        for kind, days in todo.items():
            begun = kind not in group.doubtful or kind in cursor.written
            if not (begun or any(wh for each in days.values() for wh in each.energies.values())):
                continue
            shares = cursor.shares.setdefault(kind, {})
            for stretch in stretches(days, shares, self._provider.zone):
                start, end, points = stretch.start, stretch.end, stretch.points
                # Runs never overlap, so nothing else writes between these two calls.
                existing, before = await self.store.rows(kind, start, end)
                change = replaced(existing, points, start, end, before)
                self.store.write(kind, change.rows)
                self.store.shift(kind, change.later, change.shift)
                await self._costs.follow(kind, cursor, existing, change)
                report.hours[kind] = report.hours.get(kind, 0) + len(change.rows)
                cursor.written[kind] = max(*points, cursor.written.get(kind, start))

    async def _check(self) -> None:
        """Start over after statistics were removed or an older backup restored; repair sums of an interrupted write."""
        for group in self._provider.groups:
            cursor = self._cursors[group.key]
            for kind, hour in tuple(cursor.written.items()):
                last = await self.store.last(kind)
                if last is None:
                    self._cursors[group.key] = Cursor()
                    break
                if last < hour:
                    cursor.forget(day_of(last, self._provider.zone))
                    cursor.written[kind] = last
        if not self._mended:
            for group in self._provider.groups:
                for kind in group.kinds:
                    await self.store.mend(kind)
            self._mended = True
        await self._costs.open()


def _believed(life: Lifetime) -> Lifetime:
    """Drop days outside the range in which a site can exist."""
    days = {
        kind: {day: wh for day, wh in each.items() if FIRST_DAY <= day < LAST_DAY} for kind, each in life.days.items()
    }
    return replace(life, days=days, first=life.first and max(life.first, FIRST_DAY))
