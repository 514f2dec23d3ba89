"""What the account tells of a home, and how late."""

from datetime import UTC, datetime
from typing import Any

import pytest

from simulator.clock import ManualClock
from simulator.cloud.archive import Kind
from simulator.enphase_account import AccountHome, AccountServer, lived, paths, tariffs
from simulator.enphase_account.parts import PARTS, parts
from simulator.iq_gateway.faults import Truncated

from .conftest import EUROPEAN
from .owner import EMAIL, PASSWORD, Owner

QUARTER = 900
KINDS: dict[str, Kind] = {
    "production": "solar",
    "consumption": "load",
    "import": "grid_import",
    "export": "grid_export",
    "charge": "battery_charge",
    "discharge": "battery_discharge",
}


async def stats(owner: Owner) -> dict[str, Any]:
    """Return today's arrays."""
    found: dict[str, Any] = (await owner.read(paths.TODAY))["stats"][0]
    return found


async def test_today_has_a_quarter_of_an_hour_only_once_it_was_reported(owner: Owner, clock: ManualClock) -> None:
    # It is 14:00 in Amsterdam, and the gateway reports a minute past each fifth.
    assert (await stats(owner))["production"][55] == 0
    clock.advance(60)
    assert (await stats(owner))["production"][55] > 0
    assert (await stats(owner))["production"][56] == 0


async def test_the_quarter_that_just_ended_is_filled_for_minutes(
    owner: Owner, clock: ManualClock, account_home: AccountHome
) -> None:
    clock.advance(60)
    whole = account_home.archive.energy("solar", clock.now() - 60 - QUARTER, clock.now() - 60)
    assert (await stats(owner))["production"][55] == whole // 3
    clock.advance(300)
    assert (await stats(owner))["production"][55] == whole


@pytest.mark.parametrize("left_out", [frozenset(), frozenset({"charge", "discharge", "import", "export"})])
async def test_arrays_and_parts_add_up_to_what_flowed(
    owner: Owner, clock: ManualClock, account_home: AccountHome, left_out: frozenset[str]
) -> None:
    account_home.set_behaviour(arrays_left_out=left_out)
    clock.advance(9 * 3600 + 3120)
    found = await stats(owner)
    assert not left_out & found.keys()
    begin, end = found["start_time"], found["start_time"] + 95 * QUARTER
    sums = {name: sum(found.get(name, ())) for name in (*KINDS, *PARTS)}
    sums["import"] = sums["grid_home"] + sums["grid_battery"]
    sums["export"] = sums["solar_grid"] + sums["battery_grid"]
    sums["charge"] = sums["solar_battery"] + sums["grid_battery"]
    sums["discharge"] = sums["battery_home"] + sums["battery_grid"]
    for name, kind in KINDS.items():
        assert sums[name] == account_home.archive.energy(kind, begin, end), name
    assert found["totals"]["production"] == sums["production"]
    assert found["totals"]["grid_import"] == 6_728_400


def test_parts_of_an_interval_in_which_everything_flowed_add_up() -> None:
    wh: dict[Kind, int] = {
        "solar": 300,
        "grid_import": 120,
        "grid_export": 80,
        "battery_charge": 150,
        "battery_discharge": 60,
        "load": 250,
        "generator": 0,
    }
    found = parts(wh)
    assert found["solar_battery"] + found["grid_battery"] == 150
    assert found["battery_home"] + found["battery_grid"] == 60
    assert found["solar_grid"] + found["battery_grid"] == 80
    assert found["solar_home"] + found["battery_home"] + found["grid_home"] == 250
    assert min(found.values()) >= 0


@pytest.mark.parametrize(("day", "quarters"), [((2026, 3, 29), 92), ((2026, 10, 25), 100), ((2026, 6, 20), 96)])
async def test_days_of_changing_clocks_have_fewer_or_more_quarters(
    day: tuple[int, int, int], quarters: int, socket_enabled: None
) -> None:
    clock = ManualClock(datetime(*day, 21, 30, tzinfo=UTC).timestamp())
    home = lived(EUROPEAN, now=clock.now(), days=2)
    async with AccountServer(homes=[home], clock=clock) as account:
        account.add_account(EMAIL, PASSWORD)
        async with Owner(account, home) as owner:
            await owner.password()
            found = await stats(owner)
    assert len(found["production"]) == len(found["soc"]) == quarters
    assert sum(found["production"]) == home.archive.energy("solar", found["start_time"], home.horizon(clock.now()))


