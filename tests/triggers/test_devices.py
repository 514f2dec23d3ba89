"""What batteries and inverters do."""

from freezegun.api import FrozenDateTimeFactory
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.const import DOMAIN
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from tests.automations import automate, threshold, trigger

from .entities import PERCENT, pass_by, register, show


async def test_the_battery_level_crosses_a_threshold(hass: HomeAssistant, site: MockConfigEntry, device: str) -> None:
    level = register(hass, site, device, "sensor", "battery_level")
    unit = register(hass, site, device, "sensor", "level", serial="B1")
    await show(hass, level, 60, **PERCENT)
    await show(hass, unit, 60, **PERCENT)
    seen = await automate(
        hass,
        {"seen": trigger("battery_level_crossed_threshold", {"device_id": device}, threshold=threshold("below", 50))},
    )
    await show(hass, unit, 40, **PERCENT)
    assert seen.fired == []
    await show(hass, level, 50, 49, 48, "unavailable", 47, **PERCENT)
    assert seen.fired == ["seen"]


async def test_a_battery_is_full_once_until_it_was_used(
    hass: HomeAssistant, site: MockConfigEntry, device: str
) -> None:
    level = register(hass, site, device, "sensor", "battery_level")
    await show(hass, level, 98, **PERCENT)
    seen = await automate(hass, {"seen": trigger("battery_full", {"device_id": device})})
    await show(hass, level, 99, 100, 99, 100, 96, 99.6, **PERCENT)
    assert seen.fired == ["seen"]
    await show(hass, level, 95, 99.6, **PERCENT)
    assert len(seen.fired) == 2
    # It went on charging while nobody could see it.
    await show(hass, level, 94, "unavailable", 100, 99, 100, "unavailable", 100, **PERCENT)
    assert len(seen.fired) == 3


async def test_a_battery_that_was_full_before_is_not_full_again(
    hass: HomeAssistant, site: MockConfigEntry, device: str
) -> None:
    level = register(hass, site, device, "sensor", "battery_level")
    await show(hass, level, 100, **PERCENT)
    seen = await automate(hass, {"seen": trigger("battery_full", {"device_id": device})})
    await show(hass, level, 99, 100, **PERCENT)
    assert seen.fired == []


async def test_a_battery_that_is_used_again_was_not_full_for_long(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, site: MockConfigEntry, device: str
) -> None:
    level = register(hass, site, device, "sensor", "battery_level")
    await show(hass, level, 98, **PERCENT)
    seen = await automate(hass, {"seen": trigger("battery_full", {"device_id": device}, **{"for": "00:05:00"})})
    await show(hass, level, 100, **PERCENT)
    await pass_by(hass, freezer, minutes=2)
    await show(hass, level, 97, **PERCENT)
    await pass_by(hass, freezer, minutes=6)
    assert seen.fired == []
    await show(hass, level, 100, **PERCENT)
    await pass_by(hass, freezer, minutes=6)
    assert seen.fired == ["seen"]
    await show(hass, level, 97, 100, **PERCENT)
    await pass_by(hass, freezer, minutes=6)
    assert seen.fired == ["seen"]


async def test_all_batteries_are_full_once(hass: HomeAssistant, site: MockConfigEntry, device: str) -> None:
    first = register(hass, site, None, "sensor", "battery_level", serial="B1")
    second = register(hass, site, None, "sensor", "battery_level", serial="B2")
    for level in (first, second):
        await show(hass, level, 90, **PERCENT)
    target = {"entity_id": [first, second]}
    seen = await automate(hass, {"seen": trigger("battery_full", target, behavior="all")})
    await show(hass, first, 100, 99, **PERCENT)
    await show(hass, second, 100, **PERCENT)
    assert seen.fired == []
    await show(hass, first, 100, 99, 100, **PERCENT)
    assert seen.fired == ["seen"]


async def test_full_for_a_time_survives_a_flicker(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, site: MockConfigEntry, device: str
) -> None:
    level = register(hass, site, device, "sensor", "battery_level")
    await show(hass, level, 98, **PERCENT)
    seen = await automate(hass, {"seen": trigger("battery_full", {"device_id": device}, **{"for": "00:10:00"})})
    await show(hass, level, 100, 99, 100, **PERCENT)
    await pass_by(hass, freezer, minutes=11)
    assert seen.fired == ["seen"]
    await show(hass, level, 90, 100, 94, **PERCENT)
    await pass_by(hass, freezer, minutes=11)
    assert seen.fired == ["seen"]


