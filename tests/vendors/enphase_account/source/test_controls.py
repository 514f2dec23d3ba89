"""What an owner can set through the account: by what the site has, within its limits, in the shapes that work."""

from typing import Any

import pytest

from custom_components.energy_site.site.control import (
    BlockReason,
    ChangeKind,
    Choice,
    ControlName,
    Failure,
    Range,
    Value,
)
from custom_components.energy_site.site.model import Health, Storm
from custom_components.energy_site.site.past_outages import PastOutages
from simulator.enphase_account import FORBIDDEN, Ending, Family, HomeDetails, Setting, paths

from .conftest import MakeHome
from .home import EMAIL, Helm, SourceHome

ALL = {
    "backup_reserve",
    "charge_from_grid",
    "discharge_to_grid",
    "operating_mode",
    "power_match",
    "restrict_discharge",
    "shutdown_level",
    "storm_guard",
}


async def make_helm(make_home: MakeHome, *, behaviour: dict[str, Any] | None = None, **details: Any) -> Helm:
    """Return the controls of a home with these details, and the statement accepted if not said otherwise."""
    home = await make_home(details=HomeDetails(**{"disclaimer_accepted": True, **details}))
    home.home.set_behaviour(**(behaviour or {}))
    home.home.set_endings(apply_after=5, shown_after=2)
    await home.settle()
    home.clock.advance(120)
    return Helm(home)


def present(helm: Helm) -> set[str]:
    """Return the keys of the controls that the site has."""
    return {name.key for name in helm.home.source.control_names() if helm.queue.control(name) is not None}


# -- what a site has ----------------------------------------------------------------


async def test_a_site_with_everything_has_all_controls_with_its_own_limits(make_home: MakeHome) -> None:
    helm = await make_helm(make_home, reserve_min=10, reserve_max=95, shutdown_min=6, shutdown_max=20)
    assert present(helm) == ALL
    limits = {key: control.limits for key in ALL if (control := helm.control(key)) is not None}
    assert limits["backup_reserve"] == Range(minimum=10, maximum=95)
    assert limits["shutdown_level"] == Range(minimum=6, maximum=20)
    assert limits["operating_mode"] == Choice(options=("self_consumption", "savings", "backup", "optimized"))


@pytest.mark.parametrize(
    ("behaviour", "details", "missing"),
    [
        ({}, {"shutdown_level": False}, {"shutdown_level"}),
        ({}, {"storm_guard": False}, {"storm_guard"}),
        ({"restrict_cfg": True}, {}, {"charge_from_grid"}),
        ({"cfg_null": True}, {}, {"charge_from_grid"}),
        ({"power_match_null": True}, {}, {"power_match"}),
    ],
)
async def test_a_site_has_no_control_for_what_it_lacks(
    make_home: MakeHome, behaviour: dict[str, Any], details: dict[str, Any], missing: set[str]
) -> None:
    helm = await make_helm(make_home, behaviour=behaviour, **details)
    assert present(helm) == ALL - missing


async def test_profiles_that_a_site_does_not_offer_are_not_options(make_home: MakeHome) -> None:
    helm = await make_helm(make_home, savings=False, ai=False, full_backup=False)
    error = await helm.fail("operating_mode", "savings")
    assert error.failure is Failure.NOT_AN_OPTION
    assert error.limits == Choice(options=("self_consumption",))
    assert helm.written() == []


async def test_a_profile_with_an_unknown_word_is_shown_and_not_offered(make_home: MakeHome) -> None:
    helm = await make_helm(make_home, behaviour={"changed": {"profile": "expert"}})
    control = helm.control("operating_mode")
    assert control is not None
    assert control.value == "expert"
    assert isinstance(control.limits, Choice)
    assert "expert" not in control.limits.options


@pytest.mark.parametrize("family", ["dtg", "cfg", "rbd"])
async def test_what_the_interconnection_forbids_is_read_only_with_that_reason(make_home: MakeHome, family: str) -> None:
    key = {"dtg": "discharge_to_grid", "cfg": "charge_from_grid", "rbd": "restrict_discharge"}[family]
    helm = await make_helm(make_home, behaviour={f"{family}_locked": True})
    error = await helm.fail(key, True)
    assert (error.failure, error.block_reason) == (Failure.NOT_NOW, BlockReason.LOCKED)
    assert helm.written() == []


