"""What a gateway measures and few look at: phases, radio levels, and AC Batteries that are only listed."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.site.meters import Energy, Meter, Meters
from custom_components.energy_site.site.model import Battery, EnergyCounters, Inverters
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from simulator.house.energy import Truth
from simulator.iq_gateway import GatewayServer, Measurement, Mutate
from simulator.iq_gateway.firmware_bugs import lifetime_dip, lifetime_zero
from simulator.presets import PRESETS
from tests.common import gateway_entry, number, pass_time, set_up, state
from tests.vendors.iq_gateway.source.driver import CALM, Site, equipped, simulated, sunny

READINGS = "/ivp/meters/readings"
INVENTORY = "/ivp/ensemble/inventory"
HOUR = 3600.0

PHASES: dict[str, Callable[[Truth], float]] = {
    "solar_energy": lambda truth: truth.solar,
    "grid_import_energy": lambda truth: truth.grid_import,
    "grid_export_energy": lambda truth: truth.grid_export,
    "battery_charge_energy": lambda truth: truth.battery_charge,
    "battery_discharge_energy": lambda truth: truth.battery_discharge,
}


@pytest.fixture
def preset() -> str:
    """Return a house with three phases and a meter for everything."""
    return "three_phase"


def grid(site: Site) -> Meter:
    """Return the grid's meter."""
    return site.part(Meters).by_kind["grid"]


def netted(site: Site) -> tuple[float, float]:
    """Return import and export in Wh with the phases netted."""
    energy = grid(site).netted
    assert energy is not None
    assert energy.delivered is not None
    assert energy.received is not None
    return energy.delivered, energy.received


# -- phases -------------------------------------------------------------------


@pytest.mark.usefixtures("entity_registry_enabled_by_default")
async def test_each_phase_of_each_meter_has_its_own_counters(
    hass: HomeAssistant, gateway: GatewayServer, freezer: FrozenDateTimeFactory
) -> None:
    await set_up(hass, gateway_entry(gateway))
    await pass_time(hass, freezer, HOUR, step=60)
    for key, true in PHASES.items():
        shown = [number(hass, gateway.serial, f"{key}_l{phase}") for phase in (1, 2, 3)]
        assert shown == pytest.approx([true(truth) for truth in gateway.house.truth_by_phase], abs=60)
    for key, unit in (("apparent_power", "VA"), ("reactive_power", "var")):
        for name in (key, *(f"{key}_l{phase}" for phase in (1, 2, 3))):
            found = state(hass, "sensor", gateway.serial, name)
            assert found is not None
            assert found.attributes["unit_of_measurement"] == unit


async def test_phases_are_disabled_until_somebody_wants_them(
    hass: HomeAssistant, entry: MockConfigEntry, gateway: GatewayServer
) -> None:
    assert entry.state is ConfigEntryState.LOADED
    for key in (*(f"{key}_l1" for key in PHASES), "grid_import_energy_netted", "apparent_power", "reactive_power"):
        assert state(hass, "sensor", gateway.serial, key) is None


async def test_a_house_with_one_phase_has_no_counters_of_phases() -> None:
    async with simulated("single_phase") as site:
        await site.start()
        assert grid(site).phase_energy == ()
        assert grid(site).netted == Energy(delivered=None, received=None)


@pytest.mark.parametrize("fault", [lifetime_dip(5000.0), lifetime_zero()], ids=["dip", "zero"])
async def test_counters_of_phases_never_fall_and_count_no_rejection_of_their_own(fault: Any) -> None:
    async with simulated("three_phase", intervals=CALM) as site:
        await site.start()

        def shown() -> list[float | None]:
            meters = site.part(Meters).by_kind.values()
            return [
                wh for meter in meters for phase in meter.phase_energy for wh in (phase.delivered, phase.received)
            ] + [*netted(site)]

        await site.run(600)
        before = shown()
        rejected = site.part(EnergyCounters).rejected
        active = site.gateway.faults.add(fault)
        await site.run(120)
        active.remove()
        during = shown()
        assert all(
            now is not None and then is not None and now >= then for now, then in zip(during, before, strict=True)
        )
        await site.run(600)
        after = shown()
        assert all(
            now is not None and then is not None and now >= then for now, then in zip(after, during, strict=True)
        )
        truth = site.house.truth_by_phase
        imported = [phase.delivered for phase in grid(site).phase_energy]
        assert imported == pytest.approx([each.grid_import for each in truth], abs=120)
        # Six registers at most were read with each bad answer.
        assert site.part(EnergyCounters).rejected - rejected <= 3 * 6


async def test_phases_go_on_after_a_restart() -> None:
    async with simulated("three_phase", intervals=CALM) as site:
        await site.start()
        await site.run(1200)
        before, was = grid(site).phase_energy, netted(site)
        site.restart()
        await site.start()
        for one, other in zip(before, grid(site).phase_energy, strict=True):
            assert one.delivered is not None
            assert other.delivered is not None
            assert other.delivered >= one.delivered
        assert all(now >= then for now, then in zip(netted(site), was, strict=True))


