"""Power is held to the standard of energy: nothing that a site cannot do is shown, or counted."""

from typing import Any

import pytest

from bench.admission import corrupt, shown
from custom_components.energy_site.site.meters import Meters
from custom_components.energy_site.site.model import Battery, CounterKind, Inverters, PowerFlow
from simulator.iq_gateway import HttpStatus, Measurement, Mutate, wiring

from .driver import CALM, simulated

READINGS = "/ivp/meters/readings"
METERS = "/ivp/meters"
INVERTERS = "/api/v1/production/inverters"
POWER = "/ivp/ensemble/power"
KINDS = ("solar", "grid", "battery", "load")
SECOND = 704643329


# -- several meters of one type -----------------------------------------------


def split(kind: Measurement, share: float) -> tuple[Mutate, Mutate]:
    """Let two meters of one type measure what one did, the second a share of it."""

    def list_twice(payload: list[dict[str, Any]]) -> list[dict[str, Any]]:
        own = next(row for row in payload if row["measurementType"] == kind)
        return [*payload, own | {"eid": SECOND}]

    def read_twice(payload: list[dict[str, Any]]) -> list[dict[str, Any]]:
        eid = wiring.rows_of(payload, kind)[0]["eid"]

        def part(row: dict[str, Any], of: float) -> dict[str, Any]:
            numbers = ("activePower", "instantaneousDemand", "actEnergyDlvd", "actEnergyRcvd")
            return row | {name: row[name] * of for name in numbers}

        rows = [row for row in payload if row["eid"] != eid]
        for row in payload:
            if row["eid"] == eid:
                for of, number in ((1 - share, eid), (share, SECOND)):
                    rows.append(
                        part(row, of) | {"eid": number, "channels": [part(each, of) for each in row["channels"]]}
                    )
        return rows

    return Mutate(list_twice, (METERS,)), Mutate(read_twice, (READINGS,))


@pytest.mark.parametrize("kind", [Measurement.PRODUCTION, Measurement.NET_CONSUMPTION, Measurement.STORAGE])
async def test_several_meters_of_a_type_add_up_each_with_a_register_of_its_own(kind: Measurement) -> None:
    async with simulated("home", hour=13.0) as site:
        for fault in split(kind, 0.3):
            site.gateway.faults.add(fault)
        await site.start()
        await site.run(600)
        await site.ask("meter_readings")
        for name, power in shown(site).items():
            assert power == pytest.approx(getattr(site.house.flow, name), abs=1), name
        for counter in (CounterKind.SOLAR, CounterKind.GRID_IMPORT, CounterKind.GRID_EXPORT, CounterKind.LOAD):
            assert site.total(counter) == pytest.approx(getattr(site.truth, counter), abs=1), counter


async def test_a_meter_that_joins_another_of_its_type_makes_no_counter_jump() -> None:
    async with simulated("home", hour=11.0) as site:
        await site.start()
        await site.run(60)
        before, true = site.total(CounterKind.SOLAR), site.truth.solar
        for fault in split(Measurement.PRODUCTION, 0.3):
            site.gateway.faults.add(fault)
        await site.ask("meters", "meter_readings")
        await site.run(3600)
        assert site.total(CounterKind.SOLAR) - before == pytest.approx(site.truth.solar - true, rel=0.05)


async def test_a_sum_is_unknown_while_one_of_its_meters_is_not_believed() -> None:
    async with simulated("home", hour=13.0) as site:
        for fault in split(Measurement.PRODUCTION, 0.3):
            site.gateway.faults.add(fault)
        await site.start()
        await site.run(60)
        site.gateway.faults.add(Mutate(lambda payload: [row for row in payload if row["eid"] != SECOND]), READINGS)
        await site.run(60)
        assert shown(site)["solar"] is None
        assert shown(site)["load"] is None
        assert shown(site)["grid"] is not None


# -- phases -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("home", "kind"),
    [
        ("home", Measurement.PRODUCTION),
        ("three_phase", Measurement.NET_CONSUMPTION),
        ("three_phase", Measurement.STORAGE),
    ],
)
async def test_no_meter_is_believed_that_lost_a_phase_until_that_lasts(home: str, kind: Measurement) -> None:
    def lose(payload: list[dict[str, Any]]) -> None:
        whole, first, *_ = wiring.rows_of(payload, kind)
        for name in ("activePower", "instantaneousDemand"):
            whole[name] -= first[name]
        first.update(dict.fromkeys(("activePower", "instantaneousDemand", "voltage", "current"), 0.0))

    name = {"production": "solar", "net-consumption": "grid", "storage": "battery"}[kind]
    async with simulated(home, hour=13.0) as site:
        await site.start()
        await site.run(60)
        site.restart()
        await site.start()
        fault = site.gateway.faults.add(Mutate(lose), READINGS)
        before = shown(site)[name]
        await site.run(25)
        assert shown(site)[name] == before
        fault.remove()
        await site.run(20)
        await site.ask("meter_readings")
        assert shown(site)[name] == pytest.approx(getattr(site.house.flow, name), abs=1)
        site.gateway.faults.add(Mutate(lose), READINGS)
        await site.run(1200)
        seen = site.part(Meters).by_kind["grid" if name == "grid" else "storage" if name == "battery" else "production"]
        assert seen.power is not None


