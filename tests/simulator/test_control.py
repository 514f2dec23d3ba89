"""What can be set on a gateway, and what then governs the house."""

from dataclasses import replace
from typing import Any

import pytest

from simulator.clock import ManualClock
from simulator.house import GeneratorConfig, House, StorageMode
from simulator.iq_gateway import DynamicLimit, GatewayServer

from .client import Client
from .conftest import HARDWARE, HOME, NOON

TARIFF = "/admin/lib/tariff"


async def set_storage(client: Client, **wanted: object) -> Any:
    """Write storage settings as one does: read all, change, write all."""
    tariff = (await client.get(TARIFF))["tariff"]
    tariff["storage_settings"] |= wanted
    return await client.send("PUT", TARIFF, {"tariff": tariff})


async def test_local_settings_govern_the_house(client: Client, house: House, gateway: GatewayServer) -> None:
    """Mode, reserve and grid charging take effect, and read back."""
    await set_storage(client, mode="economy", reserved_soc=42.0, charge_from_grid=True)
    assert house.battery
    assert house.battery.settings.mode is StorageMode.SAVINGS
    assert (await client.get("/ivp/ensemble/secctrl"))["configured_backup_soc"] == 42
    assert (await client.get("/ivp/sc/sched"))["Charge From Grid Allowed"] is True
    page = await client.get(TARIFF)
    assert page["tariff"]["storage_settings"]["reserved_soc"] == 42.0
    assert page["schedule"]["source"] == "Tariff"
    assert [(each.method, each.path) for each in gateway.stats.writes] == [("PUT", TARIFF)]


async def test_while_the_cloud_governs_a_write_is_kept_but_not_obeyed(
    client: Client, gateway: GatewayServer, house: House
) -> None:
    """The file lies then; the effective value does not."""
    gateway.set_cloud_profile(reserve=10.0, mode=StorageMode.SAVINGS)
    await set_storage(client, reserved_soc=77.0)
    page = await client.get(TARIFF)
    assert page["tariff"]["storage_settings"]["opt_schedules"] is True
    assert page["schedule"]["source"] == page["schedule"]["version"] == ""
    assert page["tariff"]["storage_settings"]["reserved_soc"] != 10
    assert (await client.get("/ivp/ensemble/secctrl"))["configured_backup_soc"] == 10
    gateway.set_firmware("D8.3.6086")
    await set_storage(client, reserved_soc=33.0, opt_schedules=False)
    assert (await client.get("/ivp/ensemble/secctrl"))["configured_backup_soc"] == 10
    gateway.set_firmware("D8.3.5169")
    await set_storage(client, reserved_soc=33.0, opt_schedules=False)
    assert (await client.get("/ivp/ensemble/secctrl"))["configured_backup_soc"] == 33
    gateway.set_cloud_profile()
    assert (await client.get("/ivp/ensemble/secctrl"))["configured_backup_soc"] == 10


async def test_nonsense_is_refused(client: Client) -> None:
    """With 400, and nothing changes."""
    before = await client.get(TARIFF)
    for body in ("{", "[]", "{}", '{"tariff": {"storage_settings": {"mode": "party"}}}'):
        assert (await client.ask(TARIFF, "PUT", data=body)).status == 400
    assert await client.get(TARIFF) == before
    assert (await client.ask("/ivp/livedata/stream", "POST", data="enable=1")).status == 400


NONSENSE = [
    ("POST", "/ivp/ensemble/relay", {"mains_admin_state": "ajar"}),
    ("POST", "/ivp/ensemble/dry_contacts", {"dry_contacts": {"id": "NC9", "status": "open"}}),
    ("POST", "/ivp/ensemble/dry_contacts", {"dry_contacts": "NC1"}),
    ("POST", "/ivp/ss/dry_contact_settings", {"dry_contacts": [1]}),
    ("POST", "/ivp/ss/gen_mode", {"gen_cmd": "on"}),
    ("POST", "/ivp/sc/pvlimit", {"enable": True, "pv_limit_pct": 101}),
    ("POST", "/ivp/sc/pvlimit", {"enable": 1, "pv_limit_pct": 50}),
    ("POST", "/ivp/sc/pvlimit", []),
    ("POST", "/ivp/livedata/stream", {"enable": 7}),
]
DPEL = "/ivp/ss/dpel"


@pytest.mark.parametrize(("method", "path", "body"), NONSENSE)
async def test_nonsense_is_refused_everywhere(client: Client, method: str, path: str, body: object) -> None:
    """Also a generator's command where there is none."""
    assert (await client.ask(path, method, json=body)).status == 400


async def test_the_cloud_may_let_go(client: Client, gateway: GatewayServer) -> None:
    """Then the local settings govern again."""
    gateway.set_cloud_profile(reserve=5.0, charge_from_grid=True, shutdown_level=10.0)
    control = await client.get("/ivp/ensemble/secctrl")
    assert (control["configured_backup_soc"], control["VLS_Limit"]) == (5, 10)
    gateway.end_cloud_profile()
    assert (await client.get("/ivp/ensemble/secctrl"))["configured_backup_soc"] == 20


