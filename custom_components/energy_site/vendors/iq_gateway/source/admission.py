"""Decides which meter readings are plausible, before they are processed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ..client.models.meters import MeterConfig, MeterReading, Reading
from .limits import Limits

PRODUCTION = "production"
NET = "net-consumption"
TOTAL = "total-consumption"
STORAGE = "storage"

# An unconnected phase floats at a few volts.
LIVE_VOLTAGE = 40.0

# The last good reading is valid for this many intervals; a timestamp may stand still for a minute at least.
INTERVALS = 3
_MIN_STANDSTILL = timedelta(minutes=1)

# A reading that contradicts everything known about a meter, but lasts, is a property of the meter.
BELIEVED_AFTER = timedelta(minutes=15)

# Values that contradict each other for this long never meant the same on this site.
_INCOHERENT_FOR = timedelta(minutes=5)

# An unmetered source is assumed to be gone after the house has consumed power for this long.
_RIGHT_AGAIN = timedelta(days=1)

# Two values of one reading that differ by more than this share are not from the same moment.
SHARE = 0.1

# From this value on, a power that equals a lifetime energy is no coincidence.
_NO_COINCIDENCE = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """A reading that was accepted, and when it was received."""

    reading: MeterReading
    at: datetime


@dataclass(slots=True)
class Coherence:
    """Whether the values of one answer agree with each other, if they ever did on this site."""

    held: bool = False
    broken_since: datetime | None = None

    def allows(self, now: datetime, *, coherent: bool | None, tolerated_for: timedelta = _INCOHERENT_FOR) -> bool:
        """Return whether to accept an answer that is `coherent`, isn't, or cannot tell (`None`).

        If the values disagree for longer than `tolerated_for`, they never meant the same.
        """
        if coherent is None:
            return True
        if coherent:
            self.held, self.broken_since = True, None
            return True
        if self.held:
            self.broken_since = self.broken_since or now
            self.held = now - self.broken_since < tolerated_for
        return not self.held


@dataclass(slots=True)
class _Watch:
    """The state of one meter."""

    stamp: int | None = None
    moved_at: datetime | None = None
    powered: frozenset[int] = frozenset()
    lost_since: datetime | None = None
    coherence: Coherence = field(default_factory=Coherence)
    apparent: Coherence = field(default_factory=Coherence)
    counted: bool = False
    largest: float = 0.0
    before: Admitted | None = None


@dataclass(slots=True)
class MeterAdmission:
    """Keeps the last good reading of each meter, and counts rejected ones.

    The `sound` readings of the last answer are complete and current, although they may exceed the
    site's limits.
    """

    refused: int = 0
    admitted: dict[int, Admitted] = field(default_factory=dict)
    sound: tuple[MeterReading, ...] = ()
    _watches: dict[int, _Watch] = field(default_factory=dict)
    _counting: dict[int, datetime] = field(default_factory=dict)
    _balanced: bool = False
    _negative_since: datetime | None = None
    _negative_at: datetime | None = None
    _unmetered_source: bool = False

    def take(
        self,
        readings: Iterable[MeterReading],
        configs: Iterable[MeterConfig],
        limits: Limits,
        now: datetime,
        interval: timedelta,
        *,
        closed: bool,
        islands: bool,
        doubted: frozenset[str],
    ) -> None:
        """Process one answer of the gateway, which is polled every `interval`.

        `closed` means that production, grid and batteries are all metered, so that the house's
        consumption is their sum; `islands` that the house has power when the grid is gone. Meters
        of a `doubted` type aren't counted.
        """
        enabled = {config.eid: config for config in configs if config.enabled}
        found: dict[int, list[MeterReading]] = {}
        for reading in readings:
            found.setdefault(reading.eid, []).append(reading)
        fresh: dict[int, MeterReading] = {}
        self.sound = ()
        for eid, config in enabled.items():
            if not (rows := found.get(eid)):
                continue
            watch = self._watches.setdefault(eid, _Watch())
            others = (row for other in enabled if other != eid for row in found.get(other, ()))
            # Off the grid, only the grid meter has no voltage.
            dies_alone = not (islands and config.measurement_type == NET) and any(map(_is_alive, others))
            sound = all(row == rows[0] for row in rows) and self._is_sound(
                watch, rows[0], config, limits, now, interval, dies_alone=dies_alone
            )
            if sound and not _is_blank(rows[0]):
                self.sound += (rows[0],)
            if sound and _is_possible(watch, rows[0], config, limits, now):
                fresh[eid] = rows[0]
            else:
                self.refused += 1
            watch.before = Admitted(reading=rows[0], at=now)
        if closed and self._contradicts(fresh, enabled, limits, now, interval):
            self.refused += len(fresh)
            fresh = {}
        standing = {
            eid: admitted
            for eid, admitted in self.admitted.items()
            if now - admitted.at <= INTERVALS * interval and not self._stands_still(eid, now, interval)
        }
        self._counting = {
            eid: now if eid in fresh else at
            for eid, at in (self._counting | dict.fromkeys(fresh, now)).items()
            if eid in enabled and enabled[eid].measurement_type not in doubted
        }
        self.admitted = standing | {eid: Admitted(reading=reading, at=now) for eid, reading in fresh.items()}

    def counts(self, eid: int, now: datetime) -> bool:
        """Return whether a meter's registers are still valid, even if they miss some readings."""
        return (at := self._counting.get(eid)) is not None and now - at <= BELIEVED_AFTER

    def as_dict(self) -> dict[str, Any]:
        """Return the phases of each meter that has ever counted, as plain JSON data."""
        return {str(eid): sorted(watch.powered) for eid, watch in self._watches.items() if watch.counted}

    def restore(self, data: Mapping[str, Any]) -> None:
        """Restore the data of `as_dict`; what cannot be read is learned again."""
        for eid, phases in data.items():
            if eid.isdigit() and isinstance(phases, list) and all(phase in range(3) for phase in phases):
                self._watches[int(eid)] = _Watch(powered=frozenset(phases), counted=True)

    def _is_sound(
        self,
        watch: _Watch,
        reading: MeterReading,
        config: MeterConfig,
        limits: Limits,
        now: datetime,
        interval: timedelta,
        *,
        dies_alone: bool,
    ) -> bool:
        """Return whether a reading is complete and current, whatever its values; learn from it in either case."""
        if reading.timestamp != watch.stamp or watch.moved_at is None:
            watch.stamp, watch.moved_at = reading.timestamp, now
        watch.counted = watch.counted or not _is_blank(reading)
        checks = (
            not self._stands_still(config.eid, now, interval),
            # Right after a restart of the gateway, all values of a meter are zero.
            not (watch.counted and _is_blank(reading)),
            _has_all_phases(watch, reading, config, now, dies_alone=dies_alone),
            watch.apparent.allows(now, coherent=_is_within_apparent(reading, limits)),
            watch.coherence.allows(now, coherent=_coherent(watch, reading, config, limits, now)),
        )
        return all(checks)

    def _stands_still(self, eid: int, now: datetime, interval: timedelta) -> bool:
        watch = self._watches.get(eid)
        if watch is None or not watch.stamp or watch.moved_at is None:
            return False
        return now - watch.moved_at > max(INTERVALS * interval, _MIN_STANDSTILL)

    def _contradicts(
        self,
        fresh: Mapping[int, MeterReading],
        enabled: Mapping[int, MeterConfig],
        limits: Limits,
        now: datetime,
        interval: timedelta,
    ) -> bool:
        """Return whether the house would suddenly generate power.

        If that lasts, there is an unmetered source, until it hasn't happened for a day.
        """
        if self._unmetered_source and self._negative_at is not None and now - self._negative_at > _RIGHT_AGAIN:
            self._unmetered_source = False
        needed = [eid for eid, config in enabled.items() if config.measurement_type in (PRODUCTION, NET, STORAGE)]
        powers = [fresh[eid].active_power for eid in needed if eid in fresh]
        known = [power for power in powers if power is not None]
        if len(known) < len(needed):
            return False
        if sum(known) >= -(limits.tolerance + SHARE * max(map(abs, known), default=0.0)):
            self._balanced, self._negative_since = True, None
            return False
        self._negative_at = now
        if self._unmetered_source or not self._balanced:
            return False
        self._negative_since = self._negative_since or now
        self._unmetered_source = now - self._negative_since > INTERVALS * interval
        return not self._unmetered_source


