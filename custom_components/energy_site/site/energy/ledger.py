"""A site's energy: all counters and their values at midnight, across restarts.

A source reports registers and powers as it reads them; the ledger holds the values to show.
`as_dict` and `restore` carry it over a restart.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
import math
from typing import Any

from ..model import Count, CounterKind
from . import counter
from .counter import CounterState, Doubt
from .integral import IntegralState, integrate, net

# Energy that a meter of the solar production counts backwards: what the inverters themselves use at
# night. It has no entity, but the house's balance needs it.
SOLAR_SELF_USE = "solar_self_use"

# The prefix of the counters of single phases. Their samples are rejected along with those of the whole meter, and so
# not counted as rejected once more.
PHASE = "phase:"

# The prefix of the source of a counter that is calculated from others.
_BALANCE = "balance:"

# The source of a counter that was read before its device was replaced.
_BEFORE = "before"

# Without a sample this close to midnight, the day's start is unknown.
_MIDNIGHT_KNOWN = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayStart:
    """A counter's Wh at the start of a day at the site.

    It is `certain` if a sample was taken around midnight, or the source reported the day's energy.
    The true start is between `floor` and `ceiling`, the values before the day and at its first
    sound sample.
    """

    day: date
    base: float
    certain: bool
    floor: float
    ceiling: float | None


class Ledger:
    """All energy counters of one site.

    Counters are named by a `CounterKind`, or by any other text for those of single devices.
    """

    def __init__(self, zone: tzinfo) -> None:
        """Start empty; days begin at midnight in `zone`."""
        self.zone = zone
        self._counters: dict[str, CounterState] = {}
        self._integrals: dict[str, IntegralState] = {}
        self._days: dict[str, DayStart] = {}

    @property
    def rejected(self) -> int:
        """The number of samples that were rejected as impossible."""
        return sum(state.rejected for name, state in self._counters.items() if not name.startswith(PHASE))

    def count(
        self,
        name: str,
        source: str,
        register: float | None,
        at: datetime,
        *,
        today: float | None = None,
        blank: bool = False,
        limit: float = counter.DEFAULT_LIMIT,
        wrap: float | None = None,
    ) -> None:
        """Record a sample in Wh of the register `source` that counts `name`.

        `today` is the day's energy as reported by the source. It is only used if no sample was
        taken at the start of the day.
        """
        if register is None:
            return
        before = self._counters.get(name)
        if before is None:
            after = counter.start(source, register, at, blank=blank)
        else:
            after = counter.advance(before, source, register, at, limit=limit, wrap=wrap)
        if after is None:
            return
        self._counters[name] = after
        self._open_day(name, before, after, at, today)

    def integrate(self, name: str, power: float, at: datetime, *, stored: float | None = None) -> tuple[float, float]:
        """Record a sample of a power in W that no register counts.

        Returns the total Wh in the positive and the negative direction.
        """
        state = integrate(self._integrals.get(name), power, at, stored=stored)
        self._integrals[name] = state
        return state.positive, state.negative

    def net(
        self, name: str, delivered: Iterable[str], received: Iterable[str], at: datetime
    ) -> tuple[float, float] | None:
        """Count import and export if both directions cancel each other out at any moment.

        Takes the counters of each direction, and returns the total Wh in the positive and the
        negative direction, `None` until all of them were read.
        """
        registers = [[self._counters.get(each) for each in way] for way in (delivered, received)]
        if any(None in way for way in registers):
            return None
        came, went = (sum(state.total for state in way if state is not None) for way in registers)
        state = net(self._integrals.get(f"net:{name}"), came - went, at)
        self._integrals[f"net:{name}"] = state
        return state.positive, state.negative

    def balance(
        self, name: str, gains: Iterable[str], losses: Iterable[str], at: datetime, *, afresh: bool = False
    ) -> None:
        """Count `name` as the gains less the losses, if all of them are known.

        `afresh` is true if energy flowed uncounted since the last time; the counter then continues
        from its current total.
        """
        gains, losses = sorted(gains), sorted(losses)
        if any(part not in self._counters for part in (*gains, *losses)):
            return
        register = sum(self._counters[part].total for part in gains)
        register -= sum(self._counters[part].total for part in losses)
        source = f"{_BALANCE}{'+'.join(gains)}-{'+'.join(losses)}"
        before = self._counters.get(name)
        if before is None:
            # Meters of different age may report that more energy left than ever came in.
            offset, total = max(-register, 0.0), max(register, 0.0)
        else:
            same = before.source == source and not afresh
            offset = before.offset if same else before.total - register
            total = max(before.total, register + offset)
        after = CounterState(source=source, register=register, offset=offset, total=total, at=at, moved_at=at)
        self._counters[name] = after
        self._open_day(name, before, after, at, None)

    def total(self, name: str) -> float | None:
        """Return the total Wh of a counter, `None` before its first sample."""
        state = self._counters.get(name)
        return state.total if state else None

    def parts(self, name: str) -> tuple[str, ...]:
        """Return the counters that a counter is the balance of, itself if it isn't a balance."""
        terms = balance_of(self.source(name) or "")
        return (name,) if terms is None else (*terms[0], *terms[1])

    def source(self, name: str) -> str | None:
        """Return the register that a counter is read from, `None` before its first sample."""
        state = self._counters.get(name)
        return state.source if state else None

    def today(self, name: str, at: datetime) -> float | None:
        """Return the Wh of a counter since midnight at the site, `None` before its first sample."""
        state, start = self._counters.get(name), self._days.get(name)
        if state is None or start is None:
            return None
        if start.day != self._day(at):
            return 0.0
        return max(state.total - start.base, 0.0)

    def counts(self, at: datetime) -> dict[CounterKind, Count]:
        """Return all counters of the site as a whole."""
        return {
            kind: Count(total=total, today=self.today(kind, at))
            for kind in CounterKind
            if (total := self.total(kind)) is not None
        }

    def move(self, zone: tzinfo, at: datetime) -> None:
        """Change the time zone in which days begin; today's energy remains today's."""
        before, self.zone = self._day(at), zone
        after = self._day(at)
        self._days = {
            name: replace(start, day=after) if start.day == before else start for name, start in self._days.items()
        }

    def as_dict(self) -> dict[str, Any]:
        """Return the counters as plain JSON data."""
        return {
            "counters": {name: _plain(asdict(state)) for name, state in self._counters.items()},
            "integrals": {name: _plain(asdict(state)) for name, state in self._integrals.items()},
            "days": {name: _plain(asdict(start)) for name, start in self._days.items()},
        }

    def restore(self, data: Mapping[str, Any]) -> None:
        """Restore the data of `as_dict`; entries that cannot be read are left out."""
        self._counters |= _loaded(data, "counters", _counter_state)
        self._integrals |= _loaded(data, "integrals", _integral_state)
        self._days |= _loaded(data, "days", _day_start)

    def _day(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def _open_day(
        self, name: str, before: CounterState | None, after: CounterState, at: datetime, today: float | None
    ) -> None:
        day, start = self._day(at), self._days.get(name)
        if start is not None and start.day == day and start.certain:
            return
        if today is not None and not 0 <= today <= after.total:
            today = None
        if start is None or start.day != day:
            start = DayStart(
                day=day,
                base=before.total if before is not None else after.total,
                certain=before is not None and at - before.at <= _MIDNIGHT_KNOWN,
                floor=before.total if before is not None else 0.0,
                ceiling=None,
            )
        if start.ceiling is None and after.doubt is None:
            start = replace(start, ceiling=after.total)
        if today is not None and not start.certain and start.ceiling is not None:
            base = min(max(after.total - today, start.floor), start.ceiling)
            start = replace(start, base=base, certain=True)
        self._days[name] = start


def balance_of(source: str) -> tuple[list[str], list[str]] | None:
    """Return the gains and the losses that a source is the balance of, `None` if it is a register."""
    if not source.startswith(_BALANCE):
        return None
    gains, _, losses = source.removeprefix(_BALANCE).partition("-")
    return [part for part in gains.split("+") if part], [part for part in losses.split("+") if part]


def renewed(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data of `as_dict` for registers that start over, so that counters keep their totals."""
    counters = stored.get("counters")
    after: dict[str, Any] = {}
    for name, fields in counters.items() if isinstance(counters, Mapping) else ():
        known = isinstance(fields, Mapping) and not str(fields.get("source")).startswith(_BALANCE)
        after[name] = {**fields, "source": _BEFORE, "doubt": None} if known else fields
    return {**stored, "counters": after}


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    """Convert dates and times to text, also in a nested doubt."""
    return {
        key: _plain(value) if isinstance(value, dict) else value.isoformat() if isinstance(value, date) else value
        for key, value in fields.items()
    }


def _loaded[T](data: Mapping[str, Any], chapter: str, read: Callable[[Mapping[str, Any]], T]) -> dict[str, T]:
    entries = data.get(chapter)
    loaded: dict[str, T] = {}
    for name, fields in entries.items() if isinstance(entries, Mapping) else ():
        try:
            loaded[name] = read(fields)
        except KeyError, TypeError, ValueError:
            continue
    return loaded


def _counter_state(fields: Mapping[str, Any]) -> CounterState:
    doubt = fields["doubt"]
    return CounterState(
        source=str(fields["source"]),
        register=_number(fields["register"]),
        offset=_number(fields["offset"]),
        total=_number(fields["total"]),
        at=_moment(fields["at"]),
        moved_at=_moment(fields["moved_at"]),
        doubt=None
        if doubt is None
        else Doubt(
            since=_moment(doubt["since"]),
            samples=int(doubt["samples"]),
            first=_number(doubt["first"]),
            register=_number(doubt["register"]),
            at=_moment(doubt.get("at", doubt["since"])),
            moved_at=_moment(doubt.get("moved_at", doubt["since"])),
        ),
        rejected=max(int(fields["rejected"]), 0),
        drop=_number(fields.get("drop", 0.0)),
    )


def _integral_state(fields: Mapping[str, Any]) -> IntegralState:
    return IntegralState(
        positive=_number(fields["positive"]),
        negative=_number(fields["negative"]),
        power=_number(fields["power"]),
        stored=_number_or_none(fields["stored"]),
        at=_moment(fields["at"]),
    )


def _day_start(fields: Mapping[str, Any]) -> DayStart:
    return DayStart(
        day=date.fromisoformat(fields["day"]),
        base=_number(fields["base"]),
        certain=bool(fields["certain"]),
        floor=_number(fields["floor"]),
        ceiling=_number_or_none(fields["ceiling"]),
    )


def _moment(value: Any) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError(value)
    return moment


def _number(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(value)
    return number


def _number_or_none(value: Any) -> float | None:
    return None if value is None else _number(value)
