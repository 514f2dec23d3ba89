"""Settings of a home: wished in the cloud, applied by the gateway, shown with its next report."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from simulator.cloud.refusal import RefusedError

from .behaviour import Ending, Setting, WriteBehaviour
from .config import BACKUP, CLOUD_ONLY, Config
from .errors import envelope

_APPLY_AFTER = 15.0
_FIRST_RESERVES = {"self-consumption": 20, "cost_savings": 30, BACKUP: 100, "expert": 30, "ai_optimisation": 10}
type Held = Callable[[Setting], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """What a profile had last, and gets again."""

    reserve: int
    charge_from_grid: bool


@dataclass(slots=True, kw_only=True, eq=False)
class Change:
    """A wish on its way, epoch s; `values` come into force, `wish` is what was asked for."""

    setting: Setting
    values: dict[str, Any]
    wish: dict[str, Any]
    apply_at: float
    behaviour: WriteBehaviour
    applied_at: float | None = None

    @property
    def dropped(self) -> bool:
        """Whether it never comes into force."""
        return self.behaviour.ending is Ending.DROP


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A change that a client asked for at an epoch s, and what was in force before."""

    at: float
    setting: Setting
    value: Any
    before: Any


class AccountSettings:
    """Settings of one home."""

    def __init__(
        self, config: Config, *, next_report: Callable[[float], float | None], govern: Callable[[Config], None]
    ) -> None:
        """Begin with `config`; `next_report` is the first one after a moment (epoch s), `None` while there is none."""
        self.in_force = self.shown = config
        self.behaviours: dict[Setting, WriteBehaviour] = {}
        self.memory: dict[str, Remembered] = {
            name: Remembered(reserve=reserve, charge_from_grid=False) for name, reserve in _FIRST_RESERVES.items()
        }
        self.memory[config.profile] = Remembered(reserve=config.reserve, charge_from_grid=config.charge_from_grid)
        self.reserve_limits = (5, 100)
        self.shutdown_limits = (5, 25)
        self.held: Held = lambda _: False
        self.written: list[Written] = []
        self._changes: list[Change] = []
        self._next_report, self._govern = next_report, govern
        govern(config)

    # -- what is asked of it ----------------------------------------------------

    @property
    def wished(self) -> Config:
        """What is in force, with what is on its way."""
        config = self.in_force
        for each in self._changes:
            config = config.changed(each.wish)
        return config

    @property
    def pending(self) -> dict[str, Any]:
        """The wishes that are not shown yet."""
        return {name: value for each in self._changes for name, value in each.wish.items()}

    @property
    def pending_settings(self) -> frozenset[Setting]:
        """What they are about."""
        return frozenset(each.setting for each in self._changes)

    @property
    def next_due(self) -> float | None:
        """When the next change comes into force or is shown, epoch s."""
        return min((due for each in self._changes if (due := self._due(each)) is not None), default=None)

    # -- what happens to it -----------------------------------------------------

    def take(self, setting: Setting, values: dict[str, Any], now: float, path: str) -> None:
        """Take a client's wish at `now` (epoch s) by its behaviour.

        Raises:
            RefusedError: It is refused.
        """
        behaviour = self.behaviours.get(setting, WriteBehaviour())
        if behaviour.ending is Ending.REFUSE:
            raise RefusedError(envelope(behaviour.status, path, now, behaviour.words).reply)
        self.written.append(
            Written(at=now, setting=setting, value=values[setting], before=getattr(self.in_force, setting))
        )
        wished = self.wished
        if all(getattr(wished, name) == value for name, value in values.items()):
            return
        if behaviour.ending is Ending.IGNORE:
            return
        self.put(setting, values, now, behaviour)

    def put(self, setting: Setting, values: dict[str, Any], now: float, behaviour: WriteBehaviour) -> None:
        """Let a change be on its way."""
        after = behaviour.apply_after
        if after is None:
            after = 0.0 if setting in CLOUD_ONLY else _APPLY_AFTER
        applied = dict(values)
        if behaviour.ending is Ending.MOVE:
            applied[setting] = behaviour.value
        self._supersede(applied)
        self._changes.append(
            Change(setting=setting, values=applied, wish=dict(values), apply_at=now + after, behaviour=behaviour)
        )
        self.advance(now)

    def cancel(self, setting: Setting) -> bool:
        """Take back what was not applied yet; return whether there was any."""
        waiting = [each for each in self._changes if each.setting is setting and each.applied_at is None]
        for each in waiting:
            self._changes.remove(each)
        return bool(waiting)

    def advance(self, now: float) -> None:
        """Apply and show what is due by `now`, epoch s."""
        while True:
            due = [(at, each) for each in self._changes if (at := self._due(each)) is not None and at <= now]
            ready = [(at, each) for at, each in due if each.applied_at is not None or not self.held(each.setting)]
            if not ready:
                return
            at, change = min(ready, key=lambda each: each[0])
            if change.applied_at is None:
                # What was held comes into force when it is let go.
                self._apply(change, at if change.apply_at > now - 1 else now)
            else:
                self._show(change)

    def refresh(self) -> None:
        """Let the gateway hear again what is in force."""
        self._govern(self.in_force)

    def _due(self, change: Change) -> float | None:
        if change.applied_at is None:
            return change.apply_at
        if change.behaviour.shown_after is not None:
            return change.applied_at + change.behaviour.shown_after
        if change.setting in CLOUD_ONLY:
            return change.applied_at
        return self._next_report(change.applied_at)

    def _supersede(self, values: dict[str, Any]) -> None:
        """Forget of earlier wishes what a new one is about."""
        for each in list(self._changes):
            each.wish = {name: value for name, value in each.wish.items() if name not in values}
            if each.applied_at is None:
                each.values = {name: value for name, value in each.values.items() if name not in values}
            if not each.wish:
                self._changes.remove(each)

    def _apply(self, change: Change, at: float) -> None:
        change.applied_at = at
        if change.dropped:
            return
        before = self.in_force
        values = self._bounded(change)
        self.memory[before.profile] = Remembered(reserve=before.reserve, charge_from_grid=before.charge_from_grid)
        if values.get("profile", before.profile) != before.profile:
            remembered = self.memory.get(values["profile"])
            reserve = remembered.reserve if remembered else before.reserve
            charges = remembered.charge_from_grid if remembered else before.charge_from_grid
            values = {"reserve": reserve, "charge_from_grid": charges} | values
        profile = values.get("profile", before.profile)
        if profile == BACKUP:
            values["reserve"] = 100
        change.values = values
        self.in_force = before.changed(values)
        self.memory[profile] = Remembered(
            reserve=self.in_force.reserve, charge_from_grid=self.in_force.charge_from_grid
        )
        self._govern(self.in_force)

    def _bounded(self, change: Change) -> dict[str, Any]:
        values = dict(change.values)
        for name, (least, most) in (("reserve", self.reserve_limits), ("shutdown_level", self.shutdown_limits)):
            if name in values:
                values[name] = min(most, max(least, values[name]))
        return values

    def _show(self, change: Change) -> None:
        self._changes.remove(change)
        self.shown = replace(self.shown, **{name: getattr(self.in_force, name) for name in change.values})
