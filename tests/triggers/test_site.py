"""What the grid, storms and prices do."""

from typing import Any, NamedTuple

from freezegun.api import FrozenDateTimeFactory
import probatio
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.const import DOMAIN
from custom_components.energy_site.trigger import TRIGGERS
from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    label_registry as lr,
)
from homeassistant.helpers.trigger import async_validate_trigger_config
from tests.automations import automate, threshold, trigger

from .entities import W, pass_by, register, show


class Change(NamedTuple):
    """What a trigger waits for: a state of an entity, after another one."""

    key: str
    entity_id: str
    before: str
    after: str


@pytest.fixture(
    params=[
        ("grid_lost", "grid_connected", "on", "off"),
        ("grid_returned", "grid_connected", "off", "on"),
        ("storm_watch_started", "storm_alert", "off", "on"),
        ("storm_watch_ended", "storm_alert", "on", "off"),
    ],
    ids=lambda param: param[0],
)
def change(request: pytest.FixtureRequest, hass: HomeAssistant, site: MockConfigEntry, device: str) -> Change:
    """Return each change, with its entity registered."""
    key, entity, before, after = request.param
    return Change(key, register(hass, site, device, "binary_sensor", entity), before, after)


async def test_it_fires_once_when_the_state_changes(hass: HomeAssistant, device: str, change: Change) -> None:
    key, entity_id, before, after = change
    await show(hass, entity_id, before)
    seen = await automate(hass, {"seen": trigger(key, {"device_id": device})})
    await show(hass, entity_id, after)
    await show(hass, entity_id, after, more="attributes")
    assert seen.fired == ["seen"]
    assert (seen.told[0]["entity_id"], seen.told[0]["to_state"]) == (entity_id, after)
    await show(hass, entity_id, before)
    assert seen.count("seen") == 1
    await show(hass, entity_id, after)
    assert seen.count("seen") == 2


GAPS = pytest.mark.parametrize("gap", [["unavailable"], ["unknown"], ["unavailable", "unknown", "unavailable"]])


@GAPS
async def test_it_fires_once_for_what_changed_while_the_site_was_unavailable(
    hass: HomeAssistant, device: str, change: Change, gap: list[str]
) -> None:
    key, entity_id, before, after = change
    await show(hass, entity_id, before)
    seen = await automate(hass, {"seen": trigger(key, {"entity_id": entity_id})})
    # An outage often takes the router or the gateway down first.
    await show(hass, entity_id, *gap, after)
    assert seen.fired == ["seen"]
    await show(hass, entity_id, *gap, after)
    assert seen.fired == ["seen"]
    await show(hass, entity_id, before, *gap, before)
    assert seen.fired == ["seen"]


@pytest.mark.parametrize("first", [[], ["unavailable"], ["unknown"]])
async def test_it_does_not_fire_for_the_first_that_is_known(
    hass: HomeAssistant, device: str, change: Change, first: list[str]
) -> None:
    key, entity_id, _, after = change
    await show(hass, entity_id, *first)
    seen = await automate(hass, {"seen": trigger(key, {"entity_id": entity_id})})
    await show(hass, entity_id, "unavailable", after, "unavailable", after)
    assert seen.fired == []


async def test_a_gap_starts_the_time_again(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, device: str, change: Change
) -> None:
    key, entity_id, before, after = change
    await show(hass, entity_id, before)
    seen = await automate(hass, {"seen": trigger(key, {"device_id": device}, **{"for": {"minutes": 5}})})
    await show(hass, entity_id, "unavailable", after)
    await pass_by(hass, freezer, minutes=4)
    await show(hass, entity_id, "unavailable")
    await pass_by(hass, freezer, minutes=4)
    await show(hass, entity_id, after)
    await pass_by(hass, freezer, minutes=4)
    assert seen.fired == []
    await pass_by(hass, freezer, minutes=2)
    assert seen.fired == ["seen"]
    await show(hass, entity_id, "unavailable", after)
    await pass_by(hass, freezer, minutes=6)
    assert seen.fired == ["seen"]