@pytest.mark.parametrize(
    ("mode", "hour", "level", "doing"),
    [
        ("self-consumption", 12, 50, "ZN"),
        ("backup", 12, 50, "CP"),
        ("economy", 12, 50, "CP"),
        ("economy", 22, 50, "ND"),
        ("economy", 25, 50, "CG"),
        ("economy", 20.7, 80, "DL"),
    ],
)
async def test_the_storage_controller_tells_what_it_does(
    client: Client, clock: ManualClock, house: House, mode: str, hour: float, level: float, doing: str
) -> None:
    """By an index into its list of modes."""
    assert house.battery
    await set_storage(client, mode=mode, charge_from_grid=True)
    clock.advance((hour - 12) * 3600)
    await client.get("/ivp/meters")
    house.battery.level = level
    clock.advance(1)
    schedule = await client.get("/ivp/sc/sched")
    assert schedule["sched_mode_key"][schedule["acb_current_mode"]].startswith(doing)


async def test_live_data_is_stale_until_somebody_asks_for_it(client: Client, clock: ManualClock, house: House) -> None:
    """And again after a quarter of an hour."""
    first = await client.get("/ivp/livedata/status")
    clock.advance(60)
    again = await client.get("/ivp/livedata/status")
    assert "not enabled" in again["info"]
    assert again["meters"] == first["meters"]
    assert await client.send("POST", "/ivp/livedata/stream", {"enable": 1}) == {"sc_stream": "enabled"}
    clock.advance(2)
    live = await client.get("/ivp/livedata/status")
    assert "info" not in live
    assert live["meters"]["last_update"] == int(clock.now())
    meters = live["meters"]
    total = meters["pv"]["agg_p_mw"] + meters["storage"]["agg_p_mw"] + meters["grid"]["agg_p_mw"]
    assert abs(meters["load"]["agg_p_mw"] - total) < 10
    assert abs(meters["pv"]["agg_p_mw"] / 1000 - house.flow.solar) < 0.01
    clock.advance(901)
    assert (await client.get("/ivp/livedata/status"))["connection"]["sc_stream"] == "disabled"


async def test_the_mains_relay_takes_its_time(client: Client, clock: ManualClock, house: House) -> None:
    """Opening takes half a minute; closing synchronizes first."""
    path = "/ivp/ensemble/relay"
    await client.send("POST", path, {"mains_admin_state": "open"})
    clock.advance(20)
    state = await client.get(path)
    assert (state["mains_admin_state"], state["mains_oper_state"]) == ("open", "closed")
    clock.advance(10)
    assert (await client.get(path))["mains_oper_state"] == "open"
    assert not house.on_grid
    assert house.flow.grid == 0
    assert (await client.get(path))["Enchg_grid_mode"] == "multimode-offgrid"
    await client.send("POST", path, {"mains_admin_state": "closed"})
    seen = []
    for _ in range(4):
        clock.advance(4)
        seen.append((await client.get(path))["mains_oper_state"])
    assert seen == ["open synchronizing", "open synchronized", "closed", "closed"]
    assert house.on_grid


async def test_an_outage_shows(client: Client, clock: ManualClock, house: House) -> None:
    """The relay is asked to be closed, and is open."""
    house.switches.grid_available = False
    clock.advance(2)
    state = await client.get("/ivp/ensemble/relay")
    assert (state["mains_admin_state"], state["mains_oper_state"]) == ("closed", "open")
    assert (await client.get("/ivp/livedata/status"))["meters"]["main_relay_state"] == 0


async def test_a_dry_contact_sheds_its_load(client: Client, clock: ManualClock, house: House) -> None:
    """It shows a moment later, and only contacts of type LOAD act."""
    path = "/ivp/ensemble/dry_contacts"
    clock.advance(1)
    await client.get(path)
    before = house.flow.load
    await client.send("POST", path, {"dry_contacts": {"id": "NC1", "status": "open"}})
    assert (await client.get(path))["dry_contacts"][0]["status"] == "closed"
    clock.advance(4)
    assert (await client.get(path))["dry_contacts"][0] == {"id": "NC1", "status": "open"}
    assert before - house.flow.load > 600
    await client.send("POST", path, {"dry_contacts": {"id": "NO1", "status": "open"}})
    clock.advance(4)
    assert (await client.get(path))["dry_contacts"][2]["status"] == "closed"


