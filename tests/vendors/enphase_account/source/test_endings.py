"""How a change through the account ends: in force, under way, ignored, dropped, moved, refused, or lost on its way."""

import asyncio
from typing import Any

import pytest

from custom_components.energy_site.site.control import ChangeKind, Failure, Value
from simulator.enphase_account import CONFLICT, UNAVAILABLE, WALL, Ending, HomeDetails, Setting, paths
from simulator.iq_gateway.faults import AnswerLost, HttpStatus, Reset

from .conftest import MakeHome
from .home import Helm

# A control, a value that isn't in force, what the service calls it, and what is in force before.
WRITES: list[tuple[str, Value, Setting, Value]] = [
    ("backup_reserve", 35, Setting.RESERVE, 20),
    ("shutdown_level", 15, Setting.SHUTDOWN_LEVEL, 5),
    ("operating_mode", "savings", Setting.PROFILE, "self_consumption"),
    ("storm_guard", False, Setting.STORM_GUARD, True),
    ("charge_from_grid", True, Setting.CHARGE_FROM_GRID, False),
    ("discharge_to_grid", True, Setting.DISCHARGE_TO_GRID, False),
    ("restrict_discharge", True, Setting.RESTRICT_DISCHARGE, False),
    ("power_match", False, Setting.POWER_MATCH, True),
]
every_write = pytest.mark.parametrize(("key", "value", "setting", "before"), WRITES, ids=[each[0] for each in WRITES])

PUT = {"PUT"}
WRITE_PATHS = (paths.PROFILE, paths.BATTERY_SETTINGS, paths.STORM_TOGGLE)


@pytest.fixture
async def helm(make_home: MakeHome) -> Any:
    """Return the controls of a home that has all of them, and may set them all."""
    home = await make_home(details=HomeDetails(disclaimer_accepted=True))
    home.home.save_window("rbd")
    await home.settle()
    # The requests of the set-up leave none for the rest of that minute.
    home.clock.advance(120)
    helm = Helm(home)
    yield helm
    helm.queue.stop()


def fail_writes(helm: Helm, fault: Any, count: int = 1) -> None:
    """Let something befall the next writes, whichever they are."""
    for path in WRITE_PATHS:
        helm.home.server.faults.add(fault, helm.home.home.path(path), methods=PUT, count=count)


# -- in force -----------------------------------------------------------------------


@every_write
async def test_a_change_that_the_gateway_reports_soon_is_told_as_changed(
    helm: Helm, key: str, value: Value, setting: Setting, before: Value
) -> None:
    helm.home.home.set_ending(setting, apply_after=10, shown_after=5)
    assert await helm.set(key, value) <= 45
    assert (helm.value(key), helm.pending(key)) == (value, None)
    assert helm.told(key) == [ChangeKind.CHANGED]
    assert helm.changes[0].before == before
    assert len(helm.written()) == 1


# -- under way ----------------------------------------------------------------------


@every_write
async def test_a_change_that_the_gateway_reports_minutes_later_is_pending_and_nothing_is_told_before(
    helm: Helm, key: str, value: Value, setting: Setting, before: Value
) -> None:
    helm.home.home.set_ending(setting, apply_after=400, shown_after=200)
    assert 45 <= await helm.set(key, value) <= 90
    assert (helm.value(key), helm.pending(key)) == (before, value)
    assert helm.told(key) == []
    await helm.ended(key)
    assert (helm.value(key), helm.pending(key)) == (value, None)
    assert helm.told(key) == [ChangeKind.CHANGED]
    assert len(helm.written()) == 1


async def test_other_settings_do_not_wait_for_one_that_is_under_way(helm: Helm) -> None:
    helm.home.home.set_endings(apply_after=600, shown_after=100)
    keys: list[tuple[str, Value]] = [("backup_reserve", 35), ("shutdown_level", 15), ("discharge_to_grid", True)]
    assert max(await asyncio.gather(*(helm.set(key, value) for key, value in keys))) <= 90
    assert [helm.pending(key) for key, _ in keys] == [value for _, value in keys]


async def test_one_look_serves_all_that_wait(helm: Helm) -> None:
    helm.home.home.set_endings(apply_after=800, shown_after=50)
    await asyncio.gather(helm.set("backup_reserve", 35), helm.set("shutdown_level", 15), helm.set("power_match", False))
    since = helm.home.clock.now()
    await asyncio.gather(*(helm.ended(key) for key in ("backup_reserve", "shutdown_level", "power_match")))
    minutes = (helm.home.clock.now() - since) / 60
    assert helm.home.sent(paths.BATTERY_SETTINGS, since=since) <= minutes + 4


