"""The settings of a site that can be changed."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
import re
from typing import Any

from ....site.control import (
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
from ....site.model import ExportRule, OperatingMode
from ....sources.cloud import CloudSource
from ....sources.tariff import TARIFF
from ..client import settings as tesla
from ..client.models.site_info import SiteInfo
from . import feeds, grid, settings
from .context import Context, writing
from .equipment import has_battery
from .tariff_setting import TeslaTariff

# A setting is usually active within seconds. What was accepted and isn't active by then is looked
# for once a minute, as sites that took several minutes were reported.
_PAUSES = (2.0, 3.0, 5.0, 10.0, 10.0, 15.0)
_LASTING = (60.0,) * 15

# Since this firmware, a reserve of 81 to 99 % becomes 80 %.
_NO_HIGH_RESERVES = (25, 18, 4)
_FULL_RESERVE = Range(minimum=0.0, maximum=100.0)
_RESERVE_WITH_GAP = Range(minimum=0.0, maximum=100.0, gap=(80.0, 100.0))

_MODES = {ours: theirs for theirs, ours in settings.MODES.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Setting:
    """How a setting is read and written, and which sites have it."""

    exists: Callable[[SiteInfo], bool]
    read: Callable[[SiteInfo], Value | None]
    write: Callable[[Context, Any], Awaitable[None]]
    limits: Callable[[SiteInfo], Limits]


def _reserve_limits(info: SiteInfo) -> Limits:
    version = tuple(int(number) for number in re.findall(r"\d+", info.version or "")[:3])
    return _FULL_RESERVE if version and version < _NO_HIGH_RESERVES else _RESERVE_WITH_GAP


def _exports(info: SiteInfo) -> bool:
    """Return whether the export rule can be set: it is reported, or the site says that it can."""
    components = info.components
    if components.edit_setting_energy_exports is False or not has_battery(info):
        return False
    return components.export_rule is not None


def _charges_vehicles(info: SiteInfo) -> bool:
    supported, reserve = (
        info.components.off_grid_vehicle_charging_reserve_supported,
        info.off_grid_vehicle_charging_reserve_percent,
    )
    return has_battery(info) and (supported is True or (supported is None and reserve is not None))


def _mode(info: SiteInfo) -> Value | None:
    mode = info.default_real_mode
    return settings.MODES[tesla.OperationMode(mode)] if mode in tuple(tesla.OperationMode) else None


_SETTINGS = {
    ControlKey.BACKUP_RESERVE: _Setting(
        exists=has_battery,
        read=lambda info: info.backup_reserve_percent,
        write=lambda context, value: context.client.set_backup_reserve(context.site_id, round(value)),
        limits=_reserve_limits,
    ),
    ControlKey.OFF_GRID_VEHICLE_CHARGING_RESERVE: _Setting(
        exists=_charges_vehicles,
        read=lambda info: info.off_grid_vehicle_charging_reserve_percent,
        write=lambda context, value: context.client.set_off_grid_vehicle_charging_reserve(
            context.site_id, round(value)
        ),
        limits=lambda _: _FULL_RESERVE,
    ),
    ControlKey.OPERATING_MODE: _Setting(
        exists=has_battery,
        read=_mode,
        write=lambda context, value: context.client.set_operation_mode(context.site_id, _MODES[OperatingMode(value)]),
        limits=lambda _: Choice(options=tuple(_MODES)),
    ),
    ControlKey.STORM_GUARD: _Setting(
        exists=grid.can_guard,
        read=lambda info: info.user_settings.storm_mode_enabled,
        write=lambda context, value: context.client.set_storm_mode(context.site_id, enabled=value is True),
        limits=lambda _: Flag(),
    ),
    ControlKey.CHARGE_FROM_GRID: _Setting(
        exists=settings.can_charge_from_grid,
        read=settings.charges_from_grid,
        write=lambda context, value: context.client.set_charge_from_grid(context.site_id, allowed=value is True),
        limits=lambda _: Flag(),
    ),
    ControlKey.EXPORT_RULE: _Setting(
        exists=_exports,
        read=lambda info: info.components.export_rule,
        write=lambda context, value: context.client.set_export_rule(context.site_id, tesla.PreferredExportRule(value)),
        limits=lambda _: Choice(options=tuple(ExportRule)),
    ),
}


class TeslaControls:
    """The controls of one site, as far as it has them and the owner allowed changes."""

    def __init__(self, source: CloudSource[Context], tariff: TeslaTariff) -> None:
        """Write through the client of `source`."""
        self._source = source
        self._tariff = tariff

    def names(self) -> Iterable[ControlName]:
        """Return the names of all controls that a site may have."""
        return [*(ControlName(None, key) for key in _SETTINGS), TARIFF]

    def control(self, name: ControlName) -> Control | None:
        """Return the current state of a control, `None` if the site doesn't have it."""
        if name == TARIFF:
            return self._tariff.control(_PAUSES, _LASTING)
        setting = _SETTINGS.get(ControlKey(name.key)) if name.key in tuple(ControlKey) else None
        info = self._source.answer(feeds.INFO)
        if name.serial is not None or setting is None or info is None or not self._source.context.may_write:
            return None
        if not setting.exists(info):
            return None
        before, context = self._read(name.key, info), self._source.context

        async def write(value: Value) -> None:
            settings.note_written(name.key, value, info, context)
            with writing():
                await setting.write(context, value)

        def current() -> Value | None:
            return self._read(name.key, self._source.answer(feeds.INFO) or info)

        return Control(
            limits=setting.limits(info),
            value=settings.storm_guard(info, context) if name.key == ControlKey.STORM_GUARD else before,
            write=write,
            feeds=(feeds.INFO.key,),
            # A key that the site never sends back can't be verified.
            reached=lambda value: None if (now := current()) is None else same(now, value),
            # Another value than the one before is the site's own decision.
            taken=lambda _: same(current(), before),
            overruled_by=self._overruling(),
            pauses=_PAUSES,
            lasting=_LASTING,
            circumstances=info.version or "",
            # The site says what can be set; what it refused may be the value, the moment or the permission.
            trust=Trust.ALWAYS,
        )

    def _read(self, key: str, info: SiteInfo) -> Value | None:
        return None if settings.is_untold(key, info, self._source.context) else _SETTINGS[ControlKey(key)].read(info)

    def _overruling(self) -> BlockReason | None:
        """Return what the site does now instead of what is set."""
        live = self._source.answer(feeds.LIVE)
        if live is not None and live.storm_mode_active:
            return BlockReason.STORM
        return BlockReason.GRID_EVENT if live is not None and live.grid_services_active else None