async def test_contact_settings_are_written_whole_and_then_read_falsely_open(
    client: Client, clock: ManualClock
) -> None:
    """Booleans are strings in them."""
    path = "/ivp/ss/dry_contact_settings"
    wanted = (await client.get(path))["dry_contacts"][0] | {"soc_low": 35.0}
    await client.send("POST", path, {"dry_contacts": wanted})
    assert (await client.get(path))["dry_contacts"][0]["soc_low"] == 35.0
    assert (await client.get("/ivp/ensemble/dry_contacts"))["dry_contacts"][0]["status"] == "open"
    clock.advance(91)
    assert (await client.get("/ivp/ensemble/dry_contacts"))["dry_contacts"][0]["status"] == "closed"
    for bad in ({"id": "NC1"}, wanted | {"override": True}):
        assert (await client.ask(path, "POST", json={"dry_contacts": bad})).status == 400


async def test_the_generator_obeys(socket_enabled: None, clock: ManualClock) -> None:
    """Its nameplate is in kW whatever the key says."""
    house = House(replace(HOME, battery=None, generator=GeneratorConfig(watts=22_000)), start=NOON)
    async with GatewayServer(house, HARDWARE, clock=clock) as gateway, Client(gateway, gateway.token()) as client:
        assert (await client.get("/ivp/ss/gen_config"))["name_plate_rating_wat"] == 22.0
        house.switches.grid_available = False
        clock.advance(10)
        assert (await client.get("/ivp/ensemble/generator"))["oper_state"] == "closed"
        await client.send("POST", "/ivp/ss/gen_mode", {"gen_cmd": "off"})
        clock.advance(10)
        assert (await client.get("/ivp/ensemble/generator"))["oper_state"] == "open"
        assert house.flow.load == 0


async def test_a_limit_on_solar_power(client: Client, clock: ManualClock, house: House) -> None:
    """In percent of the inverters' rating."""
    await client.send("POST", "/ivp/sc/pvlimit", {"enable": True, "pv_limit_pct": 10})
    clock.advance(5)
    await client.get("/ivp/meters")
    assert house.flow.solar <= 6 * 36.6 + 0.01
    groups = {each["name"]: each for each in (await client.get("/ivp/sc/status"))["groups"]}
    assert groups["PV"]["setpoint_val"] < groups["PV"]["max"]


async def set_limit(client: Client, **wanted: object) -> Any:
    """Change the dynamic limit as one does: read all, change, write all."""
    page = await client.get(DPEL)
    page["dynamic_pel_settings"] |= wanted
    return await client.send("POST", DPEL, page)


async def test_an_installer_limits_what_is_exported_or_produced(
    gateway: GatewayServer, clock: ManualClock, house: House
) -> None:
    """An owner only reads it."""
    house.battery = None
    gateway.state.dynamic_limit.commissioned = True
    async with Client(gateway, gateway.token("installer")) as installer, Client(gateway, gateway.token()) as owner:
        await set_limit(installer, enable=True, limit_value_W=100.0)
        clock.advance(5)
        assert (await owner.get(DPEL))["dynamic_pel_settings"]["limit_value_W"] == 100
        assert (await owner.get("/ivp/ss/pel_settings"))["PEL"] is False
        assert house.flow.grid >= -100.01
        await set_limit(installer, export_limit=False, limit_value_W=150.0)
        clock.advance(5)
        await owner.get(DPEL)
        assert house.flow.solar <= 150.01
        assert (await owner.ask(DPEL, "POST", json=await owner.get(DPEL))).status == 401
        nonsense: tuple[Any, ...] = ({}, [], {**await owner.get(DPEL), "dynamic_pel_settings": {"enable": False}})
        for body in nonsense:
            assert (await installer.ask(DPEL, "POST", json=body)).status == 400


async def test_a_limit_that_nobody_commissioned_takes_everything_and_does_nothing(
    gateway: GatewayServer, house: House
) -> None:
    """Its settings are empty."""
    async with Client(gateway, gateway.token("installer")) as client:
        body: dict[str, Any] = {
            "dynamic_pel_settings": {**gateway.state.dynamic_limit.settings, "enable": True},
            "filename": "site_settings",
            "version": "00.00.01",
        }
        await client.send("POST", DPEL, body)
        assert await client.get(DPEL) == {}
        assert house.switches.export_limit is None


@pytest.mark.parametrize(
    ("who", "reads", "writes"),
    [
        (DynamicLimit.UNKNOWN, 404, 404),
        (DynamicLimit.INSTALLERS, 401, 401),
        (DynamicLimit.OWNERS_READ, 200, 401),
        (DynamicLimit.OWNERS, 200, 200),
    ],
)
async def test_firmware_differs_in_what_owners_may_do_with_the_limit(
    client: Client, gateway: GatewayServer, who: DynamicLimit, reads: int, writes: int
) -> None:
    """Which of them is true is not known."""
    gateway.config = replace(gateway.config, dynamic_limit=who)
    gateway.state.dynamic_limit.commissioned = True
    assert (await client.ask(DPEL)).status == reads
    body = gateway.state.dynamic_limit.payload()
    assert (await client.ask(DPEL, "POST", json=body)).status == writes
