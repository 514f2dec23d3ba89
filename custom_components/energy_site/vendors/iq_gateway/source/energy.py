"""Records the gateway's registers in the site's counters."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta, tzinfo
from typing import Any

from ....site.energy.ledger import SOLAR_SELF_USE, Ledger
from ....site.model import CounterKind, EnergyCounters, PowerFlow
from ..client.models.devices import DeviceData
from ..client.models.production import EnergySums
from .admission import NET, PRODUCTION as PRODUCTION_METER, TOTAL
from .answers import Answers
from .battery import storage_sums
from .capabilities import Capabilities
from .feeds import (
    BATTERY_POWER,
    DEVICE_DATA,
    ENERGY,
    GENERATOR,
    INVERTERS,
    METER_READINGS,
    PRODUCTION,
    PRODUCTION_SUMMARY,
    SECONDARY_CONTROL,
    GatewayFeed,
)
from .limits import Limits
from .meters import Measurement, counters, enabled, measurements, netted_counter, phase_counter, register

FEEDS = (METER_READINGS, BATTERY_POWER, INVERTERS, DEVICE_DATA, ENERGY, PRODUCTION, PRODUCTION_SUMMARY, GENERATOR)

# Two registers of the same energy that differ by more than this, in Wh, belong to different meters.
_SAME_REGISTER = 50_000.0

# The prefixes of sources: a meter, or meters whose phases are netted.
_METER = "meter:"
_NETTED = "netted:"

# The sources of counters without a register.
_BATTERY_INTEGRAL = "integral:battery"
_GENERATOR_INTEGRAL = "integral:generator"

# Gateways reset their daily sums some minutes after midnight, and up to an hour later when the clocks change.
_RESET_BY = time(1, 15)

_LONGEST_DAY = timedelta(hours=25)


def count_meters(
    answers: Answers, capabilities: Capabilities, ledger: Ledger, limits: Limits, now: datetime, *, net_phases: bool
) -> None:
    """Record the registers of the current transformers.

    With `net_phases`, the grid's import and export are those of the sum of all phases, like in most
    utilities' meters; otherwise each phase is counted separately.
    """
    newest = answers.at(METER_READINGS) or now
    found = [each for each in measurements(answers, now) if each.at >= newest and _is_believed(each, capabilities)]
    for kind in dict.fromkeys(each.config.measurement_type for each in found):
        group = [each for each in found if each.config.measurement_type == kind]
        netted = net_phases and kind == NET
        _count_phases(answers, ledger, kind, group, limits, now)
        if netted or len(enabled(answers, kind)) > 1:
            _count_group(answers, ledger, kind, group, limits, now, netted=netted)
            if kind == NET:
                _count_netted(ledger, "grid", _registers(answers, kind), limits, now)
            continue
        (meter,) = group
        reading, source = meter.reading, f"{_METER}{meter.config.eid}"
        delivered, received = counters(kind)
        today = _solar_today(answers, meter, limits.site, ledger.zone, now) if kind == PRODUCTION_METER else None
        ledger.count(
            delivered, source, reading.act_energy_dlvd, now, today=today, blank=meter.blank, limit=limits.counted
        )
        ledger.count(received, source, reading.act_energy_rcvd, now, blank=meter.blank, limit=limits.counted)
        if kind == NET and meter.config.phase_count > 1:
            _count_netted(ledger, "grid:whole", ((delivered,), (received,)), limits, now)


def _count_phases(
    answers: Answers, ledger: Ledger, kind: str, group: list[Measurement], limits: Limits, now: datetime
) -> None:
    """Record the registers of the phases of all meters of one type."""
    configs = enabled(answers, kind)
    phases = min((config.phase_count for config in configs), default=1)
    if phases == 1:
        return
    alone = len(configs) == 1
    for meter in group:
        names = counters(kind) if alone else register(meter.config.eid)
        for phase, channel in enumerate(meter.channels[:phases]):
            for name, wh in zip(names, (channel.act_energy_dlvd, channel.act_energy_rcvd), strict=True):
                ledger.count(
                    phase_counter(phase, name),
                    f"{_METER}{channel.eid}",
                    wh,
                    now,
                    blank=meter.blank,
                    limit=limits.counted,
                )
    if alone:
        return
    for name, registers in zip(counters(kind), _registers(answers, kind), strict=True):
        for phase in range(phases):
            ledger.balance(phase_counter(phase, name), [phase_counter(phase, each) for each in registers], (), now)


def _registers(answers: Answers, kind: str) -> tuple[list[str], list[str]]:
    """Return the names in the ledger of what all meters of a type count in each direction."""
    names = [register(config.eid) for config in enabled(answers, kind)]
    return [delivered for delivered, _ in names], [received for _, received in names]


def _count_netted(
    ledger: Ledger, basis: str, ways: tuple[Iterable[str], Iterable[str]], limits: Limits, now: datetime
) -> None:
    """Count what crosses the sum of all phases, whatever the grid's own counters show."""
    if (flows := ledger.net(basis, *ways, now)) is None:
        return
    for name, wh in zip(counters(NET), flows, strict=True):
        ledger.count(netted_counter(name), f"{_NETTED}{basis}", wh, now, limit=limits.counted)


