"""Numbers of the cloud that are right or not shown at all: rows of other times, lost phases, corrected lives."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.core import HomeAssistant
from simulator.enphase_cloud import MEGAWATT, Application, CloudServer, CloudSystem
from simulator.enphase_cloud.faults import ChangedRows, OldRow
from simulator.iq_gateway.faults import Mutate
from tests.common import number, pass_time

from ...cloud import set_up_cloud
from ...clouds import SITE, SYSTEM_ID, usual_system
from ...houses import MORNING, FrozenClock

LATEST = f"/api/v4/systems/{SYSTEM_ID}/latest_telemetry"
FLOWS = ("solar", "grid", "battery", "load")
HOUR, DAY = 3600, 86_400

type SetUp = Callable[[], Awaitable[MockConfigEntry]]


@pytest.fixture
def preset() -> str:
    """Return the house in the cloud."""
    return "home"


@pytest.fixture
def system(freezer: FrozenDateTimeFactory, preset: str) -> CloudSystem:
    """Return the house with a month behind it."""
    freezer.move_to(MORNING)
    return usual_system(MORNING.timestamp(), preset=preset)


@pytest.fixture
async def set_up(hass: HomeAssistant, cloud: CloudServer, application: Application) -> SetUp:
    """Return what sets the system up as a person does."""

    async def through_the_flow() -> MockConfigEntry:
        entry = await set_up_cloud(hass, application, str(SYSTEM_ID), plan="megawatt")
        await hass.async_block_till_done(wait_background_tasks=True)
        return entry

    return through_the_flow


def power(hass: HomeAssistant) -> dict[str, float | None]:
    """Return what is shown of each flow."""
    return {flow: number(hass, SITE, f"{flow}_power") for flow in FLOWS}


def rows_of_the_report(**watts: float) -> Mutate:
    """Let every channel have the same share of these watts; a battery charges with what is above zero."""

    def change(payload: dict[str, dict[str, list[dict[str, object]]]]) -> None:
        for rows in (payload["devices"]["meters"], payload["devices"]["encharges"]):
            for row in rows:
                name = "battery" if rows is payload["devices"]["encharges"] else str(row["name"])
                row["power"] = watts[name] / sum(each["name"] == row["name"] for each in rows)

    return Mutate(change)


# -- power --------------------------------------------------------------------------


async def test_a_meter_out_of_service_for_days_adds_nothing_to_solar_power(
    hass: HomeAssistant, cloud: CloudServer, set_up: SetUp
) -> None:
    # Faults act in the order in which they were added.
    cloud.faults.add(rows_of_the_report(production=3000, consumption=2500, battery=500), path=LATEST)
    cloud.faults.add(OldRow("meters", 1800, 5 * DAY), path=LATEST)
    cloud.faults.add(OldRow("encharges", 1200, 330_939), path=LATEST)
    await set_up()
    assert power(hass) == {"solar": 3000, "grid": -500, "battery": -500, "load": 2000}


async def test_a_consumption_of_six_hours_ago_makes_no_export_of_now(
    hass: HomeAssistant, cloud: CloudServer, set_up: SetUp
) -> None:
    cloud.faults.add(rows_of_the_report(production=3000, consumption=400, battery=0), path=LATEST)
    cloud.faults.add(ChangedRows("consumption", age=6 * HOUR), path=LATEST)
    await set_up()
    assert power(hass) == {"solar": 3000, "grid": None, "battery": 0, "load": None}
    assert number(hass, SITE, "grid_export_power") is None


async def test_a_battery_that_reports_late_leaves_the_house_unknown_and_the_grid_alone(
    hass: HomeAssistant, cloud: CloudServer, set_up: SetUp
) -> None:
    cloud.faults.add(rows_of_the_report(production=3000, consumption=2500, battery=500), path=LATEST)
    cloud.faults.add(ChangedRows("IQ Battery", age=2 * HOUR), path=LATEST)
    await set_up()
    assert power(hass) == {"solar": 3000, "grid": -500, "battery": None, "load": None}


async def test_one_battery_of_two_that_reports_late_is_not_left_out_of_their_sum(
    hass: HomeAssistant, cloud: CloudServer, set_up: SetUp
) -> None:
    cloud.faults.add(rows_of_the_report(production=3000, consumption=2500, battery=500), path=LATEST)
    cloud.faults.add(OldRow("encharges", 700, 2 * HOUR, {"id": 1}), path=LATEST)
    await set_up()
    assert power(hass) == {"solar": 3000, "grid": -500, "battery": None, "load": None}


@pytest.mark.parametrize("preset", ["home", "three_phase"])
@pytest.mark.parametrize("lost", [{"changes": {"power": None}}, {"gone": True}, {"age": 3 * HOUR}])
async def test_a_phase_without_a_value_leaves_grid_and_house_unknown(
    hass: HomeAssistant, cloud: CloudServer, set_up: SetUp, lost: dict[str, object]
) -> None:
    cloud.faults.add(rows_of_the_report(production=3000, consumption=2400, battery=0), path=LATEST)
    cloud.faults.add(ChangedRows("consumption", channel=2, **lost), path=LATEST)  # type: ignore[arg-type]
    await set_up()
    shown = power(hass)
    assert (shown["solar"], shown["grid"], shown["load"]) == (3000, None, None)


async def test_a_channel_more_than_the_meter_has_phases_is_not_missed(
    hass: HomeAssistant, cloud: CloudServer, set_up: SetUp
) -> None:
    cloud.faults.add(rows_of_the_report(production=3000, consumption=2500, battery=500), path=LATEST)
    cloud.faults.add(OldRow("meters", 0, 0, {"name": "consumption", "channel": 3, "power": None}), path=LATEST)
    await set_up()
    assert power(hass) == {"solar": 3000, "grid": -500, "battery": -500, "load": 2000}


async def test_a_clock_that_is_ahead_makes_no_other_device_old(
    hass: HomeAssistant, cloud: CloudServer, set_up: SetUp
) -> None:
    cloud.faults.add(rows_of_the_report(production=3000, consumption=2500, battery=500), path=LATEST)
    cloud.faults.add(ChangedRows("production", age=-5 * HOUR), path=LATEST)
    await set_up()
    assert power(hass) == {"solar": 3000, "grid": -500, "battery": -500, "load": 2000}


# -- energy -------------------------------------------------------------------------


async def test_the_house_s_energy_is_what_its_power_is_without_what_the_battery_takes(
    hass: HomeAssistant, cloud: CloudServer, system: CloudSystem, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    await set_up()
    midnight = system.days.midnight(system.days.day(MORNING.timestamp()))
    for _ in range(4):
        await pass_time(hass, freezer, 2 * HOUR, step=HOUR / 2)
        horizon = system.horizon(system.house.time)
        truth = system.archive.energy("load", midnight, horizon)
        assert system.consumed(midnight, horizon) != pytest.approx(truth, rel=0.02)
        assert number(hass, SITE, "load_energy_today") == pytest.approx(truth, rel=0.06)
        assert (number(hass, SITE, "load_energy_today") or 0) <= truth + 5


@pytest.mark.parametrize("kind", ["solar", "load", "battery_charge"])
async def test_a_life_that_was_corrected_downwards_goes_on_counting_at_once(
    hass: HomeAssistant,
    cloud: CloudServer,
    system: CloudSystem,
    set_up: SetUp,
    freezer: FrozenDateTimeFactory,
    kind: str,
) -> None:
    await set_up()
    before, at = number(hass, SITE, f"{kind}_energy"), system.horizon(system.house.time)
    assert before is not None
    system.correct(kind, 150_000)  # type: ignore[arg-type]
    for _ in range(3):
        await pass_time(hass, freezer, DAY, step=2 * HOUR)
        truth = system.archive.energy(kind, at, system.horizon(system.house.time))  # type: ignore[arg-type]
        grown = (number(hass, SITE, f"{kind}_energy") or 0) - before
        assert grown == pytest.approx(truth, abs=1500)
    assert truth > 10_000


async def test_a_life_that_is_lower_for_an_hour_neither_stops_nor_jumps(
    hass: HomeAssistant, cloud: CloudServer, system: CloudSystem, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    await set_up()
    before, at = number(hass, SITE, "solar_energy"), system.horizon(system.house.time)
    assert before is not None
    for wh in (400_000, -250_000, -150_000):
        system.correct("solar", wh)
        await pass_time(hass, freezer, HOUR, step=HOUR / 4)
        truth = system.archive.energy("solar", at, system.horizon(system.house.time))
        assert (number(hass, SITE, "solar_energy") or 0) - before == pytest.approx(truth, abs=1500)
    await pass_time(hass, freezer, DAY, step=2 * HOUR)
    truth = system.archive.energy("solar", at, system.horizon(system.house.time))
    assert (number(hass, SITE, "solar_energy") or 0) - before == pytest.approx(truth, abs=1500)


@pytest.mark.parametrize("short_windows", [True, False])
@pytest.mark.parametrize("day", [(2026, 11, 1), (2026, 3, 8)])
async def test_a_day_of_25_or_23_hours_is_whole_before_it_ends(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    socket_enabled: None,
    monkeypatch: pytest.MonkeyPatch,
    day: tuple[int, int, int],
    short_windows: bool,
) -> None:
    zone = ZoneInfo("America/Chicago")
    begin = datetime(*day, 6, tzinfo=zone).astimezone(UTC)
    freezer.move_to(begin)

    system = usual_system(begin.timestamp(), days=5)
    async with CloudServer([system], clock=FrozenClock()) as cloud:
        cloud.policy.days_of_24_hours = short_windows
        monkeypatch.setenv("ENERGY_SITE_ENPHASE_API", cloud.url)

        entry = await set_up_cloud(hass, cloud.add_application(plan=MEGAWATT), str(SYSTEM_ID), plan="megawatt")
        end = datetime(*day, 23, 57, tzinfo=zone).astimezone(UTC)
        await pass_time(hass, freezer, (end - begin).total_seconds(), step=900)
        midnight = system.days.midnight(system.days.day(begin.timestamp()))
        horizon = system.horizon(system.house.time)
        for kind in ("grid_import", "load", "battery_discharge"):
            truth = system.archive.energy(kind, midnight, horizon - 900)
            assert (number(hass, SITE, f"{kind}_energy_today") or 0) >= truth, kind
        await hass.config_entries.async_unload(entry.entry_id)
