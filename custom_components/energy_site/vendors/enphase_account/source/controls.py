"""The settings of a site that its owner can change through the account."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from ....api.errors import ApiRefusedError
from ....site.control import (
    BlockReason,
    Choice,
    Control,
    ControlKey,
    ControlName,
    Flag,
    Limits,
    Progress,
    Range,
    Trust,
    Value,
    same,
)
from ....site.model import OperatingMode
from ....sources.source import Witness
from ..client import endpoints
from ..client.client import AccountClient
from . import bodies, feeds
from .configuration import FULL_BACKUP, MODES, Configuration
from .context import AccountContext

# A gateway applies a change within 20 seconds, and reports it to the cloud within a quarter of an hour.
_PAUSES = (5.0, 5.0, 10.0, 20.0, 20.0)
_LASTING = (60.0,) * 15

# Enphase's own limits, where a site doesn't tell its own.
_RESERVES = (5.0, 100.0)
_SHUTDOWN_LEVELS = (5.0, 25.0)

# What a profile comes with.
_BROUGHT = (ControlKey.BACKUP_RESERVE, ControlKey.CHARGE_FROM_GRID)

# What a gateway shows of its own.
WITNESSED = (ControlKey.BACKUP_RESERVE, ControlKey.CHARGE_FROM_GRID, ControlKey.SHUTDOWN_LEVEL)

_WORDS = {mode: word for word, mode in MODES.items()}


class ControlledSystem(Protocol):
    """The part of a system's source that its controls use."""

    context: AccountContext
    witness: Callable[[], Witness | None] | None

    def configuration(self) -> Configuration | None:
        """Return what is known of the settings, `None` before they were reported."""

    def is_current(self, now: datetime) -> bool:
        """Return whether the settings were reported lately."""

    def is_silent(self, now: datetime) -> bool:
        """Return whether the gateway hasn't reported to the cloud for long."""

    def read_again(self, *keys: str) -> None:
        """Poll some feeds soon."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _AccountSetting:
    """Which sites have a setting, what it can be set to, and how it is written."""

    exists: Callable[[Configuration], bool]
    limits: Callable[[Configuration], Limits]
    write: Callable[[AccountClient, Configuration, Any], Awaitable[None]]
    refuses: Callable[[Configuration, Value], BlockReason | None] = lambda *_: None
    needs: Callable[[Configuration, Value], tuple[str, ...]] = lambda *_: ()
    feed: str = feeds.SETTINGS.key


async def _write_reserve(client: AccountClient, _: Configuration, level: float) -> None:
    selected = await _selected(client)
    if selected == FULL_BACKUP:
        raise ApiRefusedError(endpoints.SET_PROFILE.name, 409)
    await client.write(endpoints.SET_PROFILE, bodies.reserve(selected, level))


async def _write_mode(client: AccountClient, _: Configuration, mode: str) -> None:
    profile = await client.get(endpoints.PROFILE, urgent=True)
    await client.write(endpoints.SET_PROFILE, bodies.selection(_WORDS[OperatingMode(mode)], profile))


async def _write_storm_guard(client: AccountClient, _: Configuration, value: Value) -> None:
    profile = await client.get(endpoints.PROFILE, urgent=True)
    await client.write(endpoints.SET_STORM_GUARD, bodies.storm_guard(profile, on=value is True))


async def _write_restriction(client: AccountClient, known: Configuration, value: Value) -> None:
    on = value is True
    if known.details.rbd_control is None and not on:
        return
    # All settings are written, so they have to be those of this moment.
    details = await client.get(endpoints.BATTERY_SETTINGS, urgent=True)
    if not on and details.show_storm_guard_alert and details.profile == FULL_BACKUP:
        raise ApiRefusedError(endpoints.SET_BATTERY_SETTINGS.name, 409)
    await client.write(endpoints.SET_BATTERY_SETTINGS, bodies.restrict_discharge(details, on=on))


async def _selected(client: AccountClient) -> str:
    """Return the profile that is selected right now, or on its way; with another one, a reserve would change it."""
    profile = await client.get(endpoints.PROFILE, urgent=True)
    requested = profile.requested.fields.get("profile")
    selected = requested if isinstance(requested, str) else profile.profile
    if selected is None:
        raise ApiRefusedError(endpoints.PROFILE.name, 409)
    return selected


def _in_settings(body: Callable[[Configuration, Any], bodies.Body]) -> Callable[..., Awaitable[None]]:
    """Return what writes a part of the battery's settings."""

    async def write(client: AccountClient, known: Configuration, value: Any) -> None:
        await client.write(endpoints.SET_BATTERY_SETTINGS, body(known, value))

    return write


