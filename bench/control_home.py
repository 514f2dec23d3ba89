"""A home whose controls are set: what steers it, what really governs it, and what can go wrong with it."""

from abc import ABC, abstractmethod
import asyncio
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
import random

from custom_components.energy_site.api.errors import ApiError
from custom_components.energy_site.site.control import BlockReason, Change, Choice, ControlName, Flag, Range, Value
from custom_components.energy_site.site.model import OperatingMode
from custom_components.energy_site.sources.control_queue import ControlQueue
from custom_components.energy_site.sources.source import Source
from simulator.clock import ManualClock
from simulator.house import StorageMode
from simulator.iq_gateway import Fault
from simulator.iq_gateway.faults import Faults

RESERVE = ControlName(None, "backup_reserve")
MODE = ControlName(None, "operating_mode")
CHARGE = ControlName(None, "charge_from_grid")

MODES = {
    StorageMode.SELF_CONSUMPTION: OperatingMode.SELF_CONSUMPTION,
    StorageMode.SAVINGS: OperatingMode.SAVINGS,
    StorageMode.BACKUP: OperatingMode.BACKUP,
}
MODES_BACK: Mapping[str, StorageMode] = {ours: mode for mode, ours in MODES.items()}

_DENIED = (BlockReason.IGNORED, BlockReason.REFUSED)


