"""A Tesla site in Home Assistant, as its owner sees and steers it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
import json
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done
from syrupy.assertion import SnapshotAssertion

from custom_components.energy_site.const import DOMAIN
from homeassistant.components.recorder.core import Recorder
from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.recorder import get_instance
from simulator.cloud.archive import Kind
from simulator.iq_gateway import GatewayServer
from simulator.tesla_cloud import Application, EnergySite, Refusal, TeslaServer, Write
from tests.common import entity_id, gateway_entry, number, pass_time, set_up, state, tick
from tests.houses import MORNING, FrozenClock
from tests.steering import act, settle

from .lived_home import CHARGER, DAYS, GATEWAY, PERIODS, SEASONS, SITE, lived_home
from .signing_in import CALLBACK, set_up_site

FLOWS: tuple[Kind, ...] = ("solar", "load", "grid_import", "grid_export", "battery_charge", "battery_discharge")
READS = (
    "products",
    "region",
    "site_info",
    "live_status",
    "calendar_history_energy",
    "calendar_history_backup",
    "telemetry_history_charge",
)


@pytest.fixture
async def fleet(
    socket_enabled: None, freezer: FrozenDateTimeFactory, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[TeslaServer]:
    """Serve a cloud with a home that has days behind it."""
    freezer.move_to(MORNING)
    async with TeslaServer([lived_home()], clock=FrozenClock()) as server:
        monkeypatch.setenv("ENERGY_SITE_TESLA_AUTH", server.url)
        monkeypatch.setenv("ENERGY_SITE_TESLA_API", server.url)
        yield server


@pytest.fixture
def application(fleet: TeslaServer) -> Application:
    """Return an application from which an owner's browser finds back to Home Assistant."""
    return fleet.add_application(redirects=[CALLBACK, "https://my.home-assistant.io/redirect/oauth"])


@pytest.fixture
def site(fleet: TeslaServer) -> EnergySite:
    """Return the home."""
    return next(iter(fleet.world.sites.values()))


@pytest.fixture
async def entry(hass: HomeAssistant, application: Application) -> AsyncIterator[MockConfigEntry]:
    """Return an entry that is set up as a person does."""
    found = await set_up_site(hass, application)
    await hass.async_block_till_done(wait_background_tasks=True)
    yield found
    await hass.config_entries.async_unload(found.entry_id)
    await settle(hass)


async def call(hass: HomeAssistant, service: str, **data: Any) -> dict[str, Any]:
    """Use an action and return its response."""
    return dict(await hass.services.async_call(DOMAIN, service, data, blocking=True, return_response=True) or {})


# -- what is shown ------------------------------------------------------------------


@pytest.mark.parametrize(
    "platform",
    [Platform.BINARY_SENSOR, Platform.EVENT, Platform.NUMBER, Platform.SELECT, Platform.SENSOR, Platform.SWITCH],
)
async def test_the_entities_of_a_home(
    hass: HomeAssistant,
    platform: Platform,
    entity_registry: er.EntityRegistry,
    snapshot: SnapshotAssertion,
    entity_registry_enabled_by_default: None,
    application: Application,
) -> None:
    with (
        patch("custom_components.energy_site.PLATFORMS", [platform]),
        patch("custom_components.energy_site.api.transport.time.monotonic", return_value=0.0),
    ):
        found = await set_up_site(hass, application)
        await hass.async_block_till_done(wait_background_tasks=True)
        registered = er.async_entries_for_config_entry(entity_registry, found.entry_id)
        # IDs of entries are other ones each time.
        for each in registered:
            told = hass.states.get(each.entity_id)
            assert (
                each.unique_id,
                each.original_device_class,
                each.unit_of_measurement,
                told and told.state,
            ) == snapshot(name=each.entity_id)
        await hass.config_entries.async_unload(found.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)


async def test_the_values_are_those_of_the_house(hass: HomeAssistant, site: EnergySite, entry: MockConfigEntry) -> None:
    flow = site.house.flow
    assert number(hass, SITE, "solar_power") == pytest.approx(flow.solar, rel=0.05)
    assert number(hass, SITE, "battery_level") == pytest.approx(site.level, abs=0.5)
    grid = state(hass, "binary_sensor", SITE, "grid_connected")
    assert grid is not None
    assert grid.state == "on"
    assert number(hass, SITE, "buy_price") == 0.25
    assert number(hass, SITE, "outages_this_year") == 1
    assert number(hass, SITE, "last_outage_duration") == pytest.approx(90, abs=15)


async def test_gateway_batteries_and_charger_are_devices(
    hass: HomeAssistant, device_registry: dr.DeviceRegistry, entry: MockConfigEntry
) -> None:
    devices = dr.async_entries_for_config_entry(device_registry, entry.entry_id)
    serials = {device.serial_number for device in devices}
    assert {GATEWAY, CHARGER} <= serials
    assert len(devices) >= 4
    assert {device.manufacturer for device in devices} == {"Tesla"}


# -- the past -----------------------------------------------------------------------


