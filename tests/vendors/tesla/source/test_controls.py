"""What can be set at a Tesla site: which settings it has, what they admit, and what moves along."""

from typing import Any

import pytest

from custom_components.energy_site.site.control import Choice, Failure, Flag, Range
from custom_components.energy_site.site.model import ExportRule, OperatingMode, Settings, Storm
from custom_components.energy_site.vendors.tesla.source import feeds
from simulator.house import HouseConfig
from simulator.tesla_cloud import SIGN_IN_SCOPES, SiteDetails, Write, powerwall

from .conftest import MakeHome
from .home import INFO, Helm, TeslaHome

ALL = {
    "backup_reserve",
    "off_grid_vehicle_charging_reserve",
    "operating_mode",
    "storm_guard",
    "tariff",
    "charge_from_grid",
    "export_rule",
}


def controls(home: TeslaHome) -> set[str]:
    """Return the keys of the controls that the site has."""
    return {name.key for name in home.source.control_names() if home.source.control(name, home.now) is not None}


async def steer(make_home: MakeHome, **more: Any) -> Helm:
    """Return the controls of a home with these details."""
    home = await make_home(details=SiteDetails(**more))
    await home.poll()
    return Helm(home)


# -- which there are ----------------------------------------------------------------


async def test_a_home_with_everything_has_all_controls(make_home: MakeHome) -> None:
    helm = await steer(make_home, vehicle_reserve_supported=True)
    assert controls(helm.home) == ALL


async def test_a_site_without_a_feature_lacks_its_control(make_home: MakeHome) -> None:
    helm = await steer(make_home, storm_capable=False, may_edit_grid_charging=False, may_edit_exports=False)
    assert controls(helm.home) == {"backup_reserve", "operating_mode", "tariff"}


async def test_a_powerwall_without_solar_keeps_what_the_site_allows_to_set(make_home: MakeHome) -> None:
    home = await make_home(
        HouseConfig(arrays=(), battery=powerwall()), details=SiteDetails(may_edit_grid_charging=None)
    )
    await home.poll()
    assert "charge_from_grid" not in controls(home)
    assert {"backup_reserve", "operating_mode", "storm_guard"} <= controls(home)


async def test_solar_only_has_no_control(make_home: MakeHome) -> None:
    home = await make_home(HouseConfig())
    await home.poll()
    assert controls(home) == set()


async def test_without_the_permission_to_control_reads_work_and_controls_are_absent(make_home: MakeHome) -> None:
    home = await make_home(scopes=SIGN_IN_SCOPES - {"energy_cmds"})
    await home.poll()
    assert controls(home) == set()
    assert home.part(Settings).backup_reserve == 20
    assert (await Helm(home).fail("backup_reserve", 30)).failure is Failure.MISSING
    assert Helm(home).written() == []


async def test_a_permission_that_is_granted_later_brings_the_controls(make_home: MakeHome) -> None:
    home = await make_home(scopes=SIGN_IN_SCOPES - {"energy_cmds"})
    await home.poll()
    home.token = home.cloud.grant(home.cloud.add_application()).access
    assert "backup_reserve" in controls(home)


# -- backup reserve -----------------------------------------------------------------


@pytest.mark.parametrize("firmware", ["25.18.4 aaaa", "25.26.1", "26.2 bbbb", "", "unknown"])
async def test_81_to_99_is_refused_before_any_request_and_names_the_nearest_two(
    make_home: MakeHome, firmware: str
) -> None:
    helm = await steer(make_home, firmware=firmware)
    for percent in (81, 85, 99):
        error = await helm.fail("backup_reserve", percent)
        assert error.failure is Failure.OUT_OF_RANGE
        assert isinstance(error.limits, Range)
        assert error.limits.gap == (80, 100)
    assert helm.written() == []


@pytest.mark.parametrize("firmware", ["25.18.3 aaaa", "24.44.0", "9.9"])
async def test_older_firmware_takes_81_to_99(make_home: MakeHome, firmware: str) -> None:
    helm = await steer(make_home, firmware=firmware)
    await helm.set("backup_reserve", 85)
    assert helm.value("backup_reserve") == 85


