"""What the meters of a system by the old API have counted themselves."""

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from simulator.enphase_cloud import LEGACY_WATT, Application, CloudServer, CloudSystem, Plan
from simulator.enphase_cloud.readings import production_readings
from simulator.iq_gateway.faults import Mutate
from tests.common import entity_id, number, pass_time, state, step

from ...cloud import choose, finish
from ...clouds import SYSTEM_ID

SITE = f"enlighten_{SYSTEM_ID}"
READINGS = f"/api/v2/systems/{SYSTEM_ID}/production_meter_readings"
INVENTORY = f"/api/v2/systems/{SYSTEM_ID}/inventory"
READ_AT = 1_781_538_300


@pytest.fixture
def plan() -> Plan:
    """Return what a key of the old API allows."""
    return LEGACY_WATT


def read_as(**readings: float | None) -> Mutate:
    """Return a fault by which these odometers are told, each with its meter's serial number."""
    told = [{"serial_number": serial[1:], "value": value, "read_at": READ_AT} for serial, value in readings.items()]
    return Mutate(lambda payload: {**payload, "meter_readings": told})


def listed(*serials: str) -> Mutate:
    """Return a fault by which these meters are the ones in use."""
    told = [{"sn": serial, "manufacturer": "Itron", "model": "C2SODD", "status": "normal"} for serial in serials]
    return Mutate(lambda payload: {**payload, "meters": told})


async def set_up(
    hass: HomeAssistant, cloud: CloudServer, application: Application, freezer: FrozenDateTimeFactory
) -> MockConfigEntry:
    """Set the system up as a person does, and wait until all was asked."""
    user_input = {"api_key": application.key, "user_id": cloud.add_legacy_user()}
    result = await step(hass, await choose(hass, "enlighten"), user_input)
    entry = await finish(hass, result, str(SYSTEM_ID))
    await pass_time(hass, freezer, 180, step=60)
    return entry


async def enable(hass: HomeAssistant, entry: MockConfigEntry, *serials: str) -> None:
    """Turn the odometers on."""
    registry = er.async_get(hass)
    for serial in serials:
        for key in ("odometer", "last_reported"):
            found = entity_id(hass, "sensor", SITE, serial, key)
            assert found is not None, (serial, key)
            registry.async_update_entity(found, disabled_by=None)
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_a_meters_odometer_is_off_until_somebody_wants_it(
    hass: HomeAssistant,
    cloud: CloudServer,
    application: Application,
    system: CloudSystem,
    freezer: FrozenDateTimeFactory,
) -> None:
    entry = await set_up(hass, cloud, application, freezer)
    meter = system.production_meter
    assert meter is not None
    serial = str(meter.serial)
    found = er.async_get(hass).async_get(entity_id(hass, "sensor", SITE, serial, "odometer") or "")
    assert found is not None
    assert found.disabled_by is er.RegistryEntryDisabler.INTEGRATION
    assert found.entity_category == "diagnostic"
    await enable(hass, entry, serial)
    [asked] = [each for each in cloud.requests if each.path == READINGS]
    [reading] = production_readings(system, None, asked.time)
    assert reading["value"] > 0
    assert number(hass, SITE, serial, "odometer") == pytest.approx(reading["value"], abs=1)


async def test_each_meter_has_its_own_odometer_as_it_was_read(
    hass: HomeAssistant, cloud: CloudServer, application: Application, freezer: FrozenDateTimeFactory
) -> None:
    cloud.faults.add(listed("11", "12", "13"), INVENTORY)
    cloud.faults.add(read_as(_11=1_500_000.0, _12=20.0, _13=None), READINGS)
    entry = await set_up(hass, cloud, application, freezer)
    await enable(hass, entry, "11", "12")
    assert number(hass, SITE, "11", "odometer") == 1_500_000
    assert number(hass, SITE, "12", "odometer") == 20
    shown = state(hass, "sensor", SITE, "11", "odometer")
    assert shown is not None
    assert shown.name.endswith("Odometer")
    assert shown.attributes["unit_of_measurement"] == "kWh"
    assert shown.attributes["state_class"] == "total_increasing"
    reported = state(hass, "sensor", SITE, "12", "last_reported")
    assert reported is not None
    assert reported.state == "2026-06-15T15:45:00+00:00"
    assert entity_id(hass, "sensor", SITE, "13", "odometer") is None
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    assert {device.name for device in devices if device.model == "C2SODD"} == {"Meter 11", "Meter 12", "Meter 13"}


async def test_a_retired_meter_is_no_device(
    hass: HomeAssistant, cloud: CloudServer, application: Application, freezer: FrozenDateTimeFactory
) -> None:
    cloud.faults.add(listed("12"), INVENTORY)
    cloud.faults.add(read_as(_11=1_500_000.0, _12=20.0), READINGS)
    await set_up(hass, cloud, application, freezer)
    assert entity_id(hass, "sensor", SITE, "11", "odometer") is None
    assert entity_id(hass, "sensor", SITE, "12", "odometer") is not None
