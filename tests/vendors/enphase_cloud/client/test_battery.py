"""Settings of a battery: two places, two vocabularies, and changes that are only accepted."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from custom_components.energy_site.api.errors import (
    ApiNotFoundError,
    ApiPayloadError,
    ApiPlanError,
    ApiStatusError,
    HardwareAbsentError,
)
from custom_components.energy_site.vendors.enphase_cloud.client import v4_endpoints as endpoints
from custom_components.energy_site.vendors.enphase_cloud.client.errors import NotReportedError
from custom_components.energy_site.vendors.enphase_cloud.client.models.battery import (
    WRITTEN,
    BatteryMode,
    BatterySettings,
    BatterySettingsChange,
    GridStatusPayload,
    LoadContactChange,
    LoadMode,
    parse_battery_settings,
    parse_grid_status,
    parse_storm_guard,
)
from custom_components.energy_site.vendors.enphase_cloud.client.v4 import EnphaseV4Client

from .server import CloudServer, Tokens, serving
from .shapes import BATTERY, DOCUMENTED_SETTINGS, GRID_STATUS, LOAD_CONTROL, SETTINGS, STORM_GUARD

ON, OFF = {"storm_guard_status": "enabled"}, {"storm_guard_status": "disabled"}
OFFICIAL, DOCUMENTED = "/api/v4/systems/config/67", "/api/v4/systems/67"
SELF = BatterySettingsChange(mode=BatteryMode.SELF_CONSUMPTION)


@pytest.fixture
async def cloud(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[CloudServer]:
    """Serve v4."""
    async with serving(monkeypatch) as server:
        yield server


@pytest.fixture
def client(session: aiohttp.ClientSession, cloud: CloudServer) -> EnphaseV4Client:
    """Return a client of it."""
    return EnphaseV4Client(session, "key", Tokens())


# -- where --------------------------------------------------------------------


async def test_the_published_place_is_asked_first_and_alone(cloud: CloudServer, client: EnphaseV4Client) -> None:
    cloud.answer(f"{OFFICIAL}/grid_status", GRID_STATUS)
    cloud.answer(f"{DOCUMENTED}/grid_status", GRID_STATUS)
    for _ in range(2):
        await client.get(endpoints.GRID_STATUS, 67)
    assert cloud.paths == [f"{OFFICIAL}/grid_status"] * 2


@pytest.mark.parametrize("status", [404, 405, 501])
async def test_the_documented_place_is_tried_once_and_kept(
    cloud: CloudServer, client: EnphaseV4Client, session: aiohttp.ClientSession, status: int
) -> None:
    cloud.answer(f"{OFFICIAL}/storm_guard", {"reason": str(status), "message": ["No"]}, status=status)
    cloud.answer(f"{DOCUMENTED}/storm_guard", STORM_GUARD)
    for _ in range(2):
        assert (await client.get(endpoints.STORM_GUARD, 67)).enabled is True
    assert cloud.paths == [f"{OFFICIAL}/storm_guard", f"{DOCUMENTED}/storm_guard", f"{DOCUMENTED}/storm_guard"]
    # What was learned is kept for the next start, and what was kept wrongly does no harm.
    again = EnphaseV4Client(session, "key", Tokens(), paths=client.paths)
    await again.get(endpoints.STORM_GUARD, 67)
    assert cloud.last.path == f"{DOCUMENTED}/storm_guard"
    odd = EnphaseV4Client(session, "key", Tokens(), paths={"systems/config/{system_id}/storm_guard": "oauth/token"})
    with pytest.raises(ApiStatusError):
        await odd.get(endpoints.STORM_GUARD, 67)
    assert cloud.last.path == f"{OFFICIAL}/storm_guard"


async def test_where_neither_place_has_it_the_other_one_is_not_tried_again(
    cloud: CloudServer, client: EnphaseV4Client
) -> None:
    for _ in range(2):
        with pytest.raises(ApiNotFoundError):
            await client.get(endpoints.LOAD_CONTROL, 67)
    assert cloud.paths == [f"{OFFICIAL}/load_control", f"{DOCUMENTED}/load_control", f"{OFFICIAL}/load_control"]


async def test_a_place_that_works_is_not_given_up_for_a_later_mishap(
    cloud: CloudServer, client: EnphaseV4Client
) -> None:
    cloud.answer(f"{OFFICIAL}/grid_status", GRID_STATUS)
    cloud.answer(f"{OFFICIAL}/grid_status", {}, status=404)
    await client.get(endpoints.GRID_STATUS, 67)
    with pytest.raises(ApiNotFoundError):
        await client.get(endpoints.GRID_STATUS, 67)
    assert len(cloud.asked) == 2


async def test_a_change_finds_its_own_place(cloud: CloudServer, client: EnphaseV4Client) -> None:
    cloud.answer(f"{OFFICIAL}/battery_settings", SETTINGS)
    cloud.answer(f"{DOCUMENTED}/battery_settings", SETTINGS, method="PUT")
    await client.get(endpoints.BATTERY_SETTINGS, 67)
    await client.update(endpoints.SET_BATTERY_SETTINGS, 67, SELF.body(None))
    assert [each.method for each in cloud.asked] == ["GET", "PUT", "PUT"]
    assert cloud.last.path == f"{DOCUMENTED}/battery_settings"


# -- what is read -------------------------------------------------------------


async def test_all_ten_operations(cloud: CloudServer, client: EnphaseV4Client) -> None:
    for name, payload in (
        ("battery_settings", SETTINGS),
        ("storm_guard", STORM_GUARD),
        ("grid_status", GRID_STATUS),
        ("load_control", LOAD_CONTROL),
    ):
        cloud.answer(f"{OFFICIAL}/{name}", payload)
        cloud.answer(f"{OFFICIAL}/{name}", payload, method="PUT")
    days = {"start_date": "2016-08-01", "charge": [1, 2], "discharge": [3, 4]}
    cloud.answer(f"{DOCUMENTED}/battery_lifetime", days)
    cloud.answer(f"{DOCUMENTED}/telemetry/battery", BATTERY)
    cloud.answer(f"{DOCUMENTED}/devices/encharges/1202/telemetry", BATTERY)
    settings = await client.get(endpoints.BATTERY_SETTINGS, 67)
    assert (settings.mode, settings.reserve_soc) == (BatteryMode.SELF_CONSUMPTION, 95)
    assert settings.charge_from_grid is False
    assert settings.battery_shutdown_level == 13
    assert await client.update(endpoints.SET_BATTERY_SETTINGS, 67, SELF.body(None)) == settings
    assert (await client.get(endpoints.STORM_GUARD, 67)).storm_alert is False
    assert await client.update(endpoints.SET_STORM_GUARD, 67, OFF) is not None
    assert cloud.last.json() == {"storm_guard_status": "disabled"}
    assert (await client.get(endpoints.GRID_STATUS, 67)).on_grid is True
    [contact] = await client.get(endpoints.LOAD_CONTROL, 67)
    assert (contact.name, contact.soc_low) == ("NC1", 30)
    assert await client.update(endpoints.SET_LOAD_CONTROL, 67, LoadContactChange(name="NC1", soc_low=40).body()) == (
        contact,
    )
    assert cloud.last.json() == {"name": "NC1", "soc_low": 40}
    assert (await client.get(endpoints.BATTERY_LIFETIME, 67)).discharge.values == (3, 4)
    assert (await client.get(endpoints.BATTERY_TELEMETRY, 67)).last_reported_soc == 97
    assert (await client.get(endpoints.ENCHARGE_TELEMETRY, 67, "1202")).intervals[0].soc_percent == 97


@pytest.mark.parametrize(
    ("word", "mode"),
    [
        ("Self - Consumption", BatteryMode.SELF_CONSUMPTION),
        ("self-consumption", BatteryMode.SELF_CONSUMPTION),
        ("Savings Mode", BatteryMode.SAVINGS),
        ("cost_savings", BatteryMode.SAVINGS),
        ("Full Backup", BatteryMode.FULL_BACKUP),
        ("backup_only", BatteryMode.FULL_BACKUP),
        ("AI Optimisation", BatteryMode.AI_OPTIMISATION),
        ("DR Event Active", BatteryMode.DR_EVENT),
        ("Something New", None),
        (None, None),
    ],
)
def test_a_mode_is_known_in_every_spelling_and_a_new_one_is_kept(word: str | None, mode: BatteryMode | None) -> None:
    settings = parse_battery_settings("e", {"battery_mode": word, "reserve_soc": 5})
    assert (settings.battery_mode, settings.mode) == (word, mode)


def test_every_mode_that_is_written_is_read_again() -> None:
    for mode, written in WRITTEN.items():
        assert parse_battery_settings("e", {"battery_mode": written}).mode is mode


@pytest.mark.parametrize(
    ("word", "enabled"),
    [("enabled", True), ("Enabled (Inactive)", True), ("Enabled (Active)", True), ("disabled", False), ("?", None)],
)
def test_storm_guard_is_on_whatever_stands_behind_it(word: str, enabled: bool | None) -> None:
    guard = parse_storm_guard("e", {"storm_guard_status": word, "storm_alert": "true"})
    assert (guard.enabled, guard.storm_alert) == (enabled, True)


@pytest.mark.parametrize(
    ("word", "on_grid"),
    [("On Grid", True), ("on-grid", True), ("Off Grid", False), ("off_grid", False), ("transitioning", None)],
)
def test_the_grid_is_there_gone_or_unknown(word: str, on_grid: bool | None) -> None:
    status = parse_grid_status("e", {"grid_state": word})
    assert status == GridStatusPayload(grid_state=word)
    assert status.on_grid is on_grid


# -- what is written ----------------------------------------------------------


def sent(change: BatterySettingsChange, like: BatterySettings | None = None) -> dict[str, Any]:
    """Return what a change sends."""
    return change.body(like)


def test_a_change_sends_only_what_changes_in_the_services_spelling() -> None:
    assert sent(SELF) == {"battery_mode": "Self-consumption"}
    assert sent(BatterySettingsChange(reserve_soc=0)) == {"reserve_soc": 0}
    both = BatterySettingsChange(mode=BatteryMode.SAVINGS, reserve_soc=5)
    assert sent(both) == {"battery_mode": "Savings Mode", "reserve_soc": 5}
    assert sent(BatterySettingsChange(charge_from_grid=True)) == {"charge_from_grid": "enabled"}
    assert sent(SELF, parse_battery_settings("e", SETTINGS)) == {"battery_mode": "Self-consumption"}


def test_in_the_other_vocabulary_a_change_replaces_everything_and_loses_nothing() -> None:
    like = parse_battery_settings("e", DOCUMENTED_SETTINGS)
    assert (like.mode, like.reserve_soc, like.battery_shutdown_level) == (BatteryMode.SAVINGS, 30, 10)
    assert sent(BatterySettingsChange(reserve_soc=40), like) == {
        "profile": "cost_savings",
        "battery_backup_percentage": 40,
        "very_low_soc": 10,
        "tariff": {"currency": "EUR"},
    }
    assert sent(SELF, like)["profile"] == "self-consumption"
    charge = parse_battery_settings("e", {**DOCUMENTED_SETTINGS, "charge_from_grid": "disabled"})
    assert sent(SELF, charge)["charge_from_grid"] == "disabled"
    assert sent(BatterySettingsChange(charge_from_grid=True), charge)["charge_from_grid"] == "enabled"


@pytest.mark.parametrize(
    "change",
    [
        BatterySettingsChange(),
        BatterySettingsChange(reserve_soc=101),
        BatterySettingsChange(reserve_soc=-1),
        BatterySettingsChange(mode=BatteryMode.DR_EVENT),
        BatterySettingsChange(mode=BatteryMode.AI_OPTIMISATION),
    ],
)
def test_a_change_that_cannot_be_is_not_sent(change: BatterySettingsChange) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        change.body(None)


@pytest.mark.parametrize(
    "change",
    [
        LoadContactChange(name="NC1", mode=LoadMode.ADVANCED_BATTERY_POWERED),
        LoadContactChange(name="NC1", soc_low=9),
        LoadContactChange(name="NC1", soc_low=91),
    ],
)
def test_a_circuit_that_the_service_would_refuse_is_not_sent(change: LoadContactChange) -> None:
    with pytest.raises(ValueError, match="soc_low"):
        change.body()


@pytest.mark.parametrize("raw", [b"", b"  ", b'{"message": "Request sent successfully"}', b"[]"])
async def test_a_change_that_is_only_accepted_tells_nothing_of_what_is_in_force(
    cloud: CloudServer, client: EnphaseV4Client, raw: bytes
) -> None:
    cloud.answer(f"{OFFICIAL}/storm_guard", raw=raw, method="PUT")
    assert await client.update(endpoints.SET_STORM_GUARD, 67, ON) is None


async def test_a_web_page_accepts_nothing(cloud: CloudServer, client: EnphaseV4Client) -> None:
    cloud.answer(f"{OFFICIAL}/storm_guard", raw=b"<html></html>", method="PUT")
    with pytest.raises(ApiPayloadError):
        await client.update(endpoints.SET_STORM_GUARD, 67, ON)


# -- what is refused ----------------------------------------------------------


async def test_a_system_without_a_battery_and_one_that_has_not_reported_are_told_apart(
    cloud: CloudServer, client: EnphaseV4Client
) -> None:
    none = {"message": "Unprocessable Entity", "details": "System doesn't have encharges", "code": 422}
    later = {**none, "details": "grid_state not available as the site has not reported yet"}
    cloud.answer(f"{OFFICIAL}/battery_settings", none, status=422)
    cloud.answer(f"{OFFICIAL}/grid_status", later, status=422)
    with pytest.raises(HardwareAbsentError):
        await client.get(endpoints.BATTERY_SETTINGS, 67)
    with pytest.raises(NotReportedError):
        await client.get(endpoints.GRID_STATUS, 67)
    assert len(cloud.asked) == 2


async def test_a_refusal_at_the_documented_place_is_the_one_told(cloud: CloudServer, client: EnphaseV4Client) -> None:
    cloud.answer(f"{DOCUMENTED}/battery_settings", {"message": "Forbidden", "code": 403}, status=403)
    with pytest.raises(ApiPlanError):
        await client.get(endpoints.BATTERY_SETTINGS, 67)
    assert client.paths == {}
