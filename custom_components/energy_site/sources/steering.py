"""Makes wishes come true: one write at a time, each of them confirmed or reported."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime, timedelta
import logging
from typing import Any, Protocol

from ..clients.errors import ApiError, ApiQuotaError, ApiStatusError
from ..site.control import (
    Change,
    ChangeKind,
    Control,
    ControlError,
    ControlName,
    Failure,
    Limits,
    Range,
    Value,
    Wish,
    same,
)
from .feed import FeedState

_LOGGER = logging.getLogger(__name__)

# A wish that nobody could fulfil for so long, as while Home Assistant was down,
# may surprise more than it helps.
_LASTING = timedelta(minutes=15)

# Within this time a confirmed value that goes away was overruled, and a failed
# wish that comes true came late.
_MEMORABLE = timedelta(minutes=10)

# A setting may move others along with it.
_MOVES_OTHERS = timedelta(seconds=60)

# What got lost on its way is sent again.
_ATTEMPTS = 5


class Steerable(Protocol):
    """What steering needs of a source."""

    outage: ApiError | None
    states: dict[str, FeedState]

    @property
    def lead(self) -> str:
        """The feed that notices first when the system is back."""

    def control_names(self) -> Iterable[ControlName]:
        """Return the names of all controls that the site has now."""

    def control(self, name: ControlName, now: datetime) -> Control | None:
        """Return a control as it stands now, `None` where the site has none of this name."""


class Steering:
    """Keeps the wishes of one source until each is confirmed, failed or superseded.

    Writes queue, since some of them replace a whole object. A newer wish for
    the same control supersedes an older one, wherever that stands.
    """

    def __init__(
        self,
        source: Steerable,
        *,
        clock: Callable[[], datetime],
        ask: Callable[[str], Awaitable[None]],
        keep: Callable[[], Awaitable[None]],
        changed: Callable[[Change], None],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Steer `source` by a clock, and the `sleep` in seconds that goes with it.

        `ask` polls a feed and never raises, `keep` writes the memory down
        before anything is sent, `changed` hears of all that happens to a setting.
        """
        self._source = source
        self._clock = clock
        self._ask = ask
        self._keep = keep
        self._changed = changed
        self._sleep = sleep
        self._wishes: dict[ControlName, Wish] = {}
        self._known: dict[ControlName, Value] = {}
        self._confirmed: dict[ControlName, Wish] = {}
        self._failed: dict[ControlName, Wish] = {}
        self._expected: dict[ControlName, Value] = {}
        self._written_at: datetime | None = None
        self._written_name: ControlName | None = None
        self._turn = asyncio.Lock()
        self._tasks: set[asyncio.Task[ControlError | None]] = set()
        self._listeners: list[Callable[[ControlName], None]] = []

    def control(self, name: ControlName) -> Control | None:
        """Return a control as it stands now."""
        return self._source.control(name, self._clock())

    def pending(self, name: ControlName) -> Value | None:
        """Return the wish that is not in force yet."""
        wish = self._wishes.get(name)
        return wish.value if wish is not None else None

    def listen(self, update: Callable[[ControlName], None]) -> Callable[[], None]:
        """Call `update` with a control's name when a wish comes up or ends."""
        self._listeners.append(update)
        return lambda: self._listeners.remove(update)

    async def set(self, name: ControlName, value: Value) -> None:
        """Set a control and return once that is in force, or was superseded.

        Raises `ControlError` where it cannot be set, or did not come into force.
        """
        control = self._settable(name, value)
        admitted = control.limits.admit(value)
        if admitted is None:
            raise self._error(_outside(control.limits), name, value, control)
        wish = Wish(value=admitted, made_at=self._clock())
        self._wishes[name] = wish
        self._tell(name)
        await self._keep()
        error = await asyncio.shield(self._begin(name, wish))
        if error is not None:
            raise error

    @staticmethod
    def missing(name: ControlName, value: Value) -> ControlError:
        """Return the error of a control that the site does not have."""
        return ControlError(Failure.MISSING, name, wanted=value)

    def resume(self) -> None:
        """Take up the wishes that a restart interrupted."""
        for name, wish in tuple(self._wishes.items()):
            self._begin(name, wish, afresh=False)

    def stop(self) -> None:
        """Leave all wishes for later."""
        for task in tuple(self._tasks):
            task.cancel()

    def observe(self) -> None:
        """Compare what is in force with what was: others may have changed it."""
        now = self._clock()
        for name in self._source.control_names():
            control = self._source.control(name, now)
            if control is None or control.value is None or control.transient or name in self._wishes:
                continue
            value, before = control.value, self._known.get(name)
            self._known[name] = value
            if before is None or same(before, value):
                continue
            ours = self._is_late(name, value, now) or self._is_expected(name, value) or self._moves_along(name, now)
            kind = self._kind(name, before, now)
            self._changed(
                Change(kind=ChangeKind.CHANGED if ours else kind, name=name, before=before, after=value, ours=ours)
            )

    def expect(self, name: ControlName, value: Value) -> None:
        """Take a change that was made another way for ours, once it is seen here."""
        self._expected[name] = value

    def dump(self) -> dict[str, Any]:
        """Return what outlives a restart, as plain JSON data."""
        return {
            "wishes": [[*name, wish.dump()] for name, wish in self._wishes.items()],
            "in_force": [[*name, value] for name, value in self._known.items()],
        }

    def load(self, data: Mapping[str, Any]) -> None:
        """Take over what `dump` returned."""
        for name, item in _items(data.get("wishes")):
            if (wish := Wish.load(item)) is not None:
                self._wishes[name] = wish
        for name, item in _items(data.get("in_force")):
            if isinstance(item, bool | int | float | str):
                self._known[name] = item

    def _begin(self, name: ControlName, wish: Wish, *, afresh: bool = True) -> asyncio.Task[ControlError | None]:
        task = asyncio.get_running_loop().create_task(self._fulfil(name, wish, afresh=afresh))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _fulfil(self, name: ControlName, wish: Wish, *, afresh: bool) -> ControlError | None:
        """Wait for the turn, then write and look; return why that failed."""
        async with self._turn:
            before = self._known.get(name)
            error: ControlError | None = None
            try:
                confirmed = await self._confirmed_by_writing(name, wish, afresh=afresh)
            except ControlError as err:
                confirmed, error = False, err
            except Exception:
                # Whatever it was, nobody waits for a wish that no task works on.
                _LOGGER.exception("Setting %s failed in an unforeseen way", name.key)
                confirmed, error = False, self._error(Failure.NO_ANSWER, name, wish.value, self.control(name))
            if not self._is_newest(name, wish):
                self._changed(Change(kind=ChangeKind.SUPERSEDED, name=name, before=before, after=wish.value, ours=True))
                return None
            del self._wishes[name]
            if confirmed:
                self._note_confirmed(name, wish, before)
            elif error is not None:
                self._failed[name] = wish
                self._changed(
                    Change(
                        kind=ChangeKind.FAILED, name=name, before=before, after=error.in_force, ours=True, error=error
                    )
                )
            self._tell(name)
            self.observe()
            await self._keep()
            return error

    async def _confirmed_by_writing(self, name: ControlName, wish: Wish, *, afresh: bool) -> bool:
        """Tell whether the wish came into force; false only where a newer one took its place."""
        if not self._is_newest(name, wish):
            return False
        if not afresh and await self._look(name) and self._in_force(name, wish):
            return True
        if not afresh and self._clock() - wish.made_at > _LASTING:
            raise self._error(Failure.NO_ANSWER, name, wish.value, self.control(name))
        control = self._settable(name, wish.value)
        self._written_name = name
        trouble = await self._send(control, wish)
        sent, seen = 1, False
        for pause in () if _is_final(trouble) else control.pauses:
            await self._sleep(pause)
            if not self._is_newest(name, wish):
                return False
            looked = await self._look(name)
            seen = seen or looked
            if self._in_force(name, wish):
                return True
            if (latest := self.control(name)) is not None and latest.obstacle is not None:
                # What stands in the way may be known only now, such as a cloud that took over.
                raise self._error(Failure.NOT_NOW, name, wish.value, latest)
            if looked and trouble is not None and sent < _ATTEMPTS and self._is_newest(name, wish):
                trouble = await self._send(control, wish)
                sent += 1
                if _is_final(trouble):
                    break
        if _is_final(trouble):
            # Some systems complain about what they did nevertheless.
            await self._look(name)
            if self._in_force(name, wish):
                return True
            failure = Failure.QUOTA if isinstance(trouble, ApiQuotaError) else Failure.REFUSED
        else:
            failure = Failure.IGNORED if seen and trouble is None else Failure.NO_ANSWER
        raise self._error(failure, name, wish.value, control, trouble)

    async def _send(self, control: Control, wish: Wish) -> ApiError | None:
        self._written_at = self._clock()
        try:
            await control.write(wish.value)
        except ApiError as err:
            return err
        return None

    async def _look(self, name: ControlName) -> bool:
        """Ask for the value in force; tell whether there was an answer."""
        control = self.control(name)
        if control is None:
            return False
        states, since = self._source.states, self._clock()
        if self._source.outage is not None:
            await self._ask(self._source.lead)
        for key in control.feeds:
            await self._ask(key)
        return all((at := states[key].answered_at) is not None and at >= since for key in control.feeds)

    def _in_force(self, name: ControlName, wish: Wish) -> bool:
        control = self.control(name)
        if control is None:
            return False
        if control.reached is not None:
            return control.reached(wish.value)
        return same(control.value, wish.value)

    def _note_confirmed(self, name: ControlName, wish: Wish, before: Value | None) -> None:
        now = self._clock()
        self._confirmed[name] = Wish(value=wish.value, made_at=now)
        self._failed.pop(name, None)
        self._known[name] = wish.value
        kind = ChangeKind.CONFIRMED if same(before, wish.value) else ChangeKind.CHANGED
        self._changed(Change(kind=kind, name=name, before=before, after=wish.value, ours=True))

    def _kind(self, name: ControlName, before: Value, now: datetime) -> ChangeKind:
        confirmed = self._confirmed.pop(name, None)
        if confirmed is None or not same(confirmed.value, before) or now - confirmed.made_at > _MEMORABLE:
            return ChangeKind.CHANGED
        return ChangeKind.REVERTED

    def _is_late(self, name: ControlName, value: Value, now: datetime) -> bool:
        """Tell whether a wish that had failed came true after all."""
        late = self._failed.pop(name, None)
        return late is not None and same(late.value, value) and now - late.made_at <= _MEMORABLE

    def _is_expected(self, name: ControlName, value: Value) -> bool:
        """Tell whether it was changed another way, by us."""
        if name not in self._expected or not same(self._expected[name], value):
            return False
        del self._expected[name]
        return True

    def _moves_along(self, name: ControlName, now: datetime) -> bool:
        """Tell whether a setting moves because another one was just written."""
        if name == self._written_name:
            return False
        if self._wishes:
            return True
        return self._written_at is not None and now - self._written_at <= _MOVES_OTHERS

    def _is_newest(self, name: ControlName, wish: Wish) -> bool:
        return self._wishes.get(name) is wish

    def _settable(self, name: ControlName, value: Value) -> Control:
        control = self.control(name)
        if control is None:
            raise self.missing(name, value)
        if control.obstacle is not None:
            raise self._error(Failure.NOT_NOW, name, value, control)
        return control

    def _error(
        self,
        failure: Failure,
        name: ControlName,
        value: Value,
        control: Control | None,
        trouble: ApiError | None = None,
    ) -> ControlError:
        now = self.control(name) or control
        return ControlError(
            failure,
            name,
            wanted=value,
            in_force=now.value if now is not None else None,
            limits=now.limits if now is not None else None,
            obstacle=now.obstacle if now is not None and failure is Failure.NOT_NOW else None,
            answer=trouble.status if isinstance(trouble, ApiStatusError) else None,
            seconds=sum(control.pauses) if control is not None else 0.0,
        )

    def _tell(self, name: ControlName) -> None:
        for update in tuple(self._listeners):
            update(name)


def _outside(limits: Limits) -> Failure:
    return Failure.OUT_OF_RANGE if isinstance(limits, Range) else Failure.NOT_AN_OPTION


def _is_final(trouble: ApiError | None) -> bool:
    """Tell whether the system understood and said no; overload and silence may pass."""
    return isinstance(trouble, ApiStatusError) and 400 <= trouble.status < 500


def _items(data: object) -> list[tuple[ControlName, object]]:
    """Read `[serial, key, item]` triples, leaving out what is none."""
    items: list[tuple[ControlName, object]] = []
    for entry in data if isinstance(data, list) else ():
        match entry:
            case [None | str() as serial, str() as key, item]:
                items.append((ControlName(serial, key), item))
    return items
