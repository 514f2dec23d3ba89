"""Energy, outages and charges of Tesla's cloud: they are the house's own, in every form reports know."""

from collections.abc import AsyncIterator
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest

from simulator.clock import ManualClock
from simulator.cloud.archive import Archive
from simulator.house import House, Outage
from simulator.tesla_cloud import (
    ChargeShape,
    EnergySite,
    MidnightEnd,
    OutageUnit,
    SiteDetails,
    TeslaServer,
    WallConnector,
    Write,
    lived,
    powerwall,
)

from .conftest import NOON
from .fleet import DAY, HOME, Fleet, serving

HOUR = 3600
MIDNIGHT = NOON - 13 * HOUR
"""When 20 June 2026 begins in London."""
TODAY, YESTERDAY = "2026-06-20", "2026-06-19"
CHARGE = ("battery_energy_imported_from_grid", "battery_energy_imported_from_solar")
LOAD = (
    "consumer_energy_imported_from_grid",
    "consumer_energy_imported_from_solar",
    "consumer_energy_imported_from_battery",
)
EXPORT = ("grid_energy_exported_from_solar", "grid_energy_exported_from_battery")


@pytest.fixture
async def fleet(session: aiohttp.ClientSession, clock: ManualClock) -> AsyncIterator[Fleet]:
    """Serve a home that charges at night and has lived 40 days."""
    config = replace(HOME, battery=powerwall(2, charge_from_grid=True, grid_charge_hours=(1.0, 5.0)))
    outages = (Outage(start=MIDNIGHT - 2 * DAY, end=MIDNIGHT - 2 * DAY + 1_800),)
    details = SiteDetails(mode="autonomous", grid_charging=True)
    async with serving(session, clock, replace(config, outages=outages), days=40, details=details) as fleet:
        yield fleet


def day(text: str) -> dict[str, str]:
    """Return the parameters of a whole day in London's summer."""
    return {"start_date": f"{text}T00:00:00+01:00", "end_date": f"{text}T23:59:59+01:00"}


def at(row: dict[str, Any]) -> float:
    """Return when a row begins, epoch s."""
    return datetime.fromisoformat(row["timestamp"]).timestamp()


def total(rows: list[dict[str, Any]], *names: str) -> float:
    """Return the sum of fields that may be omitted, Wh."""
    return float(sum(row.get(name, 0) for row in rows for name in names))


async def test_five_minutes_add_up_to_the_house_hour_by_hour(fleet: Fleet) -> None:
    """Rounding is carried on; zeros are omitted, totals fit their parts, nothing is negative."""
    rows = await fleet.rows(**day(YESTERDAY))
    assert [at(row) for row in rows] == [MIDNIGHT - DAY + 300 * number for number in range(288)]
    assert rows[0]["timestamp"] == f"{YESTERDAY}T00:00:00+01:00"
    archive = fleet.site.archive
    parts = {
        "solar": ("solar_energy_exported",),
        "grid_import": ("grid_energy_imported",),
        "grid_export": EXPORT,
        "battery_charge": CHARGE,
        "battery_discharge": ("battery_energy_exported",),
        "load": LOAD,
    }
    for hour in range(24):
        begin, of_hour = MIDNIGHT - DAY + hour * HOUR, rows[hour * 12 : hour * 12 + 12]
        for kind, names in parts.items():
            assert total(of_hour, *names) == archive.energy(kind, begin, begin + HOUR)  # type: ignore[arg-type]  # The keys are kinds.
    assert all(value > 0 for row in rows for name, value in row.items() if name != "timestamp")
    assert "solar_energy_exported" not in rows[0]
    assert total(rows[12:60], "battery_energy_imported_from_grid") > 0
    assert total(rows, "total_home_usage") == total(rows, *LOAD)
    assert total(rows, "total_battery_charge") == total(rows, *CHARGE)
    fleet.site.set_behaviour(zeros_omitted=False, totals_sent=False)
    row = (await fleet.rows(**day(YESTERDAY)))[0]
    assert (len(row), row["solar_energy_exported"]) == (17, 0)


async def test_parts_of_watt_hours_on_request(fleet: Fleet) -> None:
    """They are the house's, unrounded."""
    fleet.site.set_behaviour(fractional=True)
    rows = await fleet.rows(**day(YESTERDAY))
    archive = fleet.site.archive
    moved = archive.power("load", MIDNIGHT - DAY, MIDNIGHT) * 24
    assert total(rows, *LOAD) == pytest.approx(moved)
    assert any(row["total_home_usage"] % 1 for row in rows)


