"""The blueprints, imported as an owner has them and run in a simulated home."""

from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
import re
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_mock_service

from custom_components.energy_site.const import DOMAIN
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from simulator.iq_gateway import GatewayServer
from simulator.tesla_cloud import EnergySite, Storm, TeslaServer
from tests.vendors.tesla.lived_home import SITE, lived_home
from tests.vendors.tesla.signing_in import CALLBACK, set_up_site

from .houses import MORNING, FrozenClock
from .steering import Handle, settle

ROOT = Path(__file__).parents[1]
BLUEPRINTS = {path.stem: path for path in sorted((ROOT / "blueprints").rglob("*.yaml"))}
PHONE = "notify.phone"
PRICE = "sensor.market_price"

type Use = Callable[..., Coroutine[Any, Any, None]]


@pytest.fixture
async def use(hass: HomeAssistant, tmp_path: Path) -> AsyncIterator[Use]:
    """Return what makes an automation from a blueprint that was imported."""
    (tmp_path / "blueprints").symlink_to(ROOT / "blueprints", target_is_directory=True)
    hass.config.config_dir = str(tmp_path)

    async def make(name: str, **inputs: Any) -> None:
        automation = {"id": name, "alias": name, "use_blueprint": {"path": f"energy_site/{name}.yaml", "input": inputs}}
        assert await async_setup_component(hass, "automation", {"automation": [automation]})
        await settle(hass)
        state = hass.states.get(f"automation.{name}")
        assert state is not None
        assert state.state == "on", name

    yield make
    await hass.services.async_call("automation", "turn_off", {"entity_id": "all"}, blocking=True)


@pytest.fixture
def messages(hass: HomeAssistant) -> list[ServiceCall]:
    """Return what was sent to the phone."""
    sent: list[ServiceCall] = async_mock_service(hass, "notify", "send_message")
    return sent


