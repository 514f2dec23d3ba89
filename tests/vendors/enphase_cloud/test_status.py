"""What a cloud says of a whole system: its word, and who it does not hear of."""

from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from simulator.enphase_cloud import Application, CloudServer, CloudSystem
from simulator.iq_gateway.faults import Mutate
from tests.common import entity_id, pass_time, state

from ...cloud import set_up_cloud
from ...clouds import SITE, SYSTEM_ID

HOUR = 3600
DEVICES = f"/api/v4/systems/{SYSTEM_ID}/devices"
TROUBLE = ("power", "micro", "meter", "meter_issue", "battery", "storage_idle", "encharge_issue", "retired", "no_data")


def shown(hass: HomeAssistant, platform: str, *key: str) -> str:
    """Return what an entity shows."""
    found = state(hass, platform, SITE, *key)
    assert found is not None, key
    return found.state


async def enable(hass: HomeAssistant, platform: str, *key: str) -> None:
    """Turn an entity on that is off by default."""
    found = entity_id(hass, platform, SITE, *key)
    assert found is not None, key
    er.async_get(hass).async_update_entity(found, disabled_by=None)


async def set_up(hass: HomeAssistant, application: Application) -> None:
    """Set the system up as a person does, with what is off by default."""
    entry = await set_up_cloud(hass, application, str(SYSTEM_ID), plan="megawatt")
    await hass.async_block_till_done(wait_background_tasks=True)
    await enable(hass, "binary_sensor", "cloud_connected")
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


@pytest.mark.parametrize("word", TROUBLE)
async def test_the_clouds_word_for_the_system_is_shown_and_is_a_problem(
    hass: HomeAssistant,
    cloud: CloudServer,
    application: Application,
    system: CloudSystem,
    freezer: FrozenDateTimeFactory,
    word: str,
) -> None:
    await set_up(hass, application)
    assert shown(hass, "sensor", "system_status") == "normal"
    assert shown(hass, "binary_sensor", "problem") == "off"
    system.status = word
    await pass_time(hass, freezer, HOUR, step=900)
    assert shown(hass, "sensor", "system_status") == word
    assert shown(hass, "binary_sensor", "problem") == "on"
    system.status = None
    await pass_time(hass, freezer, HOUR, step=900)
    assert shown(hass, "binary_sensor", "problem") == "off"


@pytest.mark.parametrize(
    ("word", "expected"), [("Battery Issue", "other"), ("NORMAL", "normal"), ("on_grid", "on_grid")]
)
async def test_a_word_that_is_new_is_no_problem(
    hass: HomeAssistant, application: Application, system: CloudSystem, word: str, expected: str
) -> None:
    system.status = word
    await set_up(hass, application)
    assert shown(hass, "sensor", "system_status") == expected
    assert shown(hass, "binary_sensor", "problem") == "off"


async def test_a_system_that_is_not_heard_of_is_not_connected(
    hass: HomeAssistant, application: Application, system: CloudSystem, freezer: FrozenDateTimeFactory
) -> None:
    await set_up(hass, application)
    assert shown(hass, "binary_sensor", "cloud_connected") == "on"
    system.status = "comm"
    await pass_time(hass, freezer, HOUR, step=900)
    assert shown(hass, "binary_sensor", "cloud_connected") == "off"
    assert shown(hass, "binary_sensor", "problem") == "on"
    system.status = None
    await pass_time(hass, freezer, HOUR, step=900)
    assert shown(hass, "binary_sensor", "cloud_connected") == "on"


async def test_each_of_two_gateways_is_connected_or_not(
    hass: HomeAssistant, cloud: CloudServer, application: Application, system: CloudSystem
) -> None:
    def add(payload: dict[str, Any]) -> None:
        (gateway,) = payload["devices"]["gateways"]
        payload["devices"]["gateways"].append({**gateway, "id": 9, "serial_number": "122200099", "status": "comm"})

    cloud.faults.add(Mutate(add), path=DEVICES)
    await set_up(hass, application)
    assert shown(hass, "binary_sensor", system.serial, "connected") == "on"
    assert shown(hass, "binary_sensor", "122200099", "connected") == "off"
    assert shown(hass, "binary_sensor", "cloud_connected") == "off"


async def test_a_grid_in_transition_is_synchronizing(
    hass: HomeAssistant, cloud: CloudServer, application: Application
) -> None:
    path = f"/api/v4/systems/config/{SYSTEM_ID}/grid_status"
    cloud.faults.add(Mutate(lambda payload: payload.update(grid_state="transitioning")), path=path)
    await set_up(hass, application)
    assert shown(hass, "sensor", "grid_state") == "synchronizing"
