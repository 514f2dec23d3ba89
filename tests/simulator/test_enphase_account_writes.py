"""Settings through the account: wished, applied by the gateway, shown with its next report."""

from typing import Any

import pytest

from simulator.clock import ManualClock
from simulator.enphase_account import AccountHome, AccountServer, DevicesInProfile, Ending, Setting, paths
from simulator.house import StorageMode

from .owner import EMAIL, Owner

SUCCESS = {"message": "success"}


def reserve(percent: int, profile: str = "self-consumption") -> dict[str, Any]:
    """Return the body that sets a reserve."""
    return {"profile": profile, "batteryBackupPercentage": percent}


async def test_a_reserve_is_wished_then_in_force_then_shown(
    owner: Owner, clock: ManualClock, account_home: AccountHome
) -> None:
    assert (await owner.set(paths.PROFILE, reserve(35))).body == SUCCESS
    settings = await owner.settings()
    assert settings["batteryBackupPercentage"] == 20
    assert settings["requestedConfig"] == {"batteryBackupPercentage": 35, "pendingGateways": [account_home.serial]}
    assert (await owner.read(paths.PROFILE))["data"]["isBatteryChangePending"] is True
    assert (await owner.read(paths.SITE_SETTINGS))["data"]["isChangePending"] is True
    clock.advance(15)
    assert (await owner.settings())["batteryBackupPercentage"] == 20
    assert account_home.house.battery is not None
    assert account_home.house.battery.settings.reserve == 35
    clock.advance(45)
    settings = await owner.settings()
    assert (settings["batteryBackupPercentage"], settings["requestedConfig"]) == (35, {})
    assert settings["previousBatteryBackupPercentage"]["self-consumption"] == 35


@pytest.mark.parametrize(("shown_after", "seconds"), [(0.0, 15), (900.0, 915)])
async def test_what_is_in_force_is_shown_at_once_or_much_later(
    owner: Owner, clock: ManualClock, account_home: AccountHome, shown_after: float, seconds: int
) -> None:
    account_home.set_ending(Setting.SHUTDOWN_LEVEL, shown_after=shown_after)
    await owner.set(paths.BATTERY_SETTINGS, {"veryLowSoc": 15})
    clock.advance(seconds - 1)
    assert (await owner.settings())["veryLowSoc"] == 5
    clock.advance(1)
    assert (await owner.settings())["veryLowSoc"] == 15


async def test_a_write_may_be_ignored(owner: Owner, clock: ManualClock, account_home: AccountHome) -> None:
    account_home.set_ending(Setting.RESERVE, Ending.IGNORE)
    assert (await owner.set(paths.PROFILE, reserve(35))).body == SUCCESS
    assert (await owner.settings())["requestedConfig"] == {}
    clock.advance(900)
    assert (await owner.settings())["batteryBackupPercentage"] == account_home.settings.in_force.reserve == 20


async def test_a_write_may_be_dropped_after_it_was_pending(
    owner: Owner, clock: ManualClock, account_home: AccountHome
) -> None:
    account_home.set_ending(Setting.RESERVE, Ending.DROP)
    await owner.set(paths.PROFILE, reserve(35))
    clock.advance(30)
    assert (await owner.settings())["requestedConfig"] != {}
    clock.advance(300)
    settings = await owner.settings()
    assert (settings["requestedConfig"], settings["batteryBackupPercentage"]) == ({}, 20)
    assert account_home.settings.in_force.reserve == 20


async def test_a_write_may_be_moved_to_another_value(
    owner: Owner, clock: ManualClock, account_home: AccountHome
) -> None:
    account_home.set_ending(Setting.RESERVE, Ending.MOVE, value=50)
    await owner.set(paths.PROFILE, reserve(35))
    assert (await owner.settings())["requestedConfig"]["batteryBackupPercentage"] == 35
    clock.advance(300)
    assert (await owner.settings())["batteryBackupPercentage"] == 50