@pytest.mark.parametrize("gone", ["veryLowSoc", "chargeFromGrid", "stormGuardState", "dtgControl"])
async def test_a_field_that_is_missing_costs_no_other_control(make_home: MakeHome, gone: str) -> None:
    helm = await make_helm(make_home, behaviour={"hides": {gone}})
    assert "backup_reserve" in present(helm)
    assert await helm.set("backup_reserve", 35) <= 45


async def test_a_reserve_is_not_set_while_the_profile_that_it_belongs_to_is_unknown(make_home: MakeHome) -> None:
    helm = await make_helm(make_home, behaviour={"hides": {"profile"}})
    error = await helm.fail("backup_reserve", 35)
    assert (error.failure, error.block_reason) == (Failure.NOT_NOW, BlockReason.NOT_KNOWN)


async def test_settings_that_were_not_reported_lately_are_unknown_and_can_be_set(make_home: MakeHome) -> None:
    helm = await make_helm(make_home)
    helm.home.clock.advance(3600)
    assert helm.value("backup_reserve") is None
    await helm.set("backup_reserve", 35)
    assert helm.value("backup_reserve") == 35
    assert helm.told("backup_reserve") == [ChangeKind.CHANGED]


async def test_a_change_while_the_service_is_spared_says_so_and_nothing_is_sent(make_home: MakeHome) -> None:
    helm = await make_helm(make_home)
    helm.home.account.governor.stop(helm.home.now)
    written = len(helm.written())
    error = await helm.fail("shutdown_level", 15)
    assert (error.failure, error.in_force) == (Failure.PAUSED, 5)
    assert len(helm.written()) == written
    assert helm.told("shutdown_level") == [ChangeKind.FAILED]


# -- what is written ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "value", "body"),
    [
        ("backup_reserve", 35, {"profile": "self-consumption", "batteryBackupPercentage": 35}),
        ("shutdown_level", 15, {"veryLowSoc": 15}),
        ("storm_guard", False, {"stormGuardState": "disabled", "evseStormEnabled": False}),
        ("charge_from_grid", True, {"chargeFromGrid": True, "acceptedItcDisclaimer": True}),
        (
            "discharge_to_grid",
            True,
            {"dtgControl": {"enabled": True, "scheduleSupported": True, "startTime": 1020, "endTime": 1260}},
        ),
        ("power_match", False, {"powerMatch": False}),
    ],
)
async def test_each_setting_is_written_in_the_one_shape_that_works(
    make_home: MakeHome, key: str, value: Value, body: dict[str, Any]
) -> None:
    helm = await make_helm(make_home)
    await helm.set(key, value)
    assert helm.written() == [body]
    assert helm.value(key) == value


async def test_a_reserve_goes_to_the_profile_that_was_selected_in_the_app_a_moment_ago(make_home: MakeHome) -> None:
    helm = await make_helm(make_home)
    helm.home.home.change_in_app(Setting.PROFILE, "cost_savings")
    await helm.set("backup_reserve", 35)
    assert helm.written()[-1] == {"profile": "cost_savings", "batteryBackupPercentage": 35}
    assert helm.home.home.settings.in_force.profile == "cost_savings"


async def test_a_reserve_goes_to_the_profile_that_is_on_its_way_and_does_not_bring_the_old_one_back(
    make_home: MakeHome,
) -> None:
    helm = await make_helm(make_home)
    helm.home.home.set_endings(apply_after=200, shown_after=20)
    await helm.set("operating_mode", "savings")
    assert helm.pending("operating_mode") == "savings"
    await helm.set("backup_reserve", 35)
    for key in ("operating_mode", "backup_reserve"):
        await helm.ended(key)
    in_force = helm.home.home.settings.in_force
    assert (in_force.profile, in_force.reserve) == ("cost_savings", 35)
    assert (helm.value("operating_mode"), helm.value("backup_reserve")) == ("savings", 35)


