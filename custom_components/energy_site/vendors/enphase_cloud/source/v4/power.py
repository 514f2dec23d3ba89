"""The power flows at the system's last report."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from .....site.model import Flow, PowerFlow
from ...client.models.devices import Devices
from ...client.models.systems import Summary
from ...client.models.telemetry import LatestReading, LatestTelemetry
from . import meters

# Systems with a cellular modem report every six hours. Anything older isn't current.
_OLDEST = timedelta(hours=7)

# Values up to this far apart are combined: three reports, or one every six hours with a modem.
_APART = timedelta(minutes=45)
_APART_BY_MODEM = timedelta(hours=6, minutes=45)

# A device that is silent for this long while others of its kind report is out of service.
_GONE = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One channel of a device: power in W and its time (UTC), `None` if it has no value."""

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

    The consumption of a net meter is production and grid together, without the battery; that of a
    total meter is the house's consumption. A system that reports `by_modem` does so less often.
    """
    apart = _APART_BY_MODEM if by_modem else _APART
    if latest is None:
        solar = _by_summary(summary, now)
        return None if solar is None else PowerFlow(observed_at=solar.observed_at, solar=solar)
    by_kind = {kind: _rows((row for row in latest.meters if row.name == kind), now) for kind in meters.KINDS}
    units = _rows(latest.encharges, now)
    stamps = [row.at for each in (*by_kind.values(), units) for row in each if row.at is not None]
    # A single clock that is ahead doesn't make other values old.
    newest = max((at for at in stamps if at < now), default=now)

    def flow(rows: list[_Row], sign: int = 1) -> Flow | None:
        found = _sum(_in_service(rows, newest), sign)
        late = found is None or newest - found.observed_at > apart or now - found.observed_at > _OLDEST
        return None if late else found

    by_phase = any(_is_by_phase(rows, newest) for rows in by_kind.values())
    known = {
        kind: None if by_phase and _lacks_phase(rows, newest, meters.phases(devices, kind)) else flow(rows)
        for kind, rows in by_kind.items()
    }
    solar, consumption = known[meters.PRODUCTION], known[meters.CONSUMPTION]
    if not _in_service(by_kind[meters.PRODUCTION], newest):
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
    """Return the newest row of each channel; a time in the future is treated as now."""
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
    """Leave out rows that are out of service."""
    return [row for row in rows if row.power is not None and row.at is not None and newest - row.at < _GONE]


def _is_by_phase(rows: list[_Row], newest: datetime) -> bool:
    """Return whether a meter is reported by channel, rather than as one row."""
    counts = Counter(row.device for row in rows if row.power is None or row in _in_service(rows, newest))
    return max(counts.values(), default=0) > 1


def _lacks_phase(rows: list[_Row], newest: datetime, phases: Mapping[int | None, int]) -> bool:
    """Return whether a meter lacks a value for a phase; if its phases are unknown, whether a channel has no value."""
    counts = Counter(row.device for row in _in_service(rows, newest))
    if not counts:
        return False
    if not phases:
        return any(row.power is None and row.device in counts for row in rows)
    if counts.keys() <= phases.keys():
        return any(count < phases[device] for device, count in counts.items())
    return counts.total() < max(phases.values())


def _sum(rows: list[_Row], sign: int) -> Flow | None:
    """Add up rows; the sum is as old as the oldest of them."""
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
    """Add or subtract values of about the same time; return `None` if they are too far apart."""
    if one is None or other is None or abs(one.observed_at - other.observed_at) > apart:
        return None
    return Flow(power=one.power + sign * other.power, observed_at=min(one.observed_at, other.observed_at))
