"""A battery that may charge from the grid, and whether it does."""

from datetime import UTC, datetime, timedelta

import pytest

from custom_components.energy_site.site.charging import ChargingWatch
from custom_components.energy_site.site.model import Battery, Flow, GridState, GridStatus, PowerFlow, Settings

START = datetime(2026, 11, 2, 12, tzinfo=UTC)


def idle(
    watch: ChargingWatch,
    minutes: float,
    *,
    power: float = 0.0,
    level: float = 69.0,
    reserve: float = 100.0,
    allowed: bool | None = True,
    grid: GridState | None = None,
) -> bool:
    """Return what the watch finds so many minutes after the change."""
    now = START + timedelta(minutes=minutes)
    return watch.is_idle(
        Settings(observed_at=now, backup_reserve=reserve, charge_from_grid=allowed),
        Battery(observed_at=now, level=level),
        PowerFlow(observed_at=now, battery=Flow(power=power, observed_at=now)),
        GridStatus(observed_at=now, state=grid) if grid is not None else None,
    )


@pytest.fixture
def watch() -> ChargingWatch:
    """Return a watch that began with a change."""
    watch = ChargingWatch()
    watch.begin(START)
    return watch


def test_a_battery_below_its_reserve_has_five_minutes_to_begin(watch: ChargingWatch) -> None:
    assert not idle(watch, 4)
    assert idle(watch, 5)


def test_discharging_is_not_charging(watch: ChargingWatch) -> None:
    assert idle(watch, 6, power=800.0)


def test_a_battery_that_charges_ends_the_watch(watch: ChargingWatch) -> None:
    assert not idle(watch, 3, power=-1500.0)
    assert not idle(watch, 10)


@pytest.mark.parametrize(
    "why",
    [
        pytest.param({"level": 99.5}, id="at its reserve"),
        pytest.param({"allowed": False}, id="not allowed"),
        pytest.param({"allowed": None}, id="not known"),
        pytest.param({"grid": GridState.OFF_GRID}, id="without the grid"),
    ],
)
def test_a_battery_with_no_reason_to_charge_is_not_idle(watch: ChargingWatch, why: dict[str, object]) -> None:
    assert not idle(watch, 10, **why)  # type: ignore[arg-type] # The names are those of `idle`.


def test_without_a_change_nothing_is_expected() -> None:
    assert not idle(ChargingWatch(), 60)


def test_an_old_power_tells_nothing_of_a_later_change(watch: ChargingWatch) -> None:
    now = START + timedelta(minutes=10)
    old = PowerFlow(observed_at=now, battery=Flow(power=0.0, observed_at=START))
    settings = Settings(observed_at=now, backup_reserve=100.0, charge_from_grid=True)
    assert not watch.is_idle(settings, Battery(observed_at=now, level=40.0), old, None)