async def test_a_reserve_is_not_set_in_full_backup_and_the_reason_is_said(make_home: MakeHome) -> None:
    helm = await make_helm(make_home)
    await helm.set("operating_mode", "backup")
    await helm.poll("battery_settings", "profile", after=300)
    error = await helm.fail("backup_reserve", 35)
    assert (error.failure, error.block_reason) == (Failure.NOT_NOW, BlockReason.FULL_BACKUP)


async def test_a_reserve_is_not_set_where_full_backup_was_selected_in_the_app_a_moment_ago(make_home: MakeHome) -> None:
    helm = await make_helm(make_home)
    helm.home.home.change_in_app(Setting.PROFILE, "backup_only")
    error = await helm.fail("backup_reserve", 35)
    assert (error.failure, error.block_reason) == (Failure.NOT_NOW, BlockReason.FULL_BACKUP)
    assert helm.home.home.settings.written == []


@pytest.mark.parametrize("value", [4, 101, -1])
async def test_a_reserve_outside_of_the_sites_limits_is_not_sent(make_home: MakeHome, value: float) -> None:
    helm = await make_helm(make_home)
    error = await helm.fail("backup_reserve", value)
    assert error.failure is Failure.OUT_OF_RANGE
    assert helm.written() == []


async def test_a_profile_is_written_with_the_reserve_that_it_had_last(make_home: MakeHome) -> None:
    helm = await make_helm(make_home)
    helm.home.home.remember("cost_savings", reserve=40)
    await helm.set("operating_mode", "savings")
    assert helm.written() == [
        {"profile": "cost_savings", "batteryBackupPercentage": 40, "operationModeSubType": "prioritize-energy"}
    ]


async def test_restricting_needs_a_saved_window_and_the_way_to_one_is_said(make_home: MakeHome) -> None:
    helm = await make_helm(make_home)
    error = await helm.fail("restrict_discharge", True)
    assert (error.failure, error.block_reason) == (Failure.NOT_NOW, BlockReason.NO_WINDOW)
    # It is looked for when it is needed, and not only with the next poll.
    helm.home.home.save_window("rbd")
    await helm.set("restrict_discharge", True)
    assert helm.value("restrict_discharge") is True
    assert len(helm.written()) == 1


async def test_restricting_is_refused_without_a_window_before_any_was_looked_for(make_home: MakeHome) -> None:
    home = await make_home()
    await home.ask("site_settings", "battery_settings", after=120)
    helm = Helm(home)
    error = await helm.fail("restrict_discharge", True)
    assert (error.failure, error.block_reason) == (Failure.NOT_NOW, BlockReason.NO_WINDOW)
    assert helm.written() == []


async def test_what_the_controls_need_is_read_within_the_first_minute(make_home: MakeHome) -> None:
    home = await make_home()
    await home.ask(after=120)
    assert home.source.put_off
    for template in (paths.SITE_SETTINGS, paths.BATTERY_SETTINGS, paths.PROFILE, paths.SCHEDULES):
        assert home.sent(template) == 1, template


async def test_a_restriction_is_lifted_with_all_settings_and_changes_no_other(make_home: MakeHome) -> None:
    helm = await make_helm(make_home)
    helm.home.home.save_window("rbd")
    await helm.poll("schedules")
    await helm.set("restrict_discharge", True)
    before = helm.home.home.settings.in_force
    # What somebody else has just requested stays requested.
    helm.home.home.change_in_app(Setting.RESERVE, 44, apply_after=120, shown_after=10)
    helm.home.clock.advance(61)
    await helm.set("restrict_discharge", False)
    assert helm.value("restrict_discharge") is False
    await helm.poll(after=400)
    after = helm.home.home.settings.in_force
    assert after == before.changed({"restrict_discharge": False, "reserve": 44})
    assert "devices" not in helm.written()[-1]


async def test_a_restriction_that_the_site_sends_as_null_is_off_and_turning_it_off_sends_nothing(
    make_home: MakeHome,
) -> None:
    helm = await make_helm(make_home, behaviour={"rbd_null": True})
    assert helm.value("restrict_discharge") is False
    await helm.set("restrict_discharge", False)
    assert helm.written() == []
    assert helm.told("restrict_discharge") == [ChangeKind.CONFIRMED]


