"""Storms, events and silence: what takes over from an owner's settings, or lets them wait."""

import pytest

from simulator.clock import ManualClock
from simulator.enphase_account import AccountHome, paths
from simulator.house import StorageMode

from .owner import Owner


def reserve(percent: int, profile: str = "self-consumption") -> dict[str, object]:
    """Return the body that sets a reserve."""
    return {"profile": profile, "batteryBackupPercentage": percent}


async def test_during_a_storm_full_backup_is_shown_and_then_what_was_set(
    owner: Owner, clock: ManualClock, account_home: AccountHome
) -> None:
    account_home.begin_storm(3600)
    settings = await owner.settings()
    assert (settings["profile"], settings["batteryBackupPercentage"]) == ("backup_only", 100)
    assert settings["showStormGuardAlert"] is True
    assert (await owner.read(paths.STORM_ALERT))["stormAlerts"][0]["status"] == "active"
    assert account_home.house.battery is not None
    assert account_home.house.battery.settings.mode is StorageMode.BACKUP
    # Who takes what is shown for the profile changes nothing, and what is set waits.
    await owner.set(paths.PROFILE, reserve(50, "backup_only"))
    assert account_home.settings.pending == {}
    await owner.set(paths.PROFILE, reserve(35))
    clock.advance(1800)
    assert (await owner.settings())["requestedConfig"]["batteryBackupPercentage"] == 35
    clock.advance(1800)
    settings = await owner.settings()
    assert (settings["profile"], settings["showStormGuardAlert"]) == ("self-consumption", False)
    assert (await owner.read(paths.STORM_ALERT))["stormAlerts"][0]["status"] == "expired"
    assert account_home.settings.in_force.reserve == 35


async def test_opting_out_ends_a_storm(owner: Owner, account_home: AccountHome) -> None:
    storm = account_home.begin_storm()
    alert = {"id": storm.storm_id, "name": storm.name, "status": "opted-out"}
    await owner.set(paths.STORM_ALERT, {"stormAlerts": [alert]})
    assert (await owner.settings())["profile"] == "self-consumption"
    assert (await owner.read(paths.STORM_ALERT))["stormAlerts"][0]["status"] == "opted-out"


@pytest.mark.parametrize("event", ["demand_response", "calibration"])
async def test_events_let_writes_wait(owner: Owner, clock: ManualClock, account_home: AccountHome, event: str) -> None:
    if event == "calibration":
        account_home.events.calibration = True
        assert (await owner.read(paths.SITE_SETTINGS))["data"]["calibrationProgress"] is True
        assert (await owner.settings())["systemTask"] is True
    else:
        account_home.events.demand_response = "DISCHARGE"
        settings = await owner.settings()
        assert (settings["drEventActive"], settings["drEventMode"]) == (True, "DISCHARGE")
    await owner.set(paths.PROFILE, reserve(35))
    clock.advance(1800)
    assert (await owner.settings())["requestedConfig"] != {}
    account_home.events.calibration, account_home.events.demand_response = False, None
    clock.advance(300)
    await owner.settings()
    clock.advance(300)
    assert (await owner.settings())["batteryBackupPercentage"] == 35


async def test_a_silent_gateway_stays_pending(owner: Owner, clock: ManualClock, account_home: AccountHome) -> None:
    account_home.go_silent()
    await owner.set(paths.PROFILE, reserve(35))
    clock.advance(3600)
    assert (await owner.settings())["requestedConfig"]["pendingGateways"] == [account_home.serial]
    account_home.speak_again()
    clock.advance(600)
    await owner.settings()
    clock.advance(600)
    assert (await owner.settings())["batteryBackupPercentage"] == 35
