"""Battery settings, Storm Guard, load control: what is asked for, and what comes of it."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from simulator.clock import ManualClock
from simulator.enphase_cloud import MEGAWATT, CloudServer, CloudSite, CloudSystem, ConfigPaths, WriteBehaviour, lived
from simulator.house import House, HouseConfig, StorageMode
from simulator.iq_gateway import GatewayServer

from .client import Client
from .conftest import NOON


@pytest.fixture
def home(house: House, gateway: GatewayServer) -> CloudSystem:
    """Know the home that has a gateway."""
    system = CloudSystem(house)
    system.attach(gateway)
    return system


@pytest.fixture
async def cloud(home: CloudSystem, clock: ManualClock) -> AsyncIterator[CloudServer]:
    """Serve it."""
    async with CloudServer([home], clock=clock) as server:
        yield server


class Api:
    """Asks the configuration endpoints of one system."""

    def __init__(self, session: aiohttp.ClientSession, cloud: CloudServer) -> None:
        """Ask with a plan that may."""
        self._session, self._cloud = session, cloud
        self._application = cloud.add_application(plan=MEGAWATT)
        self.root = "/api/v4/systems/config/100001"

    async def ask(self, name: str, body: Any = None, root: str | None = None) -> tuple[int, Any]:
        """Return status and payload; with a body, write."""
        url = f"{self._cloud.url}{root or self.root}/{name}"
        headers = self._cloud.headers(self._application)
        method = "GET" if body is None else "PUT"
        async with self._session.request(method, url, headers=headers, json=body) as response:
            return response.status, await response.json()

    async def get(self, name: str) -> Any:
        """Return the payload of a success."""
        status, payload = await self.ask(name)
        assert status == 200, payload
        return payload


@pytest.fixture
def api(session: aiohttp.ClientSession, cloud: CloudServer) -> Api:
    """Return a client."""
    return Api(session, cloud)


async def test_a_write_comes_into_force_after_a_while(
    api: Api, house: House, clock: ManualClock, client: Client
) -> None:
    """The answer echoes it in another spelling; the gateway shows what governs."""
    assert await api.get("battery_settings") == {
        "system_id": 100001,
        "battery_mode": "Self - Consumption",
        "reserve_soc": 20,
        "energy_independence": "disabled",
        "charge_from_grid": "disabled",
        "battery_shutdown_level": 5,
    }
    status, echo = await api.ask("battery_settings", {"battery_mode": "Self-consumption", "reserve_soc": 70})
    assert (status, echo["battery_mode"], echo["reserve_soc"]) == (200, "self-consumption", 70)
    clock.advance(14)
    assert (await api.get("battery_settings"))["reserve_soc"] == 20
    clock.advance(1)
    settings = await client.get("/ivp/sc/sched")
    assert settings["Agg Backup Energy"] == 7000
    assert (await api.get("battery_settings"))["reserve_soc"] == 70
    await api.ask("battery_settings", {"battery_mode": "Full Backup"})
    clock.advance(3600)
    shown = await api.get("battery_settings")
    assert (shown["battery_mode"], shown["reserve_soc"]) == ("Full Backup", 100)
    assert house.battery is not None
    assert house.battery.level > 60


async def test_without_a_gateway_the_house_obeys_all_the_same(
    session: aiohttp.ClientSession, clock: ManualClock, house: House
) -> None:
    """At the moment the write is due."""
    system = CloudSystem(house)
    async with CloudServer([system], clock=clock) as cloud:
        api = Api(session, cloud)
        await api.ask("battery_settings", {"battery_mode": "Savings Mode", "reserve_soc": 30})
        await api.ask("load_control", {"name": "NC1", "mode": "Manual_always_not_powered"})
        house.advance(NOON + 20)
        assert house.battery is not None
        assert house.battery.settings.mode is StorageMode.SAVINGS
        assert house.switches.shed == {"NC1"}


@pytest.mark.parametrize(
    ("writes", "status", "after"),
    [
        (WriteBehaviour.ACCEPT, 200, {20: 40, 700: 40}),
        (WriteBehaviour.LATE, 200, {20: 20, 700: 40}),
        (WriteBehaviour.IGNORE, 200, {20: 20, 700: 20}),
        (WriteBehaviour.REFUSE, 422, {20: 20, 700: 20}),
    ],
)
async def test_writes_have_manners(
    api: Api, home: CloudSystem, clock: ManualClock, writes: WriteBehaviour, status: int, after: dict[int, int]
) -> None:
    """Obeyed, late, ignored, refused."""
    home.settings.writes = writes
    assert (await api.ask("battery_settings", {"reserve_soc": 40}))[0] == status
    begin = clock.now()
    for seconds, reserve in after.items():
        clock.advance(begin + seconds - clock.now())
        assert (await api.get("battery_settings"))["reserve_soc"] == reserve


@pytest.mark.parametrize(
    ("name", "body", "details"),
    [
        ("battery_settings", {"battery_mode": "self-consumption"}, "battery_mode self-consumption is not valid"),
        ("battery_settings", {"reserve_soc": 4}, "reserve_soc should be between 5 and 100"),
        ("battery_settings", {"reserve_soc": 101}, "reserve_soc should be between 5 and 100"),
        ("battery_settings", {"reserve_soc": "50"}, "reserve_soc should be between 5 and 100"),
        ("battery_settings", {"energy_independence": True}, "energy_independence should be enabled or disabled"),
        ("storm_guard", {}, "storm_guard_status is mandatory"),
        ("load_control", {"mode": "Basic"}, "name is mandatory"),
        ("load_control", {"name": "NC9"}, "name NC9 is not valid"),
        ("load_control", {"name": "NC1", "mode": "basic"}, "mode basic is not valid"),
        ("load_control", {"name": "NC1", "soc_low": 5}, "soc_low should be between 10 and 90"),
        (
            "load_control",
            {"name": "NC1", "mode": "Advanced_BatteryPowered"},
            "soc_low is mandatory for Advanced_BatteryPowered mode",
        ),
    ],
)
async def test_nonsense_is_refused(api: Api, name: str, body: dict[str, Any], details: str) -> None:
    """By the vendor's limits."""
    status, error = await api.ask(name, body)
    assert (status, error["details"]) == (422, details)