async def test_what_is_under_way_is_looked_for_after_a_restart_and_not_written_again(helm: Helm) -> None:
    helm.home.home.set_ending(Setting.RESERVE, apply_after=400, shown_after=10)
    await helm.set("backup_reserve", 35)
    await helm.restart(after=60)
    assert helm.pending("backup_reserve") == 35
    helm.queue.resume()
    await helm.ended("backup_reserve")
    assert helm.told("backup_reserve") == [ChangeKind.CHANGED]
    assert len(helm.written()) == 1


async def test_the_usual_poll_ends_what_is_under_way(helm: Helm) -> None:
    helm.home.home.set_ending(Setting.RESERVE, apply_after=70, shown_after=5)
    await helm.set("backup_reserve", 35)
    helm.queue.stop()
    await helm.poll(after=60)
    assert helm.told("backup_reserve") == [ChangeKind.CHANGED]


async def test_a_newer_value_replaces_one_that_is_under_way(helm: Helm) -> None:
    helm.home.home.set_ending(Setting.RESERVE, apply_after=300, shown_after=10)
    await helm.set("backup_reserve", 35)
    await helm.set("backup_reserve", 40)
    await helm.ended("backup_reserve")
    assert helm.value("backup_reserve") == 40
    assert helm.told("backup_reserve") == [ChangeKind.SUPERSEDED, ChangeKind.CHANGED]


async def test_the_old_value_is_not_confirmed_while_another_one_is_under_way(helm: Helm) -> None:
    helm.home.home.set_ending(Setting.RESERVE, apply_after=200, shown_after=10)
    await helm.set("backup_reserve", 35)
    helm.home.home.set_ending(Setting.RESERVE, apply_after=20, shown_after=5)
    await helm.set("backup_reserve", 20)
    assert helm.home.home.settings.in_force.reserve == 20
    assert helm.value("backup_reserve") == 20


async def test_a_gateway_that_is_silent_keeps_a_change_pending_and_the_control_says_why(helm: Helm) -> None:
    helm.home.home.go_silent()
    helm.home.clock.advance(3600)
    await helm.home.settle()
    await helm.set("backup_reserve", 35)
    control = helm.control("backup_reserve")
    assert control is not None
    assert control.delayed_by == "silent_gateway"
    waited = 0.0

    async def speak() -> None:
        nonlocal waited
        await helm.poll("today", "battery_settings")
        if helm.home.clock.now() > began + 3 * 3600 and not waited:
            waited = helm.home.clock.now() - began
            helm.home.home.speak_again()

    began, helm.meanwhile = helm.home.clock.now(), speak
    await helm.ended("backup_reserve")
    assert waited > 3 * 3600
    assert helm.told("backup_reserve") == [ChangeKind.CHANGED]
    assert len(helm.written()) == 1


# -- not in force -------------------------------------------------------------------


@every_write
async def test_a_change_that_is_taken_and_ignored_fails(
    helm: Helm, key: str, value: Value, setting: Setting, before: Value
) -> None:
    helm.home.home.set_ending(setting, Ending.IGNORE)
    error = await helm.fail(key, value)
    assert (error.failure, error.in_force) == (Failure.IGNORED, before)
    assert helm.told(key) == [ChangeKind.FAILED]
    assert len(helm.written()) == 1


@every_write
async def test_a_change_that_was_pending_and_is_dropped_fails(
    helm: Helm, key: str, value: Value, setting: Setting, before: Value
) -> None:
    helm.home.home.set_ending(setting, Ending.DROP, apply_after=10, shown_after=10)
    error = await helm.fail(key, value)
    assert (error.failure, error.in_force) == (Failure.DROPPED, before)
    assert helm.told(key) == [ChangeKind.FAILED]
    assert len(helm.written()) == 1


async def test_a_change_that_is_dropped_minutes_later_is_told_as_failed_then(helm: Helm) -> None:
    helm.home.home.set_ending(Setting.RESERVE, Ending.DROP, apply_after=300, shown_after=30)
    await helm.set("backup_reserve", 35)
    await helm.ended("backup_reserve")
    last = helm.changes[-1]
    assert (last.kind, last.error and last.error.failure) == (ChangeKind.FAILED, Failure.DROPPED)


async def test_a_value_that_the_site_makes_another_one_of_fails_and_names_that(helm: Helm) -> None:
    helm.home.home.set_ending(Setting.RESERVE, Ending.MOVE, value=30, apply_after=10, shown_after=5)
    error = await helm.fail("backup_reserve", 35)
    assert (error.failure, error.wanted, error.in_force) == (Failure.MOVED, 35, 30)
    assert helm.told("backup_reserve") == [ChangeKind.FAILED]


@every_write
async def test_a_refusal_is_told_in_the_services_words(
    helm: Helm, key: str, value: Value, setting: Setting, before: Value
) -> None:
    helm.home.home.set_ending(setting, Ending.REFUSE, status=400, words="Not while the tariff is being set up")
    error = await helm.fail(key, value)
    assert (error.failure, error.words) == (Failure.REFUSED, "Not while the tariff is being set up")
    assert error.in_force == before


