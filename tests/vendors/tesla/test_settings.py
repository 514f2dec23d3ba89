"""A Tesla site on a dashboard and in an automation: what is refused, what waits, what is restored, and what is told."""

from collections.abc import AsyncIterator
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from simulator.tesla_cloud import Application, EnergySite, Storm, TeslaServer, Write
from tests.common import state
from tests.steering import Handle, act, settle, start
from tests.test_repairs import issue

from .signing_in import HOME, set_up_site

SITE = f"tesla_{HOME}"
HOUR = {"hours": 1}
RESERVE, MODE, CHARGE = ("number", "backup_reserve"), ("select", "operating_mode"), ("switch", "charge_from_grid")


@pytest.fixture
def site(fleet: TeslaServer) -> EnergySite:
    """Return the simulated home."""
    return fleet.world.sites[HOME]


@pytest.fixture
async def entry(hass: HomeAssistant, site: EnergySite, application: Application) -> AsyncIterator[MockConfigEntry]:
    """Return the entry of that home."""
    found = await set_up_site(hass, application)
    await hass.async_block_till_done(wait_background_tasks=True)
    yield found
    await hass.config_entries.async_unload(found.entry_id)
    await settle(hass)


@pytest.fixture
def handle(hass: HomeAssistant, freezer: FrozenDateTimeFactory, entry: MockConfigEntry) -> Handle:
    """Hold the controls of that home."""
    return Handle(hass, freezer, SITE)


async def impose(handle: Handle, **data: Any) -> dict[str, Any]:
    """Set something for a time, and return the answer."""
    answer = await act(handle.hass, handle.freezer, DOMAIN, "set_mode_until", data, within=300)
    assert answer is not None
    return dict(answer)


def in_force(site: EnergySite) -> tuple[str, int, bool]:
    """Return mode, reserve and charging from the grid as the site has them."""
    now = site.settings.now
    return now.mode, now.reserve, now.grid_charging


async def test_a_reserve_of_85_is_refused_with_the_nearest_two_in_the_owners_language(
    hass: HomeAssistant, handle: Handle, fleet: TeslaServer
) -> None:
    sent = len(fleet.requests)
    data = {"entity_id": handle.entity(*RESERVE), "value": 85}
    with pytest.raises(ServiceValidationError) as caught:
        await hass.services.async_call("number", "set_value", data, blocking=True)
    assert caught.value.translation_key == "control_in_gap"
    placeholders = caught.value.translation_placeholders or {}
    assert (placeholders["below"], placeholders["above"]) == ("80", "100")
    assert len(fleet.requests) == sent


async def test_a_reserve_of_85_that_was_set_in_the_app_is_shown(
    hass: HomeAssistant, handle: Handle, site: EnergySite
) -> None:
    site.set_behaviour(reserve_snaps=False)
    site.settings.change_in_app(Write.BACKUP, {"backup_reserve_percent": 85})
    await handle.wait(1200, step=60)
    assert float(handle.shown(*RESERVE)) == 85


async def test_a_value_that_is_accepted_shows_the_one_in_force_and_the_wish_as_pending(
    handle: Handle, site: EnergySite
) -> None:
    site.set_write_behaviour(Write.BACKUP, delay=600)
    await handle.set(*RESERVE, value=40, within=300)
    assert float(handle.shown(*RESERVE)) == 20
    assert handle.attribute("pending", *RESERVE) == 40
    await handle.wait(700, step=5)
    assert float(handle.shown(*RESERVE)) == 40
    assert handle.attribute("pending", *RESERVE) is None


async def test_a_mode_is_restored_at_its_end_with_what_it_moved(handle: Handle, site: EnergySite) -> None:
    site.set_behaviour(mode_moves_grid_charging=True)
    before = in_force(site)
    await impose(handle, mode="savings", reserve=60, duration=HOUR)
    assert in_force(site) == ("autonomous", 60, True)
    assert handle.shown(*CHARGE) == "on"
    await handle.wait(3600 + 900, step=10)
    assert in_force(site) == before
    assert (handle.shown(*MODE), handle.shown(*CHARGE)) == ("self_consumption", "off")


async def test_a_mode_that_tesla_is_minutes_to_act_on_is_restored_all_the_same(
    handle: Handle, site: EnergySite
) -> None:
    site.set_write_behaviours(delay=240)
    before = in_force(site)
    await impose(handle, mode="backup", duration=HOUR)
    await handle.wait(300, step=10)
    assert in_force(site)[0] == "backup"
    await handle.wait(3600 + 1800, step=10)
    assert in_force(site) == before


async def test_a_mode_is_restored_after_a_restart(
    hass: HomeAssistant, handle: Handle, entry: MockConfigEntry, site: EnergySite
) -> None:
    before = in_force(site)
    await impose(handle, mode="savings", duration=HOUR)
    await hass.config_entries.async_unload(entry.entry_id)
    await handle.wait(7200, step=600)
    await start(hass, entry)
    await handle.wait(600, step=5)
    assert in_force(site) == before


async def test_a_reserve_that_cannot_be_set_leaves_the_mode_as_it_was(handle: Handle, site: EnergySite) -> None:
    before = in_force(site)
    with pytest.raises(HomeAssistantError):
        await impose(handle, mode="savings", reserve=90, duration=HOUR)
    await handle.wait(600, step=5)
    assert in_force(site) == before


async def test_what_an_owner_sees_of_a_storm_an_outage_and_a_breaker(
    hass: HomeAssistant, handle: Handle, site: EnergySite
) -> None:
    now = site.house.time
    site.storms = [Storm(start=now + 7200, end=now + 14_400)]
    site.breaker_open = True
    site.start_outage()
    site.island_reason = "wait_for_solar"
    await handle.wait(300, step=10)
    storm = state(hass, "binary_sensor", SITE, "storm_alert")
    assert storm is not None
    assert storm.state == "on"
    assert storm.attributes["starts_at"].timestamp() == now + 7200
    grid = state(hass, "binary_sensor", SITE, "grid_connected")
    assert grid is not None
    assert (grid.state, grid.attributes["reason"]) == ("off", "wait_for_solar")
    problem = state(hass, "binary_sensor", SITE, "problem")
    assert problem is not None
    assert problem.state == "on"


@pytest.mark.parametrize("status", [404, 500])
async def test_a_site_that_was_sold_gets_a_repair_and_is_asked_once_an_hour_at_most_also_after_a_restart(
    hass: HomeAssistant, handle: Handle, entry: MockConfigEntry, fleet: TeslaServer, site: EnergySite, status: int
) -> None:
    site.set_behaviour(status=status)
    await handle.wait(6 * 3600, step=60)
    assert issue(hass, entry, "site_stale") is not None
    await hass.config_entries.async_unload(entry.entry_id)
    await start(hass, entry)
    await handle.wait(6 * 3600, step=60)
    since = len(fleet.requests)
    await handle.wait(12 * 3600, step=300)
    asked = [each for each in fleet.requests[since:] if each.path.startswith("/api/1/energy_sites/")]
    assert 6 <= len(asked) <= 12
    site.set_behaviour(status=None)
    await handle.wait(3 * 3600, step=60)
    assert issue(hass, entry, "site_stale") is None
    assert handle.shown(*MODE) == "self_consumption"