def _has_reserve(known: Configuration) -> bool:
    shown = known.site.show_reserve if known.site is not None else None
    return shown is not False and known.details.battery_backup_percentage is not None


def _has_shutdown_level(known: Configuration) -> bool:
    shown = known.site.show_vls if known.site is not None else None
    details = known.details
    if shown is False or details.envoy_supports_vls is False:
        return False
    return details.very_low_soc is not None or details.very_low_soc_max is not None


def _has_storm_guard(known: Configuration) -> bool:
    shown = known.site.show_storm_guard if known.site is not None else None
    return shown is True or (shown is None and known.details.storm_guard_state is not None)


def _has_grid_charging(known: Configuration) -> bool:
    site, block = known.site, known.details.cfg_control
    if (site is not None and site.restrict_cfg) or known.details.charge_from_grid is None:
        return False
    return (site is not None and site.show_charge_from_grid is True) or (block is not None and block.show is True)


def _has_restriction(known: Configuration) -> bool:
    """Return whether discharging can be restricted: a site that sends null instead of its block has it turned off."""
    if (block := known.details.rbd_control) is not None:
        return block.show is not False
    families = known.schedules.families if known.schedules is not None else {}
    return "rbdControl" in known.details.raw and "rbd" in families and families["rbd"].status != "not_supported"


def _shows(key: ControlKey) -> Callable[[Configuration], bool]:
    def shown(known: Configuration) -> bool:
        block = known.block(key)
        return block is not None and block.show is True

    return shown


def _modes(known: Configuration) -> Limits:
    """Return the profiles that the site offers; one that is selected is shown anyway."""
    site = known.site
    offered = {
        "self-consumption": True,
        "cost_savings": site is not None and site.show_savings_mode is True,
        FULL_BACKUP: site is not None and site.show_full_backup is True,
        "ai_optimisation": site is not None and site.show_ai_savings_mode is True,
    }
    return Choice(options=tuple(MODES[word] for word, is_offered in offered.items() if is_offered))


def _range(lowest: float | None, highest: float | None, otherwise: tuple[float, float]) -> Limits:
    low = lowest if lowest is not None else otherwise[0]
    high = highest if highest is not None else otherwise[1]
    return Range(minimum=low, maximum=high) if low < high else Range(minimum=otherwise[0], maximum=otherwise[1])


def _needs_statement(known: Configuration, value: Value) -> BlockReason | None:
    return BlockReason.STATEMENT if value is True and not known.details.accepted_itc_disclaimer else None


def _needs_window(known: Configuration, value: Value) -> BlockReason | None:
    return BlockReason.NO_WINDOW if value is True and known.saved_windows == 0 else None


def _window_feed(known: Configuration, value: Value) -> tuple[str, ...]:
    """Return where to look for a window, which the owner may have saved a moment ago."""
    return (feeds.SCHEDULES.key,) if value is True and not known.saved_windows else ()


