"""The calendar of a home's storms and outages: `scripts/test tests/test_calendar.py --snapshot-update` renews its entities."""

from datetime import datetime, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, snapshot_platform
from syrupy.assertion import SnapshotAssertion

from custom_components.energy_site.const import DOMAIN
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
from simulator.iq_gateway import GatewayServer
from tests.steering import Handle

CALENDAR = ("calendar", "storms_and_outages")


@pytest.mark.parametrize("platform", [Platform.CALENDAR])
@pytest.mark.parametrize("preset", ["home", "three_phase", "generator"])
async def test_the_calendar_of_a_house(
    hass: HomeAssistant,
    entity_registry: er.EntityRegistry,
    snapshot: SnapshotAssertion,
    small_entry: MockConfigEntry,
) -> None:
    await snapshot_platform(hass, entity_registry, snapshot, small_entry.entry_id)


@pytest.fixture
def handle(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> Handle:
    """Return the site of a gateway."""
    return Handle(hass, freezer, gateway.serial)


def calendar(hass: HomeAssistant, site: str) -> State:
    """Return the calendar's state."""
    found = er.async_get(hass).async_get_entity_id(CALENDAR[0], DOMAIN, f"{site}_{CALENDAR[1]}")
    assert found is not None
    shown = hass.states.get(found)
    assert shown is not None
    return shown


async def listed(hass: HomeAssistant, site: str, **hours: float) -> list[dict[str, Any]]:
    """Return the events between some hours from now."""
    now = dt_util.utcnow()
    answer = await hass.services.async_call(
        "calendar",
        "get_events",
        {
            "entity_id": calendar(hass, site).entity_id,
            "start_date_time": (now + timedelta(hours=hours["start"])).isoformat(),
            "end_date_time": (now + timedelta(hours=hours["end"])).isoformat(),
        },
        blocking=True,
        return_response=True,
    )
    assert answer is not None
    [found] = answer.values()
    assert isinstance(found, dict)
    events: Any = found["events"]
    return list(events)


async def test_an_outage_is_an_event_while_it_lasts_and_after_a_restart(
    hass: HomeAssistant, handle: Handle, gateway: GatewayServer, entry: MockConfigEntry
) -> None:
    await handle.wait(120, step=10)
    assert calendar(hass, gateway.serial).state == "off"
    assert await listed(hass, gateway.serial, start=-24, end=24) == []
    gateway.house.switches.grid_available = False
    began = dt_util.utcnow()
    await handle.wait(600, step=10)
    now = calendar(hass, gateway.serial)
    assert (now.state, now.attributes["message"]) == ("on", "Outage")
    [lasting] = await listed(hass, gateway.serial, start=-1, end=1)
    assert datetime.fromisoformat(lasting["end"]) > dt_util.utcnow()
    gateway.house.switches.grid_available = True
    await handle.wait(120, step=10)
    asked = gateway.stats.requests.total()
    for _ in range(2):
        assert calendar(hass, gateway.serial).state == "off"
        [outage] = await listed(hass, gateway.serial, start=-1, end=1)
        assert outage["summary"] == "Outage"
        start, end = (datetime.fromisoformat(outage[each]) for each in ("start", "end"))
        assert abs(start - began) < timedelta(seconds=60)
        assert (end - start).total_seconds() == pytest.approx(600, abs=30)
        assert await listed(hass, gateway.serial, start=1, end=24) == []
        assert await listed(hass, gateway.serial, start=-24, end=-1) == []
        if gateway.stats.requests.total() == asked:
            await hass.config_entries.async_reload(entry.entry_id)
            await hass.async_block_till_done(wait_background_tasks=True)


@pytest.mark.parametrize("preset", ["standard"])
async def test_a_home_that_knows_of_neither_has_no_calendar(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    assert not hass.states.async_all("calendar")
