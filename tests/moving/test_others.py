"""Homes move in from other integrations than Home Assistant's own for gateways."""

from collections.abc import AsyncIterator

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.const import DOMAIN
from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from simulator.iq_gateway import GatewayServer
from tests.common import entity_id, number
from tests.houses import MORNING

from .another import Value, energy, power, set_up_another
from .clouds import powerwall_in_cloud
from .common import differences, look, move_back, move_in, offers, owner_of, registries, told

SITE, CAR = "100001", "5YJ3E1EA0PF000001"
VIN_POWER = f"{CAR}-charger_power"


@pytest.fixture
async def powerwall(
    hass: HomeAssistant, socket_enabled: None, freezer: FrozenDateTimeFactory, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[MockConfigEntry]:
    """Return the entry of a home with Powerwalls, in Tesla's cloud."""
    freezer.move_to(MORNING)
    async with powerwall_in_cloud(hass, monkeypatch) as entry:
        yield entry
        await hass.config_entries.async_unload(entry.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)


def fleet_values(hass: HomeAssistant, site: str) -> list[Value]:
    """Return what the account integrations show of a home, with a car in the same entry."""
    today = number(hass, site, "solar_energy_today")
    return [
        power(f"{SITE}-solar_power", SITE, 1234),
        power(f"{SITE}-grid_power", SITE, -20),
        Value(
            unique_id=f"{SITE}-percentage_charged",
            device=SITE,
            state=55,
            device_class=SensorDeviceClass.BATTERY,
            state_class=SensorStateClass.MEASUREMENT,
            unit="%",
        ),
        energy(f"{SITE}-total_solar_generation", SITE, (today or 0.0) / 1000, daily=True),
        energy(f"{SITE}-grid_energy_imported", SITE, 999.0, daily=True),
        energy(f"{SITE}-solar_energy_exported_from_battery", SITE, 1.0, daily=True),
        Value(
            unique_id=f"{SITE}-default_real_mode",
            device=SITE,
            state="autonomous",
            options=["autonomous", "self_consumption", "backup"],
        ),
        power(VIN_POWER, CAR, 7000),
    ]


@pytest.mark.parametrize("domain", ["tesla_fleet", "teslemetry"])
async def test_an_account_with_a_car_goes_on_without_the_home(
    hass: HomeAssistant, powerwall: MockConfigEntry, domain: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = str(powerwall.unique_id)
    assert site == f"tesla_{SITE}"
    old = await set_up_another(hass, monkeypatch, domain, fleet_values(hass, site), unique_id="account", title="Me")
    registry, devices = er.async_get(hass), dr.async_get(hass)
    ids = {entity.unique_id: entity.entity_id for entity in er.async_entries_for_config_entry(registry, old.entry_id)}
    before = registries(hass)
    result = await look(hass, powerwall, old)
    listed = told(result)
    assert "`autonomous` → `savings`" in listed
    assert "has more than this site" in listed

    await move_in(hass, powerwall, old)
    for key, ours in (
        ("solar_power", "solar_power"),
        ("percentage_charged", "battery_level"),
        ("total_solar_generation", "solar_energy_today"),
        ("default_real_mode", "operating_mode"),
    ):
        assert owner_of(hass, ids[f"{SITE}-{key}"]) == (DOMAIN, f"{site}_{ours}"), key
    # A day's energy that differs would be counted twice, or be missing.
    assert owner_of(hass, ids[f"{SITE}-grid_energy_imported"]) == (domain, f"{SITE}-grid_energy_imported")
    # The car stays, and is shown; the home isn't shown twice.
    assert old.state is ConfigEntryState.LOADED
    assert old.disabled_by is None
    assert (car := hass.states.get(ids[VIN_POWER])) is not None
    assert float(car.state) == 7000
    home = devices.async_get_device_by_identifier((domain, SITE), old.entry_id)
    assert home is not None
    assert home.disabled_by is dr.DeviceEntryDisabler.USER
    rest = er.async_entries_for_device(registry, home.id, include_disabled_entities=True)
    assert {f"{SITE}-solar_power", f"{SITE}-grid_energy_imported"} <= {entity.unique_id for entity in rest}
    assert {entity.disabled_by for entity in rest} == {er.RegistryEntryDisabler.DEVICE}

    await move_back(hass, powerwall)
    assert not differences(before, registries(hass))
    assert old.state is ConfigEntryState.LOADED
    assert (state := hass.states.get(ids[f"{SITE}-solar_power"])) is not None
    assert float(state.state) == 1234


async def test_the_installers_override_is_told_apart_from_the_integration_that_it_replaces(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    serial, inverter = gateway.serial, next(iter(gateway.house.inverters)).serial
    values = [
        # Import minus export here, import there.
        energy(f"{serial}_lifetime_net_consumption", serial, 1234.0),
        energy(f"{serial}_lifetime_production", serial, 21_000.0),
        power(f"{inverter}_inverter_data_watts", inverter, 100.0),
        power(inverter, inverter, 100.0),
    ]
    old = await set_up_another(
        hass,
        monkeypatch,
        "enphase_envoy",
        values,
        name="Enphase Envoy (Installer)",
        unique_id=serial,
        data={"token_source": "x"},
    )
    registry = er.async_get(hass)
    ids = {entity.unique_id: entity.entity_id for entity in er.async_entries_for_config_entry(registry, old.entry_id)}
    before = registries(hass)
    await move_in(hass, entry, old)
    assert owner_of(hass, ids[f"{serial}_lifetime_net_consumption"]) == (
        "enphase_envoy",
        f"{serial}_lifetime_net_consumption",
    )
    assert owner_of(hass, ids[f"{inverter}_inverter_data_watts"]) == (DOMAIN, f"{serial}_{inverter}_power")
    assert owner_of(hass, ids[inverter]) == ("enphase_envoy", inverter)
    solar = hass.states.get(ids[f"{serial}_lifetime_production"])
    assert solar is not None
    assert float(solar.state) == pytest.approx(21_000.0, abs=0.1)
    assert owner_of(hass, solar.entity_id) == (DOMAIN, f"{serial}_solar_energy")
    await move_back(hass, entry)
    assert not differences(before, registries(hass))


async def test_a_bare_serial_number_is_what_its_device_class_says(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    serial, inverter = gateway.serial, next(iter(gateway.house.inverters)).serial
    batteries = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    level = next(
        each.unique_id for each in batteries if each.unique_id.endswith("_level") and each.unique_id.count("_") == 2
    )
    battery = level.split("_")[1]
    percent = Value(
        unique_id=battery,
        device=serial,
        state=50,
        device_class=SensorDeviceClass.BATTERY,
        state_class=SensorStateClass.MEASUREMENT,
        unit="%",
    )
    values = [percent, power(inverter, serial)]
    old = await set_up_another(hass, monkeypatch, "enphase_envoy", values, name="Enphase Envoy (DEV)", unique_id=serial)
    registry = er.async_get(hass)
    ids = {entity.unique_id: entity.entity_id for entity in er.async_entries_for_config_entry(registry, old.entry_id)}
    await move_in(hass, entry, old)
    assert owner_of(hass, ids[battery]) == (DOMAIN, level)
    assert owner_of(hass, ids[inverter]) == (DOMAIN, f"{serial}_{inverter}_power")


async def test_two_integrations_move_in_one_after_the_other_and_back_in_reverse(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    serial = gateway.serial
    one = await set_up_another(
        hass,
        monkeypatch,
        "enphase_envoy",
        [power(f"{serial}_production", serial)],
        built_in=True,
        unique_id=serial,
        title="One",
    )
    two = await set_up_another(
        hass,
        monkeypatch,
        "enphase_realtime",
        # The first of them is the unique ID of what the second becomes.
        [power(f"{serial}_{key}", serial) for key in ("grid_power", "net_power", "current_power_production")],
        unique_id=serial,
        title="Two",
    )
    before = registries(hass)
    registry = er.async_get(hass)
    ids = {
        entity.unique_id: entity.entity_id
        for each in (one, two)
        for entity in er.async_entries_for_config_entry(registry, each.entry_id)
    }
    own = entity_id(hass, "sensor", serial, "solar_power")
    await move_in(hass, entry, one)
    listed = told(await look(hass, entry, two))
    assert ids[f"{serial}_current_power_production"] in listed
    await move_in(hass, entry, two)
    assert owner_of(hass, ids[f"{serial}_production"]) == (DOMAIN, f"{serial}_solar_power")
    assert owner_of(hass, ids[f"{serial}_net_power"]) == (DOMAIN, f"{serial}_grid_power")
    assert owner_of(hass, ids[f"{serial}_grid_power"]) == ("enphase_realtime", f"{serial}_grid_power")
    await move_back(hass, entry)
    assert two.state is ConfigEntryState.LOADED
    assert owner_of(hass, ids[f"{serial}_production"]) == (DOMAIN, f"{serial}_solar_power")
    await move_back(hass, entry)
    assert not differences(before, registries(hass))
    assert entity_id(hass, "sensor", serial, "solar_power") == own


async def test_a_move_is_undone_although_the_entry_of_a_later_one_was_deleted(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    serial = gateway.serial
    values = {"enphase_envoy": f"{serial}_production", "enphase_realtime": f"{serial}_net_power"}
    one, two = [
        await set_up_another(
            hass, monkeypatch, domain, [power(unique_id, serial)], built_in=True, unique_id=serial, title=domain
        )
        for domain, unique_id in values.items()
    ]
    registry = er.async_get(hass)
    [solar], [grid] = (er.async_entries_for_config_entry(registry, each.entry_id) for each in (one, two))
    own = entity_id(hass, "sensor", serial, "solar_power")
    await move_in(hass, entry, one)
    await move_in(hass, entry, two)
    await hass.config_entries.async_remove(two.entry_id)

    await move_back(hass, entry)

    assert owner_of(hass, solar.entity_id) == ("enphase_envoy", f"{serial}_production")
    assert one.state is ConfigEntryState.LOADED
    assert entity_id(hass, "sensor", serial, "solar_power") == own
    # What came from the deleted entry has nowhere to go back to.
    assert owner_of(hass, grid.entity_id) == (DOMAIN, f"{serial}_grid_power")
    assert "move_back" not in await offers(hass, entry)