@pytest.fixture
async def handle(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> AsyncIterator[Handle]:
    """Return the entities of a gateway's home."""
    yield Handle(hass, freezer, gateway.serial)
    await hass.config_entries.async_unload(entry.entry_id)
    await settle(hass)


@pytest.fixture
async def site(
    hass: HomeAssistant, socket_enabled: None, freezer: FrozenDateTimeFactory, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[EnergySite]:
    """Return a home in a cloud, set up as its owner does."""
    freezer.move_to(MORNING)
    async with TeslaServer([lived_home()], clock=FrozenClock()) as server:
        monkeypatch.setenv("ENERGY_SITE_TESLA_AUTH", server.url)
        monkeypatch.setenv("ENERGY_SITE_TESLA_API", server.url)
        application = server.add_application(redirects=[CALLBACK, "https://my.home-assistant.io/redirect/oauth"])
        entry = await set_up_site(hass, application)
        await hass.async_block_till_done(wait_background_tasks=True)
        yield next(iter(server.world.sites.values()))
        await hass.config_entries.async_unload(entry.entry_id)
        await settle(hass)


def cloud_handle(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> Handle:
    """Return the entities of the home in the cloud."""
    return Handle(hass, freezer, SITE)


def texts(messages: list[ServiceCall]) -> list[str]:
    """Return the titles of what was sent."""
    return [message.data["title"] for message in messages]


async def test_an_outage_is_noticed_with_the_time_that_is_left(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, site: EnergySite, use: Use, messages: list[ServiceCall]
) -> None:
    handle = cloud_handle(hass, freezer)
    await use(
        "grid_lost",
        grid=handle.entity("binary_sensor", "grid_connected"),
        level=handle.entity("sensor", "battery_level"),
        time_left=handle.entity("sensor", "backup_time_left"),
        receiver=PHONE,
    )
    site.start_outage()
    await handle.wait(1200, step=60)
    site.end_outage()
    await handle.wait(1200, step=60)
    assert texts(messages) == ["The grid is lost", "The grid is back"]
    assert re.fullmatch(
        r"The battery level is \d+%\. At the current power, it lasts \d+ h \d+ min\.", messages[0].data["message"]
    )
    assert re.fullmatch(r"The battery level is \d+%\.", messages[1].data["message"])


async def test_an_outage_is_noticed_also_without_that(
    gateway: GatewayServer, handle: Handle, use: Use, messages: list[ServiceCall]
) -> None:
    await use(
        "grid_lost",
        grid=handle.entity("binary_sensor", "grid_connected"),
        level=handle.entity("sensor", "battery_level"),
        receiver=PHONE,
        shortest={"minutes": 2},
    )
    gateway.house.switches.grid_available = False
    await handle.wait(100, step=20)
    assert texts(messages) == []
    await handle.wait(120, step=20)
    assert texts(messages) == ["The grid is lost"]
    assert re.fullmatch(r"The battery level is \d+%\.", messages[0].data["message"])


async def test_a_site_is_prepared_for_a_storm(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, site: EnergySite, use: Use, messages: list[ServiceCall]
) -> None:
    handle = cloud_handle(hass, freezer)
    reserve = handle.entity("number", "backup_reserve")
    before = handle.shown("number", "backup_reserve")
    site.set_write_behaviours(delay=0)
    await use(
        "storm_prepared",
        storm=handle.entity("binary_sensor", "storm_alert"),
        reserve=reserve,
        level=75,
        receiver=PHONE,
    )
    begin = freezer.time_to_freeze.timestamp() + 60
    site.storms.append(Storm(start=begin, end=begin + 7200))
    await handle.wait(3600, step=30)
    assert float(handle.shown("number", "backup_reserve")) == 75
    assert texts(messages) == ["A storm is expected"]
    assert messages[0].data["message"] == "The battery keeps 75% for an outage."
    await handle.wait(7200, step=30)
    assert handle.shown("number", "backup_reserve") == before
    assert texts(messages) == ["A storm is expected", "The storm is over"]


async def test_the_battery_charges_while_energy_is_cheap(
    hass: HomeAssistant, gateway: GatewayServer, handle: Handle, use: Use
) -> None:
    battery = gateway.house.battery
    assert battery is not None
    hass.states.async_set(PRICE, "0.30", {"unit_of_measurement": "EUR/kWh"})
    await use("cheap_hours", price=PRICE, cheap=0.15, reserve=handle.entity("number", "backup_reserve"), level=85)
    before = (battery.settings.reserve, battery.settings.charge_from_grid)
    hass.states.async_set(PRICE, "0.10", {"unit_of_measurement": "EUR/kWh"})
    await handle.wait(120, step=5)
    assert (battery.settings.reserve, battery.settings.charge_from_grid) == (85, True)
    hass.states.async_set(PRICE, "0.09", {"unit_of_measurement": "EUR/kWh"})
    await handle.wait(600, step=30)
    assert (battery.settings.reserve, battery.settings.charge_from_grid) == (85, True)
    hass.states.async_set(PRICE, "0.28", {"unit_of_measurement": "EUR/kWh"})
    await handle.wait(180, step=5)
    assert (battery.settings.reserve, battery.settings.charge_from_grid) == before
    writes = len(gateway.stats.writes)
    hass.states.async_set(PRICE, "0.31", {"unit_of_measurement": "EUR/kWh"})
    await handle.wait(60, step=5)
    assert len(gateway.stats.writes) == writes


async def test_a_load_runs_on_the_surplus(
    hass: HomeAssistant, gateway: GatewayServer, handle: Handle, use: Use
) -> None:
    switched = [async_mock_service(hass, "switch", f"turn_{way}") for way in ("on", "off")]
    battery = gateway.house.battery
    assert battery is not None
    battery.level = 100
    await use(
        "solar_surplus",
        **{
            "export": handle.entity("sensor", "grid_export_power"),
            "import": handle.entity("sensor", "grid_import_power"),
            "load": "switch.heater",
            "surplus": 500,
            "patience": {"minutes": 2},
        },
    )
    gateway.house.switches.solar_share = 0.0
    battery.settings.reserve = 100
    await handle.wait(600, step=30)
    on, off = switched
    assert (len(on), len(off)) == (0, 1)
    gateway.house.switches.solar_share = 1.0
    await handle.wait(600, step=30)
    assert (len(on), len(off)) == (1, 1)
    assert on[0].data["entity_id"] == ["switch.heater"]
    # Less than the surplus, and nothing imported: the load stays as it is.
    gateway.house.switches.solar_share = 0.0
    battery.settings.reserve = 5
    await handle.wait(600, step=30)
    assert (len(on), len(off)) == (1, 1)


async def test_a_load_that_was_left_on_is_turned_off(
    hass: HomeAssistant, gateway: GatewayServer, handle: Handle, use: Use
) -> None:
    off = async_mock_service(hass, "switch", "turn_off")
    battery = gateway.house.battery
    assert battery is not None
    gateway.house.switches.solar_share = 0.0
    battery.settings.reserve = 100
    hass.states.async_set("switch.heater", "on")
    await handle.wait(120, step=30)
    # It imports since before the automation is there, as after a restart.
    await use(
        "solar_surplus",
        **{
            "export": handle.entity("sensor", "grid_export_power"),
            "import": handle.entity("sensor", "grid_import_power"),
            "load": "switch.heater",
            "patience": {"minutes": 2},
        },
    )
    await handle.wait(420, step=30)
    assert off
    hass.states.async_set("switch.heater", "off")
    off.clear()
    await handle.wait(420, step=30)
    assert off == []


async def test_weak_and_silent_panels_are_noticed(
    hass: HomeAssistant, gateway: GatewayServer, handle: Handle, use: Use, messages: list[ServiceCall]
) -> None:
    # Those of the first roof.
    serials = [inverter.serial for inverter in gateway.house.inverters[:15]]
    sensors = [handle.entity("sensor", serial, "power") for serial in serials]
    await hass.config.async_set_time_zone("America/Chicago")
    await use(
        "weak_panel",
        reporting=handle.entity("sensor", "inverters_reporting"),
        inverters=sensors,
        receiver=PHONE,
        at="14:00:00",
    )
    await handle.wait(4 * 3600, step=300)
    assert texts(messages) == []
    dead, shaded = gateway.house.inverters[4], gateway.house.inverters[7]
    dead.dead = True
    shaded.shade = 0.4
    await handle.wait(26 * 3600, step=300)
    weak, silent = messages
    assert (weak.data["title"], silent.data["title"]) == ("Weak panels", "An inverter is silent")
    assert weak.data["message"].startswith("These panels produce less than 60% of the others: ")
    assert shaded.serial in weak.data["message"]
    assert silent.data["message"] == f"These inverters haven't reported for a day: {dead.serial}."


@pytest.mark.parametrize(
    ("platform", "key", "service", "stops", "goes_on"),
    [
        ("select", "export_rule", "select_option", {"option": "never"}, {"option": "battery_ok"}),
        ("number", "export_limit", "set_value", {"value": 0}, {"value": 5000}),
    ],
)
async def test_nothing_is_exported_at_negative_prices(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    handle: Handle,
    use: Use,
    platform: str,
    key: str,
    service: str,
    stops: dict[str, Any],
    goes_on: dict[str, Any],
) -> None:
    control = er.async_get(hass).async_get_or_create(platform, DOMAIN, f"x_{key}", config_entry=entry).entity_id
    calls = async_mock_service(hass, platform, service)
    hass.states.async_set(PRICE, "0.08")
    await use("negative_price", price=PRICE, control=control, usual_rule="battery_ok", usual_limit=5000)
    for price in ("0.01", "-0.01", "-0.03", "unavailable", "-0.02", "0.02"):
        hass.states.async_set(PRICE, price)
        await settle(hass)
    told = [call.data for call in calls]
    assert told[0] == {"entity_id": [control], **stops}
    assert told[-1] == {"entity_id": [control], **goes_on}
    assert [each for each in told if each not in (told[0], told[-1])] == []


async def test_a_switch_limits_the_export_at_negative_prices(
    hass: HomeAssistant, entry: MockConfigEntry, handle: Handle, use: Use
) -> None:
    on, off = (async_mock_service(hass, "switch", f"turn_{way}") for way in ("on", "off"))
    hass.states.async_set(PRICE, "0.08")
    await use("negative_price", price=PRICE, control="switch.export_limit_enabled")
    hass.states.async_set(PRICE, "-0.01")
    await settle(hass)
    assert (len(on), len(off)) == (1, 0)
    hass.states.async_set(PRICE, "0.01")
    await settle(hass)
    assert (len(on), len(off)) == (1, 1)


async def test_a_site_that_can_stops_its_export(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, site: EnergySite, use: Use
) -> None:
    handle = cloud_handle(hass, freezer)
    site.set_write_behaviours(delay=0)
    hass.states.async_set(PRICE, "0.08")
    await use("negative_price", price=PRICE, control=handle.entity("select", "export_rule"), usual_rule="pv_only")
    hass.states.async_set(PRICE, "-0.05")
    await handle.wait(90, step=5)
    assert handle.shown("select", "export_rule") == "never"
    hass.states.async_set(PRICE, "0.05")
    await handle.wait(90, step=5)
    assert handle.shown("select", "export_rule") == "pv_only"


@pytest.mark.parametrize("page", ["README.md", "docs/automations.md"])
@pytest.mark.parametrize("name", BLUEPRINTS)
def test_every_blueprint_has_a_link_that_imports_it(page: str, name: str) -> None:
    place = str(BLUEPRINTS[name].relative_to(ROOT)).replace("/", "%2F")
    link = (
        "https://my.home-assistant.io/redirect/blueprint_import/?blueprint_url="
        f"https%3A%2F%2Fgithub.com%2Fenergy-site%2Fha-energy-site%2Fblob%2Fmain%2F{place}"
    )
    assert link in (ROOT / page).read_text()


def test_there_is_a_test_for_every_blueprint() -> None:
    source = Path(__file__).read_text()
    assert [name for name in BLUEPRINTS if f'"{name}"' not in source] == []
