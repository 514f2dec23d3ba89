"""The blueprints, imported as an owner has them and run in a simulated home."""

from pathlib import Path
import re

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_mock_service

from custom_components.energy_site.const import DOMAIN
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import entity_registry as er
from simulator.iq_gateway import GatewayServer
from simulator.tesla_cloud import EnergySite, Storm
from tests.steering import Handle, act

from .imported import PRICE, ROOT, Automation, cloud_handle

BLUEPRINTS = {path.stem: path for path in sorted((ROOT / "blueprints").rglob("*.yaml"))}
PHONE = "notify.phone"


def texts(messages: list[ServiceCall]) -> list[str]:
    """Return the titles of what was sent."""
    return [message.data["title"] for message in messages]


async def test_an_outage_is_noticed_with_the_time_that_is_left(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, site: EnergySite, use: Automation, messages: list[ServiceCall]
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
    gateway: GatewayServer, handle: Handle, use: Automation, messages: list[ServiceCall]
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


async def test_the_time_that_is_left_is_calculated_for_a_gateway(
    hass: HomeAssistant, gateway: GatewayServer, handle: Handle, use: Automation, messages: list[ServiceCall]
) -> None:
    # Somebody who prefers other units gets the same.
    energy = handle.entity("sensor", "battery_available_energy")
    er.async_get(hass).async_update_entity_options(energy, "sensor", {"unit_of_measurement": "kWh"})
    await handle.wait(60, step=10)
    await use(
        "grid_lost",
        grid=handle.entity("binary_sensor", "grid_connected"),
        level=handle.entity("sensor", "battery_level"),
        energy=energy,
        power=handle.entity("sensor", "load_power"),
        receiver=PHONE,
    )
    gateway.house.switches.grid_available = False
    await handle.wait(100, step=20)
    found = re.fullmatch(
        r"The battery level is \d+%\. At the current power, it lasts (\d+) h (\d+) min\.", messages[0].data["message"]
    )
    assert found is not None
    assert handle.attribute("unit_of_measurement", "sensor", "battery_available_energy") == "kWh"
    hours = 1000 * float(handle.shown("sensor", "battery_available_energy"))
    hours /= float(handle.shown("sensor", "load_power"))
    assert int(found[1]) + int(found[2]) / 60 == pytest.approx(hours, rel=0.1)


async def test_a_site_is_prepared_for_a_storm(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, site: EnergySite, use: Automation, messages: list[ServiceCall]
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


@pytest.mark.parametrize("how", ["off", "restart"])
async def test_a_site_is_prepared_for_a_storm_that_began_or_ended_in_a_gap(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    site: EnergySite,
    use: Automation,
    messages: list[ServiceCall],
    how: str,
) -> None:
    handle = cloud_handle(hass, freezer)
    before = handle.shown("number", "backup_reserve")
    site.set_write_behaviours(delay=0)
    await use(
        "storm_prepared",
        storm=handle.entity("binary_sensor", "storm_alert"),
        reserve=handle.entity("number", "backup_reserve"),
        level=75,
        receiver=PHONE,
    )
    begin = freezer.time_to_freeze.timestamp() + 60
    site.storms.append(Storm(start=begin, end=begin + 7200))
    async with use.missing(how):
        await handle.wait(3600, step=30)
        assert handle.shown("binary_sensor", "storm_alert") == "on"
        assert handle.shown("number", "backup_reserve") == before
    await handle.wait(600, step=30)
    assert float(handle.shown("number", "backup_reserve")) == 75
    assert texts(messages) == ["A storm is expected"]
    async with use.missing(how):
        await handle.wait(7200, step=30)
        assert float(handle.shown("number", "backup_reserve")) == 75
    await handle.wait(600, step=30)
    assert handle.shown("number", "backup_reserve") == before
    assert texts(messages) == ["A storm is expected", "The storm is over"]


async def test_the_battery_charges_while_energy_is_cheap(
    hass: HomeAssistant, gateway: GatewayServer, handle: Handle, use: Automation
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
    await use.run()
    hass.states.async_set(PRICE, "0.31", {"unit_of_measurement": "EUR/kWh"})
    await handle.wait(60, step=5)
    assert len(gateway.stats.writes) == writes


@pytest.mark.parametrize("how", ["off", "restart"])
async def test_the_battery_follows_the_price_after_a_gap(
    hass: HomeAssistant, gateway: GatewayServer, handle: Handle, use: Automation, how: str
) -> None:
    battery = gateway.house.battery
    assert battery is not None
    before = (battery.settings.reserve, battery.settings.charge_from_grid)
    hass.states.async_set(PRICE, "0.30")
    await use("cheap_hours", price=PRICE, cheap=0.15, reserve=handle.entity("number", "backup_reserve"), level=85)
    async with use.missing(how):
        hass.states.async_set(PRICE, "0.10")
        await handle.wait(60, step=5)
    await handle.wait(600, step=5)
    assert (battery.settings.reserve, battery.settings.charge_from_grid) == (85, True)
    async with use.missing(how):
        hass.states.async_set(PRICE, "0.40")
        await handle.wait(60, step=5)
    for price in ("0.41", "0.42"):
        hass.states.async_set(PRICE, price)
        await handle.wait(300, step=5)
    assert (battery.settings.reserve, battery.settings.charge_from_grid) == before


async def test_what_cannot_end_with_the_price_ends_later(
    hass: HomeAssistant, gateway: GatewayServer, handle: Handle, use: Automation
) -> None:
    battery = gateway.house.battery
    assert battery is not None
    before = (battery.settings.reserve, battery.settings.charge_from_grid)
    hass.states.async_set(PRICE, "0.10")
    await use("cheap_hours", price=PRICE, cheap=0.15, reserve=handle.entity("number", "backup_reserve"), level=85)
    await handle.wait(600, step=5)
    # Off the grid, nothing can be set.
    gateway.house.switches.grid_available = False
    await handle.wait(120, step=5)
    assert handle.attribute("read_only_because", "number", "backup_reserve") == "off_grid"
    hass.states.async_set(PRICE, "0.40")
    await handle.wait(600, step=5)
    assert (battery.settings.reserve, battery.settings.charge_from_grid) == (85, True)
    gateway.house.switches.grid_available = True
    await handle.wait(900, step=5)
    assert (battery.settings.reserve, battery.settings.charge_from_grid) == before


async def test_cheap_hours_keep_to_the_longest_time_and_leave_what_others_began(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, gateway: GatewayServer, handle: Handle, use: Automation
) -> None:
    battery = gateway.house.battery
    assert battery is not None
    before = (battery.settings.reserve, battery.settings.charge_from_grid)
    reserve = handle.entity("number", "backup_reserve")
    hass.states.async_set(PRICE, "0.10")
    await use("cheap_hours", price=PRICE, cheap=0.15, reserve=reserve, level=85, longest={"minutes": 30})
    await handle.wait(600, step=10)
    assert (battery.settings.reserve, battery.settings.charge_from_grid) == (85, True)
    await handle.wait(3600, step=30)
    assert (battery.settings.reserve, battery.settings.charge_from_grid) == before
    await act(hass, freezer, DOMAIN, "set_mode_until", {"entity_id": reserve, "reserve": 60, "duration": "01:00:00"})
    for price in ("0.30", "0.10", "0.40"):
        hass.states.async_set(PRICE, price)
        await handle.wait(600, step=30)
        assert (battery.settings.reserve, battery.settings.charge_from_grid) == (60, before[1])


async def test_a_load_runs_on_the_surplus(
    hass: HomeAssistant, gateway: GatewayServer, handle: Handle, use: Automation
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


@pytest.mark.parametrize("how", ["off", "restart"])
async def test_a_load_is_turned_on_if_the_surplus_began_in_a_gap(
    hass: HomeAssistant, gateway: GatewayServer, handle: Handle, use: Automation, how: str
) -> None:
    on, off = (async_mock_service(hass, "switch", f"turn_{way}") for way in ("on", "off"))
    battery = gateway.house.battery
    assert battery is not None
    battery.level = 100
    battery.settings.reserve = 5
    gateway.house.switches.solar_share = 0.0
    hass.states.async_set("switch.heater", "off")
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
    await handle.wait(600, step=30)
    assert on == []
    async with use.missing(how):
        gateway.house.switches.solar_share = 1.0
        await handle.wait(600, step=30)
    assert on == []
    await handle.wait(600, step=30)
    assert on[0].data["entity_id"] == ["switch.heater"]
    hass.states.async_set("switch.heater", "on")
    on.clear()
    # Neither is exported enough, nor imported: the load stays as it is, whatever it is.
    gateway.house.switches.solar_share = 0.0
    await handle.wait(900, step=30)
    hass.states.async_set("switch.heater", "off")
    await handle.wait(900, step=30)
    assert (on, off) == ([], [])


async def test_a_load_that_was_left_on_is_turned_off(
    hass: HomeAssistant, gateway: GatewayServer, handle: Handle, use: Automation
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
    hass: HomeAssistant, gateway: GatewayServer, handle: Handle, use: Automation, messages: list[ServiceCall]
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
    source = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    assert [name for name in BLUEPRINTS if f'"{name}"' not in source] == []