async def test_days_weeks_months_years_and_life(fleet: Fleet) -> None:
    """Days are the sum of their rows; years and life lack a share; today until now."""
    fine = await fleet.rows(**day(YESTERDAY))
    today = await fleet.rows()
    week, month = await fleet.rows("week"), await fleet.rows("month")
    assert (len(today), len(week), len(month)) == (13 * 12, 7, 20)
    assert week[-2]["solar_energy_exported"] == total(fine, "solar_energy_exported")
    assert month[-1]["solar_energy_exported"] == total(today, "solar_energy_exported")
    assert month[0]["timestamp"] == "2026-06-01T00:00:00+01:00"
    earlier = await fleet.rows("month", end_date="2026-05-31T23:59:59+01:00")
    assert [row["timestamp"][8:10] for row in earlier] == [f"{number:02d}" for number in range(11, 32)]
    year, life = await fleet.rows("year"), await fleet.rows("lifetime")
    assert [row["timestamp"][:10] for row in year + life] == ["2026-05-01", "2026-06-01", "2026-01-01"]
    assert year[-1]["total_home_usage"] == pytest.approx(0.96 * total(month, "total_home_usage"), abs=3)
    fleet.site.set_behaviour(yearly_loss=0, day_in_one_row=True, day_stamp_hour=1)
    assert (await fleet.rows("year"))[-1]["solar_energy_exported"] == total(month, "solar_energy_exported")
    (whole,) = await fleet.rows(**day(YESTERDAY))
    assert (whole["timestamp"][11:13], whole["total_home_usage"]) == ("01", week[-2]["total_home_usage"])


async def test_the_end_of_a_day_is_a_second_before_midnight(fleet: Fleet) -> None:
    """At 00:00:00 there is nothing, or zeros, by default; more than asked may come."""
    ends = {"start_date": f"{YESTERDAY}T00:00:00+01:00", "end_date": f"{TODAY}T00:00:00+01:00"}
    assert await fleet.rows(**ends) == []
    fleet.site.set_behaviour(midnight_end=MidnightEnd.ZEROS)
    assert total(await fleet.rows(**ends), *LOAD) == 0
    fleet.site.set_behaviour(midnight_end=MidnightEnd.ROWS, answers_more=True)
    assert at((await fleet.rows(**day(YESTERDAY)))[0]) == MIDNIGHT - DAY - HOUR
    fleet.site.set_behaviour(series_null=True)
    assert await fleet.rows(**day(YESTERDAY)) is None


@pytest.mark.parametrize(
    "query",
    [
        {"kind": "power", "period": "day"},
        {"kind": "energy", "period": "decade"},
        {"kind": "energy", "period": "day", "end_date": "yesterday"},
        {"kind": "energy", "period": "day", "time_zone": "Mars/North"},
    ],
)
async def test_wrong_parameters_are_refused(fleet: Fleet, query: dict[str, str]) -> None:
    """With 400."""
    assert (await fleet.ask(fleet.site.path("calendar_history"), params=query))[0] == 400


async def test_days_without_internet_are_uploaded_late(fleet: Fleet, clock: ManualClock) -> None:
    """Rows are missing, then fill in; of a long gap only in part, while the day's row has it all."""
    site = fleet.site
    whole = await fleet.rows(**day(YESTERDAY))
    site.disconnect_internet(MIDNIGHT - DAY + 6 * HOUR)
    assert len(await fleet.rows(**day(YESTERDAY))) == 72
    month = await fleet.rows("month")
    assert month[-1]["timestamp"][:10] == YESTERDAY
    assert month[-1]["total_home_usage"] == total(whole[:72], "total_home_usage")
    site.reconnect_internet(NOON, upload_after=2 * HOUR, keep_seconds=6 * HOUR)
    assert len(await fleet.rows(**day(YESTERDAY))) == 72
    clock.advance(2 * HOUR)
    assert len(await fleet.rows(**day(YESTERDAY))) == 144
    assert (await fleet.rows("month"))[-2]["total_home_usage"] == total(whole, "total_home_usage")
    site.uploads.gaps.clear()
    assert await fleet.rows(**day(YESTERDAY)) == whole
    site.uploads.lose(MIDNIGHT - 2 * DAY, MIDNIGHT)
    assert [row["timestamp"][8:10] for row in await fleet.rows("week")][-2:] == ["17", "20"]
    site.set_behaviour(history_delay=900)
    rows = await fleet.rows()
    assert at(rows[-1]) == clock.now() - 1_200


async def test_clocks_that_change_show_in_the_stamps(session: aiohttp.ClientSession) -> None:
    """Autumn's hour comes twice with two offsets, without any, or doubled; a fixed offset knows no summer."""
    now = datetime(2026, 10, 26, 12, tzinfo=UTC).timestamp()
    site = lived(HOME, now=now, days=3)
    autumn = {"end_date": "2026-10-25T23:59:59+00:00"}
    async with TeslaServer([site], clock=ManualClock(now)) as cloud:
        fleet = Fleet(session, cloud, site)
        rows = await fleet.rows(**autumn)
        assert len(rows) == 300
        assert [row["timestamp"][11:] for row in rows[12::12]][:3] == [
            "01:00:00+01:00",
            "01:00:00+00:00",
            "02:00:00+00:00",
        ]
        site.set_behaviour(repeated_hour_doubled=True, naive_stamps=True)
        rows = await fleet.rows(**autumn)
        assert (len(rows), rows[24]) == (312, rows[25])
        assert rows[12]["timestamp"] == "2026-10-25T01:00:00"
        site.set_behaviour(repeated_hour_doubled=False, naive_stamps=False, fixed_offset_hours=1)
        rows = await fleet.rows(end_date="2026-10-25T23:59:59")
        assert (len(rows), rows[0]["timestamp"]) == (288, "2026-10-25T00:00:00+01:00")
        site.set_behaviour(fixed_offset_hours=None)
        rows = await fleet.rows(time_zone="Asia/Tokyo", end_date="2026-10-25T23:59:59")
        assert rows[0]["timestamp"] == "2026-10-25T00:00:00+09:00"