async def test_days_of_life_are_closed_by_the_report_after_midnight(
    owner: Owner, clock: ManualClock, account_home: AccountHome
) -> None:
    account_home.set_behaviour(arrays_left_out=frozenset())
    before = await owner.read(paths.LIFETIME)
    assert (before["start_date"], len(before["production"])) == ("2026-06-17", 4)
    clock.advance(10 * 3600 + 120)
    after = await owner.read(paths.LIFETIME)
    midnight = account_home.days.midnight(datetime(2026, 6, 20, tzinfo=UTC).date())
    assert len(after["production"]) == 5
    assert after["production"][:3] == before["production"][:3]
    for name, kind in KINDS.items():
        assert after[name][3] == account_home.archive.energy(kind, midnight, midnight + 86_400), name
    assert after["heatpump"] == []


async def test_a_day_may_be_null_and_arrays_absent(owner: Owner, account_home: AccountHome) -> None:
    account_home.set_behaviour(empty_days=frozenset({"2026-06-18"}))
    found = await owner.read(paths.LIFETIME)
    assert found["production"][1] is None
    assert found["charge"] == []


async def test_latest_power_is_the_production_of_five_minutes(
    owner: Owner, clock: ManualClock, account_home: AccountHome
) -> None:
    clock.advance(60)
    latest = (await owner.read(paths.LATEST_POWER))["latest_power"]
    assert latest["time"] == clock.now() - 60
    assert latest["value"] == round(account_home.archive.power("solar", clock.now() - 360, clock.now() - 60)) > 0
    account_home.set_behaviour(power_in_milliseconds=True)
    assert (await owner.read(paths.LATEST_POWER))["latest_power"]["time"] == (clock.now() - 60) * 1000
    account_home.set_behaviour(power_missing=True)
    assert (await owner.read(paths.LATEST_POWER))["latest_power"]["value"] is None


async def test_inverters_may_draw_at_night(owner: Owner, clock: ManualClock, account_home: AccountHome) -> None:
    account_home.set_behaviour(night_draw=30)
    clock.advance(12 * 3600)
    assert (await owner.read(paths.LATEST_POWER))["latest_power"]["value"] == -30


async def test_batteries_tell_their_level_cycles_and_health(
    owner: Owner, clock: ManualClock, account_home: AccountHome
) -> None:
    found = await owner.read(paths.BATTERY_STATUS)
    level = account_home.archive.level(account_home.horizon(clock.now()))
    assert level is not None
    assert found["current_charge"] == f"{round(level)}%"
    assert (found["max_capacity"], found["included_count"], found["max_power"]) == (10.0, 2, 7.68)
    first = found["storages"][0]
    assert (first["cycle_count"], first["battery_soh"], first["rated_power"]) == (217, "99%", 3840)
    account_home.set_behaviour(charge_not_available=True, cycles_missing=True, excluded=frozenset({1}))
    odd = await owner.read(paths.BATTERY_STATUS)
    assert (odd["current_charge"], odd["available_energy"], odd["excluded_count"]) == ("N/A", "N/A", 1)
    assert (odd["storages"][1]["excluded"], odd["storages"][0]["cycle_count"]) == (True, None)


async def test_devices_are_one_mixed_list(owner: Owner, account_home: AccountHome) -> None:
    result = (await owner.read(paths.DEVICES))["result"]
    by_type = {each["type"]: each["devices"] for each in result if "type" in each}
    assert by_type["envoy"][0]["serial_number"] == account_home.serial
    assert len(by_type["encharge"]) == 2
    assert result[-1] == {"curr_date_site": "2026-06-20"}
    account_home.set_behaviour(lists_gateway=False)
    assert (await owner.read(paths.DEVICES))["result"][0]["devices"] == []


async def test_an_outage_is_told_with_the_next_report_and_listed_once_it_is_over(
    owner: Owner, clock: ManualClock, account_home: AccountHome
) -> None:
    account_home.start_outage()
    clock.advance(30)
    assert (await owner.read(paths.OFF_GRID))["is_grid_outage"] is False
    clock.advance(570)
    assert (await owner.read(paths.OFF_GRID))["is_grid_outage"] is True
    assert (await owner.read(paths.BACKUP_HISTORY))["total_records"] == 0
    account_home.end_outage()
    clock.advance(600)
    assert (await owner.read(paths.OFF_GRID))["is_grid_outage"] is False
    found = await owner.read(paths.BACKUP_HISTORY)
    assert found["histories"] == [{"start_time": "2026-06-20T14:00:00+02:00", "duration": 600}]
    assert found["total_backup"] == 600