async def test_the_past_is_imported_hour_by_hour(
    recorder_mock: Recorder, hass: HomeAssistant, site: EnergySite, entry: MockConfigEntry
) -> None:
    await async_wait_recording_done(hass)
    start = MORNING - timedelta(days=DAYS)
    for kind in FLOWS:
        name = f"{DOMAIN}:{SITE}_{kind}_energy"
        found = await get_instance(hass).async_add_executor_job(
            statistics_during_period, hass, start, MORNING, {name}, "hour", None, {"state", "sum"}
        )
        rows = found[name]
        assert len(rows) >= DAYS * 24 - 2, kind
        for row in rows:
            begin = max(row["start"], site.archive.start)
            truth = site.archive.energy(kind, begin, row["start"] + 3600)
            assert (row.get("state") or 0) * 1000 == pytest.approx(truth, abs=1), (kind, row)
    charged = await get_instance(hass).async_add_executor_job(
        statistics_during_period, hass, start, MORNING, {f"{DOMAIN}:{SITE}_charger_energy"}, "hour", None, {"sum"}
    )
    assert charged[f"{DOMAIN}:{SITE}_charger_energy"][-1]["sum"] == pytest.approx(2 * 2.5 * 7.4, rel=0.01)


async def test_an_outage_is_reported_once_it_is_over(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, site: EnergySite, entry: MockConfigEntry
) -> None:
    event = entity_id(hass, "event", SITE, "outage")
    assert event is not None
    before = hass.states.get(event)
    assert before is not None
    assert before.state == "unknown"
    site.start_outage()
    await pass_time(hass, freezer, 1200, step=60)
    dark = state(hass, "binary_sensor", SITE, "grid_connected")
    assert dark is not None
    assert dark.state == "off"
    calendar = entity_id(hass, "calendar", SITE, "storms_and_outages")
    assert calendar is not None
    lasting = hass.states.get(calendar)
    assert lasting is not None
    assert (lasting.state, lasting.attributes["message"]) == ("on", "Outage")
    site.end_outage()
    await pass_time(hass, freezer, 1200, step=60)
    after = hass.states.get(event)
    assert after is not None
    assert after.state != "unknown"
    assert number(hass, SITE, "outages_this_year") == 2
    answer = await hass.services.async_call(
        "calendar",
        "get_events",
        {"entity_id": calendar, "start_date_time": "2020-01-01", "end_date_time": "2027-01-01"},
        blocking=True,
        return_response=True,
    )
    # The one that was listed before, and the one that was seen, each once.
    events: Any = (answer or {})[calendar]
    assert [each["summary"] for each in events["events"]] == ["Outage", "Outage"]


# -- actions ------------------------------------------------------------------------


async def test_a_tariff_is_checked_without_being_sent(
    hass: HomeAssistant, fleet: TeslaServer, entry: MockConfigEntry
) -> None:
    seasons = [{**SEASONS[0], "end": "11-30", "periods": [{**SEASONS[0]["periods"][0], "buy": -1}]}]  # type: ignore[dict-item] # Data of an action has any type.
    answer = await call(hass, "set_tariff", name="Odd", currency="JPY", seasons=seasons, check_only=True)
    assert (answer["written"], answer["confirmed"]) == (False, False)
    rules = {finding["rule"] for finding in answer["findings"]}
    assert {"gap", "season_cover", "negative_price", "buy_below_sell", "currency"} <= rules
    gap = next(finding for finding in answer["findings"] if finding["rule"] == "gap")
    assert gap["message"].startswith("No period covers this time: Year, ")
    assert answer["payload"]["tou_settings"]["tariff_content_v2"]["name"] == "Odd"
    assert not [each for each in fleet.requests if each.method == "POST" and "time_of_use" in each.path]


async def test_a_tariff_with_mistakes_is_not_sent(
    hass: HomeAssistant, fleet: TeslaServer, entry: MockConfigEntry
) -> None:
    seasons = [{**SEASONS[0], "end": "11-30"}]
    answer = await call(hass, "set_tariff", currency="USD", seasons=seasons)
    assert (answer["written"], answer["confirmed"]) == (False, False)
    with pytest.raises(ServiceValidationError, match="No season covers these days"):
        await hass.services.async_call(DOMAIN, "set_tariff", {"currency": "USD", "seasons": seasons}, blocking=True)
    assert not [each for each in fleet.requests if each.method == "POST" and "time_of_use" in each.path]


async def test_a_tariff_is_set_and_its_prices_are_shown(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, site: EnergySite, entry: MockConfigEntry
) -> None:
    site.set_write_behaviour(Write.TARIFF, delay=0)
    events = async_capture_events(hass, "state_changed")
    data = {"name": "Time of use", "currency": "USD", "seasons": SEASONS}
    answer = await act(hass, freezer, DOMAIN, "set_tariff", data)
    assert answer is not None
    assert (answer["findings"], answer["written"], answer["confirmed"]) == ([], True, True)
    # It is the evening of a workday at the site.
    assert number(hass, SITE, "buy_price") == 0.42
    told = [event.data["new_state"] for event in events if event.data["entity_id"].startswith("event.")]
    assert [each.attributes["event_type"] for each in told if each is not None][-1] == "changed"


