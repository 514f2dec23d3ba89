"""Inverters and batteries: asleep, silent, removed, new, or of two kinds at once."""

from datetime import timedelta
from typing import Any

import pytest

from custom_components.energy_site.site.model import Battery, CounterKind, EnergyCounters, Inverters, PowerFlow
from custom_components.energy_site.sources.feed import Presence
from custom_components.energy_site.vendors.iq_gateway.source.answers import GatewayClock
from simulator.iq_gateway import HttpStatus, Mutate
from simulator.presets import PRESETS

from .driver import CALM, Site, equipped, simulated

INVERTERS = "/api/v1/production/inverters"
DEVICE_DATA = "/ivp/pdm/device_data"
POWER = "/ivp/ensemble/power"
ENSEMBLE = "/ivp/ensemble/inventory"
SECONDARY = "/ivp/ensemble/secctrl"


async def ask_all(site: Site) -> Inverters:
    """Ask for the inverters."""
    await site.ask("inverters", "device_data", "inventory")
    return site.part(Inverters)


# -- inverters ----------------------------------------------------------------


@pytest.mark.parametrize("name", ["home", "standard"])
async def test_at_night_inverters_give_nothing_and_nobody_knows_whether_they_are_well(name: str) -> None:
    async with simulated(name, hour=23.9) as site:
        await site.start()
        inverters = site.part(Inverters)
        assert inverters.units
        for unit in inverters.units.values():
            assert unit.power == 0
            assert unit.connected is None
            assert unit.last_reported is not None
            assert unit.energy is not None
            assert (unit.dc_voltage, unit.temperature) == (None, None)
        assert inverters.reporting == 0
        assert inverters.silent == ()
        solar = site.part(PowerFlow).solar
        assert solar is not None
        assert solar.power == pytest.approx(0, abs=0.01)


async def test_an_inverter_that_falls_silent_at_noon_is_missed_after_the_length_of_a_dusk() -> None:
    async with simulated("standard", hour=9.0, intervals=CALM) as site:
        await site.start()
        dead = site.house.inverters[3]
        dead.dead = True
        seen = []
        for _ in range(5):
            await site.run(3600)
            unit = (await ask_all(site)).units[dead.serial]
            seen.append((unit.connected, unit.power))
        assert seen[0][0] is None
        assert seen[-1] == (False, None)
        others = [unit for serial, unit in site.part(Inverters).units.items() if serial != dead.serial]
        assert all(unit.connected for unit in others)
        assert site.part(Inverters).reporting == 23


async def test_an_inverter_that_is_silent_for_a_day_while_others_report_is_named() -> None:
    async with simulated("standard", hour=11.0, intervals=CALM) as site:
        await site.start()
        dead = site.house.inverters[3]
        dead.dead = True
        site.clock.advance(3600)
        assert (await ask_all(site)).silent == ()
        site.clock.advance(25 * 3600)
        assert (await ask_all(site)).silent == (dead.serial,)


async def test_close_to_sunset_an_inverter_that_goes_to_bed_early_gives_nothing() -> None:
    """Its last report is hardly more than zero, and others still report."""

    def early(rows: list[dict[str, Any]]) -> None:
        for row in rows[:1]:
            row.update(lastReportWatts=4, lastReportDate=row["lastReportDate"] - 3600)

    def forget(payload: dict[str, Any]) -> None:
        first = next(iter(payload))
        payload[first]["channels"][0].update(created=0, lastReading={})

    async with simulated("standard", hour=13.0) as site:
        site.gateway.faults.add(Mutate(early), INVERTERS)
        site.gateway.faults.add(Mutate(forget), DEVICE_DATA)
        await site.start()
        unit = site.part(Inverters).units[site.house.inverters[0].serial]
        assert (unit.power, unit.connected) == (0, None)


