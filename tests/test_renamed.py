"""Entities that get another ID go on, and newer versions of Home Assistant don't add them anew."""

from collections.abc import Iterator
import importlib
from pathlib import Path

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

import custom_components.energy_site as integration
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity import Entity
from simulator.iq_gateway import GatewayServer
from tests.common import entity_id, pass_time

# A class of ours that defines one of these is asked by Home Assistant 2026.11 for the hook as well.
_ADD_REMOVE = ("async_prepare_to_add_to_hass", "async_added_to_hass", "async_will_remove_from_hass")
_HOOK = "async_entity_id_changed"


def _entity_classes() -> Iterator[type[Entity]]:
    """Yield the classes of the integration's entities."""
    for path in sorted(Path(integration.__file__).parent.glob("*.py")):
        module = importlib.import_module(
            f"{integration.__name__}.{path.stem}" if path.stem != "__init__" else integration.__name__
        )
        for found in vars(module).values():
            if isinstance(found, type) and issubclass(found, Entity) and found.__module__ == module.__name__:
                yield found


@pytest.mark.parametrize("entity", _entity_classes(), ids=lambda entity: entity.__name__)
def test_an_entity_is_renamed_in_place(entity: type[Entity]) -> None:
    ours = [cls for cls in entity.__mro__ if cls.__module__.startswith(integration.__name__)]
    hooked = [cls for cls in ours if _HOOK in vars(cls)]
    for cls in ours:
        if any(method in vars(cls) for method in _ADD_REMOVE):
            assert any(issubclass(owner, cls) for owner in hooked), cls


@pytest.mark.parametrize(
    ("platform", "key"), [("sensor", "solar_power"), ("number", "backup_reserve"), ("event", "outage")]
)
async def test_a_renamed_entity_goes_on(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    entry: MockConfigEntry,
    gateway: GatewayServer,
    platform: str,
    key: str,
) -> None:
    before = entity_id(hass, platform, gateway.serial, key)
    assert before is not None
    er.async_get(hass).async_update_entity(before, new_entity_id=f"{platform}.renamed")
    await hass.async_block_till_done()
    first = hass.states.get(f"{platform}.renamed")
    assert first is not None
    gateway.house.switches.grid_available = False
    assert gateway.house.battery is not None
    gateway.house.battery.settings.reserve = 42
    await pass_time(hass, freezer, 1000, step=20)
    after = hass.states.get(f"{platform}.renamed")
    assert after is not None
    assert after.state not in (first.state, "unavailable")
    assert hass.states.get(before) is None