async def test_values_out_of_bounds_are_clamped_without_a_word(owner: Owner, clock: ManualClock) -> None:
    assert (await owner.set(paths.PROFILE, reserve(2))).body == SUCCESS
    assert (await owner.set(paths.BATTERY_SETTINGS, {"veryLowSoc": 60})).body == SUCCESS
    clock.advance(300)
    settings = await owner.settings()
    assert (settings["batteryBackupPercentage"], settings["veryLowSoc"]) == (5, 25)


async def test_a_write_may_be_refused_in_words(owner: Owner, account_home: AccountHome) -> None:
    account_home.set_ending(Setting.RESERVE, Ending.REFUSE, status=409, words="Another change is pending")
    answer = await owner.set(paths.PROFILE, reserve(35))
    assert (answer.status, answer.body["message"]) == (409, "Another change is pending")
    assert account_home.settings.pending == {}


async def test_a_newer_wish_replaces_the_one_on_its_way(owner: Owner, clock: ManualClock) -> None:
    await owner.set(paths.PROFILE, reserve(35))
    clock.advance(5)
    await owner.set(paths.PROFILE, reserve(45))
    assert (await owner.settings())["requestedConfig"]["batteryBackupPercentage"] == 45
    clock.advance(300)
    assert (await owner.settings())["batteryBackupPercentage"] == 45


async def test_a_profile_brings_its_own_reserve_and_charging_along(
    owner: Owner, clock: ManualClock, account_home: AccountHome
) -> None:
    account_home.remember("cost_savings", reserve=30, charge_from_grid=True)
    await owner.set(paths.PROFILE, reserve(30, "cost_savings") | {"operationModeSubType": "prioritize-energy"})
    assert set((await owner.settings())["requestedConfig"]) == {
        "profile",
        "batteryBackupPercentage",
        "operationModeSubType",
        "pendingGateways",
    }
    clock.advance(300)
    settings = await owner.settings()
    assert (settings["profile"], settings["batteryBackupPercentage"]) == ("cost_savings", 30)
    assert settings["chargeFromGrid"] is True
    await owner.set(paths.PROFILE, reserve(20))
    clock.advance(300)
    settings = await owner.settings()
    assert (settings["chargeFromGrid"], settings["batteryBackupPercentage"]) == (False, 20)
    assert account_home.settings.memory["cost_savings"].charge_from_grid is True


async def test_full_backup_pins_the_reserve(owner: Owner, clock: ManualClock, account_home: AccountHome) -> None:
    await owner.set(paths.PROFILE, reserve(60, "backup_only"))
    clock.advance(300)
    assert (await owner.settings())["batteryBackupPercentage"] == 100
    assert account_home.house.battery is not None
    assert account_home.house.battery.settings.mode is StorageMode.BACKUP
    assert (await owner.set(paths.PROFILE, reserve(60, "backup_only"))).body == SUCCESS
    clock.advance(300)
    assert (await owner.settings())["batteryBackupPercentage"] == 100


async def test_a_stale_profile_in_the_body_of_a_reserve_changes_the_profile(
    owner: Owner, clock: ManualClock, account_home: AccountHome
) -> None:
    account_home.change_in_app(Setting.PROFILE, "cost_savings")
    await owner.set(paths.PROFILE, reserve(35))
    clock.advance(300)
    assert (await owner.settings())["profile"] == "self-consumption"


async def test_a_profile_that_the_site_lacks_is_refused(owner: Owner) -> None:
    assert (await owner.set(paths.PROFILE, reserve(20, "expert"))).status == 400


async def test_a_pending_profile_can_be_cancelled_once(owner: Owner, clock: ManualClock) -> None:
    await owner.set(paths.PROFILE, reserve(30, "cost_savings"))
    assert (await owner.set(paths.CANCEL_PROFILE, {})).body == SUCCESS
    answer = await owner.set(paths.CANCEL_PROFILE, {})
    assert (answer.status, answer.body["message"]) == (409, "ALREADY_PROCESSED")
    clock.advance(300)
    assert (await owner.settings())["profile"] == "self-consumption"