async def test_charging_from_the_grid_is_only_shown(api: Api, home: CloudSystem, clock: ManualClock) -> None:
    """Unless the vendor changes its mind."""
    await api.ask("battery_settings", {"charge_from_grid": "enabled"})
    clock.advance(60)
    assert (await api.get("battery_settings"))["charge_from_grid"] == "disabled"
    home.settings.charge_from_grid_writable = True
    _, echo = await api.ask("battery_settings", {"charge_from_grid": "enabled", "energy_independence": "enabled"})
    assert (echo["charge_from_grid"], echo["energy_independence"]) == ("enabled", "enabled")
    clock.advance(60)
    shown = await api.get("battery_settings")
    assert (shown["charge_from_grid"], shown["energy_independence"]) == ("enabled", "enabled")


async def test_a_storm_fills_the_battery(api: Api, home: CloudSystem, clock: ManualClock) -> None:
    """While the guard is on; nothing else may be set then."""
    assert await api.get("storm_guard") == {
        "system_id": 100001,
        "storm_guard_status": "enabled",
        "storm_alert": "false",
    }
    home.settings.storm_alert = True
    assert (await api.get("storm_guard"))["storm_alert"] == "true"
    assert (await api.get("battery_settings"))["battery_mode"] == "Full Backup"
    assert (await api.ask("battery_settings", {"reserve_soc": 50}))[0] == 422
    _, echo = await api.ask("storm_guard", {"storm_guard_status": "enabled"})
    assert echo == {"storm_guard_status": "Enabled (Active)", "storm_alert": "true"}
    await api.ask("storm_guard", {"storm_guard_status": "disabled"})
    clock.advance(60)
    assert (await api.get("battery_settings"))["battery_mode"] == "Self - Consumption"
    home.settings.storm_alert = False
    _, echo = await api.ask("storm_guard", {"storm_guard_status": "enabled"})
    assert echo["storm_guard_status"] == "Enabled (Inactive)"


