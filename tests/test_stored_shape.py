"""What version 0.1.0 stored of a site is read as it was meant: counters, settings and quota go on.

The files in tests/fixtures/stored were written by that version, half an hour after a simulated house was set up
with its gateway, and two hours after one was set up with its cloud.
"""

from datetime import datetime, timedelta
import json
from pathlib import Path
from typing import Any

from freezegun.api import FrozenDateTimeFactory

from custom_components.energy_site.const import DOMAIN
from custom_components.energy_site.vendors.request_budget import key_name
from homeassistant.core import HomeAssistant
from simulator.enphase_cloud import Application, CloudServer
from simulator.house import StorageMode
from simulator.iq_gateway import GatewayServer
from tests.common import gateway_entry, number, set_up, state

from .clouds import cloud_entry
from .steering import start, wait

STORED = Path(__file__).parent / "fixtures" / "stored"


def stored(name: str) -> dict[str, Any]:
    """Return what was stored, what was shown then, and when that was."""
    found: dict[str, Any] = json.loads((STORED / f"{name}.json").read_text())
    return found


async def test_a_gateways_counters_go_on_from_where_they_were(
    hass: HomeAssistant, hass_storage: dict[str, Any], gateway: GatewayServer, freezer: FrozenDateTimeFactory
) -> None:
    before = stored("gateway")
    hass_storage |= before["storage"]
    freezer.move_to(datetime.fromisoformat(before["at"]) + timedelta(minutes=1))
    entry = gateway_entry(gateway, entry_id="stored_gateway")
    await start(hass, entry)
    for key, wh in before["shown"].items():
        assert 0 <= (number(hass, gateway.serial, key) or 0) - wh < 500, key
    await hass.config_entries.async_unload(entry.entry_id)


async def test_a_setting_for_a_time_that_was_stored_is_restored_at_its_end(
    hass: HomeAssistant, hass_storage: dict[str, Any], gateway: GatewayServer, freezer: FrozenDateTimeFactory
) -> None:
    before = stored("gateway")
    hass_storage |= before["storage"]
    freezer.move_to(datetime.fromisoformat(before["at"]) + timedelta(minutes=1))
    gateway.state.tariff.change(mode=StorageMode.BACKUP, reserve=100)
    entry = gateway_entry(gateway, entry_id="stored_gateway")
    await start(hass, entry)
    await wait(hass, freezer, 30)
    mode = state(hass, "select", gateway.serial, "operating_mode")
    assert mode is not None
    assert mode.state == "backup"
    [kept] = before["storage"].values()
    assert mode.attributes["until"] == datetime.fromisoformat(kept["data"]["overrides"]["until"])
    await wait(hass, freezer, 7_300, step=10)
    mode = state(hass, "select", gateway.serial, "operating_mode")
    assert mode is not None
    assert mode.state == "self_consumption"
    assert "until" not in mode.attributes
    await hass.config_entries.async_unload(entry.entry_id)


async def test_a_clouds_counters_and_answers_go_on_without_a_request(
    recorder_mock: object,
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    cloud: CloudServer,
    application: Application,
    freezer: FrozenDateTimeFactory,
) -> None:
    before = stored("cloud")
    # The budget is stored under a hash of the key, which is another one here.
    for name, kept in before["storage"].items():
        hass_storage[f"{DOMAIN}.quota.{key_name(application.key)}" if ".quota." in name else name] = kept
    freezer.move_to(datetime.fromisoformat(before["at"]) + timedelta(minutes=1))
    entry = await cloud_entry(hass, cloud, application, entry_id="stored_cloud")
    await set_up(hass, entry)
    for key, wh in before["shown"].items():
        assert (number(hass, entry.unique_id or "", key) or 0) >= wh, key
    used = number(hass, entry.unique_id or "", "quota_used")
    assert used is not None
    assert used >= sum(before["storage"][name]["data"]["own"] for name in before["storage"] if ".quota." in name)
    # What was answered before the update is not requested again because of it.
    assert cloud.stats.requests.total() < 8
    await hass.config_entries.async_unload(entry.entry_id)
