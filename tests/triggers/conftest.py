"""A site whose entities show what a test wants."""

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr


@pytest.fixture
def site(hass: HomeAssistant) -> MockConfigEntry:
    """Return a site that isn't loaded, whose entities show what a test wants."""
    entry = MockConfigEntry(domain=DOMAIN, unique_id="S", title="Site")
    entry.add_to_hass(hass)
    return entry


@pytest.fixture
def device(hass: HomeAssistant, site: MockConfigEntry) -> str:
    """Return the site's device."""
    registry = dr.async_get(hass)
    return registry.async_get_or_create(config_entry_id=site.entry_id, identifiers={(DOMAIN, "S")}).id
