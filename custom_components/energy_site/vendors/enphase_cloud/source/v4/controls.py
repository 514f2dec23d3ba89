"""The controls available through the cloud; each check of an active value costs a request."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import datetime

from .....site.circuits import CircuitMode, LoadCircuits
from .....site.control import (
    BlockReason,
    Choice,
    Control,
    ControlKey,
    ControlName,
    Flag,
    Limits,
    Range,
    Trust,
    Value,
    same,
)
from .....site.model import OperatingMode, Settings, Storm
from .....site.quota.demand import Purpose
from .....sources.budget import with_purpose
from .....sources.cloud import CloudSource
from ...client import v4_endpoints as endpoints
from ...client.models.battery import BatteryMode, BatterySettingsChange, LoadContactChange, LoadMode
from . import feeds
from .context import V4Context
from .settings import CIRCUIT_MODES, MODES, build, build_circuits

# A change takes some seconds to the gateway and back. Each check costs one of the month's requests.
_PAUSES = (20.0, 40.0, 60.0)

# A gateway that is busy or slow to report may take a quarter of an hour.
_LASTING = (60.0, 120.0, 180.0, 180.0, 240.0)

_SETTABLE = {ours: mode for mode, ours in MODES.items() if mode is not BatteryMode.AI_OPTIMISATION}
_CIRCUIT_WORDS = {ours: LoadMode(word) for word, ours in CIRCUIT_MODES.items()}

# The range that the service accepts for a circuit in battery mode.
_CIRCUIT_LEVELS = Range(minimum=10.0, maximum=90.0)


class CloudControls:
    """The controls of one system that its plan grants."""

    def __init__(self, source: CloudSource[V4Context]) -> None:
        """Write using the client of `source`."""
        self._source = source

    def names(self) -> Iterable[ControlName]:
        """Return the names of all controls the system currently has."""
        found = [
            ControlName(None, key)
            for key in (
                ControlKey.BACKUP_RESERVE,
                ControlKey.OPERATING_MODE,
                ControlKey.CHARGE_FROM_GRID,
                ControlKey.STORM_GUARD,
            )
        ]
        circuits = self._source.part(LoadCircuits)
        for contact in circuits.circuits if circuits is not None else ():
            found += [ControlName(contact, ControlKey.MODE), ControlName(contact, ControlKey.LEVEL_LOW)]
        return found

    def control(self, name: ControlName, _: datetime) -> Control | None:
        """Return the current state of a control, `None` if the system has no such control."""
        if name.serial is not None:
            return self._circuit(name.serial, name.key)
        settings, storm = self._source.part(Settings), self._source.part(Storm)
        if name.key == ControlKey.STORM_GUARD:
            return self._storm_guard(storm) if storm is not None and storm.guarded is not None else None
        return self._battery(name.key, settings, storm) if settings is not None else None

    def _battery(self, key: str, settings: Settings, storm: Storm | None) -> Control | None:
        block_reason = self._block_reason(storm)
        match key:
            case ControlKey.BACKUP_RESERVE:
                if block_reason is None and settings.operating_mode is OperatingMode.BACKUP:
                    block_reason = BlockReason.FULL_BACKUP
                limits: Limits = Range(minimum=settings.shutdown_level or 0.0, maximum=100.0)
                return self._setting(
                    key,
                    limits,
                    settings.backup_reserve,
                    lambda value: BatterySettingsChange(reserve_soc=round(float(value))),
                    block_reason,
                )
            case ControlKey.OPERATING_MODE:
                limits = Choice(options=tuple(_SETTABLE))
                return self._setting(
                    key,
                    limits,
                    settings.operating_mode,
                    lambda value: BatterySettingsChange(mode=_SETTABLE[OperatingMode(str(value))]),
                    block_reason,
                )
            case ControlKey.CHARGE_FROM_GRID if settings.charge_from_grid is not None:
                setting = self._setting(
                    key,
                    Flag(),
                    settings.charge_from_grid,
                    lambda value: BatterySettingsChange(charge_from_grid=value is True),
                    block_reason,
                )
                # It is documented as read-only, but some systems set it nevertheless.
                return replace(setting, trust=Trust.LITTLE)
        return None

    def _block_reason(self, storm: Storm | None) -> BlockReason | None:
        settings = self._source.answer(feeds.BATTERY_SETTINGS)
        if settings is not None and settings.mode is BatteryMode.DR_EVENT:
            return BlockReason.GRID_EVENT
        if storm is not None and storm.guarded and storm.alert:
            return BlockReason.STORM
        grid = self._source.answer(feeds.GRID_STATUS)
        return BlockReason.OFF_GRID if grid is not None and grid.on_grid is False else None

    def _setting(
        self,
        key: str,
        limits: Limits,
        value: Value | None,
        change: Callable[[Value], BatterySettingsChange],
        block_reason: BlockReason | None,
    ) -> Control:
        context = self._source.context

        async def write(wanted: Value) -> Value | None:
            like = self._source.answer(feeds.BATTERY_SETTINGS)
            body = change(wanted).body(like)
            answer = await context.client.update(endpoints.SET_BATTERY_SETTINGS, context.system_id, body)
            echo: Value | None = getattr(build(answer, context.clock()), key, None)
            return echo

        return self._control(limits, value, write, feeds.BATTERY_SETTINGS.key, block_reason)

    def _storm_guard(self, storm: Storm) -> Control:
        context = self._source.context

        async def write(wanted: Value) -> Value | None:
            body = {"storm_guard_status": "enabled" if wanted is True else "disabled"}
            answer = await context.client.update(endpoints.SET_STORM_GUARD, context.system_id, body)
            return answer.enabled if answer is not None else None

        return self._control(Flag(), storm.guarded, write, feeds.STORM_GUARD.key, None)

    def _circuit(self, contact: str, key: str) -> Control | None:
        circuits, context = self._source.part(LoadCircuits), self._source.context
        circuit = circuits.circuits.get(contact) if circuits is not None else None
        if circuit is None or key not in (ControlKey.MODE, ControlKey.LEVEL_LOW):
            return None

        async def write(wanted: Value) -> Value | None:
            mode = _CIRCUIT_WORDS[CircuitMode(str(wanted))] if key == ControlKey.MODE else None
            # Sending a level that wasn't requested would undo a change that was just made elsewhere.
            known = circuit.level_low if mode is LoadMode.ADVANCED_BATTERY_POWERED else None
            level = wanted if key == ControlKey.LEVEL_LOW else known
            change = LoadContactChange(name=contact, mode=mode, soc_low=_circuit_level(level, mode))
            response = await context.client.update(endpoints.SET_LOAD_CONTROL, context.system_id, change.body())
            answer = build_circuits(response, context.clock())
            echo: Value | None = getattr(answer and answer.circuits.get(contact), key, None)
            return echo

        limits: Limits = Choice(options=tuple(_CIRCUIT_WORDS)) if key == ControlKey.MODE else _CIRCUIT_LEVELS
        value: Value | None = circuit.mode if key == ControlKey.MODE else circuit.level_low
        return self._control(limits, value, write, feeds.LOAD_CONTROL.key, None)

    def _control(
        self,
        limits: Limits,
        value: Value | None,
        write: Callable[[Value], Awaitable[Value | None]],
        feed: str,
        block_reason: BlockReason | None,
    ) -> Control:
        """Return a control that counts as taken unless the service responds with a different value than requested."""
        echo: Value | None = None
        plan = self._source.planner.plan

        async def written(wanted: Value) -> None:
            nonlocal echo
            with with_purpose(Purpose.WRITE):
                answered = await write(wanted)
            echo = wanted if answered is None else answered

        return Control(
            limits=limits,
            value=value,
            write=written,
            feeds=(feed,),
            block_reason=block_reason,
            taken=lambda wanted: same(echo, wanted),
            pauses=_PAUSES,
            lasting=_LASTING,
            circumstances=f"{plan.per_month} {plan.per_minute}",
        )


def _circuit_level(level: Value | None, mode: LoadMode | None) -> int | None:
    """Return a level that the service accepts, if one is required or requested."""
    if level is None and mode is not LoadMode.ADVANCED_BATTERY_POWERED:
        return None
    current = _CIRCUIT_LEVELS.minimum if level is None else float(level)
    return round(min(max(current, _CIRCUIT_LEVELS.minimum), _CIRCUIT_LEVELS.maximum))