_SETTINGS: dict[ControlKey, _AccountSetting] = {
    # It is the first, as it brings others along.
    ControlKey.OPERATING_MODE: _AccountSetting(
        exists=lambda known: known.selected is not None,
        limits=_modes,
        write=_write_mode,
        feed=feeds.PROFILE.key,
    ),
    ControlKey.BACKUP_RESERVE: _AccountSetting(
        exists=_has_reserve,
        limits=lambda known: _range(
            known.details.battery_backup_percentage_min, known.details.battery_backup_percentage_max, _RESERVES
        ),
        write=_write_reserve,
    ),
    ControlKey.SHUTDOWN_LEVEL: _AccountSetting(
        exists=_has_shutdown_level,
        limits=lambda known: _range(known.details.very_low_soc_min, known.details.very_low_soc_max, _SHUTDOWN_LEVELS),
        write=_in_settings(lambda _, level: bodies.shutdown_level(level)),
    ),
    ControlKey.STORM_GUARD: _AccountSetting(exists=_has_storm_guard, limits=lambda _: Flag(), write=_write_storm_guard),
    ControlKey.CHARGE_FROM_GRID: _AccountSetting(
        exists=_has_grid_charging,
        limits=lambda _: Flag(),
        write=_in_settings(lambda _, on: bodies.charge_from_grid(on=on)),
        refuses=_needs_statement,
    ),
    ControlKey.DISCHARGE_TO_GRID: _AccountSetting(
        exists=_shows(ControlKey.DISCHARGE_TO_GRID),
        limits=lambda _: Flag(),
        write=_in_settings(lambda known, on: bodies.discharge_to_grid(known.details.dtg_control, on=on)),
    ),
    ControlKey.RESTRICT_DISCHARGE: _AccountSetting(
        exists=_has_restriction,
        limits=lambda _: Flag(),
        write=_write_restriction,
        refuses=_needs_window,
        needs=_window_feed,
    ),
    ControlKey.POWER_MATCH: _AccountSetting(
        exists=_shows(ControlKey.POWER_MATCH),
        limits=lambda _: Flag(),
        write=_in_settings(lambda _, on: bodies.power_match(on=on)),
    ),
}