async def test_a_grid_services_event_blocks_writes(api: Api, home: CloudSystem) -> None:
    """And shows itself as the mode."""
    home.settings.demand_response = True
    assert (await api.get("battery_settings"))["battery_mode"] == "DR Event Active"
    for name, body in (
        ("battery_settings", {"reserve_soc": 50}),
        ("storm_guard", {"storm_guard_status": "enabled"}),
        ("load_control", {"name": "NC1", "mode": "Basic"}),
    ):
        assert (await api.ask(name, body))[1]["details"] == "DR Event Active"


async def test_loads_are_shed(api: Api, house: House, clock: ManualClock, client: Client) -> None:
    """And come back."""
    (contact,) = (await api.get("load_control"))["load_control_data"]
    assert (contact["name"], contact["load_name"], contact["status"]) == ("NC1", "Pump", "enabled")
    for mode, shed in (("Manual_always_not_powered", {"NC1"}), ("Manual_always_powered", set())):
        _, echo = await api.ask("load_control", {"name": "NC1", "mode": mode})
        assert echo["load_control_data"][0]["mode"] == mode
        clock.advance(30)
        assert (await api.get("load_control"))["load_control_data"][0]["mode"] == mode
        assert house.switches.shed == shed
        states = (await client.get("/ivp/ensemble/dry_contacts"))["dry_contacts"]
        assert {each["id"]: each["status"] for each in states}["NC1"] == ("open" if shed else "closed")


async def test_the_grid_has_a_state(api: Api, home: CloudSystem, house: House, clock: ManualClock) -> None:
    """Unknown while nothing is reported."""
    clock.advance(3600)
    assert (await api.get("grid_status"))["grid_state"] == "On Grid"
    house.switches.relay_closed = False
    assert (await api.get("grid_status"))["grid_state"] == "Off Grid"
    home.go_silent(NOON + 1800)
    assert (await api.get("grid_status"))["grid_state"] == "Unknown"


async def test_paths_and_words_have_two_forms(api: Api, cloud: CloudServer, clock: ManualClock) -> None:
    """A server knows the one, the other, or both."""
    other = "/api/v4/systems/100001"
    assert (await api.ask("battery_settings", root=other))[0] == 404
    cloud.policy.missing_path = 405
    assert (await api.ask("battery_settings", root=other))[0] == 405
    cloud.policy.config_paths = ConfigPaths.DOCUMENTED
    assert (await api.ask("battery_settings"))[0] == 405
    status, settings = await api.ask("battery_settings", root=other)
    assert (status, settings["profile"], settings["battery_backup_percentage"]) == (200, "self-consumption", 20)
    wanted = {"profile": "backup_only", "battery_backup_percentage": 55, "charge_from_grid": "enabled"}
    status, echo = await api.ask("battery_settings", wanted, root=other)
    assert status == 200
    assert wanted.items() <= echo.items()
    clock.advance(3600)
    _, settings = await api.ask("battery_settings", root=other)
    assert (settings["profile"], settings["charge_from_grid"]) == ("backup_only", "enabled")
    assert (await api.ask("grid_status", root=other))[1]["grid_state"] == "on-grid"
    assert (await api.ask("battery_settings", {"profile": "x"}, root=other))[0] == 422
    cloud.policy.config_paths = ConfigPaths.BOTH
    assert [(await api.ask("storm_guard", root=root))[0] for root in (None, other)] == [200, 200]


async def test_a_home_without_batteries_has_nothing_to_set(api: Api, cloud: CloudServer) -> None:
    """And says so; one that has not reported cannot tell of the grid."""
    cloud.add_system(lived(HouseConfig(), now=NOON, days=0.01, site=CloudSite(system_id=2)))
    root = "/api/v4/systems/config/2"
    for name in ("battery_settings", "storm_guard", "load_control"):
        status, error = await api.ask(name, root=root)
        assert (status, error["details"]) == (422, "System doesn't have encharges")
    cloud.add_system(lived(HouseConfig(arrays=()), now=NOON, days=0.01, site=CloudSite(system_id=3)))
    status, error = await api.ask("grid_status", root="/api/v4/systems/config/3")
    assert (status, error["details"]) == (422, "grid_state not available as the site has not reported yet")
