"""What becomes of an entry when its session ends, the service is down, or Enphase turns it away."""

from collections.abc import AsyncIterator
from dataclasses import replace
import logging
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.const import DOMAIN
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from simulator.enphase_account import (
    SESSIONS_FULL,
    WALL,
    Account,
    AccountHome,
    AccountServer,
    Family,
    SecondFactor,
    paths,
    too_many,
)
from simulator.iq_gateway.faults import HttpStatus
from tests.common import number, pass_time, set_up, state, status, step
from tests.steering import Handle, settle, wait

from .homes import CABIN, EMAIL, HOME, LOGIN, PASSWORD, SITE, account_entry, open_flow

MINUTE, HOUR, DAY = 60, 3600, 86_400
TROUBLE = (logging.WARNING, logging.ERROR, logging.CRITICAL)
WITHOUT_PASSWORD = {"username": EMAIL, "remember_password": False, "password": PASSWORD}


def reauths(hass: HomeAssistant) -> list[ConfigFlowResult]:
    """Return the flows that ask a person to sign in again."""
    return [
        flow
        for flow in hass.config_entries.flow.async_progress_by_handler(DOMAIN)
        if flow["context"]["source"] == SOURCE_REAUTH
    ]


def shown(hass: HomeAssistant, key: str = "battery_level", site: str = SITE) -> str | None:
    """Return what a sensor shows."""
    found = state(hass, "sensor", site, key)
    return found.state if found is not None else None


def repair(hass: HomeAssistant, entry: MockConfigEntry, key: str = "account_waiting") -> str | None:
    """Return the text of a repair of the entry, `None` if there is none."""
    found = ir.async_get(hass).async_get_issue(DOMAIN, f"{key}_{entry.entry_id}")
    return found.translation_key if found is not None else None


def lines(caplog: pytest.LogCaptureFixture, *levels: int) -> list[str]:
    """Return what the integration logged at these levels."""
    return [
        record.getMessage()
        for record in caplog.records
        if record.levelno in levels and record.name.startswith("custom_components.energy_site")
    ]


async def restart(hass: HomeAssistant, *entries: MockConfigEntry) -> None:
    """Start anew with nothing but what is stored."""
    for entry in entries:
        await hass.config_entries.async_unload(entry.entry_id)
    await settle(hass)
    hass.data.pop(f"{DOMAIN}_enphase_accounts")
    for entry in entries:
        await hass.config_entries.async_setup(entry.entry_id)
        await settle(hass)


@pytest.fixture
async def signed_in(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, owner: Account
) -> AsyncIterator[MockConfigEntry]:
    """Return an entry whose password isn't kept, as a person set it up."""
    result = await step(hass, await open_flow(hass), WITHOUT_PASSWORD)
    found: Any = result["result"]
    await hass.async_block_till_done(wait_background_tasks=True)
    await pass_time(hass, freezer, 150)
    yield found
    await hass.config_entries.async_unload(found.entry_id)
    await settle(hass)


