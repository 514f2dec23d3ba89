"""What is asked how often, what stands how long, and what an outage costs."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from custom_components.energy_site.api.errors import (
    ApiAuthError,
    ApiConnectionError,
    ApiForbiddenError,
    ApiPayloadError,
    ApiTimeoutError,
)
from custom_components.energy_site.site.meters import Meters
from custom_components.energy_site.site.model import (
    Battery,
    CounterKind,
    EnergyCounters,
    GridStatus,
    Health,
    Inverters,
    PowerFlow,
    Settings,
)
from custom_components.energy_site.sources.feed import Pace, Presence
from custom_components.energy_site.sources.source import AnotherSystemError
from custom_components.energy_site.vendors.iq_gateway.source import feeds, nightly_restart as quiet
from custom_components.energy_site.vendors.iq_gateway.source.source import IqGatewaySource
from simulator.iq_gateway import Hang, HttpStatus, Mutate, Reset
from simulator.presets import PRESETS

from .driver import CALM, INTERVALS, equipped, keys, simulated

READINGS = "/ivp/meters/readings"
POWER = INTERVALS[Pace.POWER]
QUICK = {Pace.POWER, Pace.BATTERY, Pace.GRID}


# -- first contact ------------------------------------------------------------


async def test_another_gateway_at_the_same_address_is_noticed() -> None:
    async with simulated("home") as site:
        source = IqGatewaySource(site.client, "482599999999", site.source.token, INTERVALS, UTC, site.source._find_zone)
        with pytest.raises(AnotherSystemError) as caught:
            await source.prepare(site.now)
        assert site.gateway.serial not in str(caught.value)
        assert source.part(Health) is None
        assert source.device.firmware is None


async def test_what_decides_about_other_questions_is_asked_first() -> None:
    async with simulated("home") as site:
        essential = site.source.essential()
        assert essential[:2] == ("meters", "meter_readings")
        assert set(essential) == {key for key, feed in site.source.feeds.items() if feed.essential}
        assert all(site.source.feeds[key].cost < 1 for key in essential)


@pytest.mark.parametrize("name", sorted(set(PRESETS) - {"standard", "metered_without_cts"}))
async def test_the_essential_questions_alone_show_power_and_energy(name: str) -> None:
    async with simulated(name, hour=13.0) as site:
        await site.source.prepare(site.now)
        await site.ask(*site.source.essential())
        flow, true = site.part(PowerFlow), site.house.flow
        for kind in ("solar", "grid"):
            assert getattr(flow, kind).power == pytest.approx(getattr(true, kind), abs=0.01)
        assert site.total(CounterKind.SOLAR) == pytest.approx(site.truth.solar, abs=0.01)


@pytest.mark.parametrize("name", ["standard", "metered_without_cts"])
async def test_a_home_of_inverters_alone_shows_its_production_without_any_slow_script(name: str) -> None:
    async with simulated(name, hour=13.0) as site:
        await site.source.prepare(site.now)
        await site.ask(*(key for key, feed in site.source.feeds.items() if feed.cost < 1))
        solar = site.part(PowerFlow).solar
        assert solar is not None
        assert solar.power == pytest.approx(site.house.flow.solar, rel=0.3)
        assert site.total(CounterKind.SOLAR) == pytest.approx(site.truth.solar, abs=800)


async def test_before_anything_was_asked_nothing_is_shown() -> None:
    async with simulated("home") as site:
        for part in (PowerFlow, Meters, Battery, Inverters, Settings, Health, EnergyCounters):
            assert site.source.part(part) is None
            assert not site.source.is_known(part, site.now)


async def test_a_slow_script_is_never_asked_as_often_as_the_power() -> None:
    async with simulated("home") as site:
        await site.start()
        for key, feed in site.source.feeds.items():
            if feed.cost > 1:
                assert site.source.wait(key, site.now) >= timedelta(hours=1)


# -- how often ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "often"),
    [
        ("home", {"meter_readings": Pace.POWER, "relay": Pace.GRID}),
        ("single_phase", {"meter_readings": Pace.POWER, "battery_power": Pace.BATTERY, "relay": Pace.RARE}),
        ("standard", {"meter_readings": Pace.RARE, "device_data": Pace.INVERTERS, "battery_power": Pace.RARE}),
        ("collar", {"meter_readings": Pace.POWER, "ensemble_inventory": Pace.GRID, "generator": Pace.RARE}),
        ("generator", {"live_data": Pace.DEVICES, "generator": Pace.DEVICES, "schedule": Pace.RARE}),
    ],
)
async def test_a_home_is_asked_often_for_what_it_has_and_rarely_for_what_it_has_not(
    name: str, often: dict[str, Pace]
) -> None:
    async with simulated(name) as site:
        await site.start()
        for key, pace in often.items():
            # The answers have not repeated yet; what seems not to be there is looked for soon again.
            empty = site.presence(key) is Presence.EMPTY
            assert site.source.wait(key, site.now) == (timedelta(minutes=15) if empty else INTERVALS[pace]), key


@pytest.mark.parametrize("name", sorted(PRESETS))
async def test_what_can_change_at_any_moment_is_never_asked_less_often_than_every_twenty_minutes(name: str) -> None:
    async with simulated(name) as site:
        await site.start()
        slow = [Battery, Inverters, Settings, PowerFlow, Meters]
        for part in slow:
            if site.source.part(part) is None:
                continue
            present = [key for key in site.source.feeds_of(part) if site.presence(key) is Presence.PRESENT]
            assert min(site.source.wait(key, site.now) for key in present) <= timedelta(minutes=20), part


async def test_the_batterys_own_power_is_asked_less_often_where_a_meter_tells_it() -> None:
    async with simulated("home") as one, simulated("single_phase") as other:
        for site in (one, other):
            await site.start()
        assert one.source.wait("battery_power", one.now) > other.source.wait("battery_power", other.now)


async def test_what_turns_out_to_be_there_is_asked_at_once() -> None:
    async with simulated("generator") as site:
        await site.source.prepare(site.now)
        await site.ask("live_data", "meters", "meter_readings")
        site.source.take_refresh_requests()
        await site.ask("generator")
        assert "live_data" in site.source.take_refresh_requests()
        assert site.source.take_refresh_requests() == set()


@pytest.mark.parametrize("key", [feed.key for feed in feeds.ALL if feed.max_backoff_factor > 1])
async def test_while_answers_repeat_a_patient_feed_is_asked_less_often_and_as_often_as_before_when_they_change(
    key: str,
) -> None:
    async with simulated("home", hour=13.0) as site:
        await site.start()
        feed = site.source.feeds[key]
        usual = INTERVALS[site.source.schedule.pace(feed)]
        level = iter(range(90, 0, -1))

        def change(payload: Any) -> Any:
            return _with_another_value(payload, next(level))

        for _ in range(10):
            await site.ask(key)
        waits = [site.source.wait(key, site.now) / usual]
        assert waits == [feed.max_backoff_factor]
        # The value that is asked for less often stands until it is asked again.
        site.clock.advance(site.source.wait(key, site.now).total_seconds())
        assert site.source.states[key].is_fresh(site.now)
        site.gateway.faults.add(Mutate(change), feed.endpoint)
        for _ in range(6):
            await site.ask(key)
            waits.append(site.source.wait(key, site.now) / usual)
        assert waits == sorted(waits, reverse=True)
        assert waits[-1] == 1


def _with_another_value(payload: Any, value: int) -> Any:
    """Return a battery system's payload with another level, temperature or state in it."""
    if isinstance(payload, list):
        return [
            {**group, "devices": [{**device, "temperature": value} for device in group["devices"]]} for group in payload
        ]
    for name in ("ENC_agg_soc", "acb_current_mode"):
        if name in payload:
            return {**payload, name: value % 5 if name == "acb_current_mode" else value}
    if "mains_oper_state" in payload:
        return {**payload, "Solar_grid_mode": f"mode {value}"}
    [(name, devices)] = payload.items()
    return {name: [{**device, "soc": value, "status": f"open {value}"} for device in devices]}