async def test_it_waits_for_as_long_as_it_is_told(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, device: str, change: Change
) -> None:
    key, entity_id, before, after = change
    await show(hass, entity_id, before)
    seen = await automate(hass, {"seen": trigger(key, {"device_id": device}, **{"for": {"minutes": 5}})})
    await show(hass, entity_id, after)
    await pass_by(hass, freezer, minutes=4)
    await show(hass, entity_id, before, after)
    await pass_by(hass, freezer, minutes=4)
    assert seen.fired == []
    await pass_by(hass, freezer, minutes=2)
    assert seen.fired == ["seen"]


async def test_a_house_that_is_disconnected_on_purpose_loses_no_grid(
    hass: HomeAssistant, site: MockConfigEntry, device: str
) -> None:
    grid = register(hass, site, device, "binary_sensor", "grid_connected")
    await show(hass, grid, "on")
    seen = await automate(hass, {key: trigger(key, {"device_id": device}) for key in ("grid_lost", "grid_returned")})
    await show(hass, grid, "off", on_purpose=True)
    # While it is connected again, nobody says anymore that it was on purpose.
    await show(hass, grid, "off", "on")
    assert seen.fired == []
    await show(hass, grid, "off", "on")
    assert seen.fired == ["grid_lost", "grid_returned"]


async def test_only_our_entities_fire(hass: HomeAssistant, site: MockConfigEntry, device: str) -> None:
    ours = register(hass, site, device, "binary_sensor", "grid_connected")
    sibling = register(hass, site, device, "binary_sensor", "cloud_connected")
    registry = er.async_get(hass)
    foreign = registry.async_get_or_create("binary_sensor", "other", "1", translation_key="grid_connected").entity_id
    everything = [ours, sibling, foreign, "binary_sensor.unregistered"]
    for each in everything:
        await show(hass, each, "on", device_class="connectivity")
    seen = await automate(
        hass,
        {
            "named": trigger("grid_lost", {"entity_id": everything}),
            "device": trigger("grid_lost", {"device_id": device}),
        },
    )
    for each in everything[1:]:
        await show(hass, each, "off", device_class="connectivity")
    assert seen.fired == []
    await show(hass, ours, "off", device_class="connectivity")
    assert sorted(seen.fired) == ["device", "named"]


async def test_a_target_may_be_an_area_a_floor_or_a_label(
    hass: HomeAssistant, site: MockConfigEntry, device: str
) -> None:
    grid = register(hass, site, device, "binary_sensor", "grid_connected")
    area = ar.async_get(hass).async_create("Garage", floor_id=None)
    label = lr.async_get(hass).async_create("Energy")
    dr.async_get(hass).async_update_device(device, area_id=area.id, labels={label.label_id})
    await show(hass, grid, "on")
    seen = await automate(
        hass,
        {
            "area": trigger("grid_lost", {"area_id": area.id}),
            "label": trigger("grid_lost", {"label_id": label.label_id}),
        },
    )
    await show(hass, grid, "off")
    assert sorted(seen.fired) == ["area", "label"]


POWER = [
    ("export_crossed_threshold", "grid_export_power", (900, 1100), (-900, -1100)),
    ("import_crossed_threshold", "grid_import_power", (900, 1100), (900, 1100)),
]


@pytest.mark.parametrize(("key", "directed", "powers", "signed"), POWER)
async def test_the_power_at_the_grid_crosses_a_threshold(
    hass: HomeAssistant,
    site: MockConfigEntry,
    device: str,
    key: str,
    directed: str,
    powers: tuple[float, float],
    signed: tuple[float, float],
) -> None:
    flow = register(hass, site, device, "sensor", directed)
    both = register(hass, site, device, "sensor", "grid_power")
    await show(hass, flow, powers[0], **W)
    await show(hass, both, signed[0], **W)
    crossed = threshold("above", 1, "kW")
    seen = await automate(
        hass,
        {
            "device": trigger(key, {"device_id": device}, threshold=crossed),
            "signed": trigger(key, {"entity_id": both}, threshold=crossed),
        },
    )
    await show(hass, flow, powers[1], **W)
    await show(hass, both, signed[1], **W)
    assert sorted(seen.fired) == ["device", "signed"]
    await show(hass, both, -signed[1], **W)
    assert len(seen.fired) == 2


