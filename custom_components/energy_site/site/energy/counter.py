"""An energy counter that never decreases and never jumps, whatever its source does.

A source's register may read zero after a restart, dip, wrap, double, or show another counter's
value for a while. `advance` judges one sample at a time; the state is plain data that can be stored
across restarts.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

# Gateways show negative values as unsigned 32-bit numbers, and therefore close to 2^32 Wh.
_LARGEST = 4_000_000_000.0

# Registers of the same meter are read at slightly different times and rounded, so a decrease of a
# few Wh is noise.
NOISE = 25.0

# A lower or much higher register has to persist this long, and for this many samples, before it is
# taken for a new or replaced device.
_CONFIRM_FOR = timedelta(minutes=20)
_CONFIRM_SAMPLES = 5

# The most power of a site whose limit is unknown, in W.
DEFAULT_LIMIT = 50_000.0

# A register may take this long before it moves.
_LONGEST_STEP = timedelta(minutes=20)

# The size of an inverter's 32-bit register of joules, in Wh.
JOULE_WRAP = 2**32 / 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A level that contradicts the counter: when and how often it was seen, first and last value in Wh.

    It was last read at `at`, and last moved at `moved_at`.
    """

    since: datetime
    samples: int
    first: float
    register: float
    at: datetime
    moved_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterState:
    """A counter in Wh: it shows `register + offset`, and never less than before.

    `source` names the register that is read; a different source has a different register. It was
    last read at `at`, and last moved at `moved_at`. If a wrong level had to be taken for a new
    device, the register is `drop` Wh below its previous level.
    """

    source: str
    register: float
    offset: float
    total: float
    at: datetime
    moved_at: datetime
    doubt: Doubt | None = None
    rejected: int = 0
    drop: float = 0.0


def start(source: str, register: float, at: datetime, *, blank: bool = False) -> CounterState | None:
    """Return a counter that starts with its first sample, `None` while the sample cannot be trusted.

    `blank` is true while the whole device reads zero, as it does for a while after a restart: a
    counter started then would later jump to its lifetime energy.
    """
    if blank or not 0 <= register < _LARGEST:
        return None
    return CounterState(source=source, register=register, offset=0.0, total=register, at=at, moved_at=at)


def advance(
    state: CounterState,
    source: str,
    register: float,
    at: datetime,
    *,
    limit: float = DEFAULT_LIMIT,
    wrap: float | None = None,
) -> CounterState:
    """Return the counter after one sample of the register, in Wh.

    `limit` is the power in W that the counted flow cannot exceed; `wrap` is the register's size in
    Wh if it is known to start over.
    """
    if not 0 <= register < _LARGEST:
        return replace(state, rejected=state.rejected + 1)
    if source != state.source:
        # A different register counts the same energy from a different start. Continue from the
        # current total, so that no energy is lost or invented.
        return _rebased(state, source, register, at, state.total - register)
    change, offset = register - state.register, state.offset
    if wrap is not None and change < -wrap / 2:
        change, offset = change + wrap, offset + wrap
    most = NOISE + limit * _hours(state, at)
    # A step that may be either energy or the return to the old level is taken for the return.
    back = (state.drop > 0 or change < -NOISE) and -NOISE <= change - state.drop <= most
    if back:
        offset -= state.drop
    elif not -NOISE <= change <= most or _persists(state, register, change, at, limit):
        return _doubted(state, register, at, limit)
    return replace(
        state,
        register=register,
        offset=offset,
        total=max(state.total, register + offset),
        at=max(at, state.at),
        moved_at=state.moved_at if register == state.register else max(at, state.moved_at),
        doubt=None,
        drop=0.0 if back else state.drop,
    )


def _hours(last: CounterState | Doubt, at: datetime) -> float:
    """Return the hours that a register may have counted since it was last read, including what it held back."""
    held_back = min(at - last.moved_at, _LONGEST_STEP)
    return max(at - last.at, held_back, timedelta()).total_seconds() / 3600


def _persists(state: CounterState, register: float, change: float, at: datetime, limit: float) -> bool:
    """Return whether a plausible register is just the doubted level, counting on.

    The longer a level that was too high at first persists, the more energy could have been counted
    meanwhile; and one that was too low grows past the register.
    """
    doubt = state.doubt
    if doubt is None or not _follows(doubt, register, at, limit):
        return False
    return doubt.first > state.register or change < doubt.register - doubt.first - NOISE


def _doubted(state: CounterState, register: float, at: datetime, limit: float) -> CounterState:
    doubt = state.doubt
    if doubt is None or not _follows(doubt, register, at, limit):
        doubt = Doubt(since=at, samples=1, first=register, register=register, at=at, moved_at=at)
    else:
        doubt = replace(
            doubt,
            samples=doubt.samples + 1,
            register=register,
            at=max(at, doubt.at),
            moved_at=doubt.moved_at if register == doubt.register else max(at, doubt.moved_at),
        )
    if register > 0 and doubt.samples >= _CONFIRM_SAMPLES and at - doubt.since >= _CONFIRM_FOR:
        # A new device kept counting while it was doubted, but no more than the site's limit allows.
        fall = state.register - max(doubt.first, register - NOISE - limit * _hours(state, at))
        return _rebased(state, state.source, register, at, state.offset + fall, state.drop + fall)
    return replace(state, doubt=doubt, rejected=state.rejected + 1)


def _follows(doubt: Doubt, register: float, at: datetime, limit: float) -> bool:
    return -NOISE <= register - doubt.register <= NOISE + limit * _hours(doubt, at)


def _rebased(
    state: CounterState, source: str, register: float, at: datetime, offset: float, drop: float = 0.0
) -> CounterState:
    return replace(
        state,
        source=source,
        register=register,
        offset=offset,
        total=max(state.total, register + offset),
        at=max(at, state.at),
        moved_at=max(at, state.moved_at),
        doubt=None,
        drop=drop,
    )