async def test_charging_from_the_grid_wants_the_owners_word_first(owner: Owner, clock: ManualClock) -> None:
    assert (await owner.set(paths.BATTERY_SETTINGS, {"chargeFromGrid": True})).status == 400
    assert (await owner.set(paths.ACCEPT_DISCLAIMER, {"disclaimer-type": "itc"}, "POST")).body == SUCCESS
    assert (await owner.settings())["acceptedItcDisclaimer"].startswith("2026-06-20T12:00:00")
    body = {"chargeFromGrid": True, "acceptedItcDisclaimer": True}
    assert (await owner.set(paths.BATTERY_SETTINGS, body)).body == SUCCESS
    clock.advance(300)
    assert (await owner.settings())["chargeFromGrid"] is True
    await owner.set(paths.BATTERY_SETTINGS, {"chargeFromGrid": False})
    clock.advance(300)
    assert (await owner.settings())["chargeFromGrid"] is False


async def test_a_battery_that_may_charge_may_idle_until_its_profile_is_written_again(
    owner: Owner, clock: ManualClock, account_home: AccountHome
) -> None:
    battery = account_home.house.battery
    assert battery is not None
    clock.advance(12 * 3600)
    account_home.advance(clock.now())
    battery.level = 40
    account_home.set_behaviour(idles_below_reserve=True)
    account_home.change_in_app(Setting.RESERVE, 80)
    account_home.change_in_app(Setting.CHARGE_FROM_GRID, True)
    clock.advance(1800)
    account_home.advance(clock.now())
    assert battery.settings.charge_from_grid
    assert account_home.house.flow.battery == 0
    account_home.change_in_app(Setting.PROFILE, "cost_savings")
    account_home.change_in_app(Setting.CHARGE_FROM_GRID, True)
    account_home.change_in_app(Setting.PROFILE, "self-consumption")
    clock.advance(1800)
    account_home.advance(clock.now())
    assert account_home.house.flow.battery < -1000


async def test_discharging_to_the_grid_has_a_window(owner: Owner, clock: ManualClock) -> None:
    block = {"enabled": True, "scheduleSupported": True, "startTime": 960, "endTime": 1140}
    await owner.set(paths.BATTERY_SETTINGS, {"dtgControl": block})
    assert (await owner.settings())["requestedConfig"]["dtgControl"] == {
        "enabled": True,
        "startTime": 960,
        "endTime": 1140,
    }
    clock.advance(300)
    assert (await owner.settings())["dtgControl"] | block == (await owner.settings())["dtgControl"]
    await owner.set(paths.BATTERY_SETTINGS, {"dtgControl": {"enabled": False}})
    clock.advance(300)
    assert (await owner.settings())["dtgControl"]["enabled"] is False


@pytest.mark.parametrize(
    ("locked", "body"),
    [
        ("dtg_locked", {"dtgControl": {"enabled": True}}),
        ("cfg_locked", {"chargeFromGrid": True, "acceptedItcDisclaimer": True}),
        ("restrict_cfg", {"chargeFromGrid": True, "acceptedItcDisclaimer": True}),
        ("rbd_locked", {"rbdControl": {"enabled": True}}),
    ],
)
async def test_what_is_locked_is_refused_in_words(
    owner: Owner, account_home: AccountHome, locked: str, body: dict[str, Any]
) -> None:
    account_home.save_window("rbd")
    account_home.set_behaviour(**{locked: True})
    answer = await owner.set(paths.BATTERY_SETTINGS, body)
    assert (answer.status, answer.body["message"]) == (403, "This setting is locked for the site")


async def test_restricting_discharge_wants_a_saved_window(
    owner: Owner, clock: ManualClock, account_home: AccountHome
) -> None:
    block = (await owner.settings())["rbdControl"] | {"enabled": True}
    assert (await owner.set(paths.BATTERY_SETTINGS, {"rbdControl": block})).body == SUCCESS
    assert account_home.settings.pending == {}
    account_home.save_window("rbd")
    await owner.set(paths.BATTERY_SETTINGS, {"rbdControl": block})
    clock.advance(300)
    assert (await owner.settings())["rbdControl"]["enabled"] is True