async def test_a_battery_falls_to_the_reserve_in_force(hass: HomeAssistant, site: MockConfigEntry, device: str) -> None:
    level = register(hass, site, device, "sensor", "battery_level")
    reserve = register(hass, site, device, "number", "backup_reserve")
    await show(hass, reserve, 20)
    await show(hass, level, 25, **PERCENT)
    seen = await automate(hass, {"seen": trigger("battery_reached_reserve", {"device_id": device})})
    await show(hass, level, 21, 20, 21, 20, 19, **PERCENT)
    assert seen.fired == ["seen"]
    await show(hass, level, 22, 20, **PERCENT)
    assert len(seen.fired) == 2
    # A reserve that is raised above the level isn't reached by falling to it.
    await show(hass, level, 45, **PERCENT)
    await show(hass, reserve, 50)
    await show(hass, level, 44, 43, **PERCENT)
    assert len(seen.fired) == 2
    await show(hass, reserve, 40)
    await show(hass, level, 42, 41, 40, **PERCENT)
    assert len(seen.fired) == 3
    await show(hass, level, 60, **PERCENT)
    await show(hass, reserve, "unavailable")
    await show(hass, level, 10, **PERCENT)
    assert len(seen.fired) == 3


async def test_a_reserve_of_another_site_does_not_count(
    hass: HomeAssistant, site: MockConfigEntry, device: str
) -> None:
    other = MockConfigEntry(domain=DOMAIN, unique_id="T")
    other.add_to_hass(hass)
    theirs = er.async_get(hass).async_get_or_create(
        "number", DOMAIN, "T_backup_reserve", config_entry=other, translation_key="backup_reserve"
    )
    level = register(hass, site, device, "sensor", "battery_level")
    await show(hass, theirs.entity_id, 20)
    await show(hass, level, 25, **PERCENT)
    seen = await automate(hass, {"seen": trigger("battery_reached_reserve", {"entity_id": level})})
    await show(hass, level, 20, 15, **PERCENT)
    assert seen.fired == []


async def test_a_battery_falls_to_the_reserve_of_another_entry_of_the_home(
    hass: HomeAssistant, site: MockConfigEntry, device: str
) -> None:
    cloud = MockConfigEntry(domain=DOMAIN, unique_id="cloud_7")
    cloud.add_to_hass(hass)
    # A cloud's device has the serial number of its gateway, which is the gateway's site.
    dr.async_get(hass).async_get_or_create(
        config_entry_id=cloud.entry_id, identifiers={(DOMAIN, "cloud_7"), (DOMAIN, "S")}
    )
    theirs = er.async_get(hass).async_get_or_create(
        "number", DOMAIN, "cloud_7_backup_reserve", config_entry=cloud, translation_key="backup_reserve"
    )
    level = register(hass, site, device, "sensor", "battery_level")
    await show(hass, theirs.entity_id, 20)
    await show(hass, level, 25, **PERCENT)
    seen = await automate(hass, {"seen": trigger("battery_reached_reserve", {"entity_id": level})})
    await show(hass, level, 20, **PERCENT)
    assert seen.fired == ["seen"]
    # Its own comes first.
    ours = register(hass, site, device, "number", "backup_reserve")
    await show(hass, ours, 10)
    await show(hass, level, 25, 20, **PERCENT)
    assert seen.fired == ["seen"]
    await show(hass, level, 10, **PERCENT)
    assert seen.fired == ["seen", "seen"]


def inverter(hass: HomeAssistant, site: MockConfigEntry, serial: str) -> str:
    """Return the device of one of the site's inverters."""
    registry = dr.async_get(hass)
    made = registry.async_get_or_create(config_entry_id=site.entry_id, identifiers={(DOMAIN, f"S_{serial}")})
    register(hass, site, made.id, "sensor", "power", serial=serial)
    register(
        hass,
        site,
        made.id,
        "binary_sensor",
        "connected",
        serial=serial,
        disabled_by=er.RegistryEntryDisabler.INTEGRATION,
        entity_category=EntityCategory.DIAGNOSTIC,
    )
    return made.id