@pytest.mark.parametrize("option", [False, True])
async def test_import_and_export_are_netted_for_everyone_with_several_phases(*, option: bool) -> None:
    async with simulated(sunny(PRESETS["three_phase"]()), hour=8.0, intervals=CALM) as site:
        site.source._net_phases = option
        await site.start()
        start = site.truth
        assert netted(site) == (0, 0)
        await site.run(4 * HOUR)
        end = site.truth
        came, went = netted(site)
        # What was left of both is the same, and neither is more than the phases counted one by one.
        assert came - went == pytest.approx(
            (end.grid_import - start.grid_import) - (end.grid_export - start.grid_export), abs=100
        )
        assert 0 <= came <= end.grid_import - start.grid_import + 1
        assert 0 <= went <= end.grid_export - start.grid_export + 1


async def test_netted_counters_do_not_jump_when_the_option_changes() -> None:
    async with simulated("three_phase", intervals=CALM) as site:
        await site.start()
        await site.run(1800)
        for option in (True, False, True):
            before = netted(site)
            site.source._net_phases = option
            await site.run(120)
            assert all(0 <= now - then < 1000 for now, then in zip(netted(site), before, strict=True))


async def test_several_meters_of_a_type_count_each_phase_together() -> None:
    second = 704643999

    def twice(payload: list[dict[str, Any]]) -> None:
        for meter in [each for each in payload if each["eid"] == 704643584]:
            channels = [{**channel, "eid": channel["eid"] + 500} for channel in meter.get("channels", ())]
            payload.append({**meter, "eid": second, **({"channels": channels} if channels else {})})

    async with simulated("three_phase", intervals=CALM) as site:
        site.gateway.faults.add(Mutate(twice), (READINGS, "/ivp/meters"))
        await site.start()
        await site.run(300)
        truth = site.house.truth_by_phase
        imported = [phase.delivered for phase in grid(site).phase_energy]
        assert imported == pytest.approx([2 * each.grid_import for each in truth], abs=60)


@pytest.mark.parametrize("channels", [[], None, "L1", [{}], [{"eid": 1, "actEnergyDlvd": "much"}] * 3])
async def test_nonsense_in_place_of_phases_costs_only_them(channels: Any) -> None:
    def spoil(payload: list[dict[str, Any]]) -> None:
        for meter in payload:
            meter["channels"] = channels

    async with simulated("three_phase") as site:
        site.gateway.faults.add(Mutate(spoil), READINGS)
        await site.start()
        meters = site.source.part(Meters)
        energies = [energy for meter in (meters.by_kind.values() if meters else ()) for energy in meter.phase_energy]
        assert all(energy.delivered is None and energy.received is None for energy in energies)


# -- radio --------------------------------------------------------------------


@pytest.mark.usefixtures("entity_registry_enabled_by_default")
@pytest.mark.parametrize("preset", ["home"])
async def test_batteries_and_controllers_tell_how_well_they_are_reached(
    hass: HomeAssistant, gateway: GatewayServer
) -> None:
    await set_up(hass, gateway_entry(gateway))
    for serial, level in ((gateway.state.battery_serial(0), 0), (gateway.state.controller_serial, 5)):
        assert number(hass, gateway.serial, serial, "comm_level_sub_ghz") == level
        assert number(hass, gateway.serial, serial, "comm_level_2_4_ghz") == level


@pytest.mark.parametrize("level", [-1, 6, 1e300, "5", True, None, {}])
async def test_a_level_that_is_none_is_not_shown(level: Any) -> None:
    def spoil(payload: list[dict[str, Any]]) -> None:
        for device in (each for group in payload for each in group["devices"]):
            device["comm_level_sub_ghz"] = level

    async with simulated("home") as site:
        site.gateway.faults.add(Mutate(spoil), INVENTORY)
        await site.start()
        for unit in site.part(Battery).units.values():
            assert unit.radio is not None
            assert unit.radio.sub_ghz is None


async def test_an_inverter_tells_the_most_it_ever_reported() -> None:
    async with simulated("standard") as site:
        await site.start()
        peaks = {each.serial: each.peak_watts for each in site.house.inverters}
        for serial, unit in site.part(Inverters).units.items():
            assert unit.max_power == pytest.approx(peaks[serial], abs=1)


# -- AC Batteries -------------------------------------------------------------


@pytest.mark.parametrize(("hour", "state_of_all"), [(12.5, "charging"), (21.0, "discharging")])
async def test_ac_batteries_that_are_only_listed_show_their_power(hour: float, state_of_all: str) -> None:
    old = equipped(PRESETS["ac_battery"](), device_data=False, firmware="D7.6.175")
    house = sunny(old, battery=replace(old.house.battery, level=50) if old.house.battery else None)
    async with simulated(house, hour=hour, history=0.2) as site:
        await site.start()
        units = site.part(Battery).ac_units
        assert len(units) == 2
        for unit in units.values():
            assert unit.state == state_of_all
            assert unit.power == pytest.approx(site.house.flow.battery / 2, abs=1)
            assert unit.last_reported is not None
        assert site.part(Battery).level == pytest.approx(site.house.battery_level, abs=1)


@pytest.mark.parametrize("watts", [1e6, "4", None, True])
async def test_an_ac_battery_that_reports_nonsense_is_listed_without_power(watts: Any) -> None:
    def spoil(payload: list[dict[str, Any]]) -> None:
        for report in payload:
            if report["devType"] == 11:
                report["lastReportWatts"] = watts

    old = equipped(PRESETS["ac_battery"](), device_data=False, firmware="D7.6.175", cts=(Measurement.PRODUCTION,))
    async with simulated(old) as site:
        site.gateway.faults.add(Mutate(spoil), "/api/v1/production/inverters")
        await site.start()
        assert [unit.power for unit in site.part(Battery).ac_units.values()] == [None, None]
