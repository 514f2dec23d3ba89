"""Each Wall Connector of a site: what it does, whether a car is plugged in, and its last session."""

from datetime import UTC, datetime
from typing import Any

import pytest

from custom_components.energy_site.site.chargers import ChargerFault, Chargers, ChargerState, ChargerUnit
from custom_components.energy_site.site.model import Battery, EnergyCounters, GridStatus, PowerFlow, Settings
from simulator.house import HouseConfig
from simulator.tesla_cloud import ChargeShape, NullResponse, WallConnector

from .conftest import MakeHome
from .home import INFO, LIVE, TeslaHome

DIN = "1457768-02-G--PGT22012000001"
SERIAL = "PGT22012000001"
OTHER = "PGT22012000002"


@pytest.fixture
async def charging(make_home: MakeHome) -> TeslaHome:
    """Return a home with one Wall Connector, which charges at 7.4 kW and did so last night."""
    charger = WallConnector()

    def plan(site: Any) -> None:
        start = site.archive.start + 86_400
        charger.charge(start - start % 900, start - start % 900 + 7_200)

    home = await make_home(chargers=[charger], plan=plan)
    now = home.clock.now()
    charger.charge(now - now % 900, now - now % 900 + 3_600)
    await home.poll(after=120)
    return home


def unit(home: TeslaHome, serial: str = SERIAL) -> ChargerUnit:
    """Return a charger."""
    return home.part(Chargers).units[serial]


async def test_a_charging_car_is_shown_at_its_wall_connector(charging: TeslaHome) -> None:
    charger = unit(charging)
    assert (charger.state, charger.connected, charger.power) == (ChargerState.CHARGING, True, 7_400)
    assert charger.fault is ChargerFault.CHARGING
    assert (charger.device.serial, charger.device.model) == (SERIAL, "Gen 3 Wall Connector")


@pytest.mark.parametrize("shape", list(ChargeShape))
async def test_the_last_session_is_shown_in_either_shape_of_the_answer(charging: TeslaHome, shape: ChargeShape) -> None:
    charging.site.set_behaviour(charge_shape=shape)
    await charging.poll("charge_sessions")
    session = charging.site.chargers[0].sessions[0]
    assert unit(charging).session_start == datetime.fromtimestamp(session.start, UTC)
    assert unit(charging).session_energy == pytest.approx(14_800, abs=1)


@pytest.mark.parametrize(
    ("number", "state", "connected"),
    [
        (1, ChargerState.CHARGING, True),
        (2, ChargerState.UNPLUGGED, False),
        (3, ChargerState.UNPLUGGED_FAULTED, False),
        (4, ChargerState.WAITING_FOR_VEHICLE, True),
        (5, ChargerState.TIME_RESTRICTED, True),
        (6, ChargerState.FAULT_CHARGING, True),
        (7, ChargerState.FAULT, None),
        (8, ChargerState.OFFLINE, None),
        (0, None, None),
        (99, None, None),
    ],
)
async def test_each_state_has_its_word_and_tells_whether_a_car_is_plugged_in(
    charging: TeslaHome, number: int, state: ChargerState | None, connected: bool | None
) -> None:
    charging.answers(LIVE, wall_connectors=[{"din": DIN, "wall_connector_state": number, "wall_connector_power": 0}])
    await charging.poll("live_status", after=60)
    assert (unit(charging).state, unit(charging).connected) == (state, connected)


async def test_a_single_answer_without_the_charger_changes_nothing(charging: TeslaHome) -> None:
    before = unit(charging)
    charging.site.chargers[0].missing = True
    await charging.poll("live_status", after=60)
    assert unit(charging) == before
    charging.site.chargers[0].missing = False
    await charging.poll("live_status", after=60)
    assert unit(charging) == before


async def test_an_answer_with_null_for_all_chargers_changes_nothing(charging: TeslaHome) -> None:
    before = unit(charging)
    charging.answers(LIVE, count=1, wall_connectors=None)
    await charging.poll("live_status", after=60)
    assert unit(charging) == before


