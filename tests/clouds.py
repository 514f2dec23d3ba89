"""An entry of a simulated system in the cloud, as the config flow would have made it."""

from copy import deepcopy
from dataclasses import replace
from functools import cache
from typing import Any

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.const import DOMAIN
from custom_components.energy_site.vendors.oauth import async_store_client
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from simulator.enphase_cloud import Application, CloudServer, CloudSite, CloudSystem, Owner, lived
from simulator.house import EnergyTotals
from simulator.presets import PRESETS

SYSTEM_ID = 701
SITE = f"enphase_{SYSTEM_ID}"


def usual_system(now: float, *, preset: str = "home", days: float = 30, system_id: int = SYSTEM_ID) -> CloudSystem:
    """Return a house of the gateway's simulator, with a past in the cloud, which it lives once for all tests."""
    return deepcopy(_lived(now, preset, days, system_id))


@cache
def _lived(now: float, preset: str, days: float, system_id: int) -> CloudSystem:
    found = PRESETS[preset]()
    # Counters of a life that the archive does not know would differ from its days.
    house = replace(found.house, starting_totals=EnergyTotals())
    return lived(house, now=now, days=days, site=CloudSite(system_id=system_id), hardware=found.gateway)


async def cloud_entry(
    hass: HomeAssistant, cloud: CloudServer, application: Application, *, system_id: int = SYSTEM_ID, **changes: Any
) -> MockConfigEntry:
    """Return an entry whose owner agreed to `application`."""
    await async_setup_component(hass, "application_credentials", {})
    name = await async_store_client(hass, "enphase", "Enphase", application.client_id, application.client_secret)
    tokens = cloud.grant(application, Owner(uid="9", systems=None))
    data = {
        "source": "enphase_cloud",
        "auth_implementation": name,
        "token": {
            "access_token": tokens.access,
            "refresh_token": tokens.refresh,
            "token_type": "bearer",
            "expires_in": 86_393,
            "expires_at": cloud.clock.now() + 86_393,
            "enl_uid": "9",
        },
        "api_key": application.key,
        "plan": application.plan.name.lower(),
        "system_id": str(system_id),
        "account": "9",
        **changes.pop("data", {}),
    }
    return MockConfigEntry(
        domain=DOMAIN,
        title="My house",
        unique_id=f"enphase_{system_id}",
        data=data,
        version=1,
        minor_version=1,
        **changes,
    )
