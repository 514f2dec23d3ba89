"""The controls of a gateway, their commands, and how to confirm their values."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, Protocol

from ....site.circuits import Generator, GeneratorMode, LoadCircuit, LoadCircuits
from ....site.control import (
    BlockReason,
    Choice,
    Control,
    ControlKey,
    ControlName,
    Flag,
    Range,
    Trust,
    Value,
    pauses,
    same,
)
from ....site.model import Activity, DeviceInfo, GridState, GridStatus, OperatingMode, Part, Settings
from ....sources.feed import FeedState
from ..client import edits, endpoints
from ..client.client import IqGatewayClient
from ..client.models.settings import BatterySchedule
from ..client.token import GatewayToken
from . import circuits, feeds
from .answers import Answers
from .capabilities import Capabilities
from .export_controls import export_control
from .feeds import GatewayFeed
from .live import Live
from .settings import MODES

# The battery is topped off before the switch opens, which takes half a minute, or more if it is low.
_RELAY_PAUSES = pauses(60.0)
_RELAY_LASTING = (30.0, 60.0, 60.0, 90.0)

# The first poll already shows the result.
_LIVE_PAUSES = pauses(5.0)

_FULL = 100.0

# During these, others control the battery: a demand response, the energy manager.
_GRID_EVENTS = (
    Activity.FREQUENCY_RESPONSE,
    Activity.MANAGED_CHARGE,
    Activity.MANAGED_CHARGE_FROM_GRID,
    Activity.MANAGED_DISCHARGE,
)

# A battery kept full for an outage does none of these.
_NOT_IN_BACKUP = (Activity.ZERO_NET, Activity.DISCHARGE_TO_GRID, Activity.DISCHARGE_TO_LOAD)
_IN_BACKUP = (Activity.CHARGE_FROM_SOLAR, Activity.CHARGE_FROM_GRID)

# Self-consumption is scheduled as zero net all day long, never as one of these; full backup is
# never scheduled as the first two.
_SAVING = (Activity.NO_DISCHARGE, Activity.DISCHARGE_TO_LOAD)
_NOT_ZERO_NET = (*_SAVING, Activity.CHARGE_FROM_SOLAR, Activity.DISCHARGE_TO_GRID)

_SAVINGS_WORDS = tuple(word for word, mode in MODES.items() if mode is OperatingMode.SAVINGS)

_SITE = (
    ControlKey.BACKUP_RESERVE,
    ControlKey.OPERATING_MODE,
    ControlKey.CHARGE_FROM_GRID,
    ControlKey.GRID_ENABLED,
    ControlKey.LIVE_POWER,
    ControlKey.EXPORT_LIMIT,
    ControlKey.EXPORT_LIMIT_ENABLED,
)

# A circuit's settings: the control's key, the gateway's field, and its words for the options.
_CIRCUIT_WORDS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    ControlKey.MODE: ("mode", {ours: word for word, ours in circuits.MODES.items()}),
    ControlKey.GRID_ACTION: ("grid_action", {ours: word for word, ours in circuits.ACTIONS.items()}),
    ControlKey.OFF_GRID_ACTION: ("micro_grid_action", {ours: word for word, ours in circuits.ACTIONS.items()}),
    ControlKey.GENERATOR_ACTION: ("gen_action", {ours: word for word, ours in circuits.ACTIONS.items()}),
}
_CIRCUIT_LEVELS: Mapping[str, str] = {ControlKey.LEVEL_LOW: "soc_low", ControlKey.LEVEL_HIGH: "soc_high"}
_CIRCUIT = (ControlKey.CLOSED, *_CIRCUIT_WORDS, *_CIRCUIT_LEVELS)

_GENERATOR = "generator"


class Gateway(Protocol):
    """The part of a gateway's source that the controls use."""

    client: IqGatewayClient
    answers: Answers
    capabilities: Capabilities
    live: Live
    false_openings: circuits.FalseOpenings
    states: dict[str, FeedState]
    token: GatewayToken

    @property
    def device(self) -> DeviceInfo:
        """The gateway itself."""

    def part[P: Part](self, kind: type[P]) -> P | None:
        """Return the latest state of a part, `None` if it is unknown."""


