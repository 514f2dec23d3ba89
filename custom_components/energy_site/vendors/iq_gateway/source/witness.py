"""Compares the meters with everything else known about the site."""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ....site.model import Inverter, MeterFault, MeterFinding
from ..client.models.meters import MeterConfig, MeterReading
from .admission import LIVE_VOLTAGE, NET, PRODUCTION, TOTAL
from .limits import Limits

# The number of consecutive reports of the inverters after which a meter that measures next to
# nothing is doubted, and after which one that contradicts them partly is.
_REPORTS = 3
_MANY_REPORTS = 4
_LONG = timedelta(minutes=45)
_WINDOW = timedelta(minutes=65)

# Shares of the inverters' power that a meter measures: nothing, reversed, a part, more than they
# produce, and the same.
_NOTHING = 0.05
_REVERSED = -0.3
_PART = 0.85
_MORE = 1.15
_EQUAL = (0.87, 1.13)

# At dawn and dusk, the values cannot be compared.
_MIN_POWER = 100.0
_MIN_SHARE = 0.04

# Inverters report the mean of some minutes.
_REPORTED_MEAN = timedelta(minutes=5)

# A lifetime energy smaller than the inverters' by this factor belongs to something else, or is invalid.
_TENFOLD = 10.0
_SOME_LIFE = 100_000.0

# A house that generates power for this long has its meter on a different wire. At night, such a
# meter looks right, so it is doubted until it has looked right for a whole day.
_NEGATIVE = timedelta(minutes=5)
_RIGHT_AGAIN = timedelta(days=1)

# Inverters use a few watts at night. A meter that shows more also measures loads.
_BELOW_FOR = timedelta(minutes=15)

# A disabled meter sends noise of some W; an installed one sends more, and for long.
_FITTED = 100.0
_FITTED_FOR = timedelta(minutes=15)

