"""A day in the life of simulated homes: each trigger fires once, when it should, and each condition tells the truth."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events

from custom_components.energy_site.condition import CONDITIONS
from custom_components.energy_site.const import DOMAIN
from custom_components.energy_site.trigger import TRIGGERS
from homeassistant.const import EVENT_STATE_CHANGED, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant, State
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr
from simulator.house import BatteryConfig, House, LoadConfig
from simulator.iq_gateway import GatewayServer, HttpStatus
from simulator.presets import PRESETS
from simulator.tesla_cloud import EnergySite, Storm, TeslaServer, Write
from tests.vendors.tesla.lived_home import SEASONS, SITE, lived_home
from tests.vendors.tesla.signing_in import CALLBACK, set_up_site

from .automations import Conditions, automate, threshold, trigger
from .common import gateway_entry, set_up
from .houses import MORNING, FrozenClock
from .steering import Handle, act, settle

TARIFF = "/admin/lib/tariff"
STEP = 300


def triggers(device: str) -> dict[str, dict[str, Any]]:
    """Return all triggers of a site."""
    thresholds = {
        "battery_level_crossed_threshold": threshold("below", 60),
        "export_crossed_threshold": threshold("above", 2.5, "kW"),
        "import_crossed_threshold": threshold("above", 300, "W"),
        "price_crossed_threshold": threshold("above", 0.3),
    }
    options = {key: {"threshold": crossed} for key, crossed in thresholds.items()}
    return {key: trigger(key, {"device_id": device}, **options.get(key, {})) for key in TRIGGERS}


async def conditions_of(hass: HomeAssistant, device: str) -> Conditions:
    """Return all conditions of a site."""
    made = Conditions()
    for key in CONDITIONS:
        options = {"mode": ["self_consumption", "savings"]} if key == "is_operating_mode" else {}
        await made.add(hass, key, key, {"device_id": device}, **options)
    return made


def device_of(hass: HomeAssistant, entry: MockConfigEntry, site: str) -> str:
    """Return the device of a site."""
    found = dr.async_get(hass).async_get_device_by_identifier((DOMAIN, site), entry.entry_id)
    assert found is not None
    return found.id


# -- a gateway on the network ----------------------------------------------------------


@pytest.fixture
async def gateway(socket_enabled: None, freezer: FrozenDateTimeFactory) -> AsyncIterator[GatewayServer]:
    """Serve a house with a clear sky and a large family."""
    freezer.move_to(MORNING)
    made = PRESETS["home"]()
    house = replace(
        made.house,
        cloudiness=0.0,
        battery=BatteryConfig(units=2, level=80, reserve=20),
        load=LoadConfig(people=4, scale=1.4),
    )
    clock = FrozenClock()
    async with GatewayServer(House(house, start=clock.now()), made.gateway, clock=clock) as server:
        yield server


@pytest.fixture
async def handle(hass: HomeAssistant, gateway: GatewayServer, freezer: FrozenDateTimeFactory) -> AsyncIterator[Handle]:
    """Return the controls of the house, set up as its owner does."""
    entry = gateway_entry(gateway)
    await set_up(hass, entry)
    yield Handle(hass, freezer, gateway.serial)
    await hass.config_entries.async_unload(entry.entry_id)
    await settle(hass)


class Shown:
    """What some entities show one after another, as anybody reads it from their history."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Read from now on."""
        self._events = async_capture_events(hass, EVENT_STATE_CHANGED)

    def crossings(self, entity_id: str, inside: Callable[[float], bool]) -> int:
        """Return how often a sensor went from outside to inside, without what it didn't show in between."""
        changes = [event.data for event in self._events if event.data["entity_id"] == entity_id]
        pairs = [(change["old_state"], change["new_state"]) for change in changes]
        known = [
            (float(old.state), float(new.state)) for old, new in pairs if old and new and _known(old) and _known(new)
        ]
        return sum(not inside(old) and inside(new) for old, new in known)


def _known(state: State) -> bool:
    return state.state not in (STATE_UNAVAILABLE, STATE_UNKNOWN)


