"""What flows now, from whatever on this site can tell."""

from datetime import datetime

from ...clients.iq_gateway.models.devices import DeviceType
from ...site.model import Flow, PowerFlow
from .answers import Answers, GatewayClock, moment
from .feeds import (
    BATTERY_POWER,
    DEVICE_DATA,
    ENERGY,
    ENSEMBLE_INVENTORY,
    GENERATOR,
    INVERTERS,
    LIVE_DATA,
    PRODUCTION,
    PRODUCTION_SUMMARY,
    GatewayFeed,
)
from .hardware import Hardware
from .inverters import fleet
from .meters import NET, PRODUCTION as PRODUCTION_METER, STORAGE, TOTAL, Measurement, measurements

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


def build(answers: Answers, hardware: Hardware, clock: GatewayClock, now: datetime, at: datetime) -> PowerFlow:
    """Build the flows; `at` is when the meters were read last."""
    meters = measurements(answers, now)
    solar = solar_flow(answers, hardware, clock, meters, now, at)
    battery = battery_flow(answers, meters, now, at)
    generator = _generator_flow(answers, clock, now)
    grid, load = None, None
    storage = battery
    if storage is None and not hardware.any_battery and answers.settled(ENSEMBLE_INVENTORY):
        storage = Flow(power=0.0, observed_at=at)
    if (net := meters.get(NET)) is not None and (grid := net.flow(at)) is not None:
        load = _sum(grid, solar, storage, *((generator,) if hardware.generator else ()))
        if load is not None and load.power < 0 and not hardware.storage_meter:
            # The battery's power is some seconds older than the meters'.
            load = None
    elif (total := meters.get(TOTAL)) is not None and (load := total.flow(at)) is not None:
        grid = _difference(load, solar, storage)
    return PowerFlow(
        observed_at=max(
            (flow.observed_at for flow in (solar, grid, battery, generator) if flow is not None), default=at
        ),
        solar=solar,
        grid=grid,
        battery=battery,
        load=load,
        generator=generator,
    )


def solar_flow(
    answers: Answers,
    hardware: Hardware,
    clock: GatewayClock,
    meters: dict[str, Measurement],
    now: datetime,
    at: datetime,
) -> Flow | None:
    """Return the production: by its meter, else by the inverters themselves."""
    if hardware.production_meter:
        return meter.flow(at) if (meter := meters.get(PRODUCTION_METER)) is not None else None
    summary = answers.fresh(PRODUCTION_SUMMARY, now)
    if hardware.partial_inverter_list and summary is not None and summary.watts_now is not None:
        return _at(summary.watts_now, answers, PRODUCTION_SUMMARY, now)
    # Until the slow summary was asked once, nobody knows whether the list is whole.
    checked = answers.asked(PRODUCTION_SUMMARY) and not hardware.partial_inverter_list
    powers = [unit.power for unit in fleet(answers, clock, now).values()]
    if powers and checked:
        total = sum(power for power in powers if power is not None)
        return Flow(power=total, observed_at=answers.newest(INVERTERS, DEVICE_DATA) or now)
    energy = answers.fresh(ENERGY, now)
    if energy is not None and energy.inverters.watts_now is not None and energy.inverters.lifetime:
        return _at(energy.inverters.watts_now, answers, ENERGY, now)
    production = answers.fresh(PRODUCTION, now)
    if production is not None and production.watts_now is not None and production.lifetime:
        return _at(production.watts_now, answers, PRODUCTION, now)
    return None


def battery_flow(answers: Answers, meters: dict[str, Measurement], now: datetime, at: datetime) -> Flow | None:
    """Return the batteries' power: by their meter, else as they report it themselves."""
    if (storage := meters.get(STORAGE)) is not None:
        return storage.flow(at)
    powers: list[float] = []
    units = answers.fresh(BATTERY_POWER, now)
    if units:
        powers += [unit.real_power_mw / 1000 for unit in units if unit.real_power_mw is not None]
    feed_at = answers.at(BATTERY_POWER) if powers else None
    data = answers.fresh(DEVICE_DATA, now)
    for reading in data.ac_batteries if data else ():
        if reading.joules_produced is not None and reading.joules_used is not None and reading.duration:
            powers.append((reading.joules_produced - reading.joules_used) / reading.duration)
            feed_at = feed_at or answers.at(DEVICE_DATA)
    if not powers or feed_at is None:
        return None
    return Flow(power=sum(powers), observed_at=feed_at)


def has_ac_batteries(answers: Answers) -> bool:
    """Tell whether AC Batteries stand among the devices on the power line."""
    data = answers.last(DEVICE_DATA)
    return bool(data and data.ac_batteries) or any(
        report.device_type == DeviceType.AC_BATTERY for report in answers.last(INVERTERS) or ()
    )


def _generator_flow(answers: Answers, clock: GatewayClock, now: datetime) -> Flow | None:
    generator = answers.fresh(GENERATOR, now)
    at = answers.at(GENERATOR)
    if generator is None or not generator.present or at is None:
        return None
    if not (generator.oper_state or "").startswith("clos"):
        return Flow(power=0.0, observed_at=at)
    live = answers.fresh(LIVE_DATA, now)
    if live is None or live.generator.power_mw is None:
        return None
    updated = clock.ours(moment(live.last_update))
    # Without an armed stream the gateway repeats what the last one said.
    if updated is None or (now - updated).total_seconds() > 120:
        return None
    return Flow(
        power=live.generator.power_mw / 1000,
        phases=tuple(None if phase is None else phase / 1000 for phase in live.generator.phases_mw),
        observed_at=updated,
    )


def _at[T](power: float, answers: Answers, feed: GatewayFeed[T], now: datetime) -> Flow:
    return Flow(power=power, observed_at=answers.at(feed) or now)


def _sum(grid: Flow, *others: Flow | None) -> Flow | None:
    """Return what the house takes: all that flows towards it, where all of it is known."""
    known = [flow for flow in others if flow is not None]
    if len(known) < len(others):
        return None
    flows = [grid, *known]
    return Flow(
        power=sum(flow.power for flow in flows),
        phases=_phases(flows),
        observed_at=grid.observed_at,
    )


def _difference(load: Flow, solar: Flow | None, battery: Flow | None) -> Flow | None:
    if solar is None or battery is None:
        return None
    return Flow(power=load.power - solar.power - battery.power, observed_at=load.observed_at)


def _phases(flows: list[Flow]) -> tuple[float | None, ...]:
    """Add the phases up where every flow that is not zero tells them."""
    told = [flow.phases for flow in flows if flow.power != 0.0 or flow.phases]
    count = len(told[0]) if told else 0
    if count < 2 or any(len(phases) != count for phases in told):
        return ()
    return tuple(
        None if any(phase is None for phase in column) else sum(phase for phase in column if phase is not None)
        for column in zip(*told, strict=True)
    )
