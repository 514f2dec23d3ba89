"""What is shown of each home is what really happens in it."""

from dataclasses import replace
from datetime import timedelta
import itertools
from typing import Any

import pytest

from custom_components.energy_site.site.circuits import CircuitAction, CircuitMode, Generator, LoadCircuits
from custom_components.energy_site.site.meters import Meters
from custom_components.energy_site.site.model import (
    Battery,
    CounterKind,
    Flow,
    GridState,
    GridStatus,
    Health,
    Inverters,
    Part,
    PowerFlow,
    Settings,
)
from custom_components.energy_site.sources.feed import Presence
from simulator.house import Flow as TrueFlow, PhaseCount
from simulator.iq_gateway import HttpStatus, Measurement, Mutate
from simulator.presets import PRESETS

from .driver import CALM, Site, equipped, simulated, sunny

# W that a battery's own report may be off, with its idle electronics.
BATTERY_TOLERANCE = {"single_phase": 30.0, "ac_battery": 2.0}
SMALL = ["home", "single_phase", "three_phase", "collar", "ac_battery", "generator"]
METERED = [*SMALL, "large"]
INVERTERS_ONLY = ["standard", "metered_without_cts"]
STORAGE_METER = ["home", "three_phase", "collar"]
# At night, in the morning, at noon, in the evening.
HOURS = [2.0, 8.5, 13.0, 20.0]


def close(shown: Flow | None, true: float, tolerance: float = 0.01) -> bool:
    """Tell whether a flow is shown as it is, within so many W."""
    return shown is not None and shown.power == pytest.approx(true, abs=tolerance)


@pytest.mark.parametrize(("name", "hour"), [*itertools.product(SMALL, HOURS), ("large", 11.0)])
async def test_power_is_what_really_flows(name: str, hour: float) -> None:
    async with simulated(name, hour=hour) as site:
        await site.start()
        assert not site.errors
        shown, true = site.part(PowerFlow), site.house.flow
        tolerance = BATTERY_TOLERANCE.get(name, 0.01)
        assert close(shown.solar, true.solar)
        assert close(shown.grid, true.grid)
        assert close(shown.load, true.load, tolerance + 0.01)
        if site.house.battery is None:
            assert shown.battery is None
        else:
            assert close(shown.battery, true.battery, tolerance)
        assert shown.observed_at == site.now


@pytest.mark.parametrize("name", ["home", "three_phase", "collar"])
async def test_each_phase_is_what_really_flows_on_it(name: str) -> None:
    async with simulated(name, hour=19.0) as site:
        await site.start()
        shown, true = site.part(PowerFlow), site.house.flow_by_phase

        def on_phases(flow: Flow | None) -> list[float | None]:
            assert flow is not None
            return list(flow.phases)

        def really(kind: str) -> list[float]:
            return [getattr(phase, kind) for phase in true]

        for kind in ("solar", "grid", "battery", "load"):
            assert on_phases(getattr(shown, kind)) == pytest.approx(really(kind), abs=0.01)


async def test_a_house_of_one_phase_shows_none_of_its_own() -> None:
    async with simulated("single_phase") as site:
        await site.start()
        shown = site.part(PowerFlow)
        assert [flow.phases for flow in (shown.solar, shown.grid, shown.load) if flow] == [(), (), ()]


@pytest.mark.parametrize("hour", [2.0, 9.0, 13.0])
@pytest.mark.parametrize("name", INVERTERS_ONLY)
async def test_without_meters_the_inverters_last_reports_are_the_production(name: str, hour: float) -> None:
    async with simulated(sunny(PRESETS[name]()), hour=hour) as site:
        await site.start()
        shown = site.part(PowerFlow)
        # Reports are means over five minutes, up to five minutes old.
        assert close(shown.solar, site.house.flow.solar, 0.08 * site.house.flow.solar + 30)
        assert (shown.grid, shown.battery, shown.load, shown.generator) == (None, None, None, None)


