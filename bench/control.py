"""Controls: is what was said to be in force in force, and was what failed reported?"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
import random
from statistics import median
from time import perf_counter

from custom_components.energy_site.site.control import (
    Change,
    ChangeKind,
    ControlError,
    ControlName,
    Failure,
    Value,
    same,
)

from .control_account import ACCOUNT_MANNERS, AccountControlHome, account_home, paired_account_home
from .control_cloud import cloud_home
from .control_gateway import gateway_home
from .control_home import Home
from .control_manners import MANNERS, Write, behave
from .control_tesla import TESLA_MANNERS, TeslaHome, tesla_home

SOURCES: Mapping[str, Callable[[float], AbstractAsyncContextManager[Home]]] = {
    "gateway": gateway_home,
    "cloud": cloud_home,
    "tesla": tesla_home,
    "enphase_account": account_home,
    "enphase_account_paired": paired_account_home,
}
TOGETHER: Mapping[str, Sequence[str]] = {"enphase_account": ("enphase_account", "enphase_account_paired")}
"""Which homes are measured together."""
_MANNERS = {TeslaHome: TESLA_MANNERS, AccountControlHome: ACCOUNT_MANNERS}

_START = datetime(2026, 6, 20, 17, tzinfo=UTC).timestamp()

# How often somebody else sets another control at the same moment.
_MEANWHILE = 0.15

# These say that a value is in force.
_SURE = (ChangeKind.CHANGED, ChangeKind.CONFIRMED, ChangeKind.REVERTED)


@dataclass(slots=True)
class Tally:
    """What came of the writes of one home; times in s.

    `silent` was said to be in force, or accepted, is not, and nothing told so. `wrong`
    was said to have failed for good, is in force, and nothing told so. `untold` is
    what others set meanwhile and nobody heard of. `unsure` was said to be accepted
    without a way to verify it, and is not in force. `repeats` were written again after they
    were in force, which only a Tesla site counts.
    """

    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    controls: Counter[str] = field(default_factory=Counter)
    endings: Counter[str] = field(default_factory=Counter)
    silent: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    untold: list[str] = field(default_factory=list)
    unsure: int = 0
    repeats: int = 0
    hasty: list[str] = field(default_factory=list)
    read_only: int = 0
    seconds: list[float] = field(default_factory=list)
    known: dict[str, list[float]] = field(default_factory=dict)
    others: list[str] = field(default_factory=list)
    took: float = 0.0

    @property
    def failed(self) -> bool:
        """Whether something was said that is not so, or not said."""
        return bool(self.silent or self.wrong or self.untold or self.hasty or self.repeats or self.others)


async def control(writes: int, seed: int, sources: Sequence[str] = ("gateway", "cloud")) -> dict[str, Tally]:
    """Write again and again, and compare what was said with what governs the house."""
    tallies = {}
    for name in sources:
        dice, tally, began = random.Random(seed), Tally(), perf_counter()
        async with SOURCES[name](_START) as home:
            for _ in range(writes // len(sources)):
                await _write(home, dice, tally)
            tally.repeats = home.repeats
        tally.took = perf_counter() - began
        tallies[name] = tally
    return tallies


async def _write(home: Home, dice: random.Random, tally: Tally) -> None:
    names = home.names()
    # A circuit has many settings, which are all alike.
    name = dice.choices(names, [3 if each.serial is None else 1 for each in names])[0]
    other = dice.choice([each for each in names if each != name])
    await home.calm((name, other))
    if home.denied(name):
        tally.read_only += 1
        await home.renew()
    write = Write(name=name, before=home.truth(name), wanted=home.another(name, dice))
    manner = behave(home, write, dice, _MANNERS.get(type(home), MANNERS))
    before, meanwhile = home.truth(other), home.another(other, dice) if dice.random() < _MEANWHILE else None
    if meanwhile is not None:
        home.force(other, meanwhile)
    untouched = {each: home.truth(each) for each in home.untouched(name)}
    began = home.now
    outcome = await _outcome(home, write)
    case = f"{name.key} {write.before} → {write.wanted}: {manner.name}, {outcome}"
    if outcome == "confirmed":
        tally.seconds.append((home.now - began).total_seconds())
        if not same(home.truth(name), write.wanted):
            tally.hasty.append(case)
    tally.outcomes[manner.name, outcome] += 1
    tally.controls[name.key] += 1
    await home.settle((name, other))
    _judge(home, write, case, tally)
    told = [at for at, change in zip(home.told_at, home.changes, strict=True) if change.name == name]
    kind = f"{manner.name}{', seen at its gateway' if home.is_witnessed(name) else ''}"
    tally.known.setdefault(kind, []).extend((at - began).total_seconds() for at in told[-1:])
    moved = [each for each, value in untouched.items() if not same(value, home.truth(each))]
    forced = {other, *home.moved_along(other)} if meanwhile is not None else set()
    tally.others += [f"{each.key} beside {case}" for each in moved if each not in forced]
    if (
        meanwhile is not None
        and home.can_be_seen(other)
        and not _is_told(home.changes, other, before, home.truth(other))
    ):
        tally.untold.append(f"{other.key} {before} → {meanwhile} beside {case}")


async def _outcome(home: Home, write: Write) -> str:
    """Set it, and return what was said when the action ended."""
    try:
        await home.steering.set(write.name, write.wanted)
    except ControlError as err:
        return f"not now, {err.block_reason}" if err.failure is Failure.NOT_NOW else err.failure.value
    told = _of(home.changes, write.name)
    if not told:
        # It was taken, and is told of once it is in force or failed.
        return "pending"
    return "confirmed" if told[-1].kind in _SURE else told[-1].kind.value


def _judge(home: Home, write: Write, case: str, tally: Tally) -> None:
    """Compare the last that was told of a write with what governs the house."""
    told, truth = _of(home.changes, write.name), home.truth(write.name)
    last = told[-1] if told else None
    said = f"{case}; last told {last.kind if last else None} {last.after if last else None}, true {truth}"
    tally.endings[last.kind.value if last is not None else "nothing"] += 1
    if same(truth, write.wanted):
        if last is None or last.kind is ChangeKind.FAILED or not same(last.after, truth):
            tally.wrong.append(said)
    elif last is not None and last.kind is ChangeKind.ACCEPTED:
        tally.unsure += 1
    elif last is None or (last.kind is not ChangeKind.FAILED and not same(last.after, truth)):
        tally.silent.append(said)


def _is_told(changes: Iterable[Change], name: ControlName, before: Value, value: Value) -> bool:
    told = _of(changes, name)
    return same(told[-1].after if told else before, value)


def _of(changes: Iterable[Change], name: ControlName) -> list[Change]:
    return [change for change in changes if change.name == name]


def report(tallies: dict[str, Tally]) -> None:
    """Print what came of the writes."""
    for name, tally in tallies.items():
        print(f"{tally.outcomes.total()} writes, a {name} that{'':24} the action ended      times")
        for (manner, outcome), count in sorted(tally.outcomes.items()):
            print(f"  {manner:45} {outcome:22} {count:5}")
        print("\n  by control: " + ", ".join(f"{key} {count}" for key, count in sorted(tally.controls.items())))
        print("  last told: " + ", ".join(f"{kind} {count}" for kind, count in sorted(tally.endings.items())))
        for label, found in (
            ("said to be in force, is not, and nothing told", tally.silent),
            ("confirmed before it was in force", tally.hasty),
            ("said to have failed, is in force, and nothing told", tally.wrong),
            ("set by somebody else and not told", tally.untold),
        ):
            print(f"  {label:55} {len(found):5}")
            for case in found[:5]:
                print(f"      {case}")
        if tally.others:
            print(f"  {'moved without being set':55} {len(tally.others):5}")
            for case in tally.others[:5]:
                print(f"      {case}")
        print(f"  {'written again after it was in force':55} {tally.repeats:5}")
        print(f"  {'said to be impossible to verify, and not in force':55} {tally.unsure:5}")
        print(f"  {'read-only after its denials, until a new firmware or plan':55} {tally.read_only:5}")
        times = sorted(tally.seconds)
        print(f"  time to confirm {median(times):.1f} s (median), {times[-1]:.1f} s (worst)")
        for manner, known in sorted(tally.known.items()):
            if known:
                print(f"  time to know, {manner:45} {median(known):6.1f} s (median), {max(known):6.1f} s (worst)")
        print(f"  {tally.took:.0f} s to run\n")