async def test_an_inverter_that_never_reported_is_not_connected_while_others_are() -> None:
    def never(rows: list[dict[str, Any]]) -> None:
        rows[0].update(lastReportDate=0, lastReportWatts=0)

    preset = equipped(PRESETS["standard"](), device_data=False)
    async with simulated(preset, hour=13.0) as site:
        site.gateway.faults.add(Mutate(never), INVERTERS)
        await site.start()
        unit = site.part(Inverters).units[site.house.inverters[0].serial]
        assert (unit.connected, unit.last_reported, unit.energy, unit.energy_today) == (False, None, None, None)


async def test_inverters_that_report_each_hour_are_not_taken_for_silent() -> None:
    def hourly(payload: dict[str, Any]) -> None:
        for device in payload.values():
            if isinstance(device, dict) and device["channels"][0]["lastReading"]:
                device["channels"][0]["lastReading"]["duration"] = 3600

    async with simulated("standard", hour=13.0) as site:
        site.gateway.faults.add(Mutate(hourly), DEVICE_DATA)
        site.gateway.faults.add(
            Mutate(lambda rows: [row | {"lastReportDate": row["lastReportDate"] - 5400} for row in rows]), INVERTERS
        )
        await site.start()
        site.clock.advance(100 * 60)
        await site.ask("inverters")
        assert all(unit.connected is None or unit.connected for unit in site.part(Inverters).units.values())


async def test_an_inverter_that_was_removed_disappears() -> None:
    async with simulated("home", hour=13.0) as site:
        await site.start()
        removed = site.house.inverters[0]
        assert removed.serial in site.part(Inverters).units
        site.house.remove_inverter(removed.serial)
        site.clock.advance(300)
        inverters = await ask_all(site)
        assert removed.serial not in inverters.units
        assert len(inverters.units) == 24
        # What it made stays made.
        await site.ask("meter_readings")
        assert site.total(CounterKind.SOLAR) == pytest.approx(site.truth.solar, abs=800)


async def test_an_inverter_that_is_only_out_of_reach_does_not_disappear() -> None:
    def gone(payload: dict[str, Any]) -> None:
        for device in payload.values():
            if isinstance(device, dict):
                device["modGone"] = True

    async with simulated("home", hour=13.0) as site:
        site.gateway.faults.add(Mutate(gone), DEVICE_DATA)
        await site.start()
        assert len(site.part(Inverters).units) == 25


async def test_a_new_inverter_appears() -> None:
    async with simulated("standard", hour=13.0) as site:
        await site.start()
        new = site.house.add_inverter()
        site.clock.advance(600)
        inverters = await ask_all(site)
        assert inverters.units[new.serial].power is not None
        assert inverters.complete


async def test_ac_batteries_in_the_list_of_inverters_are_no_inverters() -> None:
    async with simulated("ac_battery", hour=13.0) as site:
        await site.start()
        inverters, battery = site.part(Inverters), site.part(Battery)
        assert not inverters.units.keys() & battery.ac_units.keys()
        assert len(inverters.units) == 8


@pytest.mark.parametrize("skew", [-7200.0, 86_400.0 * 400])
async def test_a_gateway_whose_clock_is_wrong_tells_the_right_times(skew: float) -> None:
    async with simulated("home", hour=13.0) as site:
        site.gateway.clock_skew = skew
        # The token's times are judged by that clock too.
        await site.source.prepare(site.now)
        site.source.client._token = site.gateway.token(issued_at=site.gateway.now())
        await site.start()
        for unit in site.part(Inverters).units.values():
            assert unit.connected
            assert unit.last_reported is not None
            assert timedelta(seconds=-5) <= site.now - unit.last_reported <= timedelta(minutes=10)
        for battery in site.part(Battery).units.values():
            assert battery.last_reported is not None
            assert abs(site.now - battery.last_reported) <= timedelta(minutes=10)