@pytest.mark.parametrize("name", METERED)
async def test_counters_are_what_the_meters_counted_since_ever(name: str) -> None:
    async with simulated(name) as site:
        await site.start()
        true = site.truth
        assert site.total(CounterKind.SOLAR) == pytest.approx(true.solar, abs=0.01)
        assert site.total(CounterKind.GRID_IMPORT) == pytest.approx(true.grid_import, abs=0.01)
        assert site.total(CounterKind.GRID_EXPORT) == pytest.approx(true.grid_export, abs=0.01)
        if name in STORAGE_METER:
            assert site.total(CounterKind.BATTERY_CHARGE) == pytest.approx(true.battery_charge, abs=0.01)
            assert site.total(CounterKind.BATTERY_DISCHARGE) == pytest.approx(true.battery_discharge, abs=0.01)
            assert site.total(CounterKind.LOAD) == pytest.approx(true.load, abs=0.01)


@pytest.mark.parametrize("name", INVERTERS_ONLY)
async def test_without_meters_the_inverters_registers_are_the_production(name: str) -> None:
    async with simulated(name) as site:
        await site.start()
        # What the inverters made since their last report is not told yet.
        behind = site.truth.solar - site.total(CounterKind.SOLAR)
        assert 0 <= behind <= 24 * 366 * 5 / 60
        start, true = site.total(CounterKind.SOLAR), site.truth.solar
        await site.run(3 * 3600)
        grown = site.total(CounterKind.SOLAR) - start
        assert grown == pytest.approx(site.truth.solar - true, abs=24 * 366 * 10 / 60)
        assert grown > 5000


@pytest.mark.parametrize(
    ("name", "hour", "kinds"),
    [
        # The cloud's own battery tells its power only.
        ("single_phase", 18.5, (CounterKind.BATTERY_DISCHARGE,)),
        ("single_phase", 6.0, (CounterKind.BATTERY_CHARGE,)),
        ("ac_battery", 6.5, (CounterKind.BATTERY_CHARGE,)),
        ("home", 18.0, (CounterKind.BATTERY_DISCHARGE, CounterKind.LOAD, CounterKind.GRID_EXPORT)),
        ("three_phase", 18.0, (CounterKind.BATTERY_DISCHARGE, CounterKind.LOAD)),
    ],
)
async def test_what_flows_in_three_hours_is_counted(name: str, hour: float, kinds: tuple[CounterKind, ...]) -> None:
    async with simulated(name, hour=hour, intervals=CALM) as site:
        await site.start()
        before, was = site.truth, {kind: site.total(kind) for kind in kinds}
        await site.run(3 * 3600)
        await site.ask("meter_readings", "battery_power", "device_data")
        assert not site.errors
        for kind in kinds:
            true = getattr(site.truth, kind) - getattr(before, kind)
            assert site.total(kind) - was[kind] == pytest.approx(true, rel=0.03, abs=80), kind
            assert true > 50, kind


@pytest.mark.parametrize("name", SMALL)
async def test_todays_energy_is_what_the_roof_made_since_midnight(name: str) -> None:
    async with simulated(name, hour=15.0) as site:
        await site.start()
        start = sum(phase.solar for phase in site.house.diary.today.phases)
        assert site.today(CounterKind.SOLAR) == pytest.approx(site.truth.solar - start, abs=3)


# -- the other parts ----------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("home", {PowerFlow, Meters, Battery, Inverters, GridStatus, Settings, LoadCircuits, Health}),
        ("single_phase", {PowerFlow, Meters, Battery, Inverters, Settings, Health}),
        ("three_phase", {PowerFlow, Meters, Battery, Inverters, GridStatus, Settings, Health}),
        ("standard", {PowerFlow, Inverters, Health}),
        ("metered_without_cts", {PowerFlow, Inverters, Health}),
        ("collar", {PowerFlow, Meters, Battery, Inverters, GridStatus, Settings, Health}),
        ("ac_battery", {PowerFlow, Meters, Battery, Inverters, Settings, Health}),
        ("generator", {PowerFlow, Meters, Inverters, GridStatus, LoadCircuits, Generator, Health}),
    ],
)
async def test_a_home_shows_the_parts_that_it_has_and_no_others(name: str, parts: set[type[Part]]) -> None:
    async with simulated(name) as site:
        await site.start()
        every = (PowerFlow, Meters, Battery, Inverters, GridStatus, Settings, LoadCircuits, Generator, Health)
        assert {kind for kind in every if site.source.part(kind) is not None} == parts


