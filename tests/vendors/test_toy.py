"""A vendor is a folder and a line in the registry: nothing else of the integration changes for its sake."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
import importlib
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.energy_site import config_flow, repairs
from custom_components.energy_site.const import DOMAIN
from custom_components.energy_site.vendors import registry
from homeassistant.components.recorder.statistics import get_last_statistics
from homeassistant.config_entries import SOURCE_USER, ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.recorder import get_instance
from tests import translation_guard
from tests.common import pass_time, state
from tests.steering import begin, wait

from .toy.vendor import TOY


@dataclass(slots=True)
class ToyCloud:
    """The toy cloud itself."""

    solar: float = 1234.0
    reserve: float = 20.0
    requests: list[str] = field(default_factory=list)

    def app(self) -> web.Application:
        """Return what serves it."""
        app = web.Application()
        app.router.add_get("/state", self._state)
        app.router.add_get("/days", self._days)
        app.router.add_put("/reserve", self._set_reserve)
        return app

    async def _state(self, request: web.Request) -> web.Response:
        self.requests.append(request.path)
        return web.json_response({"solar": self.solar, "reserve": self.reserve})

    async def _days(self, request: web.Request) -> web.Response:
        self.requests.append(request.path)
        return web.json_response({"2026-06-12": 5000.0, "2026-06-13": 6000.0})

    async def _set_reserve(self, request: web.Request) -> web.Response:
        self.requests.append(request.path)
        self.reserve = (await request.json())["reserve"]
        return web.json_response({})


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Add the line to the registry, and the vendor's words to the translations."""
    monkeypatch.setattr(registry, "VENDORS", (*registry.VENDORS, TOY))
    config: dict[str, Any] = translation_guard.english()["config"]
    monkeypatch.setitem(config["step"]["user"]["menu_options"], "toy", "Toy")
    monkeypatch.setitem(
        config["step"],
        "toy",
        {"title": "Toy", "data": {"api_key": "API key"}, "data_description": {"api_key": "Your key."}},
    )
    for module in (config_flow, repairs):
        importlib.reload(module)
    yield
    monkeypatch.undo()
    for module in (config_flow, repairs):
        importlib.reload(module)


@pytest.fixture
async def cloud(
    socket_enabled: None, freezer: FrozenDateTimeFactory, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[ToyCloud]:
    freezer.move_to("2026-06-15T16:00:00+00:00")
    cloud = ToyCloud()
    async with TestServer(cloud.app(), host="127.0.0.1") as server:
        monkeypatch.setenv("ENERGY_SITE_TOY", str(server.make_url("/")))
        yield cloud


@pytest.fixture
async def entry(recorder_mock: object, hass: HomeAssistant, cloud: ToyCloud) -> AsyncIterator[ConfigEntry[Any]]:
    """Set the toy house up as its owner does."""
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert "toy" in result["menu_options"]
    result = await hass.config_entries.flow.async_configure(result["flow_id"], {"next_step_id": "toy"})
    result = await hass.config_entries.flow.async_configure(result["flow_id"], {"api_key": "key"})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    entry: ConfigEntry[Any] = result["result"]
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.state is ConfigEntryState.LOADED
    yield entry
    if entry.state is ConfigEntryState.LOADED:
        await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_its_power_is_a_sensor_with_the_key_of_every_vendor(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    shown = state(hass, "sensor", f"{entry.unique_id}_solar_power")
    assert shown is not None
    assert float(shown.state) == 1234.0
    assert shown.attributes["unit_of_measurement"] == "W"


async def test_its_reserve_is_a_number_that_is_set_and_verified(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, entry: ConfigEntry[Any], cloud: ToyCloud
) -> None:
    shown = state(hass, "number", f"{entry.unique_id}_backup_reserve")
    assert shown is not None
    assert float(shown.state) == 20.0
    call = await begin(hass, "number", "set_value", {"entity_id": shown.entity_id, "value": 35})
    await wait(hass, freezer, 30)
    await call
    assert cloud.reserve == 35
    active = hass.states.get(shown.entity_id)
    assert active is not None
    assert float(active.state) == 35.0
    # Read back after the write: a control never believes itself.
    assert cloud.requests[cloud.requests.index("/reserve") :].count("/state") == 1


async def test_a_reserve_in_its_gap_is_refused_before_any_request_and_names_the_nearest_two(
    hass: HomeAssistant, entry: ConfigEntry[Any], cloud: ToyCloud
) -> None:
    shown = state(hass, "number", f"{entry.unique_id}_backup_reserve")
    assert shown is not None
    before = list(cloud.requests)
    with pytest.raises(ServiceValidationError) as refused:
        await hass.services.async_call(
            "number", "set_value", {"entity_id": shown.entity_id, "value": 90}, blocking=True
        )
    assert refused.value.translation_key == "control_in_gap"
    assert refused.value.translation_placeholders == {
        "setting": "Backup reserve",
        "wanted": "90",
        "in_force": "20",
        "below": "80",
        "above": "100",
    }
    assert cloud.requests == before


async def test_its_days_become_statistics(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, entry: ConfigEntry[Any], cloud: ToyCloud
) -> None:
    for _ in range(3):
        await pass_time(hass, freezer, timedelta(hours=1).total_seconds())
    await get_instance(hass).async_block_till_done()
    assert "/days" in cloud.requests
    name = f"{DOMAIN}:{entry.unique_id}_solar_energy"
    last = await get_instance(hass).async_add_executor_job(get_last_statistics, hass, 1, name, True, {"sum"})
    assert last[name][0]["sum"] == pytest.approx(11.0)


async def test_a_removed_entry_asks_the_cloud_for_nothing(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, entry: ConfigEntry[Any], cloud: ToyCloud
) -> None:
    await hass.config_entries.async_remove(entry.entry_id)
    cloud.requests.clear()
    await pass_time(hass, freezer, timedelta(hours=3).total_seconds())
    assert not cloud.requests