# -- after a restart ----------------------------------------------------------


def whole_row(kind: Measurement, factor: float, register: float = 0.0) -> Mutate:
    """Return a fault that scales all of a meter's powers, and lets its register leap."""

    def scale(payload: list[dict[str, Any]]) -> None:
        for row in wiring.rows_of(payload, kind):
            row["activePower"] *= factor
            row["instantaneousDemand"] *= factor
            row["actEnergyDlvd"] += register

    return Mutate(scale)


@pytest.mark.parametrize("factor", [10.0, 100.0, 2.0**32])
@pytest.mark.parametrize("kind", [Measurement.PRODUCTION, Measurement.NET_CONSUMPTION])
async def test_the_first_answer_after_a_restart_is_held_to_what_the_site_could_do_before(
    kind: Measurement, factor: float
) -> None:
    async with simulated("home", hour=13.0) as site:
        await site.start()
        await site.run(60)
        before = {counter: site.total(counter) for counter in (CounterKind.SOLAR, CounterKind.LOAD)}
        site.restart()
        site.clock.advance(600)
        site.gateway.faults.add(whole_row(kind, factor, register=400_000.0), READINGS, count=1)
        await site.source.prepare(site.now)
        await site.ask("meters", "meter_readings")
        assert shown(site)["solar" if kind is Measurement.PRODUCTION else "grid"] is None
        await site.start()
        await site.run(60)
        for counter, total in before.items():
            assert 0 <= site.total(counter) - total < 5_000


async def test_a_power_of_any_size_waits_for_the_inverters_where_nothing_was_known_of_the_site() -> None:
    async with simulated("home", hour=13.0) as site:
        site.gateway.faults.add(HttpStatus(503), INVERTERS)
        site.gateway.faults.add(HttpStatus(503), "/ivp/pdm/device_data")
        site.gateway.faults.add(whole_row(Measurement.PRODUCTION, 100.0), READINGS)
        await site.start()
        await site.run(1200)
        flows = site.source.part(PowerFlow)
        assert flows is None or flows.solar is None


# -- what the registers tell --------------------------------------------------


def bare(payload: list[dict[str, Any]]) -> None:
    """Leave out what could contradict a meter's power, but its registers."""
    for row in payload:
        row["channels"] = []
        for name in ("instantaneousDemand", "apparentPower", "reactivePower", "voltage", "current"):
            row.pop(name, None)


@pytest.mark.parametrize("factor", [-1.0, 0.1, 10.0])
@pytest.mark.parametrize("kind", [Measurement.PRODUCTION, Measurement.NET_CONSUMPTION])
async def test_where_nothing_but_registers_is_sent_they_have_to_tell_the_same(kind: Measurement, factor: float) -> None:
    def scale(payload: list[dict[str, Any]]) -> None:
        wiring.rows_of(payload, kind)[0]["activePower"] *= factor

    async with simulated("home", hour=13.0) as site:
        site.gateway.faults.add(Mutate(bare), READINGS)
        await site.start()
        await site.run(120)
        await site.ask("meter_readings")
        before = shown(site)
        site.gateway.faults.add(Mutate(scale), READINGS, count=1)
        await site.run(10)
        after = shown(site)
        name = "solar" if kind is Measurement.PRODUCTION else "grid"
        assert before[name] is not None
        assert after[name] == pytest.approx(before[name], abs=500)


async def test_registers_that_stand_still_refuse_nothing() -> None:
    async with simulated("home", hour=13.0) as site:
        await site.start()
        kept = {eid: each.reading.act_energy_dlvd for eid, each in site.source.answers.admission.admitted.items()}
        site.gateway.faults.add(
            Mutate(
                lambda payload: [
                    {name: row[name] for name in ("eid", "timestamp", "activePower")}
                    | {"actEnergyDlvd": kept.get(row["eid"], 0.0), "channels": []}
                    for row in payload
                ]
            ),
            READINGS,
        )
        await site.run(120)
        await site.ask("meter_readings")
        assert shown(site)["solar"] == pytest.approx(site.house.flow.solar, abs=1)


