"""Energy by intervals, times without the grid, and charging sessions."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.energy_site.api.errors import ApiPayloadError
from custom_components.energy_site.vendors.tesla.client import endpoints
from custom_components.energy_site.vendors.tesla.client.history_query import HistoryPeriod, history_query
from custom_components.energy_site.vendors.tesla.client.models.backup_history import (
    BackupEvent,
    BackupEventPayload,
    BackupHistory,
)
from custom_components.energy_site.vendors.tesla.client.models.charge_history import ChargeSession
from custom_components.energy_site.vendors.tesla.client.models.energy_history import (
    EnergyFlows,
    EnergyHistory,
    EnergyRow,
    is_balanced,
    sum_flows,
)

from .shapes import BACKUP, CHARGE, ENERGY

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)
YEAR = timedelta(days=366)


def history(*rows: dict[str, Any]) -> EnergyHistory:
    """Read a history with some rows."""
    return endpoints.ENERGY_HISTORY.parse("calendar_history_energy", {**ENERGY, "time_series": list(rows)})


def row(**fields: Any) -> EnergyRow:
    """Read a row with some fields."""
    (read,) = history({"timestamp": "2024-09-18T00:00:00+10:00", **fields}).rows
    return read


def flows(**given: float | None) -> EnergyFlows:
    """Return flows, zero but for some."""
    names = ("solar", "grid_import", "grid_export", "battery_charge", "battery_discharge", "load", "generator")
    return EnergyFlows(**{**dict.fromkeys(names, 0.0), **given})


# -- energy -------------------------------------------------------------------


def test_a_row_begins_at_its_stamp_and_holds_fractions() -> None:
    read = endpoints.ENERGY_HISTORY.parse("calendar_history_energy", ENERGY)
    assert (read.period, read.installation_time_zone) == ("day", "Australia/Brisbane")
    first, second = read.rows
    assert first.start == datetime(2024, 9, 18, 8, 45, tzinfo=timezone(timedelta(hours=10)))
    assert (first.solar_energy_exported, first.total_battery_charge) == (724.25, 684)
    assert first.has_offset
    # Without an offset it is a time of the site's clocks.
    assert second.start == datetime(2024, 9, 18, 8, 50)  # noqa: DTZ001 - sent without an offset.
    assert not second.has_offset


def test_what_a_row_leaves_out_is_zero_and_a_total_is_unknown() -> None:
    read = row()
    assert read.flows == flows()
    assert (read.total_home_usage, read.total_solar_generation) == (None, None)


@pytest.mark.parametrize("sent", [-1, "12", True, None, 1e300, [1], float("nan")])
def test_an_energy_that_cannot_be_read_is_unknown_and_not_zero(sent: Any) -> None:
    read = row(battery_energy_imported_from_grid=sent, battery_energy_imported_from_solar=5, solar_energy_exported=9)
    assert read.flows.battery_charge is None
    assert read.flows.solar == 9


def test_charging_from_the_grid_at_night_is_part_of_the_charge() -> None:
    read = row(grid_energy_imported=900, battery_energy_imported_from_grid=800, consumer_energy_imported_from_grid=100)
    assert read.flows == flows(grid_import=900, battery_charge=800, load=100)
    assert is_balanced(read.flows) is True


def test_every_flow_is_made_of_all_its_parts() -> None:
    parts = {name: 2.0**index for index, name in enumerate(ENERGY["time_series"][0]) if "energy" in name}
    parts = {name: value for name, value in parts.items() if not name.startswith("total_")}
    read = row(**parts).flows

    def of(*names: str) -> float:
        return sum(parts[name] for name in names)

    assert read == EnergyFlows(
        solar=of("solar_energy_exported"),
        grid_import=of("grid_energy_imported"),
        grid_export=of(*(f"grid_energy_exported_from_{each}" for each in ("solar", "battery", "generator"))),
        battery_charge=of(*(f"battery_energy_imported_from_{each}" for each in ("grid", "solar", "generator"))),
        battery_discharge=of("battery_energy_exported"),
        load=of(*(f"consumer_energy_imported_from_{each}" for each in ("grid", "solar", "battery", "generator"))),
        generator=of("generator_energy_exported"),
    )


def test_totals_never_replace_the_parts() -> None:
    assert row(total_battery_charge=5000, total_home_usage=5000, total_grid_energy_exported=1).flows == flows()


@pytest.mark.parametrize("stamp", ["", "yesterday", None, 5, "2024-13-01T00:00:00Z", "1970-01-01T00:00:00Z"])
def test_a_row_whose_time_cannot_be_read_is_dropped_alone(stamp: Any) -> None:
    good = {"timestamp": "2024-09-18T00:00:00+10:00"}
    assert len(history({"timestamp": stamp, "grid_energy_imported": 5}, good).rows) == 1


def test_both_hours_of_the_autumn_are_kept_apart_by_their_offsets() -> None:
    first, second = history({"timestamp": "2024-10-27T02:30:00+02:00"}, {"timestamp": "2024-10-27T02:30:00+01:00"}).rows
    assert second.start - first.start == timedelta(hours=1)


@pytest.mark.parametrize("payload", [{"time_series": None}, {"time_series": []}, {"period": "day"}])
def test_a_history_without_rows_has_none(payload: Any) -> None:
    assert endpoints.ENERGY_HISTORY.parse("calendar_history_energy", payload).rows == ()


@pytest.mark.parametrize("payload", [{}, [], {"time_series": {}}, {"time_series": "no"}, {"events": []}])
def test_what_is_no_history_is_refused(payload: Any) -> None:
    with pytest.raises(ApiPayloadError, match=r"^calendar_history_energy: "):
        endpoints.ENERGY_HISTORY.parse("calendar_history_energy", payload)


def test_a_day_is_the_sum_of_its_rows_and_unknown_where_one_is() -> None:
    day = sum_flows([flows(solar=1.5, load=1), flows(solar=2, load=None)])
    assert (day.solar, day.load, day.grid_import) == (3.5, None, 0)
    assert sum_flows([]) == flows()


@pytest.mark.parametrize(
    ("day", "balanced"),
    [
        (flows(solar=20_000, load=12_000, grid_export=5_000, battery_charge=3_000), True),
        # Losses and rounding.
        (flows(solar=20_000, load=19_100), True),
        (flows(load=40), True),
        (flows(solar=20_000, load=18_900), False),
        (flows(load=12_000, grid_import=8_000), False),
        (flows(load=None, solar=5), None),
    ],
)
def test_a_day_whose_energy_does_not_add_up_is_suspect(day: EnergyFlows, balanced: bool | None) -> None:
    assert is_balanced(day) is balanced


# -- queries ------------------------------------------------------------------


def test_an_end_at_midnight_is_the_second_before_with_the_offset_of_that_day() -> None:
    start, end = datetime(2024, 3, 31, tzinfo=BERLIN), datetime(2024, 4, 1, tzinfo=BERLIN)
    assert history_query(start, end, period=HistoryPeriod.DAY, time_zone="Europe/Berlin") == {
        "period": "day",
        "start_date": "2024-03-31T00:00:00+01:00",
        "end_date": "2024-03-31T23:59:59+02:00",
        "time_zone": "Europe/Berlin",
    }
    assert history_query(start, NOW)["end_date"] == "2024-06-01T12:00:00+00:00"


def test_a_range_without_offsets_or_without_length_is_refused() -> None:
    naive = datetime(2024, 1, 1)  # noqa: DTZ001 - it is what is refused.
    for start, end in ((naive, NOW), (NOW, naive.replace(year=2025)), (NOW, NOW)):
        with pytest.raises(ValueError, match="offsets"):
            history_query(start, end)


# -- outages ------------------------------------------------------------------


def outages(*events: tuple[str, float], requested: timedelta = YEAR) -> list[tuple[str, float]]:
    """Resolve events given by their stamps and durations."""
    sent = {"events": [{"timestamp": stamp, "duration": duration} for stamp, duration in events]}
    read = endpoints.BACKUP_HISTORY.parse("calendar_history_backup", sent)
    found = read.resolve(now=NOW, requested=requested, zone=BERLIN)
    return [(event.start.astimezone(UTC).isoformat(), event.duration) for event in found]


def test_outages_in_seconds_are_told_in_order() -> None:
    read = endpoints.BACKUP_HISTORY.parse("calendar_history_backup", BACKUP)
    assert read.total_events == 5
    short, long = read.resolve(now=NOW, requested=YEAR, zone=UTC)
    assert (short.duration, long.duration) == (12, 1800)
    assert short.start < long.start
    assert long.end - long.start == timedelta(minutes=30)


def test_outages_that_would_run_into_the_next_one_are_in_milliseconds() -> None:
    assert outages(
        ("2024-05-01T10:00:00Z", 1_800_000), ("2024-05-02T10:00:00Z", 60_000), ("2024-05-03T10:00:00Z", 900)
    ) == [
        ("2024-05-01T10:00:00+00:00", 1800),
        ("2024-05-02T10:00:00+00:00", 60),
        ("2024-05-03T10:00:00+00:00", 0.9),
    ]


def test_an_outage_that_would_last_into_the_future_is_in_milliseconds() -> None:
    assert outages(("2024-06-01T11:00:00Z", 1_800_000)) == [("2024-06-01T11:00:00+00:00", 1800)]


def test_outages_that_would_fill_more_than_the_range_are_in_milliseconds() -> None:
    events = (("2024-04-01T00:00:00Z", 60_000), ("2024-05-02T00:00:00Z", 60_000))
    assert [duration for _, duration in outages(*events, requested=timedelta(days=1))] == [60, 60]
    assert [duration for _, duration in outages(*events, requested=timedelta(days=60))] == [60_000, 60_000]


def test_one_short_outage_shows_that_long_ones_are_in_seconds() -> None:
    events = (("2024-04-01T00:00:00Z", 60_000), ("2024-05-02T00:00:00Z", 5))
    assert [duration for _, duration in outages(*events, requested=timedelta(hours=1))] == [60_000, 5]


def test_an_outage_that_is_impossible_in_either_unit_is_dropped() -> None:
    assert outages(("2024-05-01T10:00:00Z", 3e11), ("2024-05-02T10:00:00Z", 60_000), ("2024-05-30T10:00:00Z", 1e9)) == [
        ("2024-05-02T10:00:00+00:00", 60)
    ]


def test_an_outage_that_begins_tomorrow_decides_nothing_and_is_dropped() -> None:
    assert outages(("2024-05-01T10:00:00Z", 600), ("2025-05-02T10:00:00Z", 600)) == [("2024-05-01T10:00:00+00:00", 600)]


def test_an_outage_that_is_listed_twice_is_one() -> None:
    events = (("2024-05-01T10:00:00Z", 600), ("2024-05-01T12:00:00+02:00", 600))
    assert outages(*events) == [("2024-05-01T10:00:00+00:00", 600)]


def test_an_outage_of_this_moment_is_believed_although_clocks_differ() -> None:
    assert outages(("2024-06-01T11:00:00Z", 3630)) == [("2024-06-01T11:00:00+00:00", 3630)]


def test_an_outage_without_an_offset_is_told_by_the_sites_clocks() -> None:
    assert outages(("2024-05-01T10:00:00", 600)) == [("2024-05-01T08:00:00+00:00", 600)]


def test_an_outage_over_the_change_to_summer_time_ends_when_its_duration_says() -> None:
    sent = {"events": [{"timestamp": "2024-03-31T01:30:00", "duration": 7200}]}
    read = endpoints.BACKUP_HISTORY.parse("calendar_history_backup", sent)
    (event,) = read.resolve(now=NOW, requested=YEAR, zone=BERLIN)
    assert event.end == datetime(2024, 3, 31, 2, 30, tzinfo=UTC)


@pytest.mark.parametrize("duration", [-1, True, None, "600", float("nan"), 1e300])
def test_an_outage_whose_duration_cannot_be_read_is_dropped(duration: Any) -> None:
    assert outages(("2024-05-01T10:00:00Z", duration), ("2024-05-02T10:00:00Z", 5)) == [
        ("2024-05-02T10:00:00+00:00", 5)
    ]


@pytest.mark.parametrize("payload", [{"events": None, "total_events": 0}, {"total_events": 0}, {"events": []}])
def test_a_site_without_outages_has_none(payload: Any) -> None:
    assert endpoints.BACKUP_HISTORY.parse("calendar_history_backup", payload).events == ()


@pytest.mark.parametrize("payload", [{}, [], {"events": {}}, {"time_series": []}])
def test_what_lists_no_outages_is_refused(payload: Any) -> None:
    with pytest.raises(ApiPayloadError, match=r"^calendar_history_backup: "):
        endpoints.BACKUP_HISTORY.parse("calendar_history_backup", payload)


@given(
    st.lists(
        st.tuples(st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1)), st.floats(0, 1e15)),  # noqa: DTZ001 - bounds
        max_size=8,
    )
)
def test_whatever_is_sent_outages_end_before_now_and_before_the_next(events: list[tuple[datetime, float]]) -> None:
    sent = BackupHistory(
        events=tuple(BackupEventPayload(start=start, duration=duration) for start, duration in events),
        total_events=None,
    )
    found = sent.resolve(now=NOW, requested=YEAR, zone=BERLIN)
    minute = timedelta(minutes=1)
    assert all(isinstance(event, BackupEvent) and event.end <= NOW + minute for event in found)
    assert all(earlier.end - later.start <= minute for earlier, later in pairwise(found))


# -- charging -----------------------------------------------------------------


@pytest.mark.parametrize("key", ["charge_history", "time_series"])
def test_sessions_are_read_in_both_shapes_and_put_in_order(key: str) -> None:
    sessions = endpoints.CHARGE_HISTORY.parse("telemetry_history_charge", {key: CHARGE["charge_history"]})
    assert sessions == (
        ChargeSession(start=datetime.fromtimestamp(1704000000, UTC), duration=0, energy=0),
        ChargeSession(start=datetime.fromtimestamp(1704100000, UTC), duration=5400, energy=11250),
    )


def test_sessions_of_two_chargers_at_once_are_two_and_the_same_one_twice_is_one() -> None:
    session = CHARGE["charge_history"][0]
    other = {**session, "energy_added_wh": 4000}
    sent = {"charge_history": [session, other], "time_series": [session]}
    assert len(endpoints.CHARGE_HISTORY.parse("telemetry_history_charge", sent)) == 2


def test_a_session_without_a_beginning_is_dropped_and_one_without_energy_kept() -> None:
    sent = [
        {"charge_start_time": {}, "energy_added_wh": 5},
        {"charge_start_time": {"seconds": -5}},
        {"charge_start_time": {"seconds": {"seconds": 1704000000}}},
        {"charge_start_time": {"seconds": 1704000000}, "charge_duration": {"seconds": -1}, "energy_added_wh": -1},
    ]
    (session,) = endpoints.CHARGE_HISTORY.parse("telemetry_history_charge", {"charge_history": sent})
    assert (session.duration, session.energy) == (None, None)


@pytest.mark.parametrize("payload", [{"charge_history": None}, {"period": "day", "time_series": None}])
def test_a_site_that_never_charged_has_no_sessions(payload: Any) -> None:
    assert endpoints.CHARGE_HISTORY.parse("telemetry_history_charge", payload) == ()


@pytest.mark.parametrize("payload", [{}, [], {"charge_history": {}}, {"events": []}])
def test_what_lists_no_sessions_is_refused(payload: Any) -> None:
    with pytest.raises(ApiPayloadError, match=r"^telemetry_history_charge: "):
        endpoints.CHARGE_HISTORY.parse("telemetry_history_charge", payload)