@pytest.mark.parametrize("ahead", [1, 24])
async def test_a_report_from_the_future_is_of_just_now_and_changes_nothing_for_the_others(ahead: int) -> None:
    def postdate(rows: list[dict[str, Any]]) -> None:
        for row in rows[:ahead]:
            row["lastReportDate"] += 7200

    async with simulated("standard", hour=13.0) as site:
        site.gateway.faults.add(HttpStatus(404), DEVICE_DATA)
        await site.start()
        before = site.part(PowerFlow).solar
        site.gateway.faults.add(Mutate(postdate), INVERTERS)
        await site.ask("inverters")
        assert site.source.clock.now(site.now) == site.now
        inverters = site.part(Inverters)
        assert inverters.reporting == 24
        assert not inverters.silent
        assert site.part(PowerFlow).solar == before
        assert all(
            unit.last_reported is not None and unit.last_reported <= site.now for unit in inverters.units.values()
        )


async def test_an_inverter_ahead_of_its_time_keeps_nobody_awake_at_night() -> None:
    async with simulated("standard", hour=13.0, intervals=CALM) as site:
        site.gateway.faults.add(HttpStatus(404), DEVICE_DATA)
        await site.start()
        site.gateway.faults.add(
            Mutate(lambda rows: [rows[0] | {"lastReportDate": rows[0]["lastReportDate"] + 12 * 3600}, *rows[1:]]),
            INVERTERS,
        )
        await site.run(10 * 3600)
        solar = site.part(PowerFlow).solar
        assert solar is not None
        assert solar.power < 10
        _, *others = site.part(Inverters).units.values()
        assert all(unit.power == 0 for unit in others)
        assert all(unit.connected is None for unit in others)


async def test_a_gateway_that_does_not_tell_its_time_is_taken_to_have_ours() -> None:
    async with simulated("home", hour=13.0) as site:
        site.gateway.clock_skew = 90.0
        await site.source.prepare(site.now)
        assert site.source.clock.now(site.now) == site.now + timedelta(seconds=90)
        clock = GatewayClock()
        clock.told(None, site.now)
        clock.told(0, site.now)
        clock.told(2**40, site.now)
        assert clock.now(site.now) == site.now
        assert clock.ours(None, site.now) is None


async def test_inverters_of_which_one_tells_no_lifetime_are_not_summed_up() -> None:
    """The sum would jump as soon as it does."""

    def forget(payload: dict[str, Any]) -> None:
        payload[next(iter(payload))]["channels"][0]["lifetime"] = {}

    async with simulated("standard", hour=13.0) as site:
        site.gateway.faults.add(Mutate(forget), DEVICE_DATA)
        site.gateway.faults.add(HttpStatus(404), ("/ivp/pdm/energy", "/api/v1/production", "/production.json"))
        await site.start()
        assert site.source.part(EnergyCounters) is None
        assert site.part(Inverters).units[site.house.inverters[0].serial].energy is None
        assert site.part(Inverters).units[site.house.inverters[1].serial].energy is not None


@pytest.mark.parametrize(
    ("source", "lacking"),
    [
        ("energy", ()),
        ("device_data", ("/ivp/pdm/energy",)),
        ("production", ("/ivp/pdm/energy", DEVICE_DATA)),
        ("production_summary", ("/ivp/pdm/energy", DEVICE_DATA, "/api/v1/production")),
    ],
)
async def test_the_production_is_counted_by_the_best_register_that_there_is(
    source: str, lacking: tuple[str, ...]
) -> None:
    async with simulated("standard", hour=13.0) as site:
        if lacking:
            site.gateway.faults.add(HttpStatus(404), lacking)
        await site.source.prepare(site.now)
        await site.ask("meters", "inverters", "energy", "device_data", "production", "production_summary")
        assert site.source.ledger.source(CounterKind.SOLAR) == source
        made = sum(report.energy for report in site.gateway.state.recorder.reports.values()) / 1e6
        assert site.total(CounterKind.SOLAR) == pytest.approx(made, abs=1)
        site.gateway.faults.clear()
        site.clock.advance(300)
        await site.ask(*site.source.feeds)
        # Another one would begin elsewhere, so the one in use is kept.
        assert site.source.ledger.source(CounterKind.SOLAR) == source


# -- batteries ----------------------------------------------------------------


