"""What a gateway shows is what the house did."""

from dataclasses import replace

import pytest

from simulator.clock import ManualClock
from simulator.house import House
from simulator.iq_gateway import BatteryModel, Controller, GatewayConfig, GatewayServer, Measurement
from simulator.presets import PRESETS

from .client import Client
from .conftest import HARDWARE, HOME, HOUR, MIDNIGHT, NOON

PRODUCTION, NET, STORAGE = 704643328, 704643584, 704643840


async def test_meters_count_the_truth(client: Client, house: House) -> None:
    """Wh with three decimals, on the whole and on each phase."""
    meters = {each["eid"]: each for each in await client.get("/ivp/meters/readings")}
    truth = house.truth
    assert meters[PRODUCTION]["actEnergyDlvd"] == pytest.approx(truth.solar, abs=0.001)
    assert meters[NET]["actEnergyDlvd"] == pytest.approx(truth.grid_import, abs=0.001)
    assert meters[NET]["actEnergyRcvd"] == pytest.approx(truth.grid_export, abs=0.001)
    assert meters[STORAGE]["actEnergyDlvd"] == pytest.approx(truth.battery_discharge, abs=0.001)
    assert meters[STORAGE]["actEnergyRcvd"] == pytest.approx(truth.battery_charge, abs=0.001)
    for meter in meters.values():
        phases = meter["channels"][:2]
        assert len(meter["channels"]) == 3
        for key in ("activePower", "actEnergyDlvd", "actEnergyRcvd", "voltage"):
            assert meter[key] == pytest.approx(sum(phase[key] for phase in phases), abs=0.003)
        assert meter["channels"][2]["voltage"] < 13


async def test_signs_are_towards_the_house(client: Client, house: House) -> None:
    """At noon the sun feeds house, battery and grid."""
    assert house.battery
    house.battery.level = 50
    house.advance(NOON + 1)
    status = {each["eid"]: each["activePower"] for each in await client.get("/ivp/meters/readings")}
    assert status[PRODUCTION] == pytest.approx(house.flow.solar, abs=0.01)
    assert status[STORAGE] == pytest.approx(house.flow.battery, abs=0.01)
    assert status[STORAGE] < 0
    assert status[NET] == pytest.approx(house.flow.grid, abs=0.01)


async def test_reports_compute_consumption_without_the_battery(client: Client, house: House) -> None:
    """Total is solar plus net; net energy is import less export."""
    reports = {each["reportType"]: each for each in await client.get("/ivp/meters/reports")}
    truth = house.truth
    net = truth.grid_import - truth.grid_export
    assert reports["net-consumption"]["cumulative"]["whDlvdCum"] == pytest.approx(net, abs=0.001)
    total = reports["total-consumption"]["cumulative"]
    assert total["whDlvdCum"] == pytest.approx(net + truth.solar, abs=0.001)
    assert total["actPower"] == pytest.approx(house.flow.solar + house.flow.grid, abs=0.01)
    cut = await client.get("/ivp/meters/reports/consumption")
    assert [each["reportType"] for each in cut] == ["net-consumption", "total-consumption"]


async def test_today_follows_from_fast_endpoints(client: Client, clock: ManualClock, house: House) -> None:
    """Quarter-hour sums plus what the meter counted since then."""
    clock.advance(437)
    page = (await client.get("/production.json"))["production"][1]
    energy = (await client.get("/ivp/pdm/energy"))["production"]["eim"]
    meter = (await client.get(f"/ivp/meters/readings/{PRODUCTION}"))["actEnergyDlvd"]
    today = energy["wattHoursToday"] + meter - energy["wattHoursLifetime"]
    assert today == pytest.approx(page["whToday"], abs=2)
    assert today == pytest.approx(house.truth.solar, abs=2)


async def test_api_production_moves_each_quarter_of_an_hour(client: Client, clock: ManualClock) -> None:
    """In between it repeats itself."""
    clock.advance(900 - clock.now() % 900 + 1)
    first = await client.get("/api/v1/production")
    clock.advance(890)
    assert await client.get("/api/v1/production") == first
    clock.advance(15)
    assert (await client.get("/api/v1/production"))["wattHoursLifetime"] > first["wattHoursLifetime"]


async def test_inverters_report_every_five_minutes_each_at_its_own_time(
    client: Client, clock: ManualClock, house: House
) -> None:
    """Their energies are the house's."""
    clock.advance(300)
    await client.get("/api/v1/production/inverters")
    clock.advance(300)
    rows = await client.get("/api/v1/production/inverters")
    ages = {clock.now() - row["lastReportDate"] for row in rows}
    assert len(ages) > 1
    assert all(0 <= age <= 300 for age in ages)
    data = await client.get("/ivp/pdm/device_data")
    for inverter in house.inverters:
        device = next(each for each in data.values() if isinstance(each, dict) and each["sn"] == inverter.serial)
        channel = device["channels"][0]
        wh = channel["lifetime"]["joulesProduced"] / 3600
        assert inverter.energy_wh - 40 < wh <= inverter.energy_wh + 0.001
        reading = channel["lastReading"]
        assert reading["joulesProduced"] / reading["duration"] == pytest.approx(channel["watts"]["now"], abs=1)
        dc = reading["dcVoltageINmV"] * reading["dcCurrentINmA"] / 1e6
        assert dc == pytest.approx(inverter.power / 0.967, rel=0.25)


