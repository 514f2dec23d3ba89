"""The dashboard that makes itself is added, shows what happens, and changes a setting."""

import re

from playwright.async_api import Browser, expect

from demo.polling import until
from demo.setting_up import states_of

from .household import Household
from .person import Person, at_a_browser
from .pictures import Album

_PATIENCE = 90.0
_PHONE = 412
_POWER = re.compile(r"([\d,]+)\sW")


async def test_the_dashboard_is_added_from_the_community_dashboards_and_is_live(
    person: Person, house: Household
) -> None:
    await person.open("/config/lovelace/dashboards")
    await person.press("Add dashboard")
    await person.sees("Community dashboards")
    await person.press("Energy Site")
    await person.press("Create")
    await person.sees_no("Add new dashboard")

    await person.open("/energy-site")
    await person.sees("Right now")
    # Around noon, the sun is as high for minutes; what the house uses always changes.
    used = person.shown("House power")
    await expect(used).to_have_text(_POWER)
    await expect(used).not_to_have_text(await used.inner_text())
    # What it shows is what the house makes, within the seconds that values are old.
    made, sun = await person.shown("Solar power").inner_text(), house.home.house.flow.solar
    assert abs(_watts(made) - sun) < 0.2 * sun


async def test_the_backup_reserve_is_set_on_the_dashboard_and_confirmed_by_the_gateway(
    person: Person, house: Household, dashboard: str
) -> None:
    battery = house.home.house.battery
    assert battery is not None
    before = battery.settings.reserve
    await person.open(dashboard)
    await expect(person.shown("Backup reserve")).to_have_text(f"{before:.0f}%")
    await person.card("Backup reserve").get_by_role("slider").press("PageUp")
    wanted = before + 10

    async def confirmed() -> bool:
        states = await states_of(house.assistant)
        state = states[house.entities["number.backup_reserve"]]
        return float(state["state"]) == wanted and "pending" not in state["attributes"]

    await until(confirmed, patience=_PATIENCE)
    assert battery.settings.reserve == wanted
    await expect(person.shown("Backup reserve")).to_have_text(f"{wanted:.0f}%")
    await expect(person.card("Setting")).to_contain_text("Changed")


async def test_the_dashboard_shows_the_house_on_a_screen(person: Person, dashboard: str, album: Album) -> None:
    await _open(person, dashboard)
    for name in ("House power", "Backup reserve", "Operating mode", "Grid connected", "Inverters reporting"):
        await expect(person.card(name)).to_be_visible()
    await expect(person.page.locator("hui-statistics-graph-card").first.locator("canvas").first).to_be_visible()
    await album.add(person.page, "dashboard", height=1260)


async def test_the_dashboard_fits_a_phone(browser: Browser, house: Household, dashboard: str, album: Album) -> None:
    async with at_a_browser(browser, house, width=_PHONE, height=915) as person:
        await _open(person, dashboard)
        assert await person.page.evaluate("document.documentElement.scrollWidth") <= _PHONE
        await album.add(person.page, "dashboard-phone")


async def _open(person: Person, dashboard: str) -> None:
    await person.open(dashboard)
    await expect(person.shown("Solar power")).to_have_text(_POWER)
    await expect(person.page.locator("hui-error-card")).to_have_count(0)


def _watts(text: str) -> float:
    number = _POWER.fullmatch(text)
    assert number is not None
    return float(number[1].replace(",", ""))
