"""The current power flows, from all available values."""

from dataclasses import replace
from datetime import datetime

from ....site.model import Flow, PowerFlow
from ..client.models.devices import DeviceType
from .admission import NET, PRODUCTION as PRODUCTION_METER, STORAGE, TOTAL
from .answers import Answers, GatewayClock, moment
from .battery import storage_sums
from .capabilities import Capabilities
from .feeds import (
    BATTERY_POWER,
    DEVICE_DATA,
    ENERGY,
    ENSEMBLE_INVENTORY,
    GENERATOR,
    INVERTERS,
    LIVE_DATA,
    METER_READINGS,
    PRODUCTION,
    PRODUCTION_SUMMARY,
    GatewayFeed,
)
from .inverters import fleet
from .limits import Limits
from .meters import added, measured_flow

# Meters differ by some W at the same moment.
_ROUNDING = 25.0

FEEDS = (
    INVERTERS,
    DEVICE_DATA,
    ENERGY,
    PRODUCTION,
    PRODUCTION_SUMMARY,
    BATTERY_POWER,
    ENSEMBLE_INVENTORY,
    GENERATOR,
    LIVE_DATA,
)


def build(
    answers: Answers, capabilities: Capabilities, clock: GatewayClock, limits: Limits, now: datetime
) -> PowerFlow:
    """Build the flows from the meters and devices."""
    solar = solar_flow(answers, capabilities, clock, limits, now)
    grid = measured_flow(answers, NET, now)
    battery = battery_flow(answers, now)
    generator = _generator_flow(answers, clock, limits, now)
    found = [flow for flow in (solar, grid, battery, generator) if flow is not None]
    flows = PowerFlow(
        observed_at=max((flow.observed_at for flow in found), default=answers.at(METER_READINGS) or now),
        solar=solar,
        grid=grid,
        battery=battery,
        generator=generator,
    )
    if grid is not None:
        return replace(flows, load=balance(flows, answers, capabilities))
    total = measured_flow(answers, TOTAL, now) if capabilities.load_meter else None
    if total is None or (load := taken(total)) is None:
        return flows
    storage = _storage(flows, answers, capabilities, total.observed_at)
    return replace(flows, load=load, grid=_difference(load, solar, storage))


def balance(flows: PowerFlow, answers: Answers, capabilities: Capabilities) -> Flow | None:
    """Return the house's consumption: the sum of all flows towards it, `None` unless all are known."""
    if flows.grid is None:
        return None
    at = flows.grid.observed_at
    terms = [flows.grid, flows.solar, _storage(flows, answers, capabilities, at)]
    if capabilities.generator:
        terms.append(flows.generator)
    known = [flow for flow in terms if flow is not None]
    return taken(replace(added(known), observed_at=at)) if len(known) == len(terms) else None


def taken(load: Flow) -> Flow | None:
    """Return the house's consumption, `None` if it is negative, as one of the terms is older or wrong."""
    if load.power < -_ROUNDING:
        return None
    return replace(
        load,
        power=max(load.power, 0.0),
        phases=tuple(None if phase is None or phase < -_ROUNDING else max(phase, 0.0) for phase in load.phases),
    )


def _storage(flows: PowerFlow, answers: Answers, capabilities: Capabilities, at: datetime) -> Flow | None:
    if flows.battery is None and not capabilities.any_battery and answers.is_known(ENSEMBLE_INVENTORY):
        return Flow(power=0.0, observed_at=at)
    return flows.battery


