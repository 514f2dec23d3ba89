"""Every switch of three houses, as a review sees it: `scripts/test tests/test_switch.py --snapshot-update` renews it."""

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, snapshot_platform
from syrupy.assertion import SnapshotAssertion

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er


@pytest.fixture
def platform() -> Platform:
    """Load nothing but this platform."""
    return Platform.SWITCH


@pytest.mark.parametrize("preset", ["home", "three_phase", "generator"])
async def test_the_switches_of_a_house(
    hass: HomeAssistant,
    entity_registry: er.EntityRegistry,
    snapshot: SnapshotAssertion,
    small_entry: MockConfigEntry,
) -> None:
    await snapshot_platform(hass, entity_registry, snapshot, small_entry.entry_id)
