"""How a site takes what is written: what was seen in the field, and worse."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
import random

from custom_components.energy_site.site.control import Choice, ControlName, Range, Value
from simulator.iq_gateway import HttpStatus, Reset
from simulator.iq_gateway.faults import AnswerLost, Complaint

from .control_home import Home

# Overload and lost connections pass, after so many requests at most.
_MOST_HITS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """What is written, and what was in force before."""

    name: ControlName
    before: Value
    wanted: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a write is taken, how often out of a hundred; `prepare` tells whether this control can be taken so."""

    name: str
    weight: int
    prepare: Callable[[Home, Write, random.Random], bool]


def _well(_home: Home, _write: Write, _dice: random.Random) -> bool:
    return True


def _soon(home: Home, _: Write, dice: random.Random) -> bool:
    home.slow(dice.uniform(1.0, 25.0))
    return True


def _late(home: Home, _: Write, dice: random.Random) -> bool:
    home.slow(dice.uniform(*home.longer))
    return True


def _ignored(home: Home, write: Write, _: random.Random) -> bool:
    home.ignore(write.name)
    return True


def _partly(home: Home, write: Write, dice: random.Random) -> bool:
    """Come to a stop halfway, or at something else."""
    control = home.steering.control(write.name)
    match control.limits if control is not None else None:
        case Range():
            stop: Value = float(round((float(write.before) + float(write.wanted)) / 2))
        case Choice(options=options) if rest := [each for each in options if each not in (write.before, write.wanted)]:
            stop = dice.choice(rest)
        case _:
            return False
    home.after_write(write.name, lambda: home.force(write.name, stop), count=None)
    return True


def _taken_back(home: Home, write: Write, dice: random.Random) -> bool:
    after = dice.uniform(2.0, 100.0)
    home.after_write(write.name, lambda: home.later(after, lambda: home.force(write.name, write.before)), count=None)
    return True


def _file_only(home: Home, write: Write, _: random.Random) -> bool:
    return home.pretend(write.name)


def _refused(home: Home, write: Write, dice: random.Random) -> bool:
    home.fault(HttpStatus(dice.choice((400, 403, 404, 422))), write.name)
    return True


def _unjudged(home: Home, write: Write, dice: random.Random) -> bool:
    home.fault(HttpStatus(dice.choice((408, 425))), write.name, count=dice.randint(1, _MOST_HITS))
    return True


def _refused_and_done(home: Home, write: Write, dice: random.Random) -> bool:
    home.slow(dice.choice((0.0, 4.0, 12.0, home.longer[1])))
    # A 403 says of some services that they want another shape, and never that something was done.
    home.fault(
        Complaint(dice.choice([each for each in (400, 403, 404, 422) if each not in home.asks_again])), write.name
    )
    return True


def _failed_and_done(home: Home, write: Write, dice: random.Random) -> bool:
    home.slow(dice.choice((0.0, 4.0, 12.0, home.longer[1])))
    home.fault(Complaint(dice.choice((500, 502, 503, 504))), write.name, count=dice.choice((1, 3, None)))
    return True


def _overloaded(home: Home, write: Write, dice: random.Random) -> bool:
    home.fault(HttpStatus(dice.choice((500, 503))), write.name, count=dice.randint(1, _MOST_HITS))
    return True


def _request_lost(home: Home, write: Write, dice: random.Random) -> bool:
    home.fault(Reset(), write.name, count=dice.randint(1, _MOST_HITS))
    return True


def _answer_lost(home: Home, write: Write, dice: random.Random) -> bool:
    home.slow(dice.choice((0.0, 12.0)))
    home.fault(AnswerLost(), write.name, count=dice.randint(1, _MOST_HITS))
    return True


def _restarts(home: Home, write: Write, dice: random.Random) -> bool:
    """Restart at the write, which may have arrived or not."""
    home.fault(dice.choice((AnswerLost(), Reset())), write.name, count=1)
    now = home.clock.now()
    home.faults.add(Reset(), start=now + 0.5, until=now + dice.uniform(5.0, 240.0))
    return True


def _overwritten(home: Home, write: Write, dice: random.Random) -> bool:
    """Let another client write its older copy right after, once or whenever it sees a change."""
    home.after_write(write.name, lambda: home.force(write.name, write.before), count=dice.choice((1, None)))
    return True


MANNERS = (
    Manner(name="accepts", weight=20, prepare=_well),
    Manner(name="takes up to 25 s", weight=10, prepare=_soon),
    Manner(name="takes longer than anybody waits", weight=8, prepare=_late),
    Manner(name="ignores", weight=7, prepare=_ignored),
    Manner(name="does it partly", weight=6, prepare=_partly),
    Manner(name="takes it back", weight=6, prepare=_taken_back),
    Manner(name="does it in its file only", weight=6, prepare=_file_only),
    Manner(name="refuses", weight=6, prepare=_refused),
    Manner(name="judges nothing (408, 425)", weight=4, prepare=_unjudged),
    Manner(name="refuses and does it", weight=8, prepare=_refused_and_done),
    Manner(name="fails (5xx) and does it", weight=8, prepare=_failed_and_done),
    Manner(name="is overloaded", weight=5, prepare=_overloaded),
    Manner(name="loses the request", weight=4, prepare=_request_lost),
    Manner(name="loses the answer", weight=6, prepare=_answer_lost),
    Manner(name="restarts", weight=6, prepare=_restarts),
    Manner(name="has two clients at once", weight=6, prepare=_overwritten),
)


def behave(home: Home, write: Write, dice: random.Random, manners: Sequence[Manner] = MANNERS) -> Manner:
    """Choose how the site takes a write, and let it."""
    while True:
        manner = dice.choices(manners, [manner.weight for manner in manners])[0]
        if manner.prepare(home, write, dice):
            return manner