async def test_without_the_list_of_batteries_each_still_tells_its_level_and_power() -> None:
    async with simulated("home", hour=22.0) as site:
        site.gateway.faults.add(HttpStatus(404), ENSEMBLE)
        await site.start()
        battery = site.part(Battery)
        assert len(battery.units) == 2
        for unit in battery.units.values():
            assert unit.level is not None
            assert unit.power is not None
            assert unit.state in ("discharging", "charging", "idle")
            assert (unit.capacity, unit.temperature, unit.connected) == (None, None, None)


async def test_without_their_power_batteries_tell_their_level_from_the_list() -> None:
    async with simulated("single_phase") as site:
        site.gateway.faults.add(HttpStatus(404), POWER)
        await site.start()
        battery = site.part(Battery)
        [unit] = battery.units.values()
        assert unit.level == pytest.approx(site.house.battery_level, abs=1.5)
        assert (unit.power, unit.state) == (None, None)
        assert site.part(PowerFlow).battery is None
        # What the house takes is not known without it.
        assert site.part(PowerFlow).load is None


async def test_without_the_controllers_sum_the_level_is_the_mean_of_the_batteries() -> None:
    async with simulated("home") as site:
        site.gateway.faults.add(HttpStatus(404), SECONDARY)
        await site.start()
        battery = site.part(Battery)
        assert battery.level == pytest.approx(site.house.battery_level, abs=1.5)
        assert (battery.available_energy, battery.capacity, battery.health) == (None, None, None)


async def test_a_list_of_batteries_that_is_old_tells_what_they_are_and_not_how_they_are() -> None:
    async with simulated("home") as site:
        await site.start()
        site.gateway.faults.add(HttpStatus(503), (ENSEMBLE, POWER, SECONDARY))
        site.clock.advance(3 * 3600)
        await site.ask("ensemble_inventory", "battery_power", "secondary_control")
        battery = site.part(Battery)
        assert battery.level is None
        for unit in battery.units.values():
            assert unit.device.firmware == "4.5.35"
            assert unit.capacity == 5000
            assert (unit.level, unit.power, unit.temperature, unit.connected) == (None, None, None, None)
            assert unit.available_energy is None


@pytest.mark.parametrize(
    ("milliwatts", "state"),
    [(16_000, "idle"), (-24_000, "idle"), (0, "idle"), (900_000, "discharging"), (-900_000, "charging"), (None, None)],
)
async def test_a_battery_that_only_feeds_its_electronics_is_idle(milliwatts: int | None, state: str | None) -> None:
    def set_power(payload: dict[str, list[dict[str, Any]]]) -> None:
        for device in payload["devices:"]:
            device.update(real_power_mw=milliwatts, apparent_power_mva=None)

    async with simulated("single_phase") as site:
        site.gateway.faults.add(Mutate(set_power), POWER)
        await site.start()
        [unit] = site.part(Battery).units.values()
        assert unit.state == state
        assert unit.apparent_power is None


async def test_the_batterys_power_is_read_with_and_without_the_colon_in_its_name() -> None:
    async with simulated("single_phase", hour=13.0) as site:
        site.gateway.faults.add(Mutate(lambda payload: {"devices": payload["devices:"]}), POWER)
        await site.start()
        flow = site.part(PowerFlow).battery
        assert flow is not None
        assert flow.power == pytest.approx(site.house.flow.battery, abs=20)


async def test_an_ac_battery_without_a_reading_tells_what_the_lists_know() -> None:
    def forget(payload: dict[str, Any]) -> dict[str, Any]:
        return {
            key: value for key, value in payload.items() if not isinstance(value, dict) or value["devName"] != "acb"
        }

    async with simulated("ac_battery", hour=13.0) as site:
        site.gateway.faults.add(Mutate(forget), DEVICE_DATA)
        await site.start()
        for unit in site.part(Battery).ac_units.values():
            assert unit.level == pytest.approx(site.house.battery_level, abs=1.5)
            assert unit.power == pytest.approx(site.house.flow.battery / 2, abs=1)
            assert unit.connected
            assert unit.last_reported is not None
        assert site.source.capabilities.ac_batteries