async def test_a_power_that_lasts_is_seen_although_the_site_was_unavailable(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, site: MockConfigEntry, device: str
) -> None:
    power = register(hass, site, device, "sensor", "grid_import_power")
    await show(hass, power, 50, **W)
    options = {"threshold": threshold("above", 100, "W"), "for": {"minutes": 5}}
    seen = await automate(hass, {"seen": trigger("import_crossed_threshold", {"entity_id": power}, **options)})
    await show(hass, power, 500, **W)
    await pass_by(hass, freezer, minutes=2)
    await show(hass, power, "unavailable", 600, **W)
    await pass_by(hass, freezer, minutes=4)
    assert seen.fired == []
    await pass_by(hass, freezer, minutes=2)
    assert seen.fired == ["seen"]


@pytest.mark.parametrize(("key", "directed", "powers", "signed"), POWER)
async def test_a_site_that_shows_only_a_signed_power_has_both_directions(
    hass: HomeAssistant,
    site: MockConfigEntry,
    device: str,
    key: str,
    directed: str,
    powers: tuple[float, float],
    signed: tuple[float, float],
) -> None:
    register(hass, site, device, "sensor", directed, disabled_by=er.RegistryEntryDisabler.USER)
    both = register(hass, site, device, "sensor", "grid_power")
    await show(hass, both, signed[0], **W)
    seen = await automate(hass, {"seen": trigger(key, {"device_id": device}, threshold=threshold("above", 1000, "W"))})
    await show(hass, both, -signed[1], signed[1], "unavailable", signed[1], **W)
    assert seen.fired == ["seen"]


async def test_a_price_crosses_a_threshold(hass: HomeAssistant, site: MockConfigEntry, device: str) -> None:
    unit = {"unit_of_measurement": "EUR/kWh"}
    buy = register(hass, site, device, "sensor", "buy_price")
    sell = register(hass, site, device, "sensor", "sell_price")
    await show(hass, buy, 0.3, **unit)
    await show(hass, sell, 0.1, **unit)
    seen = await automate(
        hass,
        {
            "buying": trigger("price_crossed_threshold", {"device_id": device}, threshold=threshold("below", 0.2)),
            "selling": trigger("price_crossed_threshold", {"entity_id": sell}, threshold=threshold("below", 0)),
        },
    )
    await show(hass, sell, 0, -0.1, -0.2, **unit)
    assert seen.fired == ["selling"]
    await show(hass, buy, 0.15, 0.1, **unit)
    assert seen.fired == ["selling", "buying"]
    await show(hass, sell, 0.1, "unavailable", **unit)
    # The targets are looked up again whenever the registry changes.
    er.async_get(hass).async_update_entity(buy, name="Price")
    await show(hass, sell, -0.1, **unit)
    await show(hass, buy, 0.3, "unavailable", 0.1, **unit)
    assert seen.fired == ["selling", "buying", "selling", "buying"]


@pytest.mark.parametrize(
    ("key", "options"),
    [
        ("setting_changed", {"setting": "colour"}),
        ("setting_failed", {"by": "nobody"}),
        ("setting_changed", {"for": "00:01:00"}),
        ("grid_lost", {"behavior": "sometimes"}),
        ("export_crossed_threshold", {"threshold": threshold("above", 5, "km")}),
        ("export_crossed_threshold", {}),
        ("price_crossed_threshold", {"threshold": {"type": "any"}}),
    ],
)
async def test_a_mistake_is_told_when_the_automation_is_saved(
    hass: HomeAssistant, site: MockConfigEntry, key: str, options: dict[str, Any]
) -> None:
    config = {"platform": f"{DOMAIN}.{key}", "target": {"entity_id": "sensor.x"}, "options": options}
    with pytest.raises(probatio.Invalid):
        await async_validate_trigger_config(hass, [config])


@pytest.mark.parametrize("key", TRIGGERS)
async def test_every_trigger_needs_a_target(hass: HomeAssistant, site: MockConfigEntry, key: str) -> None:
    with pytest.raises(probatio.Invalid):
        await async_validate_trigger_config(hass, [{"platform": f"{DOMAIN}.{key}", "options": {}}])