async def test_events_come_in_pages_the_newest_first(
    owner: Owner, clock: ManualClock, account_home: AccountHome
) -> None:
    problem = account_home.happenings.begin("envoy_not_reporting", at=clock.now() - 60, serial=account_home.serial)
    account_home.happenings.begin(
        "battery_error", at=clock.now(), serial="1", device="IQ Battery", recommended="Call your installer"
    )
    account_home.happenings.clear(problem, clock.now())
    first = await owner.read(f"{paths.EVENTS}?next=start&page_size=1&locale=en")
    assert (first["events"][0]["event_key"], first["events"][0]["standing"]) == ("battery_error", True)
    second = await owner.read(f"{paths.EVENTS}?next={first['next']}&page_size=1&locale=en")
    assert (second["events"][0]["status"], second["next"]) == ("Closed", None)


async def test_a_silent_gateway_lets_values_stand(owner: Owner, clock: ManualClock, account_home: AccountHome) -> None:
    clock.advance(60)
    before = await stats(owner)
    account_home.go_silent()
    clock.advance(2 * 3600)
    found = await owner.read(paths.TODAY)
    assert found["siteStatus"] == "comm"
    assert sum(found["stats"][0]["consumption"]) >= sum(before["consumption"])
    assert found["stats"][0]["consumption"][58:] == [0] * 38
    clock.advance(24 * 3600)
    gone = await owner.read(paths.TODAY)
    assert (gone["siteStatus"], gone["stats"]) == ("comm", [])
    assert (await owner.read(paths.SITE_SETTINGS))["data"]["siteStatus"]["code"] == "comm"
    account_home.speak_again()
    clock.advance(600)
    assert sum((await stats(owner))["consumption"]) > 0


async def test_settings_have_the_shape_of_a_real_home(owner: Owner, account_home: AccountHome) -> None:
    settings = await owner.settings()
    assert (settings["profile"], settings["batteryBackupPercentage"]) == ("self-consumption", 20)
    assert settings["requestedConfig"] == {}
    assert settings["requestedConfigMqtt"] == {"powerMatchControl": {}}
    assert settings["acceptedItcDisclaimer"] is None
    profile = (await owner.read(paths.PROFILE))["data"]
    assert (profile["isBatteryChangePending"], profile["devices"]["iqEvse"]) == (False, [])
    site = (await owner.read(paths.SITE_SETTINGS))["data"]
    assert (site["showFullBackup"], site["timezone"]) == (True, "Europe/Amsterdam")
    data = (await owner.read(paths.DATA))["app"]
    assert data["userId"] == 7654321


async def test_settings_may_be_null_locked_missing_or_unknown(owner: Owner, account_home: AccountHome) -> None:
    account_home.set_behaviour(
        rbd_null=True,
        cfg_null=True,
        power_match_null=True,
        dtg_locked=True,
        hides=frozenset({"veryLowSocMax"}),
        changed={"profile": "new-word", "newThing": {"a": [1]}, "stormGuardState": None},
    )
    settings = await owner.settings()
    assert settings["rbdControl"] is settings["cfgControl"] is settings["powerMatchControl"] is None
    assert (settings["dtgControl"]["locked"], settings["batteryGridMode"]) == (True, "ImportOnly")
    assert (settings["profile"], settings["newThing"], settings["stormGuardState"]) == ("new-word", {"a": [1]}, None)
    assert "veryLowSocMax" not in settings


async def test_half_a_body_is_no_json(owner: Owner, account: AccountServer, account_home: AccountHome) -> None:
    account.faults.add(Truncated(0.5), account_home.path(paths.TODAY))
    with pytest.raises(ValueError, match=r"(?i)expect|delimiter|unterminated"):
        await owner.ask(paths.TODAY)


async def test_a_tariff_is_for_those_who_say_who_they_are(owner: Owner, account_home: AccountHome) -> None:
    account_home.tariff = tariffs.TIME_OF_USE
    assert (await owner.read(paths.TARIFF))["purchase"]["seasons"][0]["days"][0]["periods"][1]["rate"] == "0.36"
    assert (await owner.ask(paths.TARIFF, headers={"Username": "1"})).status == 403
    account_home.tariff = None
    assert (await owner.ask(paths.TARIFF)).status == 404