async def test_an_ac_battery_without_an_inventory_tells_its_reading() -> None:
    def without_duration(payload: dict[str, Any]) -> None:
        for device in payload.values():
            if isinstance(device, dict) and device["devName"] == "acb":
                device["channels"][0]["lastReading"].update(duration=0, SOC=None)
                device["channels"][0]["lifetime"] = {}

    async with simulated("ac_battery", hour=13.0) as site:
        site.gateway.faults.add(Mutate(without_duration), DEVICE_DATA)
        site.gateway.faults.add(HttpStatus(404), "/inventory")
        await site.start()
        for unit in site.part(Battery).ac_units.values():
            assert (unit.power, unit.state, unit.level, unit.connected) == (None, None, None, None)
            assert (unit.charged_energy, unit.discharged_energy) == (None, None)
            assert unit.health == 98
        assert site.part(PowerFlow).battery is None


async def test_batteries_of_both_kinds_have_the_level_of_what_they_store_together() -> None:
    def both(payload: dict[str, Any]) -> None:
        payload.update(
            Max_energy=7500,
            ENC_agg_soc=50,
            ENC_agg_avail_energy=2500,
            Enc_max_available_capacity=5000,
            ACB_agg_soc=20,
            ACB_agg_energy=500,
        )

    def add_encharge(_: Any) -> list[dict[str, Any]]:
        return [{"type": "ENCHARGE", "devices": [{"serial_num": "492300000001", "encharge_capacity": 5000}]}]

    async with simulated("ac_battery", hour=13.0) as site:
        secondary = site.gateway.faults.add(Mutate(both), SECONDARY)
        site.gateway.faults.add(Mutate(add_encharge), ENSEMBLE)
        await site.start()
        battery = site.part(Battery)
        assert (len(battery.units), len(battery.ac_units)) == (1, 2)
        assert battery.available_energy == 3000
        assert battery.capacity == 7500
        assert battery.level == pytest.approx(40)
        secondary.remove()
        site.gateway.faults.add(Mutate(lambda _: {"Max_energy": 7500, "agg_soc": None}), SECONDARY)
        await site.ask("secondary_control")
        # Without what they store, the list of the one kind has no level either.
        assert site.part(Battery).available_energy is None
        assert site.part(Battery).level is None


async def test_a_home_without_batteries_has_none() -> None:
    async with simulated("standard") as site:
        await site.start()
        assert site.source.part(Battery) is None
        assert site.presence("secondary_control") is Presence.EMPTY


async def test_the_energy_of_a_battery_is_counted_though_nobody_tells_what_it_stores() -> None:
    async with simulated("single_phase", hour=13.0) as site:
        assert site.house.battery is not None
        site.house.battery.level = 30
        site.gateway.faults.add(HttpStatus(404), SECONDARY)
        await site.start()
        before, true = site.total(CounterKind.BATTERY_CHARGE), site.truth.battery_charge
        await site.run(600)
        await site.ask("battery_power")
        charged = site.truth.battery_charge - true
        assert charged > 100
        assert site.total(CounterKind.BATTERY_CHARGE) - before == pytest.approx(charged, rel=0.05)


async def test_the_energy_of_a_battery_that_is_not_metered_outlives_a_gap_by_what_it_stores() -> None:
    async with simulated("single_phase", hour=13.0, intervals=CALM) as site:
        assert site.house.battery is not None
        site.house.battery.level = 30
        await site.start()
        await site.run(120)
        before, true = site.total(CounterKind.BATTERY_CHARGE), site.truth.battery_charge
        site.clock.advance(2 * 3600)
        await site.ask("secondary_control", "battery_power", "meter_readings")
        charged = site.truth.battery_charge - true
        assert charged > 1000
        # Five percent of what goes in never gets into the cells.
        assert site.total(CounterKind.BATTERY_CHARGE) - before == pytest.approx(charged, rel=0.06)
