"""A control that a system ignores or refuses for good is read-only, until there is a reason to try again."""

from collections.abc import AsyncIterator

import pytest

from custom_components.energy_site.site.control import ControlName, Failure, Obstacle
from simulator.iq_gateway import Fault, HttpStatus
from simulator.iq_gateway.faults import Unheeded

from .driver import simulated
from .helm import Helm

TARIFF = "/admin/lib/tariff"
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


async def denied_twice(helm: Helm, fault: Fault) -> None:
    """Let the reserve be denied twice in a row."""
    helm.site.gateway.faults.add(fault, TARIFF, methods=["PUT"])
    for value in (35, 40):
        assert helm.control("backup_reserve").obstacle is None
        await helm.fail("backup_reserve", value)
    helm.site.gateway.faults.clear()


@pytest.mark.parametrize(("fault", "obstacle"), [(Unheeded(), Obstacle.IGNORED), (HttpStatus(403), Obstacle.REFUSED)])
async def test_what_was_denied_twice_in_a_row_is_read_only_with_the_reason(
    helm: Helm, fault: Fault, obstacle: Obstacle
) -> None:
    await denied_twice(helm, fault)
    sent = len(helm.written())
    error = await helm.fail("backup_reserve", 45)
    assert (error.failure, error.obstacle, error.in_force) == (Failure.NOT_NOW, obstacle, 20)
    assert len(helm.written()) == sent
    # That says nothing of other controls.
    assert helm.control("charge_from_grid").obstacle is None


async def test_that_is_kept_over_restarts(helm: Helm) -> None:
    await denied_twice(helm, Unheeded())
    helm.restart()
    await helm.site.start()
    assert helm.control("backup_reserve").obstacle is Obstacle.IGNORED


async def test_a_month_later_it_is_tried_once(helm: Helm) -> None:
    await denied_twice(helm, Unheeded())
    await look_again(helm, 29 * DAY)
    assert helm.control("backup_reserve").obstacle is Obstacle.IGNORED
    await look_again(helm, 2 * DAY)
    assert helm.control("backup_reserve").obstacle is None
    helm.site.gateway.faults.add(Unheeded(), TARIFF, methods=["PUT"])
    assert (await helm.fail("backup_reserve", 35)).failure is Failure.IGNORED
    assert helm.control("backup_reserve").obstacle is Obstacle.IGNORED


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
    assert helm.control("backup_reserve").obstacle is None


async def test_what_comes_late_was_not_ignored(helm: Helm) -> None:
    helm.site.gateway.state.tariff.delay = 50.0
    for value in (35, 40, 45):
        assert (await helm.fail("backup_reserve", value)).failure is Failure.IGNORED
        await look_again(helm, 60)
    assert helm.control("backup_reserve").obstacle is None


async def test_a_gateway_that_refuses_everything_while_it_starts_has_judged_nothing(helm: Helm) -> None:
    for value in (35, 40, 45):
        helm.site.gateway.faults.add(HttpStatus(404))
        assert (await helm.fail("backup_reserve", value)).failure is Failure.REFUSED
        helm.site.gateway.faults.clear()
        await look_again(helm, 60)
    assert helm.control("backup_reserve").obstacle is None


@pytest.mark.parametrize("fault", [HttpStatus(409), HttpStatus(401), HttpStatus(503)])
async def test_a_reason_that_passes_makes_nothing_read_only(helm: Helm, fault: Fault) -> None:
    await denied_twice(helm, fault)
    assert helm.steering.control(ControlName(None, "backup_reserve")) is not None
    assert helm.control("backup_reserve").obstacle is None
