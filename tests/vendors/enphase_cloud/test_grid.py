"""A cloud that never tells import or export: what they are follows from everything else."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done

from homeassistant.components.recorder.core import Recorder
from homeassistant.core import HomeAssistant
from simulator.cloud.archive import Kind
from simulator.enphase_cloud import Application, CloudServer, CloudSystem
from simulator.iq_gateway import HttpStatus, Measurement
from simulator.iq_gateway.faults import ActiveFault, Mutate
from tests.common import number, pass_time

from ...cloud import set_up_cloud
from ...clouds import SITE, SYSTEM_ID, usual_system
from ...houses import MORNING
from .test_history import rows

HOUR, DAY, QUARTER = 3600, 86_400, 900
GRID: tuple[Kind, ...] = ("grid_import", "grid_export")
TELEMETRY = tuple(f"energy_{way}_telemetry" for way in ("import", "export"))
LIVES = tuple(f"energy_{way}_lifetime" for way in ("import", "export"))

PRODUCTION, NET, TOTAL = Measurement.PRODUCTION, Measurement.NET_CONSUMPTION, Measurement.TOTAL_CONSUMPTION


@pytest.fixture
def meters() -> tuple[Measurement, ...]:
    """Return what the system's meters measure."""
    return (PRODUCTION, NET)


@pytest.fixture
def system(freezer: FrozenDateTimeFactory, preset: str, meters: tuple[Measurement, ...]) -> CloudSystem:
    """Return a house with some days behind it."""
    freezer.move_to(MORNING)
    found = usual_system(MORNING.timestamp(), preset=preset, days=12)
    found.hardware = replace(found.hardware, cts=meters)
    return found


