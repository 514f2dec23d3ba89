"""Lets stored counters go on from the values of another integration's, and undoes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .counter import DEFAULT_LIMIT, NOISE
from .days import DailyCounter
from .ledger import balance_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Successor:
    """A counter that goes on from `value` Wh, which its predecessor showed `at` that time.

    If both read the `same` register, a value that the predecessor can have reached since is left as it is.
    """

    value: float
    at: datetime | None
    same: bool


def agrees(before: float, after: float, hours: float, *, limit: float = DEFAULT_LIMIT) -> bool:
    """Return whether a counter that read `before` Wh can read `after` Wh some hours later; both may be rounded."""
    return -NOISE <= after - before <= NOISE + limit * max(hours, 0.0)


def continued(
    stored: Mapping[str, Any], successors: Mapping[str, Successor], now: datetime
) -> tuple[dict[str, Any], dict[str, float]]:
    """Return the data of `Ledger.as_dict` or `DailyCounters.as_dict` with counters that go on from those values.

    Also returns by how many Wh each of them was moved, which `moved` undoes.
    """
    shifts: dict[str, float] = {}
    for name, successor in successors.items():
        if (total := _total(stored, name)) is None:
            continue
        hours = (now - successor.at).total_seconds() / 3600 if successor.at is not None else 0.0
        goes_on = successor.same and agrees(successor.value, total, hours)
        # Two readings of a register that differ this little are taken for one.
        if not goes_on or total - successor.value <= NOISE:
            shifts[name] = successor.value - total
    return moved(stored, shifts), shifts


def moved(stored: Mapping[str, Any], shifts: Mapping[str, float]) -> dict[str, Any]:
    """Return the same data with some counters moved by so many Wh, each day's energy unchanged."""
    counters, days = stored.get("counters"), stored.get("days")
    if not isinstance(counters, Mapping):
        return {name: _moved(fields, shifts[name]) if name in shifts else fields for name, fields in stored.items()}
    after = {name: _shifted(fields, shifts.get(name, 0.0), ("total", "offset")) for name, fields in counters.items()}
    for name, fields in after.items():
        # What is calculated from counters that moved goes on from where it is.
        if (terms := balance_of(str(fields.get("source")))) is not None and set().union(*terms) & shifts.keys():
            gains, losses = (sum(after[part]["total"] for part in way if part in after) for way in terms)
            after[name] = {**fields, "register": gains - losses, "offset": fields["total"] - (gains - losses)}
    return {
        **stored,
        "counters": after,
        "days": {
            name: _shifted(fields, shifts.get(name, 0.0), ("base", "floor", "ceiling"))
            for name, fields in (days.items() if isinstance(days, Mapping) else ())
        },
    }


def _total(stored: Mapping[str, Any], name: str) -> float | None:
    counters = stored.get("counters")
    if not isinstance(counters, Mapping):
        return DailyCounter.restore(stored.get(name)).total
    total = counters[name].get("total") if name in counters else None
    return total if isinstance(total, int | float) else None


def _moved(fields: object, shift: float) -> dict[str, Any]:
    counter = DailyCounter.restore(fields)
    counter.move(shift)
    return counter.as_dict()


def _shifted(fields: Mapping[str, Any], shift: float, keys: tuple[str, ...]) -> dict[str, Any]:
    return {
        key: value + shift if key in keys and isinstance(value, int | float) else value for key, value in fields.items()
    }
