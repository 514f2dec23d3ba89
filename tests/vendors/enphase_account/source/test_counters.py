"""Energy of a system that only its cloud knows: nothing is missing and nothing is counted twice."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from custom_components.energy_site.site.model import Count, CounterKind, EnergyCounters
from custom_components.energy_site.sources.feed import Presence
from simulator.cloud.archive import Kind
from simulator.enphase_account import FORBIDDEN, UNAVAILABLE, Family, paths
from simulator.iq_gateway.faults import Mutate

from .conftest import MakeHome
from .home import SourceHome

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NAMES: dict[CounterKind, Kind] = {
    CounterKind.SOLAR: "solar",
    CounterKind.LOAD: "load",
    CounterKind.GRID_IMPORT: "grid_import",
    CounterKind.GRID_EXPORT: "grid_export",
    CounterKind.BATTERY_CHARGE: "battery_charge",
    CounterKind.BATTERY_DISCHARGE: "battery_discharge",
}


def midnight(home: SourceHome) -> float:
    """Return the site's last midnight, epoch s."""
    return home.now.astimezone(AMSTERDAM).replace(hour=0, minute=0, second=0, microsecond=0).timestamp()


def truth(home: SourceHome, kind: CounterKind, until: float) -> float:
    """Return what the house moved in all of its life until an epoch s."""
    return home.home.archive.energy(NAMES[kind], home.home.archive.start, until)


def count(home: SourceHome, kind: CounterKind) -> Count:
    """Return a counter."""
    return home.part(EnergyCounters).counts[kind]