@pytest.fixture
async def pair(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, service: AccountServer
) -> AsyncIterator[tuple[MockConfigEntry, MockConfigEntry]]:
    """Return the entries of both homes of one account, set up at the same time as after a restart."""
    service.add_account(EMAIL, PASSWORD, system_id=HOME)
    entries = account_entry(HOME), account_entry(CABIN)
    for entry in entries:
        entry.add_to_hass(hass)
    # Home Assistant sets up all entries of a domain at once.
    assert await hass.config_entries.async_setup(entries[0].entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    await pass_time(hass, freezer, 300)
    yield entries
    for entry in entries:
        await hass.config_entries.async_unload(entry.entry_id)
    await settle(hass)


def forget_password(hass: HomeAssistant, service: AccountServer, *entries: MockConfigEntry) -> None:
    """Leave entries only their session, as where the password isn't kept."""
    for entry in entries:
        data = {key: value for key, value in entry.data.items() if key != "password"}
        hass.config_entries.async_update_entry(entry, data=data)
        entry.runtime_data.adapter._kept.account.password = None


# -- the session ends -----------------------------------------------------------------


async def test_with_the_password_a_session_that_ends_costs_one_sign_in_and_nobody_notices(
    hass: HomeAssistant, service: AccountServer, entry: MockConfigEntry, handle: Handle
) -> None:
    assert service.logins == 1
    service.accounts.end_sessions()
    for _ in range(20):
        await handle.wait(MINUTE, step=20)
        assert shown(hass) not in ("unavailable", "unknown")
    assert service.logins == 2
    assert shown(hass, "solar_power") not in ("unavailable", "unknown")
    assert reauths(hass) == []


async def test_sessions_that_end_each_day_are_a_sign_in_each(
    hass: HomeAssistant, service: AccountServer, entry: MockConfigEntry, handle: Handle
) -> None:
    for day in range(3):
        service.accounts.end_sessions()
        await handle.wait(DAY, step=1800)
        assert service.logins == day + 2
    assert reauths(hass) == []
    assert shown(hass) not in ("unavailable", "unknown")


@pytest.mark.parametrize("factor", [None, *SecondFactor])
async def test_without_the_password_a_person_is_asked_once_and_values_are_shown_while_they_are_valid(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    service: AccountServer,
    owner: Account,
    signed_in: MockConfigEntry,
    factor: SecondFactor | None,
) -> None:
    entry_data, total = dict(signed_in.data), number(hass, SITE, "solar_energy")
    assert total is not None
    service.accounts.end_sessions()
    await wait(hass, freezer, 6 * MINUTE, step=20)
    assert len(reauths(hass)) == 1
    # What was read a few minutes ago is still true.
    assert shown(hass) not in ("unavailable", "unknown")
    await wait(hass, freezer, HOUR, step=MINUTE)
    assert shown(hass) == "unavailable"
    await wait(hass, freezer, DAY, step=600)
    assert len(reauths(hass)) == 1
    assert service.logins == 1
    asked = sum(service.requests.values())
    await wait(hass, freezer, DAY, step=600)
    # It is looked once an hour whether the session is over after all.
    assert sum(service.requests.values()) - asked <= 30
    if factor is not None:
        owner.two_factor, owner.second_factor = True, factor
    result = await step(hass, reauths(hass)[0], WITHOUT_PASSWORD)
    if factor is not None:
        assert result["step_id"] == "enphase_account_code"
        result = await step(hass, result, {"code": service.mailbox.code(EMAIL), "send_again": False})
    assert result["reason"] == "reauth_successful"
    await hass.async_block_till_done()
    await wait(hass, freezer, 150, step=10)
    assert dict(signed_in.data) == entry_data
    assert shown(hass) not in ("unavailable", "unknown")
    after = number(hass, SITE, "solar_energy")
    assert after is not None
    assert after > total
    assert reauths(hass) == []


async def test_a_second_factor_that_is_turned_on_later_asks_a_person_once(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    service: AccountServer,
    owner: Account,
    entry: MockConfigEntry,
) -> None:
    owner.two_factor = True
    service.accounts.end_sessions()
    await wait(hass, freezer, 2 * HOUR, step=MINUTE)
    assert len(reauths(hass)) == 1
    await restart(hass, entry)
    await wait(hass, freezer, 2 * HOUR, step=MINUTE)
    assert len(reauths(hass)) == 1
    # The password was tried once, and no code was sent to anybody.
    assert service.logins <= 2
    assert service.mailbox.of(EMAIL) == []
    result = await step(hass, reauths(hass)[0], LOGIN)
    result = await step(hass, result, {"code": service.mailbox.code(EMAIL), "send_again": False})
    assert result["reason"] == "reauth_successful"
    await hass.async_block_till_done()
    await wait(hass, freezer, 150, step=10)
    assert "password" not in entry.data
    assert shown(hass) not in ("unavailable", "unknown")


async def test_a_password_that_was_changed_is_tried_once(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    service: AccountServer,
    owner: Account,
    entry: MockConfigEntry,
) -> None:
    owner.password = "moon"
    service.accounts.end_sessions()
    await wait(hass, freezer, 6 * HOUR, step=2 * MINUTE)
    await restart(hass, entry)
    await wait(hass, freezer, 6 * HOUR, step=2 * MINUTE)
    assert len(reauths(hass)) == 1
    assert service.failed_logins == 1
    result = await step(hass, reauths(hass)[0], {**LOGIN, "password": "moon"})
    assert result["reason"] == "reauth_successful"
    await hass.async_block_till_done()
    await wait(hass, freezer, 150, step=10)
    assert shown(hass) not in ("unavailable", "unknown")
    assert entry.data["password"] == "moon"


async def test_a_session_that_is_lost_between_read_and_write_loses_no_change(
    hass: HomeAssistant, service: AccountServer, home: AccountHome, entry: MockConfigEntry, handle: Handle
) -> None:
    service.accounts.end_sessions()
    await handle.set("number", "backup_reserve", value=35, within=90)
    await handle.wait(400, step=10)
    assert handle.shown("number", "backup_reserve") == "35.0"
    assert [each.value for each in home.settings.written] == [35]
    assert service.logins == 2


# -- two systems of one account -------------------------------------------------------


async def test_two_systems_share_one_session_one_sign_in_and_one_governor(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    service: AccountServer,
    pair: tuple[MockConfigEntry, MockConfigEntry],
) -> None:
    assert service.logins == 1
    for site in (HOME, CABIN):
        assert shown(hass, site=f"enphase_account_{site}") not in (None, "unavailable", "unknown")
    service.accounts.end_sessions()
    await wait(hass, freezer, HOUR, step=20)
    assert service.logins == 2
    assert reauths(hass) == []
    times = [each.time for each in service.log]
    assert max(sum(at <= other < at + MINUTE for other in times) for at in times) <= 10


async def test_who_signs_in_for_one_system_has_signed_in_for_the_other(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    service: AccountServer,
    pair: tuple[MockConfigEntry, MockConfigEntry],
) -> None:
    forget_password(hass, service, *pair)
    service.accounts.end_sessions()
    await wait(hass, freezer, HOUR, step=20)
    assert len(reauths(hass)) == 2
    logins = service.logins
    result = await step(hass, reauths(hass)[0], WITHOUT_PASSWORD)
    assert result["reason"] == "reauth_successful"
    await hass.async_block_till_done()
    await wait(hass, freezer, 900, step=10)
    assert reauths(hass) == []
    assert service.logins == logins + 1
    for entry, site in zip(pair, (HOME, CABIN), strict=True):
        assert status(entry) is ConfigEntryState.LOADED
        assert shown(hass, site=f"enphase_account_{site}") not in (None, "unavailable", "unknown")


async def test_a_restart_needs_no_sign_in(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    service: AccountServer,
    pair: tuple[MockConfigEntry, MockConfigEntry],
) -> None:
    service.policy.rotates_every = 3
    for _ in range(3):
        await restart(hass, *pair)
        await wait(hass, freezer, 10 * MINUTE, step=10)
    assert service.logins == 1
    assert reauths(hass) == []
    for site in (HOME, CABIN):
        assert shown(hass, site=f"enphase_account_{site}") not in (None, "unavailable", "unknown")


# -- turned away ----------------------------------------------------------------------


@pytest.mark.parametrize("text", ["account_blocked", "too_many_sessions", "account_client_refused"])
async def test_what_lasts_and_its_owner_may_do_something_about_is_a_repair_until_it_heals(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    service: AccountServer,
    owner: Account,
    entry: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
    text: str,
) -> None:
    if text == "account_client_refused":
        service.refuse(406)
    elif text == "account_blocked":
        owner.blocked = True
    else:
        service.misbehave(paths.LOGIN, SESSIONS_FULL)
    service.accounts.end_sessions()
    caplog.clear()
    logins = service.requests[paths.LOGIN]
    await wait(hass, freezer, 12 * HOUR, step=5 * MINUTE)
    assert repair(hass, entry) == f"session_{text}"
    assert shown(hass) == "unavailable"
    assert reauths(hass) == []
    assert service.requests[paths.LOGIN] - logins <= 4
    assert len(lines(caplog, *TROUBLE)) == 1
    service.accept()
    owner.blocked = False
    caplog.clear()
    await wait(hass, freezer, 25 * HOUR, step=10 * MINUTE)
    assert repair(hass, entry) is None
    assert shown(hass) not in ("unavailable", "unknown")
    assert lines(caplog, *TROUBLE) == []
    assert lines(caplog, logging.INFO) == ["Sunny Home is responding again"]


@pytest.mark.parametrize("text", ["account_blocked", "too_many_sessions", "account_client_refused"])
async def test_who_is_turned_away_at_set_up_is_told_and_is_in_once_it_heals(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, service: AccountServer, owner: Account, text: str
) -> None:
    entry = account_entry()
    if text == "account_client_refused":
        service.refuse(406)
    elif text == "account_blocked":
        owner.blocked = True
    else:
        service.misbehave(paths.LOGIN, replace(SESSIONS_FULL, status=403))
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)
    assert status(entry) is ConfigEntryState.SETUP_RETRY
    assert repair(hass, entry) == f"session_{text}"
    service.accept()
    owner.blocked = False
    await pass_time(hass, freezer, 25 * HOUR, step=10 * MINUTE)
    assert status(entry) is ConfigEntryState.LOADED
    assert repair(hass, entry) is None
    assert shown(hass) not in ("unavailable", "unknown")
    await hass.config_entries.async_unload(entry.entry_id)


