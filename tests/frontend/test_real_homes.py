"""The dashboard of each source and house, made from the registries that Home Assistant has then."""

from collections.abc import Iterator, Mapping
import json
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.energy_site.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.entity_registry import RegistryEntryHider
from homeassistant.setup import async_setup_component
from simulator.enphase_cloud import Application, CloudServer, Plan
from simulator.enphase_cloud.plans import LEGACY_WATT
from simulator.iq_gateway import GatewayServer, rates
from simulator.presets import PRESETS
from simulator.tesla_cloud import TeslaServer
from tests.account_service import account_service
from tests.clouds import cloud_entry
from tests.common import entity_id, gateway_entry, pass_time, set_up
from tests.houses import MORNING, FrozenClock
from tests.vendors.enphase_account.homes import EMAIL, HOME, PASSWORD, account_entry, usual_home
from tests.vendors.tesla.lived_home import CHARGER, lived_home
from tests.vendors.tesla.signing_in import CALLBACK, set_up_site

from .node import find_node, run

type Dashboard = dict[str, Any]

# Halves of what is shown as a whole, and counters, which are the Energy dashboard's.
_ELSEWHERE = (
    *("_import_power", "_export_power", "_charge_power", "_discharge_power"),
    *("_energy", "_energy_today", "_delivered", "_received"),
)


class Maker:
    """Makes the dashboard as a browser would."""

    def __init__(self, hass: HomeAssistant, socket: WebSocketGenerator) -> None:
        self.hass = hass
        self._socket = socket

    async def make(self, *, language: str = "en", answers: Mapping[str, Any] | None = None) -> Dashboard:
        """Return the dashboard, and hold it to what each has to be."""
        assert await async_setup_component(self.hass, "config", {})
        client = await self._socket(self.hass)
        told = {}
        for name, command in (
            ("display", "config/entity_registry/list_for_display"),
            ("devices", "config/device_registry/list"),
            ("states", "get_states"),
        ):
            await client.send_json_auto_id({"type": command})
            told[name] = (await client.receive_json())["result"]
        given = json.dumps({"language": language, "answers": answers or {}, **told})
        done = await self.hass.async_add_executor_job(
            lambda: run(find_node(), "tests/frontend/generate.js", stdin=given)
        )
        assert not done.returncode, done.stderr
        made: Dashboard = json.loads(done.stdout)
        self._require_own_visible_entities(made)
        return made

    def _require_own_visible_entities(self, made: Dashboard) -> None:
        registry = er.async_get(self.hass)
        for name in shown(made):
            entry = registry.async_get(name)
            assert entry is not None, name
            assert entry.platform == DOMAIN
            assert entry.hidden_by is None
            assert entry.disabled_by is None


@pytest.fixture(autouse=True)
def morning(freezer: FrozenDateTimeFactory) -> None:
    """Begin in the morning: a browser that signed in at another time would have to do so again."""
    freezer.move_to(MORNING)


@pytest.fixture
def maker(hass: HomeAssistant, hass_ws_client: WebSocketGenerator, socket_enabled: None) -> Maker:
    """Return what makes dashboards."""
    find_node()
    return Maker(hass, hass_ws_client)


def shown(node: Any) -> Iterator[str]:
    """Return the entities that something shows."""
    if isinstance(node, list):
        for each in node:
            yield from [each] if isinstance(each, str) and "." in each and " " not in each else shown(each)
    elif isinstance(node, dict):
        if isinstance(entity := node.get("entity"), str):
            yield entity
        for key in ("views", "badges", "sections", "cards", "card", "entities"):
            yield from shown(node.get(key))


def headings(view: Mapping[str, Any]) -> list[str]:
    """Return the headings of a view's sections."""
    return [section["cards"][0]["heading"] for section in view["sections"]]


def missing(hass: HomeAssistant, made: Dashboard) -> set[str]:
    """Return the keys of what a person uses at a site and doesn't find on the dashboard."""
    devices, entities = dr.async_get(hass), er.async_get(hass)
    seen = set(shown(made))
    return {
        f"{entry.domain}.{entry.translation_key}"
        for entry in entities.entities.values()
        if entry.platform == DOMAIN
        and entry.entity_category is None
        and entry.disabled_by is None
        and entry.device_id
        and isinstance(device := devices.async_get(entry.device_id), dr.DeviceEntry)
        and device.via_device_id is None
        and entry.entity_id not in seen
        and not (entry.translation_key or "").endswith(_ELSEWHERE)
    }


@pytest.mark.parametrize(
    ("preset", "expected"),
    [
        ("home", ["Battery", "Controls", "Grid and storms"]),
        ("single_phase", ["Battery", "Controls"]),
        ("three_phase", ["Battery", "Controls", "Grid and storms"]),
        ("standard", []),
        ("metered_without_cts", []),
        ("large", ["Controls"]),
        ("collar", ["Battery", "Controls", "Grid and storms"]),
        ("ac_battery", ["Battery", "Controls"]),
        ("generator", ["Controls", "Grid and storms"]),
    ],
)
async def test_a_gateway_of_any_house(
    hass: HomeAssistant, entry: MockConfigEntry, preset: str, expected: list[str], maker: Maker
) -> None:
    made = await maker.make()
    rest = ["Inverters", "Prices and costs", "Connection", "The last days"]
    assert headings(made["views"][0]) == ["Right now", "Today", *expected, *rest]
    assert missing(hass, made) == set()
    assert len(made["views"]) == (2 if preset == "large" else 1)


async def test_a_gateway_without_a_tariff(hass: HomeAssistant, gateway: GatewayServer, maker: Maker) -> None:
    gateway.state.tariff.rates = rates.NOT_ENTERED
    entry = gateway_entry(gateway)
    await set_up(hass, entry)
    view = (await maker.make())["views"][0]
    assert "Prices and costs" not in headings(view)
    assert not [each for each in shown(view) if "price" in each]
    await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.parametrize("preset", ["three_phase"])