@pytest.mark.parametrize(("name", "units"), [("home", 2), ("single_phase", 1), ("three_phase", 3), ("collar", 2)])
async def test_batteries_hold_what_they_say(name: str, units: int) -> None:
    async with simulated(name, hour=20.0) as site:
        await site.start()
        battery, true = site.part(Battery), site.house.battery
        assert true is not None
        assert battery.level == pytest.approx(true.level, abs=0.5)
        assert battery.available_energy == pytest.approx(true.available_wh, abs=1)
        assert battery.capacity == true.capacity == 5000 * units
        assert battery.health == 100
        assert len(battery.units) == units
        assert not battery.ac_units
        for serial, unit in battery.units.items():
            assert unit.device.serial == serial
            assert unit.level == pytest.approx(true.level, abs=1.5)
            assert unit.power == pytest.approx(site.house.flow.battery / units, abs=30)
            assert unit.apparent_power == unit.power
            assert unit.capacity == 5000
            assert unit.available_energy == pytest.approx(5000 * true.level / 100, abs=80)
            assert unit.connected
            assert unit.last_reported is not None
            assert 0 <= (site.now - unit.last_reported).total_seconds() <= 120
            assert unit.state == "discharging"
            assert unit.temperature is not None
            assert unit.max_cell_temperature == unit.temperature + 1


async def test_ac_batteries_are_batteries() -> None:
    async with simulated("ac_battery", hour=8.0) as site:
        await site.start()
        battery, true = site.part(Battery), site.house.battery
        assert true is not None
        assert battery.level == pytest.approx(true.level, abs=0.5)
        assert battery.available_energy == pytest.approx(true.available_wh, abs=1)
        assert battery.capacity == true.capacity
        assert not battery.units
        assert len(battery.ac_units) == 2
        for unit in battery.ac_units.values():
            assert unit.power == pytest.approx(site.house.flow.battery / 2, abs=1)
            assert unit.level == pytest.approx(true.level, abs=0.6)
            assert unit.health == 98
            assert unit.charged_energy == pytest.approx(site.truth.battery_charge / 2, abs=1)
            assert unit.discharged_energy == pytest.approx(site.truth.battery_discharge / 2, abs=1)
            assert unit.connected
            assert unit.device.model_id == "800-00930-r03"


@pytest.mark.parametrize(("name", "count"), [("home", 25), ("standard", 24), ("ac_battery", 8)])
async def test_every_inverter_tells_what_it_makes(name: str, count: int) -> None:
    async with simulated(name, hour=13.0) as site:
        await site.start()
        inverters = site.part(Inverters)
        assert len(inverters.units) == inverters.reporting == count
        assert inverters.complete
        assert not inverters.silent
        for true in site.house.inverters:
            unit = inverters.units[true.serial]
            report = site.gateway.state.recorder.reports[true.serial]
            assert unit.power == report.watts
            assert unit.max_power == report.peak_watts
            assert unit.energy == pytest.approx(report.energy / 1e6, abs=0.001)
            assert unit.ac_voltage == pytest.approx(report.ac_voltage, abs=0.001)
            assert unit.ac_frequency == pytest.approx(report.ac_frequency, abs=0.001)
            assert unit.ac_current == pytest.approx(report.watts / report.ac_voltage, abs=0.001)
            assert unit.dc_voltage == pytest.approx(report.dc_voltage, abs=0.001)
            assert unit.dc_current == pytest.approx(report.dc_current, abs=0.001)
            assert unit.temperature == pytest.approx(report.temperature, abs=0.6)
            assert unit.connected
            assert unit.last_reported is not None
            assert unit.last_reported.timestamp() == int(report.end)
            assert unit.device.model_id == "800-01331-r02"


