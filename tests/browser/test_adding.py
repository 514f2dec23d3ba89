"""Each source is added through Home Assistant's own pages."""

from collections.abc import AsyncIterator

from playwright.async_api import Browser
import pytest

from demo.account import ACCOUNT_SITE, CAREFUL, SYSTEM_ID as ACCOUNT_SYSTEM
from demo.cloud import SITE as CLOUD_SITE, SYSTEM_ID
from demo.tesla import REDIRECT, TESLA_SITE

from .household import Household, household
from .person import Person

_PARTNER = "partner@example.com"


@pytest.fixture(scope="module")
async def house(browser: Browser) -> AsyncIterator[Household]:
    """Return a household in which nothing is set up yet."""
    async with household() as house:
        yield house


async def test_a_gateway_is_added_with_a_token_that_is_pasted(person: Person, house: Household) -> None:
    await person.add_integration("Enphase IQ Gateway on this network")
    await person.fill("Host", house.neighbour.host)
    await person.submit()
    await person.choose("Paste a token")
    await person.fill("Token", house.neighbour.token())
    await person.submit()
    await person.finish()
    await house.loaded(house.neighbour.serial)


async def test_a_gateway_is_added_with_an_account_and_the_code_that_is_sent(person: Person, house: Household) -> None:
    account = house.home.account
    # Somebody else than in the next test, as Enphase sends nobody two codes within a minute.
    account.server.add_account(_PARTNER, account.password, system_id=ACCOUNT_SYSTEM, two_factor=True)
    await person.add_integration("Enphase IQ Gateway on this network")
    await person.fill("Host", house.home.gateway.host)
    await person.submit()
    await person.choose("Sign in with your Enphase account")
    await person.fill("Email", _PARTNER)
    await person.fill("Password", account.password)
    await person.submit()
    await person.sees("Enphase sent a code to your email")
    await person.fill("Code", account.server.mailbox.code(_PARTNER))
    await person.submit()
    await person.finish()
    await house.loaded(house.home.gateway.serial)


async def test_an_account_is_added_with_the_code_that_is_sent(person: Person, house: Household) -> None:
    account = house.home.account
    await person.add_integration("Your Enphase account")
    await person.fill("Email", CAREFUL)
    await person.fill("Password", account.password)
    await person.submit()
    await person.sees("Enphase sent a code to your email")
    await person.fill("Code", account.server.mailbox.code(CAREFUL))
    await person.submit()
    await person.finish()
    await house.loaded(ACCOUNT_SITE)


async def test_a_system_in_the_cloud_is_added_by_its_owner_who_allows_it_there(
    person: Person, house: Household
) -> None:
    application = house.home.cloud.application
    await person.add_integration("Enphase cloud")
    await person.fill("API key", application.key)
    await person.fill("Client ID", application.client_id)
    await person.fill("Client secret", application.client_secret)
    await person.select("Plan", "Megawatt")
    enphase = await person.submit_and_leave()
    await enphase.locator("#allow").click()
    await person.sees("These systems in your account aren't set up yet")
    await person.submit()
    await person.finish()
    await house.loaded(CLOUD_SITE)


async def test_a_tesla_site_is_added_by_its_owner_who_allows_it_there(person: Person, house: Household) -> None:
    application = house.tesla.application
    await person.add_integration("Tesla Powerwall, solar, or Wall Connector")
    await person.fill("Client ID", application.client_id)
    await person.fill("Client secret", application.client_secret)
    await person.submit()
    # Tesla leads nobody to an address without HTTPS, which is what Home Assistant has here.
    await person.sees("Copy the full address of that page")
    await person.fill("Address or code", await _allow_at_tesla(person))
    await person.submit()
    await person.sees("These energy sites in your account aren't set up yet")
    await person.submit()
    await person.finish()
    await house.loaded(TESLA_SITE)


async def test_a_system_is_added_with_a_key_of_the_old_api(person: Person, house: Household) -> None:
    cloud = house.home.cloud
    await person.add_integration("Enphase cloud, old API (v2)")
    await person.fill("API key", cloud.application.key)
    await person.fill("User ID", cloud.server.add_legacy_user())
    await person.submit()
    await person.sees("These systems in your account aren't set up yet")
    await person.submit()
    await person.finish()
    await house.loaded(f"enlighten_{SYSTEM_ID}")


async def _allow_at_tesla(person: Person) -> str:
    """Allow access on the page that Home Assistant links to, and return the address that Tesla leads to."""
    context = person.page.context
    await context.route(f"{REDIRECT}**", lambda route: route.fulfill(body="Link your Home Assistant"))
    async with context.expect_page() as opened:
        await person.page.locator("ha-markdown a[href*=oauth2]").click()
    tesla = await opened.value
    await tesla.locator("#allow").click()
    await tesla.wait_for_url(f"{REDIRECT}**")
    return tesla.url