class AccountControls:
    """The controls of one system, each as far as the site has it."""

    def __init__(self, source: ControlledSystem) -> None:
        """Write through the client of `source`."""
        self._source = source
        self._witnessed: dict[str, Value] = {}

    def names(self) -> Iterable[ControlName]:
        """Return the names of all controls that a site may have."""
        return [ControlName(None, key) for key in _SETTINGS]

    def witnessed(self) -> frozenset[str]:
        """Return the keys of the controls whose values a witness shows."""
        return frozenset(key for key in WITNESSED if self._witness_value(key) is not None)

    @staticmethod
    def lacks_statement(known: Configuration) -> bool:
        """Return whether charging from the grid can't be turned on before Enphase's statement is accepted."""
        return _has_grid_charging(known) and _needs_statement(known, value=True) is not None

    def control(self, name: ControlName, now: datetime) -> Control | None:
        """Return the current state of a control, `None` if the site doesn't have it."""
        known, key = self._source.configuration(), name.key
        if name.serial is not None or key not in tuple(_SETTINGS) or known is None:
            return None
        setting = _SETTINGS[ControlKey(key)]
        if not setting.exists(known):
            return None
        before, witness = self._value(key, known), self._witness(key)
        current = self._source.is_current(now) or self._witness_value(key) is not None
        progress = self._progress(key, before)
        is_profile = key in (ControlKey.OPERATING_MODE, ControlKey.BACKUP_RESERVE)
        return Control(
            limits=setting.limits(known),
            value=before if current else None,
            write=self._writer(key, setting),
            feeds=(
                setting.feed if setting.feed != feeds.PROFILE.key or known.profile is not None else feeds.SETTINGS.key,
            ),
            block_reason=self._block_reason(key, known, now),
            overruled_by=known.overruling(now),
            refuses=lambda value: self._refusal(key, setting, value),
            needs=lambda value: setting.needs(known, value),
            reached=lambda value: progress(value) is Progress.ACTIVE,
            progress=progress,
            delayed_by=BlockReason.SILENT_GATEWAY if witness is None and self._source.is_silent(now) else None,
            look=self._looker(name) if witness is not None else None,
            brings=_BROUGHT if key == ControlKey.OPERATING_MODE else (),
            pauses=_PAUSES,
            lasting=_LASTING,
            # The site tells what can be set; what it refuses may be the value or the moment.
            trust=Trust.ALWAYS,
            # What a storm does to a setting ends with it.
            transient=is_profile and known.storm_rules(now),
        )

    def _value(self, key: str, known: Configuration) -> Value | None:
        """Return the active value: a witness shows it sooner than the cloud."""
        shown = known.value(key)
        if (witnessed := self._witness_value(key)) is not None:
            self._witnessed[key] = witnessed
            return witnessed
        last = self._witnessed.get(key)
        if last is not None and same(known.requested(key), last):
            # The witness is gone, and the cloud hasn't yet heard of what it showed.
            return last
        self._witnessed.pop(key, None)
        return shown

    def _progress(self, key: str, before: Value | None) -> Callable[[Value], Progress]:
        def progress(value: Value) -> Progress:
            known = self._source.configuration()
            if known is None:
                return Progress.UNCHANGED
            now_active, requested = self._value(key, known), known.requested(key)
            if same(now_active, value) and (requested is None or same(requested, value)):
                return Progress.ACTIVE
            if requested is not None or known.is_pending(key) or same(known.value(key), value):
                return Progress.UNDER_WAY
            return Progress.UNCHANGED if same(now_active, before) else Progress.ELSEWHERE

        return progress

    def _block_reason(self, key: str, known: Configuration, now: datetime) -> BlockReason | None:
        storm = known.storm_rules(now)
        if storm and key in (ControlKey.OPERATING_MODE, ControlKey.BACKUP_RESERVE):
            return BlockReason.STORM
        if key == ControlKey.BACKUP_RESERVE and known.in_full_backup:
            return BlockReason.FULL_BACKUP
        if key == ControlKey.BACKUP_RESERVE and known.selected is None:
            # A reserve is written with the profile that it belongs to.
            return BlockReason.NOT_KNOWN
        block = known.block(key)
        return BlockReason.LOCKED if block is not None and block.locked else None

    def _refusal(self, key: str, setting: _AccountSetting, value: Value) -> BlockReason | None:
        known = self._source.configuration()
        if known is None:
            return None
        if key == ControlKey.RESTRICT_DISCHARGE and value is False and known.value(key) is not False:
            # All settings are written along, and those of a storm aren't the owner's.
            return BlockReason.STORM if known.storm_rules(self._source.context.clock()) else None
        return setting.refuses(known, value)

    def _writer(self, key: str, setting: _AccountSetting) -> Callable[[Value], Awaitable[None]]:
        async def write(value: Value) -> None:
            known = self._source.configuration()
            if known is None:
                return
            witness = self._source.witness() if self._source.witness is not None else None
            if witness is not None:
                # A gateway may have another word for a profile.
                brings = (key, *_BROUGHT) if key == ControlKey.OPERATING_MODE else ()
                witness.expect(ControlName(None, key), value, brings)
            await setting.write(self._source.context.client, known, value)
            if key == ControlKey.OPERATING_MODE:
                self._source.read_again(feeds.SETTINGS.key)
            if key == ControlKey.RESTRICT_DISCHARGE:
                # Some sites lose their windows when this is changed.
                self._source.read_again(feeds.SCHEDULES.key)

        return write

    def _looker(self, name: ControlName) -> Callable[[], Awaitable[bool]]:
        async def look() -> bool:
            if (witness := self._witness(name.key)) is None:
                return False
            await witness.look(name)
            return self._witness_value(name.key) is not None

        return look

    def _witness(self, key: str) -> Witness | None:
        """Return the witness of a setting, `None` if it isn't one that a gateway shows."""
        if key not in WITNESSED or self._source.witness is None:
            return None
        witness = self._source.witness()
        return witness if witness is not None and witness.control(ControlName(None, key)) is not None else None

    def _witness_value(self, key: str) -> Value | None:
        witness = self._witness(key)
        control = witness.control(ControlName(None, key)) if witness is not None else None
        return control.value if control is not None else None