async def test_today_of_an_inverter_is_what_it_made_since_midnight() -> None:
    async with simulated("standard", hour=13.0) as site:
        await site.start()
        units = site.part(Inverters).units
        for index, true in enumerate(site.house.inverters):
            start = site.house.diary.today.inverter(index)
            report = site.gateway.state.recorder.reports[true.serial]
            assert start is not None
            assert units[true.serial].energy_today == pytest.approx((report.energy - start) / 1e6, abs=0.6)


async def test_all_inverters_of_a_large_roof_are_there_though_the_gateway_details_only_fifty() -> None:
    async with simulated("large", hour=13.0) as site:
        await site.start()
        inverters = site.part(Inverters)
        assert len(inverters.units) == 600
        assert inverters.complete
        assert all(unit.power is not None for unit in inverters.units.values())
        detailed = [unit for unit in inverters.units.values() if unit.dc_voltage is not None]
        assert len(detailed) == 50


async def test_meters_tell_the_quality_of_the_grid() -> None:
    async with simulated("home") as site:
        await site.start()
        meters = site.part(Meters)
        assert set(meters.by_kind) == {"production", "grid", "storage"}
        grid = meters.by_kind["grid"]
        assert grid.status == "normal"
        assert grid.flags == ()
        assert grid.power == pytest.approx(site.house.flow.grid, abs=0.01)
        assert grid.delivered == pytest.approx(site.truth.grid_import, abs=0.01)
        assert grid.received == pytest.approx(site.truth.grid_export, abs=0.01)
        # A phase's voltage, not the sum of both.
        assert grid.quality.voltage == pytest.approx(120, abs=6)
        assert grid.quality.frequency == pytest.approx(60, abs=0.1)
        assert grid.quality.power_factor is not None
        assert -1 <= grid.quality.power_factor <= 1
        assert [phase.voltage for phase in grid.phases] == pytest.approx([120, 120], abs=6)


@pytest.mark.parametrize(("name", "volts"), [("three_phase", 230), ("single_phase", 230), ("collar", 120)])
async def test_the_grids_voltage_is_that_of_a_phase(name: str, volts: float) -> None:
    async with simulated(name) as site:
        await site.start()
        grid = site.part(Meters).by_kind["grid"]
        assert grid.quality.voltage == pytest.approx(volts, rel=0.05)
        phases = int(site.house.config.phases)
        assert len(grid.phases) == (phases if phases > 1 else 0)


async def test_a_collars_backfeed_meter_is_shown_as_what_it_is() -> None:
    async with simulated("collar") as site:
        await site.start()
        assert set(site.part(Meters).by_kind) == {"production", "grid", "storage", "backfeed"}


async def test_settings_are_those_in_force() -> None:
    async with simulated("home") as site:
        await site.start()
        settings = site.part(Settings)
        assert settings.backup_reserve == 20
        assert settings.shutdown_level == 5
        assert settings.operating_mode == "self_consumption"
        assert settings.activity == "zero_net"
        assert settings.charge_from_grid is False
        assert settings.cloud_controlled is False


async def test_circuits_are_those_that_switch_a_load() -> None:
    async with simulated("home") as site:
        await site.start()
        circuits = site.part(LoadCircuits).circuits
        assert {key: circuit.name for key, circuit in circuits.items()} == {"NC1": "Water heater", "NC2": "Pool pump"}
        heater = circuits["NC1"]
        assert (heater.kind, heater.closed, heater.mode) == ("LOAD", True, CircuitMode.MANUAL)
        actions = (heater.grid_action, heater.off_grid_action, heater.generator_action)
        assert actions == (CircuitAction.POWERED, CircuitAction.NOT_POWERED, CircuitAction.POWERED)
        assert (heater.level_low, heater.level_high) == (30, 70)
        site.gateway.state.contacts.switch({"id": "NC1", "status": "open"}, site.clock.now())
        site.clock.advance(60)
        await site.ask("dry_contacts")
        assert site.part(LoadCircuits).circuits["NC1"].closed is False