@pytest.fixture
async def entry(
    hass: HomeAssistant,
    cloud: CloudServer,
    application: Application,
    broken: ActiveFault,
    meters: tuple[Measurement, ...],
) -> AsyncIterator[MockConfigEntry]:
    """Return an entry that a person set up while the cloud failed."""
    if NET not in meters:
        # One meter is at the grid, and another one tells what the house takes.
        cloud.faults.add(Mutate(with_grid_meter), path=f"/api/v4/systems/{SYSTEM_ID}/devices")
    found = await set_up_cloud(hass, application, str(SYSTEM_ID), plan=application.plan.name.lower())
    await hass.async_block_till_done(wait_background_tasks=True)
    yield found
    await hass.async_block_till_done(wait_background_tasks=True)
    await hass.config_entries.async_unload(found.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


def with_grid_meter(payload: dict[str, dict[str, list[dict[str, object]]]]) -> None:
    """List a meter at the grid beside the others."""
    meters = payload["devices"]["meters"]
    meters.append({**meters[-1], "id": 1, "serial_number": "482500000000EIM3", "config_type": "Net"})


@pytest.fixture
def silent() -> Iterable[str]:
    """Return the endpoints that fail for ever."""
    return (*TELEMETRY, *LIVES)


@pytest.fixture
def broken(cloud: CloudServer, silent: Iterable[str]) -> ActiveFault:
    """Let the cloud fail."""
    paths = [f"/api/v4/systems/{SYSTEM_ID}/{name}" for name in silent]
    return cloud.faults.add(HttpStatus(500, as_json=True), path=paths)


def balance(system: CloudSystem, kind: Kind, start: float, end: float) -> int:
    """Return Wh as the quarters of an hour tell them: what went both ways within one of them cancels out."""
    sign = 1 if kind == "grid_import" else -1
    energy = system.archive.energy
    return sum(
        max(sign * (energy("grid_import", at, at + QUARTER) - energy("grid_export", at, at + QUARTER)), 0)
        for at in range(int(start), int(end), QUARTER)
    )


def grid(hass: HomeAssistant, kind: Kind) -> float:
    """Return what is shown since ever."""
    found = number(hass, SITE, f"{kind}_energy")
    assert found is not None, kind
    return found


def so_far(system: CloudSystem) -> tuple[float, float]:
    """Return the site's midnight, and until when the cloud knows anything."""
    return system.days.midnight(system.days.day(system.house.time)), system.horizon(system.house.time)


# -- sensors ------------------------------------------------------------------------


@pytest.mark.parametrize("meters", [(PRODUCTION, NET), (NET,), (PRODUCTION, TOTAL)])
async def test_import_and_export_that_the_cloud_never_tells_go_on_counting(
    hass: HomeAssistant, entry: MockConfigEntry, system: CloudSystem, freezer: FrozenDateTimeFactory
) -> None:
    assert number(hass, SITE, "grid_import_energy") is None
    await pass_time(hass, freezer, 30 * HOUR, step=3 * HOUR)
    midnight, horizon = so_far(system)
    shown = {kind: grid(hass, kind) for kind in GRID}
    for kind in GRID:
        truth = balance(system, kind, midnight, horizon)
        assert truth > 4000
        assert shown[kind] == number(hass, SITE, f"{kind}_energy_today") == pytest.approx(truth, abs=10)
    for _ in range(8):
        await pass_time(hass, freezer, 3 * HOUR, step=3 * HOUR)
        for kind in GRID:
            before, shown[kind] = shown[kind], grid(hass, kind)
            assert before <= shown[kind] <= balance(system, kind, midnight, so_far(system)[1]) + 10
    tomorrow, horizon = so_far(system)
    assert tomorrow > midnight
    for kind in GRID:
        assert shown[kind] == pytest.approx(balance(system, kind, midnight, horizon), abs=10)
        today = number(hass, SITE, f"{kind}_energy_today")
        assert today == pytest.approx(balance(system, kind, tomorrow, horizon), abs=10)


@pytest.mark.parametrize("silent", [(TELEMETRY[1], LIVES[1])])
async def test_the_one_direction_that_the_cloud_never_tells_follows_exactly_from_the_other(
    hass: HomeAssistant, entry: MockConfigEntry, system: CloudSystem, freezer: FrozenDateTimeFactory
) -> None:
    await pass_time(hass, freezer, 30 * HOUR, step=3 * HOUR)
    midnight, horizon = so_far(system)
    truth = system.archive.energy("grid_export", midnight, horizon)
    assert truth > balance(system, "grid_export", midnight, horizon) + 1000
    assert number(hass, SITE, "grid_export_energy_today") == pytest.approx(truth, abs=10)


async def test_a_counter_neither_falls_nor_jumps_over_a_restart_and_when_the_cloud_tells_it_again(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    system: CloudSystem,
    freezer: FrozenDateTimeFactory,
    broken: ActiveFault,
) -> None:
    await pass_time(hass, freezer, 30 * HOUR, step=3 * HOUR)
    shown = {kind: grid(hass, kind) for kind in GRID}
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert {kind: grid(hass, kind) for kind in GRID} == shown
    broken.remove()
    midnight, _ = so_far(system)
    for _ in range(16):
        await pass_time(hass, freezer, 4 * HOUR, step=4 * HOUR)
        for kind in GRID:
            before, shown[kind] = shown[kind], grid(hass, kind)
            assert before <= shown[kind] <= system.archive.energy(kind, midnight, so_far(system)[1]) + 10
    # What is told again is what its own meter has.
    midnight, horizon = so_far(system)
    for kind in GRID:
        today = number(hass, SITE, f"{kind}_energy_today")
        assert today == pytest.approx(system.archive.energy(kind, midnight, horizon), abs=10)


# -- history ------------------------------------------------------------------------


async def test_the_past_of_import_and_export_is_made_of_what_else_was_read(
    recorder_mock: Recorder,
    hass: HomeAssistant,
    entry: MockConfigEntry,
    system: CloudSystem,
    freezer: FrozenDateTimeFactory,
) -> None:
    await pass_time(hass, freezer, 27 * HOUR, step=3 * HOUR)
    await async_wait_recording_done(hass)
    assert number(hass, SITE, "history_imported") == 100
    start, end = MORNING - timedelta(days=10), MORNING + timedelta(hours=23)
    for kind in GRID:
        found = await rows(hass, kind, start, end)
        assert len(found) == 11 * 24 - 1
        assert sum(row["change"] for row in found) > 50
        for row in found:
            truth = balance(system, kind, row["start"], row["start"] + HOUR)
            assert row["change"] * 1000 == pytest.approx(truth, abs=4), (kind, row)


@pytest.mark.parametrize("silent", [(TELEMETRY[0], LIVES[0])])
async def test_the_past_of_the_one_direction_that_is_never_told_is_exact(
    recorder_mock: Recorder,
    hass: HomeAssistant,
    entry: MockConfigEntry,
    system: CloudSystem,
    freezer: FrozenDateTimeFactory,
) -> None:
    await pass_time(hass, freezer, 27 * HOUR, step=3 * HOUR)
    await async_wait_recording_done(hass)
    found = await rows(hass, "grid_import", MORNING - timedelta(days=10), MORNING)
    assert len(found) == 10 * 24
    for row in found:
        truth = system.archive.energy("grid_import", row["start"], row["start"] + HOUR)
        assert row["change"] * 1000 == pytest.approx(truth, abs=4), row
