"""One energy counter that never falls and never jumps, whatever its source does.

A source's register may read zero after a restart, dip, wrap, double or show
another counter's value for a while. `advance` decides about one sample at a
time; the state is plain data that survives a restart of whoever keeps it.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

# Gateways show negative values as unsigned 32-bit numbers, so near 2^32 Wh.
_LARGEST = 4_000_000_000.0

# Registers of the same meter are read a moment apart and rounded: falls of a
# few Wh are noise, not faults.
_NOISE = 25.0

# A lower or far higher register has to stay that long, and to be seen that
# often, before it is taken for a new or replaced device.
_CONFIRM_FOR = timedelta(minutes=20)
_CONFIRM_SAMPLES = 5

# What a site can move at most without being told otherwise, in W.
DEFAULT_LIMIT = 50_000.0

# What a register may hold back before it moves.
_LONGEST_STEP = timedelta(minutes=20)

# The 32-bit register of joules in inverters, in Wh.
JOULE_WRAP = 2**32 / 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A level that contradicts the counter: since when, how often, first and last value in Wh."""

    since: datetime
    samples: int
    first: float
    register: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterState:
    """A counter in Wh: what it shows is `register + offset`, and never less than before.

    `source` names where the register is read; another source starts another register.
    It was read last at `at`, and moved last at `moved_at`.
    """

    source: str
    register: float
    offset: float
    total: float
    at: datetime
    moved_at: datetime
    doubt: Doubt | None = None
    rejected: int = 0


def start(source: str, register: float, at: datetime, *, blank: bool = False) -> CounterState | None:
    """Begin with a first sample, or `None` while it cannot be trusted.

    `blank` says that the whole device reads zero, as it does for a while after
    its restart: a counter begun there would jump to its lifetime later.
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
    """Take one sample of the register in Wh and return the counter after it.

    `limit` is the power in W that the counted flow cannot exceed; `wrap` the
    register's size in Wh where it is known to start over.
    """
    if not 0 <= register < _LARGEST:
        return replace(state, rejected=state.rejected + 1)
    if source != state.source:
        # Another register counts the same energy from another start: go on
        # from here, neither lose nor invent any.
        return _rebased(state, source, register, at)
    change, offset = register - state.register, state.offset
    if wrap is not None and change < -wrap / 2:
        change, offset = change + wrap, offset + wrap
    # Registers may move only every quarter of an hour, however often they are read.
    elapsed = max(at - state.at, min(at - state.moved_at, _LONGEST_STEP), timedelta()).total_seconds()
    # The longer a wrong level lasts the more could have been counted meanwhile, so
    # one that was too high when it appeared stays in doubt.
    doubt = state.doubt
    persists = doubt is not None and doubt.first > state.register and _follows(doubt, register, at, limit)
    if not persists and -_NOISE <= change <= _NOISE + limit * elapsed / 3600:
        return replace(
            state,
            register=register,
            offset=offset,
            total=max(state.total, register + offset),
            at=max(at, state.at),
            moved_at=state.moved_at if register == state.register else max(at, state.moved_at),
            doubt=None,
        )
    return _doubted(state, register, at, limit)


def _doubted(state: CounterState, register: float, at: datetime, limit: float) -> CounterState:
    doubt = state.doubt
    consistent = doubt is not None and _follows(doubt, register, at, limit)
    if doubt is None or not consistent:
        doubt = Doubt(since=at, samples=1, first=register, register=register)
    else:
        doubt = replace(doubt, samples=doubt.samples + 1, register=register)
    if register > 0 and doubt.samples >= _CONFIRM_SAMPLES and at - doubt.since >= _CONFIRM_FOR:
        # A new device counted on while it was in doubt.
        return _rebased(state, state.source, register, at, start=doubt.first)
    return replace(state, doubt=doubt, rejected=state.rejected + 1)


def _follows(doubt: Doubt, register: float, at: datetime, limit: float) -> bool:
    hours = max((at - doubt.since).total_seconds(), 0.0) / 3600
    return -_NOISE <= register - doubt.register <= _NOISE + limit * hours


def _rebased(
    state: CounterState, source: str, register: float, at: datetime, *, start: float | None = None
) -> CounterState:
    offset = state.total - (register if start is None else start)
    return replace(
        state,
        source=source,
        register=register,
        offset=offset,
        total=max(state.total, register + offset),
        at=max(at, state.at),
        moved_at=max(at, state.moved_at),
        doubt=None,
    )
