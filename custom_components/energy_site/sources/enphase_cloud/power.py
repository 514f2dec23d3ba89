"""What flowed when the system reported last."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from ...clients.enphase_cloud.models.devices import Devices
from ...clients.enphase_cloud.models.systems import Summary
from ...clients.enphase_cloud.models.telemetry import LatestReading, LatestTelemetry
from ...site.model import Flow, PowerFlow

# Systems with a modem of their own report every six hours. What is older is no power of now.
_OLDEST = timedelta(hours=7)


def build(
    latest: LatestTelemetry | None, summary: Summary | None, devices: Devices | None, now: datetime
) -> PowerFlow | None:
    """Build the flows.

    The consumption of a net meter is production and grid together, without
    the battery; that of a total meter is what the house takes.
    """
    if latest is None:
        return _by_summary(summary, now)
    solar = _sum((row for row in latest.meters if row.name == "production"), now)
    consumption = _sum((row for row in latest.meters if row.name == "consumption"), now)
    battery = _sum(latest.encharges, now, sign=-1)
    if solar is None:
        solar = _by_summary_flow(summary, now)
    grid = load = None
    if consumption is not None and solar is not None:
        grid = _minus(consumption, solar)
        load = consumption if battery is None else _plus(consumption, battery)
        if _is_total(devices) and battery is not None:
            grid, load = _minus(grid, battery), consumption
    flows = [flow for flow in (solar, grid, battery, load) if flow is not None]
    if not flows:
        return None
    return PowerFlow(
        observed_at=max(flow.observed_at for flow in flows), solar=solar, grid=grid, battery=battery, load=load
    )


def _is_total(devices: Devices | None) -> bool:
    return devices is not None and any(
        (meter.config_type or "").casefold() == "total" for meter in devices.of("meters")
    )


def _sum(rows: Iterable[LatestReading], now: datetime, *, sign: int = 1) -> Flow | None:
    """Add the phases of all devices up; each of them is a row."""
    known = [(row.power, row.last_report_at) for row in rows if row.power is not None and row.last_report_at]
    if not known:
        return None
    at = datetime.fromtimestamp(max(stamp for _, stamp in known), UTC)
    if now - at > _OLDEST:
        return None
    return Flow(power=sign * sum(power for power, _ in known), observed_at=at)


def _by_summary(summary: Summary | None, now: datetime) -> PowerFlow | None:
    flow = _by_summary_flow(summary, now)
    return None if flow is None else PowerFlow(observed_at=flow.observed_at, solar=flow)


def _by_summary_flow(summary: Summary | None, now: datetime) -> Flow | None:
    if summary is None or summary.current_power is None or summary.last_report_at is None:
        return None
    at = datetime.fromtimestamp(summary.last_report_at, UTC)
    return None if now - at > _OLDEST else Flow(power=summary.current_power, observed_at=at)


def _plus(one: Flow, other: Flow) -> Flow:
    return Flow(power=one.power + other.power, observed_at=max(one.observed_at, other.observed_at))


def _minus(one: Flow, other: Flow) -> Flow:
    return Flow(power=one.power - other.power, observed_at=max(one.observed_at, other.observed_at))