@pytest.mark.parametrize("percent", [0, 1, 80, 100])
async def test_0_to_80_and_100_are_set(helm: Helm, percent: int) -> None:
    await helm.set("backup_reserve", percent)
    assert helm.value("backup_reserve") == percent
    assert helm.written() == [{"backup_reserve_percent": percent}]
    assert helm.home.site.settings.now.reserve == percent


async def test_a_value_in_the_gap_is_shown_where_it_is_in_force(make_home: MakeHome) -> None:
    helm = await steer(make_home, backup_reserve_percent=85)
    assert helm.value("backup_reserve") == 85
    assert helm.home.part(Settings).backup_reserve == 85


async def test_new_firmware_brings_the_gap(make_home: MakeHome) -> None:
    helm = await steer(make_home, firmware="25.10.0")
    helm.home.site.details = SiteDetails(firmware="25.18.4 5c2f9bd6")
    await helm.poll(after=900)
    assert (await helm.fail("backup_reserve", 85)).failure is Failure.OUT_OF_RANGE


@pytest.mark.parametrize("value", [-1, 101, "20", True])
async def test_what_is_no_reserve_is_refused_before_any_request(helm: Helm, value: Any) -> None:
    assert (await helm.fail("backup_reserve", value)).failure is Failure.OUT_OF_RANGE
    assert helm.written() == []


async def test_the_reserve_for_vehicles_is_set_from_0_to_100(make_home: MakeHome) -> None:
    helm = await steer(make_home, vehicle_reserve_supported=True)
    for percent in (0, 90, 100):
        await helm.set("off_grid_vehicle_charging_reserve", percent)
        assert helm.home.part(Settings).off_grid_vehicle_charging_reserve == percent
    assert helm.written(Write.VEHICLE_RESERVE)[-1] == {"off_grid_vehicle_charging_reserve_percent": 100}


# -- modes and flags ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("ours", "theirs"), [("savings", "autonomous"), ("backup", "backup"), ("self_consumption", "self_consumption")]
)
async def test_savings_is_what_tesla_calls_autonomous(helm: Helm, ours: str, theirs: str) -> None:
    await helm.set("operating_mode", ours)
    assert helm.home.site.settings.now.mode == theirs
    assert helm.written() == [{"default_real_mode": theirs}]
    assert helm.home.part(Settings).operating_mode == ours
    control = helm.control("operating_mode")
    assert control is not None
    assert control.limits == Choice(options=("self_consumption", "savings", "backup"))


async def test_a_mode_that_tesla_lacks_is_refused_before_any_request(helm: Helm) -> None:
    assert (await helm.fail("operating_mode", OperatingMode.OPTIMIZED)).failure is Failure.NOT_AN_OPTION
    assert helm.written() == []


async def test_in_backup_mode_the_reserve_stays_the_configured_one(helm: Helm) -> None:
    await helm.set("operating_mode", "backup")
    assert helm.value("backup_reserve") == 20


async def test_storm_guard_is_turned_off_and_on(helm: Helm) -> None:
    await helm.set("storm_guard", value=False)
    assert (helm.value("storm_guard"), helm.home.part(Storm).guarded) == (False, False)
    await helm.set("storm_guard", value=True)
    assert helm.written() == [{"enabled": False}, {"enabled": True}]
    assert helm.home.site.settings.now.storm_mode is True


async def test_a_storm_guard_that_was_never_set_shows_off_and_can_be_turned_on(make_home: MakeHome) -> None:
    home = await make_home()
    home.site.set_behaviour(storm_flag_null=True)
    await home.poll()
    helm = Helm(home)
    assert helm.value("storm_guard") is False
    await helm.set("storm_guard", value=True)
    assert helm.value("storm_guard") is True


async def test_charging_from_the_grid_is_the_flag_that_forbids_it_turned_round(helm: Helm) -> None:
    control = helm.control("charge_from_grid")
    assert control is not None
    assert (control.limits, control.value) == (Flag(), False)
    await helm.set("charge_from_grid", value=True)
    await helm.set("charge_from_grid", value=False)
    name = "disallow_charge_from_grid_with_solar_installed"
    assert helm.written() == [{name: False}, {name: True}]
    assert [kind.value for kind in helm.told("charge_from_grid")] == ["changed", "changed"]


