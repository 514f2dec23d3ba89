"""What the answers of the account's services mean: units, times and words."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from custom_components.energy_site.api.errors import ApiPayloadError
from custom_components.energy_site.vendors.enphase_account.client import endpoints
from custom_components.energy_site.vendors.enphase_account.client.endpoint import AccountEndpoint

NOON = datetime(2026, 6, 28, 9, 30, tzinfo=UTC)


def read[T](endpoint: AccountEndpoint[T], payload: object) -> T:
    """Read a payload as an endpoint does."""
    return endpoint.parse(endpoint.name, payload)


def config(**data: Any) -> dict[str, Any]:
    """Return settings in their envelope."""
    return {"type": "battery-details", "timestamp": "2026-06-28T09:30:00.000000001Z", "data": data}


@pytest.mark.parametrize("key", ["id", "site_id", "siteId", "system_id"])
@pytest.mark.parametrize("listed", ["sites", "data", "items", "systems", None])
def test_a_system_that_is_listed_twice_is_one_whatever_its_id_is_called(key: str, listed: str | None) -> None:
    rows = [{key: 1234567, "title": "Home"}, {key: "1234567", "title": "Home"}, {key: 2345678, "title": None}]
    sites = read(endpoints.SITES, rows if listed is None else {listed: rows})
    assert [(each.site_id, each.title) for each in sites] == [("1234567", "Home"), ("2345678", None)]


def test_an_account_may_list_nothing() -> None:
    assert read(endpoints.SITES, {"sites": []}) == ()


def test_a_time_may_be_in_seconds_milliseconds_or_iso() -> None:
    for sent in (1782639000, 1782639000000, "1782639000", "2026-06-28T11:30:00+02:00"):
        latest = read(endpoints.LATEST_POWER, {"latest_power": {"value": 752, "units": "W", "time": sent}})
        assert (latest.power, latest.measured_at) == (752, NOON)


def test_a_power_that_is_missing_is_none_and_one_in_kw_is_in_w() -> None:
    missing = read(endpoints.LATEST_POWER, {"latest_power": {"value": None, "units": "W", "time": None}})
    assert (missing.power, missing.measured_at) == (None, None)
    assert read(endpoints.LATEST_POWER, {"latest_power": {"value": 3.2, "units": "kW"}}).power == 3200
    assert read(endpoints.LATEST_POWER, {"latest_power": {"value": 3.2, "units": "furlongs"}}).power is None


@pytest.mark.parametrize(
    ("sent", "level"), [("48%", 48), ("48 %", 48), (48, 48), ("N/A", None), (None, None), ({}, None), ("", None)]
)
def test_a_level_may_be_a_text_with_its_unit(sent: object, level: float | None) -> None:
    status = read(endpoints.BATTERY_STATUS, {"current_charge": sent, "storages": []})
    assert status.level == level


def test_energies_of_batteries_are_in_wh_and_a_battery_without_a_serial_number_is_none() -> None:
    status = read(
        endpoints.BATTERY_STATUS,
        {
            "available_energy": 6.25,
            "max_capacity": 9.92,
            "storages": [
                {"serial_number": "492200000001", "battery_soh": "99%", "cycle_count": 215, "led_status": 12},
                {"current_charge": "40%"},
                "battery",
            ],
        },
    )
    assert (status.available_energy, status.max_capacity) == (6250, 9920)
    (storage,) = status.storages
    assert (storage.health, storage.cycle_count, storage.led) == (99, 215, 12)


@pytest.mark.parametrize("length", [92, 95, 96, 100])
def test_a_day_has_as_many_intervals_as_it_has(length: int) -> None:
    stats = {"production": [10] * length, "start_time": 1782597600, "interval_length": 900, "soc": [50] * length}
    today = read(endpoints.TODAY, {"stats": [stats], "siteStatus": "normal"})
    assert today.buckets is not None
    assert len(today.buckets.flows["production"]) == length


@pytest.mark.parametrize(
    "stats", [[], {}, None, [None], [{}], [{"production": {}}], [{"production": [1], "start_time": "N/A"}]]
)
def test_a_day_without_intervals_is_one(stats: object) -> None:
    today = read(endpoints.TODAY, {"stats": stats, "siteStatus": "comm", "last_report_date": 1782507600})
    assert today.buckets is None
    assert today.site_status == "comm"


def test_a_day_of_the_life_that_is_null_is_none_and_an_empty_list_is_absent() -> None:
    life = read(endpoints.LIFETIME, {"start_date": "2026-06-24", "production": [100, None, -5], "charge": []})
    assert life.start_date == date(2026, 6, 24)
    assert dict(life.flows) == {"production": (100, None, None)}


def test_only_gateways_that_are_not_retired_are_the_sites() -> None:
    listed = read(
        endpoints.DEVICES,
        {
            "result": [
                {"type": "envoy", "devices": [{"serial_number": "122300001111", "envoy_sw_version": "D8.3.5289"}]},
                {"type": "envoy", "devices": [{"serial_number": "122300002222", "status": "retired"}]},
                {"type": "hemsDevices", "devices": [{"gateway": []}]},
                {"curr_date_site": "2026-06-28"},
            ]
        },
    )
    assert listed.gateway_serials == {"122300001111"}


def test_what_is_pending_is_what_holds_anything() -> None:
    idle = read(
        endpoints.BATTERY_SETTINGS,
        config(profile="expert", requestedConfig={}, requestedConfigMqtt={"powerMatchControl": {}}),
    )
    assert not idle.requested
    assert not idle.requested_mqtt
    pending = read(
        endpoints.BATTERY_SETTINGS,
        config(requestedConfig={"batteryBackupPercentage": 35, "pendingGateways": ["122300001111"]}),
    )
    assert dict(pending.requested.fields) == {"batteryBackupPercentage": 35}
    assert pending.requested.gateways == ("122300001111",)


@pytest.mark.parametrize(
    ("sent", "accepted"),
    [
        ("2026-05-02T08:11:09.120Z", True),
        (True, True),
        (1782590000000, True),
        (None, False),
        (False, False),
        ("", False),
    ],
)
def test_the_statement_counts_as_accepted_where_it_is_filled(sent: object, accepted: bool) -> None:
    assert (
        read(endpoints.BATTERY_SETTINGS, config(acceptedItcDisclaimer=sent, profile="x")).accepted_itc_disclaimer
        is accepted
    )


@pytest.mark.parametrize("block", [None, [], "on", 1])
def test_a_block_that_is_none_is_missing(block: object) -> None:
    assert read(endpoints.BATTERY_SETTINGS, config(profile="expert", rbdControl=block)).rbd_control is None


def test_deleted_windows_are_not_saved() -> None:
    rows = [{"scheduleId": "a", "isDeleted": True}, {"scheduleId": "b", "isDeleted": False}, {"scheduleId": "c"}]
    schedules = read(endpoints.SCHEDULES, {"rbd": {"scheduleStatus": "active", "details": rows}, "dtg": {"count": 0}})
    assert (schedules.saved("rbd"), schedules.saved("dtg"), schedules.saved("cfg")) == (2, 0, None)


def test_storms_that_are_over_or_opted_out_of_are_not_on() -> None:
    end = 1782684000000
    alerts = [
        {"status": status, "startTime": 1782640800000, "endTime": end} for status in ("active", "opted-out", "ended")
    ]
    found = read(endpoints.STORM_ALERT, {"stormAlerts": alerts, "criticalAlertActive": False})
    assert [each.is_on(NOON) for each in found.alerts] == [True, False, False]
    assert not found.alerts[0].is_on(datetime(2026, 6, 29, tzinfo=UTC))


def test_outages_are_listed_once_and_the_oldest_first() -> None:
    histories = [
        {"start_time": "2026-05-17T14:38:30+02:00", "duration": 121},
        {"start_time": "2026-01-16T18:30:09+01:00", "duration": 74},
        {"start_time": "2026-01-16T17:30:09+00:00", "duration": 70},
        {"start_time": "yesterday", "duration": 5},
        {"start_time": "2026-01-16T18:30:09+01:00", "duration": None},
    ]
    found = read(endpoints.BACKUP_HISTORY, {"total_records": 3, "histories": histories})
    assert [each.seconds for each in found] == [74, 121]


def test_an_events_words_are_not_what_decides_whether_it_stands() -> None:
    listed = [
        {"standing": False, "status": "Open", "event_key": "a", "event_start_date": 1782590400},
        {"standing": True, "status": "Geschlossen", "event_key": "b", "event_start_date": 1782594000},
    ]
    events = read(endpoints.EVENTS, {"events": listed, "next": "x"})
    assert [(each.key, each.standing) for each in events] == [("b", True), ("a", False)]


@pytest.mark.parametrize(
    "endpoint",
    [
        each
        for each in vars(endpoints).values()
        if isinstance(each, AccountEndpoint) and each.name != endpoints.DATA.name
    ],
    ids=lambda endpoint: endpoint.name,
)
@pytest.mark.parametrize("payload", [{}, [{}], None, "N/A", 7, {"data": []}, {"data": None}])
def test_what_says_nothing_at_all_is_no_answer(endpoint: AccountEndpoint[Any], payload: object) -> None:
    if endpoint is endpoints.SITES and isinstance(payload, list | dict):
        return
    with pytest.raises(ApiPayloadError):
        endpoint.parse(endpoint.name, payload)


def test_the_users_id_is_all_that_is_read_of_personal_data() -> None:
    payload = {"app": {"userId": 7654321, "email": "owner@example.com"}}
    assert read(endpoints.DATA, payload) == "7654321"