async def test_a_charger_that_stays_out_of_the_answers_is_kept_as_a_device_whose_state_is_unknown(
    charging: TeslaHome,
) -> None:
    charging.site.set_behaviour(wall_connectors_sent=False)
    for _ in range(3):
        await charging.poll("live_status", after=60)
    assert (unit(charging).state, unit(charging).power, unit(charging).connected) == (None, None, None)
    assert unit(charging).device.serial == SERIAL


async def test_the_power_of_a_charger_is_not_shown_while_the_gateway_is_offline(charging: TeslaHome) -> None:
    charging.site.set_behaviour(live_stuck=True)
    await charging.poll("live_status", after=1800)
    assert (unit(charging).power, unit(charging).state) == (None, None)
    assert unit(charging).session_energy is not None


async def test_two_chargers_are_two_devices_and_a_session_is_of_neither(make_home: MakeHome) -> None:
    first, second = WallConnector(), WallConnector(din=f"1457768-02-G--{OTHER}", device_id="wc-2")
    home = await make_home(chargers=[first, second], plan=lambda site: first.charge(*quarter(site.archive.start)))
    await home.poll()
    assert set(home.part(Chargers).units) == {SERIAL, OTHER}
    assert home.source.answer(home.source.feeds["charge_sessions"])
    assert (unit(home).session_start, unit(home, OTHER).session_start) == (None, None)


def quarter(start: float) -> tuple[float, float]:
    """Return an hour that begins at a quarter of an hour after `start`."""
    begin = start // 900 * 900 + 3_600
    return begin, begin + 3_600


async def test_a_charger_whose_serial_number_is_not_the_end_of_its_din_is_one_device(charging: TeslaHome) -> None:
    connector = {"din": DIN, "serial_number": "B7S22999", "is_active": True}
    charging.answers(INFO, components={"battery": True, "wall_connectors": [connector]})
    await charging.poll("site_info", "live_status", after=60)
    assert set(charging.part(Chargers).units) == {"B7S22999"}
    assert unit(charging, "B7S22999").state is ChargerState.CHARGING


async def test_a_charger_that_was_replaced_is_no_device_and_asked_for_no_sessions(make_home: MakeHome) -> None:
    home = await make_home(chargers=[WallConnector(is_active=False, missing=True)])
    await home.poll()
    assert home.source.part(Chargers) is None
    assert home.sent("telemetry_history") == 0


async def test_a_charger_that_only_live_status_knows_is_shown(make_home: MakeHome) -> None:
    home = await make_home(chargers=[WallConnector()])
    home.answers(INFO, components={"battery": True, "solar": True})
    await home.poll()
    assert unit(home).state is ChargerState.UNPLUGGED
    assert unit(home).device.model == "Wall Connector"


async def test_a_site_without_chargers_asks_for_no_sessions(home: TeslaHome) -> None:
    assert home.source.part(Chargers) is None
    assert home.sent("telemetry_history") == 0


async def test_failing_sessions_cost_nothing_but_the_session(charging: TeslaHome) -> None:
    await charging.restart()
    charging.cloud.faults.add(NullResponse(), charging.site.path("telemetry_history"))
    await charging.ask("live_status", "charge_sessions", after=60)
    assert unit(charging).state is ChargerState.CHARGING
    assert [key for key, _ in charging.errors] == ["charge_sessions"]


async def test_a_site_of_wall_connectors_only_is_a_site(make_home: MakeHome) -> None:
    home = await make_home(HouseConfig(arrays=()), chargers=[WallConnector()], measured=False)
    await home.ask()
    assert home.errors == []
    assert unit(home).state is ChargerState.UNPLUGGED
    for part in (PowerFlow, Battery, Settings, EnergyCounters):
        assert home.source.part(part) is None
    assert home.part(GridStatus).connected is None
    assert home.sent("calendar_history") == 0


async def test_no_vin_gets_into_what_is_shown_or_stored(charging: TeslaHome) -> None:
    vin = charging.site.chargers[0].vin
    assert vin not in repr(charging.part(Chargers))
    assert vin not in repr(charging.source.answer(charging.source.feeds["live_status"]))
