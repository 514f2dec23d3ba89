"""What the site may export, and what that costs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median

from .model import Inverter, Part, PowerFlow

# An export this close to its limit is held back by it: W, and a share of the limit.
_NEAR = 50.0
_NEAR_SHARE = 0.05

# Less solar power than this, in W, isn't held back by anything but the light.
_DARK = 50.0

# Below this power in W, a battery neither stores nor delivers.
_IDLE = 50.0

# What an inverter kept of its earlier power: clear ones agree within a tenth, one that is held back kept clearly less.
_ALIKE = 0.1
_HELD_BACK = 0.8

# Fewer inverters say nothing about the light on the others, and fainter ones, in W, nothing at all.
_FEWEST_CLEAR = 3
_FAINT = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportLimit(Part):
    """The limit of what the site exports: W.

    `limit` is the one that is active, `None` without one, and `limited` whether the export is held back by it now.
    `curtailed_power` is an estimate of what the inverters could produce in addition. `solar_limit` is the share of
    their rated power that they are limited to, in %. `setting` is the limit that can be changed, and `enabled` whether
    that one is in use.
    """

    limit: float | None = None
    limited: bool | None = None
    curtailed_power: float | None = None
    solar_limit: float | None = None
    setting: float | None = None
    enabled: bool | None = None


def is_limited(limit: float, flows: PowerFlow | None) -> bool | None:
    """Return whether a limit in W holds the export back, `None` if that can't be told.

    A site that may export next to nothing is also balanced by its battery, which is no loss.
    """
    if flows is None or flows.grid is None:
        return None
    near = max(_NEAR, _NEAR_SHARE * limit)
    if -flows.grid.power < limit - near:
        return False
    if flows.solar is None:
        return None
    if flows.solar.power < _DARK:
        return False
    if limit > near or flows.battery is None:
        return True
    return abs(flows.battery.power) < _IDLE


def curtailed_power(units: Iterable[Inverter], before: Mapping[str, float]) -> float | None:
    """Return an estimate of what the inverters could produce in addition, in W.

    `before` is their power shortly before the export was limited. A limit holds back the strongest inverters; how much
    the light changed since is told by those that it leaves alone. `None` unless every inverter reports, and each is
    either clearly held back or clearly not: if all of them produce less alike, that may also be a cloud.
    """
    found = tuple(units)
    kept: list[tuple[Inverter, float, float]] = []
    for unit in found:
        power, earlier = unit.power, before.get(unit.device.serial)
        if power is None or earlier is None or not unit.connected or earlier < _FAINT:
            return None
        kept.append((unit, power, earlier))
    if not kept:
        return None
    most = max(power / earlier for _, power, earlier in kept)
    clear = [power / earlier for _, power, earlier in kept if power / earlier >= most * (1 - _ALIKE)]
    light = median(clear)
    held = [each for each in kept if each[1] / each[2] < most * _HELD_BACK]
    if len(clear) < _FEWEST_CLEAR or not held or len(clear) + len(held) < len(kept):
        return None
    return sum(max(_possible(unit, earlier * light) - power, 0.0) for unit, power, earlier in held)


def _possible(unit: Inverter, power: float) -> float:
    """Return a power, which can't exceed the inverter's maximum."""
    return power if not unit.max_power else min(power, unit.max_power)
