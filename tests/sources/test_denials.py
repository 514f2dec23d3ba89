"""A control that a system ignores or refuses for good is read-only, until there is a reason to try again."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from custom_components.energy_site.site.control import BlockReason, ControlError, ControlName, Failure, Value
from simulator.iq_gateway import Fault, HttpStatus
from simulator.iq_gateway.faults import Unheeded

from ..vendors.iq_gateway.source.driver import simulated
from ..vendors.iq_gateway.source.helm import Helm

TARIFF = "/admin/lib/tariff"
RELAY = "/ivp/ensemble/relay"
RESERVE = ControlName(None, "backup_reserve")
HOUR = 3600.0
DAY = 86_400.0


@pytest.fixture
async def helm() -> AsyncIterator[Helm]:
    """Steer the usual home."""
    async with simulated("home") as site:
        await site.start()
        site.clock.advance(60)
        helm = Helm(site)
        helm.steering.observe()
        yield helm


async def look_again(helm: Helm, seconds: float) -> None:
    """Let time pass, and know what is in force."""
    helm.site.house.time += seconds
    helm.site.clock.advance(seconds)
    await helm.poll("tariff", "secondary_control", "schedule", "relay")


async def denied(helm: Helm, fault: Fault, *values: float, apart: float) -> None:
    """Let these reserves be denied, so many seconds apart."""
    added = helm.site.gateway.faults.add(fault, TARIFF, methods=["PUT"])
    for value in values:
        assert helm.control("backup_reserve").block_reason is None
        await helm.fail("backup_reserve", value)
        await look_again(helm, apart)
    added.remove()


async def denied_twice(helm: Helm, fault: Fault) -> None:
    """Let the same reserve be denied twice, an hour apart."""
    await denied(helm, fault, 35, 35, apart=HOUR)


@pytest.mark.parametrize(
    ("fault", "block_reason"), [(Unheeded(), BlockReason.IGNORED), (HttpStatus(403), BlockReason.REFUSED)]
)
async def test_what_was_denied_twice_in_a_row_is_read_only_with_the_reason(
    helm: Helm, fault: Fault, block_reason: BlockReason
) -> None:
    await denied_twice(helm, fault)
    sent = len(helm.written())
    error = await helm.fail("backup_reserve", 45)
    assert (error.failure, error.block_reason, error.in_force) == (Failure.NOT_NOW, block_reason, 20)
    assert len(helm.written()) == sent
    # That says nothing of other controls.
    assert helm.control("charge_from_grid").block_reason is None


@pytest.mark.parametrize("fault", [Unheeded(), HttpStatus(400)])
@pytest.mark.parametrize(
    ("values", "apart"), [((35, 40, 45, 35, 40), 120.0), ((35, 35, 35), 600.0), ((3, 4, 5, 6), 3 * HOUR)]
)
async def test_some_trouble_within_a_day_locks_nobody_out(
    helm: Helm, fault: Fault, values: tuple[float, ...], apart: float
) -> None:
    await denied(helm, fault, *values, apart=apart)
    await helm.set("backup_reserve", 50)
    assert helm.settings.reserve == 50


async def test_what_is_denied_on_two_days_is_denied_whatever_the_value(helm: Helm) -> None:
    await denied(helm, HttpStatus(400), 3, 4, apart=DAY)
    assert helm.control("backup_reserve").block_reason is BlockReason.REFUSED


async def test_a_change_that_somebody_makes_elsewhere_shows_that_it_can_be_set(helm: Helm) -> None:
    await denied_twice(helm, HttpStatus(400))
    assert helm.control("backup_reserve").block_reason is BlockReason.REFUSED
    helm.site.gateway.state.tariff.change(reserve=55)
    await look_again(helm, 60)
    assert helm.control("backup_reserve").block_reason is None


async def test_nobody_is_locked_out_of_the_grids_switch(helm: Helm) -> None:
    fault = helm.site.gateway.faults.add(HttpStatus(400), RELAY, methods=["POST"])
    for _ in range(4):
        assert (await helm.fail("grid_enabled", value=False)).failure is Failure.REFUSED
        await look_again(helm, DAY)
    fault.remove()
    await helm.set("grid_enabled", value=False)
    assert helm.site.house.switches.relay_closed is False


async def insist(helm: Helm, value: Value) -> None:
    """Set the reserve as who restores it does."""
    await helm.steering.set(RESERVE, value, insistent=True)


async def test_who_restores_a_setting_is_neither_counted_nor_locked_out(helm: Helm) -> None:
    fault = helm.site.gateway.faults.add(HttpStatus(400), TARIFF, methods=["PUT"])
    for _ in range(3):
        with pytest.raises(ControlError) as refused:
            await insist(helm, 35)
        assert refused.value.failure is Failure.REFUSED
        await look_again(helm, DAY)
    fault.remove()
    assert helm.control("backup_reserve").block_reason is None
    await denied_twice(helm, HttpStatus(400))
    assert helm.control("backup_reserve").block_reason is BlockReason.REFUSED
    await insist(helm, 45)
    assert helm.settings.reserve == 45


async def test_who_restores_a_setting_goes_on_after_a_restart(helm: Helm) -> None:
    await denied_twice(helm, Unheeded())
    helm.site.gateway.faults.add(Unheeded(), TARIFF, methods=["PUT"])
    stopped = asyncio.Event()

    async def stop() -> None:
        stopped.set()
        helm.steering.stop()

    helm.meanwhile = stop
    with pytest.raises(asyncio.CancelledError):
        await insist(helm, 45)
    assert stopped.is_set()
    helm.meanwhile = None
    helm.site.gateway.faults.clear()
    helm.restart()
    await helm.site.start()
    helm.steering.resume()
    await helm.ended(RESERVE)
    assert helm.settings.reserve == 45


async def test_that_is_kept_over_restarts(helm: Helm) -> None:
    await denied_twice(helm, Unheeded())
    helm.restart()
    await helm.site.start()
    assert helm.control("backup_reserve").block_reason is BlockReason.IGNORED


async def test_a_month_later_it_is_tried_once(helm: Helm) -> None:
    await denied_twice(helm, Unheeded())
    await look_again(helm, 29 * DAY)
    assert helm.control("backup_reserve").block_reason is BlockReason.IGNORED
    await look_again(helm, 2 * DAY)
    assert helm.control("backup_reserve").block_reason is None
    helm.site.gateway.faults.add(Unheeded(), TARIFF, methods=["PUT"])
    assert (await helm.fail("backup_reserve", 35)).failure is Failure.IGNORED
    assert helm.control("backup_reserve").block_reason is BlockReason.IGNORED


async def test_another_firmware_is_trusted_anew(helm: Helm) -> None:
    await denied_twice(helm, Unheeded())
    helm.site.gateway.state.firmware = "D8.3.9999"
    await helm.site.source.prepare(helm.site.now)
    await helm.set("backup_reserve", 35)
    assert helm.settings.reserve == 35


async def test_once_in_a_row_is_an_accident(helm: Helm) -> None:
    for value in (35, 40, 45):
        fault = helm.site.gateway.faults.add(Unheeded(), TARIFF, methods=["PUT"])
        await helm.fail("backup_reserve", value)
        fault.remove()
        await helm.set("backup_reserve", value)
    assert helm.control("backup_reserve").block_reason is None


async def test_what_comes_late_was_not_ignored(helm: Helm) -> None:
    helm.site.gateway.state.tariff.delay = 50.0
    for value in (35, 40, 45):
        assert (await helm.fail("backup_reserve", value)).failure is Failure.IGNORED
        await look_again(helm, 60)
    assert helm.control("backup_reserve").block_reason is None


async def test_a_gateway_that_refuses_everything_while_it_starts_has_judged_nothing(helm: Helm) -> None:
    for value in (35, 40, 45):
        helm.site.gateway.faults.add(HttpStatus(404))
        assert (await helm.fail("backup_reserve", value)).failure is Failure.REFUSED
        helm.site.gateway.faults.clear()
        await look_again(helm, 60)
    assert helm.control("backup_reserve").block_reason is None


@pytest.mark.parametrize("fault", [HttpStatus(409), HttpStatus(401), HttpStatus(503)])
async def test_a_reason_that_passes_makes_nothing_read_only(helm: Helm, fault: Fault) -> None:
    await denied_twice(helm, fault)
    assert helm.steering.control(ControlName(None, "backup_reserve")) is not None
    assert helm.control("backup_reserve").block_reason is None
