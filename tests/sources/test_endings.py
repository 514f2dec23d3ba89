"""What is said of a wish is known: confirmed, failed, not in force yet, or accepted and not to be verified."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from custom_components.energy_site.api.errors import ApiRefusedError
from custom_components.energy_site.site.control import ChangeKind, Control, ControlName, Failure, Value
from simulator.house import StorageMode
from simulator.iq_gateway import HttpStatus, Mutate
from simulator.iq_gateway.faults import Aftermath, Complaint

from ..vendors.iq_gateway.source.driver import simulated
from ..vendors.iq_gateway.source.helm import Helm

TARIFF = "/admin/lib/tariff"
SECONDARY = "/ivp/ensemble/secctrl"
SCHEDULE = "/ivp/sc/sched"
GRID = ControlName(None, "grid_enabled")
MODE = ControlName(None, "operating_mode")


@pytest.fixture
async def helm() -> AsyncIterator[Helm]:
    """Steer the usual home in the evening, when savings and self-consumption differ."""
    async with simulated("home", hour=20.0) as site:
        await site.start()
        site.clock.advance(60)
        helm = Helm(site)
        helm.steering.observe()
        yield helm


def told(helm: Helm, name: ControlName = MODE) -> list[ChangeKind]:
    """Return the kinds of all that was told of a setting."""
    return [change.kind for change in helm.changes if change.name == name]


def shown(index: int) -> Mutate:
    """Let the battery's controller show another activity."""
    return Mutate(lambda payload: {**payload, "acb_current_mode": index})


# -- not in force yet ---------------------------------------------------------------


async def test_a_switch_that_is_long_on_its_way_is_pending_and_told_when_it_has_moved(helm: Helm) -> None:
    helm.site.gateway.state.relay.extra = 100.0
    began = helm.site.now
    await helm.set("grid_enabled", value=False)
    assert 60 <= (helm.site.now - began).total_seconds() < 128
    assert helm.steering.pending(GRID) is False
    assert helm.value("grid_enabled") is True
    assert told(helm, GRID) == [ChangeKind.PENDING]
    await helm.ended(GRID)
    assert helm.value("grid_enabled") is False
    assert told(helm, GRID) == [ChangeKind.PENDING, ChangeKind.CHANGED]


async def test_a_switch_that_never_arrives_is_told_to_have_failed_once_its_time_is_over(helm: Helm) -> None:
    helm.site.gateway.state.relay.extra = 10_000.0
    await helm.set("grid_enabled", value=False)
    await helm.ended(GRID)
    last = helm.changes[-1]
    assert (last.kind, last.error and last.error.failure, last.after) == (ChangeKind.FAILED, Failure.IGNORED, True)


async def test_the_usual_poll_ends_what_is_pending_as_soon_as_it_shows(helm: Helm) -> None:
    helm.site.gateway.state.relay.extra = 40.0
    await helm.set("grid_enabled", value=False)
    helm.steering.stop()
    helm.site.clock.advance(10)
    await helm.poll("relay")
    assert helm.steering.pending(GRID) is None
    assert told(helm, GRID) == [ChangeKind.PENDING, ChangeKind.CHANGED]


async def test_other_settings_do_not_wait_for_what_is_pending(helm: Helm) -> None:
    helm.site.gateway.state.relay.extra = 600.0
    await helm.set("grid_enabled", value=False)
    await helm.set("backup_reserve", 35)
    assert helm.settings.reserve == 35
    assert helm.steering.pending(GRID) is False


async def test_what_is_pending_is_not_sent_again_and_gives_way_to_another_wish(helm: Helm) -> None:
    helm.site.gateway.state.relay.extra = 100.0
    await helm.set("grid_enabled", value=False)
    sent = len(helm.written())
    await helm.set("grid_enabled", value=False)
    assert len(helm.written()) == sent
    helm.site.gateway.state.relay.extra = 0.0
    await helm.set("grid_enabled", value=True)
    assert helm.value("grid_enabled") is True
    assert told(helm, GRID) == [ChangeKind.PENDING, ChangeKind.SUPERSEDED, ChangeKind.CONFIRMED]


async def test_what_is_pending_is_looked_for_after_a_restart_and_not_sent_again(helm: Helm) -> None:
    helm.site.gateway.state.relay.extra = 100.0
    await helm.set("grid_enabled", value=False)
    helm.steering.stop()
    helm.restart()
    await helm.site.start()
    sent = len(helm.written())
    assert helm.steering.pending(GRID) is False
    helm.steering.resume()
    await helm.ended(GRID)
    assert helm.value("grid_enabled") is False
    assert len(helm.written()) == sent
    assert told(helm, GRID)[-1] is ChangeKind.CHANGED