# A sign-in that brings no session is one that was refused, after the third of which is a pause of six hours.
@pytest.mark.parametrize(
    ("fault", "patience"),
    [(WALL, 6.5 * HOUR), (too_many(120), 6.5 * HOUR), (HttpStatus(503), 20 * MINUTE), (HttpStatus(500), 20 * MINUTE)],
    ids=["wall", "429", "503", "500"],
)
async def test_a_service_that_is_down_at_set_up_is_waited_for(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    service: AccountServer,
    owner: Account,
    fault: Any,
    patience: float,
) -> None:
    entry = account_entry()
    service.faults.add(fault)
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)
    assert status(entry) is ConfigEntryState.SETUP_RETRY
    await pass_time(hass, freezer, 3 * HOUR, step=MINUTE)
    assert reauths(hass) == []
    asked = len(service.log)
    service.faults.clear()
    await pass_time(hass, freezer, patience, step=MINUTE)
    assert status(entry) is ConfigEntryState.LOADED
    assert repair(hass, entry) is None
    assert shown(hass) not in ("unavailable", "unknown")
    # A service in trouble is spared.
    assert asked <= 60
    await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.parametrize(
    "fault", [WALL, too_many(120), HttpStatus(503), HttpStatus(500)], ids=["wall", "429", "503", "500"]
)
@pytest.mark.parametrize("hours", [1, 9])
async def test_hours_without_service_are_one_line_in_the_log_and_end_by_themselves(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    service: AccountServer,
    entry: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
    fault: Any,
    hours: int,
) -> None:
    total, logins = number(hass, SITE, "solar_energy"), service.requests[paths.LOGIN]
    caplog.clear()
    service.faults.add(fault)
    await wait(hass, freezer, hours * HOUR, step=3 * MINUTE)
    assert shown(hass) == "unavailable"
    assert len(lines(caplog, *TROUBLE)) == 1
    assert reauths(hass) == []
    assert service.requests[paths.LOGIN] - logins <= 4
    service.faults.clear()
    caplog.clear()
    await wait(hass, freezer, 70 * MINUTE, step=MINUTE)
    assert shown(hass) not in ("unavailable", "unknown")
    assert lines(caplog, *TROUBLE) == []
    assert len(lines(caplog, logging.INFO)) == 1
    after = number(hass, SITE, "solar_energy")
    assert after is not None
    assert total is not None
    assert after >= total


