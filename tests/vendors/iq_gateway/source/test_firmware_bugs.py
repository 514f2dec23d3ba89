"""What real firmware gets wrong, and what a person sees of it: nothing, or less, but nothing false."""

from collections.abc import Callable
from datetime import timedelta
import itertools
from typing import Any

import pytest

from custom_components.energy_site.site.circuits import LoadCircuits
from custom_components.energy_site.site.energy.counter import JOULE_WRAP
from custom_components.energy_site.site.meters import Meters
from custom_components.energy_site.site.model import (
    Battery,
    CounterKind,
    EnergyCounters,
    GridStatus,
    Inverters,
    PowerFlow,
    Settings,
)
from custom_components.energy_site.sources.feed import Pace
from simulator.iq_gateway import (
    Empty,
    ErrorObject,
    Fault,
    HtmlPage,
    HttpStatus,
    Mutate,
    NightlyRestart,
    Reset,
    Truncated,
    firmware_bugs as bugs,
)
from simulator.presets import PRESETS

from .driver import CALM, Site, equipped, simulated

READINGS = "/ivp/meters/readings"
DEVICE_DATA = "/ivp/pdm/device_data"
METERED = (
    CounterKind.SOLAR,
    CounterKind.GRID_IMPORT,
    CounterKind.GRID_EXPORT,
    CounterKind.BATTERY_CHARGE,
    CounterKind.BATTERY_DISCHARGE,
    CounterKind.LOAD,
)


def totals(site: Site) -> dict[CounterKind, float]:
    """Return all counters of the books, shown or not."""
    return {kind: count.total for kind, count in site.source.ledger.counts(site.now).items()}


def truths(site: Site) -> dict[CounterKind, float]:
    """Return what they should show."""
    return {kind: getattr(site.truth, kind) for kind in METERED}


async def watch(site: Site, seconds: float, every: float = 60.0) -> list[dict[CounterKind, float]]:
    """Let time pass and return what was shown in it."""
    seen = []
    for _ in range(int(seconds / every)):
        await site.run(every)
        seen.append(totals(site))
    return seen


def never_falls(seen: list[dict[CounterKind, float]]) -> bool:
    """Tell whether no counter fell."""
    return all(after[kind] >= before[kind] for before, after in itertools.pairwise(seen) for kind in before)


# -- registers ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("bug", "watt_hours"),
    [
        pytest.param(bugs.lifetime_zero(), 0.0, id="zero"),
        pytest.param(bugs.lifetime_dip(5_000.0), 0.0, id="dip"),
        pytest.param(bugs.lifetime_dip(3.0), 3.0, id="a few Wh less"),
        pytest.param(bugs.blank_meters(), 0.0, id="blank after a restart"),
        pytest.param(
            Mutate(lambda rows: [row | {"actEnergyDlvd": 2.0**32 - 5, "actEnergyRcvd": 2.0**32 + 7} for row in rows]),
            0.0,
            id="2^32",
        ),
        pytest.param(
            Mutate(
                lambda rows: [
                    row | {"actEnergyDlvd": row["actEnergyDlvd"] * 2, "actEnergyRcvd": row["actEnergyRcvd"] * 2}
                    for row in rows
                ]
            ),
            0.0,
            id="doubled",
        ),
        pytest.param(
            Mutate(
                lambda rows: [
                    row | {"actEnergyDlvd": row["actEnergyRcvd"], "actEnergyRcvd": row["actEnergyDlvd"]} for row in rows
                ]
            ),
            0.0,
            id="import and export exchanged",
        ),
    ],
)
async def test_counters_neither_fall_nor_jump_while_registers_are_wrong_and_are_right_after_it(
    bug: Fault, watt_hours: float
) -> None:
    async with simulated("home", hour=18.0) as site:
        await site.start()
        before = totals(site)
        fault = site.gateway.faults.add(bug, READINGS)
        seen = [before, *await watch(site, 600)]
        assert never_falls(seen)
        for kind in METERED:
            assert seen[-1][kind] <= truths(site)[kind] + 0.01
        fault.remove()
        await site.run(60)
        await site.ask("meter_readings")
        for kind, true in truths(site).items():
            assert totals(site)[kind] == pytest.approx(true, abs=0.02), kind
        refused = site.part(EnergyCounters).rejected
        assert (refused == 0) == bool(watt_hours)


