"""Whether a limit holds the export back now, and what that costs."""

from datetime import UTC, datetime

import pytest

from custom_components.energy_site.site.export_limit import curtailed_power, is_limited
from custom_components.energy_site.site.model import DeviceInfo, Flow, Inverter, PowerFlow

NOW = datetime(2026, 6, 20, 12, 0, tzinfo=UTC)


def flows(*, grid: float | None, solar: float | None = 3000.0, battery: float | None = None) -> PowerFlow:
    """Return the site's flows in W."""

    def flow(power: float | None) -> Flow | None:
        return None if power is None else Flow(power=power, observed_at=NOW)

    return PowerFlow(observed_at=NOW, grid=flow(grid), solar=flow(solar), battery=flow(battery))


@pytest.mark.parametrize(
    ("limit", "now", "limited"),
    [
        pytest.param(1500, flows(grid=-1500), True, id="at the limit"),
        pytest.param(1500, flows(grid=-1460), True, id="about at the limit"),
        pytest.param(1500, flows(grid=-1800), True, id="above it, before the inverters followed"),
        pytest.param(1500, flows(grid=-1300), False, id="below the limit"),
        pytest.param(1500, flows(grid=700), False, id="importing"),
        pytest.param(1500, flows(grid=-1500, battery=-3000), True, id="at the limit with a battery that charges"),
        pytest.param(0, flows(grid=0), True, id="nothing may leave, and the sun shines"),
        pytest.param(0, flows(grid=0, solar=0), False, id="nothing may leave at night"),
        pytest.param(0, flows(grid=0, battery=-1200), False, id="the battery takes what may not leave"),
        pytest.param(0, flows(grid=0, battery=800), False, id="the battery gives what the sun doesn't"),
        pytest.param(0, flows(grid=0, battery=10), True, id="nothing may leave, and the battery is full"),
        pytest.param(0, flows(grid=300), False, id="nothing may leave, and nothing would"),
        pytest.param(1500, flows(grid=None), None, id="no meter at the grid"),
        pytest.param(1500, flows(grid=-1500, solar=None), None, id="solar power unknown"),
        pytest.param(1500, None, None, id="nothing known"),
    ],
)
def test_a_limit_holds_back_what_reaches_it(limit: float, now: PowerFlow | None, limited: bool | None) -> None:
    assert is_limited(limit, now) is limited


def roof(*powers: float | None, most: float | None = 300.0, connected: bool = True) -> list[Inverter]:
    """Return inverters with these powers in W."""
    return [
        Inverter(device=DeviceInfo(serial=f"{number}"), power=power, max_power=most, connected=connected)
        for number, power in enumerate(powers)
    ]


def earlier(*powers: float) -> dict[str, float]:
    """Return the powers in W of the same inverters before."""
    return {f"{number}": power for number, power in enumerate(powers)}


BEFORE = earlier(280, 280, 280, 100, 100, 100)


@pytest.mark.parametrize(
    ("units", "before", "lost"),
    [
        pytest.param(roof(150, 150, 150, 100, 100, 100), BEFORE, 390, id="the light is the same"),
        pytest.param(roof(60, 60, 60, 50, 50, 50), BEFORE, 240, id="the light is half of it"),
        pytest.param(roof(150, 150, 150, 120, 120, 120), BEFORE, 450, id="no more than their maximum"),
        pytest.param(roof(150, 150, 150, 120, 120, 120, most=None), BEFORE, 558, id="whose maximum is unknown"),
        pytest.param(roof(140, 140, 140, 50, 50, 50), BEFORE, None, id="all alike: perhaps a cloud"),
        pytest.param(roof(150, 150, 150, 100, 100, 85), BEFORE, None, id="one neither clear nor held back"),
        pytest.param(roof(150, 150, 150, 150, 100, 100), earlier(280, 280, 280, 280, 100, 100), None, id="two clear"),
        pytest.param(roof(150, 150, 150, 100, 100, None), BEFORE, None, id="one without a report"),
        pytest.param(roof(150, 150, 150, 100, 100, 100, 100), BEFORE, None, id="one that is new"),
        pytest.param(roof(150, 150, 150, 100, 100, 100, connected=False), BEFORE, None, id="all silent"),
        pytest.param(roof(3, 3, 3, 9, 9, 9), earlier(5, 5, 5, 9, 9, 9), None, id="dawn"),
        pytest.param([], {}, None, id="no inverter"),
    ],
)
def test_what_is_lost_is_estimated_only_from_neighbours_that_are_left_alone(
    units: list[Inverter], before: dict[str, float], lost: float | None
) -> None:
    assert curtailed_power(units, before) == (None if lost is None else pytest.approx(lost))