async def test_charging_from_the_grid_waits_for_the_statement_which_only_a_person_accepts(make_home: MakeHome) -> None:
    helm = await make_helm(make_home, disclaimer_accepted=False)
    assert helm.home.source.statement_missing
    error = await helm.fail("charge_from_grid", True)
    assert (error.failure, error.block_reason) == (Failure.NOT_NOW, BlockReason.STATEMENT)
    assert helm.written() == []
    await helm.home.source.accept_statement()
    assert helm.queue.control(ControlName(None, "charge_from_grid")) is not None
    await helm.set("charge_from_grid", True)
    assert helm.value("charge_from_grid") is True


async def test_a_site_that_wants_the_other_shape_is_written_to(make_home: MakeHome) -> None:
    helm = await make_helm(make_home, behaviour={"wants_other_shape": frozenset({Family.BATTERY_CONFIG})})
    await helm.set("shutdown_level", 15)
    assert helm.value("shutdown_level") == 15


async def test_a_person_who_may_only_read_is_told_so(make_home: MakeHome) -> None:
    home = await make_home(details=HomeDetails(disclaimer_accepted=True), reads_only=frozenset({HomeDetails().site_id}))
    await home.settle()
    home.clock.advance(120)
    helm = Helm(home)
    error = await helm.fail("shutdown_level", 15)
    assert (error.failure, error.block_reason) == (Failure.NOT_NOW, BlockReason.NOT_OWNER)
    assert home.account.sign_ins == 1


# -- what moves along ---------------------------------------------------------------


def others(helm: Helm, key: str) -> list[tuple[Value | None, bool, bool]]:
    """Return what was told of a setting: its value, and whether it was ours and moved along."""
    return [(each.after, each.ours, each.along) for each in helm.changes if each.name.key == key]


async def test_what_a_profile_brings_is_told_as_moved_along(make_home: MakeHome) -> None:
    helm = await make_helm(make_home)
    helm.home.home.remember("cost_savings", reserve=40, charge_from_grid=True)
    await helm.set("operating_mode", "savings")
    await helm.poll(after=120)
    assert others(helm, "operating_mode") == [("savings", True, False)]
    assert others(helm, "backup_reserve") == [(40, True, True)]
    assert others(helm, "charge_from_grid") == [(True, True, True)]


async def test_what_a_profile_brings_minutes_later_is_told_as_moved_along(make_home: MakeHome) -> None:
    helm = await make_helm(make_home)
    await helm.set("operating_mode", "savings")
    helm.home.home.change_in_app(Setting.RESERVE, 40)
    await helm.poll(after=10 * 60)
    assert others(helm, "backup_reserve")[-1] == (40, True, True)


async def test_what_a_profile_brings_that_was_selected_in_the_app_is_not_told_as_somebodys_change(
    make_home: MakeHome,
) -> None:
    helm = await make_helm(make_home)
    helm.home.home.remember("cost_savings", reserve=40, charge_from_grid=True)
    helm.home.home.change_in_app(Setting.PROFILE, "cost_savings")
    await helm.poll("battery_settings", after=240)
    await helm.poll("profile", after=1)
    assert others(helm, "operating_mode") == [("savings", False, False)]
    assert others(helm, "backup_reserve") == [(40, True, True)]
    assert others(helm, "charge_from_grid") == [(True, True, True)]


async def test_a_reserve_that_is_changed_in_the_app_is_told_as_changed_elsewhere(make_home: MakeHome) -> None:
    helm = await make_helm(make_home)
    helm.home.home.change_in_app(Setting.RESERVE, 40)
    await helm.poll(after=240)
    assert others(helm, "backup_reserve") == [(40, False, False)]


# -- what the site does instead -----------------------------------------------------


