"""What an owner sees of the tariff that they entered in the app, alone and beside their gateway."""

from collections.abc import AsyncIterator
from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from simulator.enphase_account import AccountHome, AccountServer, HomeDetails, paths, tariffs
from simulator.iq_gateway import GatewayServer, rates
from simulator.iq_gateway.rates import Rates
from tests.account_service import account_service
from tests.common import gateway_entry, pass_time, set_up, state, tick
from tests.houses import FrozenClock
from tests.steering import settle

from .homes import EMAIL, HOME, PASSWORD, SITE, account_entry

PRICES = ("buy_price", "sell_price", "price_period", "price_changes_at")


def shown(hass: HomeAssistant, site: str) -> dict[str, str]:
    """Return the states of the entities about prices that an entry has."""
    found = {key: state(hass, "sensor", site, key) for key in PRICES}
    return {key: each.state for key, each in found.items() if each is not None}


async def test_without_a_tariff_there_are_no_entities_for_it(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    assert shown(hass, SITE) == {}


async def test_an_account_shows_the_prices_and_changes_them_on_time(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, home: AccountHome, service: AccountServer
) -> None:
    home.tariff = tariffs.TIME_OF_USE
    service.add_account(EMAIL, PASSWORD, systems=frozenset({HOME}), system_id=HOME)
    entry = account_entry()
    await set_up(hass, entry)
    await pass_time(hass, freezer, 150)
    # It is evening in Utrecht, for three hours still.
    before = shown(hass, SITE)
    assert before == {
        "buy_price": "0.36",
        "price_period": "on_peak",
        "price_changes_at": "2026-06-15T19:00:00+00:00",
    }
    buy = state(hass, "sensor", SITE, "buy_price")
    assert buy is not None
    assert buy.attributes["unit_of_measurement"] == "EUR/kWh"
    asked = service.requests[home.path(paths.TARIFF)]
    change = dt_util.parse_datetime(before["price_changes_at"], raise_on_error=True)
    freezer.move_to(change - timedelta(seconds=9))
    await tick(hass, freezer, 8)
    assert shown(hass, SITE)["buy_price"] == "0.36"
    await tick(hass, freezer, 1)
    assert shown(hass, SITE)["buy_price"] == "0.24"
    assert service.requests[home.path(paths.TARIFF)] == asked
    await hass.config_entries.async_unload(entry.entry_id)
    await settle(hass)


@pytest.fixture
async def beside(gateway: GatewayServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AccountHome]:
    """Serve the account's view of the gateway's home, with a tariff that has one price."""
    home = AccountHome(gateway.house, HomeDetails(site_id=HOME), gateway=gateway)
    home.tariff = tariffs.FLAT
    async with account_service(monkeypatch, [gateway], homes=[home], clock=FrozenClock()) as service:
        service.add_account(EMAIL, PASSWORD, system_id=HOME)
        yield home


@pytest.mark.parametrize(
    ("entered", "gateways", "accounts"),
    [
        (rates.FLAT, {"buy_price": "0.28", "sell_price": "0.07"}, {}),
        # What the gateway doesn't know of its own tariff, the account may.
        (Rates(single=0.3), {"buy_price": "0.3"}, {"sell_price": "0.07"}),
        (rates.NOT_ENTERED, {}, {"buy_price": "0.28", "sell_price": "0.07"}),
    ],
    ids=["both", "only buying", "none"],
)
async def test_what_the_gateway_shows_is_not_shown_a_second_time(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    gateway: GatewayServer,
    beside: AccountHome,
    entered: Rates,
    gateways: dict[str, str],
    accounts: dict[str, str],
) -> None:
    gateway.state.tariff.rates = entered
    local, account = gateway_entry(gateway), account_entry()
    await set_up(hass, local)
    await set_up(hass, account)
    await pass_time(hass, freezer, 180, step=20)
    assert shown(hass, gateway.serial) == gateways
    assert shown(hass, SITE) == accounts
    answered = account.runtime_data.source.states["tariff"].answered_at
    assert (answered is None) is (not accounts), "what isn't shown isn't requested"
    for entry in (account, local):
        await hass.config_entries.async_unload(entry.entry_id)
    await settle(hass)