@pytest.mark.parametrize("latency", [0.1, 0.8])
async def test_answers_in_good_time_change_nothing(latency: float) -> None:
    async with simulated("home") as site:
        await site.start()
        for _ in range(8):
            site.client.load.add(latency, native=True)
        assert site.source.wait("meter_readings", site.now) == POWER
        assert site.source.wait("device_data", site.now) == INTERVALS[Pace.INVERTERS]


async def test_a_gateway_that_answers_slowly_is_spared_the_slow_questions_first() -> None:
    async with simulated("home") as site:
        await site.start()
        for _ in range(8):
            site.client.load.add(2.4, native=True)
        assert site.source.wait("meter_readings", site.now) == POWER
        assert site.source.wait("device_data", site.now) == 3 * INTERVALS[Pace.INVERTERS]
        for _ in range(8):
            site.client.load.add(5.0, native=True)
        assert site.source.wait("meter_readings", site.now) == 2 * POWER
        assert site.source.wait("device_data", site.now) == 6.25 * INTERVALS[Pace.INVERTERS]
        for _ in range(8):
            site.client.load.add(60.0, native=True)
        assert site.source.wait("meter_readings", site.now) == 8 * POWER
        assert site.source.wait("device_data", site.now) == 8 * INTERVALS[Pace.INVERTERS]