async def test_a_silent_inverter_is_told_once(hass: HomeAssistant, site: MockConfigEntry, device: str) -> None:
    reporting = register(hass, site, device, "sensor", "inverters_reporting", entity_category=EntityCategory.DIAGNOSTIC)
    first, second = inverter(hass, site, "I1"), inverter(hass, site, "I2")
    await show(hass, reporting, 25)
    seen = await automate(
        hass,
        {
            "site": trigger("inverter_silent", {"device_id": [device, first]}),
            "first": trigger("inverter_silent", {"device_id": first}),
            "second": trigger("inverter_silent", {"device_id": second}),
        },
    )
    await show(hass, reporting, 24)
    assert seen.fired == []
    await show(hass, reporting, 24, 20, silent=["I1"])
    assert sorted(seen.fired) == ["first", "site"]
    assert seen.told[0]["attributes"]["silent"] == ["I1"]
    await show(hass, reporting, 20, silent=["I1", "I2"])
    assert sorted(seen.fired) == ["first", "second", "site", "site"]
    await show(hass, reporting, 20, silent=["I2"])
    await show(hass, reporting, "unavailable")
    await show(hass, reporting, 20, silent=["I2"])
    assert len(seen.fired) == 4


async def test_an_inverter_that_fell_silent_while_the_site_was_unavailable_is_told_once(
    hass: HomeAssistant, site: MockConfigEntry, device: str
) -> None:
    reporting = register(hass, site, device, "sensor", "inverters_reporting", entity_category=EntityCategory.DIAGNOSTIC)
    first, second = inverter(hass, site, "I1"), inverter(hass, site, "I2")
    await show(hass, reporting, 24, silent=["I2"])
    seen = await automate(
        hass,
        {
            "site": trigger("inverter_silent", {"device_id": device}),
            "first": trigger("inverter_silent", {"device_id": first}),
            "second": trigger("inverter_silent", {"device_id": second}),
        },
    )
    # After a restart, the gateway has no list at first.
    await show(hass, reporting, "unavailable", "unknown")
    await show(hass, reporting, 23, silent=["I1", "I2"])
    assert sorted(seen.fired) == ["first", "site"]
    await show(hass, reporting, "unavailable")
    await show(hass, reporting, 23, silent=["I1", "I2"])
    await show(hass, reporting, "unavailable")
    await show(hass, reporting, 25)
    assert len(seen.fired) == 2


async def test_an_inverter_that_was_silent_from_the_start_is_not_told(
    hass: HomeAssistant, site: MockConfigEntry, device: str
) -> None:
    reporting = register(hass, site, device, "sensor", "inverters_reporting", entity_category=EntityCategory.DIAGNOSTIC)
    await show(hass, reporting, "unavailable")
    seen = await automate(hass, {"seen": trigger("inverter_silent", {"device_id": device})})
    await show(hass, reporting, 24, silent=["I1"])
    await show(hass, reporting, "unavailable")
    await show(hass, reporting, 24, silent=["I1"])
    assert seen.fired == []


async def test_an_inverter_is_silent_for_as_long_as_it_is_told_also_across_a_gap(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, site: MockConfigEntry, device: str
) -> None:
    reporting = register(hass, site, device, "sensor", "inverters_reporting", entity_category=EntityCategory.DIAGNOSTIC)
    await show(hass, reporting, 25)
    seen = await automate(hass, {"seen": trigger("inverter_silent", {"device_id": device}, **{"for": {"minutes": 5}})})
    await show(hass, reporting, "unavailable")
    await show(hass, reporting, 24, silent=["I1"])
    await pass_by(hass, freezer, minutes=4)
    assert seen.fired == []
    await pass_by(hass, freezer, minutes=2)
    assert seen.fired == ["seen"]


async def test_an_inverter_tells_of_itself_where_the_site_does_not(
    hass: HomeAssistant, site: MockConfigEntry, device: str
) -> None:
    connected = register(hass, site, device, "binary_sensor", "connected", serial="I1")
    other = dr.async_get(hass).async_get_or_create(config_entry_id=site.entry_id, identifiers={(DOMAIN, "S_I1")})
    er.async_get(hass).async_update_entity(connected, device_id=other.id)
    await show(hass, connected, "on")
    seen = await automate(hass, {"seen": trigger("inverter_silent", {"entity_id": connected})})
    await show(hass, connected, "off", "unknown", "off")
    assert seen.fired == ["seen"]