# -- accepted, cannot be verified ---------------------------------------------------


async def test_a_mode_that_only_the_file_tells_is_accepted_and_not_confirmed(helm: Helm) -> None:
    helm.site.gateway.state.tariff.unheeded = True
    await helm.set("operating_mode", "savings")
    assert helm.settings.mode is StorageMode.SELF_CONSUMPTION
    assert told(helm) == [ChangeKind.ACCEPTED]
    assert helm.steering.pending(MODE) is None


async def test_what_was_accepted_is_confirmed_once_the_battery_does_it(helm: Helm) -> None:
    helm.site.gateway.state.tariff.unheeded = True
    await helm.set("operating_mode", "savings")
    helm.settings.mode = StorageMode.SAVINGS
    helm.site.clock.advance(600)
    await helm.poll("schedule")
    assert told(helm) == [ChangeKind.ACCEPTED, ChangeKind.CHANGED]
    await helm.poll("schedule")
    assert told(helm) == [ChangeKind.ACCEPTED, ChangeKind.CHANGED]


async def test_what_was_accepted_and_is_not_done_is_told_to_have_failed(helm: Helm) -> None:
    await helm.set("operating_mode", "savings")
    helm.changes.clear()
    helm.site.gateway.state.tariff.unheeded = True
    idle = helm.site.gateway.faults.add(shown(0), SCHEDULE)
    await helm.set("operating_mode", "self_consumption")
    assert told(helm) == [ChangeKind.ACCEPTED]
    idle.remove()
    helm.site.clock.advance(600)
    await helm.poll("schedule")
    assert told(helm) == [ChangeKind.ACCEPTED, ChangeKind.FAILED]
    assert helm.changes[-1].error is not None
    assert helm.changes[-1].error.failure is Failure.IGNORED


async def test_a_mode_is_confirmed_where_the_batterys_scheduler_follows(helm: Helm) -> None:
    await helm.set("operating_mode", "savings")
    await helm.set("operating_mode", "self_consumption")
    await helm.set("operating_mode", "backup")
    await helm.set("operating_mode", "savings")
    assert told(helm) == [ChangeKind.CHANGED] * 4


async def test_a_battery_that_goes_on_saving_does_not_consume_its_own_whatever_the_file_says(helm: Helm) -> None:
    await helm.set("operating_mode", "savings")
    helm.site.gateway.state.tariff.unheeded = True
    error = await helm.fail("operating_mode", "self_consumption")
    assert error.failure is Failure.IGNORED


async def test_a_file_that_goes_on_to_say_so_is_not_believed_later_either(helm: Helm) -> None:
    helm.site.gateway.state.tariff.unheeded = True
    await helm.fail("operating_mode", "backup")
    helm.site.clock.advance(120)
    await helm.poll("tariff", "secondary_control", "schedule")
    assert told(helm) == [ChangeKind.FAILED]


@pytest.mark.parametrize(
    ("silent", "key", "value"), [(SECONDARY, "backup_reserve", 35.0), (SCHEDULE, "charge_from_grid", True)]
)
async def test_a_gateway_without_a_witness_accepts_only(silent: str, key: str, value: float) -> None:
    async with simulated("home") as site:
        site.gateway.faults.add(HttpStatus(404), silent)
        await site.start()
        helm = Helm(site)
        helm.steering.observe()
        await helm.set(key, value)
        assert told(helm, ControlName(None, key)) == [ChangeKind.ACCEPTED]


async def test_an_echo_and_the_file_are_no_confirmation_of_a_reserve(helm: Helm) -> None:
    helm.site.gateway.state.tariff.unheeded = True
    error = await helm.fail("backup_reserve", 35)
    assert (error.failure, error.in_force) == (Failure.IGNORED, 20)


async def test_a_gateway_that_names_no_mode_keeps_its_reserve(helm: Helm) -> None:
    helm.site.gateway.state.tariff.names_mode = False
    await helm.poll("tariff")
    assert helm.steering.control(MODE) is None
    await helm.set("backup_reserve", 35)
    assert helm.settings.reserve == 35
    assert helm.settings.mode is StorageMode.SELF_CONSUMPTION


# -- refused, and done all the same -------------------------------------------------


@pytest.mark.parametrize("delay", [0.0, 6.0, 20.0])
async def test_what_was_refused_and_is_in_force_all_the_same_is_said_so(helm: Helm, delay: float) -> None:
    helm.site.gateway.state.tariff.delay = delay
    helm.site.gateway.faults.add(Complaint(409), TARIFF, methods=["PUT"])
    await helm.set("backup_reserve", 35)
    assert helm.settings.reserve == 35
    assert [(change.kind, change.despite) for change in helm.changes] == [(ChangeKind.CHANGED, Failure.REFUSED)]