async def test_what_is_asked_less_often_stands_longer() -> None:
    async with simulated("home") as site:
        await site.start()
        for _ in range(16):
            site.client.load.add(5.0, native=True)
        await site.ask("meter_readings")
        # One quick answer among eight.
        wait = site.source.wait("meter_readings", site.now)
        assert POWER < wait < 2 * POWER
        site.clock.advance(2.9 * wait.total_seconds())
        assert site.source.states["meter_readings"].is_fresh(site.now)


async def test_everything_is_asked_at_its_own_rate() -> None:
    async with simulated("home", hour=13.0) as site:
        await site.start()
        site.asked.clear()
        await site.run(1800)
        counts = {key: sum(1 for _, asked in site.asked if asked == key) for key in site.source.feeds}
        assert counts["meter_readings"] == pytest.approx(180, abs=1)
        assert counts["device_data"] == pytest.approx(6, abs=1)
        assert counts["tariff"] == pytest.approx(2, abs=1)
        assert counts["home"] == counts["inventory"] == 0
        assert 30 <= counts["relay"] <= 121
        assert not site.errors
        assert site.gateway.stats.sessions == 1


# -- how long values stand ----------------------------------------------------


async def test_values_stand_for_three_intervals_after_the_last_answer_and_no_longer() -> None:
    async with simulated("home") as site:
        await site.start()
        shown = site.part(PowerFlow)
        site.gateway.faults.add(HttpStatus(503), READINGS)
        for _ in range(3):
            site.clock.advance(10)
            await site.ask("meter_readings")
            assert site.part(PowerFlow).grid == shown.grid
            assert site.part(PowerFlow).load == shown.load
        site.clock.advance(10)
        await site.ask("meter_readings")
        flow = site.part(PowerFlow)
        assert (flow.solar, flow.grid, flow.load) == (None, None, None)
        assert site.source.part(Meters) is None
        assert site.source.part(EnergyCounters) is None
        assert not site.source.is_known(Meters, site.now)
        site.gateway.faults.clear()
        await site.ask("meter_readings")
        assert site.part(PowerFlow).grid is not None
        # What was counted stayed counted.
        assert site.total(CounterKind.GRID_EXPORT) == pytest.approx(site.truth.grid_export, abs=0.01)
        assert site.source.is_known(Meters, site.now)


async def test_a_feed_that_fails_is_tried_again_sooner_than_it_would_be_asked() -> None:
    async with simulated("home") as site:
        await site.start()
        site.gateway.faults.add(HttpStatus(503), ("/ivp/pdm/device_data", READINGS))
        await site.ask("device_data", "meter_readings")
        assert site.source.wait("device_data", site.now) == timedelta(minutes=1)
        waits = []
        for _ in range(8):
            waits.append(site.source.wait("meter_readings", site.now) / POWER)
            await site.ask("meter_readings")
        # A quick one makes room for the gateway when it goes on failing.
        assert waits == [1, 1, 1, 2, 4, 6, 6, 6]


