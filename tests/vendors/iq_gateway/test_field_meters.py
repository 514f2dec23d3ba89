"""What owners see where a meter cannot be believed: nothing false, and a word of who should look at it."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.energy_site.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from simulator.house import House
from simulator.iq_gateway import Fault, GatewayServer, Measurement, Mutate, wiring
from simulator.presets import PRESETS, Preset
from tests.common import number, open_settings, pass_time, set_up_through_flow, state, tick
from tests.vendors.iq_gateway.source.driver import equipped, sunny

from ...houses import MORNING, FrozenClock
from ...steering import Handle

READINGS = "/ivp/meters/readings"
ENSEMBLE_POWER = "/ivp/ensemble/power"
HOUR = 3600


@pytest.fixture
def home() -> Preset:
    """Return the home; a test that wants another one parametrizes this."""
    return sunny(PRESETS["single_phase"]())


@pytest.fixture
def faults() -> tuple[Fault, ...]:
    """Return what is wrong from the beginning."""
    return ()


@pytest.fixture
async def gateway(
    home: Preset, faults: tuple[Fault, ...], socket_enabled: None, freezer: FrozenDateTimeFactory
) -> AsyncIterator[GatewayServer]:
    """Serve the home."""
    freezer.move_to(MORNING)
    clock = FrozenClock()
    house = House(home.house, start=clock.now() - 1800)
    async with GatewayServer(house, home.gateway, clock=clock) as server:
        for fault in faults:
            server.faults.add(fault)
        yield server


@pytest.fixture
async def site(hass: HomeAssistant, gateway: GatewayServer) -> AsyncIterator[str]:
    """Set the gateway up through the flow, and return what its unique ids begin with."""
    result = await set_up_through_flow(hass, gateway.host, gateway.token())
    assert result["type"] is FlowResultType.CREATE_ENTRY, result
    yield gateway.serial
    await hass.async_block_till_done(wait_background_tasks=True)
    for entry in hass.config_entries.async_entries(DOMAIN):
        await hass.config_entries.async_unload(entry.entry_id)


def issue(hass: HomeAssistant, key: str) -> ir.IssueEntry | None:
    """Return an open repair of the only site."""
    [entry] = hass.config_entries.async_entries(DOMAIN)
    return ir.async_get(hass).async_get_issue(DOMAIN, f"{key}_{entry.entry_id}")


def change(edit: Callable[[dict[str, Any]], object]) -> Fault:
    """Return a fault that edits each meter's reading."""

    def edit_all(payload: list[dict[str, Any]]) -> None:
        for meter in payload:
            edit(meter)

    return Mutate(edit_all, (READINGS,))


def impossible_battery(payload: dict[str, Any]) -> None:
    """Let each battery's power be -1 mW without its sign."""
    for unit in payload["devices:"]:
        unit["real_power_mw"] = 2**32 - 1


def powers(hass: HomeAssistant, site: str) -> dict[str, float | None]:
    """Return what is shown to flow."""
    return {kind: number(hass, site, f"{kind}_power") for kind in ("solar", "grid", "battery", "load")}


# -- power-that-cannot-be -----------------------------------------------------


@pytest.mark.parametrize("home", [PRESETS["home"]()])
async def test_lifetimes_that_come_as_watts_after_a_restart_of_the_gateway_are_not_shown(
    hass: HomeAssistant, gateway: GatewayServer, site: str, freezer: FrozenDateTimeFactory
) -> None:
    await pass_time(hass, freezer, 60)
    before = powers(hass, site)
    rejected = number(hass, site, "rejected_samples")
    assert rejected is not None

    gateway.faults.add(change(lambda row: row.update(activePower=row["actEnergyDlvd"])), count=1)
    gateway.faults.add(Mutate(impossible_battery), ENSEMBLE_POWER, count=1)
    await tick(hass, freezer, 10)
    assert powers(hass, site) == before
    after = number(hass, site, "rejected_samples")
    assert after is not None
    assert after >= rejected + 3
    await pass_time(hass, freezer, 20)
    shown, true = powers(hass, site), gateway.house.flow
    assert shown["solar"] == pytest.approx(true.solar, abs=2)
    assert shown["load"] == pytest.approx(true.load, abs=2)