async def test_a_storm_blocks_the_profile_and_the_reserve_and_is_nobodys_change(make_home: MakeHome) -> None:
    helm = await make_helm(make_home)
    helm.home.home.begin_storm(3 * 3600)
    await helm.poll("storm_alert", "battery_settings", "profile", after=300)
    storm = helm.home.part(Storm)
    assert (storm.alert, storm.guarded) == (True, True)
    assert storm.starts_at is not None
    assert storm.ends_at is not None
    for key, value in (("backup_reserve", 35), ("operating_mode", "savings")):
        error = await helm.fail(key, value)
        assert (error.failure, error.block_reason) == (Failure.NOT_NOW, BlockReason.STORM)
    assert helm.value("operating_mode") == "backup"
    helm.home.home.end_storm()
    await helm.poll("storm_alert", "battery_settings", "profile", after=600)
    assert helm.value("operating_mode") == "self_consumption"
    assert [each for each in helm.changes if each.kind is not ChangeKind.FAILED] == []
    assert helm.home.part(Storm).alert is False


@pytest.mark.parametrize(
    ("event", "reason"),
    [("demand_response", BlockReason.GRID_EVENT), ("calibration", BlockReason.CALIBRATION)],
)
async def test_what_the_site_does_instead_is_the_reason_that_a_change_never_came(
    make_home: MakeHome, event: str, reason: BlockReason
) -> None:
    helm = await make_helm(make_home)
    setattr(helm.home.home.events, event, "mode" if event == "demand_response" else True)
    await helm.poll("site_settings", "battery_settings", after=300)
    await helm.set("shutdown_level", 15)
    assert helm.pending("shutdown_level") == 15
    await helm.ended("shutdown_level")
    error = helm.changes[-1].error
    assert error is not None
    assert (error.failure, error.block_reason) == (Failure.NOT_NOW, reason)


# -- outages and problems -----------------------------------------------------------


async def test_outages_of_the_sites_life_are_listed(make_home: MakeHome) -> None:
    home = await make_home()
    home.home.start_outage()
    home.clock.advance(600)
    home.home.advance(home.clock.now())
    home.home.end_outage()
    home.clock.advance(1200)
    await home.settle()
    past = home.part(PastOutages)
    assert past.this_year == 1
    assert past.last is not None
    assert abs(past.last.lasted.total_seconds() - 600) <= 60


async def test_the_newest_problem_comes_with_what_is_recommended_without_serial_numbers(home: SourceHome) -> None:
    happenings, now = home.home.happenings, home.clock.now()
    happenings.begin("battery_fault", at=now - 7200, serial=home.home.serial, recommended="Wait.")
    advice = f"Restart the gateway (SNo. {home.home.serial}) at 192.0.2.10 or write to {EMAIL}."
    event = happenings.begin("envoy_not_reporting", at=now - 60, serial=home.home.serial, recommended=advice)
    await home.poll("events", after=70)
    health = home.part(Health)
    assert (health.open_events, health.in_trouble) == (2, True)
    problem = health.newest_problem
    assert problem is not None
    assert problem.key == "envoy_not_reporting"
    shown = problem.recommended_action or ""
    assert shown.startswith("Restart the gateway")
    for secret in (home.home.serial, "192.0.2.10", EMAIL):
        assert secret not in shown
    happenings.clear(event, home.clock.now())
    await home.poll("events", after=70)
    newest = home.part(Health).newest_problem
    assert newest is not None
    assert newest.key == "battery_fault"


async def test_a_refused_write_does_not_sign_in_again(make_home: MakeHome) -> None:
    helm = await make_helm(make_home)
    for path in (paths.BATTERY_SETTINGS,):
        helm.home.server.faults.add(FORBIDDEN, helm.home.home.path(path), methods={"PUT"})
    error = await helm.fail("shutdown_level", 15)
    assert (error.failure, error.answer) == (Failure.REFUSED, 403)
    assert helm.home.account.sign_ins == 1


async def test_a_switch_that_was_turned_on_and_ignored_shows_what_is_in_force(make_home: MakeHome) -> None:
    helm = await make_helm(make_home)
    helm.home.home.set_ending(Setting.POWER_MATCH, Ending.IGNORE)
    error = await helm.fail("power_match", False)
    assert error.failure is Failure.IGNORED
    assert helm.value("power_match") is True