@pytest.mark.parametrize(
    ("name", "kinds"),
    [("home", ["system_controller"]), ("collar", ["collar", "combiner"]), ("three_phase", ["relay"])],
)
async def test_devices_between_house_and_grid_are_there(name: str, kinds: list[str]) -> None:
    async with simulated(name) as site:
        await site.start()
        status = site.part(GridStatus)
        assert sorted(device.kind for device in status.controllers.values()) == kinds
        assert status.state is GridState.ON_GRID


async def test_a_q_relay_tells_its_voltages() -> None:
    async with simulated("three_phase") as site:
        await site.start()
        [relay] = site.part(GridStatus).controllers.values()
        assert relay.voltages == pytest.approx((230, 230, 230), rel=0.05)
        assert relay.frequency == pytest.approx(50, abs=0.1)
        assert relay.last_reported is not None


async def test_the_gateway_tells_how_it_does() -> None:
    async with simulated("home") as site:
        await site.start()
        health = site.part(Health)
        assert health.firmware == "D8.3.5169"
        assert health.last_update == site.now
        assert health.credentials_expire is not None
        assert health.requests == site.gateway.stats.total
        assert health.cloud_connected is True
        assert health.last_cloud_report is not None
        assert 0 <= (site.now - health.last_cloud_report).total_seconds() < 900
        assert health.signal is None
        assert health.problems == ()
        assert health.latency is not None
        assert site.source.device.model == "IQ Gateway Metered"
        assert site.source.device.firmware == "D8.3.5169"
        assert site.source.device.model_id == "800-00647-r11"


async def test_hardware_without_meters_is_called_so() -> None:
    async with simulated("standard") as site:
        assert site.source.device.model == "IQ Gateway"
        assert site.source.device.firmware is None
        await site.start()
        assert site.source.device.model == "IQ Gateway"
        assert site.source.device.model_id == "800-00656-r06"


# -- other wirings ------------------------------------------------------------


async def test_a_meter_of_the_whole_consumption_tells_the_grids_power_as_the_difference() -> None:
    preset = equipped(PRESETS["single_phase"](), cts=(Measurement.PRODUCTION, Measurement.TOTAL_CONSUMPTION))
    async with simulated(preset, hour=19.0, intervals=CALM) as site:
        await site.start()
        shown, true = site.part(PowerFlow), site.house.flow
        assert close(shown.load, true.load)
        assert close(shown.grid, true.grid, 30)
        assert site.total(CounterKind.LOAD) == pytest.approx(site.truth.load, abs=0.01)
        assert set(site.part(Meters).by_kind) == {"production", "load"}


@pytest.mark.parametrize("hour", [2.0, 13.0])
async def test_a_grid_without_a_meter_is_counted_by_its_power(hour: float) -> None:
    preset = equipped(PRESETS["single_phase"](), cts=(Measurement.PRODUCTION, Measurement.TOTAL_CONSUMPTION))
    async with simulated(preset, hour=hour) as site:
        assert site.house.battery is not None
        site.house.battery.level = 20.0 if hour < 12 else 100.0
        await site.start()
        before = site.truth
        await site.run(3600)
        await site.ask("battery_power", "meter_readings")
        imported = site.truth.grid_import - before.grid_import
        exported = site.truth.grid_export - before.grid_export
        assert imported + exported > 200
        # The battery's power is seconds older than the meters', and not exact.
        assert site.total(CounterKind.GRID_IMPORT) == pytest.approx(imported, rel=0.05, abs=30)
        assert site.total(CounterKind.GRID_EXPORT) == pytest.approx(exported, rel=0.05, abs=30)