@pytest.mark.parametrize("home", [PRESETS["home"]()])
async def test_power_that_stays_impossible_is_unknown_and_counts_no_energy(
    hass: HomeAssistant, gateway: GatewayServer, site: str, freezer: FrozenDateTimeFactory
) -> None:
    await pass_time(hass, freezer, 60)
    gateway.faults.add(Mutate(impossible_battery), ENSEMBLE_POWER)
    gateway.faults.add(change(lambda row: row.update(activePower=28e6)))
    await pass_time(hass, freezer, 30)
    assert number(hass, site, "solar_power") is not None
    counted = number(hass, site, "load_energy")
    await pass_time(hass, freezer, 20)
    assert {powers(hass, site)[kind] for kind in ("solar", "grid", "load")} == {None}
    # With a meter of their own the batteries are asked every few minutes.
    await pass_time(hass, freezer, 900, step=30)
    assert set(powers(hass, site).values()) == {None}
    assert number(hass, site, "load_energy") in (counted, None)


async def test_readings_whose_time_stands_still_for_a_minute_are_not_of_now(
    hass: HomeAssistant, gateway: GatewayServer, site: str, freezer: FrozenDateTimeFactory
) -> None:
    await pass_time(hass, freezer, 30)
    kept: list[Any] = []

    def freeze(payload: Any) -> Any:
        kept.append(payload)
        return kept[0]

    fault = gateway.faults.add(Mutate(freeze), READINGS)
    await pass_time(hass, freezer, 60)
    assert number(hass, site, "solar_power") is not None
    await pass_time(hass, freezer, 20)
    assert {powers(hass, site)[kind] for kind in ("solar", "grid", "load")} == {None}
    fault.remove()
    await pass_time(hass, freezer, 20)
    assert number(hass, site, "solar_power") == pytest.approx(gateway.house.flow.solar, abs=2)


# -- consumption-ct-on-the-grids-wire -----------------------------------------


TOTAL = equipped(
    sunny(PRESETS["single_phase"](), battery=None),
    cts=(Measurement.PRODUCTION, Measurement.TOTAL_CONSUMPTION),
)


@pytest.mark.parametrize("home", [TOTAL])
async def test_a_house_that_would_give_power_is_unknown_and_its_meter_is_said_to_sit_on_the_grids_wire(
    hass: HomeAssistant, gateway: GatewayServer, site: str, freezer: FrozenDateTimeFactory
) -> None:
    gateway.faults.add(wiring.showing(Measurement.TOTAL_CONSUMPTION, lambda: -2000.0))
    await pass_time(hass, freezer, 60)
    exported = number(hass, site, "grid_export_energy")
    await pass_time(hass, freezer, 120)
    assert number(hass, site, "load_power") is None
    assert number(hass, site, "grid_power") is None
    assert number(hass, site, "solar_power") == pytest.approx(gateway.house.flow.solar, abs=2)
    assert issue(hass, "consumption_on_grid") is None
    await pass_time(hass, freezer, 400)
    found = issue(hass, "consumption_on_grid")
    assert found is not None
    assert found.translation_placeholders is not None
    assert found.translation_placeholders["measured"] == "-2000"
    await pass_time(hass, freezer, 600, step=30)
    assert number(hass, site, "grid_export_energy") in (exported, None)


@pytest.mark.parametrize("home", [TOTAL])
async def test_such_a_meter_is_not_believed_at_night_either_when_it_looks_right(
    hass: HomeAssistant, gateway: GatewayServer, site: str, freezer: FrozenDateTimeFactory
) -> None:
    fault = gateway.faults.add(wiring.showing(Measurement.TOTAL_CONSUMPTION, lambda: -2000.0))
    await pass_time(hass, freezer, 600, step=30)
    fault.remove()
    await pass_time(hass, freezer, 600, step=30)
    assert number(hass, site, "load_power") is None
    assert issue(hass, "consumption_on_grid") is not None
    freezer.tick(timedelta(days=1, hours=1))
    await pass_time(hass, freezer, 120, step=30)
    assert issue(hass, "consumption_on_grid") is None
    assert number(hass, site, "load_power") == pytest.approx(gateway.house.flow.load, abs=2)


async def test_a_house_never_takes_less_than_nothing_whichever_meter_is_wrong(
    hass: HomeAssistant, gateway: GatewayServer, site: str, freezer: FrozenDateTimeFactory
) -> None:
    gateway.faults.add(wiring.scaled(Measurement.NET_CONSUMPTION, 6.0))
    await pass_time(hass, freezer, 300, step=30)
    load = number(hass, site, "load_power")
    assert load is None or load >= 0


# -- production-ct-not-fitted, production-ct-reversed -------------------------