def _is_blank(reading: MeterReading) -> bool:
    return not (reading.act_energy_dlvd or reading.act_energy_rcvd or reading.apparent_energy)


def _has_all_phases(
    watch: _Watch, reading: MeterReading, config: MeterConfig, now: datetime, *, dies_alone: bool
) -> bool:
    """Return whether all phases are present that had voltage before.

    From firmware 8.3.6000 on, a storage meter loses one of two phases dozens of times a day: all
    values of that phase are zero, and power and energy are halved.
    """
    channels = reading.channels[: config.phase_count]
    if not channels:
        return True
    dead = {
        phase
        for phase in range(config.phase_count)
        if phase >= len(channels) or ((voltage := channels[phase].voltage) is not None and voltage <= LIVE_VOLTAGE)
    }
    powered = _powered(channels)
    # Both legs of a battery's split phase are always connected.
    splits = config.measurement_type == STORAGE and config.phase_count == 2
    wired = watch.powered | (frozenset({0, 1}) if splits and _is_zero(channels) else frozenset())
    lost = bool(wired & dead) and (bool(powered) or dies_alone)
    if not lost:
        watch.powered, watch.lost_since = watch.powered | powered, None
        return True
    watch.lost_since = watch.lost_since or now
    if now - watch.lost_since < BELIEVED_AFTER:
        return False
    watch.powered = powered
    return True


