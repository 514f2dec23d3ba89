"""What parts say of themselves."""

from datetime import UTC, datetime

import pytest

from custom_components.energy_site.site.model import (
    Count,
    CounterKind,
    DeviceInfo,
    EnergyCounters,
    GridState,
    GridStatus,
)

NOW = datetime(2026, 6, 20, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("state", "connected"),
    [
        (GridState.ON_GRID, True),
        (GridState.OFF_GRID, False),
        (GridState.SYNCHRONIZING, False),
        (GridState.GENERATOR, False),
        (None, None),
    ],
)
def test_the_house_is_connected_only_where_it_is_on_the_grid(state: GridState | None, connected: bool | None) -> None:
    assert GridStatus(observed_at=NOW, state=state).connected is connected


def test_a_counter_that_the_site_lacks_is_not_known() -> None:
    counters = EnergyCounters(observed_at=NOW, counts={CounterKind.SOLAR: Count(total=5.0, today=None)}, rejected=0)
    assert counters.total(CounterKind.SOLAR) == 5.0
    assert counters.today(CounterKind.SOLAR) is None
    assert counters.total(CounterKind.LOAD) is None
    assert counters.today(CounterKind.LOAD) is None


def test_a_device_does_not_show_its_serial_number() -> None:
    assert "482512345678" not in repr(DeviceInfo(serial="482512345678", model="IQ Battery"))