async def test_restricting_discharge_ends_with_a_whole_body_only(
    owner: Owner, clock: ManualClock, account_home: AccountHome
) -> None:
    account_home.save_window("rbd")
    account_home.change_in_app(Setting.RESTRICT_DISCHARGE, True)
    settings = await owner.settings()
    block = settings["rbdControl"] | {"enabled": False}
    await owner.set(paths.BATTERY_SETTINGS, {"rbdControl": block})
    assert account_home.settings.pending == {}
    await owner.set(paths.BATTERY_SETTINGS, settings | {"rbdControl": block})
    assert account_home.settings.pending == {"restrict_discharge": False}
    clock.advance(300)
    assert (await owner.settings())["rbdControl"]["enabled"] is False
    account_home.set_behaviour(supports_mqtt=False)
    account_home.change_in_app(Setting.RESTRICT_DISCHARGE, True)
    await owner.set(paths.BATTERY_SETTINGS, {"rbdControl": block})
    assert account_home.settings.pending == {"restrict_discharge": False}


async def test_a_whole_body_that_is_old_sets_back_what_is_pending(
    owner: Owner, account: AccountServer, account_home: AccountHome
) -> None:
    account_home.save_window("rbd")
    account_home.change_in_app(Setting.RESTRICT_DISCHARGE, True)
    await owner.set(paths.PROFILE, reserve(35))
    old = await owner.settings()
    whole = old | {"rbdControl": old["rbdControl"] | {"enabled": False}}
    account.policy.whole_body_counts = False
    await owner.set(paths.BATTERY_SETTINGS, whole)
    assert account_home.settings.wished.reserve == 35
    account.policy.whole_body_counts = True
    account_home.change_in_app(Setting.RESTRICT_DISCHARGE, True)
    await owner.set(paths.BATTERY_SETTINGS, whole)
    assert account_home.settings.wished.reserve == 20


async def test_power_match_has_a_body_of_its_own(owner: Owner, clock: ManualClock, account_home: AccountHome) -> None:
    for unheeded in ({"powerMatchControl": {"enabled": False}}, {"powerMatch": False, "veryLowSoc": 5}):
        assert (await owner.set(paths.BATTERY_SETTINGS, unheeded)).body == SUCCESS
        assert account_home.settings.pending == {}
    await owner.set(paths.BATTERY_SETTINGS, {"powerMatch": False})
    settings = await owner.settings()
    assert settings["requestedConfig"] == {}
    assert settings["requestedConfigMqtt"]["powerMatchControl"] == {"enabled": False}
    clock.advance(300)
    assert (await owner.settings())["powerMatchControl"]["enabled"] is False


async def test_storm_guard_is_the_clouds_own_and_may_forget_cars(owner: Owner, account_home: AccountHome) -> None:
    account_home.change_in_app(Setting.STORM_GUARD, False)
    account_home.settings.shown = account_home.settings.shown.changed({"storm_guard_cars": True})
    account_home.settings.in_force = account_home.settings.shown
    body = {"stormGuardState": "enabled", "evseStormEnabled": True}
    assert (await owner.set(paths.STORM_TOGGLE, body)).body == SUCCESS
    assert (await owner.settings())["stormGuardState"] == "enabled"
    assert (await owner.read(paths.PROFILE))["data"]["evseStormEnabled"] is True
    await owner.set(paths.STORM_TOGGLE, {"stormGuardState": "disabled"})
    assert (await owner.read(paths.PROFILE))["data"]["evseStormEnabled"] is False


async def test_a_profile_with_devices_is_refused_or_lands_by_half(
    owner: Owner, account: AccountServer, account_home: AccountHome
) -> None:
    body = reserve(30, "cost_savings") | {"devices": {"iqEvse": []}}
    assert (await owner.set(paths.PROFILE, body)).status == 400
    account.policy.devices_in_profile = DevicesInProfile.HALF
    assert (await owner.set(paths.PROFILE, body)).body == SUCCESS
    assert account_home.settings.pending == {"reserve": 30}


