"""What the log says of a site whose values are missing."""

from collections.abc import AsyncIterator
import logging

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.core import HomeAssistant
from simulator.iq_gateway.faults import HttpStatus
from simulator.tesla_cloud import Application, Refuse, TeslaServer
from tests.common import number, pass_time

from .signing_in import HOME, set_up_site

SITE = f"tesla_{HOME}"
HOUR = 3_600
TROUBLE = (logging.WARNING, logging.ERROR, logging.CRITICAL)
PATHS = [f"/api/1/energy_sites/{HOME}/{name}" for name in ("live_status", "site_info", "calendar_history")]


@pytest.fixture
async def entry(hass: HomeAssistant, fleet: TeslaServer, application: Application) -> AsyncIterator[MockConfigEntry]:
    """Return an entry that works."""
    found = await set_up_site(hass, application)
    await hass.async_block_till_done(wait_background_tasks=True)
    yield found
    await hass.config_entries.async_unload(found.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


def lines(caplog: pytest.LogCaptureFixture, *levels: int) -> list[str]:
    """Return what the integration logged at these levels."""
    return [
        record.getMessage()
        for record in caplog.records
        if record.levelno in levels and record.name.startswith("custom_components.energy_site")
    ]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Refuse(402), "status 402"),
        (HttpStatus(403), "status 403"),
        (Refuse(412), "status 412, refused"),
        (Refuse(421), "status 421"),
        (Refuse(503), "status 503"),
    ],
)
async def test_values_that_are_gone_for_failures_are_logged_once_and_so_is_their_return(
    hass: HomeAssistant,
    fleet: TeslaServer,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
    fault: Refuse | HttpStatus,
    reason: str,
) -> None:
    fleet.faults.add(fault, PATHS)
    caplog.clear()
    await pass_time(hass, freezer, 3 * HOUR, step=120)
    assert number(hass, SITE, "solar_power") is None
    assert lines(caplog, *TROUBLE) == [f"Sunny Home has no current values: live_status: {reason}"]
    fleet.faults.clear()
    caplog.clear()
    await pass_time(hass, freezer, HOUR, step=120)
    assert number(hass, SITE, "solar_power") is not None
    assert lines(caplog, *TROUBLE) == []
    assert lines(caplog, logging.INFO) == ["Sunny Home has current values again"]


async def test_failures_that_last_for_days_are_logged_once(
    hass: HomeAssistant,
    fleet: TeslaServer,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    fleet.faults.add(Refuse(402), PATHS[:1])
    caplog.clear()
    await pass_time(hass, freezer, 50 * HOUR, step=1_200)
    assert len(lines(caplog, *TROUBLE)) == 1


async def test_a_single_failure_is_not_logged(
    hass: HomeAssistant,
    fleet: TeslaServer,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    fleet.faults.add(Refuse(503), PATHS, count=2)
    caplog.clear()
    await pass_time(hass, freezer, HOUR, step=60)
    assert lines(caplog, *TROUBLE) == []


@pytest.mark.parametrize("code", [404, 408, 500])
async def test_a_site_that_tesla_has_no_data_of_is_not_called_busy(
    hass: HomeAssistant,
    fleet: TeslaServer,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
    code: int,
) -> None:
    caplog.clear()
    fleet.world.sites[HOME].set_behaviour(status=code)
    await pass_time(hass, freezer, 4 * HOUR, step=300)
    assert f"Sunny Home has no data: its cloud responds to everything about the site with status {code}" in lines(
        caplog, *TROUBLE
    )
    assert len(lines(caplog, *TROUBLE)) <= 2
    assert "is busy" not in caplog.text
