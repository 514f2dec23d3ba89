"""A house obeys physics."""

from dataclasses import replace
from itertools import pairwise

from hypothesis import given, settings, strategies as st
import pytest

from simulator.house import (
    ArrayConfig,
    BatteryConfig,
    EnergyTotals,
    GeneratorConfig,
    House,
    HouseConfig,
    Outage,
    PhaseCount,
    StorageMode,
    history,
    record,
)
from simulator.presets import PLACES

from .conftest import HOME, HOUR, MIDNIGHT, NOON

DAY = 24 * HOUR

batteries = st.none() | st.builds(
    BatteryConfig,
    units=st.integers(1, 4),
    level=st.floats(0, 100),
    reserve=st.floats(0, 100),
    mode=st.sampled_from(StorageMode),
    charge_from_grid=st.booleans(),
    backup_power=st.booleans(),
)
houses = st.builds(
    HouseConfig,
    seed=st.integers(0, 10_000),
    phases=st.sampled_from(PhaseCount),
    arrays=st.builds(ArrayConfig, inverters=st.integers(1, 12), azimuth=st.floats(0, 360)).map(lambda array: (array,)),
    battery=batteries,
    generator=st.none() | st.builds(GeneratorConfig),
    export_limit=st.none() | st.floats(0, 5000),
    cloudiness=st.floats(0, 1),
    outages=st.just(()) | st.floats(0, 12 * HOUR).map(lambda at: (Outage(start=NOON + at, end=NOON + at + 2 * HOUR),)),
)


@settings(max_examples=25, deadline=None)
@given(config=houses)
def test_energy_is_conserved_and_the_battery_stays_within_its_bounds(config: HouseConfig) -> None:
    """Whatever the house, each step adds up to the last micro-watt-hour."""
    house = House(config, start=NOON)
    levels: list[float] = []

    def check(_begin: float, _end: float) -> None:
        assert house.imbalance == 0
        if house.battery_level is not None:
            levels.append(house.battery_level)

    house.watch(check)
    house.advance(NOON + 14 * HOUR, step=300)
    truth = house.truth
    into = truth.solar + truth.grid_import + truth.battery_discharge + truth.generator
    assert into == pytest.approx(truth.load + truth.grid_export + truth.battery_charge, abs=1e-6)
    assert all(0 <= level <= 100 for level in levels)
    assert truth.solar == pytest.approx(sum(each.energy_wh for each in house.inverters))


def test_power_adds_up_on_each_phase(house: House) -> None:
    """Import, solar and discharge are what the loads take."""
    for flow in (*house.flow_by_phase, house.flow):
        assert flow.load == pytest.approx(flow.solar + flow.grid + flow.battery + flow.generator)


def test_night_is_dark_and_noon_is_not(house: House) -> None:
    """The sun rises and sets."""
    assert house.flow.solar > 500
    house.advance(MIDNIGHT + DAY)
    assert house.flow.solar == 0
    assert all(each.power == 0 for each in house.inverters)


def test_a_house_of_one_seed_lives_the_same_life_however_often_it_is_asked() -> None:
    """Many short advances and few long ones end alike."""
    often, seldom = House(HOME, start=NOON), House(HOME, start=NOON)
    for second in range(0, 3600, 37):
        often.advance(NOON + second, step=10)
    often.advance(NOON + 3600, step=10)
    seldom.advance(NOON + 3600, step=10)
    assert often.truth.solar == pytest.approx(seldom.truth.solar, abs=0.001)
    assert often.truth.load == pytest.approx(seldom.truth.load, abs=0.001)
    other = House(replace(HOME, seed=2), start=NOON)
    other.advance(NOON + 3600, step=10)
    assert other.truth.load != pytest.approx(seldom.truth.load, abs=1)


def test_export_never_exceeds_its_limit() -> None:
    """Inverters are held back instead."""
    config = replace(HOME, battery=None, export_limit=500.0, cloudiness=0)
    house = House(config, start=NOON)
    house.advance(NOON + HOUR)
    assert -house.flow.grid == pytest.approx(500, abs=0.1)
    assert house.flow.solar < house.available_solar()


def test_a_planned_outage_begins_and_ends_on_time() -> None:
    """Also in the middle of a long step."""
    outage = Outage(start=NOON + 90, end=NOON + 1234)
    house = House(replace(HOME, outages=(outage,)), start=NOON)
    seen: list[tuple[float, bool]] = []
    house.watch(lambda _begin, end: seen.append((end, all(phase.grid == 0 for phase in house.flow_by_phase))))
    house.advance(NOON + HOUR, step=300)
    assert [end for end, _ in seen[:6]] == [NOON + at for at in (90, 300, 600, 900, 1200, 1234)]
    off = [end for end, isolated in seen if isolated]
    assert off == [NOON + at for at in (300, 600, 900, 1200, 1234)]


def test_shade_death_and_removal_cost_an_inverter_its_power(house: House) -> None:
    """The others go on."""
    first, second, third, *others = house.inverters
    first.shade, second.dead = 0.3, True
    house.remove_inverter(third.serial)
    house.advance(NOON + 10)
    assert 0 < first.power < others[0].power / 2
    assert second.power == third.power == 0
    added = house.add_inverter()
    house.advance(NOON + 20)
    assert added.power == pytest.approx(others[0].power, rel=0.06)


def test_history_has_a_row_for_each_step_and_grows_only() -> None:
    """Days of the past come in one go."""
    rows = history(HOME, MIDNIGHT - 2 * DAY, MIDNIGHT)
    assert len(rows) == 48
    for before, after in pairwise(rows):
        assert after.start == before.end
        assert after.truth.solar >= before.truth.solar
        assert after.truth.load > before.truth.load
    noon = next(row for row in rows if row.start == NOON - DAY)
    assert noon.mean.load == pytest.approx(noon.mean.solar + noon.mean.grid + noon.mean.battery)


def test_seasons_are_where_they_belong() -> None:
    """January is warm and bright in the south, and cold and dim in the north."""
    january = MIDNIGHT - 156 * DAY
    north = House(HOME, start=january)
    south = House(replace(HOME, place=PLACES["Brisbane"], cloudiness=0), start=january)
    for house in (north, south):
        record(house, january + 6 * DAY, step=DAY)
    assert south.truth.solar > 3 * north.truth.solar
    assert south.roof.air_temperature > north.roof.air_temperature + 10
    assert south.weather.cloud_cover(january) == 0


def test_totals_of_the_past_fit_together() -> None:
    """And are shared out among the inverters."""
    totals = EnergyTotals.plausible(solar=5e6, load=4e6, battery=1e6)
    house = House(replace(HOME, starting_totals=totals), start=NOON)
    assert house.imbalance == 0
    assert house.truth.solar == pytest.approx(5e6)
    assert sum(each.energy_wh for each in house.inverters) == pytest.approx(5e6)
    assert house.inverter(house.inverters[2].serial) is house.inverters[2]


def test_the_diary_knows_where_days_began(house: House) -> None:
    """Today's energy is the difference to local midnight."""
    record(house, MIDNIGHT + DAY + HOUR)
    assert house.diary.today.epoch == MIDNIGHT + DAY
    assert house.diary.back(1).epoch == MIDNIGHT
    yesterday = sum(phase.solar for phase in house.diary.today.phases)
    assert yesterday == pytest.approx(house.truth.solar)