async def test_an_answer_that_hangs_holds_nothing_up_for_longer_than_its_time() -> None:
    async with simulated("home") as site:
        site.set_timeout(0.05)
        site.gateway.faults.add(Hang(), "/ivp/pdm/device_data")
        await site.start()
        assert [(key, type(err)) for key, err in site.errors] == [("device_data", ApiTimeoutError)]
        assert site.source.outage is None
        assert site.part(PowerFlow).load is not None


# -- outages ------------------------------------------------------------------


async def test_in_an_outage_only_the_power_goes_on_being_asked() -> None:
    async with simulated("home") as site:
        await site.start()
        assert site.source.lead == "meter_readings"
        site.gateway.break_connections(600)
        await site.run(30)
        assert isinstance(site.source.outage, ApiConnectionError)
        site.gateway.stats.reset()
        await site.run(300)
        assert set(site.gateway.stats.requests) == {READINGS}
        assert site.gateway.stats.total <= 12
        assert {key for key, _ in site.errors} > {"meter_readings"}
        assert all(isinstance(err, ApiConnectionError) for _, err in site.errors)


async def test_after_an_outage_everything_that_failed_is_asked_at_once() -> None:
    async with simulated("home") as site:
        await site.start()
        site.gateway.break_connections(1200)
        await site.run(1100)
        assert site.source.part(Meters) is None
        failed = {key for key, state in site.source.states.items() if state.failures} - {"meter_readings"}
        assert {"relay", "inverters", "tariff"} <= failed
        site.clock.advance(120)
        await site.ask("meter_readings")
        assert site.source.outage is None
        assert site.source.take_refresh_requests() == failed
        await site.ask(*failed)
        assert not any(state.failures for state in site.source.states.values())
        assert site.part(Battery).available_energy is not None


async def test_an_unplugged_gateway_is_an_outage_and_none_after_it_was_plugged_in() -> None:
    async with simulated("home") as site:
        await site.start()
        await site.gateway.unplug()
        await site.ask("meter_readings", "inverters")
        assert [key for key, _ in site.errors] == ["meter_readings", "inverters"]
        await site.gateway.plug_in()
        await site.ask("meter_readings", "inverters")
        assert len(site.errors) == 2


async def test_another_feed_that_loses_its_connection_is_no_outage() -> None:
    async with simulated("home") as site:
        await site.start()
        site.gateway.faults.add(Reset(), "/ivp/pdm/device_data")
        await site.ask("device_data", "inverters")
        assert site.source.outage is None
        assert [key for key, _ in site.errors] == ["device_data"]


@pytest.mark.parametrize("fault", [HttpStatus(503), HttpStatus(500)])
async def test_a_lead_that_answers_with_an_error_is_no_outage(fault: HttpStatus) -> None:
    async with simulated("home") as site:
        await site.start()
        site.gateway.faults.add(fault, READINGS)
        await site.ask("meter_readings", "inverters")
        assert site.source.outage is None


async def test_a_home_without_meters_notices_an_outage_by_what_it_asks_most_often() -> None:
    async with simulated("standard") as site:
        await site.start()
        lead = site.source.lead
        waits = {key: site.source.wait(key, site.now) for key in site.source.feeds if site.presence(key).answers}
        assert waits[lead] == min(waits.values())
        site.gateway.break_connections(600)
        await site.ask(lead)
        assert site.source.outage is not None


async def test_a_lead_that_this_gateway_does_not_have_ends_the_outage_as_well() -> None:
    async with simulated("home") as site:
        await site.start()
        site.gateway.break_connections(10)
        await site.ask("meter_readings", "inverters")
        site.clock.advance(11)
        site.gateway.faults.add(HttpStatus(404), READINGS)
        await site.ask("meter_readings")
        assert site.source.outage is None
        assert site.presence("meter_readings") is Presence.PRESENT
        assert "inverters" in site.source.take_refresh_requests()


# -- credentials --------------------------------------------------------------


async def test_refused_credentials_stop_everything_and_are_tried_again_now_and_then() -> None:
    async with simulated("home") as site:
        await site.start()
        site.gateway.revoke_tokens()
        await site.ask("inverters")
        assert isinstance(site.source.outage, ApiAuthError)
        assert {site.source.wait(key, site.now) for key in site.source.feeds} == {timedelta(minutes=5)}
        site.gateway.stats.reset()
        await site.run(3600)
        assert site.gateway.stats.total <= 12
        assert site.source.ledger.counts(site.now)