async def test_at_night_reports_freeze(client: Client, clock: ManualClock) -> None:
    """The last value stays, and the details empty themselves."""
    clock.advance(11 * HOUR)
    rows = await client.get("/api/v1/production/inverters")
    assert all(clock.now() - row["lastReportDate"] > HOUR for row in rows)
    dates = [row["lastReportDate"] for row in rows]
    clock.advance(2 * HOUR)
    assert [row["lastReportDate"] for row in await client.get("/api/v1/production/inverters")] == dates
    data = await client.get("/ivp/pdm/device_data")
    pcus = [each for each in data.values() if isinstance(each, dict) and each["devName"] == "pcu"]
    assert all(each["channels"][0]["lastReading"] == {} and each["modGone"] for each in pcus)


async def test_removed_inverters_stay_in_the_details_only(client: Client, clock: ManualClock, house: House) -> None:
    """Added ones appear with their first report."""
    gone = house.inverters[0].serial
    house.remove_inverter(gone)
    new = house.add_inverter().serial
    clock.advance(601)
    listed = {row["serialNumber"] for row in await client.get("/api/v1/production/inverters")}
    assert gone not in listed
    assert new in listed
    data = await client.get("/ivp/pdm/device_data")
    device = next(each for each in data.values() if isinstance(each, dict) and each["sn"] == gone)
    assert not device["active"]
    assert device["modGone"]
    for query, expected in (("", False), ("?deleted=1", True)):
        inventory = await client.get(f"/inventory.json{query}")
        assert (gone in {each["serial_num"] for each in inventory[0]["devices"]}) is expected


async def test_the_battery_is_the_same_in_every_endpoint(client: Client, house: House) -> None:
    """The key of the power list really ends in a colon."""
    power = (await client.get("/ivp/ensemble/power"))["devices:"]
    watts = sum(each["real_power_mw"] for each in power) / 1000
    assert watts == pytest.approx(house.flow.battery, abs=25)
    control = await client.get("/ivp/ensemble/secctrl")
    level = house.battery_level
    assert level is not None
    assert control["ENC_agg_soc"] == round(level)
    assert control["Max_energy"] == 10_000
    assert control["configured_backup_soc"] == 20
    inventory = await client.get("/ivp/ensemble/inventory")
    units = next(group for group in inventory if group["type"] == "ENCHARGE")["devices"]
    assert [unit["serial_num"] for unit in units] == [each["serial_num"] for each in power]
    assert all(abs(unit["percentFull"] - level) <= 2 for unit in units)


async def test_more_devices_than_the_limit_are_cut(socket_enabled: None, clock: ManualClock) -> None:
    """The short list has them all."""
    preset = PRESETS["large"]()
    async with (
        GatewayServer(House(preset.house, start=NOON), preset.gateway, clock=clock) as gateway,
        Client(gateway, gateway.token()) as client,
    ):
        data = await client.get("/ivp/pdm/device_data")
        assert data["deviceCount"] == 602
        assert len(data) == data["deviceDataLimit"] + 2
        assert len(await client.get("/api/v1/production/inverters")) == 600


async def test_hardware_decides_what_is_there(socket_enabled: None, house: House, clock: ManualClock) -> None:
    """Without meters there are no meter readings, without CTs disabled ones."""
    cases = {
        "standard": (GatewayConfig(metered=False, cts=()), [], 0),
        "no CTs": (GatewayConfig(cts=()), ["disabled", "disabled"], 2),
        "production only": (GatewayConfig(cts=(Measurement.PRODUCTION,)), ["enabled", "disabled"], 2),
        "total": (
            GatewayConfig(cts=(Measurement.PRODUCTION, Measurement.TOTAL_CONSUMPTION)),
            ["enabled", "enabled"],
            2,
        ),
    }
    for name, (config, states, count) in cases.items():
        async with GatewayServer(house, config, clock=clock) as gateway, Client(gateway, gateway.token()) as client:
            assert [each["state"] for each in await client.get("/ivp/meters")] == states, name
            assert len(await client.get("/ivp/meters/readings")) == count, name
            metered = "<imeter>true" in (await client.ask("/info")).text
            assert metered == config.metered
            production = await client.get("/api/v1/production")
            assert (production["wattHoursLifetime"] > 0) == (name != "no CTs"), name
            page = await client.get("/production.json")
            assert ("consumption" in page) == config.metered
            assert bool(await client.get("/ivp/meters/pvReading")) == (name in ("production only", "total"))
            assert await client.get("/ivp/meters/gridReading") == []
            assert len(await client.get("/ivp/meters/reports")) == {"production only": 1, "total": 3}.get(name, 0)
            consumption = await client.get("/api/v1/consumption")
            assert (consumption["wattHoursLifetime"] > 0) == (name == "total")
            if name == "total":
                meter = (await client.get("/ivp/meters/readings"))[1]
                assert meter["actEnergyDlvd"] == pytest.approx(house.truth.load, abs=0.001)
                reports = await client.get("/ivp/meters/reports")
                assert reports[2]["cumulative"]["whDlvdCum"] == pytest.approx(house.truth.load, abs=0.001)