@pytest.mark.parametrize(
    ("faults", "key", "share", "after"),
    [
        pytest.param(
            (wiring.not_fitted(Measurement.PRODUCTION),), "production_not_measuring", 0.0, 60, id="not fitted"
        ),
        pytest.param((wiring.scaled(Measurement.PRODUCTION, -1.0),), "production_reversed", -1.0, 900, id="reversed"),
        pytest.param((wiring.scaled(Measurement.PRODUCTION, 0.35),), "production_partial", 0.35, HOUR, id="a part"),
    ],
)
async def test_the_inverters_are_used_where_the_production_meter_contradicts_them(
    hass: HomeAssistant,
    gateway: GatewayServer,
    site: str,
    freezer: FrozenDateTimeFactory,
    key: str,
    share: float,
    after: int,
) -> None:
    await pass_time(hass, freezer, after, step=60)
    true = gateway.house.flow
    assert number(hass, site, "solar_power") == pytest.approx(true.solar, rel=0.1)
    assert number(hass, site, "load_power") == pytest.approx(true.load, abs=0.1 * true.solar)
    found = issue(hass, key)
    assert found is not None
    assert found.translation_placeholders is not None
    measured, expected = (float(found.translation_placeholders[name]) for name in ("measured", "expected"))
    assert measured / expected == pytest.approx(share, abs=0.05)
    counted, produced = number(hass, site, "solar_energy"), gateway.house.truth.solar
    assert counted is not None
    await pass_time(hass, freezer, HOUR, step=150)
    more = number(hass, site, "solar_energy")
    assert more is not None
    # Inverters report every 5 minutes what their counters hold.
    assert more - counted == pytest.approx(gateway.house.truth.solar - produced, rel=0.15)


async def test_a_meter_that_is_mended_takes_over_again_without_a_jump(
    hass: HomeAssistant, gateway: GatewayServer, site: str, freezer: FrozenDateTimeFactory
) -> None:
    fault = gateway.faults.add(wiring.scaled(Measurement.PRODUCTION, -1.0))
    await pass_time(hass, freezer, 1200, step=150)
    assert issue(hass, "production_reversed") is not None
    before = number(hass, site, "solar_energy")
    assert before is not None
    fault.remove()
    await pass_time(hass, freezer, 2 * HOUR, step=150)
    assert issue(hass, "production_reversed") is None
    after = number(hass, site, "solar_energy")
    assert after is not None
    assert 0 <= after - before < 20_000
    assert number(hass, site, "solar_power") == pytest.approx(gateway.house.flow.solar, abs=2)


async def test_what_was_found_out_about_a_meter_outlives_a_restart(
    hass: HomeAssistant, gateway: GatewayServer, site: str, freezer: FrozenDateTimeFactory
) -> None:
    gateway.faults.add(wiring.scaled(Measurement.PRODUCTION, -1.0))
    await pass_time(hass, freezer, 1200, step=150)
    [entry] = hass.config_entries.async_entries(DOMAIN)
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert number(hass, site, "solar_power") == pytest.approx(gateway.house.flow.solar, rel=0.1)
    assert issue(hass, "production_reversed") is not None


async def test_meters_and_inverters_that_agree_raise_no_repair_through_a_day_of_clouds(
    hass: HomeAssistant, gateway: GatewayServer, site: str, freezer: FrozenDateTimeFactory
) -> None:
    await pass_time(hass, freezer, 8 * HOUR, step=300)
    assert not [found for found in ir.async_get(hass).issues if found[0] == DOMAIN]


@pytest.mark.parametrize(
    "home",
    [
        equipped(
            sunny(PRESETS["single_phase"]()),
            cts=(Measurement.NET_CONSUMPTION,),
            disabled_cts=(Measurement.PRODUCTION,),
        )
    ],
)
async def test_a_meter_that_is_fitted_but_disabled_gets_a_hint(
    hass: HomeAssistant, gateway: GatewayServer, site: str, freezer: FrozenDateTimeFactory
) -> None:
    assert issue(hass, "production_disabled") is None
    gateway.faults.add(wiring.showing(Measurement.PRODUCTION, lambda: 2100.0))
    await pass_time(hass, freezer, 1200, step=150)
    found = issue(hass, "production_disabled")
    assert found is not None
    assert found.translation_placeholders is not None
    assert found.translation_placeholders["measured"] == "2100"
    problem = state(hass, "binary_sensor", site, "problem")
    assert problem is not None
    assert problem.state == "off"


# -- live-power-without-production-ct -----------------------------------------