class Truth:
    """What a house really does, beside what the conditions say of it."""

    def __init__(self, house: House, conditions: Conditions) -> None:
        """Compare from now on."""
        self._house = house
        self._conditions = conditions
        self.held: set[str] = set()

    def compare(self, *, off_grid: bool = False) -> None:
        """Compare, except where the power is about that of a meter's noise."""
        flow = self._house.flow
        expected = {
            "is_on_grid": not off_grid,
            "is_off_grid": off_grid,
            **({"is_exporting": flow.grid < 0} if abs(flow.grid) > 150 else {}),
            **(
                {"is_charging": flow.battery < 0, "is_discharging": flow.battery > 0} if abs(flow.battery) > 150 else {}
            ),
        }
        told = {key: self._conditions.holds(key) for key in expected}
        assert told == expected
        self.held |= {key for key in CONDITIONS if self._conditions.holds(key)}


async def test_a_day_with_a_gateway(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, gateway: GatewayServer, handle: Handle
) -> None:
    entry = hass.config_entries.async_entries(DOMAIN)[0]
    device = device_of(hass, entry, gateway.serial)
    seen = await automate(hass, triggers(device))
    conditions = await conditions_of(hass, device)
    truth = Truth(gateway.house, conditions)
    shown = Shown(hass)

    async def live(hours: float, *, off_grid: bool = False) -> None:
        for _ in range(round(hours * 3600 / STEP)):
            # What changes within the step is polled in the minute that ends it.
            await handle.wait(STEP - 60, step=STEP - 60)
            await handle.wait(60, step=60)
            truth.compare(off_grid=off_grid)

    gateway.house.inverters[3].dead = True
    await live(1)
    # The sun charges the battery, then the rest is exported.
    before = list(seen.fired)
    assert set(before) <= {"export_crossed_threshold", "battery_full"}
    await live(2)
    assert seen.count("battery_full") == 1
    assert seen.count("export_crossed_threshold") == 1

    # The grid fails for an hour, and the connection to the gateway meanwhile.
    gateway.house.switches.grid_available = False
    await handle.wait(120, step=20)
    await live(0.5, off_grid=True)
    assert seen.fired[-1] == "grid_lost"
    gateway.break_connections(600)
    await handle.wait(900, step=60)
    assert conditions.holds("is_off_grid") is True
    gateway.house.switches.grid_available = True
    await handle.wait(600, step=60)
    await live(1)
    assert (seen.count("grid_lost"), seen.count("grid_returned")) == (1, 1)

    # A setting takes effect, another one doesn't.
    await handle.set("number", "backup_reserve", value=45)
    fault = gateway.faults.add(HttpStatus(409), TARIFF, methods=["PUT"])
    with pytest.raises(HomeAssistantError):
        await handle.set("number", "backup_reserve", value=55)
    fault.remove()
    assert seen.fired[-2:] == ["setting_changed", "setting_failed"]

    # Home Assistant loads the site again, which is no news.
    fired = list(seen.fired)
    await hass.config_entries.async_reload(entry.entry_id)
    await settle(hass)
    await handle.wait(60, step=10)
    assert seen.fired == fired

    # The house lives from the battery until morning, and nobody lets it have too little.
    await live(12)
    assert seen.count("battery_level_crossed_threshold") >= 1
    assert seen.count("battery_reached_reserve") == 1
    assert seen.count("inverter_silent") == 0

    # The next day, the others have reported for long.
    await live(9)
    assert seen.count("inverter_silent") == 1
    silent = next(told for told in seen.told if told["name"] == "inverter_silent")
    assert silent["attributes"]["silent"] == [gateway.house.inverters[3].serial]

    await handle.set("switch", "live_power", value=True)
    await handle.wait(5)
    assert conditions.holds("is_live") is True
    conditions.unload()

    expected = {
        # The battery is full again on the second day, and live power is a setting too.
        "battery_full": 2,
        "battery_level_crossed_threshold": shown.crossings(
            handle.entity("sensor", "battery_level"), lambda level: level < 60
        ),
        "battery_reached_reserve": 1,
        "export_crossed_threshold": shown.crossings(
            handle.entity("sensor", "grid_export_power"), lambda power: power > 2500
        ),
        "grid_lost": 1,
        "grid_returned": 1,
        "import_crossed_threshold": shown.crossings(
            handle.entity("sensor", "grid_import_power"), lambda power: power > 300
        ),
        "inverter_silent": 1,
        "price_crossed_threshold": shown.crossings(handle.entity("sensor", "buy_price"), lambda price: price > 0.3),
        "setting_changed": 2,
        "setting_failed": 1,
        "storm_watch_ended": 0,
        "storm_watch_started": 0,
    }
    assert expected.keys() == TRIGGERS.keys()
    assert {key: seen.count(key) for key in TRIGGERS} == expected
    assert min(expected["export_crossed_threshold"], expected["import_crossed_threshold"]) >= 1
    assert truth.held >= set(CONDITIONS) - {"is_live", "is_storm_watch"}


