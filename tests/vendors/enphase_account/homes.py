"""Entries of systems of a simulated account, as the config flow would have made them."""

from copy import deepcopy
from functools import cache
from typing import Any

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.const import DOMAIN
from homeassistant.config_entries import SOURCE_USER, ConfigFlowResult
from homeassistant.core import HomeAssistant
from simulator.enphase_account import AccountHome, HomeDetails, lived
from simulator.house import BatteryConfig, HouseConfig
from tests.common import step

HOME, CABIN = 1234567, 2345678
SITE = f"enphase_account_{HOME}"

EMAIL, PASSWORD = "owner@example.com", "sun & shine+ü"
LOGIN = {"username": EMAIL, "password": PASSWORD, "remember_password": True}


def usual_home(now: float, *, site_id: int = HOME, name: str = "Sunny Home") -> AccountHome:
    """Return a home with a battery and two days behind it, which it lives once for all tests."""
    return deepcopy(_lived(now, site_id, name))


@cache
def _lived(now: float, site_id: int, name: str) -> AccountHome:
    house = HouseConfig(battery=BatteryConfig(units=2))
    return lived(house, now=now, days=2, details=HomeDetails(site_id=site_id, name=name))


def account_entry(site_id: int = HOME, *, email: str = EMAIL, **changes: Any) -> MockConfigEntry:
    """Return an entry that signs in by itself."""
    data = {
        "source": "enphase_account",
        "system_id": str(site_id),
        "username": email,
        "password": PASSWORD,
        **changes.pop("data", {}),
    }
    return MockConfigEntry(
        domain=DOMAIN,
        title="Sunny Home",
        unique_id=f"enphase_account_{site_id}",
        data=data,
        version=1,
        minor_version=1,
        **changes,
    )


async def open_flow(hass: HomeAssistant) -> ConfigFlowResult:
    """Open the flow and choose the account."""
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    return await step(hass, result, {"next_step_id": "enphase_account"})