async def test_a_price_changes_on_time_however_rarely_the_site_is_polled(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    fleet: TeslaServer,
    site: EnergySite,
    entry: MockConfigEntry,
) -> None:
    site.set_write_behaviour(Write.TARIFF, delay=0)
    await act(hass, freezer, DOMAIN, "set_tariff", {"name": "Time of use", "currency": "USD", "seasons": SEASONS})
    shown = state(hass, "sensor", SITE, "price_changes_at")
    assert shown is not None
    change = datetime.fromisoformat(shown.state)
    freezer.move_to(change - timedelta(seconds=9))
    await tick(hass, freezer, 8)
    assert number(hass, SITE, "buy_price") == 0.42
    requests = len(fleet.requests)
    await tick(hass, freezer, 1)
    assert (number(hass, SITE, "buy_price"), len(fleet.requests)) == (0.21, requests)


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({"seasons": [{"name": "Year", "start": "6 June"}]}, "tariff_unreadable"),
        (
            {"seasons": [{**SEASONS[0], "periods": [{"label": "CHEAP", "start": "0:00", "end": "25:00"}]}]},
            "tariff_unreadable",
        ),
    ],
)
async def test_a_tariff_that_cannot_be_read_says_where(
    hass: HomeAssistant, entry: MockConfigEntry, data: dict[str, Any], key: str
) -> None:
    with pytest.raises(ServiceValidationError) as error:
        await call(hass, "set_tariff", **data)
    assert error.value.translation_key == key
    assert "seasons[0]" in (error.value.translation_placeholders or {})["places"]


async def test_a_tariff_that_tesla_rejects_raises(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, site: EnergySite, entry: MockConfigEntry
) -> None:
    site.set_write_behaviour(Write.TARIFF, refused=Refusal.RESULT_FALSE)
    with pytest.raises(HomeAssistantError) as error:
        await act(hass, freezer, DOMAIN, "set_tariff", {"currency": "USD", "seasons": SEASONS})
    assert error.value.translation_key == "control_refused_because"
    assert (error.value.translation_placeholders or {})["words"] == "The site rejected the command"


async def test_a_tariff_that_tesla_changes_is_told_by_its_place(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, site: EnergySite, entry: MockConfigEntry
) -> None:
    other = {"energy_charges": {"ALL": {"rates": {"ALL": 0}}, "Year": {"rates": {"ON_PEAK": 9}}}}
    kept = site.settings.take

    def take(write: Write, body: Any, now: float, *, blocked: bool) -> None:
        kept(write, {"tariff_content_v2": {**body["tariff_content_v2"], **other}}, now, blocked=blocked)

    site.settings.take = take  # type: ignore[method-assign] # The site does as it likes.
    with pytest.raises(HomeAssistantError, match="Year, buy, mon 00:00"):
        await act(hass, freezer, DOMAIN, "set_tariff", {"currency": "USD", "seasons": SEASONS})


@pytest.mark.parametrize("endpoint", READS)
async def test_each_read_answers_by_its_name_without_whose_it_is(
    hass: HomeAssistant, site: EnergySite, entry: MockConfigEntry, endpoint: str
) -> None:
    answer = await call(hass, "get_raw", endpoint=endpoint)
    assert answer["status"] == 200
    text = json.dumps(answer["body"])
    for secret in (CHARGER, GATEWAY, str(site.site_id), "Sunny Home", "5YJ3E1EA7KF000001"):
        assert secret not in text


async def test_a_history_may_be_asked_for_other_days(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    day = {"period": "day", "start_date": "2026-06-12T00:00:00-05:00", "end_date": "2026-06-12T23:59:59-05:00"}
    answer = await call(hass, "get_raw", endpoint="calendar_history_energy", parameters=day)
    stamps = [datetime.fromisoformat(row["timestamp"]) for row in answer["body"]["response"]["time_series"]]
    assert {stamp.astimezone(UTC).date().day for stamp in stamps} == {12, 13}
    with pytest.raises(ServiceValidationError):
        await call(hass, "get_raw", endpoint="calendar_history_energy", parameters={**day, "end_date": "yesterday"})


async def test_a_tariff_needs_no_entry_where_only_one_can_have_one(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry
) -> None:
    await set_up(hass, gateway_entry(gateway))
    answer = await call(hass, "set_tariff", currency="USD", seasons=SEASONS, check_only=True)
    assert answer["findings"] == []


async def test_labels_are_those_that_the_sensor_shows_too_and_a_missing_price_says_which(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    first, second = PERIODS
    periods = [{**first, "label": "on_peak"}, {key: value for key, value in second.items() if key != "sell"}]
    answer = await call(hass, "set_tariff", seasons=[{**SEASONS[0], "periods": periods}], check_only=True)
    told = [finding["message"] for finding in answer["findings"]]
    assert "The tariff has no currency. Enter a code such as USD, EUR, or GBP" in told
    assert any(each.startswith("This period has no price for selling, although others have one: Year") for each in told)