async def test_a_flag_that_is_absent_means_allowed(make_home: MakeHome) -> None:
    helm = await steer(make_home, grid_charging=True)
    info = helm.home.source.answer(feeds.INFO)
    assert info is not None
    assert info.components.disallow_charge_from_grid_with_solar_installed is None
    assert helm.value("charge_from_grid") is True


@pytest.mark.parametrize("rule", list(ExportRule))
@pytest.mark.parametrize(
    "odd",
    [{}, {"battery_ok_omitted": True}, {"never_as_flag": True}, {"settings_at_top": True}],
    ids=["as documented", "battery_ok left out", "never as a flag", "beside components"],
)
async def test_the_export_rule_is_set_whichever_way_the_site_tells_it(
    helm: Helm, rule: ExportRule, odd: dict[str, bool]
) -> None:
    helm.home.site.set_behaviour(**odd)
    await helm.poll(after=900)
    await helm.set("export_rule", rule)
    assert helm.home.part(Settings).export_rule is rule
    assert helm.home.site.settings.now.export_rule == rule
    assert helm.written() == [{"customer_preferred_export_rule": rule}]


async def test_an_absent_rule_is_unknown_and_not_settable_unless_the_site_says_that_it_is(make_home: MakeHome) -> None:
    home = await make_home(details=SiteDetails(export_rule="battery_ok", may_edit_exports=None))
    home.site.set_behaviour(battery_ok_omitted=True)
    await home.poll()
    assert home.part(Settings).export_rule is None
    assert "export_rule" not in controls(home)


# -- what moves along, and what others do -------------------------------------------


async def test_a_mode_that_moves_charging_from_the_grid_is_followed_at_once_and_told_as_moved_along(helm: Helm) -> None:
    helm.home.site.set_behaviour(mode_moves_grid_charging=True)
    await helm.set("operating_mode", "savings")
    assert helm.value("charge_from_grid") is True
    (moved,) = [change for change in helm.changes if change.name.key == "charge_from_grid"]
    assert (moved.after, moved.along, moved.ours) == (True, True, True)
    assert len(helm.written()) == 1


async def test_a_change_in_the_app_is_shown_and_told_as_not_ours(helm: Helm) -> None:
    helm.home.site.settings.change_in_app(Write.BACKUP, {"backup_reserve_percent": 45})
    await helm.poll(after=900)
    assert helm.value("backup_reserve") == 45
    (change,) = helm.changes
    assert (change.name.key, change.before, change.after, change.ours) == ("backup_reserve", 20, 45, False)


async def test_a_value_that_is_in_force_already_is_confirmed_and_changes_nothing(helm: Helm) -> None:
    await helm.set("backup_reserve", 20)
    assert [kind.value for kind in helm.told("backup_reserve")] == ["confirmed"]


async def test_writes_work_while_the_house_is_off_the_grid_by_wish_or_not(helm: Helm) -> None:
    helm.home.site.start_outage()
    await helm.home.poll("live_status", after=60)
    await helm.set("backup_reserve", 30)
    helm.home.site.end_outage()
    helm.home.site.disconnect_grid()
    await helm.home.poll("live_status", after=60)
    await helm.set("backup_reserve", 40)
    assert helm.value("backup_reserve") == 40


async def test_a_storm_or_an_event_blocks_nothing_that_tesla_keeps(make_home: MakeHome) -> None:
    helm = await steer(make_home, vpp_reserve_percent=15, programme="Grid friends")
    helm.home.site.grid_services_power = -2_000.0
    helm.home.answers("live_status", storm_mode_active=True)
    await helm.home.poll("live_status", after=60)
    control = helm.control("backup_reserve")
    assert control is not None
    assert control.block_reason is None
    await helm.set("backup_reserve", 30)
    assert helm.value("backup_reserve") == 30


async def test_a_site_info_without_components_for_once_takes_no_setting_for_another(helm: Helm) -> None:
    helm.home.answers(INFO, ["components"], count=1)
    await helm.poll(after=900)
    await helm.poll(after=900)
    assert helm.changes == []
    assert helm.value("backup_reserve") == 20