def solar_flow(
    answers: Answers, capabilities: Capabilities, clock: GatewayClock, limits: Limits, now: datetime
) -> Flow | None:
    """Return the production from its meter, otherwise from the inverters themselves."""
    if capabilities.production_meter:
        return measured_flow(answers, PRODUCTION_METER, now)
    summary = answers.current(PRODUCTION_SUMMARY, now)
    if capabilities.partial_inverter_list and summary is not None and summary.watts_now is not None:
        return _at(summary.watts_now, answers, PRODUCTION_SUMMARY, limits, now)
    # Until the slow summary has been polled once, it is unknown whether the list is complete.
    checked = answers.asked(PRODUCTION_SUMMARY) and not capabilities.partial_inverter_list
    powers = [unit.power for unit in fleet(answers, clock, now).values()]
    if powers and checked:
        total = sum(power for power in powers if power is not None)
        return Flow(power=total, observed_at=answers.newest(INVERTERS, DEVICE_DATA) or now)
    energy = answers.current(ENERGY, now)
    if energy is not None and energy.inverters.watts_now is not None and energy.inverters.lifetime:
        return _at(energy.inverters.watts_now, answers, ENERGY, limits, now)
    production = answers.current(PRODUCTION, now)
    if production is not None and production.watts_now is not None and production.lifetime:
        return _at(production.watts_now, answers, PRODUCTION, limits, now)
    return None


def battery_flow(answers: Answers, now: datetime) -> Flow | None:
    """Return the batteries' power from their meter, otherwise as they report it themselves."""
    if (storage := measured_flow(answers, STORAGE, now)) is not None:
        return storage
    powers: list[float] = []
    units = answers.current(BATTERY_POWER, now)
    if units:
        powers += [unit.real_power_mw / 1000 for unit in units if unit.real_power_mw is not None]
    feed_at = answers.at(BATTERY_POWER) if powers else None
    data = answers.current(DEVICE_DATA, now)
    for reading in data.ac_batteries if data else ():
        if reading.joules_produced is not None and reading.joules_used is not None and reading.duration:
            powers.append((reading.joules_produced - reading.joules_used) / reading.duration)
            feed_at = feed_at or answers.at(DEVICE_DATA)
    if (sums := storage_sums(answers, now).power) is not None:
        powers.append(sums)
        feed_at = feed_at or answers.at(PRODUCTION_SUMMARY)
    if not powers or feed_at is None:
        return None
    return Flow(power=sum(powers), observed_at=feed_at)


def has_ac_batteries(answers: Answers) -> bool:
    """Return whether there are AC Batteries among the devices on the power line."""
    data = answers.last(DEVICE_DATA)
    return bool(data and data.ac_batteries) or any(
        report.device_type == DeviceType.AC_BATTERY for report in answers.last(INVERTERS) or ()
    )


def _generator_flow(answers: Answers, clock: GatewayClock, limits: Limits, now: datetime) -> Flow | None:
    generator = answers.current(GENERATOR, now)
    at = answers.at(GENERATOR)
    if generator is None or not generator.present or at is None:
        return None
    if not (generator.oper_state or "").startswith("clos"):
        return Flow(power=0.0, observed_at=at)
    live = answers.current(LIVE_DATA, now)
    if live is None or live.generator.power_mw is None or abs(live.generator.power_mw) > 1000 * limits.site:
        return None
    updated = clock.ours(moment(live.last_update), now)
    # Without an armed stream, the gateway repeats the values of the last one.
    if updated is None or (now - updated).total_seconds() > 120:
        return None
    return Flow(
        power=live.generator.power_mw / 1000,
        phases=tuple(None if phase is None else phase / 1000 for phase in live.generator.phases_mw),
        observed_at=updated,
    )


def _at[T](power: float, answers: Answers, feed: GatewayFeed[T], limits: Limits, now: datetime) -> Flow | None:
    """Return the gateway's sum of the inverters' power, `None` if it is impossible."""
    if not limits.night <= power <= limits.solar:
        return None
    return Flow(power=power, observed_at=answers.at(feed) or now)


def _difference(load: Flow, solar: Flow | None, battery: Flow | None) -> Flow | None:
    if solar is None or battery is None:
        return None
    return Flow(power=load.power - solar.power - battery.power, observed_at=load.observed_at)