# -- a site in a cloud ------------------------------------------------------------------


@pytest.fixture
async def fleet(
    socket_enabled: None, freezer: FrozenDateTimeFactory, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[TeslaServer]:
    """Serve a cloud with a home that has storms and prices."""
    freezer.move_to(MORNING)
    async with TeslaServer([lived_home()], clock=FrozenClock()) as server:
        monkeypatch.setenv("ENERGY_SITE_TESLA_AUTH", server.url)
        monkeypatch.setenv("ENERGY_SITE_TESLA_API", server.url)
        yield server


@pytest.fixture
async def tesla(hass: HomeAssistant, fleet: TeslaServer) -> AsyncIterator[MockConfigEntry]:
    """Return the home, set up as its owner does."""
    application = fleet.add_application(redirects=[CALLBACK, "https://my.home-assistant.io/redirect/oauth"])
    entry = await set_up_site(hass, application)
    await hass.async_block_till_done(wait_background_tasks=True)
    yield entry
    await hass.config_entries.async_unload(entry.entry_id)
    await settle(hass)


async def test_a_day_with_a_cloud(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, fleet: TeslaServer, tesla: MockConfigEntry
) -> None:
    site: EnergySite = next(iter(fleet.world.sites.values()))
    handle = Handle(hass, freezer, SITE)
    device = device_of(hass, tesla, SITE)
    seen = await automate(hass, triggers(device))
    conditions = await conditions_of(hass, device)

    # A storm comes tomorrow and goes again.
    assert conditions.holds("is_storm_watch") is False
    begin = freezer.time_to_freeze.timestamp() + 1800
    site.storms.append(Storm(start=begin, end=begin + 3600))
    await handle.wait(2400, step=60)
    assert (seen.count("storm_watch_started"), seen.count("storm_watch_ended")) == (1, 0)
    assert conditions.holds("is_storm_watch") is True
    await handle.wait(4200, step=60)
    assert (seen.count("storm_watch_started"), seen.count("storm_watch_ended")) == (1, 1)
    assert conditions.holds("is_storm_watch") is False

    # The owner disconnects the house, which is no outage, and the grid fails, which is one.
    site.disconnect_grid()
    await handle.wait(600, step=60)
    assert conditions.holds("is_off_grid") is True
    site.reconnect_grid()
    await handle.wait(600, step=60)
    assert conditions.holds("is_on_grid") is True
    assert (seen.count("grid_lost"), seen.count("grid_returned")) == (0, 0)
    site.start_outage()
    await handle.wait(1200, step=60)
    assert (seen.count("grid_lost"), seen.count("grid_returned")) == (1, 0)
    site.end_outage()
    await handle.wait(1200, step=60)
    assert (seen.count("grid_lost"), seen.count("grid_returned")) == (1, 1)

    # Energy becomes dear in the evening, and the app changes a setting.
    site.set_write_behaviours(delay=0)
    await act(hass, freezer, DOMAIN, "set_tariff", {"name": "Evening", "currency": "USD", "seasons": SEASONS})
    changed = seen.count("setting_changed")
    assert seen.count("price_crossed_threshold") == 1
    site.settings.change_in_app(Write.OPERATION, {"default_real_mode": "autonomous"})
    await handle.wait(1800, step=60)
    assert seen.count("setting_changed") == changed + 1
    elsewhere = [told for told in seen.told if told["name"] == "setting_changed"][-1]
    assert (elsewhere["attributes"]["setting"], elsewhere["attributes"]["by"]) == ("operating_mode", "elsewhere")
    assert conditions.holds("is_operating_mode") is True
    conditions.unload()
    assert seen.count("price_crossed_threshold") == 1
    assert seen.count("setting_failed") == 0