NET_ONLY = equipped(
    sunny(PRESETS["single_phase"](), battery=None),
    cts=(Measurement.NET_CONSUMPTION,),
    disabled_cts=(Measurement.PRODUCTION,),
)


@pytest.mark.parametrize("home", [NET_ONLY, equipped(NET_ONLY, meter_stream=True)], ids=["live data", "stream"])
async def test_live_power_without_a_production_meter_shows_the_house_that_the_inverters_make(
    hass: HomeAssistant, gateway: GatewayServer, site: str, freezer: FrozenDateTimeFactory
) -> None:
    handle = Handle(hass, freezer, site)
    await handle.set("switch", "live_power", value=True)
    await handle.wait(10)
    true = gateway.house.flow
    assert number(hass, site, "grid_power") == pytest.approx(true.grid, abs=20)
    assert number(hass, site, "solar_power") == pytest.approx(true.solar, rel=0.1)
    assert number(hass, site, "load_power") == pytest.approx(true.load, abs=0.1 * true.solar)


# -- one-report-from-the-future -----------------------------------------------


@pytest.mark.parametrize("home", [PRESETS["standard"]()])
@pytest.mark.parametrize("once", [True, False], ids=["in one answer", "in every answer"])
async def test_one_report_from_the_future_leaves_the_power_of_all_inverters_as_it_is(
    hass: HomeAssistant, gateway: GatewayServer, site: str, freezer: FrozenDateTimeFactory, *, once: bool
) -> None:
    def postdate(rows: list[dict[str, Any]]) -> None:
        rows[0]["lastReportDate"] += 7200

    def postdate_device(payload: dict[str, Any]) -> None:
        device = next(each for each in payload.values() if isinstance(each, dict) and each.get("devName") == "pcu")
        device["channels"][0]["lastReading"]["endDate"] += 7200

    count = 1 if once else None
    gateway.faults.add(Mutate(postdate), "/api/v1/production/inverters", count=count)
    gateway.faults.add(Mutate(postdate_device), "/ivp/pdm/device_data", count=count)
    for _ in range(4):
        await pass_time(hass, freezer, 600, step=60)
        assert number(hass, site, "solar_power") == pytest.approx(gateway.house.flow.solar, rel=0.15)
        assert number(hass, site, "inverters_reporting") == 24
    assert issue(hass, "inverters_silent") is None


# -- three-phases-not-netted --------------------------------------------------


@pytest.mark.parametrize("home", [PRESETS["three_phase"]()])
@pytest.mark.parametrize(("netted", "wh"), [(False, 3000.0), (True, 0.0)])
async def test_phases_that_cancel_out_count_as_the_utilitys_meter_does(
    hass: HomeAssistant, gateway: GatewayServer, site: str, freezer: FrozenDateTimeFactory, *, netted: bool, wh: float
) -> None:
    if netted:
        [entry] = hass.config_entries.async_entries(DOMAIN)
        form = await open_settings(hass, entry)
        assert form["data_schema"] is not None
        chosen = {str(key): key.default() for key in form["data_schema"].schema}
        done = await hass.config_entries.options.async_configure(
            form["flow_id"], user_input={**chosen, "net_phases": True}
        )
        assert done["type"] is FlowResultType.CREATE_ENTRY
        await hass.async_block_till_done(wait_background_tasks=True)
    started = gateway.clock.now()
    base = {"actEnergyDlvd": 1_000_000.0, "actEnergyRcvd": 500_000.0}

    def balanced(payload: list[dict[str, Any]]) -> None:
        for meter in payload:
            if meter["eid"] == 704643584:
                hours = (gateway.clock.now() - started) / 3600
                meter.update(activePower=0.0, instantaneousDemand=0.0)
                meter.update({name: start + 3000.0 * hours for name, start in base.items()})
                for channel, watts in zip(meter["channels"], (3000.0, -1500.0, -1500.0), strict=True):
                    channel.update(activePower=watts, instantaneousDemand=watts)

    gateway.faults.add(Mutate(balanced), READINGS)
    # A register that leaps to another level is believed after 20 minutes.
    await pass_time(hass, freezer, 1800, step=100)
    names = ("grid_import_energy", "grid_export_energy")
    before = [number(hass, site, name) for name in names]
    await pass_time(hass, freezer, HOUR, step=150)
    after = [number(hass, site, name) for name in names]
    for one, other in zip(before, after, strict=True):
        assert one is not None
        assert other is not None
        assert other - one == pytest.approx(wh, abs=60)
    assert number(hass, site, "grid_power") == pytest.approx(0, abs=1)