async def test_what_was_refused_and_comes_late_is_told_when_it_comes(helm: Helm) -> None:
    helm.site.gateway.state.tariff.delay = 50.0
    helm.site.gateway.faults.add(Complaint(400), TARIFF, methods=["PUT"])
    error = await helm.fail("backup_reserve", 35)
    assert (error.failure, error.answer) == (Failure.REFUSED, 400)
    helm.site.clock.advance(60)
    await helm.poll("secondary_control")
    last = helm.changes[-1]
    assert (last.kind, last.after, last.ours, last.despite) == (ChangeKind.CHANGED, 35, True, Failure.REFUSED)


async def test_a_no_inside_an_answer_with_the_status_of_a_success_is_a_refusal(
    helm: Helm, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Value] = []

    async def refuse(value: Value) -> None:
        sent.append(value)
        raise ApiRefusedError("POST backup", 200, words="not at this site")

    source = helm.site.source
    find = source.control

    def refusing(name: ControlName, now: datetime) -> Control | None:
        control = find(name, now)
        return control and replace(control, write=refuse)

    monkeypatch.setattr(source, "control", refusing)
    error = await helm.fail("backup_reserve", 35)
    assert (error.failure, error.answer, sent) == (Failure.REFUSED, 200, [35])


@pytest.mark.parametrize("status", [408, 425, 429])
async def test_a_status_that_judges_nothing_is_no_refusal(helm: Helm, status: int) -> None:
    fault = helm.site.gateway.faults.add(HttpStatus(status), TARIFF, methods=["PUT"], count=2)
    await helm.set("backup_reserve", 35)
    assert fault.hits == 2
    assert helm.settings.reserve == 35
    fault = helm.site.gateway.faults.add(HttpStatus(status), TARIFF, methods=["PUT"])
    error = await helm.fail("backup_reserve", 50)
    assert (error.failure, fault.hits) == (Failure.NO_ANSWER, 5)


async def test_what_nobody_answered_is_told_once_it_is_known_to_be_in_force(helm: Helm) -> None:
    helm.site.gateway.faults.add(HttpStatus(503))
    assert (await helm.fail("backup_reserve", 20)).failure is Failure.NO_ANSWER
    helm.site.gateway.faults.clear()
    helm.site.clock.advance(60)
    await helm.poll("secondary_control", "tariff")
    assert [(change.kind, change.after, change.despite) for change in helm.changes[1:]] == [
        (ChangeKind.CHANGED, 20, Failure.NO_ANSWER)
    ]


# -- two clients at once ------------------------------------------------------------


def overwriting(helm: Helm) -> Callable[[], None]:
    """Return what another client does that holds an older copy of the whole object."""
    copy: Any = helm.site.gateway.state.tariff.payload(0.0)

    def write() -> None:
        helm.site.gateway.state.tariff.write(copy, (8,), helm.site.clock.now())

    return write


async def test_what_another_client_overwrote_is_sent_again_once(helm: Helm) -> None:
    helm.site.gateway.faults.add(Aftermath(overwriting(helm)), TARIFF, methods=["PUT"], count=1)
    await helm.set("backup_reserve", 35)
    assert helm.settings.reserve == 35
    assert len(helm.written()) == 2
    assert [change.kind for change in helm.changes] == [ChangeKind.CHANGED]


async def test_nobody_fights_with_another_client(helm: Helm) -> None:
    helm.site.gateway.faults.add(Aftermath(overwriting(helm)), TARIFF, methods=["PUT"])
    error = await helm.fail("backup_reserve", 35)
    assert (error.failure, error.in_force) == (Failure.IGNORED, 20)
    assert len(helm.written()) == 2


async def test_what_the_battery_is_slow_to_do_is_not_sent_again(helm: Helm) -> None:
    helm.site.gateway.state.tariff.delay = 25.0
    await helm.set("backup_reserve", 35)
    assert len(helm.written()) == 1


async def test_what_somebody_changed_between_read_and_write_is_told_to_have_moved_along(helm: Helm) -> None:
    helm.site.gateway.state.tariff.local.charge_from_grid = True
    await helm.set("backup_reserve", 35)
    await helm.poll("tariff", "schedule")
    charge = ControlName(None, "charge_from_grid")
    assert [(change.after, change.along) for change in helm.changes if change.name == charge] == [(True, True)]
    (own,) = [change for change in helm.changes if change.name.key == "backup_reserve"]
    assert own.along is False