async def test_an_endpoint_that_is_not_for_this_owner_is_left_alone_for_a_day() -> None:
    async with simulated("home") as site:
        site.gateway.faults.add(HttpStatus(403), "/ivp/pdm/energy")
        await site.start()
        assert not site.errors
        assert site.presence("energy") is Presence.FORBIDDEN
        assert site.source.wait("energy", site.now) == timedelta(days=1)
        assert site.source.is_known(EnergyCounters, site.now)


async def test_what_is_refused_is_not_asked_before_anything_is_shown() -> None:
    async with simulated("home") as site:
        site.gateway.faults.add(HttpStatus(403), READINGS)
        assert "meter_readings" in site.source.essential()
        await site.start()
        assert "meter_readings" not in site.source.essential()


async def test_a_token_that_is_revoked_a_moment_after_it_was_checked_costs_no_endpoint_for_a_day() -> None:
    async with simulated("home") as site:
        site.gateway.faults.add(HttpStatus(401), "/ivp/pdm/energy")
        await site.start()
        assert site.presence("energy") is Presence.FORBIDDEN
        site.gateway.revoke_tokens()
        await site.ask("meter_readings")
        assert site.presence("meter_readings") is Presence.PRESENT


# -- what a system lacks ------------------------------------------------------


async def test_what_a_gateway_lacks_is_no_failure_and_is_looked_for_once_a_day() -> None:
    hourly = {**CALM, **dict.fromkeys((Pace.DEVICES, Pace.INVERTERS, Pace.SETTINGS), timedelta(hours=1))}
    async with simulated("standard", intervals=hourly) as site:
        path = site.source.feeds["generator_config"].endpoint
        site.gateway.faults.add(HttpStatus(404), path)
        await site.start()
        assert not site.errors
        assert site.presence("generator_config") is Presence.ABSENT
        assert not Presence.ABSENT.answers
        # The gateway may just have been starting, so the second look comes soon.
        assert site.requests(path) == 1
        await site.run(0.3 * 3600)
        assert site.requests(path) == 2
        await site.run(23.9 * 3600)
        assert site.requests(path) == 2
        await site.run(0.2 * 3600)
        assert site.requests(path) == 3


async def test_what_was_lacking_and_is_there_now_is_shown() -> None:
    async with simulated("home") as site:
        fault = site.gateway.faults.add(HttpStatus(404), "/ivp/pdm/device_data")
        await site.start()
        unit = next(iter(site.part(Inverters).units.values()))
        assert unit.dc_voltage is None
        fault.remove()
        await site.ask("device_data")
        assert site.presence("device_data") is Presence.PRESENT
        assert next(iter(site.part(Inverters).units.values())).dc_voltage is not None


async def test_after_a_change_of_firmware_everything_that_was_lacking_is_looked_for_at_once() -> None:
    preset = equipped(PRESETS["home"](), firmware="D7.0.88")
    async with simulated(preset) as site:
        await site.start()
        lacking = {key for key, state in site.source.states.items() if not state.presence.answers}
        assert {"energy", "device_data", "schedule"} <= lacking
        site.source.take_refresh_requests()
        site.gateway.set_firmware("D8.3.5169")
        await site.source.prepare(site.now)
        wishes = site.source.take_refresh_requests()
        assert lacking <= wishes
        await site.ask(*sorted(wishes))
        assert not {key for key in lacking if not site.source.states[key].presence.answers}
        assert site.part(Inverters).units
        site.source.take_refresh_requests()
        await site.source.prepare(site.now)
        assert site.source.take_refresh_requests() == set()


async def test_a_change_of_firmware_is_noticed_over_a_restart() -> None:
    preset = equipped(PRESETS["home"](), firmware="D7.0.88")
    async with simulated(preset) as site:
        await site.start()
        site.gateway.set_firmware("D8.3.5169")
        site.restart()
        assert site.presence("energy") is Presence.ABSENT
        await site.source.prepare(site.now)
        assert site.presence("energy") is Presence.UNKNOWN
        assert "energy" in site.source.take_refresh_requests()