class Home(ABC):
    """A simulated house and the steering of its source, both on one clock.

    `longer` is how many seconds a change takes that comes too late for whoever
    waits for it, `patience` how many pass before all that is told is told.
    """

    longer: tuple[float, float]
    patience: tuple[float, ...]

    # Statuses with which the service asks for another shape of what was written.
    asks_again: frozenset[int] = frozenset()

    def __init__(self, clock: ManualClock, source: Source, faults: Faults) -> None:
        """Steer through `source`; `faults` are those of the server that it asks."""
        self.clock, self.source, self.faults = clock, source, faults
        self.changes: list[Change] = []
        # When each of them was told.
        self.told_at: list[datetime] = []
        # How often a value was written that was in force already.
        self.repeats = 0
        self._later: list[tuple[float, Callable[[], None]]] = []
        self.steering = ControlQueue(
            source,
            clock=lambda: self.now,
            poll=self.ask,
            save=_keep_nothing,
            changed=self._note,
            sleep=self.sleep,
        )
        self._ended = asyncio.Event()
        self.steering.pending_changed.add(lambda _: self._ended.set())

    @property
    def now(self) -> datetime:
        """The time."""
        return datetime.fromtimestamp(self.clock.now(), UTC)

    # -- what the simulated house knows ---------------------------------------------

    @abstractmethod
    def live(self) -> None:
        """Let the house live until now."""

    @abstractmethod
    def truth(self, name: ControlName) -> Value:
        """Return what governs the house, whoever says what."""

    @abstractmethod
    def force(self, name: ControlName, value: Value) -> None:
        """Let somebody else set it, as in the vendor's app: it is in force and so told."""

    @abstractmethod
    def path(self, name: ControlName) -> str:
        """Return where it is written to."""

    @abstractmethod
    def feeds(self, name: ControlName) -> tuple[str, ...]:
        """Return the feeds that a usual poll asks for it, and for what may stand in the way."""

    def can_be_seen(self, name: ControlName) -> bool:  # noqa: ARG002 - most homes tell all they have.
        """Tell whether the home reports a setting at all."""
        return True

    # -- how it behaves -------------------------------------------------------------

    @abstractmethod
    def slow(self, seconds: float) -> None:
        """Put into force what is written after so many seconds."""

    @abstractmethod
    def ignore(self, name: ControlName) -> None:
        """Say yes to what is written, and do nothing."""

    @abstractmethod
    def pretend(self, name: ControlName) -> bool:
        """Show what is written, and do nothing; false where what is shown is what is done."""

    @abstractmethod
    def after_write(self, name: ControlName, act: Callable[[], None], *, count: int | None = 1) -> None:
        """Let something happen right after what is written is in force."""

    @abstractmethod
    async def renew(self) -> None:
        """Become another firmware, or another plan."""

    @abstractmethod
    def behave(self) -> None:
        """Be well again, on the grid and not kept full."""

    def untouched(self, name: ControlName) -> list[ControlName]:  # noqa: ARG002 - some homes move others along.
        """Return the controls that must stay as they are when `name` is set."""
        return []

    def moved_along(self, name: ControlName) -> frozenset[ControlName]:  # noqa: ARG002 - as above.
        """Return the controls that move when `name` is set."""
        return frozenset()

    def is_witnessed(self, name: ControlName) -> bool:  # noqa: ARG002 - as above.
        """Tell whether another entry shows sooner what is in force."""
        return False

    # -- the same for all -----------------------------------------------------------

    def _note(self, change: Change) -> None:
        self.changes.append(change)
        self.told_at.append(self.now)

    def fault(self, fault: Fault, name: ControlName, *, count: int | None = None) -> None:
        """Let a fault act on the writes of a control."""
        self.faults.add(fault, self.path(name), methods=["PUT", "POST"], count=count)

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        """Let something happen after so many seconds."""
        self._later.append((self.clock.now() + seconds, act))
        self._later.sort(key=lambda each: each[0])

    def advance(self, seconds: float) -> None:
        """Let time pass, and happen what is due."""
        end = self.clock.now() + seconds
        while self._later and self._later[0][0] <= end:
            due, act = self._later.pop(0)
            self.clock.advance(max(due - self.clock.now(), 0.0))
            self.live()
            act()
        self.clock.advance(end - self.clock.now())

    async def sleep(self, seconds: float) -> None:
        """Wait, as steering does."""
        self.advance(seconds)
        await asyncio.sleep(0)

    async def ask(self, key: str) -> None:
        """Poll a feed; failures are the source's."""
        try:
            with self.source.user_requested():
                await self.source.poll(key, self.now)
        except ApiError:
            return

    async def look(self, names: Iterable[ControlName]) -> None:
        """Poll as time would have it, and notice what changed."""
        for key in dict.fromkeys(key for name in names for key in self.feeds(name)):
            await self.ask(key)
        self.steering.observe()

    async def settle(self, names: Iterable[ControlName]) -> None:
        """Let come what comes late, and be seen."""
        watched = tuple(names)
        while self._pending(watched):
            await self._ended.wait()
            self._ended.clear()
        for seconds in self.patience:
            self.advance(seconds)
            await self.look(watched)

    def _pending(self, names: Iterable[ControlName]) -> bool:
        return any(self.steering.pending(name) is not None for name in names)

    async def calm(self, names: Iterable[ControlName]) -> None:
        """Begin anew: all is well, and known."""
        self.faults.clear()
        self._later.clear()
        self.behave()
        self.advance(60)
        self.live()
        await self.look(names)
        self.changes.clear()
        self.told_at.clear()

    def names(self) -> list[ControlName]:
        """Return all that can be set, but for live power, which nothing is governed by."""
        return [
            name
            for name in self.source.control_names()
            if (control := self.steering.control(name)) is not None and not control.transient
        ]

    def denied(self, name: ControlName) -> bool:
        """Tell whether it is read-only because it was denied too often."""
        control = self.steering.control(name)
        return control is not None and control.block_reason in _DENIED

    def another(self, name: ControlName, dice: random.Random) -> Value:
        """Return a value that can be set and is not in force."""
        control, value = self.steering.control(name), self.truth(name)
        if control is None:
            raise ValueError(f"{name.key} cannot be set")
        match control.limits:
            case Flag():
                return not value
            case Choice(options=options):
                return dice.choice([option for option in options if option != value])
            case Range(minimum=least, maximum=most):
                near = range(round(float(value)) - 3, round(float(value)) + 4)
                return float(dice.choice([each for each in range(round(least), round(most) + 1) if each not in near]))


async def _keep_nothing() -> None:
    return
