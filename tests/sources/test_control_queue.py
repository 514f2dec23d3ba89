"""A wish is confirmed or reported, never silently lost."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from custom_components.energy_site.site.control import BlockReason, ChangeKind, ControlName, Failure, Value
from simulator.house import StorageMode
from simulator.iq_gateway import HttpStatus, Mutate, Reset
from simulator.iq_gateway.faults import AnswerLost, Unheeded

from ..vendors.iq_gateway.source.driver import simulated
from ..vendors.iq_gateway.source.helm import Helm

TARIFF = "/admin/lib/tariff"
SECONDARY = "/ivp/ensemble/secctrl"
SCHEDULE = "/ivp/sc/sched"
RESERVE = ControlName(None, "backup_reserve")


@pytest.fixture
async def helm() -> AsyncIterator[Helm]:
    """Steer the usual home."""
    async with simulated("home") as site:
        await site.start()
        site.clock.advance(60)
        helm = Helm(site)
        helm.steering.observe()
        yield helm


@pytest.mark.parametrize(
    ("key", "value", "field", "word"),
    [
        ("backup_reserve", 35.0, "reserved_soc", 35.0),
        ("operating_mode", "backup", "mode", "backup"),
        ("operating_mode", "savings", "mode", "economy"),
        ("charge_from_grid", True, "charge_from_grid", True),
    ],
)
async def test_a_setting_is_in_force_once_it_is_said_to_be(
    helm: Helm, key: str, value: Value, field: str, word: object
) -> None:
    before = helm.value(key)
    await helm.set(key, value)
    assert helm.value(key) == value
    settings = helm.settings
    assert {"reserved_soc": settings.reserve, "mode": settings.mode, "charge_from_grid": settings.charge_from_grid}[
        field
    ] == word
    assert [
        (change.kind, change.before, change.after, change.ours) for change in helm.changes if change.name.key == key
    ] == [(ChangeKind.CHANGED, before, value, True)]


async def test_the_whole_tariff_is_written_and_nothing_else_in_it_changes(helm: Helm) -> None:
    shown: Any = helm.site.gateway.state.tariff.payload(0.0)
    before = shown["tariff"]
    before["storage_settings"].pop("reserved_soc")
    await helm.set("backup_reserve", 35)
    (body,) = helm.written()
    assert body["tariff"]["storage_settings"].pop("reserved_soc") == 35
    for stamp in (body["tariff"], body["tariff"]["storage_settings"], before, before["storage_settings"]):
        stamp.pop("date")
    assert body == {"tariff": before}


async def test_what_somebody_else_wrote_a_moment_ago_is_not_undone(helm: Helm) -> None:
    helm.site.gateway.state.tariff.local.charge_from_grid = True
    await helm.set("backup_reserve", 35)
    assert helm.written()[0]["tariff"]["storage_settings"]["charge_from_grid"] is True


async def test_a_gateway_that_accepts_and_ignores_is_reported_with_what_is_in_force(helm: Helm) -> None:
    helm.site.gateway.faults.add(Unheeded(), TARIFF, methods=["PUT"])
    began = helm.site.now
    error = await helm.fail("backup_reserve", 80)
    assert (error.failure, error.in_force, error.wanted) == (Failure.IGNORED, 20, 80)
    assert helm.site.now - began == timedelta(seconds=30)
    assert helm.value("backup_reserve") == 20
    assert helm.steering.pending(RESERVE) is None
    assert [(change.kind, change.error) for change in helm.changes] == [(ChangeKind.FAILED, error)]


async def test_a_mode_that_only_the_file_tells_is_not_taken_for_in_force(helm: Helm) -> None:
    def pretend(payload: dict[str, dict[str, dict[str, object]]]) -> None:
        payload["tariff"]["storage_settings"]["mode"] = "backup"

    helm.site.gateway.faults.add(Unheeded(), TARIFF, methods=["PUT"])
    helm.site.gateway.faults.add(Mutate(pretend), TARIFF, methods=["GET"])
    error = await helm.fail("operating_mode", "backup")
    assert error.failure is Failure.IGNORED


@pytest.mark.parametrize("mode", ["self_consumption", "savings"])
async def test_a_battery_that_stays_in_full_backup_has_not_left_it_whatever_the_file_says(
    helm: Helm, mode: str
) -> None:
    await helm.set("operating_mode", "backup")
    helm.site.gateway.state.tariff.unheeded = True
    error = await helm.fail("operating_mode", mode)
    assert error.failure is Failure.IGNORED
    assert helm.settings.mode is StorageMode.BACKUP


async def test_a_gateway_that_takes_its_time_is_waited_for(helm: Helm) -> None:
    helm.site.gateway.state.tariff.delay = 25.0
    seen: list[tuple[Value | None, Value | None]] = []

    async def look() -> None:
        seen.append((helm.value("backup_reserve"), helm.steering.pending(RESERVE)))

    helm.meanwhile = look
    await helm.set("backup_reserve", 35)
    assert helm.value("backup_reserve") == 35
    assert set(seen) == {(20, 35)}


async def test_a_change_that_comes_too_late_is_told_when_it_comes(helm: Helm) -> None:
    helm.site.gateway.state.tariff.delay = 50.0
    error = await helm.fail("backup_reserve", 35)
    assert error.failure is Failure.IGNORED
    helm.changes.clear()
    helm.site.clock.advance(100)
    await helm.poll("secondary_control")
    assert [(change.kind, change.after, change.ours) for change in helm.changes] == [(ChangeKind.CHANGED, 35, True)]


async def test_an_answer_that_is_lost_is_no_failure(helm: Helm) -> None:
    helm.site.gateway.faults.add(AnswerLost(), TARIFF, methods=["PUT"])
    await helm.set("backup_reserve", 35)
    assert [change.kind for change in helm.changes] == [ChangeKind.CHANGED]


@pytest.mark.parametrize("fault", [Reset(), HttpStatus(503), HttpStatus(500)])
async def test_what_got_lost_on_its_way_is_sent_again(helm: Helm, fault: Reset | HttpStatus) -> None:
    helm.site.gateway.faults.add(fault, TARIFF, methods=["PUT"], count=2)
    await helm.set("backup_reserve", 35)
    assert helm.value("backup_reserve") == 35


async def test_a_gateway_that_never_takes_it_is_not_asked_for_ever(helm: Helm) -> None:
    fault = helm.site.gateway.faults.add(Reset(), TARIFF, methods=["PUT"])
    error = await helm.fail("backup_reserve", 35)
    assert error.failure is Failure.NO_ANSWER
    # The client's library repeats a request once on a connection that was closed meanwhile.
    assert fault.hits <= 10


@pytest.mark.parametrize("status", [400, 403, 409])
async def test_a_refusal_is_reported_with_the_status(helm: Helm, status: int) -> None:
    fault = helm.site.gateway.faults.add(HttpStatus(status), TARIFF, methods=["PUT"])
    began = helm.site.now
    error = await helm.fail("backup_reserve", 35)
    assert (error.failure, error.answer, error.in_force) == (Failure.REFUSED, status, 20)
    assert fault.hits == 1
    # Some gateways complain about what they do all the same, so it is looked at before it is believed.
    assert timedelta(seconds=5) < helm.site.now - began < timedelta(seconds=10)


async def test_a_gateway_that_cannot_be_reached_is_reported(helm: Helm) -> None:
    await helm.site.gateway.unplug()
    error = await helm.fail("backup_reserve", 35)
    assert (error.failure, error.in_force) == (Failure.NO_ANSWER, 20)


@pytest.mark.parametrize("value", [-1, 101, float("nan")])
async def test_a_value_outside_the_limits_is_not_sent(helm: Helm, value: float) -> None:
    error = await helm.fail("backup_reserve", value)
    assert (error.failure, error.in_force) == (Failure.OUT_OF_RANGE, 20)
    assert helm.written() == []


async def test_a_mode_that_the_site_lacks_is_not_sent(helm: Helm) -> None:
    error = await helm.fail("operating_mode", "party")
    assert error.failure is Failure.NOT_AN_OPTION
    assert helm.written() == []


async def test_a_control_that_the_site_lacks_is_missing(helm: Helm) -> None:
    assert (await helm.fail("storm_guard", value=True)).failure is Failure.MISSING


# -- what stands in the way -----------------------------------------------------


async def block_reason(helm: Helm, key: str, value: Value) -> BlockReason | None:
    """Return why a control cannot be set; nothing is sent then."""
    error = await helm.fail(key, value)
    assert error.failure is Failure.NOT_NOW
    assert helm.written() == []
    return error.block_reason


@pytest.mark.parametrize(
    ("key", "value"), [("backup_reserve", 35.0), ("operating_mode", "backup"), ("charge_from_grid", True)]
)
async def test_a_battery_that_the_cloud_governs_is_read_only(helm: Helm, key: str, value: Value) -> None:
    helm.site.gateway.set_cloud_profile(reserve=10)
    await helm.poll("tariff", "secondary_control", "schedule")
    assert await block_reason(helm, key, value) is BlockReason.CLOUD_CONTROLLED
    assert helm.value("backup_reserve") == 10
    assert helm.value("operating_mode") is None


async def test_a_cloud_that_took_over_unnoticed_is_named_as_the_reason(helm: Helm) -> None:
    helm.site.gateway.set_cloud_profile(reserve=10)
    error = await helm.fail("backup_reserve", 35)
    assert (error.failure, error.block_reason, error.in_force) == (Failure.NOT_NOW, BlockReason.CLOUD_CONTROLLED, 10)


async def test_settings_wait_for_the_grid(helm: Helm) -> None:
    helm.site.house.switches.grid_available = False
    await helm.poll("relay")
    assert await block_reason(helm, "backup_reserve", 35) is BlockReason.OFF_GRID


@pytest.mark.parametrize("change", [{"acb_current_mode": 7}, {"acb_current_mode": 9}, {"Force Discharge": True}])
async def test_settings_wait_for_the_end_of_a_grid_event(helm: Helm, change: dict[str, object]) -> None:
    helm.site.gateway.faults.add(Mutate(lambda payload: {**payload, **change}), SCHEDULE)
    await helm.poll("schedule")
    assert await block_reason(helm, "backup_reserve", 35) is BlockReason.GRID_EVENT


async def test_full_backup_has_no_reserve_to_set(helm: Helm) -> None:
    await helm.set("operating_mode", "backup")
    helm.site.gateway.stats.writes.clear()
    assert await block_reason(helm, "backup_reserve", 35) is BlockReason.FULL_BACKUP


async def test_nothing_is_set_while_it_is_not_known_who_governs_the_battery(helm: Helm) -> None:
    helm.site.clock.advance(7200)
    await helm.poll("secondary_control")
    assert await block_reason(helm, "backup_reserve", 35) is BlockReason.NOT_KNOWN


# -- several wishes -------------------------------------------------------------


async def test_the_last_wish_wins_and_those_before_are_told_to_be_superseded(helm: Helm) -> None:
    helm.site.gateway.state.tariff.delay = 5.0
    wishes = [asyncio.ensure_future(helm.set("backup_reserve", value)) for value in (30, 40, 50, 60)]
    await asyncio.gather(*wishes)
    assert helm.value("backup_reserve") == 60
    assert [(change.kind, change.after) for change in helm.changes] == [
        *((ChangeKind.SUPERSEDED, value) for value in (30, 40, 50)),
        (ChangeKind.CHANGED, 60),
    ]
    assert [body["tariff"]["storage_settings"]["reserved_soc"] for body in helm.written()] == [60]


async def test_a_wish_that_comes_while_another_is_read_back_takes_its_place(helm: Helm) -> None:
    helm.site.gateway.state.tariff.delay = 20.0
    later: list[asyncio.Future[None]] = []

    async def change_mind() -> None:
        if not later:
            later.append(asyncio.ensure_future(helm.set("backup_reserve", 60)))

    helm.meanwhile = change_mind
    await helm.set("backup_reserve", 30)
    await later[0]
    assert helm.value("backup_reserve") == 60
    assert [change.kind for change in helm.changes] == [ChangeKind.SUPERSEDED, ChangeKind.CHANGED]


async def test_wishes_for_several_settings_queue_and_all_come_true(helm: Helm) -> None:
    await asyncio.gather(
        helm.set("backup_reserve", 30), helm.set("charge_from_grid", value=True), helm.set("operating_mode", "savings")
    )
    settings = helm.settings
    assert (settings.reserve, settings.charge_from_grid, settings.mode) == (30, True, StorageMode.SAVINGS)


# -- restarts ---------------------------------------------------------------------


async def interrupted(helm: Helm) -> None:
    """Let a restart come while a wish is pending."""
    helm.site.gateway.faults.add(Unheeded(), TARIFF, methods=["PUT"], count=1)
    stopped = asyncio.Event()

    async def stop() -> None:
        helm.steering.stop()
        stopped.set()

    helm.meanwhile = stop
    wish = asyncio.ensure_future(helm.set("backup_reserve", 45))
    await stopped.wait()
    with pytest.raises(asyncio.CancelledError):
        await wish
    helm.meanwhile = None
    helm.restart()
    await helm.site.start()


async def test_a_wish_survives_a_restart(helm: Helm) -> None:
    await interrupted(helm)
    assert helm.steering.pending(RESERVE) == 45
    helm.steering.resume()
    await helm.ended(RESERVE)
    assert helm.value("backup_reserve") == 45
    assert helm.changes[-1].kind is ChangeKind.CHANGED


async def test_an_old_wish_is_reported_and_not_fulfilled_by_surprise(helm: Helm) -> None:
    await interrupted(helm)
    helm.site.clock.advance(3600)
    helm.steering.resume()
    await helm.ended(RESERVE)
    assert helm.value("backup_reserve") == 20
    assert helm.changes[-1].kind is ChangeKind.FAILED


async def test_an_old_wish_that_is_in_force_is_confirmed(helm: Helm) -> None:
    await interrupted(helm)
    helm.site.gateway.state.tariff.local.reserve = 45
    helm.site.gateway.state.tariff.govern()
    helm.site.clock.advance(3600)
    await helm.site.ask("secondary_control", "tariff")
    helm.steering.resume()
    await helm.ended(RESERVE)
    assert [(change.kind, change.after, change.ours) for change in helm.changes][-1] == (ChangeKind.CHANGED, 45, True)


# -- changes from elsewhere ---------------------------------------------------------


async def test_a_change_in_the_vendors_app_is_told(helm: Helm) -> None:
    helm.site.gateway.state.tariff.local.reserve = 70
    helm.site.gateway.state.tariff.govern()
    await helm.poll("secondary_control")
    assert [(change.kind, change.before, change.after, change.ours) for change in helm.changes] == [
        (ChangeKind.CHANGED, 20, 70, False)
    ]


async def test_a_change_while_home_assistant_was_down_is_told(helm: Helm) -> None:
    await helm.set("backup_reserve", 30)
    helm.changes.clear()
    helm.site.gateway.state.tariff.local.reserve = 70
    helm.site.gateway.state.tariff.govern()
    helm.restart()
    await helm.site.start()
    helm.site.clock.advance(120)
    helm.steering.observe()
    assert [(change.name, change.before, change.after, change.ours) for change in helm.changes] == [
        (RESERVE, 30, 70, False)
    ]


async def test_a_setting_that_is_taken_back_within_minutes_is_told(helm: Helm) -> None:
    await helm.set("backup_reserve", 35)
    helm.site.clock.advance(90)
    helm.site.gateway.state.tariff.local.reserve = 10
    helm.site.gateway.state.tariff.govern()
    await helm.poll("secondary_control")
    assert [(change.kind, change.before, change.after) for change in helm.changes[1:]] == [
        (ChangeKind.REVERTED, 35, 10)
    ]


async def test_what_is_taken_back_within_seconds_is_told_too(helm: Helm) -> None:
    await helm.set("backup_reserve", 35)
    helm.site.clock.advance(20)
    helm.site.gateway.state.tariff.local.reserve = 10
    helm.site.gateway.state.tariff.govern()
    await helm.poll("secondary_control")
    assert [(change.kind, change.ours) for change in helm.changes[1:]] == [(ChangeKind.REVERTED, False)]


async def test_what_was_set_another_way_is_ours_when_it_is_seen(helm: Helm) -> None:
    helm.steering.expect(RESERVE, 60)
    helm.site.gateway.state.tariff.local.reserve = 60
    helm.site.gateway.state.tariff.govern()
    helm.site.clock.advance(3600)
    await helm.poll("secondary_control")
    assert [(change.after, change.ours) for change in helm.changes] == [(60, True)]


async def test_what_was_set_another_way_and_never_came_is_somebody_elses_days_later(helm: Helm) -> None:
    helm.steering.expect(RESERVE, 60)
    helm.site.clock.advance(25 * 3600)
    helm.site.gateway.state.tariff.local.reserve = 60
    helm.site.gateway.state.tariff.govern()
    await helm.poll("secondary_control")
    assert [(change.after, change.ours) for change in helm.changes] == [(60, False)]


async def test_live_power_that_ends_by_itself_is_no_change_of_a_setting(helm: Helm) -> None:
    await helm.set("live_power", value=True)
    helm.changes.clear()
    helm.site.clock.advance(3600)
    await helm.poll("live_data")
    assert helm.value("live_power") is False
    assert helm.changes == []


async def test_an_unforeseen_error_ends_the_wish(helm: Helm, monkeypatch: pytest.MonkeyPatch) -> None:
    async def break_down(*_: object) -> None:
        raise ValueError("unforeseen")

    monkeypatch.setattr(helm.site.client, "change", break_down)
    error = await helm.fail("backup_reserve", 35)
    assert error.failure is Failure.NO_ANSWER
    assert helm.steering.pending(RESERVE) is None


async def test_what_moves_along_with_a_setting_is_ours(helm: Helm) -> None:
    await helm.set("operating_mode", "backup")
    moved = [change for change in helm.changes if change.name == RESERVE]
    assert [(change.after, change.ours) for change in moved] == [(100, True)]