# -- the night ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("local", "left"),
    [
        ("22:54:59", 0),
        ("22:55:00", 18 * 60),
        ("23:02:30", 10 * 60 + 30),
        ("23:12:59", 1),
        ("23:13:00", 0),
        ("03:00:00", 0),
    ],
)
def test_gateways_are_known_to_restart_around_eleven(local: str, left: int) -> None:
    zone = ZoneInfo("America/Chicago")
    at = datetime.fromisoformat(f"2026-06-20T{local}").replace(tzinfo=zone)
    assert quiet.remaining(at.astimezone(UTC), zone) == timedelta(seconds=left)


async def test_in_those_minutes_the_slow_questions_pause_and_the_quick_ones_do_not() -> None:
    async with simulated("home", hour=22.5) as site:
        await site.start()
        site.asked.clear()
        await site.run(3600)
        local = [(at.astimezone(site.zone).strftime("%H:%M:%S"), key) for at, key in site.asked]
        within = {key for at, key in local if "22:55:00" < at < "23:13:00"}
        quick = {key for key, feed in site.source.feeds.items() if site.source.schedule.pace(feed) in QUICK}
        assert within
        assert within <= quick
        after = [(at, key) for at, key in local if at >= "23:13:00" and key not in quick]
        assert {key for _, key in after} >= {"device_data", "dry_contacts", "tariff", "meters"}
        # They come back one after the other.
        moments = [at for at, key in after[:6]]
        assert len(set(moments)) == len(moments)
        assert not site.errors


async def test_silence_is_expected_in_those_minutes_only() -> None:
    async with simulated("home", hour=22.5) as site:
        await site.start()
        assert not site.source.in_maintenance_window(site.now)
        assert site.source.in_maintenance_window(site.now + timedelta(minutes=30))
        assert not site.source.in_maintenance_window(site.now + timedelta(minutes=45))


async def test_values_asked_before_those_minutes_stand_through_them() -> None:
    async with simulated("home", hour=22.9) as site:
        await site.start()
        wait = site.source.wait("dry_contacts", site.now)
        assert wait > timedelta(minutes=15)
        assert site.source.states["dry_contacts"].is_fresh(site.now + wait)


# -- the site's own zone ------------------------------------------------------


async def test_days_begin_at_the_sites_midnight_once_the_gateway_told_its_zone() -> None:
    async with simulated("home", zone=UTC) as site:
        await site.source.prepare(site.now)
        assert site.source.ledger.zone is UTC
        await site.ask("home")
        assert site.source.ledger.zone == ZoneInfo("America/Chicago")
        site.restart()
        assert site.source.ledger.zone is UTC
        await site.source.prepare(site.now)
        assert site.source.ledger.zone == ZoneInfo("America/Chicago")


@pytest.mark.parametrize("name", ["Mars/Olympus", "", 7, None])
async def test_a_zone_that_nobody_knows_changes_nothing(name: object) -> None:
    async with simulated("home", zone=UTC) as site:
        site.gateway.faults.add(Mutate(lambda page: {**page, "timezone": name}), "/home")
        await site.start()
        assert site.source.ledger.zone is UTC
        assert not site.errors


# -- how the feeds are made ---------------------------------------------------


def test_every_feed_has_its_own_key_and_asks_its_own_endpoint() -> None:
    assert len({feed.key for feed in feeds.ALL}) == len({feed.endpoint for feed in feeds.ALL}) == len(feeds.ALL)


async def test_every_part_is_made_of_feeds_that_exist() -> None:
    async with simulated("home") as site:
        for builder in site.source.builders:
            assert builder.feeds
            assert builder.feeds <= keys(feeds.ALL)
        assert site.source.feeds_of(GridStatus) == {"relay", "ensemble_inventory", "device_data"}


async def test_a_payload_that_cannot_be_read_is_a_failure_of_its_feed_only() -> None:
    async with simulated("home") as site:
        site.gateway.faults.add(Mutate(lambda _: {"error": "busy"}), "/ivp/meters")
        await site.source.prepare(site.now)
        with pytest.raises(ApiPayloadError):
            await site.source.poll("meters", site.now)
        state = site.source.states["meters"]
        assert (state.failures, type(state.error)) == (1, ApiPayloadError)
        assert state.presence is Presence.UNKNOWN
        assert not isinstance(state.error, ApiForbiddenError)
