"""What flowed when the system reported last."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from .....site.model import Flow, PowerFlow
from ...client.models.devices import Devices
from ...client.models.systems import Summary
from ...client.models.telemetry import LatestReading, LatestTelemetry
from . import meters

# Systems with a modem of their own report every six hours. What is older is no power of now.
_OLDEST = timedelta(hours=7)

# So far apart terms of one moment may be: three reports, every quarter of an hour or with a modem every six hours.
_APART = timedelta(minutes=45)
_APART_BY_MODEM = timedelta(hours=6, minutes=45)

# A device that is silent for so long while its siblings report is out of service.
_GONE = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One channel of a device: W at a time (UTC), `None` where it has nothing to tell."""

    device: int | None
    at: datetime | None
    power: float | None


def build(
    latest: LatestTelemetry | None,
    summary: Summary | None,
    devices: Devices | None,
    now: datetime,
    *,
    by_modem: bool = False,
) -> PowerFlow | None:
    """Build the flows, each of them as old as its oldest term.

    The consumption of a net meter is production and grid together, without
    the battery; that of a total meter is what the house takes. A system that
    reports `by_modem` does so more seldom.
    """
    apart = _APART_BY_MODEM if by_modem else _APART
    if latest is None:
        solar = _by_summary(summary, now)
        return None if solar is None else PowerFlow(observed_at=solar.observed_at, solar=solar)
    told = {kind: _rows((row for row in latest.meters if row.name == kind), now) for kind in meters.KINDS}
    units = _rows(latest.encharges, now)
    stamps = [row.at for each in (*told.values(), units) for row in each if row.at is not None]
    # One clock that is ahead makes nothing else old.
    newest = max((at for at in stamps if at < now), default=now)

    def flow(rows: list[_Row], sign: int = 1) -> Flow | None:
        found = _sum(_in_service(rows, newest), sign)
        late = found is None or newest - found.observed_at > apart or now - found.observed_at > _OLDEST
        return None if late else found

    by_phase = any(_is_by_phase(rows, newest) for rows in told.values())
    known = {
        kind: None if by_phase and _lacks_phase(rows, newest, meters.phases(devices, kind)) else flow(rows)
        for kind, rows in told.items()
    }
    solar, consumption = known[meters.PRODUCTION], known[meters.CONSUMPTION]
    if not _in_service(told[meters.PRODUCTION], newest):
        solar = _by_summary(summary, now)
    battery = flow(units, -1)
    grid, load = _together(consumption, solar, -1, apart), consumption
    if units and meters.measures_house(devices):
        grid = _together(grid, battery, -1, apart)
    elif units:
        load = _together(consumption, battery, 1, apart)
    flows = [each for each in (solar, grid, battery, load) if each is not None]
    if not flows:
        return None
    return PowerFlow(
        observed_at=max(each.observed_at for each in flows), solar=solar, grid=grid, battery=battery, load=load
    )


def _rows(sent: Iterable[LatestReading], now: datetime) -> list[_Row]:
    """Return the newest row of each channel; a clock that is ahead of ours has just reported."""
    found: dict[object, _Row] = {}
    for number, each in enumerate(sent):
        at = None if each.last_report_at is None else min(datetime.fromtimestamp(each.last_report_at, UTC), now)
        row = _Row(device=each.id, at=at, power=each.power)
        key = number if each.id is None or each.channel is None else (each.id, each.channel)
        known = found.get(key)
        if known is None or known.at is None or (at is not None and at > known.at):
            found[key] = row
    return list(found.values())


def _in_service(rows: list[_Row], newest: datetime) -> list[_Row]:
    """Leave out what has been silent for long."""
    return [row for row in rows if row.power is not None and row.at is not None and newest - row.at < _GONE]


def _is_by_phase(rows: list[_Row], newest: datetime) -> bool:
    """Tell whether a meter is told channel by channel, and not as one row."""
    counts = Counter(row.device for row in rows if row.power is None or row in _in_service(rows, newest))
    return max(counts.values(), default=0) > 1


def _lacks_phase(rows: list[_Row], newest: datetime, phases: Mapping[int | None, int]) -> bool:
    """Tell whether a meter has no value for one of its phases; without its phases a channel without one is lacking."""
    counts = Counter(row.device for row in _in_service(rows, newest))
    if not counts:
        return False
    if not phases:
        return any(row.power is None and row.device in counts for row in rows)
    if counts.keys() <= phases.keys():
        return any(count < phases[device] for device, count in counts.items())
    return counts.total() < max(phases.values())


def _sum(rows: list[_Row], sign: int) -> Flow | None:
    """Add rows up; the sum is as old as the oldest of them."""
    known = [(row.power, row.at) for row in rows if row.power is not None and row.at is not None]
    if not known:
        return None
    return Flow(power=sign * sum(power for power, _ in known), observed_at=min(at for _, at in known))


def _by_summary(summary: Summary | None, now: datetime) -> Flow | None:
    if summary is None or summary.current_power is None or summary.last_report_at is None:
        return None
    at = min(datetime.fromtimestamp(summary.last_report_at, UTC), now)
    return None if now - at > _OLDEST else Flow(power=summary.current_power, observed_at=at)


def _together(one: Flow | None, other: Flow | None, sign: int, apart: timedelta) -> Flow | None:
    """Add or take away what was measured at about the same time; else the outcome is not known."""
    if one is None or other is None or abs(one.observed_at - other.observed_at) > apart:
        return None
    return Flow(power=one.power + sign * other.power, observed_at=min(one.observed_at, other.observed_at))