async def test_what_a_tariff_of_one_price_has(hass: HomeAssistant, gateway: GatewayServer, maker: Maker) -> None:
    gateway.state.tariff.rates = rates.FLAT
    entry = gateway_entry(gateway)
    await set_up(hass, entry)
    view = (await maker.make())["views"][0]
    section = view["sections"][headings(view).index("Prices and costs")]
    assert {*shown(section)} == {"sensor.iq_gateway_buy_price", "sensor.iq_gateway_sell_price"}
    await hass.config_entries.async_unload(entry.entry_id)


def test_every_house_is_tried() -> None:
    (mark,) = test_a_gateway_of_any_house.pytestmark
    assert {preset for preset, _ in mark.args[1]} == PRESETS.keys()


@pytest.mark.parametrize("preset", ["three_phase"])
async def test_the_phases_that_an_owner_enables(
    hass: HomeAssistant, entity_registry_enabled_by_default: None, entry: MockConfigEntry, maker: Maker
) -> None:
    view = (await maker.make(language="de"))["views"][0]
    section = view["sections"][headings(view).index("Phasen")]
    keys = {each.rpartition(".")[2].removeprefix("iq_gateway_") for each in shown(section)}
    assert {f"{flow}_power_l{phase}" for flow in ("solar", "grid", "house") for phase in (1, 2, 3)} <= keys


async def test_entities_that_are_renamed_hidden_or_disabled(
    hass: HomeAssistant, entry: MockConfigEntry, entity_registry: er.EntityRegistry, maker: Maker
) -> None:
    ids = {
        name: entity_id(hass, "sensor", entry.unique_id or "", name) or ""
        for name in ("solar_power", "load_power", "grid_power")
    }
    entity_registry.async_update_entity(ids["solar_power"], new_entity_id="sensor.roof")
    entity_registry.async_update_entity(ids["load_power"], hidden_by=RegistryEntryHider.USER)
    entity_registry.async_update_entity(ids["grid_power"], disabled_by=er.RegistryEntryDisabler.USER)
    await hass.async_block_till_done()
    now = {*shown((await maker.make())["views"][0]["sections"][0])}
    assert "sensor.roof" in now
    assert now.isdisjoint(ids.values())


async def test_entities_of_a_site_that_is_not_loaded_stay_where_they_are(
    hass: HomeAssistant, entry: MockConfigEntry, maker: Maker
) -> None:
    before = await maker.make()
    await hass.config_entries.async_unload(entry.entry_id)
    assert await maker.make() == before


async def test_a_system_in_the_cloud(
    hass: HomeAssistant, cloud: CloudServer, application: Application, maker: Maker
) -> None:
    await set_up(hass, await cloud_entry(hass, cloud, application))
    made = await maker.make()
    assert headings(made["views"][0]) == [
        "Right now",
        "Today",
        "Battery",
        "Controls",
        "Grid and storms",
        "Inverters",
        "Connection",
        "The last days",
    ]
    assert missing(hass, made) == set()


@pytest.mark.parametrize("plan", [LEGACY_WATT])
async def test_a_system_by_the_old_api(
    hass: HomeAssistant,
    cloud: CloudServer,
    application: Application,
    plan: Plan,
    freezer: FrozenDateTimeFactory,
    maker: Maker,
) -> None:
    data = {"source": "enlighten", "api_key": application.key, "user_id": cloud.add_legacy_user(), "system_id": "701"}
    entry = MockConfigEntry(domain=DOMAIN, title="My house", unique_id="enlighten_701", data=data)
    await set_up(hass, entry)
    await pass_time(hass, freezer, 300)
    made = await maker.make()
    assert headings(made["views"][0]) == ["Right now", "Today", "Inverters", "Connection", "The last days"]
    assert missing(hass, made) == set()
    await hass.config_entries.async_unload(entry.entry_id)


async def test_an_owners_account(
    hass: HomeAssistant,
    socket_enabled: None,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
    maker: Maker,
) -> None:
    async with account_service(monkeypatch, homes=[usual_home(MORNING.timestamp())], clock=FrozenClock()) as server:
        server.add_account(EMAIL, PASSWORD, systems=frozenset({HOME}), system_id=HOME)
        entry = account_entry()
        await set_up(hass, entry)
        await pass_time(hass, freezer, 150)
        made = await maker.make()
        assert headings(made["views"][0]) == [
            "Right now",
            "Today",
            "Battery",
            "Controls",
            "Grid and storms",
            "Connection",
            "The last days",
        ]
        assert missing(hass, made) == set()
        await hass.config_entries.async_unload(entry.entry_id)


async def test_a_tesla_site(
    hass: HomeAssistant,
    socket_enabled: None,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
    maker: Maker,
) -> None:
    async with TeslaServer([lived_home()], clock=FrozenClock()) as server:
        monkeypatch.setenv("ENERGY_SITE_TESLA_AUTH", server.url)
        monkeypatch.setenv("ENERGY_SITE_TESLA_API", server.url)
        entry = await set_up_site(
            hass, server.add_application(redirects=[CALLBACK, "https://my.home-assistant.io/redirect/oauth"])
        )
        await hass.async_block_till_done(wait_background_tasks=True)
        made = await maker.make()
        wall_connector = f"Wall Connector {CHARGER}"
        expected = ["Battery", "Controls", "Grid and storms", "Prices and costs", wall_connector, "Connection"]
        assert headings(made["views"][0]) == ["Right now", "Today", *expected, "The last days"]
        assert missing(hass, made) == set()
        await hass.config_entries.async_unload(entry.entry_id)