def _powered(channels: Iterable[Reading]) -> frozenset[int]:
    return frozenset(
        phase
        for phase, channel in enumerate(channels)
        if channel.voltage is not None and channel.voltage > LIVE_VOLTAGE
    )


def _is_alive(reading: MeterReading) -> bool:
    return bool(_powered(reading.channels))


def _is_zero(channels: Iterable[Reading]) -> bool:
    return any(channel.voltage == 0.0 for channel in channels)


def _is_possible(watch: _Watch, reading: MeterReading, config: MeterConfig, limits: Limits, now: datetime) -> bool:
    """Return whether a meter's power is within the site's limits."""
    power = reading.active_power
    if power is None:
        return True
    low, default = _bounds(config.measurement_type, limits)
    if not low <= power <= limits.site or _is_lifetime(power, reading):
        return False
    if abs(power) <= max(default, 1.25 * watch.largest):
        return True
    mean = None if watch.before is None else _counted_power(watch.before, reading, now)
    if mean is None or not _alike(power, mean):
        return False
    watch.largest = abs(power)
    return True


def _bounds(kind: str, limits: Limits) -> tuple[float, float]:
    """Return a meter's minimum in W, and the power from which on its register has to confirm it."""
    match kind:
        case "production":
            return limits.night, limits.solar
        case "storage":
            return -limits.site, limits.battery
        case "total-consumption":
            return -limits.tolerance, limits.load
        case "net-consumption":
            return -limits.site, limits.load
    return -limits.site, limits.site


def _is_lifetime(power: float, reading: MeterReading) -> bool:
    """Return whether a lifetime energy in Wh was sent as power, which some firmware does after a restart."""
    if abs(power) < _NO_COINCIDENCE:
        return False
    return any(
        register is not None and abs(abs(power) - register) < 0.1
        for register in (reading.act_energy_dlvd, reading.act_energy_rcvd)
    )


def _counted_power(before: Admitted, reading: MeterReading, now: datetime) -> float | None:
    """Return the mean power in W by which the registers have moved since the previous reading."""
    registers = (
        reading.act_energy_dlvd,
        before.reading.act_energy_dlvd,
        reading.act_energy_rcvd,
        before.reading.act_energy_rcvd,
    )
    delivered, delivered_before, received, received_before = (register or 0.0 for register in registers)
    stamps = (reading.timestamp, before.reading.timestamp)
    seconds = (now - before.at).total_seconds()
    if stamps[0] and stamps[1]:
        seconds = min(max(stamps[0] - stamps[1], 0), 2 * seconds)
    return (delivered - delivered_before - received + received_before) * 3600 / seconds if seconds >= 1 else None


def _alike(power: float, mean: float) -> bool:
    """Return whether a power is consistent with the mean power counted by a register."""
    return mean * power > 0 and abs(power) / 3 <= abs(mean) <= 3 * abs(power)


def _is_within_apparent(reading: MeterReading, limits: Limits) -> bool | None:
    """Return whether a meter's real power is at most its apparent power, which isn't so on some firmware."""
    if reading.active_power is None or not reading.apparent_power:
        return None
    return abs(reading.active_power) <= (1 + SHARE) * abs(reading.apparent_power) + limits.tolerance


def _coherent(watch: _Watch, reading: MeterReading, config: MeterConfig, limits: Limits, now: datetime) -> bool | None:
    """Return whether a meter's power agrees with its demand and phases, or its registers if neither is sent."""
    power = reading.active_power
    channels = reading.channels[: config.phase_count]
    parts = [
        channel.active_power if channel.instantaneous_demand is None else channel.instantaneous_demand
        for channel in channels
    ]
    whole = len(parts) == config.phase_count and None not in parts
    others = [] if reading.instantaneous_demand is None else [reading.instantaneous_demand]
    if whole:
        others.append(sum(part for part in parts if part is not None))
    if power is None:
        return None
    if not others:
        mean = None if watch.before is None else _counted_power(watch.before, reading, now)
        return None if not mean else abs(mean - power) <= limits.tolerance or _alike(power, mean)
    return all(abs(other - power) <= max(limits.tolerance, SHARE * abs(power)) for other in others)
