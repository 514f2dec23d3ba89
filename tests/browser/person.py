"""A person at Home Assistant's frontend, who sees texts and presses buttons."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import json
import re

from playwright.async_api import Browser, Locator, Page, expect

from .household import Household

# The first page loads all of the frontend, and other work may share the machine.
_PATIENCE_MS = 90_000
_WIDTH, _HEIGHT = 1280, 1000
# Which of them depends on whether there are devices.
_FINISH = re.compile("^(Skip and finish|Finish)$")


class Person:
    """Somebody who has signed in, at one page of a browser."""

    def __init__(self, page: Page, url: str) -> None:
        """Look at `page`, which has shown nothing yet, of the Home Assistant at `url`."""
        self.page = page
        self._url = url

    async def open(self, path: str) -> None:
        """Go to a page of Home Assistant by its address, from one without a dialog."""
        # A dialog that is closing goes a step back, as soon as it has faded out.
        await self.page.wait_for_function("!history.state?.dialog")
        await self.page.goto(f"{self._url}{path}")

    def text(self, text: str, *, exact: bool = False) -> Locator:
        """Return where a text stands, visibly, for the first time."""
        return self.page.get_by_text(text, exact=exact).filter(visible=True).first

    async def sees(self, text: str) -> None:
        """Wait until a text is there."""
        await expect(self.text(text)).to_be_visible()

    async def sees_no(self, text: str) -> None:
        """Wait until a text is gone."""
        await expect(self.page.get_by_text(text).filter(visible=True)).to_have_count(0)

    def card(self, name: str) -> Locator:
        """Return the card of a dashboard that shows the entity with this name."""
        named = self.page.get_by_text(name, exact=True)
        return self.page.locator("hui-tile-card").filter(has=named)

    def shown(self, name: str) -> Locator:
        """Return the state that the card with this name shows."""
        return self.card(name).locator("state-display")

    async def choose(self, text: str) -> None:
        """Click on a text."""
        await self.text(text, exact=True).click()

    def button(self, name: str) -> Locator:
        """Return the button with this name."""
        return self.page.get_by_role("button", name=name, exact=True).filter(visible=True).first

    async def press(self, name: str) -> None:
        """Press the button with this name."""
        await self.button(name).click()

    async def fill(self, label: str, text: str) -> None:
        """Write into the field of a form that has this label."""
        await self.page.get_by_role("textbox", name=label).filter(visible=True).first.fill(text)

    async def select(self, label: str, option: str) -> None:
        """Choose an option of the field of a form that has this label."""
        await self.page.locator(f"ha-picker-field[aria-label='{label}']").click()
        await self.page.locator("ha-dropdown-item").filter(has_text=option, visible=True).first.click()

    async def switch(self, label: str) -> None:
        """Turn the switch of a form that has this label."""
        await self.page.locator(f"ha-switch[aria-label='{label}']").click()

    async def add_integration(self, menu_item: str) -> None:
        """Begin to set up a site, in the way that the menu calls `menu_item`."""
        await self.open("/config/integrations/dashboard")
        await self.press("Add integration")
        await self.page.get_by_placeholder("Search for a brand name").fill("Energy Site")
        await self.page.locator("dialog-add-integration").get_by_text("Energy Site", exact=True).click()
        await self.choose(menu_item)

    async def open_options(self, entry: str) -> None:
        """Open the options of the entry with this title."""
        await self.open("/config/integrations/integration/energy_site")
        row = self.page.locator("ha-config-entry-row").filter(has=self.page.get_by_text(entry, exact=True))
        await row.get_by_role("button", name="Configure").first.click()

    async def add_trigger_for(self, device: str) -> None:
        """Begin an automation, and look at what can trigger it at a device."""
        await self.open("/config/automation/edit/new")
        await self.press("Add trigger")
        await self.choose("Devices")
        await self.choose(device)

    async def submit(self) -> None:
        """Send a step of a flow."""
        await self.press("Submit")

    async def finish(self) -> None:
        """Close a flow that has set something up, without naming its devices or putting them into rooms."""
        await self.page.get_by_role("button", name=_FINISH).click()

    async def submit_and_leave(self) -> Page:
        """Send a step of a flow that opens a page of somebody else's, and return that page."""
        async with self.page.context.expect_page() as opened:
            await self.submit()
        return await opened.value


@asynccontextmanager
async def at_a_browser(
    browser: Browser, household: Household, *, width: int = _WIDTH, height: int = _HEIGHT
) -> AsyncIterator[Person]:
    """Let a person who has signed in before look at a household's Home Assistant as long as the context lasts."""
    context = await browser.new_context(
        timezone_id=household.city.place.timezone,
        color_scheme="light",
        viewport={"width": width, "height": height},
        reduced_motion="reduce",
    )
    context.set_default_timeout(_PATIENCE_MS)
    remembered = {"hassTokens": household.remembered, "dockedSidebar": json.dumps("always_hidden")}
    for key, value in remembered.items():
        await context.add_init_script(f"localStorage.setItem({json.dumps(key)}, {json.dumps(value)});")
    try:
        yield Person(await context.new_page(), household.assistant.url)
    finally:
        await context.close()