_DISABLED = {
    PRODUCTION: MeterFault.PRODUCTION_DISABLED,
    NET: MeterFault.CONSUMPTION_DISABLED,
    TOTAL: MeterFault.CONSUMPTION_DISABLED,
}
_NOT_FOR_SOLAR = (
    MeterFault.PRODUCTION_NOT_MEASURING,
    MeterFault.PRODUCTION_REVERSED,
    MeterFault.PRODUCTION_PARTIAL,
    MeterFault.PRODUCTION_NEGATIVE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Round:
    """The meter's measurement and the inverters' reports for the same minutes, in W."""

    at: datetime
    measured: float
    reported: float
    complete: bool


class Witnesses:
    """Collects evidence against meters, across restarts."""

    def __init__(self) -> None:
        """Start without any doubt."""
        self._production: MeterFinding | None = None
        self._powers: deque[tuple[datetime, float]] = deque(maxlen=400)
        self._rounds: deque[_Round] = deque(maxlen=30)
        self._newest: datetime | None = None
        self._below_since: datetime | None = None
        self._negative_since: datetime | None = None
        self._negative_at: datetime | None = None
        self._consumption: MeterFinding | None = None
        self._fitted_since: dict[int, datetime] = {}
        self._fitted: dict[int, MeterFinding] = {}

    @property
    def findings(self) -> tuple[MeterFinding, ...]:
        """The problems that the owner should have checked."""
        found = (self._production, self._consumption, *self._fitted.values())
        return tuple({finding.fault: finding for finding in found if finding is not None}.values())

    @property
    def doubted(self) -> frozenset[str]:
        """The gateway's types of meters that are considered implausible."""
        return frozenset(
            kind
            for kind, doubted in (
                (PRODUCTION, self._production is not None and self._production.fault in _NOT_FOR_SOLAR),
                (TOTAL, self._consumption is not None),
            )
            if doubted
        )

    def observe_meters(
        self,
        sound: tuple[MeterReading, ...],
        readings: tuple[MeterReading, ...],
        configs: tuple[MeterConfig, ...],
        limits: Limits,
        now: datetime,
    ) -> None:
        """Process the sound readings of the enabled meters, and all `readings` as received."""
        powers = {
            reading.eid: reading.active_power
            for reading in sound
            if reading.active_power is not None and abs(reading.active_power) <= limits.site
        }
        production = [config.eid for config in configs if config.enabled and config.measurement_type == PRODUCTION]
        if production and all(eid in powers for eid in production):
            self._powers.append((now, sum(powers[eid] for eid in production)))
            self._observe_production(self._powers[-1][1], limits, now)
        if not production:
            self._production = None
        totals = [config.eid for config in configs if config.enabled and config.measurement_type == TOTAL]
        self._observe_consumption([powers[eid] for eid in totals if eid in powers], limits, now)
        if not totals:
            self._consumption = None
        for config in configs:
            if config.measurement_type in _DISABLED:
                reading = next((each for each in readings if each.eid == config.eid), None)
                self._observe_disabled(config, reading, now)

    def observe_inverters(self, units: Iterable[Inverter], now: datetime, *, complete: bool, suspicious: bool) -> None:
        """Process the inverters' reports; `complete` means that they are all there are.

        A meter is `suspicious` if its gateway reports a problem with it, or its lifetime energy is
        a fraction of the inverters'.
        """
        units = tuple(units)
        fresh = [unit for unit in units if unit.connected and unit.power is not None]
        stamps = [unit.last_reported for unit in fresh if unit.last_reported is not None]
        reported = sum(unit.power or 0.0 for unit in fresh)
        newest = max(stamps, default=None)
        if newest is None or not self._powers:
            return
        minimum = max(_MIN_POWER, _MIN_SHARE * sum(unit.max_power or 0.0 for unit in units))
        mean_stamp = newest - sum((newest - stamp for stamp in stamps), timedelta()) / len(stamps)
        measured = self._measured(mean_stamp, now)
        is_new = self._newest is None or newest > self._newest
        if measured is not None and reported >= minimum and is_new:
            self._newest = newest
            whole = complete and len(fresh) == len(units)
            self._rounds.append(_Round(at=now, measured=measured, reported=reported, complete=whole))
        self._judge(now, suspicious=suspicious)

    def as_dict(self) -> dict[str, Any]:
        """Return the findings as plain JSON data."""
        return {
            name: {"fault": finding.fault, "measured": finding.measured, "expected": finding.expected}
            for name, finding in (("production", self._production), ("consumption", self._consumption))
            if finding is not None
        }

    def restore(self, data: Mapping[str, Any]) -> None:
        """Restore the data of `as_dict`; what cannot be read is determined again."""
        self._production = _finding(data.get("production"))
        self._consumption = _finding(data.get("consumption"))

    def _measured(self, reported_at: datetime, now: datetime) -> float | None:
        """Return the meter's mean power for the minutes of the inverters' reports.

        Right after a start, these are in the past, so the current mean is used instead.
        """
        of_then = [power for at, power in self._powers if reported_at - _REPORTED_MEAN <= at <= reported_at]
        powers = of_then or [power for at, power in self._powers if now - at <= _REPORTED_MEAN]
        return sum(powers) / len(powers) if powers else None

    def _judge(self, now: datetime, *, suspicious: bool) -> None:
        rounds = [each for each in self._rounds if now - each.at <= _WINDOW]
        latest = rounds[-1:] if suspicious else rounds[-_REPORTS:]
        if len(latest) >= (1 if suspicious else _REPORTS):
            share = _share(latest)
            if share < _NOTHING:
                fault = MeterFault.PRODUCTION_REVERSED if share < _REVERSED else MeterFault.PRODUCTION_NOT_MEASURING
                self._production = _compared(fault, latest)
                return
        if len(rounds) < _MANY_REPORTS or rounds[-1].at - rounds[0].at < _LONG:
            return
        share = _share(rounds)
        if share < _PART:
            self._production = _compared(MeterFault.PRODUCTION_PARTIAL, rounds)
        elif share > _MORE and all(each.complete for each in rounds):
            self._production = _compared(MeterFault.PRODUCTION_ABOVE, rounds)
        elif _EQUAL[0] <= share <= _EQUAL[1]:
            self._production = None
        elif self._production is not None:
            self._production = _compared(self._production.fault, rounds)

    def _observe_production(self, power: float, limits: Limits, now: datetime) -> None:
        """Doubt a meter that shows more consumption for long than inverters use at night."""
        if power >= limits.night:
            self._below_since = None
            return
        self._below_since = self._below_since or now
        if now - self._below_since >= _BELOW_FOR and self._production is None:
            self._production = MeterFinding(fault=MeterFault.PRODUCTION_NEGATIVE, measured=power, expected=0.0)

    def _observe_consumption(self, powers: list[float], limits: Limits, now: datetime) -> None:
        if not powers:
            return
        if min(powers) >= -limits.tolerance:
            self._negative_since = None
            self._negative_at = self._negative_at or now
            if now - self._negative_at > _RIGHT_AGAIN:
                self._consumption = None
            return
        self._negative_since, self._negative_at = self._negative_since or now, now
        if now - self._negative_since >= _NEGATIVE:
            fault = MeterFault.CONSUMPTION_ON_GRID
            self._consumption = MeterFinding(fault=fault, measured=min(powers), expected=0.0)

    def _observe_disabled(self, config: MeterConfig, reading: MeterReading | None, now: datetime) -> None:
        power = reading.active_power if reading is not None else None
        voltages = [each.voltage or 0.0 for each in (reading, *reading.channels)] if reading is not None else []
        fitted = power is not None and abs(power) >= _FITTED and max(voltages, default=0.0) > LIVE_VOLTAGE
        if config.enabled or not fitted:
            self._fitted_since.pop(config.eid, None)
            self._fitted.pop(config.eid, None)
            return
        since = self._fitted_since.setdefault(config.eid, now)
        if now - since >= _FITTED_FOR:
            fault = _DISABLED[config.measurement_type]
            self._fitted[config.eid] = MeterFinding(fault=fault, measured=power, expected=None)


def suspicious_lifetimes(meter: float | None, inverters: float | None) -> bool:
    """Return whether a meter's lifetime energy in Wh is a fraction of the inverters'."""
    return meter is not None and inverters is not None and inverters > max(_SOME_LIFE, _TENFOLD * meter)


def _share(rounds: list[_Round]) -> float:
    return sum(each.measured for each in rounds) / sum(each.reported for each in rounds)


def _compared(fault: MeterFault, rounds: list[_Round]) -> MeterFinding:
    return MeterFinding(
        fault=fault,
        measured=sum(each.measured for each in rounds) / len(rounds),
        expected=sum(each.reported for each in rounds) / len(rounds),
    )


def _finding(data: object) -> MeterFinding | None:
    if not isinstance(data, dict) or data.get("fault") not in tuple(MeterFault):
        return None
    measured, expected = (
        float(value) if isinstance(value := data.get(key), int | float) else None for key in ("measured", "expected")
    )
    return MeterFinding(fault=MeterFault(data["fault"]), measured=measured, expected=expected)
