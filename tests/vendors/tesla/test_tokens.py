"""How an entry of Tesla keeps its tokens, whatever happens to it meanwhile."""

import asyncio
from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.energy_site.api.errors import ApiAuthError, ApiConnectionError
from custom_components.energy_site.const import DOMAIN
from custom_components.energy_site.helpers.sessions import async_get_isolated_session
from custom_components.energy_site.vendors.oauth import async_entry_token, client_was_refused
from custom_components.energy_site.vendors.tesla.client.addresses import Region
from custom_components.energy_site.vendors.tesla.client.client import TeslaClient
from custom_components.energy_site.vendors.tesla.oauth import TeslaImplementation
from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.core import HomeAssistant
from homeassistant.helpers.config_entry_oauth2_flow import async_get_implementations
from homeassistant.setup import async_setup_component
from simulator.iq_gateway import HtmlPage, HttpStatus, Reset
from simulator.iq_gateway.faults import AnswerLost, Fault
from simulator.tesla_cloud import Application, TeslaServer

from .signing_in import CABIN, PRODUCTS, TOKEN, asked, set_up_site

pytestmark = pytest.mark.usefixtures("no_runtime")

HOURS = timedelta(hours=8)
TOKENS = "/oauth2/v3/token"


@pytest.fixture
async def entry(hass: HomeAssistant, fleet: TeslaServer, application: Application) -> MockConfigEntry:
    """Return an entry that was set up by a person."""
    entry = await set_up_site(hass, application)
    fleet.requests.clear()
    return entry


def reauths(hass: HomeAssistant) -> int:
    """Return how often a person is asked to sign in again."""
    return sum(
        flow["context"]["source"] == SOURCE_REAUTH
        for flow in hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    )


async def client_of(hass: HomeAssistant, entry: MockConfigEntry) -> TeslaClient:
    """Return a client of an entry, as after a start."""
    token = await async_entry_token(hass, entry)
    return TeslaClient(async_get_isolated_session(hass), token, region=Region(entry.data["region"]))


def restore(hass: HomeAssistant, entry: MockConfigEntry, token: dict[str, Any]) -> None:
    """Let an entry have what was on the disk before a crash or in a backup."""
    hass.config_entries.async_update_entry(entry, data={**entry.data, "token": token})