async def test_a_site_without_a_production_meter_but_with_one_at_the_grid_adds_the_inverters() -> None:
    preset = sunny(PRESETS["standard"]())
    preset = equipped(preset, metered=True, cts=(Measurement.NET_CONSUMPTION,))
    async with simulated(preset, hour=13.0) as site:
        await site.start()
        shown, true = site.part(PowerFlow), site.house.flow
        assert close(shown.grid, true.grid)
        assert close(shown.solar, true.solar, 0.08 * true.solar)
        assert close(shown.load, true.load, 0.08 * true.solar)
        assert site.total(CounterKind.GRID_EXPORT) == pytest.approx(site.truth.grid_export, abs=0.01)
        assert site.total(CounterKind.LOAD) == pytest.approx(site.truth.load, abs=800)


async def test_a_third_phase_that_is_not_wired_is_not_counted_in() -> None:
    preset = PRESETS["three_phase"]()
    preset = replace(preset, house=replace(preset.house, phases=PhaseCount.SINGLE))
    async with simulated(preset) as site:
        await site.start()
        grid = site.part(Meters).by_kind["grid"]
        assert grid.quality.voltage == pytest.approx(230, rel=0.05)
        assert grid.phases == ()


async def test_three_phases_of_which_one_is_wired_show_that_ones_voltage() -> None:
    def unwire(payload: list[dict[str, Any]]) -> None:
        for meter in payload:
            first, *others = meter["channels"]
            for name in ("voltage", "activePower", "current"):
                meter[name] = first[name]
            for volts, channel in enumerate(others, 3):
                channel.update(voltage=float(volts), activePower=0.0, current=0.0)

    async with simulated("three_phase") as site:
        site.gateway.faults.add(Mutate(unwire), "/ivp/meters/readings")
        await site.start()
        grid = site.part(Meters).by_kind["grid"]
        assert grid.quality.voltage == pytest.approx(230, rel=0.05)
        assert grid.phases[1].voltage == 3.0
        # An unwired phase of the battery's meter is none that went missing.
        assert site.part(PowerFlow).battery is not None
        assert site.source.checks.refused == 0


async def test_a_meter_that_tells_no_phases_takes_them_from_the_grids_own_reading() -> None:
    def without_channels(payload: list[dict[str, Any]]) -> None:
        for meter in payload:
            del meter["channels"]

    async with simulated("home") as site:
        site.gateway.faults.add(Mutate(without_channels), "/ivp/meters/readings")
        await site.start()
        await site.ask("meter_readings")
        grid, production = (site.part(Meters).by_kind[kind] for kind in ("grid", "production"))
        assert [phase.voltage for phase in grid.phases] == pytest.approx([120, 120], abs=6)
        assert grid.quality.voltage == pytest.approx(120, abs=6)
        for phase in grid.phases:
            assert phase.power_factor is not None
            assert -1 <= phase.power_factor <= 1
        assert production.phases == ()
        flow = site.part(PowerFlow)
        assert close(flow.grid, site.house.flow.grid)
        assert flow.grid is not None
        assert flow.grid.phases == ()


@pytest.mark.parametrize(
    ("fields", "factor"),
    [
        ({"activePower": 600.0, "apparentPower": 1000.0}, 0.6),
        ({"activePower": -600.0, "apparentPower": 1000.0}, -0.6),
        ({"activePower": 1100.0, "apparentPower": 1000.0}, 1.0),
        ({"activePower": 600.0, "apparentPower": 0.0}, None),
        ({"activePower": 600.0, "apparentPower": None, "reactivePower": 800.0}, 0.6),
        ({"activePower": 600.0, "apparentPower": None, "reactivePower": None}, None),
        ({"activePower": None, "apparentPower": 1000.0}, None),
    ],
)
async def test_a_power_factor_is_told_where_it_can_be_known(fields: dict[str, Any], factor: float | None) -> None:
    async with simulated("single_phase") as site:
        site.gateway.faults.add(Mutate(lambda rows: [row | fields for row in rows]), "/ivp/meters/readings")
        await site.start()
        assert site.part(Meters).by_kind["grid"].quality.power_factor == pytest.approx(factor)