def check_totals(home: SourceHome) -> None:
    """Check that each total is the house's up to the last interval that is believed, but for rounding."""
    for kind in NAMES:
        shown = count(home, kind).total
        reported = home.source.reported_at()
        assert reported is not None
        assert truth(home, kind, reported.timestamp() // 900 * 900 - 900) == pytest.approx(shown, abs=2), kind


async def test_the_total_is_that_of_the_houses_life_up_to_the_last_interval_that_is_believed(home: SourceHome) -> None:
    check_totals(home)


async def test_todays_energy_begins_at_the_sites_midnight(home: SourceHome) -> None:
    reported = home.source.reported_at()
    assert reported is not None
    until = reported.timestamp() // 900 * 900 - 900
    shown = count(home, CounterKind.LOAD).today
    assert shown == home.home.archive.energy("load", midnight(home), until)


async def test_nothing_is_missing_after_a_day_and_a_night(home: SourceHome) -> None:
    await home.run(38)
    check_totals(home)


async def test_nothing_is_missing_after_a_day_without_service(home: SourceHome) -> None:
    home.home.uploads.offset = 0.0
    home.server.faults.add(UNAVAILABLE, until=home.clock.now() + 24 * 3600)
    await home.run(26)
    check_totals(home)


async def test_nothing_is_missing_after_a_day_in_which_home_assistant_was_off(home: SourceHome) -> None:
    await home.restart(after=30 * 3600)
    await home.settle()
    check_totals(home)


async def test_nothing_is_missing_after_a_night_in_which_the_gateway_was_silent(home: SourceHome) -> None:
    await home.run(8)
    home.home.go_silent()
    await home.run(10)
    home.home.speak_again()
    await home.run(32)
    check_totals(home)


async def test_a_total_never_falls(home: SourceHome) -> None:
    highest = dict.fromkeys(NAMES, 0.0)

    def check() -> None:
        for kind in NAMES:
            total = count(home, kind).total
            assert total >= highest[kind], kind
            highest[kind] = total

    await home.run(30, check)


async def test_a_restart_continues_where_it_was(home: SourceHome) -> None:
    before = {kind: count(home, kind).total for kind in NAMES}
    await home.restart()
    assert {kind: count(home, kind).total for kind in NAMES} == before
    await home.settle()
    check_totals(home)


@pytest.mark.parametrize(
    "start", [datetime(2026, 3, 29, 20, tzinfo=AMSTERDAM), datetime(2026, 10, 25, 20, tzinfo=AMSTERDAM)]
)
async def test_a_day_of_92_or_100_quarters_counts_as_one(make_home: MakeHome, start: datetime) -> None:
    home = await make_home(start=start, days=3)
    await home.settle()
    shown, reported = count(home, CounterKind.LOAD).today, home.source.reported_at()
    assert reported is not None
    assert shown == home.home.archive.energy("load", midnight(home), reported.timestamp() // 900 * 900 - 900)


async def test_a_day_of_95_quarters_counts_what_it_has(home: SourceHome) -> None:
    before = count(home, CounterKind.LOAD)

    def shorter(payload: dict[str, object]) -> dict[str, object]:
        stats = payload["stats"]
        assert isinstance(stats, list)
        cut = {key: value[:95] if isinstance(value, list) else value for key, value in stats[0].items()}
        return {**payload, "stats": [cut]}

    home.server.faults.add(Mutate(shorter), home.home.path(paths.TODAY))
    await home.poll("today")
    assert count(home, CounterKind.LOAD).total >= before.total


async def test_flows_that_come_only_in_parts_are_summed(make_home: MakeHome) -> None:
    home = await make_home()
    home.home.set_behaviour(arrays_left_out={"charge", "discharge"})
    await home.settle()
    check_totals(home)


async def test_the_import_of_the_totals_is_nonsense_and_not_read(home: SourceHome) -> None:
    assert count(home, CounterKind.GRID_IMPORT).total < 1_000_000


async def test_an_interval_that_no_home_can_have_is_not_counted(home: SourceHome) -> None:
    before = count(home, CounterKind.SOLAR).total

    def absurd(payload: dict[str, object]) -> dict[str, object]:
        stats = payload["stats"]
        assert isinstance(stats, list)
        production = [1e9, *stats[0]["production"][1:]]
        return {**payload, "stats": [{**stats[0], "production": production}]}

    home.server.faults.add(Mutate(absurd), home.home.path(paths.TODAY))
    await home.poll("today")
    assert count(home, CounterKind.SOLAR).total - before < 10_000


async def test_days_that_are_null_are_not_zero(home: SourceHome) -> None:
    before = {kind: count(home, kind).total for kind in NAMES}
    home.server.faults.add(
        Mutate(
            lambda payload: {
                key: [None, *value[1:]] if isinstance(value, list) and value else value
                for key, value in payload.items()
            }
        ),
        home.home.path(paths.LIFETIME),
    )
    await home.run(36)
    assert all(count(home, kind).total >= before[kind] for kind in NAMES)


async def test_a_system_without_the_energy_of_its_life_counts_from_today(make_home: MakeHome) -> None:
    home = await make_home()
    home.server.faults.add(FORBIDDEN, home.home.path(paths.LIFETIME))
    await home.settle()
    await home.poll("today")
    shown = count(home, CounterKind.LOAD)
    assert shown.total == shown.today


async def test_one_feed_that_fails_costs_its_own_sensors(make_home: MakeHome) -> None:
    home = await make_home()
    home.server.faults.add(UNAVAILABLE, home.home.path(paths.TODAY))
    await home.settle()
    assert {key for key, _ in home.errors} == {"today"}
    assert home.source.part(EnergyCounters) is not None
    assert home.source.outage is None


async def test_a_service_that_is_not_for_this_account_is_asked_again_once_a_day(make_home: MakeHome) -> None:
    home = await make_home()
    home.home.set_behaviour(read_statuses={paths.EVENTS: 401, paths.BACKUP_HISTORY: 403})
    await home.settle()
    assert home.errors == []
    since, sign_ins = home.clock.now(), home.account.sign_ins
    await home.run(50)
    assert 1 <= home.sent(paths.EVENTS, since=since) <= 3
    assert home.account.sign_ins == sign_ins


@pytest.mark.parametrize("status", [401, 403])
async def test_a_service_that_refuses_after_it_answered_is_absent_at_once_and_asked_again_once_a_day(
    make_home: MakeHome, status: int
) -> None:
    home = await make_home()
    await home.settle()
    home.home.set_behaviour(read_statuses={paths.EVENTS: status})
    home.clock.advance(1)
    since = home.clock.now()
    await home.run(50)
    asked, probes = home.sent(paths.EVENTS, since=since), home.sent(paths.SITES, since=since)
    assert (asked, probes, home.errors) == (3, 3, [])
    home.home.set_behaviour(read_statuses={})
    await home.run(25)
    assert home.source.states["events"].presence is Presence.PRESENT


async def test_all_of_battery_config_may_be_missing_and_the_energy_is_shown(make_home: MakeHome) -> None:
    home = await make_home()
    for path in home.server.paths_of(home.home, Family.BATTERY_CONFIG):
        home.server.faults.add(FORBIDDEN, path)
    await home.settle()
    assert home.source.part(EnergyCounters) is not None
    assert all(home.source.control(name, home.now) is None for name in home.source.control_names())
