"""The account on a dashboard and in an automation: what is set, what waits, what is told and what is restored."""

from collections.abc import AsyncIterator
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from simulator.enphase_account import Account, AccountHome, Ending, Setting
from tests.common import number, set_up, state
from tests.steering import Handle, act, settle

from .homes import SITE, account_entry

RESERVE, MODE, CHARGE = ("number", "backup_reserve"), ("select", "operating_mode"), ("switch", "charge_from_grid")


@pytest.fixture
async def handle(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, home: AccountHome, owner: Account
) -> AsyncIterator[Handle]:
    """Hold the controls of the home, after the minute of its set-up."""
    home.accept_disclaimer()
    entry: MockConfigEntry = account_entry()
    await set_up(hass, entry)
    handle = Handle(hass, freezer, SITE)
    await handle.wait(180, step=30)
    yield handle
    await hass.config_entries.async_unload(entry.entry_id)
    await settle(hass)


def event(hass: HomeAssistant) -> tuple[str | None, Any]:
    """Return the type of the last event of a setting, and whose change it was."""
    found = state(hass, "event", SITE, "setting")
    assert found is not None
    return found.attributes["event_type"], found.attributes.get("by")


async def impose(handle: Handle, **data: Any) -> dict[str, Any]:
    """Set something for a time, and return the answer."""
    answer = await act(handle.hass, handle.freezer, DOMAIN, "set_mode_until", data, within=400)
    assert answer is not None
    return dict(answer)


async def test_a_reserve_that_the_site_has_at_once_is_told_as_changed(
    hass: HomeAssistant, handle: Handle, home: AccountHome
) -> None:
    home.set_endings(apply_after=5, shown_after=2)
    await handle.set(*RESERVE, value=40, within=90)
    assert float(handle.shown(*RESERVE)) == 40
    assert event(hass) == ("changed", "home_assistant")


async def test_a_reserve_that_takes_minutes_is_pending_and_nothing_is_told_before_it_is_in_force(
    hass: HomeAssistant, handle: Handle, home: AccountHome
) -> None:
    home.set_endings(apply_after=300, shown_after=60)
    await handle.set(*RESERVE, value=40, within=90)
    assert float(handle.shown(*RESERVE)) == 20
    assert handle.attribute("pending", *RESERVE) == 40
    assert event(hass) == (None, None)
    await handle.wait(600, step=5)
    assert float(handle.shown(*RESERVE)) == 40
    assert handle.attribute("pending", *RESERVE) is None
    assert event(hass) == ("changed", "home_assistant")


@pytest.mark.parametrize(
    ("ending", "more", "key"),
    [
        (Ending.IGNORE, {}, "control_ignored"),
        (Ending.DROP, {}, "control_dropped"),
        (Ending.MOVE, {"value": 30}, "control_moved"),
        (Ending.REFUSE, {"status": 400, "words": "Not today"}, "control_refused_because"),
    ],
)
async def test_each_ending_has_its_own_words(
    hass: HomeAssistant, handle: Handle, home: AccountHome, ending: Ending, more: dict[str, Any], key: str
) -> None:
    home.set_ending(Setting.RESERVE, ending, apply_after=5, shown_after=5, **more)
    with pytest.raises(HomeAssistantError) as caught:
        await handle.set(*RESERVE, value=40, within=120)
    assert caught.value.translation_key == key
    assert float(handle.shown(*RESERVE)) == (30 if ending is Ending.MOVE else 20)


async def test_what_needs_a_window_is_refused_with_the_way_to_make_one(hass: HomeAssistant, handle: Handle) -> None:
    data = {"entity_id": handle.entity("switch", "restrict_discharge")}
    with pytest.raises(ServiceValidationError) as caught:
        await hass.services.async_call("switch", "turn_on", data, blocking=True)
    assert caught.value.translation_key == "control_not_now_no_window"


async def test_a_mode_is_set_for_a_time_and_restored_with_what_it_brought(handle: Handle, home: AccountHome) -> None:
    home.set_endings(apply_after=5, shown_after=2)
    home.remember("cost_savings", reserve=40, charge_from_grid=True)
    before = home.settings.in_force
    await impose(handle, mode="savings", reserve=60, duration={"hours": 1})
    in_force = home.settings.in_force
    assert (in_force.profile, in_force.reserve) == ("cost_savings", 60)
    await handle.wait(3600 + 1200, step=10)
    after = home.settings.in_force
    assert (after.profile, after.reserve, after.charge_from_grid) == (
        before.profile,
        before.reserve,
        before.charge_from_grid,
    )
    assert (handle.shown(*MODE), handle.shown(*CHARGE)) == ("self_consumption", "off")


async def test_a_battery_shows_its_cycles_and_the_site_its_sign_ins(
    hass: HomeAssistant, handle: Handle, home: AccountHome
) -> None:
    assert number(hass, SITE, home.battery_serial(0), "cycles") is not None
    assert number(hass, SITE, "outages_this_year") == 0
