"""Whether the grid is there, and the generator that steps in."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from custom_components.energy_site.site.circuits import Generator
from custom_components.energy_site.site.model import ControllerKind, CounterKind, GridState, GridStatus, PowerFlow
from simulator.iq_gateway import HttpStatus, Mutate
from simulator.presets import PRESETS

from .driver import CALM, Site, simulated

RELAY = "/ivp/ensemble/relay"
ENSEMBLE = "/ivp/ensemble/inventory"
READINGS = "/ivp/meters/readings"


def state(site: Site) -> GridState | None:
    """Return how the house and the grid stand to each other."""
    return site.part(GridStatus).state


async def test_a_house_that_is_taken_off_the_grid_says_so_step_by_step() -> None:
    async with simulated("home") as site:
        await site.start()
        assert (state(site), site.part(GridStatus).connected) == (GridState.ON_GRID, True)
        site.gateway.state.relay.command("open", site.clock.now())
        site.clock.advance(30)
        await site.ask("relay")
        assert (state(site), site.part(GridStatus).connected) == (GridState.OFF_GRID, False)
        site.gateway.state.relay.command("closed", site.clock.now())
        site.clock.advance(3)
        await site.ask("relay")
        assert state(site) is GridState.SYNCHRONIZING
        site.clock.advance(6)
        await site.ask("relay")
        assert state(site) is GridState.SYNCHRONIZING
        assert site.part(GridStatus).connected is False
        site.clock.advance(10)
        await site.ask("relay")
        assert state(site) is GridState.ON_GRID


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("closed", GridState.ON_GRID),
        ("close", GridState.ON_GRID),
        ("open", GridState.OFF_GRID),
        ("open synchronizing", GridState.SYNCHRONIZING),
        ("open synchronized", GridState.SYNCHRONIZING),
        ("on fire", None),
    ],
)
async def test_every_word_for_the_relay_is_understood(word: str, expected: GridState | None) -> None:
    async with simulated("home") as site:
        site.gateway.faults.add(Mutate(lambda relay: relay | {"mains_oper_state": word}), RELAY)
        await site.start()
        assert state(site) is expected


async def test_what_a_controller_said_before_the_relay_is_not_shown_once_the_relay_says_nothing() -> None:
    async with simulated("home") as site:
        site.gateway.house.switches.grid_available = False
        await site.start()
        site.clock.advance(60)
        await site.ask("relay", "ensemble_inventory")
        assert state(site) is GridState.OFF_GRID
        site.gateway.house.switches.grid_available = True
        site.clock.advance(60)
        await site.ask("relay")
        assert state(site) is GridState.ON_GRID
        # The relay's answer has had its time. The controller is asked for less often, so that its answer stands longer.
        fault = site.gateway.faults.add(HttpStatus(503), RELAY)
        site.clock.advance(300)
        await site.ask("relay")
        assert state(site) is None
        fault.remove()
        await site.ask("relay")
        assert state(site) is GridState.ON_GRID


async def test_a_relay_that_says_nothing_lets_the_controller_speak() -> None:
    async with simulated("home") as site:
        site.gateway.faults.add(HttpStatus(503), RELAY)
        await site.start()
        assert state(site) is GridState.ON_GRID
        site.gateway.state.relay.command("open", site.clock.now())
        site.clock.advance(60)
        await site.ask("ensemble_inventory")
        assert state(site) is GridState.OFF_GRID


async def test_the_newer_of_relay_and_controller_is_believed() -> None:
    async with simulated("home") as site:
        await site.start()
        site.gateway.state.relay.command("open", site.clock.now())
        site.clock.advance(35)
        await site.ask("ensemble_inventory")
        assert state(site) is GridState.OFF_GRID
        site.gateway.state.relay.command("closed", site.clock.now())
        site.clock.advance(20)
        await site.ask("relay")
        assert state(site) is GridState.ON_GRID


async def test_while_nobody_answers_the_grid_is_not_known() -> None:
    async with simulated("home") as site:
        await site.start()
        site.gateway.faults.add(HttpStatus(503), (RELAY, ENSEMBLE))
        site.clock.advance(3600)
        await site.ask("relay", "ensemble_inventory")
        status = site.part(GridStatus)
        assert (status.state, status.connected) == (None, None)
        [controller] = status.controllers.values()
        assert controller.kind is ControllerKind.SYSTEM_CONTROLLER
        assert (controller.state, controller.temperature, controller.connected) == (None, None, None)
        assert controller.device.firmware == "3.0.5654_rel/31.13"


async def test_a_system_controllers_temperature_is_fahrenheit_and_shown_in_celsius() -> None:
    async with simulated("home") as site:
        await site.start()
        [controller] = site.part(GridStatus).controllers.values()
        # The simulated one is 12 degrees warmer than the air.
        assert controller.temperature == pytest.approx(site.house.roof.air_temperature + 12, abs=0.4)
        site.gateway.faults.add(
            Mutate(
                lambda groups: [
                    {**group, "devices": [{**device, "temperature": "unknown"} for device in group["devices"]]}
                    for group in groups
                ]
            ),
            ENSEMBLE,
        )
        await site.ask("ensemble_inventory")
        [controller] = site.part(GridStatus).controllers.values()
        assert controller.temperature is None
        assert controller.connected


# -- collars ------------------------------------------------------------------


async def test_behind_a_collar_an_outage_is_seen_though_only_its_admin_state_tells() -> None:
    async with simulated("collar") as site:
        await site.start()
        assert state(site) is GridState.ON_GRID
        site.house.switches.grid_available = False
        site.clock.advance(20)
        await site.ask("ensemble_inventory", "relay")
        assert state(site) is GridState.OFF_GRID
        site.house.switches.grid_available = True
        site.clock.advance(20)
        await site.ask("ensemble_inventory")
        assert state(site) is GridState.ON_GRID


@pytest.mark.parametrize(
    ("admin", "grid", "expected"),
    [
        ("ENCMN_MDE_OFF_GRID", "on_grid", GridState.OFF_GRID),
        ("ENCMN_MDE_ON_GRID", "off_grid", GridState.ON_GRID),
        ("ENCMN_MDE_STARTING", "on_grid", GridState.ON_GRID),
        ("", "off_grid", GridState.OFF_GRID),
    ],
)
async def test_what_a_collar_says_of_the_grid_counts_only_where_its_own_state_says_nothing(
    admin: str, grid: str, expected: GridState
) -> None:
    async with simulated("collar") as site:
        site.gateway.faults.add(_collar(admin_state_str=admin, grid_state=grid), ENSEMBLE)
        await site.start()
        assert state(site) is expected


async def test_a_collar_that_says_nothing_at_all_lets_the_relay_speak() -> None:
    async with simulated("collar") as site:
        site.gateway.faults.add(_collar(admin_state_str=None, grid_state="?"), ENSEMBLE)
        site.gateway.faults.add(Mutate(lambda relay: relay | {"mains_oper_state": "open"}), RELAY)
        await site.start()
        assert state(site) is GridState.OFF_GRID


async def test_a_collar_and_a_combiner_tell_their_temperature_as_it_is() -> None:
    async with simulated("collar") as site:
        await site.start()
        devices = {device.kind: device for device in site.part(GridStatus).controllers.values()}
        assert devices[ControllerKind.COLLAR].temperature == pytest.approx(
            site.house.roof.air_temperature + 15, abs=0.6
        )
        assert devices[ControllerKind.COMBINER].temperature is None
        assert devices[ControllerKind.COMBINER].device.firmware == "0.1.20-D1"
        assert devices[ControllerKind.COMBINER].connected


def _collar(**fields: str | None) -> Mutate:
    """Change what the collar says."""
    return Mutate(
        lambda groups: [
            {**group, "devices": [{**device, **fields} for device in group["devices"]]}
            if group["type"] == "COLLAR"
            else group
            for group in groups
        ]
    )


# -- an outage is seen by the meters first -------------------------------------


def _shift(hertz: float) -> Callable[[Any], None]:
    def apply(rows: list[dict[str, Any]]) -> None:
        for row in rows:
            row["freq"] += hertz

    return apply


def _dead(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        row.update(voltage=0.0)


@pytest.mark.parametrize("change", [_shift(0.6), _shift(-0.6), _dead])
async def test_a_step_of_the_frequency_or_a_dead_line_makes_it_look_at_the_switch_at_once(
    change: Callable[[Any], None],
) -> None:
    async with simulated("home") as site:
        await site.start()
        site.source.take_refresh_requests()
        site.gateway.faults.add(Mutate(change), READINGS)
        await site.ask("meter_readings")
        assert {"relay", "ensemble_inventory"} <= site.source.take_refresh_requests()
        await site.ask("meter_readings")
        assert site.source.take_refresh_requests() == set()


async def test_the_grids_usual_tremble_wakes_nobody() -> None:
    async with simulated("home", hour=13.0) as site:
        await site.start()
        site.source.take_refresh_requests()
        for _ in range(60):
            site.clock.advance(10)
            await site.ask("meter_readings")
        assert site.source.take_refresh_requests() == set()


async def test_a_line_that_tells_no_frequency_wakes_nobody() -> None:
    async with simulated("home", hour=13.0) as site:
        site.gateway.faults.add(Mutate(lambda rows: [row | {"freq": None} for row in rows]), READINGS)
        await site.start()
        await site.ask("meter_readings")
        assert not {"relay", "ensemble_inventory"} & site.source.take_refresh_requests()


# -- generators ---------------------------------------------------------------


async def _outage(site: Site) -> None:
    """Let the utility fail; the generator starts."""
    site.house.switches.grid_available = False
    site.clock.advance(60)
    site.gateway.advance()
    assert site.house.generator_runs


async def test_a_generator_that_stands_still_gives_nothing() -> None:
    async with simulated("generator") as site:
        await site.start()
        generator = site.part(Generator)
        assert generator.running is False
        assert (generator.start_level, generator.stop_level) == (30, 70)
        assert generator.rated_power == 22_000
        assert (generator.manufacturer, generator.model) == ("Simulated", "Standby 10-22")
        flow = site.part(PowerFlow)
        assert flow.generator is not None
        assert flow.generator.power == 0


async def test_a_generator_that_runs_tells_what_it_gives_while_the_live_stream_is_on() -> None:
    async with simulated("generator", hour=22.0) as site:
        await site.start()
        await _outage(site)
        site.gateway.state.live.switch(on=True, now=site.clock.now())
        await site.ask("generator", "relay", "live_data", "meter_readings")
        flow, true = site.part(PowerFlow), site.house.flow
        assert site.part(Generator).running is True
        assert state(site) is not GridState.ON_GRID
        assert flow.generator is not None
        assert flow.generator.power == pytest.approx(true.generator, abs=0.01)
        assert len(flow.generator.phases) >= 2
        assert flow.load is not None
        assert true.load > 100
        assert flow.load.power == pytest.approx(true.load, abs=0.02)


async def test_without_the_live_stream_nobody_knows_what_a_running_generator_gives() -> None:
    async with simulated("generator", hour=22.0) as site:
        await site.start()
        await _outage(site)
        site.clock.advance(300)
        await site.ask("generator", "live_data", "meter_readings")
        assert site.part(Generator).running is True
        assert site.part(PowerFlow).generator is None


async def test_the_house_is_not_shown_wrong_while_nobody_knows_what_the_generator_gives() -> None:
    async with simulated("generator", hour=22.0) as site:
        await site.start()
        await _outage(site)
        site.clock.advance(300)
        await site.ask("generator", "relay", "live_data", "meter_readings")
        true = site.house.flow
        assert true.generator > 100
        load = site.part(PowerFlow).load
        assert load is None or load.power == pytest.approx(true.load, abs=0.05)


async def test_what_a_generator_gives_is_counted_by_its_power() -> None:
    async with simulated("generator", hour=22.0, intervals=CALM) as site:
        await site.start()
        await site.ask("meter_readings")
        assert site.total(CounterKind.GENERATOR) == 0
        await _outage(site)
        site.gateway.state.live.switch(on=True, now=site.clock.now())
        await site.ask("generator", "live_data", "meter_readings")
        before, shown = site.truth.generator, site.total(CounterKind.GENERATOR)
        await site.run(840)
        assert site.total(CounterKind.GENERATOR) - shown == pytest.approx(site.truth.generator - before, rel=0.15)
        assert site.truth.generator - before > 50


@pytest.mark.parametrize(("word", "running"), [("close", True), ("closed", True), ("open", False)])
async def test_every_word_for_a_running_generator_is_understood(word: str, running: bool) -> None:
    """Firmware 8.2.127 says "close", others say "closed"."""
    async with simulated("generator") as site:
        site.gateway.faults.add(Mutate(lambda answer: answer | {"oper_state": word}), "/ivp/ensemble/generator")
        await site.start()
        assert site.part(Generator).running is running


async def test_a_generator_without_a_word_of_its_state_is_neither() -> None:
    async with simulated("generator") as site:
        await site.start()
        site.gateway.faults.add(Mutate(lambda answer: {**answer, "oper_state": None}), "/ivp/ensemble/generator")
        await site.ask("generator")
        assert site.part(Generator).running is None
        site.gateway.faults.add(HttpStatus(503), "/ivp/ensemble/generator")
        site.clock.advance(3600)
        await site.ask("generator")
        assert site.part(Generator).start_level is None


async def test_a_generators_rating_is_kilowatts_whatever_its_field_is_called() -> None:
    async with simulated("generator") as site:
        site.gateway.faults.add(Mutate(lambda config: config | {"name_plate_rating_wat": None}), "/ivp/ss/gen_config")
        await site.start()
        assert site.part(Generator).rated_power is None
        site.gateway.faults.clear()
        await site.ask("generator_config")
        assert site.part(Generator).rated_power == 22_000


async def test_a_house_on_its_generator_says_so() -> None:
    preset = PRESETS["home"]()
    generator = PRESETS["generator"]().house.generator
    preset = replace(preset, house=replace(preset.house, generator=generator))
    async with simulated(preset, hour=22.0) as site:
        await site.start()
        site.house.switches.generator = "on"
        site.house.switches.grid_available = False
        site.clock.advance(60)
        await site.ask("relay", "generator")
        assert state(site) is GridState.GENERATOR
        assert site.part(GridStatus).connected is False