async def test_ac_batteries_are_listed_among_inverters(socket_enabled: None, clock: ManualClock) -> None:
    """By device type 11."""
    config = replace(HARDWARE, battery_model=BatteryModel.AC_BATTERY, controller=Controller.NONE)
    async with (
        GatewayServer(House(HOME, start=NOON), config, clock=clock) as gateway,
        Client(gateway, gateway.token()) as client,
    ):
        kinds = [row["devType"] for row in await client.get("/api/v1/production/inverters")]
        assert kinds.count(11) == 2
        assert await client.get("/ivp/ensemble/inventory") == []
        assert (await client.get("/production.json"))["storage"][0]["activeCount"] == 2
        assert (await client.ask("/ivp/ensemble/device_list")).status == 404


async def test_older_firmware_knows_less(gateway: GatewayServer, client: Client) -> None:
    """An upgrade brings endpoints."""
    gateway.set_firmware("D7.6.175")
    assert (await client.ask("/ivp/pdm/device_data")).status == 404
    assert (await client.ask("/ivp/meters/gridReading")).status == 404
    gateway.set_firmware("D8.3.5286")
    assert "<version>08.03.5286</version>" in (await client.ask("/info")).text
    assert (await client.ask("/ivp/pdm/device_data")).status == 200


async def test_unused_inputs_of_a_combiner_are_disabled_and_carry_garbage(
    socket_enabled: None, clock: ManualClock
) -> None:
    """They are listed as disabled."""
    preset = PRESETS["collar"]()
    async with (
        GatewayServer(House(preset.house, start=NOON), preset.gateway, clock=clock) as gateway,
        Client(gateway, gateway.token()) as client,
    ):
        states = {each["measurementType"]: each["state"] for each in await client.get("/ivp/meters")}
        assert states["backfeed"] == "enabled"
        assert states["load"] == states["evse"] == states["pv3p"] == "disabled"
        readings = {each["eid"]: each for each in await client.get("/ivp/meters/readings")}
        assert readings[704644864]["actEnergyRcvd"] < 0
        assert (await client.ask("/ivp/meters/readings/1")).status == 404


async def test_a_dead_inverter_tells_no_more(client: Client, clock: ManualClock, house: House) -> None:
    """The inventory says so."""
    house.inverters[1].dead = True
    clock.advance(7300)
    rows = (await client.get("/inventory"))[0]["devices"]
    assert [row["communicating"] for row in rows] == [True, False, True, True, True, True]
    assert rows[1]["device_status"] == ["envoy.cond_flags.obs_strs.failure"]


async def test_a_collar_tells_an_outage_in_one_place_only(socket_enabled: None, clock: ManualClock) -> None:
    """Its other states lag behind."""
    preset = PRESETS["collar"]()
    house = House(preset.house, start=NOON)
    async with GatewayServer(house, preset.gateway, clock=clock) as gateway, Client(gateway, gateway.token()) as client:
        house.switches.grid_available = False
        clock.advance(5)
        groups = {group["type"]: group["devices"] for group in await client.get("/ivp/ensemble/inventory")}
        collar = groups["COLLAR"][0]
        assert collar["admin_state_str"] == "ENCMN_MDE_OFF_GRID"
        assert (collar["mid_state"], collar["grid_state"]) == ("close", "on_grid")


@pytest.mark.parametrize("name", sorted(PRESETS))
async def test_every_preset_answers_everywhere(name: str, socket_enabled: None) -> None:
    """Day and night."""
    preset = PRESETS[name]()
    clock = ManualClock(MIDNIGHT)
    house = House(preset.house, start=MIDNIGHT)
    async with GatewayServer(house, preset.gateway, clock=clock) as gateway, Client(gateway, gateway.token()) as client:
        for _ in range(2):
            for path in ("/ivp/meters/readings", "/ivp/pdm/device_data", "/ivp/livedata/status", "/ivp/sc/status"):
                await client.get(path)
            for path in ("/production.json?details=1", "/inventory.json?deleted=1", "/inv", "/home.json"):
                await client.get(path)
            for path in ("status", "relay", "generator", "secctrl", "power", "inventory", "dry_contacts"):
                await client.get(f"/ivp/ensemble/{path}")
            for path in ("gen_config", "gen_schedule", "gen_mode", "pel_settings", "dry_contact_settings"):
                await client.get(f"/ivp/ss/{path}")
            clock.advance(15 * HOUR)