async def test_the_app_changing_the_same_thing_meanwhile_is_not_told_as_ours(helm: Helm) -> None:
    helm.home.home.set_ending(Setting.RESERVE, apply_after=100, shown_after=10)
    await helm.set("backup_reserve", 35)
    helm.home.home.change_in_app(Setting.RESERVE, 60)
    await helm.ended("backup_reserve")
    last = helm.changes[-1]
    assert (last.kind, last.after) == (ChangeKind.FAILED, 60)
    assert last.error is not None
    assert last.error.failure is Failure.MOVED


# -- lost on its way ----------------------------------------------------------------


@every_write
async def test_a_lost_answer_is_looked_for_and_the_change_is_not_written_twice(
    helm: Helm, key: str, value: Value, setting: Setting, before: Value
) -> None:
    helm.home.home.set_ending(setting, apply_after=100, shown_after=20)
    fail_writes(helm, AnswerLost())
    await helm.set(key, value)
    if helm.pending(key) is not None:
        await helm.ended(key)
    assert helm.told(key) == [ChangeKind.CHANGED]
    assert len(helm.home.home.settings.written) == 1


@every_write
async def test_a_lost_request_is_sent_again_once_a_look_shows_that_it_was_lost(
    helm: Helm, key: str, value: Value, setting: Setting, before: Value
) -> None:
    helm.home.home.set_ending(setting, apply_after=5, shown_after=5)
    fail_writes(helm, Reset())
    await helm.set(key, value)
    assert helm.told(key) == [ChangeKind.CHANGED]
    assert len(helm.home.home.settings.written) == 1


async def test_a_service_that_fails_after_it_took_a_change_is_not_written_to_again(helm: Helm) -> None:
    helm.home.home.set_ending(Setting.RESERVE, apply_after=30, shown_after=5)
    helm.home.server.faults.add(
        HttpStatus(503), helm.home.home.path(paths.PROFILE), methods=PUT, count=None, until=helm.home.clock.now() + 600
    )
    error = await helm.fail("backup_reserve", 35)
    assert error.failure is Failure.NO_ANSWER
    assert helm.home.home.settings.written == []


async def test_a_conflict_is_told_as_a_refusal(helm: Helm) -> None:
    fail_writes(helm, CONFLICT, count=2)
    error = await helm.fail("charge_from_grid", True)
    assert error.failure is Failure.REFUSED


async def test_a_wall_says_that_the_service_asks_to_wait_and_that_nothing_was_sent(helm: Helm) -> None:
    helm.home.server.faults.add(WALL)
    error = await helm.fail("backup_reserve", 35)
    assert error.failure in (Failure.PAUSED, Failure.SIGNED_OUT)
    assert helm.home.home.settings.written == []


async def interrupted(helm: Helm, *, taken: bool) -> None:
    """Restart in the middle of a change, and find that the settings can't be read."""
    helm.home.home.set_ending(Setting.RESERVE, apply_after=400, shown_after=10)
    if taken:
        await helm.set("backup_reserve", 35)
    else:
        fail_writes(helm, AnswerLost())
        waited = asyncio.Event()

        async def note() -> None:
            waited.set()

        helm.meanwhile = note
        asking = asyncio.create_task(helm.set("backup_reserve", 35))
        await waited.wait()
        helm.meanwhile = None
        helm.queue.stop()
        await asyncio.wait([asking])
    helm.home.server.faults.add(UNAVAILABLE, helm.home.home.path(paths.BATTERY_SETTINGS))
    await helm.restart(after=60)
    assert helm.control("backup_reserve") is None
    helm.queue.resume()


@pytest.mark.parametrize("taken", [True, False])
async def test_what_a_restart_interrupts_goes_on_once_the_settings_can_be_read(helm: Helm, taken: bool) -> None:
    await interrupted(helm, taken=taken)
    await helm.poll(after=120)
    assert (helm.pending("backup_reserve"), helm.told("backup_reserve")) == (35, [])
    helm.home.server.faults.clear()
    await helm.poll(after=60)
    await helm.ended("backup_reserve")
    assert helm.told("backup_reserve") == [ChangeKind.CHANGED]
    assert len(helm.written()) == 1


@pytest.mark.parametrize(
    ("taken", "hours", "failure"), [(True, 49, Failure.NOT_IN_TIME), (False, 0.3, Failure.NO_ANSWER)]
)
async def test_what_a_restart_interrupts_is_told_as_failed_where_the_settings_stay_unknown(
    helm: Helm, taken: bool, hours: float, failure: Failure
) -> None:
    await interrupted(helm, taken=taken)
    await helm.poll(after=hours * 3600)
    (change,) = helm.changes
    assert (change.kind, change.error and change.error.failure) == (ChangeKind.FAILED, failure)
    assert helm.pending("backup_reserve") is None