# -- what isn't for this account ------------------------------------------------------

OPTIONAL = {
    paths.OFF_GRID: ("sensor", "grid_state"),
    paths.BACKUP_HISTORY: ("sensor", "outages_this_year"),
    paths.BATTERY_STATUS: ("sensor", "battery_level"),
    paths.STORM_ALERT: None,
    paths.PROFILE: None,
    paths.EVENTS: None,
}


@pytest.mark.parametrize(("path", "refused"), [(path, 401 if turn % 2 else 403) for turn, path in enumerate(OPTIONAL)])
async def test_a_service_that_refuses_for_ever_costs_its_own_sensors_and_no_sign_in(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    service: AccountServer,
    home: AccountHome,
    owner: Account,
    path: str,
    refused: int,
) -> None:
    home.set_behaviour(read_statuses={path: refused})
    entry = account_entry()
    await set_up(hass, entry)
    await pass_time(hass, freezer, 150)
    asked = service.requests[home.path(path)]
    await wait(hass, freezer, DAY, step=40 * MINUTE)
    await wait(hass, freezer, 10 * MINUTE, step=MINUTE)
    assert service.requests[home.path(path)] - asked <= 3
    assert service.logins == 1
    assert reauths(hass) == []
    assert repair(hass, entry) is None
    lost = OPTIONAL[path]
    if lost is not None:
        found = state(hass, lost[0], SITE, lost[1])
        assert found is None or found.state in ("unavailable", "unknown")
    for key in {"solar_energy", "battery_level"} - {lost and lost[1]}:
        assert shown(hass, key) not in (None, "unavailable", "unknown"), key
    home.set_behaviour(read_statuses={})
    await wait(hass, freezer, DAY + HOUR, step=40 * MINUTE)
    # What doesn't fit into a minute's requests is polled a minute later.
    await wait(hass, freezer, 3 * MINUTE, step=MINUTE)
    if lost is not None:
        found = state(hass, *lost[:1], SITE, lost[1])
        assert found is not None
        assert found.state not in ("unavailable", "unknown")
    await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.parametrize("settings", [401, 403])
