"""An account with a home and a cabin."""

from collections.abc import AsyncIterator

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.core import HomeAssistant
from simulator.enphase_account import Account, AccountHome, AccountServer
from tests.account_service import account_service
from tests.common import pass_time, set_up
from tests.houses import MORNING, FrozenClock
from tests.steering import Handle, settle

from .homes import CABIN, EMAIL, HOME, PASSWORD, SITE, account_entry, usual_home


@pytest.fixture
def home(freezer: FrozenDateTimeFactory) -> AccountHome:
    """Return the home."""
    freezer.move_to(MORNING)
    return usual_home(MORNING.timestamp())


@pytest.fixture
def cabin(freezer: FrozenDateTimeFactory) -> AccountHome:
    """Return the cabin."""
    freezer.move_to(MORNING)
    return usual_home(MORNING.timestamp(), site_id=CABIN, name="Cabin")


@pytest.fixture
async def service(
    home: AccountHome, cabin: AccountHome, socket_enabled: None, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[AccountServer]:
    """Serve both homes."""
    async with account_service(monkeypatch, homes=[home, cabin], clock=FrozenClock()) as server:
        yield server


@pytest.fixture
def owner(service: AccountServer) -> Account:
    """Return the owner of the home alone, who needs no code."""
    return service.add_account(EMAIL, PASSWORD, systems=frozenset({HOME}), system_id=HOME)


@pytest.fixture
async def entry(hass: HomeAssistant, freezer: FrozenDateTimeFactory, owner: Account) -> AsyncIterator[MockConfigEntry]:
    """Return the entry of the home, once everything was read: more than a minute's requests."""
    found = account_entry()
    await set_up(hass, found)
    await pass_time(hass, freezer, 150)
    yield found
    await hass.config_entries.async_unload(found.entry_id)
    await settle(hass)


@pytest.fixture
def handle(hass: HomeAssistant, freezer: FrozenDateTimeFactory, entry: MockConfigEntry) -> Handle:
    """Return the controls of the home."""
    return Handle(hass, freezer, SITE)