def _is_believed(meter: Measurement, capabilities: Capabilities) -> bool:
    kind = meter.config.measurement_type
    if kind == PRODUCTION_METER:
        return capabilities.production_meter
    return capabilities.load_meter if kind == TOTAL else True


def _count_group(
    answers: Answers,
    ledger: Ledger,
    kind: str,
    group: list[Measurement],
    limits: Limits,
    now: datetime,
    *,
    netted: bool,
) -> None:
    """Count several meters of one type as one, or the grid's meters with their phases netted."""
    for meter in group:
        source = f"{_METER}{meter.config.eid}"
        for name, wh in zip(
            register(meter.config.eid), (meter.reading.act_energy_dlvd, meter.reading.act_energy_rcvd), strict=True
        ):
            ledger.count(name, source, wh, now, blank=meter.blank, limit=limits.counted)
    delivered, received = _registers(answers, kind)
    if not netted:
        for name, registers in zip(counters(kind), (delivered, received), strict=True):
            ledger.balance(name, registers, (), now)
        return
    if (flows := ledger.net("grid", delivered, received, now)) is None:
        return
    eids = "+".join(str(config.eid) for config in enabled(answers, kind))
    for name, wh in zip(counters(kind), flows, strict=True):
        ledger.count(name, f"{_NETTED}{eids}", wh, now, limit=limits.counted)


def count_inverters(
    answers: Answers, capabilities: Capabilities, ledger: Ledger, limits: Limits, now: datetime
) -> None:
    """Record the production if no meter counts it."""
    if capabilities.production_meter:
        return
    found = _inverter_sums(answers, capabilities)
    # Each counter starts at a different value, so the current one is used as long as it exists.
    source = ledger.source(CounterKind.SOLAR)
    if source not in found:
        source = next((name for name, sums in found.items() if sums.lifetime), None)
    if source is None or (sums := found[source]).lifetime is None:
        return
    today = _plausible(sums.today, sums.lifetime, limits.site)
    ledger.count(CounterKind.SOLAR, source, sums.lifetime, now, today=today, limit=limits.counted)


def count_battery(
    answers: Answers, capabilities: Capabilities, ledger: Ledger, flows: PowerFlow, now: datetime
) -> None:
    """Count the batteries' energy from their power if no meter does."""
    if capabilities.storage_meter or not capabilities.any_battery or flows.battery is None:
        return
    stored = _stored(answers, capabilities, now)
    discharged, charged = ledger.integrate("battery", flows.battery.power, flows.battery.observed_at, stored=stored)
    ledger.count(CounterKind.BATTERY_DISCHARGE, _BATTERY_INTEGRAL, discharged, now)
    ledger.count(CounterKind.BATTERY_CHARGE, _BATTERY_INTEGRAL, charged, now)


def _stored(answers: Answers, capabilities: Capabilities, now: datetime) -> float | None:
    """Return the Wh stored in all batteries, `None` unless all of them report it."""
    control = answers.current(SECONDARY_CONTROL, now)
    listed = storage_sums(answers, now).watt_hours_now
    kinds = (
        (capabilities.batteries, control.encharge_available_energy if control else None),
        (capabilities.ac_batteries, listed if listed is not None or control is None else control.ac_battery_energy),
    )
    reported = [energy for present, energy in kinds if present]
    return None if None in reported else sum(energy for energy in reported if energy is not None)


def count_flows(capabilities: Capabilities, ledger: Ledger, flows: PowerFlow, now: datetime) -> None:
    """Count flows without a register from their power: the generator, and a grid without its own meter."""
    if capabilities.generator and flows.generator is not None:
        given, _ = ledger.integrate("generator", max(flows.generator.power, 0.0), flows.generator.observed_at)
        ledger.count(CounterKind.GENERATOR, _GENERATOR_INTEGRAL, given, now)
    if not capabilities.grid_meter and flows.grid is not None:
        imported, exported = ledger.integrate("grid", flows.grid.power, flows.grid.observed_at)
        ledger.count(CounterKind.GRID_IMPORT, "integral:grid", imported, now)
        ledger.count(CounterKind.GRID_EXPORT, "integral:grid", exported, now)


def build(answers: Answers, ledger: Ledger, refused: int, now: datetime) -> EnergyCounters | None:
    """Build the counters whose registers were read recently."""
    counts = {kind: count for kind, count in ledger.counts(now).items() if _stands(answers, ledger, kind, now)}
    if not counts:
        return None
    return EnergyCounters(observed_at=now, counts=counts, rejected=ledger.rejected + refused)


