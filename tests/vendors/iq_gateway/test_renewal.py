"""What an owner sees while a token is to be renewed, and Enphase's sign-in service does not do its work."""

from collections.abc import AsyncIterator
from datetime import timedelta
import logging
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.const import DOMAIN
from custom_components.energy_site.repairs import async_create_fix_flow
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry, ConfigEntryState
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from simulator.enphase_account import MAINTENANCE, MFA_REQUIRED, NOT_YOURS, SESSIONS_FULL, AccountServer, Misbehaviour
from simulator.iq_gateway import GatewayServer
from tests.common import gateway_entry, number, pass_time, set_up, start_flow, state, step, tick

from ...runtime.test_interrupted import go_on, until

LOGIN, TOKENS = "/login/login.json", "/tokens"
HOUR, DAY = 3600, 86_400

# What the service was seen to answer that is no word about anybody's credentials.
CONDITIONS = [
    pytest.param(LOGIN, Misbehaviour(status=429, headers={"Retry-After": "60"}), id="login 429"),
    pytest.param(LOGIN, Misbehaviour(status=403, text="<html>Attention Required"), id="login 403"),
    pytest.param(LOGIN, MAINTENANCE, id="login maintenance"),
    pytest.param(LOGIN, Misbehaviour(status=302, headers={"Location": "/sorry"}), id="login redirect"),
    pytest.param(LOGIN, Misbehaviour(status=404), id="login 404"),
    pytest.param(TOKENS, MAINTENANCE, id="tokens maintenance"),
    pytest.param(TOKENS, Misbehaviour(status=403), id="tokens 403"),
    pytest.param(TOKENS, Misbehaviour(status=404), id="tokens 404"),
    pytest.param(TOKENS, Misbehaviour(status=401, text='{"message": "Forbidden"}'), id="tokens 401"),
    pytest.param(TOKENS, Misbehaviour(text="{"), id="tokens garbage"),
    pytest.param(TOKENS, Misbehaviour(status=503), id="tokens 503"),
]
VERDICTS = [
    pytest.param(LOGIN, Misbehaviour(status=401, text='{"message": "Invalid"}'), "invalid_auth", id="password"),
    pytest.param(LOGIN, MFA_REQUIRED, "two_factor", id="two factors"),
    pytest.param(TOKENS, NOT_YOURS, "gateway_not_in_account", id="not yours"),
]


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what was logged of ours, from information upwards."""
    return [
        record.getMessage()
        for record in caplog.records
        if record.name.startswith("custom_components.energy_site") and record.levelno >= logging.INFO
    ]


def repairs(hass: HomeAssistant) -> list[str | None]:
    """Return the texts of all our open repairs."""
    return [issue.translation_key for issue in ir.async_get(hass).issues.values() if issue.domain == DOMAIN]


def sign_in_flows(hass: HomeAssistant) -> int:
    """Return how many times a person is asked to sign in."""
    return sum(flow["context"]["source"] == SOURCE_REAUTH for flow in hass.config_entries.flow.async_progress())


@pytest.fixture
def preset() -> str:
    """Let the house be a small one: it is not what these tests are about."""
    return "single_phase"


@pytest.fixture
async def owned(
    hass: HomeAssistant, gateway: GatewayServer, account: AccountServer
) -> AsyncIterator[ConfigEntry[object]]:
    """Return an entry that was set up by signing in, with a token of 31 days and a remembered password."""
    account.accounts.by_email["owner@example.com"].token_lifetime = 31 * DAY
    result = await step(hass, await start_flow(hass), {"host": gateway.host})
    result = await step(hass, result, {"next_step_id": "iq_gateway_login"})
    credentials = {"username": "owner@example.com", "password": "right", "remember_password": True}
    await step(hass, result, credentials)
    await hass.async_block_till_done(wait_background_tasks=True)
    [entry] = hass.config_entries.async_entries(DOMAIN)
    yield entry
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


@pytest.mark.parametrize(("path", "how"), CONDITIONS)
async def test_a_service_in_trouble_asks_nobody_to_sign_in_while_the_token_is_good_and_is_asked_again(
    hass: HomeAssistant,
    gateway: GatewayServer,
    account: AccountServer,
    owned: ConfigEntry[object],
    freezer: FrozenDateTimeFactory,
    path: str,
    how: Misbehaviour,
) -> None:
    account.misbehave(path, how)
    token, logins = owned.data["token"], account.requests[LOGIN]
    freezer.tick(timedelta(days=2))
    for _ in range(2):
        await tick(hass, freezer, HOUR + 1)
    assert account.requests[LOGIN] > logins
    assert (sign_in_flows(hass), repairs(hass)) == (0, [])
    assert number(hass, gateway.serial, "solar_power") is not None
    account.accept()
    for _ in range(4):
        await tick(hass, freezer, HOUR + 1)
    assert owned.data["token"] != token
    assert (sign_in_flows(hass), repairs(hass)) == (0, [])


@pytest.mark.parametrize(("path", "how"), CONDITIONS[:7])
async def test_a_dead_token_and_a_service_in_trouble_is_one_line_and_one_repair_and_heals_by_itself(
    hass: HomeAssistant,
    gateway: GatewayServer,
    account: AccountServer,
    owned: ConfigEntry[object],
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
    path: str,
    how: Misbehaviour,
) -> None:
    account.misbehave(path, how)
    gateway.revoke_tokens()
    caplog.clear()
    await pass_time(hass, freezer, 120, step=20)
    gateway.stats.reset()
    await pass_time(hass, freezer, HOUR, step=100)
    told = lines(caplog)
    assert len(told) == 1
    assert "The gateway refuses its token" in told[0]
    assert "Enphase" in told[0]
    assert gateway.stats.total <= 14
    assert len(repairs(hass)) == 1
    assert repairs(hass)[0] in ("account_unreachable", "account_blocked")
    assert sign_in_flows(hass) == 0
    power = state(hass, "sensor", gateway.serial, "solar_power")
    assert power is not None
    assert power.state == STATE_UNAVAILABLE
    account.accept()
    await pass_time(hass, freezer, 2 * HOUR, step=300)
    assert number(hass, gateway.serial, "solar_power") == pytest.approx(gateway.house.flow.solar, abs=2)
    assert repairs(hass) == []
    assert lines(caplog)[1:] == [f"{owned.title} is responding again"]


async def test_a_dead_token_and_no_way_to_the_service_heals_by_itself(
    hass: HomeAssistant,
    gateway: GatewayServer,
    account: AccountServer,
    owned: ConfigEntry[object],
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ENERGY_SITE_ENLIGHTEN", "http://127.0.0.1:1")
    gateway.revoke_tokens()
    await pass_time(hass, freezer, 900, step=30)
    assert repairs(hass) == ["account_unreachable"]
    monkeypatch.setenv("ENERGY_SITE_ENLIGHTEN", account.url)
    await pass_time(hass, freezer, 1200, step=30)
    assert repairs(hass) == []
    assert number(hass, gateway.serial, "solar_power") is not None


@pytest.mark.parametrize(("path", "how", "text"), VERDICTS)
async def test_a_verdict_is_final_asks_a_person_once_and_is_named(
    hass: HomeAssistant,
    gateway: GatewayServer,
    account: AccountServer,
    owned: ConfigEntry[object],
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
    path: str,
    how: Misbehaviour,
    text: str,
) -> None:
    account.misbehave(path, how)
    gateway.revoke_tokens()
    caplog.clear()
    logins = account.requests[LOGIN]
    await pass_time(hass, freezer, 2 * HOUR, step=300)
    told = lines(caplog)
    await hass.config_entries.async_reload(owned.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert len(lines(caplog)) == 2
    assert account.requests[LOGIN] == logins + 1
    assert sign_in_flows(hass) == 1
    assert repairs(hass) == []
    words = {
        "invalid_auth": "refuses the email or password",
        "two_factor": "two-factor authentication",
        "gateway_not_in_account": "doesn't own the gateway",
    }
    assert len(told) == 1
    assert words[text] in told[0]


@pytest.mark.parametrize(
    ("how", "text", "waits"),
    [
        (SESSIONS_FULL, "too_many_sessions", DAY),
        (Misbehaviour(status=406), "account_client_refused", 600),
        (Misbehaviour(text='{"success": false, "isBlocked": true}'), "account_blocked", HOUR),
        (Misbehaviour(status=429, headers={"Retry-After": "1800"}), "account_blocked", 1800),
    ],
)
async def test_what_the_service_says_has_words_of_its_own_and_its_own_pause(
    hass: HomeAssistant,
    gateway: GatewayServer,
    account: AccountServer,
    owned: ConfigEntry[object],
    freezer: FrozenDateTimeFactory,
    how: Misbehaviour,
    text: str,
    waits: int,
) -> None:
    account.misbehave(LOGIN, how)
    gateway.revoke_tokens()
    await pass_time(hass, freezer, 60, step=20)
    assert repairs(hass) == [text]
    logins = account.requests[LOGIN]
    # Whether it is reloaded meanwhile makes no difference.
    await hass.config_entries.async_reload(owned.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    account.accept()
    await pass_time(hass, freezer, 0.4 * waits, step=waits / 20)
    assert account.requests[LOGIN] == logins
    assert repairs(hass) == [text]
    await pass_time(hass, freezer, 0.6 * waits + 600, step=max(waits / 20, 120))
    assert account.requests[LOGIN] == logins + 1
    assert repairs(hass) == []


async def test_a_start_with_a_dead_token_and_a_service_in_trouble_waits_for_the_service_and_nobody_else(
    hass: HomeAssistant,
    gateway: GatewayServer,
    account: AccountServer,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    account.refuse(503)
    entry = gateway_entry(
        gateway, data={"token": gateway.token(lifetime=60), "username": "owner@example.com", "password": "right"}
    )
    freezer.tick(3600)
    await set_up(hass, entry)
    gateway.stats.reset()
    await pass_time(hass, freezer, HOUR, step=60)
    assert sign_in_flows(hass) == 0
    assert repairs(hass) == ["account_unreachable"]
    assert gateway.stats.total <= 14
    assert len(lines(caplog)) == 1
    account.accept()
    await pass_time(hass, freezer, 2 * HOUR, step=60)
    assert repairs(hass) == []
    assert number(hass, gateway.serial, "solar_power") is not None
    await hass.config_entries.async_unload(entry.entry_id)


async def test_a_reload_in_the_middle_of_a_renewal_asks_nobody_to_sign_in_and_heals_by_itself(
    hass: HomeAssistant,
    gateway: GatewayServer,
    account: AccountServer,
    owned: ConfigEntry[object],
    freezer: FrozenDateTimeFactory,
) -> None:
    account.hold(LOGIN)
    gateway.revoke_tokens()
    logins = account.requests[LOGIN]
    go_on(hass, freezer, 11)
    await until(lambda: account.requests[LOGIN] > logins)
    await hass.config_entries.async_reload(owned.entry_id)
    account.accept()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert owned.state is not ConfigEntryState.SETUP_ERROR
    assert (sign_in_flows(hass), account.requests[LOGIN]) == (0, logins + 1)
    await pass_time(hass, freezer, 900, step=30)
    assert (sign_in_flows(hass), repairs(hass)) == (0, [])
    assert number(hass, gateway.serial, "solar_power") == pytest.approx(gateway.house.flow.solar, abs=2)
    assert account.requests[LOGIN] == logins + 2


async def test_a_token_that_is_refused_soon_after_its_renewal_is_waited_for(
    hass: HomeAssistant,
    gateway: GatewayServer,
    account: AccountServer,
    owned: ConfigEntry[object],
    freezer: FrozenDateTimeFactory,
) -> None:
    for _ in range(2):
        gateway.revoke_tokens()
        await pass_time(hass, freezer, 600, step=20)
    assert (sign_in_flows(hass), repairs(hass)) == (0, ["account_unreachable"])
    await pass_time(hass, freezer, HOUR, step=60)
    assert (sign_in_flows(hass), repairs(hass)) == (0, [])
    assert number(hass, gateway.serial, "solar_power") is not None


async def test_the_repair_leads_a_person_who_does_not_want_to_wait_to_the_token(
    hass: HomeAssistant,
    gateway: GatewayServer,
    account: AccountServer,
    owned: ConfigEntry[object],
    freezer: FrozenDateTimeFactory,
) -> None:
    account.misbehave(LOGIN, MAINTENANCE)
    gateway.revoke_tokens()
    await pass_time(hass, freezer, 60, step=20)
    [issue] = [issue for issue in ir.async_get(hass).issues.values() if issue.domain == DOMAIN]
    flow: Any = await async_create_fix_flow(hass, issue.issue_id, issue.data)
    flow.hass = hass
    await flow.async_step_confirm({})
    await hass.async_block_till_done()
    [asked] = hass.config_entries.flow.async_progress()
    result = await hass.config_entries.flow.async_configure(asked["flow_id"], {"next_step_id": "iq_gateway_token"})
    await step(hass, result, {"token": gateway.token()})
    await hass.async_block_till_done(wait_background_tasks=True)
    assert owned.state is ConfigEntryState.LOADED
    assert repairs(hass) == []
    assert number(hass, gateway.serial, "solar_power") is not None


@pytest.mark.parametrize(
    ("path", "how", "problem"),
    [
        *((*condition.values, "account_unreachable") for condition in CONDITIONS[1:]),
        (LOGIN, Misbehaviour(status=429), "account_blocked"),
        (LOGIN, SESSIONS_FULL, "too_many_sessions"),
        (LOGIN, Misbehaviour(status=406), "account_client_refused"),
        (TOKENS, NOT_YOURS, "gateway_not_in_account"),
        (LOGIN, Misbehaviour(status=401), "invalid_auth"),
    ],
)
async def test_a_person_who_signs_in_is_told_what_really_happened(
    hass: HomeAssistant, gateway: GatewayServer, account: AccountServer, path: str, how: Misbehaviour, problem: str
) -> None:
    account.misbehave(path, how)
    result = await step(hass, await start_flow(hass), {"host": gateway.host})
    result = await step(hass, result, {"next_step_id": "iq_gateway_login"})
    credentials = {"username": "owner@example.com", "password": "right", "remember_password": True}
    result = await step(hass, result, credentials)
    assert result["errors"] == {"base": problem}


async def test_a_removed_site_keeps_no_repair_about_the_service(
    hass: HomeAssistant,
    gateway: GatewayServer,
    account: AccountServer,
    freezer: FrozenDateTimeFactory,
) -> None:
    entry: MockConfigEntry = gateway_entry(gateway, data={"username": "owner@example.com", "password": "right"})
    await set_up(hass, entry)
    account.refuse(503)
    gateway.revoke_tokens()
    await pass_time(hass, freezer, 60, step=20)
    assert repairs(hass) == ["account_unreachable"]
    await hass.config_entries.async_remove(entry.entry_id)
    assert repairs(hass) == []