class GatewayControls:
    """The controls of one gateway that its answers allow."""

    def __init__(self, source: Gateway) -> None:
        """Write using the client of `source`."""
        self._source = source
        self._client = source.client
        self._answers = source.answers

    def names(self) -> Iterable[ControlName]:
        """Return the names of all controls the site currently has."""
        found = [ControlName(None, key) for key in _SITE]
        load_circuits = self._source.part(LoadCircuits)
        for contact in load_circuits.circuits if load_circuits is not None else ():
            found += [ControlName(contact, key) for key in _CIRCUIT]
        found.append(ControlName(_GENERATOR, ControlKey.MODE))
        return found

    def control(self, name: ControlName, now: datetime) -> Control | None:
        """Return the current state of a control, `None` if the site has no such control."""
        control = self._control(name, now)
        return control and replace(control, circumstances=self._source.device.firmware or "")

    def shown(self, name: ControlName) -> Control | None:
        """Return what the gateway shows but can't set, for a cloud that can."""
        settings = self._source.part(Settings)
        if name != ControlName(None, ControlKey.SHUTDOWN_LEVEL) or settings is None or settings.shutdown_level is None:
            return None

        async def write(_: Value) -> None:
            """Set nothing, as it is blocked."""

        return Control(
            limits=Range(minimum=0.0, maximum=_FULL),
            value=settings.shutdown_level,
            write=write,
            feeds=self._answering(feeds.SECONDARY_CONTROL),
            block_reason=BlockReason.CLOUD_CONTROLLED,
        )

    def _control(self, name: ControlName, now: datetime) -> Control | None:
        if name.serial is None:
            make: dict[str, Callable[[datetime], Control | None]] = {
                ControlKey.BACKUP_RESERVE: self._backup_reserve,
                ControlKey.OPERATING_MODE: self._operating_mode,
                ControlKey.CHARGE_FROM_GRID: self._charge_from_grid,
                ControlKey.GRID_ENABLED: self._grid_enabled,
                ControlKey.LIVE_POWER: self._live_power,
                ControlKey.EXPORT_LIMIT: partial(export_control, self._source, ControlKey.EXPORT_LIMIT),
                ControlKey.EXPORT_LIMIT_ENABLED: partial(export_control, self._source, ControlKey.EXPORT_LIMIT_ENABLED),
            }
            return make[name.key](now) if name.key in make else None
        if name.serial == _GENERATOR:
            return self._generator_mode() if name.key == ControlKey.MODE else None
        load_circuits = self._source.part(LoadCircuits)
        circuit = load_circuits.circuits.get(name.serial) if load_circuits is not None else None
        return self._circuit(name.serial, name.key, circuit, now) if circuit is not None else None

    # -- battery settings -----------------------------------------------------

    def _backup_reserve(self, now: datetime) -> Control | None:
        settings, tariff = self._source.part(Settings), self._answers.last(feeds.TARIFF)
        if settings is None or tariff is None or tariff.reserved_soc is None:
            return None
        block_reason = self._battery_block_reason(now)
        if block_reason is None and settings.operating_mode is OperatingMode.BACKUP:
            block_reason = BlockReason.FULL_BACKUP
        return Control(
            limits=Range(minimum=0.0, maximum=_FULL),
            value=settings.backup_reserve,
            write=lambda value: self._set_storage(reserved_soc=value),
            feeds=self._answering(feeds.SECONDARY_CONTROL, feeds.TARIFF),
            block_reason=block_reason,
            reached=self._reserve_reached,
            kept=lambda value: same(self._written("reserved_soc"), value),
        )

    def _operating_mode(self, now: datetime) -> Control | None:
        settings, tariff = self._source.part(Settings), self._answers.last(feeds.TARIFF)
        if settings is None or tariff is None or tariff.mode is None:
            return None
        return Control(
            limits=Choice(options=tuple(dict.fromkeys(MODES.values()))),
            value=settings.operating_mode,
            write=lambda value: self._set_storage(mode=self._mode_word(value)),
            feeds=self._answering(feeds.TARIFF, feeds.SECONDARY_CONTROL, feeds.SCHEDULE),
            block_reason=self._battery_block_reason(now),
            reached=partial(self._mode_reached, settings),
            kept=lambda value: MODES.get(str(self._written("mode"))) == value,
        )

    def _charge_from_grid(self, now: datetime) -> Control | None:
        settings = self._source.part(Settings)
        tariff = self._answers.last(feeds.TARIFF)
        if (
            settings is None
            or tariff is None
            or (tariff.charge_from_grid is None and settings.charge_from_grid is None)
        ):
            return None
        return Control(
            limits=Flag(),
            value=settings.charge_from_grid,
            write=lambda value: self._set_storage(charge_from_grid=value),
            feeds=self._answering(feeds.TARIFF, feeds.SCHEDULE),
            block_reason=self._battery_block_reason(now),
            reached=self._charge_reached,
            kept=lambda value: self._written("charge_from_grid") is value,
        )

    def _battery_block_reason(self, now: datetime) -> BlockReason | None:
        tariff = self._answers.current(feeds.TARIFF, now)
        if tariff is None:
            return BlockReason.NOT_KNOWN
        return BlockReason.CLOUD_CONTROLLED if tariff.opt_schedules else self.event(now)

    def event(self, now: datetime) -> BlockReason | None:
        """Return the event that blocks changes of the battery's settings, regardless of what controls the battery."""
        schedule = self._answers.current(feeds.SCHEDULE, now)
        grid = self._source.part(GridStatus)
        if grid is not None and grid.state not in (None, GridState.ON_GRID):
            return BlockReason.OFF_GRID
        return BlockReason.GRID_EVENT if schedule is not None and self._is_grid_event(schedule) else None

    def _is_grid_event(self, schedule: BatterySchedule) -> bool:
        settings = self._source.part(Settings)
        return schedule.force_discharge is True or (settings is not None and settings.activity in _GRID_EVENTS)

    def _mode_word(self, value: Value) -> str:
        """Return the gateway's word for a mode; for savings, the one in its file if that is in use."""
        tariff = self._answers.last(feeds.TARIFF)
        if value == OperatingMode.SAVINGS:
            used = tariff.mode if tariff is not None else None
            return used if used in _SAVINGS_WORDS else "economy"
        return next(word for word, mode in MODES.items() if mode == value)

    def _written(self, field: str) -> Value | None:
        """Return a field of the tariff's file, which others may have changed since."""
        found: Value | None = getattr(self._answers.last(feeds.TARIFF), field, None)
        return found

    def _reserve_reached(self, value: Value) -> bool | None:
        settings = self._source.part(Settings)
        if settings is not None and settings.backup_reserve is not None:
            return same(settings.backup_reserve, value)
        return None if same(self._written("reserved_soc"), value) else False

    def _charge_reached(self, value: Value) -> bool | None:
        settings, schedule = self._source.part(Settings), self._answers.last(feeds.SCHEDULE)
        if settings is None or settings.charge_from_grid is not value:
            return False
        return True if schedule is not None and schedule.charge_from_grid is value else None

    def _mode_reached(self, before: Settings, value: Value) -> bool | None:
        """Return whether the file's mode is active, judging by the battery's activity and its change since `before`."""
        now = self._source.part(Settings)
        if now is None or now.operating_mode != value:
            return False
        full, was_full = (same(each.backup_reserve, _FULL) for each in (now, before))
        if value == OperatingMode.BACKUP:
            if full and not was_full:
                return True
            if (now.backup_reserve is not None and not full) or now.activity in _NOT_IN_BACKUP:
                return False
            return True if now.activity in _IN_BACKUP else None
        if full and not same(self._written("reserved_soc"), _FULL):
            return False
        if was_full and not full and before.operating_mode is OperatingMode.BACKUP:
            return True
        zero_net, otherwise = now.activity is Activity.ZERO_NET, now.activity in _NOT_ZERO_NET
        if value == OperatingMode.SELF_CONSUMPTION:
            return False if otherwise else (zero_net and before.activity in _NOT_ZERO_NET) or None
        return (otherwise and before.activity is Activity.ZERO_NET) or now.activity in _SAVING or None

    async def _set_storage(self, **changes: object) -> None:
        edit = edits.storage_settings(endpoints.TARIFF.name, changes)
        await self._client.change(endpoints.TARIFF, endpoints.SET_TARIFF, edit)

    # -- grid, circuits, generator -------------------------------------------

    def _grid_enabled(self, _: datetime) -> Control | None:
        grid = self._source.part(GridStatus)
        if grid is None or self._answers.last(feeds.RELAY) is None or not self._source.capabilities.controller:
            return None
        block_reason = BlockReason.NOT_KNOWN if grid.enabled is None else None
        if grid.enabled and grid.state is not GridState.ON_GRID and grid.transition is None:
            block_reason = BlockReason.OFF_GRID

        def reached(value: Value) -> bool:
            latest = self._source.part(GridStatus)
            if latest is None or latest.transition is not None or latest.enabled is not value:
                return False
            return (latest.state is GridState.ON_GRID) is value

        return Control(
            limits=Flag(),
            value=grid.enabled,
            write=lambda value: self._send(endpoints.SET_RELAY, {"mains_admin_state": _word(value)}),
            feeds=self._answering(feeds.RELAY),
            block_reason=block_reason,
            reached=reached,
            taken=lambda value: getattr(self._answers.last(feeds.RELAY), "mains_admin_state", None) == _word(value),
            pauses=_RELAY_PAUSES,
            lasting=_RELAY_LASTING,
            # A rejection due to an unstable grid is temporary, and must not lock out the user.
            trust=Trust.ALWAYS,
        )

    def _circuit(self, contact: str, key: str, circuit: LoadCircuit, now: datetime) -> Control | None:
        if key == "closed":
            return Control(
                limits=Flag(),
                value=circuit.closed,
                write=lambda value: self._switch_circuit(contact, value),
                feeds=self._answering(feeds.DRY_CONTACTS),
            )
        if (field := _CIRCUIT_LEVELS.get(key)) is not None:
            low, high = circuit.level_low or 0.0, circuit.level_high or _FULL
            limits = (
                Range(minimum=0.0, maximum=high) if key == ControlKey.LEVEL_LOW else Range(minimum=low, maximum=_FULL)
            )
            return self._circuit_setting(contact, key, circuit, limits, lambda value: {field: value}, now)
        if key not in _CIRCUIT_WORDS:
            return None
        named, words = _CIRCUIT_WORDS[key]
        return self._circuit_setting(
            contact, key, circuit, Choice(options=tuple(words)), lambda value: {named: words[str(value)]}, now
        )

    def _circuit_setting(
        self,
        contact: str,
        key: str,
        circuit: LoadCircuit,
        limits: Range | Choice,
        changes: Callable[[Value], Mapping[str, object]],
        now: datetime,
    ) -> Control:
        async def write(wanted: Value) -> None:
            self._source.false_openings.expect(self._answers, now)
            edit = edits.dry_contact(endpoints.DRY_CONTACT_SETTINGS.name, contact, changes(wanted))
            await self._client.change(endpoints.DRY_CONTACT_SETTINGS, endpoints.SET_DRY_CONTACT_SETTINGS, edit)

        def current() -> LoadCircuit | None:
            load_circuits = self._source.part(LoadCircuits)
            return load_circuits.circuits.get(contact) if load_circuits is not None else None

        def reached(wanted: Value) -> bool | None:
            latest, grid = current(), self._source.part(GridStatus)
            if latest is None or not same(getattr(latest, key), wanted):
                return False
            return circuits.follows(key, wanted, circuit, latest, grid.state if grid is not None else None) or None

        return Control(
            limits=limits,
            value=getattr(circuit, key),
            write=write,
            feeds=self._answering(feeds.DRY_CONTACT_SETTINGS, feeds.DRY_CONTACTS, feeds.RELAY),
            reached=reached,
            kept=lambda wanted: same(getattr(current(), key, None), wanted),
        )

    async def _switch_circuit(self, contact: str, value: Value) -> None:
        self._source.false_openings.commanded(contact)
        await self._client.send(endpoints.SET_DRY_CONTACT, {"dry_contacts": {"id": contact, "status": _word(value)}})

    def _generator_mode(self) -> Control | None:
        generator = self._source.part(Generator)
        if generator is None or self._answers.last(feeds.GENERATOR_MODE) is None:
            return None

        def reached(value: Value) -> bool | None:
            latest = self._source.part(Generator)
            if latest is None or latest.mode != value:
                return False
            # A generator that keeps its state may do so for a different reason.
            started = value == GeneratorMode.ON and latest.running is True and generator.running is False
            stopped = value == GeneratorMode.OFF and latest.running is False and generator.running is True
            return started or stopped or None

        return Control(
            limits=Choice(options=tuple(GeneratorMode)),
            value=generator.mode,
            write=lambda value: self._send(endpoints.SET_GENERATOR_MODE, {"gen_cmd": value}),
            feeds=self._answering(feeds.GENERATOR_MODE, feeds.GENERATOR),
            reached=reached,
        )

    # -- live power -------------------------------------------------------------

    def _live_power(self, now: datetime) -> Control | None:
        live = self._source.live
        if not self._source.capabilities.any_meter or self._answers.last(feeds.LIVE_DATA) is None:
            return None

        async def write(value: Value) -> None:
            if value:
                live.begin(now)
            else:
                await live.end()

        return Control(
            limits=Flag(),
            value=live.on(now),
            write=write,
            feeds=(feeds.LIVE_DATA.key,),
            pauses=_LIVE_PAUSES,
            transient=True,
        )

    # -- helpers ------------------------------------------------------------------

    def _send(self, command: endpoints.Command, payload: object) -> Awaitable[None]:
        return self._client.send(command, payload)

    def _answering(self, *used: GatewayFeed[Any]) -> tuple[str, ...]:
        """Return the feeds that this gateway answers."""
        return tuple(feed.key for feed in used if self._source.states[feed.key].presence.answers)


def _word(value: Value) -> str:
    return "closed" if value else "open"
