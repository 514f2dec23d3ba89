"""How a write ends: in force, not yet in force, refused, or accepted without ever being told back."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from custom_components.energy_site.site.control import BlockReason, ChangeKind, Failure, Value
from simulator.iq_gateway import HtmlPage, HttpStatus, Reset, Truncated
from simulator.iq_gateway.faults import AnswerLost, Fault
from simulator.tesla_cloud import NullResponse, Refusal, Refuse, SiteDetails, TooMany, Write

from .conftest import MakeHome
from .home import INFO, Helm

# A control, a value that isn't in force, the write, and what is in force before.
WRITES: list[tuple[str, Value, Write, Value]] = [
    ("backup_reserve", 35, Write.BACKUP, 20),
    ("off_grid_vehicle_charging_reserve", 30, Write.VEHICLE_RESERVE, 60),
    ("operating_mode", "savings", Write.OPERATION, "self_consumption"),
    ("storm_guard", False, Write.STORM_MODE, True),
    ("charge_from_grid", True, Write.GRID, False),
    ("export_rule", "never", Write.GRID, "pv_only"),
]
every_write = pytest.mark.parametrize(("key", "value", "write", "before"), WRITES, ids=[each[0] for each in WRITES])


@pytest.fixture
async def helm(make_home: MakeHome) -> AsyncIterator[Helm]:
    """Return the controls of a home that has all of them."""
    home = await make_home(details=SiteDetails(vehicle_reserve_supported=True))
    await home.poll()
    helm = Helm(home)
    yield helm
    helm.queue.stop()


# -- in force -----------------------------------------------------------------------


@every_write
@pytest.mark.parametrize("delay", [0, 5, 25, 43])
async def test_a_write_that_is_in_force_within_45_seconds_is_told_as_changed(
    helm: Helm, key: str, value: Value, write: Write, before: Value, delay: float
) -> None:
    helm.home.site.set_write_behaviour(write, delay=delay)
    began = helm.home.now
    await helm.set(key, value)
    assert (helm.home.now - began).total_seconds() <= 45
    assert (helm.value(key), helm.pending(key)) == (value, None)
    assert helm.told(key) == [ChangeKind.CHANGED]
    assert len(helm.written()) == 1
    assert helm.changes[0].before == before


# -- accepted, not yet in force -----------------------------------------------------


@every_write
@pytest.mark.parametrize("minutes", [1.5, 8, 14])
async def test_a_write_that_is_acted_on_minutes_later_is_pending_and_told_when_it_is_in_force(
    helm: Helm, key: str, value: Value, write: Write, before: Value, minutes: float
) -> None:
    helm.home.site.set_write_behaviour(write, delay=minutes * 60)
    await helm.set(key, value)
    assert (helm.value(key), helm.pending(key)) == (before, value)
    assert helm.told(key) == [ChangeKind.PENDING]
    began = helm.home.now
    await helm.ended(key)
    assert (helm.home.now - began).total_seconds() <= minutes * 60 + 15
    assert (helm.value(key), helm.pending(key)) == (value, None)
    assert helm.told(key) == [ChangeKind.PENDING, ChangeKind.CHANGED]
    assert len(helm.written()) == 1


@every_write
async def test_a_write_that_the_site_never_acts_on_is_told_as_failed_after_15_minutes(
    helm: Helm, key: str, value: Value, write: Write, before: Value
) -> None:
    helm.home.site.set_write_behaviour(write, ignored=True)
    began = helm.home.now
    await helm.set(key, value)
    assert helm.pending(key) == value
    await helm.ended(key)
    assert 900 <= (helm.home.now - began).total_seconds() <= 960
    assert helm.told(key) == [ChangeKind.PENDING, ChangeKind.FAILED]
    assert (helm.value(key), helm.changes[-1].after) == (before, before)
    error = helm.changes[-1].error
    assert error is not None
    assert error.failure is Failure.IGNORED
    assert len(helm.written()) == 1


async def test_what_comes_after_it_was_told_as_failed_is_told_when_it_comes(helm: Helm) -> None:
    helm.home.site.set_write_behaviour(Write.BACKUP, delay=25 * 60)
    await helm.set("backup_reserve", 35)
    await helm.ended("backup_reserve")
    await helm.poll(after=900)
    last = helm.changes[-1]
    assert (last.kind, last.after, last.ours, last.despite) == (ChangeKind.CHANGED, 35, True, Failure.IGNORED)


async def test_what_is_pending_is_looked_for_each_minute_and_other_settings_do_not_wait(helm: Helm) -> None:
    helm.home.site.set_write_behaviour(Write.BACKUP, delay=600)
    await helm.set("backup_reserve", 35)
    since, looked = helm.home.clock.now(), helm.home.sent(INFO)
    await helm.set("storm_guard", value=False)
    assert helm.pending("backup_reserve") == 35
    assert helm.value("storm_guard") is False
    await helm.ended("backup_reserve")
    minutes = (helm.home.clock.now() - since) / 60
    assert helm.home.sent(INFO) - looked <= minutes + 3


async def test_what_is_pending_is_looked_for_after_a_restart_and_not_sent_again(helm: Helm) -> None:
    helm.home.site.set_write_behaviour(Write.BACKUP, delay=400)
    await helm.set("backup_reserve", 35)
    await helm.restart(after=60)
    assert helm.pending("backup_reserve") == 35
    helm.queue.resume()
    await helm.ended("backup_reserve")
    assert helm.told("backup_reserve")[-1] is ChangeKind.CHANGED
    assert len(helm.written()) == 1


async def test_the_usual_poll_ends_what_is_pending(helm: Helm) -> None:
    helm.home.site.set_write_behaviour(Write.BACKUP, delay=70)
    await helm.set("backup_reserve", 35)
    helm.queue.stop()
    await helm.poll(after=60)
    assert helm.told("backup_reserve") == [ChangeKind.PENDING, ChangeKind.CHANGED]


# -- another value in force ---------------------------------------------------------


async def test_a_reserve_of_100_that_the_site_makes_80_failed_and_was_never_confirmed(helm: Helm) -> None:
    helm.home.site.set_behaviour(full_reserve_snaps=True)
    error = await helm.fail("backup_reserve", 100)
    assert (error.failure, error.wanted, error.in_force) == (Failure.IGNORED, 100, 80)
    assert helm.value("backup_reserve") == 80
    assert helm.told("backup_reserve")[0] is ChangeKind.FAILED
    assert ChangeKind.CONFIRMED not in helm.told("backup_reserve")


async def test_a_reserve_of_100_at_a_site_that_keeps_80_fails_in_the_end(helm: Helm) -> None:
    await helm.set("backup_reserve", 80)
    helm.changes.clear()
    helm.home.site.set_behaviour(full_reserve_snaps=True)
    await helm.set("backup_reserve", 100)
    await helm.ended("backup_reserve")
    assert helm.told("backup_reserve") == [ChangeKind.PENDING, ChangeKind.FAILED]
    assert helm.changes[-1].after == 80


async def test_a_change_in_the_app_meanwhile_is_shown_and_the_write_failed(helm: Helm) -> None:
    helm.home.site.set_write_behaviour(Write.BACKUP, ignored=True)
    site = helm.home.site
    site.settings.change_in_app(Write.BACKUP, {"backup_reserve_percent": 50}, at=helm.home.clock.now() + 20)
    error = await helm.fail("backup_reserve", 35)
    assert (error.failure, error.in_force) == (Failure.IGNORED, 50)
    assert helm.value("backup_reserve") == 50


async def test_a_value_that_the_app_changes_right_after_it_was_confirmed_is_told_as_reverted(helm: Helm) -> None:
    await helm.set("backup_reserve", 35)
    helm.home.site.settings.change_in_app(Write.BACKUP, {"backup_reserve_percent": 20})
    await helm.poll(after=60)
    assert helm.told("backup_reserve") == [ChangeKind.CHANGED, ChangeKind.REVERTED]


# -- refused ------------------------------------------------------------------------


@every_write
@pytest.mark.parametrize("refusal", list(Refusal))
async def test_a_no_inside_an_answer_with_status_200_is_refused(
    helm: Helm, key: str, value: Value, write: Write, before: Value, refusal: Refusal
) -> None:
    helm.home.site.set_write_behaviour(write, refused=refusal)
    error = await helm.fail(key, value)
    assert error.failure is Failure.REFUSED
    assert (helm.value(key), helm.pending(key)) == (before, None)
    assert helm.told(key) == [ChangeKind.FAILED]
    assert len(helm.written()) == 1


@pytest.mark.parametrize("status", [400, 403, 406, 422, 423, 424, 451])
async def test_a_status_that_says_no_is_refused_and_not_repeated(helm: Helm, status: int) -> None:
    helm.home.cloud.faults.add(Refuse(status), helm.home.site.path("backup"))
    error = await helm.fail("backup_reserve", 35)
    assert (error.failure, error.answer) == (Failure.REFUSED, status)
    assert len(helm.written()) == 1


async def test_a_limit_of_writes_is_told_as_that_and_not_repeated(helm: Helm) -> None:
    helm.home.cloud.faults.add(TooMany(wait=3600), helm.home.site.path("backup"))
    assert (await helm.fail("backup_reserve", 35)).failure is Failure.QUOTA
    assert len(helm.written()) == 1


@pytest.mark.parametrize("status", [404, 408, 500, 540])
async def test_a_gateway_that_is_offline_is_no_refusal(helm: Helm, status: int) -> None:
    helm.home.site.set_behaviour(status=status)
    error = await helm.fail("backup_reserve", 35)
    assert error.failure is Failure.NO_ANSWER
    assert helm.value("backup_reserve") == 20


async def test_a_disabled_application_does_not_lock_the_control_for_good(helm: Helm) -> None:
    refused = helm.home.cloud.faults.add(Refuse(402), helm.home.site.path("backup"))
    for _ in range(3):
        await helm.fail("backup_reserve", 35)
        helm.home.clock.advance(86_400)
    refused.remove()
    await helm.poll()
    await helm.set("backup_reserve", 35)
    assert helm.value("backup_reserve") == 35


# -- lost answers -------------------------------------------------------------------


@every_write
@pytest.mark.parametrize("lost", [AnswerLost(), HtmlPage(), Truncated()], ids=["cut off", "HTML", "truncated"])
async def test_an_answer_that_is_lost_after_acting_is_looked_for_and_not_sent_again(
    helm: Helm, key: str, value: Value, write: Write, before: Value, lost: Fault
) -> None:
    helm.home.site.set_write_behaviour(write, delay=0)
    helm.home.cloud.faults.add(lost, helm.home.site.path(write))
    await helm.set(key, value)
    assert len(helm.written()) == 1
    assert helm.told(key) == [ChangeKind.CHANGED]
    assert helm.changes[0].before == before


@every_write
@pytest.mark.parametrize("lost", [Reset(), HttpStatus(503), Refuse(500)], ids=["reset", "503", "500"])
async def test_a_request_that_is_lost_before_acting_is_sent_again_after_a_look(
    helm: Helm, key: str, value: Value, write: Write, before: Value, lost: Fault
) -> None:
    helm.home.cloud.faults.add(lost, helm.home.site.path(write), count=1)
    looked = helm.home.sent(INFO)
    await helm.set(key, value)
    kinds = [
        each.path.rpartition("/")[2] for each in helm.home.cloud.requests[looked:] if "info" in each.path or each.body
    ]
    assert kinds.index(INFO) < len(kinds) - 1
    assert len(helm.written()) == 2
    assert helm.told(key) == [ChangeKind.CHANGED]
    assert helm.value(key) != before


async def test_a_write_that_nobody_answers_failed_without_an_answer(helm: Helm) -> None:
    helm.home.cloud.faults.add(Reset())
    error = await helm.fail("backup_reserve", 35)
    assert (error.failure, error.in_force) == (Failure.NO_ANSWER, 20)


# -- accepted, never told back ------------------------------------------------------

HIDDEN: list[tuple[str, Value, Write]] = [
    *((key, value, write) for key, value, write, _ in WRITES),
    ("storm_guard", True, Write.STORM_MODE),
    ("charge_from_grid", False, Write.GRID),
    ("export_rule", "pv_only", Write.GRID),
]


@pytest.mark.parametrize(("key", "value", "write"), HIDDEN)
async def test_a_setting_that_the_site_no_longer_tells_is_accepted_and_neither_confirmed_nor_failed(
    make_home: MakeHome, key: str, value: Value, write: Write
) -> None:
    details: dict[str, Any] = {
        "storm_mode": not value if key == "storm_guard" else True,
        "grid_charging": not value if key == "charge_from_grid" else False,
        "export_rule": "never" if value == "pv_only" else "pv_only",
    }
    home = await make_home(details=SiteDetails(vehicle_reserve_supported=True, **details))
    home.site.set_write_behaviour(write, hidden=True)
    await home.poll()
    helm = Helm(home)
    await helm.set(key, value)
    assert helm.told(key) == [ChangeKind.ACCEPTED]
    assert helm.pending(key) is None
    for _ in range(3):
        await helm.poll(after=3600)
    assert helm.told(key) == [ChangeKind.ACCEPTED]
    assert len(helm.written()) == 1


async def test_a_storm_guard_that_the_site_no_longer_tells_is_unknown_and_not_off(helm: Helm) -> None:
    assert helm.value("storm_guard") is True
    helm.home.site.set_write_behaviour(Write.STORM_MODE, hidden=True)
    await helm.set("storm_guard", value=False)
    assert helm.value("storm_guard") is None
    await helm.home.restart()
    assert Helm(helm.home).value("storm_guard") is None


async def test_what_was_accepted_is_told_once_the_site_tells_it(helm: Helm) -> None:
    helm.home.site.set_write_behaviour(Write.BACKUP, hidden=True)
    await helm.set("backup_reserve", 35)
    helm.home.site.settings.hidden.clear()
    await helm.poll(after=900)
    assert helm.told("backup_reserve") == [ChangeKind.ACCEPTED, ChangeKind.CHANGED]


async def test_turning_on_charging_from_the_grid_is_confirmed_by_absence(make_home: MakeHome) -> None:
    home = await make_home(details=SiteDetails(may_edit_exports=None, export_rule="battery_ok"))
    home.site.set_behaviour(battery_ok_omitted=True)
    await home.poll()
    helm = Helm(home)
    await helm.set("charge_from_grid", value=True)
    assert helm.told("charge_from_grid") == [ChangeKind.CHANGED]


@pytest.mark.parametrize("answer", [NullResponse(), HtmlPage(), HttpStatus(502)])
async def test_a_site_info_that_fails_while_a_write_is_verified_confirms_nothing(helm: Helm, answer: Fault) -> None:
    helm.home.cloud.faults.add(answer, helm.home.site.path(INFO))
    await helm.set("backup_reserve", 35)
    assert helm.told("backup_reserve") == [ChangeKind.PENDING]
    helm.home.cloud.faults.clear()
    await helm.ended("backup_reserve")
    assert helm.told("backup_reserve") == [ChangeKind.PENDING, ChangeKind.CHANGED]


# -- a storm or an event that does not let it ---------------------------------------


@pytest.mark.parametrize("storm", [True, False])
async def test_a_write_that_a_storm_or_an_event_overrules_names_it_as_the_reason_and_locks_nothing(
    helm: Helm, storm: bool
) -> None:
    helm.home.site.set_behaviour(events_block_settings=True)
    if storm:
        helm.home.answers("live_status", storm_mode_active=True)
    helm.home.site.grid_services_power = -2_000.0
    await helm.home.poll("live_status", after=60)
    for _ in range(2):
        await helm.set("backup_reserve", 35)
        assert helm.pending("backup_reserve") == 35
        await helm.ended("backup_reserve")
        assert helm.told("backup_reserve")[-2:] == [ChangeKind.PENDING, ChangeKind.FAILED]
        error = helm.changes[-1].error
        assert error is not None
        reason = BlockReason.STORM if storm else BlockReason.GRID_EVENT
        assert (error.failure, error.block_reason) == (Failure.NOT_NOW, reason)
        await helm.poll(after=7200)
    control = helm.control("backup_reserve")
    assert control is not None
    assert control.block_reason is None


async def test_a_write_that_is_refused_in_a_storm_names_the_storm_and_locks_nothing(helm: Helm) -> None:
    helm.home.answers("live_status", storm_mode_active=True)
    await helm.home.poll("live_status", after=60)
    helm.home.site.set_write_behaviour(Write.BACKUP, refused=Refusal.RESULT_FALSE)
    for _ in range(3):
        error = await helm.fail("backup_reserve", 35)
        assert (error.failure, error.block_reason) == (Failure.NOT_NOW, BlockReason.STORM)
        await helm.poll(after=4000)
    control = helm.control("backup_reserve")
    assert control is not None
    assert control.block_reason is None


async def test_a_value_that_is_refused_for_days_does_not_lock_the_others(helm: Helm) -> None:
    helm.home.site.set_write_behaviour(Write.BACKUP, refused=Refusal.RESULT_FALSE)
    for _ in range(3):
        assert (await helm.fail("backup_reserve", 100)).words == "The site rejected the command"
        await helm.poll(after=90_000)
    helm.home.site.set_write_behaviour(Write.BACKUP)
    await helm.set("backup_reserve", 40)
    assert helm.value("backup_reserve") == 40