async def test_a_load_beyond_the_usual_is_believed_as_soon_as_the_register_counts_it() -> None:
    counted = {"from": 0.0}

    def charge(payload: list[dict[str, Any]]) -> None:
        hours = (site.clock.now() - counted["from"]) / 3600
        whole, *phases = wiring.rows_of(payload, Measurement.NET_CONSUMPTION)
        for row, watts in ((whole, 44_000.0), (phases[0], 22_000.0), (phases[1], 22_000.0)):
            for name in ("activePower", "instantaneousDemand", "apparentPower"):
                row[name] += watts
            row["actEnergyDlvd"] += watts * hours

    async with simulated("home", hour=3.0) as site:
        await site.start()
        await site.run(60)
        counted["from"] = site.clock.now()
        site.gateway.faults.add(Mutate(charge), READINGS)
        await site.run(20)
        await site.ask("meter_readings")
        assert shown(site)["grid"] == pytest.approx(site.house.flow.grid + 44_000, abs=1)


# -- what no meter sees -------------------------------------------------------


async def test_a_house_that_seemed_to_give_power_for_a_minute_is_watched_again_after_a_day() -> None:
    async with simulated("home", hour=13.0, intervals=CALM) as site:
        await site.start()
        admission = site.source.answers.admission
        admission._negative_at, admission._unmetered_source = site.now, True
        await site.run(86_400 + 1200)
        assert admission._unmetered_source is False


async def test_reactive_power_makes_no_gap_in_the_batterys() -> None:
    def reactive(payload: dict[str, Any]) -> None:
        for unit in payload["devices:"]:
            unit.update(real_power_mw=1_500_000, apparent_power_mva=2_300_000)

    async with simulated("single_phase", hour=13.0) as site:
        await site.start()
        await site.run(120)
        site.gateway.faults.add(Mutate(reactive), POWER)
        for _ in range(20):
            await site.run(15)
            assert shown(site)["battery"] is not None
        assert shown(site)["battery"] == 1500


async def test_a_production_meter_with_loads_on_its_wires_is_told_and_the_inverters_are_used() -> None:
    async with simulated("single_phase", hour=1.0) as site:
        site.gateway.faults.add(wiring.showing(Measurement.PRODUCTION, lambda: -320.0))
        await site.start()
        await site.run(1200)
        assert [finding.fault for finding in site.source.checks.witnesses.findings] == ["production_negative"]
        assert shown(site)["solar"] == 0
        assert shown(site)["load"] is not None


# -- the gateway's clock ------------------------------------------------------


async def test_a_clock_that_is_set_right_again_is_followed_at_once() -> None:
    async with simulated("standard", hour=13.0) as site:
        site.gateway.faults.add(HttpStatus(404), "/ivp/pdm/device_data")
        site.gateway.clock_skew = -5400.0
        await site.source.prepare(site.now)
        site.source.client._token = site.gateway.token(issued_at=site.gateway.now())
        await site.start()
        await site.run(400)
        site.gateway.clock_skew = 0.0
        await site.run(900)
        assert site.source.clock.now(site.now) == site.now
        assert site.part(Inverters).reporting == 24


# -- AC Batteries without device data -----------------------------------------


@pytest.mark.parametrize(("state", "watts", "power"), [("charging", 520, -520.0), ("discharging", 410, 410.0)])
async def test_ac_batteries_on_firmware_without_device_data_have_power_and_level(
    state: str, watts: float, power: float
) -> None:
    def storage(payload: dict[str, Any]) -> None:
        payload["storage"] = [
            {"type": "acb", "activeCount": 2, "wNow": watts, "whNow": 1200, "state": state, "percentFull": 48}
        ]

    async with simulated("ac_battery", hour=13.0) as site:
        site.gateway.faults.add(HttpStatus(404), "/ivp/pdm/device_data")
        site.gateway.faults.add(HttpStatus(404), "/ivp/ensemble/secctrl")
        site.gateway.faults.add(Mutate(storage), "/production.json")
        await site.start()
        await site.run(300)
        battery = site.part(Battery)
        assert battery.level == 48
        assert battery.available_energy == 1200
        assert battery.ac_units
        assert shown(site)["battery"] == power
        before = site.requests("/production.json")
        await site.run(3600)
        assert site.requests("/production.json") - before >= 10


# -- nothing impossible, whatever is wrong with one answer --------------------


@pytest.mark.parametrize("home", ["home", "three_phase", "single_phase", "collar", "standard"])
async def test_a_single_wrong_answer_never_shows_a_power_that_is_off_by_a_tenth_of_the_site(home: str) -> None:
    found = await corrupt(home, 42, seed=7)
    assert max(found, key=lambda each: each.error).error <= 0.1