async def test_all_settings_may_be_refused_and_the_energy_is_shown(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    service: AccountServer,
    home: AccountHome,
    entry: MockConfigEntry,
    settings: int,
) -> None:
    home.set_behaviour(read_statuses=dict.fromkeys(paths.READS[Family.BATTERY_CONFIG], settings))
    await wait(hass, freezer, 6 * HOUR, step=2 * MINUTE)
    assert shown(hass) not in ("unavailable", "unknown")
    found = state(hass, "number", SITE, "backup_reserve")
    assert found is not None
    assert found.state in ("unavailable", "unknown")
    assert service.logins == 1
    assert reauths(hass) == []


async def test_a_system_that_was_sold_is_a_repair_and_nobody_is_asked_to_sign_in(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    service: AccountServer,
    home: AccountHome,
    owner: Account,
    entry: MockConfigEntry,
) -> None:
    service.sell(home, owner)
    await wait(hass, freezer, 8 * HOUR, step=5 * MINUTE)
    assert shown(hass) in ("unavailable", "unknown")
    assert reauths(hass) == []
    assert service.logins == 1
    assert repair(hass, entry, "system_gone") == "system_gone"
    for _ in range(2):
        await hass.config_entries.async_reload(entry.entry_id)
        await settle(hass)
        await wait(hass, freezer, HOUR, step=MINUTE)
        assert repair(hass, entry, "system_gone") == "system_gone"
    assert reauths(hass) == []
    assert service.logins == 1


@pytest.mark.parametrize("readings", ["always", "never"])
async def test_a_system_that_is_not_the_accounts_is_a_repair_and_nobody_is_asked_to_sign_in(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, service: AccountServer, owner: Account, readings: str
) -> None:
    entry = account_entry(CABIN, options={"readings": readings})
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)
    await wait(hass, freezer, HOUR, step=MINUTE)
    assert repair(hass, entry, "system_gone") == "system_gone"
    assert reauths(hass) == []
    owner.systems = frozenset({HOME, CABIN})
    await wait(hass, freezer, DAY + HOUR, step=40 * MINUTE)
    assert status(entry) is ConfigEntryState.LOADED
    assert repair(hass, entry, "system_gone") is None
    await hass.config_entries.async_unload(entry.entry_id)