def _stands(answers: Answers, ledger: Ledger, name: str, now: datetime) -> bool:
    """Return whether everything that a counter is calculated from was read recently."""
    parts = ledger.parts(name)
    if parts != (name,):
        return all(_stands(answers, ledger, part, now) for part in parts)
    source = ledger.source(name) or ""
    if answers.current(_read_from(answers, source), now) is None:
        return False
    kind, _, eids = source.partition(":")
    if kind not in (_METER.rstrip(":"), _NETTED.rstrip(":")):
        return True
    return all(eid.isdigit() and answers.admission.counts(int(eid), now) for eid in eids.split("+"))


def _has_battery(answers: Answers, feed: GatewayFeed[Any]) -> bool:
    answer = answers.last(feed)
    return bool(answer.ac_batteries) if isinstance(answer, DeviceData) else bool(answer)


def _read_from(answers: Answers, source: str) -> GatewayFeed[Any]:
    """Return the feed with a counter's register or power."""
    if source == _BATTERY_INTEGRAL:
        return next((feed for feed in (BATTERY_POWER, DEVICE_DATA) if _has_battery(answers, feed)), PRODUCTION_SUMMARY)
    if source == _GENERATOR_INTEGRAL:
        return GENERATOR
    return next(
        (feed for feed in (ENERGY, DEVICE_DATA, PRODUCTION, PRODUCTION_SUMMARY) if feed.key == source), METER_READINGS
    )


def balance_house(
    answers: Answers, capabilities: Capabilities, ledger: Ledger, flows: PowerFlow, now: datetime, *, afresh: bool
) -> bool:
    """Count the house's consumption: everything that came in less everything that went out.

    Returns whether that was possible: it waits while something isn't counted. `afresh` is true if
    energy flowed uncounted in the meantime.
    """
    gains: list[str] = [CounterKind.SOLAR, CounterKind.GRID_IMPORT]
    losses: list[str] = [CounterKind.GRID_EXPORT]
    if capabilities.production_meter:
        losses.append(SOLAR_SELF_USE)
    if capabilities.any_battery or capabilities.storage_meter:
        gains.append(CounterKind.BATTERY_DISCHARGE)
        losses.append(CounterKind.BATTERY_CHARGE)
    if capabilities.generator:
        if flows.generator is None:
            return False
        gains.append(CounterKind.GENERATOR)
    if not all(_stands(answers, ledger, part, now) for part in (*gains, *losses)):
        return True
    ledger.balance(CounterKind.LOAD, gains, losses, now, afresh=afresh)
    return True


def _solar_today(answers: Answers, meter: Measurement, limit: float, zone: tzinfo, now: datetime) -> float | None:
    """Return today's production: the gateway's own sum, updated to this reading."""
    energy, register = answers.last(ENERGY), meter.reading.act_energy_dlvd
    if energy is None or register is None or now.astimezone(zone).time() < _RESET_BY:
        return None
    sums = energy.production
    if sums.today is None or sums.lifetime is None or abs(register - sums.lifetime) > _SAME_REGISTER:
        return None
    return _plausible(sums.today + register - sums.lifetime, register, limit)


def _plausible(today: float | None, lifetime: float, limit: float) -> float | None:
    """Return today's Wh unless it is the lifetime's, wrapped, or more than is possible in a day."""
    if today is None or not 0 <= today <= limit * _LONGEST_DAY.total_seconds() / 3600:
        return None
    # The sums are rounded, so that equal ones may differ slightly.
    return None if today > lifetime - 1 else today


def _inverter_sums(answers: Answers, capabilities: Capabilities) -> dict[str, EnergySums]:
    """Return the sums of the production of all inverters by source, best first.

    A gateway that can measure, but has no meter installed, counts noise in its own sum, which is
    therefore only used with hardware without meters.
    """
    found: dict[str, EnergySums] = {}
    if (energy := answers.last(ENERGY)) is not None:
        found[ENERGY.key] = energy.inverters
    data = answers.last(DEVICE_DATA)
    if data is not None and data.inverters and not data.truncated and not capabilities.partial_inverter_list:
        lifetimes = [reading.joules_lifetime for reading in data.inverters if reading.joules_lifetime is not None]
        if len(lifetimes) == len(data.inverters):
            found[DEVICE_DATA.key] = EnergySums(
                watts_now=None,
                today=sum(reading.watt_hours_today or 0.0 for reading in data.inverters),
                lifetime=sum(lifetimes) / 3600,
            )
    if not capabilities.idle_meters and (production := answers.last(PRODUCTION)) is not None:
        found[PRODUCTION.key] = production
    if (summary := answers.last(PRODUCTION_SUMMARY)) is not None:
        found[PRODUCTION_SUMMARY.key] = EnergySums(watts_now=None, today=None, lifetime=summary.lifetime)
    return found
