"""An owner's account and home, and a client of them."""

import pytest

from custom_components.energy_site.vendors.enphase.client.account import Account
from custom_components.energy_site.vendors.enphase_account.client.client import AccountClient
from simulator.enphase_account import AccountHome
from tests.account_home import PASSWORD, Integration, home, integration, server
from tests.client_fixtures import clock, enable_event_loop_debug, everything_is_logged, gateway, session

__all__ = [
    "clock",
    "enable_event_loop_debug",
    "everything_is_logged",
    "gateway",
    "home",
    "integration",
    "server",
    "session",
]


@pytest.fixture
async def account(integration: Integration) -> Account:
    """Return an account that is signed in, and may sign in again."""
    account = integration.account(password=PASSWORD)
    await account.sign_in(PASSWORD)
    integration.pass_time(minutes=5)
    return account


@pytest.fixture
def client(account: Account, home: AccountHome) -> AccountClient:
    """Return a client of the home."""
    return AccountClient(account, str(home.site_id))