async def test_a_token_that_ends_is_renewed_without_the_secret_and_kept(
    hass: HomeAssistant,
    fleet: TeslaServer,
    application: Application,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    before = entry.data["token"]
    freezer.tick(HOURS)
    await (await client_of(hass, entry)).products()
    after = entry.data["token"]
    assert after["refresh_token"] != before["refresh_token"]
    assert after["expires_at"] == before["expires_at"] + HOURS.total_seconds()
    assert asked(fleet) == [TOKEN, PRODUCTS]
    assert application.client_secret.encode() not in fleet.requests[0].body


async def test_what_a_crash_lost_is_asked_for_again_with_the_token_that_was_used(
    hass: HomeAssistant, fleet: TeslaServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    on_disk = entry.data["token"]
    freezer.tick(HOURS)
    await (await client_of(hass, entry)).products()
    # The power fails before the new token is on the disk, and is back hours later.
    restore(hass, entry, on_disk)
    freezer.tick(timedelta(hours=20))
    fleet.requests.clear()
    await (await client_of(hass, entry)).products()
    assert asked(fleet) == [TOKEN, PRODUCTS]
    # What came in place of it is as good as any.
    freezer.tick(HOURS)
    await (await client_of(hass, entry)).products()
    assert reauths(hass) == 0


async def test_an_answer_that_got_lost_on_the_way_is_asked_for_again(
    hass: HomeAssistant, fleet: TeslaServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    freezer.tick(HOURS)
    client = await client_of(hass, entry)
    fleet.faults.add(AnswerLost(), TOKENS, count=1)
    with pytest.raises(ApiConnectionError):
        await client.products()
    await client.products()
    freezer.tick(HOURS)
    await client.products()
    assert reauths(hass) == 0


async def test_a_backup_of_weeks_ago_costs_one_request_and_one_sign_in(
    hass: HomeAssistant, fleet: TeslaServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    backup = entry.data["token"]
    client = await client_of(hass, entry)
    for _ in range(3):
        freezer.tick(timedelta(days=7))
        await client.products()
    restore(hass, entry, backup)
    fleet.requests.clear()
    client = await client_of(hass, entry)
    for _ in range(3):
        with pytest.raises(ApiAuthError):
            await client.products()
        freezer.tick(timedelta(minutes=1))
    await hass.async_block_till_done()
    assert asked(fleet) == [TOKEN]
    assert reauths(hass) == 1
    assert not client_was_refused(hass, entry.data["auth_implementation"])


async def test_a_token_that_is_used_elsewhere_as_well_is_no_loop(
    hass: HomeAssistant, fleet: TeslaServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    # A second Home Assistant was made from a copy of the first, and both renew in turn.
    copied = entry.data["token"]
    for day in range(2):
        token, application = copied["refresh_token"], next(iter(fleet.world.applications))
        renewed = fleet.tokens.refresh(token, application, fleet.clock.now())
        assert renewed is not None, day
        copied = {**copied, "refresh_token": renewed.refresh}
        freezer.tick(timedelta(days=1))
    client = await client_of(hass, entry)
    for _ in range(3):
        with pytest.raises(ApiAuthError):
            await client.products()
    await hass.async_block_till_done()
    assert asked(fleet) == [TOKEN]
    assert reauths(hass) == 1


async def test_a_token_that_tesla_refuses_is_renewed_once_and_then_given_up(
    hass: HomeAssistant, fleet: TeslaServer, entry: MockConfigEntry
) -> None:
    client = await client_of(hass, entry)
    fleet.tokens.end_access()
    await client.products()
    assert asked(fleet) == [PRODUCTS, TOKEN, PRODUCTS]
    fleet.faults.add(HttpStatus(401), "/api/1/products")
    fleet.requests.clear()
    for _ in range(3):
        with pytest.raises(ApiAuthError):
            await client.products()
    assert asked(fleet).count(TOKEN) == 1


@pytest.mark.parametrize("fault", [Reset(), HtmlPage(), HttpStatus(503), HttpStatus(429)])
async def test_a_sign_in_that_fails_is_tried_again_later_and_nobody_is_asked(
    hass: HomeAssistant, fleet: TeslaServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory, fault: Fault
) -> None:
    freezer.tick(HOURS)
    client = await client_of(hass, entry)
    fleet.faults.add(fault, TOKENS)
    with pytest.raises(ApiConnectionError):
        await client.products()
    fleet.faults.clear()
    await client.products()
    assert reauths(hass) == 0


async def test_two_sites_of_an_account_renew_side_by_side(
    hass: HomeAssistant,
    fleet: TeslaServer,
    application: Application,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    cabin = await set_up_site(hass, application, CABIN)
    for _ in range(3):
        freezer.tick(HOURS)
        clients = [await client_of(hass, each) for each in (entry, cabin)]
        await asyncio.gather(*(client.products() for client in clients))
    assert entry.data["token"]["refresh_token"] != cabin.data["token"]["refresh_token"]


async def test_an_application_from_the_dialog_is_teslas_by_its_id(
    hass: HomeAssistant, fleet: TeslaServer, application: Application, hass_ws_client: WebSocketGenerator
) -> None:
    assert await async_setup_component(hass, "application_credentials", {})
    socket = await hass_ws_client(hass)
    typed = {"domain": DOMAIN, "client_id": application.client_id.upper(), "client_secret": "old"}
    await socket.send_json_auto_id({"type": "application_credentials/create", **typed})
    assert (await socket.receive_json())["success"]
    [found] = (await async_get_implementations(hass, DOMAIN)).values()
    assert isinstance(found, TeslaImplementation)


async def test_an_application_with_an_id_like_another_vendors_is_found_by_its_name(
    hass: HomeAssistant, fleet: TeslaServer
) -> None:
    like = fleet.add_application(redirects=["*"], client_id="0123456789abcdef0123456789abcdef")
    await (await client_of(hass, await set_up_site(hass, like))).products()
    [found] = (await async_get_implementations(hass, DOMAIN)).values()
    assert isinstance(found, TeslaImplementation)