async def test_a_meter_that_tells_no_power_shows_no_flow() -> None:
    async with simulated("single_phase") as site:
        site.gateway.faults.add(
            Mutate(lambda rows: [row | {"activePower": None} for row in rows]), "/ivp/meters/readings"
        )
        await site.start()
        flow = site.part(PowerFlow)
        assert (flow.solar, flow.grid, flow.load) == (None, None, None)
        assert site.total(CounterKind.SOLAR) == pytest.approx(site.truth.solar, abs=0.01)


async def test_the_grid_is_not_known_as_a_difference_to_a_battery_that_is_not_known() -> None:
    preset = equipped(PRESETS["single_phase"](), cts=(Measurement.PRODUCTION, Measurement.TOTAL_CONSUMPTION))
    async with simulated(preset) as site:
        site.gateway.faults.add(HttpStatus(404), "/ivp/ensemble/power")
        await site.start()
        flow = site.part(PowerFlow)
        assert close(flow.load, site.house.flow.load)
        assert (flow.grid, flow.battery) == (None, None)


async def test_who_was_not_greeted_tells_nothing_of_the_gateway_itself() -> None:
    async with simulated("home") as site:
        await site.ask("meters", "meter_readings")
        assert site.source.part(Health) is None
        assert close(site.part(PowerFlow).grid, site.house.flow.grid)


async def test_meters_that_complain_are_heard() -> None:
    def complain(payload: list[dict[str, object]]) -> None:
        payload[0].update(meteringStatus="check-wiring", statusFlags=["production-imbalance"])
        payload[1].update(meteringStatus="not-metering")
        payload[2].update(meteringStatus="on-strike", state="disabled", statusFlags=["power-on-unused-phase"])

    async with simulated("home") as site:
        site.gateway.faults.add(Mutate(complain), "/ivp/meters")
        await site.start()
        meters = site.part(Meters).by_kind
        assert (meters["production"].status, meters["grid"].status) == ("check_wiring", "not_metering")
        assert meters["production"].flags == ("production_imbalance",)
        assert "storage" not in meters
        assert site.part(Health).problems == ("check_wiring", "not_metering", "production_imbalance")


@pytest.mark.parametrize(("bars", "share"), [(3, 60.0), (9, 100.0), (None, None)])
async def test_the_strength_of_the_wifi_in_use_is_told(bars: int | None, share: float | None) -> None:
    def wireless(payload: dict[str, Any]) -> None:
        ethernet, wifi = payload["network"]["interfaces"]
        ethernet["carrier"] = False
        wifi.update(carrier=True, signal_strength=bars, signal_strength_max=5)
        payload.update(db_percent_full="23%")

    async with simulated("home") as site:
        site.gateway.faults.add(Mutate(wireless), "/home")
        await site.start()
        health = site.part(Health)
        assert health.signal == share
        assert health.storage_used == 23


async def test_what_nobody_has_is_asked_rarely() -> None:
    async with simulated("standard") as site:
        await site.start()
        for key in ("meters", "ensemble_inventory", "secondary_control", "battery_power", "generator"):
            assert site.presence(key) is Presence.EMPTY
            for _ in range(3):
                assert site.source.wait(key, site.now) == timedelta(minutes=15)
                await site.ask(key)
            assert (
                site.source.wait(key, site.now)
                == site.intervals[site.source.feeds["home"].pace(site.source.capabilities)]
            )


def test_the_true_flow_has_no_flow_that_is_not_compared() -> None:
    """A new flow of the house has to be added above."""
    assert set(TrueFlow.__dataclass_fields__) == {"solar", "grid", "battery", "load", "generator"}


async def test_a_site_is_not_blamed_for_another(request: pytest.FixtureRequest) -> None:
    """Two homes on one machine, each with its own source."""
    async with simulated("home") as one, simulated("three_phase") as other:
        for site in (one, other):
            await site.start()
        assert close(one.part(PowerFlow).solar, one.house.flow.solar)
        assert close(other.part(PowerFlow).solar, other.house.flow.solar)
        assert isinstance(one, Site)
