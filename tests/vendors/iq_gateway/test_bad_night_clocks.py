"""What a person sees around midnight, in the minutes of the gateway's restart, and when the clocks change."""

import asyncio
from datetime import UTC, datetime, timedelta
import logging

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from simulator.house import House
from simulator.iq_gateway import GatewayServer, Hang, firmware_bugs
from simulator.presets import PRESETS
from tests.common import gateway_entry, number, pass_time, set_up, state, tick
from tests.houses import FrozenClock

DEVICE_DATA = "/ivp/pdm/device_data"
COUNTERS = ("solar", "grid_import", "grid_export", "battery_charge", "battery_discharge", "load")


def truth_of_today(gateway: GatewayServer, key: str) -> float:
    """Return what really flowed since midnight at the house, Wh."""
    before = sum(getattr(phase, key) for phase in gateway.house.diary.today.phases)
    true: float = getattr(gateway.house.truth, key) - before
    return true


async def go_on(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    """Let a minute pass without waiting for an answer that may not come."""
    freezer.tick(timedelta(minutes=1))
    async_fire_time_changed(hass)
    for _ in range(600):
        await asyncio.sleep(0)


async def test_a_night_in_which_the_inverters_details_hang_shows_everything_else_and_no_alarm(
    hass: HomeAssistant,
    gateway: GatewayServer,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    # 22:50 in Austin, where the house stands; the details hang from 22:57 to 23:10.
    freezer.move_to("2026-06-16 03:50:00+00:00")
    await pass_time(hass, freezer, 6 * 60, step=60)
    caplog.clear()
    gateway.stats.reset()
    fault = gateway.faults.add(Hang(), DEVICE_DATA)
    for _ in range(14):
        await go_on(hass, freezer)
        for name in ("solar", "grid", "battery", "load"):
            assert number(hass, gateway.serial, f"{name}_power") == pytest.approx(
                getattr(gateway.house.flow, name), abs=2
            )
    asked = gateway.stats.requests[DEVICE_DATA]
    fault.remove()
    # Whatever hangs is given up by then.
    await go_on(hass, freezer)
    assert asked == 0
    await pass_time(hass, freezer, 15 * 60, step=60)
    assert gateway.stats.requests[DEVICE_DATA] > 0
    inverter = state(hass, "sensor", gateway.serial, gateway.house.inverters[0].serial, "power")
    assert inverter is not None
    assert inverter.state not in (STATE_UNAVAILABLE, STATE_UNKNOWN)
    assert [
        record.getMessage()
        for record in caplog.records
        if record.name.startswith("custom_components.energy_site") and record.levelno >= logging.INFO
    ] == []


async def test_todays_solar_energy_is_zero_after_midnight_though_the_gateways_own_sum_is_yesterdays(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    late = gateway.faults.add(firmware_bugs.today_resets_late())
    # 23:40 in Austin.
    freezer.move_to("2026-06-16 04:40:00+00:00")
    await pass_time(hass, freezer, 18 * 60, step=60)
    yesterday = number(hass, gateway.serial, "solar_energy_today")
    assert yesterday == pytest.approx(truth_of_today(gateway, "solar"), rel=0.02)
    await pass_time(hass, freezer, 3 * 60, step=60)
    for _ in range(40):
        await tick(hass, freezer, 60)
        assert number(hass, gateway.serial, "solar_energy_today") == 0
    late.remove()
    await pass_time(hass, freezer, 1200, step=60)
    assert number(hass, gateway.serial, "solar_energy_today") == 0
    load = number(hass, gateway.serial, "load_energy_today")
    assert load == pytest.approx(truth_of_today(gateway, "load"), abs=70)


@pytest.mark.parametrize(
    ("evening", "hours"),
    [
        pytest.param("2026-10-31 23:30:00-05:00", 25, id="the clocks go back"),
        pytest.param("2026-03-07 23:30:00-06:00", 23, id="the clocks go forward"),
    ],
)
@pytest.mark.usefixtures("socket_enabled")
async def test_the_day_that_changes_the_clocks_shows_the_energy_of_all_its_hours(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, evening: str, hours: int
) -> None:
    start = datetime.fromisoformat(evening).astimezone(UTC)
    freezer.move_to(start)
    await hass.config.async_set_time_zone("America/Chicago")
    preset, clock = PRESETS["home"](), FrozenClock()
    async with GatewayServer(House(preset.house, start=clock.now()), preset.gateway, clock=clock) as gateway:
        entry = gateway_entry(gateway, options={"power": 120, "battery": 300, "grid": 300, "devices": 900})
        await set_up(hass, entry)
        await pass_time(hass, freezer, 28 * 60, step=120)
        await pass_time(hass, freezer, 8 * 60, step=120)
        for key in ("grid_import", "load", "battery_discharge"):
            today = number(hass, gateway.serial, f"{key}_energy_today")
            assert today == pytest.approx(truth_of_today(gateway, key), abs=70), key
        # On to ten minutes before the next midnight, in ordinary steps.
        await pass_time(hass, freezer, (hours - 0.1) * 3600 - 10 * 60, step=1740)
        await tick(hass, freezer, 121)
        length = (clock.now() - gateway.house.diary.today.epoch) / 3600
        assert hours - 0.5 < length < hours
        for key in COUNTERS:
            today, true = number(hass, gateway.serial, f"{key}_energy_today"), truth_of_today(gateway, key)
            assert today == pytest.approx(true, abs=130), key
        await hass.config_entries.async_unload(entry.entry_id)