async def test_every_outage_of_the_house_is_listed(fleet: Fleet, clock: ManualClock) -> None:
    """In seconds or milliseconds, the running one on request; the owner's own off grid is none."""

    async def events(period: str = "lifetime") -> list[dict[str, Any]]:
        answer = await fleet.get("calendar_history", kind="backup", period=period)
        events_sent: list[dict[str, Any]] = answer["events"]
        assert answer["total_events"] == len(events_sent)
        return events_sent

    first = {"timestamp": "2026-06-18T00:00:00+01:00", "duration": 1_800}
    assert await events() == [first]
    fleet.site.disconnect_grid()
    clock.advance(HOUR)
    await events()
    fleet.site.reconnect_grid()
    fleet.site.start_outage()
    clock.advance(600)
    assert await events() == [first]
    fleet.site.set_behaviour(running_outage_sent=True)
    assert (await events("day"))[0]["duration"] == 600
    fleet.site.end_outage()
    clock.advance(HOUR)
    fleet.site.set_behaviour(outage_unit=OutageUnit.MILLISECONDS)
    assert [each["duration"] for each in await events()] == [1_800_000, 600_000]


async def test_a_house_that_lived_before_is_known_with_its_past(clock: ManualClock) -> None:
    """From its archive, outages and charges included; copies go ways of their own."""
    house = House(replace(HOME, outages=(Outage(start=NOON - 2 * HOUR, end=NOON - HOUR),)), start=NOON - DAY)
    charger, archive = WallConnector(), Archive(house)
    charger.charge(NOON, NOON + HOUR)
    charger.install(house)
    house.advance(NOON, step=900)
    lived_until: list[float] = []
    site = EnergySite(house, chargers=[charger], archive=archive, live=lived_until.append)
    assert [(each.start, each.end) for each in site.outages.all] == [(NOON - 2 * HOUR, NOON - HOUR)]
    assert site.splits().between(NOON - DAY, NOON)[0] == archive.energy("solar", NOON - DAY, NOON)
    site.settings.change_in_app(Write.BACKUP, {"backup_reserve_percent": 50}, at=NOON + 60)
    other = deepcopy(site)
    other.advance(NOON + HOUR)
    assert (site.house.time, site.settings.now.reserve, charger.sessions[0].energy) == (NOON, 20, 0)
    assert other.settings.now.reserve == 50
    assert other.chargers[0].sessions[0].energy == pytest.approx(7_400)
    lived_until.clear()
    site.advance(NOON + HOUR)
    assert lived_until == [NOON + 60, NOON + HOUR]
    assert site.house.truth == other.house.truth


async def test_charges_have_two_shapes(session: aiohttp.ClientSession, clock: ManualClock) -> None:
    """Of all chargers together, once they are over; their energy is in the house's load."""
    chargers = [WallConnector(), WallConnector(din="1457768-02-G--PGT22012000002")]

    def plan(site: EnergySite) -> None:
        chargers[0].charge_daily([MIDNIGHT - DAY, MIDNIGHT], hours=(1, 2), watts=7_000)
        chargers[1].charge(MIDNIGHT + 11 * HOUR, MIDNIGHT + 15 * HOUR, watts=3_000)

    async with serving(session, clock, days=3, chargers=chargers, plan=plan) as fleet:
        quiet = House(HOME, start=NOON - 3 * DAY)
        quiet.advance(NOON, step=900)
        assert fleet.site.house.truth.load - quiet.truth.load == pytest.approx(20_000, abs=1)
        span = {"kind": "charge", "start_date": f"{YESTERDAY}T00:00:00+01:00", "end_date": f"{TODAY}T23:59:59+01:00"}
        answer = await fleet.get("telemetry_history", **span)
        seconds = [row["charge_start_time"]["seconds"] for row in answer["charge_history"]]
        assert seconds == [MIDNIGHT - DAY + HOUR, MIDNIGHT + HOUR]
        clock.advance(3 * HOUR)
        fleet.site.set_behaviour(charge_shape=ChargeShape.TIME_SERIES)
        last = (await fleet.get("telemetry_history", **span))["time_series"][-1]
        assert (last["charge_duration"], last["energy_added_wh"]) == ({"seconds": 4 * HOUR}, 12_000)
        assert (await fleet.ask(fleet.site.path("telemetry_history?kind=charge")))[0] == 400
        assert (await fleet.ask(fleet.site.path("telemetry_history?kind=energy")))[0] == 400


async def test_a_site_of_chargers_alone_has_no_energy(session: aiohttp.ClientSession, clock: ManualClock) -> None:
    """Its history is empty."""
    async with serving(session, clock, replace(HOME, battery=None, arrays=()), measured=False) as fleet:
        assert await fleet.rows() == []