@pytest.mark.parametrize(
    ("hour", "minutes"),
    [
        pytest.param(9.0, 15, id="overtaken in the morning"),
        pytest.param(13.0, 15, id="overtaken at noon"),
        pytest.param(20.0, 15, id="overtaken in the evening"),
        pytest.param(11.0, 60, id="taken for a new meter by day"),
        pytest.param(1.0, 60, id="taken for a new meter at night"),
    ],
)
async def test_a_small_dip_is_forgotten_when_it_is_over_whatever_flowed_in_it(hour: float, minutes: int) -> None:
    async with simulated("home", hour=hour, intervals={**CALM, Pace.POWER: timedelta(seconds=10)}) as site:
        await site.start()
        before = truths(site)
        site.gateway.faults.add(bugs.lifetime_dip(300.0), until=site.clock.now() + 60 * minutes)
        seen = [totals(site)]
        for _ in range(minutes // 5 + 6):
            await site.run(300)
            seen.append(totals(site))
            for kind, true in truths(site).items():
                assert seen[-1][kind] <= true + 0.05, kind
        assert never_falls(seen)
        await site.ask("meter_readings")
        for kind, true in truths(site).items():
            assert site.total(kind) == pytest.approx(true, rel=0, abs=max(0.05, 0.001 * (true - before[kind]))), kind


async def test_a_gateway_that_is_blank_at_the_start_shows_no_energy_until_it_is_awake() -> None:
    async with simulated("home") as site:
        fault = site.gateway.faults.add(bugs.blank_meters())
        await site.start()
        assert site.source.part(EnergyCounters) is None
        fault.remove()
        await site.run(60)
        await site.ask("energy", "meter_readings")
        for kind, true in truths(site).items():
            assert site.total(kind) == pytest.approx(true, abs=0.02)
        start = sum(phase.solar for phase in site.house.diary.today.phases)
        assert site.today(CounterKind.SOLAR) == pytest.approx(site.truth.solar - start, abs=5)


async def test_a_meter_that_was_replaced_counts_on() -> None:
    """Its register begins anew, and is believed after twenty minutes."""
    async with simulated("home", hour=13.0, intervals=CALM) as site:
        await site.start()
        old, true = totals(site), truths(site)

        def young(rows: list[dict[str, Any]]) -> None:
            for row in rows:
                if row["eid"] == 704643328:
                    row["actEnergyDlvd"] -= 28_000_000.0

        site.gateway.faults.add(Mutate(young), READINGS)
        await site.run(25 * 60)
        await site.ask("meter_readings")
        began, held = site.truth.solar, site.total(CounterKind.SOLAR)
        assert old[CounterKind.SOLAR] <= held <= site.truth.solar + 0.01
        await site.run(30 * 60)
        await site.ask("meter_readings")
        made = site.truth.solar - began
        assert made > 500
        assert site.total(CounterKind.SOLAR) - held == pytest.approx(made, abs=0.02)
        assert true[CounterKind.SOLAR] == pytest.approx(old[CounterKind.SOLAR], abs=0.02)


@pytest.mark.parametrize(
    "bug", [bugs.daily_wrap(), bugs.today_is_lifetime(), Mutate(lambda _: {"error": "x"}, (bugs.PDM_ENERGY,))]
)
async def test_todays_energy_of_the_gateway_is_not_believed_where_it_cannot_be_true(bug: Fault) -> None:
    async with simulated("home") as site:
        site.gateway.faults.add(bug)
        await site.start()
        # What was before the first reading is not known then.
        assert site.today(CounterKind.SOLAR) == 0
        before = site.truth.solar
        await site.run(600)
        await site.ask("meter_readings")
        assert site.today(CounterKind.SOLAR) == pytest.approx(site.truth.solar - before, abs=0.02)


@pytest.mark.parametrize(
    ("sum_of_all", "register"),
    [(300_000, 300_000.0), (1_022_835, 1_023_695.258), (1_434_995, 1_435_312.118), (1_066_709, 1_067_324.516)],
)
async def test_todays_energy_that_is_the_lifetimes_is_not_believed_of_a_young_roof_either(
    sum_of_all: int, register: float
) -> None:
    """Its lifetime would be a large roof's day."""

    def sums(payload: dict[str, Any]) -> None:
        payload["production"]["eim"].update(wattHoursToday=sum_of_all, wattHoursLifetime=sum_of_all)

    def young(rows: list[dict[str, Any]]) -> None:
        rows[0]["actEnergyDlvd"] = register

    async with simulated("home") as site:
        site.gateway.faults.add(Mutate(sums), bugs.PDM_ENERGY)
        site.gateway.faults.add(Mutate(young), READINGS)
        await site.start()
        assert site.total(CounterKind.SOLAR) == register
        assert site.today(CounterKind.SOLAR) == 0


async def test_what_the_inverters_use_themselves_at_night_is_none_of_the_houses_energy() -> None:
    def use(rows: list[dict[str, Any]]) -> None:
        rows[0]["actEnergyRcvd"] = 4321.0

    async with simulated("home") as site:
        site.gateway.faults.add(Mutate(use), READINGS)
        await site.start()
        assert site.total(CounterKind.LOAD) == pytest.approx(site.truth.load - 4321, abs=0.01)
        assert site.total(CounterKind.SOLAR) == pytest.approx(site.truth.solar, abs=0.01)


async def test_todays_energy_begins_at_midnight_though_the_gateways_own_sum_resets_late() -> None:
    async with simulated("home", hour=23.5, intervals=CALM) as site:
        site.gateway.faults.add(bugs.today_resets_late(), until=site.clock.now() + 1800 + 660)
        await site.start()
        yesterday = site.today(CounterKind.SOLAR)
        assert yesterday > 20_000
        await site.run(1800 - 1)
        assert site.today(CounterKind.SOLAR) == pytest.approx(yesterday, abs=1)
        loads = site.today(CounterKind.LOAD)
        assert loads > 0
        for _ in range(15):
            await site.run(60)
            await site.ask("energy", "meter_readings")
            assert site.today(CounterKind.SOLAR) == 0
        assert 0 < site.today(CounterKind.LOAD) < 2000


async def test_home_assistant_was_down_over_midnight_and_the_gateway_tells_what_today_brought() -> None:
    async with simulated("home", hour=20.0, intervals=CALM) as site:
        await site.start()
        await site.run(120)
        site.clock.advance(14 * 3600)
        site.restart()
        await site.start()
        start = sum(phase.solar for phase in site.house.diary.today.phases)
        made = site.truth.solar - start
        assert made > 2000
        assert site.today(CounterKind.SOLAR) == pytest.approx(made, abs=5)
        for kind, true in truths(site).items():
            assert site.total(kind) == pytest.approx(true, abs=0.02)


# -- power --------------------------------------------------------------------


@pytest.mark.parametrize(
    "bug",
    [
        bugs.unsigned_watts(),
        bugs.stalled_production(),
        bugs.total_is_net(),
        bugs.no_active_meter(),
        bugs.stalled_live_data(),
        bugs.power_factor_sums(),
        bugs.third_channel_garbage(),
        bugs.unknown_eid(),
        bugs.disabled_ct_garbage(),
    ],
)
async def test_power_and_energy_of_a_metered_home_are_right_all_the_same(bug: Fault) -> None:
    async with simulated("home", hour=19.0, intervals=CALM) as site:
        site.gateway.faults.add(bug)
        site.gateway.faults.add(bugs.disabled_ct_listed())
        await site.start()
        await site.run(600)
        await site.ask("meter_readings")
        flows, true = site.part(PowerFlow), site.house.flow
        for kind in ("solar", "grid", "battery", "load"):
            flow = getattr(flows, kind)
            assert flow.power == pytest.approx(getattr(true, kind), abs=0.02), kind
            assert len(flow.phases) == 2
        for energy, wanted in truths(site).items():
            assert site.total(energy) == pytest.approx(wanted, abs=0.02), energy
        assert set(site.part(Meters).by_kind) == {"production", "grid", "storage"}
        for meter in site.part(Meters).by_kind.values():
            factor = meter.quality.power_factor
            assert factor is None or -1 <= factor <= 1
            assert len(meter.phases) == 2


async def test_a_power_factor_is_watts_over_volt_amperes_and_not_the_sum_of_the_phases() -> None:
    async with simulated("home") as site:
        site.gateway.faults.add(bugs.power_factor_sums())
        await site.start()
        [reading] = [
            row for row in site.source.answers.last(site.source.feeds["meter_readings"]) or () if row.eid == 704643328
        ]
        quality = site.part(Meters).by_kind["production"].quality
        assert quality.power_factor == pytest.approx(reading.active_power / reading.apparent_power)


@pytest.mark.parametrize("channel", [0, 1])
async def test_a_storage_meter_that_loses_a_phase_shows_the_last_sound_reading_for_three_intervals(
    channel: int,
) -> None:
    async with simulated("home", hour=19.5) as site:
        await site.start()
        last = site.part(PowerFlow).battery
        before = {kind: site.total(kind) for kind in (CounterKind.BATTERY_CHARGE, CounterKind.BATTERY_DISCHARGE)}
        assert last is not None
        assert abs(last.power) > 100
        fault = site.gateway.faults.add(bugs.storage_channel_zero(channel), READINGS)
        for poll in range(1, 4):
            site.clock.advance(10)
            await site.ask("meter_readings")
            flows = site.part(PowerFlow)
            assert flows.battery is not None
            assert flows.battery.power == last.power
            assert site.part(EnergyCounters).rejected == poll
            # The other meters of the same answer are as good as ever.
            assert flows.grid is not None
            assert flows.grid.power == pytest.approx(site.house.flow.grid, abs=0.01)
        site.clock.advance(10)
        await site.ask("meter_readings")
        assert "storage" not in site.part(Meters).by_kind
        assert {kind: site.total(kind) for kind in before} == before
        fault.remove()
        site.clock.advance(10)
        await site.ask("meter_readings")
        battery = site.part(PowerFlow).battery
        assert battery is not None
        assert battery.power == pytest.approx(site.house.flow.battery, abs=0.01)
        assert site.total(CounterKind.BATTERY_DISCHARGE) == pytest.approx(site.truth.battery_discharge, abs=0.02)


async def test_without_its_meter_the_battery_tells_its_power_itself() -> None:
    async with simulated("home", hour=19.5) as site:
        site.gateway.faults.add(bugs.storage_channel_zero(), READINGS)
        await site.start()
        battery = site.part(PowerFlow).battery
        assert battery is not None
        assert battery.power == pytest.approx(site.house.flow.battery, abs=20)


async def test_a_storage_meter_that_is_switched_off_needs_no_mending() -> None:
    def without(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [row for row in rows if row["eid"] != 704643840]

    async with simulated("home", hour=19.5) as site:
        site.gateway.faults.add(Mutate(without), READINGS)
        await site.start()
        assert site.source.checks.refused == 0
        assert set(site.part(Meters).by_kind) == {"production", "grid"}


async def test_gateways_without_meters_that_report_no_production_show_the_inverters_instead() -> None:
    """The sums read zero or stall, on some firmware for ever."""
    async with simulated("metered_without_cts", hour=13.0) as site:
        site.gateway.faults.add(bugs.stalled_production())
        site.gateway.faults.add(
            Mutate(lambda sums: sums | {"production": {kind: {"wattsNow": 0} for kind in sums["production"]}}),
            bugs.PDM_ENERGY,
        )
        await site.start()
        solar = site.part(PowerFlow).solar
        assert solar is not None
        assert solar.power == pytest.approx(site.house.flow.solar, rel=0.3)
        made = sum(report.energy for report in site.gateway.state.recorder.reports.values()) / 1e6
        assert site.total(CounterKind.SOLAR) == pytest.approx(made, abs=1)
        assert site.source.ledger.source(CounterKind.SOLAR) == "device_data"


# -- inverters ----------------------------------------------------------------


async def test_a_list_of_inverters_that_is_empty_for_a_moment_takes_none_away() -> None:
    async with simulated("standard", hour=13.0) as site:
        await site.start()
        before = site.part(Inverters).units
        site.gateway.faults.add(bugs.no_inverters())
        await site.ask("inverters")
        assert site.part(Inverters).units.keys() == before.keys()


async def test_a_gateway_that_lists_only_some_inverters_says_so_and_shows_the_production_of_all() -> None:
    preset = equipped(PRESETS["standard"](), device_data=False)
    async with simulated(preset, hour=13.0) as site:
        site.gateway.faults.add(bugs.partial_inverters(2))
        await site.start()
        inverters = site.part(Inverters)
        assert len(inverters.units) == 2
        assert not inverters.complete
        solar = site.part(PowerFlow).solar
        assert solar is not None
        reports = site.gateway.state.recorder.reports.values()
        assert solar.power == pytest.approx(sum(report.watts for report in reports), abs=1)
        assert site.total(CounterKind.SOLAR) == pytest.approx(sum(report.energy for report in reports) / 1e6, abs=1)
        before, made = site.total(CounterKind.SOLAR), site.truth.solar
        await site.run(3600)
        grown = site.total(CounterKind.SOLAR) - before
        assert grown == pytest.approx(site.truth.solar - made, abs=24 * 366 * 10 / 60)


async def test_until_the_whole_list_was_checked_the_gateways_own_sum_is_shown() -> None:
    async with simulated("standard", hour=13.0) as site:
        site.gateway.faults.add(bugs.partial_inverters(2))
        await site.source.prepare(site.now)
        await site.ask("meters", "meter_readings", "inverters", "energy", "production")
        solar = site.part(PowerFlow).solar
        assert solar is not None
        assert solar.power == pytest.approx(site.house.flow.solar, rel=0.3)
        site.gateway.faults.add(HttpStatus(503), bugs.PDM_ENERGY)
        site.clock.advance(1000)
        await site.ask("energy", "production")
        solar = site.part(PowerFlow).solar
        assert solar is not None
        assert solar.power == pytest.approx(site.house.flow.solar, rel=0.3)


async def test_inverters_without_a_last_reading_keep_their_energy_and_show_no_voltage() -> None:
    async with simulated("standard", hour=13.0) as site:
        await site.start()
        before = site.part(Inverters)
        site.gateway.faults.add(bugs.no_last_reading())
        await site.ask("device_data")
        after = site.part(Inverters)
        for serial, unit in after.units.items():
            assert unit.energy == before.units[serial].energy
            assert unit.power == before.units[serial].power
            assert (unit.dc_voltage, unit.ac_voltage, unit.temperature) == (None, None, None)


async def test_an_inverters_energy_goes_on_where_its_register_starts_over() -> None:
    async with simulated("standard", hour=13.0, intervals=CALM) as site:
        first = site.house.inverters[0]
        first.energy = int((JOULE_WRAP - 400) * 1e6)
        site.gateway.faults.add(bugs.inverter_lifetime_wraps())
        site.clock.advance(600)
        await site.start()
        before = site.part(Inverters).units[first.serial].energy
        assert before is not None
        assert before < JOULE_WRAP
        await site.run(2 * 3600)
        await site.ask("device_data")
        report = site.gateway.state.recorder.reports[first.serial]
        assert report.energy / 1e6 > JOULE_WRAP
        assert site.part(Inverters).units[first.serial].energy == pytest.approx(report.energy / 1e6, abs=0.01)


async def test_today_of_an_inverter_that_is_its_lifetime_is_not_shown() -> None:
    def lifetime(payload: dict[str, Any]) -> None:
        for device in payload.values():
            if isinstance(device, dict):
                device["channels"][0]["wattHours"]["today"] = 5_000_000

    async with simulated("standard", hour=13.0) as site:
        site.gateway.faults.add(Mutate(lifetime), DEVICE_DATA)
        await site.start()
        assert {unit.energy_today for unit in site.part(Inverters).units.values()} == {None}


async def test_a_battery_that_says_unknown_for_its_temperature_shows_none() -> None:
    async with simulated("home") as site:
        site.gateway.faults.add(bugs.temperature_unknown())
        await site.start()
        for unit in site.part(Battery).units.values():
            assert unit.temperature is None
            assert unit.max_cell_temperature is not None
            assert unit.level is not None


async def test_a_battery_list_that_is_empty_for_a_moment_takes_no_battery_away() -> None:
    async with simulated("home") as site:
        await site.start()
        site.gateway.faults.add(Empty(), "/ivp/ensemble/power")
        site.clock.advance(15)
        await site.ask("battery_power")
        assert len(site.part(Battery).units) == 2


# -- one endpoint that misbehaves ---------------------------------------------

ENDPOINT_FAULTS = [HttpStatus(503), Reset(), HtmlPage(), ErrorObject()]
ALONE: list[tuple[str, Callable[[Site], Any]]] = [
    ("/ivp/pdm/device_data", lambda site: site.part(Inverters).units[site.house.inverters[0].serial].dc_voltage),
    ("/ivp/ensemble/power", lambda site: next(iter(site.part(Battery).units.values())).power),
    ("/ivp/ensemble/secctrl", lambda site: site.part(Battery).available_energy),
]


@pytest.mark.parametrize("fault", ENDPOINT_FAULTS, ids=repr)
@pytest.mark.parametrize(("path", "value"), ALONE, ids=[path for path, _ in ALONE])
async def test_one_endpoint_that_fails_costs_its_own_values_and_no_others(
    path: str, value: Callable[[Site], Any], fault: Fault
) -> None:
    async with simulated("home", hour=19.0, intervals=CALM) as site:
        await site.start()
        assert value(site) is not None
        site.gateway.faults.add(fault, path)
        await site.run(20 * 60)
        assert value(site) is None
        assert site.source.outage is None
        await site.ask("meter_readings")
        flows, true = site.part(PowerFlow), site.house.flow
        for kind in ("solar", "grid", "battery", "load"):
            assert getattr(flows, kind).power == pytest.approx(getattr(true, kind), abs=0.01)
        failing = {key for key, _ in site.errors}
        assert failing <= {key for key, feed in site.source.feeds.items() if feed.endpoint == path}
        site.gateway.faults.clear()
        await site.run(6 * 60)
        assert value(site) is not None


async def test_the_house_is_not_shown_wrong_while_the_list_of_batteries_is_missing() -> None:
    """A house takes what comes from the battery too, whoever lists the battery."""
    async with simulated("home", hour=22.0) as site:
        site.gateway.faults.add(HttpStatus(503), "/ivp/ensemble/inventory")
        await site.start()
        true = site.house.flow
        assert abs(true.battery) > 100
        load = site.part(PowerFlow).load
        assert load is None or load.power == pytest.approx(true.load, abs=0.05)


async def test_the_house_is_not_shown_wrong_while_nobody_knows_of_the_battery() -> None:
    async with simulated("single_phase", hour=22.0) as site:
        site.gateway.faults.add(HttpStatus(503), ("/ivp/ensemble/inventory", "/ivp/ensemble/power"))
        await site.start()
        true = site.house.flow
        assert abs(true.battery) > 100
        load = site.part(PowerFlow).load
        assert load is None or load.power == pytest.approx(true.load, abs=40)


async def test_a_battery_whose_energy_is_not_told_for_a_moment_was_not_empty() -> None:
    """Else the next gap would be filled with a charge that never was."""
    async with simulated("single_phase", hour=13.0) as site:
        await site.start()

        def forget(payload: dict[str, Any]) -> None:
            del payload["ENC_agg_avail_energy"]

        fault = site.gateway.faults.add(Mutate(forget), "/ivp/ensemble/secctrl")
        site.clock.advance(15)
        await site.ask("secondary_control", "battery_power")
        fault.remove()
        before, true = site.total(CounterKind.BATTERY_CHARGE), site.truth.battery_charge
        site.clock.advance(400)
        await site.ask("secondary_control", "battery_power")
        charged = site.total(CounterKind.BATTERY_CHARGE) - before
        assert charged == pytest.approx(site.truth.battery_charge - true, abs=30)


def shown(site: Site) -> dict[str, Any]:
    """Return whether each value of a home is there, by its name."""
    flow, battery = site.source.part(PowerFlow), site.source.part(Battery)
    settings, grid = site.source.part(Settings), site.source.part(GridStatus)
    inverters, circuits = site.source.part(Inverters), site.source.part(LoadCircuits)
    values = {
        "solar": flow and flow.solar,
        "grid": flow and flow.grid,
        "battery": flow and flow.battery,
        "load": flow and flow.load,
        "level": battery and battery.level,
        "stored": battery and battery.available_energy,
        "unit power": battery and [unit.power for unit in battery.units.values()],
        "reserve": settings and settings.backup_reserve,
        "activity": settings and settings.activity,
        "mode": settings and settings.operating_mode,
        "on grid": grid and grid.state,
        "inverters": inverters and len(inverters.units),
        "circuits": circuits and [circuit.closed for circuit in circuits.circuits.values()],
    }
    return {name: value not in (None, []) and value != [None, None] for name, value in values.items()}


# What the gateway is asked for all day at this home.
BRIEFLY = [
    "/ivp/meters",
    "/ivp/meters/readings",
    "/ivp/ensemble/inventory",
    "/ivp/ensemble/secctrl",
    "/ivp/ensemble/power",
    "/ivp/ensemble/relay",
    "/ivp/ensemble/dry_contacts",
    "/ivp/ss/dry_contact_settings",
    "/ivp/sc/sched",
    "/admin/lib/tariff",
    "/api/v1/production/inverters",
    "/ivp/pdm/device_data",
]


@pytest.mark.parametrize("fault", [Empty(), ErrorObject()], ids=repr)
@pytest.mark.parametrize("path", BRIEFLY)
async def test_one_answer_that_is_empty_or_an_error_costs_minutes_and_not_hours(path: str, fault: Fault) -> None:
    """Gateways answer so for a moment at their start, and under load."""
    async with simulated("home", hour=18.0, intervals=CALM) as site:
        await site.start()
        assert all(shown(site).values()), shown(site)
        active = site.gateway.faults.add(fault, path, count=1)
        for key, feed in site.source.feeds.items():
            if feed.endpoint == path:
                await site.ask(key)
        assert active.hits == 1
        await site.ask(*sorted(site.source.take_refresh_requests()))
        await site.run(35 * 60)
        assert all(shown(site).values()), [name for name, there in shown(site).items() if not there]


# -- the night ----------------------------------------------------------------


async def test_the_nightly_restart_costs_no_counter_and_is_expected() -> None:
    preset = equipped(PRESETS["home"](), nightly_restart=NightlyRestart(hour=22.95, minutes=8, blank_polls=2))
    async with simulated(preset, hour=22.8, intervals=CALM) as site:
        await site.start()
        seen = [totals(site), *await watch(site, 45 * 60)]
        assert never_falls(seen)
        assert site.errors
        await site.ask("meter_readings")
        for kind, true in truths(site).items():
            assert site.total(kind) == pytest.approx(true, abs=0.02)


async def test_after_a_reboot_with_blank_meters_everything_is_as_before() -> None:
    async with simulated("home", hour=18.0) as site:
        await site.start()
        site.gateway.reboot(120, blank_polls=3)
        seen = [totals(site), *await watch(site, 300)]
        assert never_falls(seen)
        await site.ask("meter_readings")
        for kind, true in truths(site).items():
            assert site.total(kind) == pytest.approx(true, abs=0.02)


async def test_a_day_of_all_bugs_in_turn_ends_with_the_true_energy() -> None:
    preset = equipped(PRESETS["home"](), nightly_restart=NightlyRestart())
    async with simulated(preset, hour=21.5, intervals=CALM) as site:
        await site.start()
        now, seen = site.clock.now(), [totals(site)]
        troubles: list[Fault] = [
            bugs.lifetime_zero(),
            bugs.storage_channel_zero(),
            bugs.lifetime_dip(100.0),
            bugs.unknown_eid(),
            bugs.today_resets_late(),
            HtmlPage(),
            Truncated(),
            HttpStatus(503),
        ]
        for number, trouble in enumerate(troubles):
            site.gateway.faults.add(trouble, start=now + 900 * number, until=now + 900 * number + 400)
        seen += await watch(site, 900 * len(troubles) + 600, every=300)
        assert never_falls(seen)
        await site.ask("meter_readings")
        for kind, true in truths(site).items():
            assert site.total(kind) == pytest.approx(true, abs=0.05), kind