async def test_rows_wait_until_their_family_is_switched_on(owner: Owner, account_home: AccountHome) -> None:
    row = {
        "timezone": "Europe/Amsterdam",
        "startTime": "22:00",
        "endTime": "05:00",
        "scheduleType": "CFG",
        "days": [1, 2],
        "limit": 90,
        "isEnabled": True,
    }
    made = await owner.set(paths.SCHEDULES, row, "POST")
    assert made.body["scheduleStatus"] == "pending"
    found = await owner.read(paths.SCHEDULES)
    assert (found["cfg"]["count"], found["cfg"]["scheduleStatus"], found["anySchedulePending"]) == (1, "pending", True)
    overlapping = row | {"scheduleType": "DTG", "startTime": "04:00", "endTime": "06:00", "days": [3]}
    conflict = await owner.set(paths.SCHEDULES, overlapping, "POST")
    assert (conflict.status, conflict.body["message"]) == (409, "CONFLICTING_SCHEDULE_CFG")
    await owner.set(paths.BATTERY_SETTINGS, {"chargeFromGrid": True, "acceptedItcDisclaimer": True})
    assert (await owner.read(paths.SCHEDULES))["cfg"]["scheduleStatus"] == "active"
    one = f"{paths.SCHEDULES}/{made.body['scheduleId']}"
    await owner.set(one, row | {"isEnabled": False})
    assert (await owner.read(paths.SCHEDULES))["cfg"]["details"][0]["isEnabled"] is True
    assert (await owner.ask(one, "DELETE")).text == "Invalid CORS request"
    await owner.set(f"{one}/delete", {}, "POST")
    assert (await owner.read(paths.SCHEDULES))["cfg"]["count"] == 0
    valid = f"{paths.SCHEDULES}/isValid"
    assert (await owner.set(valid, {"scheduleType": "cfg"}, "POST")).status == 400


async def test_the_app_changes_something_meanwhile(owner: Owner, clock: ManualClock, account_home: AccountHome) -> None:
    await owner.set(paths.PROFILE, reserve(35))
    account_home.change_in_app(Setting.RESERVE, 60)
    settings = await owner.settings()
    assert (settings["batteryBackupPercentage"], settings["requestedConfig"]) == (60, {})
    clock.advance(300)
    assert (await owner.settings())["batteryBackupPercentage"] == 60


async def test_writes_are_remembered_with_what_was_in_force(owner: Owner, account_home: AccountHome) -> None:
    await owner.set(paths.PROFILE, reserve(35))
    await owner.set(paths.PROFILE, reserve(35))
    assert [(each.setting, each.value, each.before) for each in account_home.settings.written] == [
        (Setting.RESERVE, 35, 20),
        (Setting.RESERVE, 35, 20),
    ]
    assert account_home.settings.pending_settings == {Setting.RESERVE}


async def test_a_body_that_is_no_object_is_refused(owner: Owner, account: AccountServer) -> None:
    assert (await owner.set(paths.BATTERY_SETTINGS, [1])).status == 400
    assert (await owner.set(paths.STORM_TOGGLE, {"stormGuardState": "maybe"})).status == 400
    assert (await owner.set(paths.ACCEPT_DISCLAIMER, {"disclaimer-type": "x"}, "POST")).status == 400
    account.policy.storm_disclaimer_needed = True
    assert (await owner.set(paths.STORM_TOGGLE, {"stormGuardState": "enabled"})).status == 400
    await owner.set(paths.ACCEPT_DISCLAIMER, {"disclaimer-type": "stormguard"}, "POST")
    assert (await owner.set(paths.STORM_TOGGLE, {"stormGuardState": "enabled"})).status == 200
    assert account.accounts.by_email[EMAIL].logins == 1
