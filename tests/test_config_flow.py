"""How a person sets a gateway up, and what they are told when it goes wrong."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from socket import AddressFamily
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.config_flow import FrontDoor, OptionsMenu
from custom_components.energy_site.const import CONF_SOURCE, DOMAIN
from custom_components.energy_site.helpers.sessions import gateway_family
from custom_components.energy_site.vendors.iq_gateway.const import CONF_FINGERPRINT
from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from simulator.enphase_account import AccountServer
from simulator.house import House
from simulator.iq_gateway import GatewayServer, HtmlPage, HttpStatus, Reset
from simulator.presets import PRESETS
from tests.common import open_settings, start_flow, step

from .flows import announced, discover
from .houses import FrozenClock

LOGIN = {"username": "owner@example.com", "password": "right", "remember_password": True}


@pytest.fixture
async def another_gateway(gateway: GatewayServer) -> AsyncIterator[GatewayServer]:
    """Serve a second gateway with another serial number."""
    house = PRESETS["standard"]()
    clock = FrozenClock()
    async with GatewayServer(House(house.house, start=clock.now()), house.gateway, clock=clock) as server:
        assert server.serial != gateway.serial
        yield server


async def to_menu(hass: HomeAssistant, host: str) -> ConfigFlowResult:
    """Go as far as the choice of how to sign in."""
    result = await step(hass, await start_flow(hass), {"host": host})
    assert result["type"] is FlowResultType.MENU
    assert result["step_id"] == "iq_gateway_auth"
    assert result["menu_options"] == ["iq_gateway_login", "iq_gateway_token"]
    return result


async def to_login(hass: HomeAssistant, host: str) -> ConfigFlowResult:
    """Go as far as the form to sign in."""
    result = await step(hass, await to_menu(hass, host), {"next_step_id": "iq_gateway_login"})
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "iq_gateway_login"
    return result


async def to_token(hass: HomeAssistant, host: str) -> ConfigFlowResult:
    """Go as far as the form for a token."""
    result = await step(hass, await to_menu(hass, host), {"next_step_id": "iq_gateway_token"})
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "iq_gateway_token"
    return result


async def finished(hass: HomeAssistant, result: ConfigFlowResult) -> Any:
    """Check that an entry was made and is loaded, then return it."""
    assert result["type"] is FlowResultType.CREATE_ENTRY, result
    await hass.async_block_till_done(wait_background_tasks=True)
    [entry] = hass.config_entries.async_entries(DOMAIN)
    assert entry.state is ConfigEntryState.LOADED
    return entry


# -- the way that works -------------------------------------------------------


@pytest.mark.usefixtures("account")
async def test_signing_in_sets_the_gateway_up_and_remembers_the_password(
    hass: HomeAssistant, gateway: GatewayServer
) -> None:
    result = await step(hass, await to_login(hass, gateway.host), LOGIN)
    entry = await finished(hass, result)
    assert entry.unique_id == gateway.serial
    assert entry.data[CONF_SOURCE] == "iq_gateway"
    assert entry.data["host"] == gateway.host
    assert entry.data[CONF_FINGERPRINT] == gateway.fingerprint.hex()
    assert entry.data["username"] == LOGIN["username"]
    assert entry.data["password"] == LOGIN["password"]
    assert gateway.serial not in entry.title


@pytest.mark.usefixtures("account")
async def test_a_password_that_is_not_to_be_remembered_is_not_kept(hass: HomeAssistant, gateway: GatewayServer) -> None:
    result = await step(hass, await to_login(hass, gateway.host), {**LOGIN, "remember_password": False})
    entry = await finished(hass, result)
    assert "password" not in entry.data
    assert "username" not in entry.data


async def test_a_pasted_token_sets_the_gateway_up(hass: HomeAssistant, gateway: GatewayServer) -> None:
    token = gateway.token()
    result = await step(hass, await to_token(hass, gateway.host), {"token": f"  {token[:40]}\n{token[40:]} "})
    entry = await finished(hass, result)
    assert entry.data["token"] == token


@pytest.mark.parametrize(
    ("host", "family"),
    [
        ("envoy.local", AddressFamily.AF_INET),
        ("192.168.1.5:443", AddressFamily.AF_INET),
        ("[fd00::5]", AddressFamily.AF_UNSPEC),
    ],
)
def test_a_name_that_stands_for_both_kinds_of_addresses_means_the_gateways_own(
    host: str, family: AddressFamily
) -> None:
    assert gateway_family(host) is family


async def test_no_token_is_sent_before_the_gateway_was_identified(hass: HomeAssistant, gateway: GatewayServer) -> None:
    await to_menu(hass, gateway.host)
    assert gateway.stats.bearer == 0


# -- wrong addresses ----------------------------------------------------------


@pytest.mark.parametrize("host", ["not a host", "", "http://[", "127.0.0.1:99999", "user:secret@127.0.0.1"])
async def test_says_that_it_is_no_address_and_goes_on(hass: HomeAssistant, gateway: GatewayServer, host: str) -> None:
    await refused_then_mended(hass, gateway, host, "invalid_host")


async def test_says_that_nothing_answers_and_goes_on(
    hass: HomeAssistant, gateway: GatewayServer, unused_tcp_port: int
) -> None:
    await refused_then_mended(hass, gateway, f"127.0.0.1:{unused_tcp_port}", "cannot_connect")


async def test_says_that_it_is_no_gateway_and_goes_on(hass: HomeAssistant, gateway: GatewayServer) -> None:
    fault = gateway.faults.add(HtmlPage(), "/info", count=1)
    await refused_then_mended(hass, gateway, gateway.host, "not_a_gateway")
    assert fault.hits == 1


async def test_says_that_another_web_server_is_no_gateway(hass: HomeAssistant, gateway: GatewayServer) -> None:
    async with plain_server("<html>router</html>") as server:
        await refused_then_mended(hass, gateway, f"127.0.0.1:{server.port}", "not_a_gateway")


async def test_says_that_a_web_server_without_the_page_is_no_gateway(
    hass: HomeAssistant, gateway: GatewayServer
) -> None:
    async with plain_server("gone", status=404) as server:
        await refused_then_mended(hass, gateway, f"127.0.0.1:{server.port}", "not_a_gateway")


async def test_says_that_firmware_before_7_is_too_old_and_goes_on(hass: HomeAssistant, gateway: GatewayServer) -> None:
    firmware = gateway.state.firmware
    gateway.set_firmware("D5.0.62")
    result = await step(hass, await start_flow(hass), {"host": gateway.host})
    assert result["errors"] == {"host": "firmware_too_old"}
    gateway.set_firmware(firmware)
    result = await step(hass, result, {"host": gateway.host})
    assert result["step_id"] == "iq_gateway_auth"


async def test_knows_an_old_gateway_that_speaks_no_https(hass: HomeAssistant, gateway: GatewayServer) -> None:
    old = "<envoy_info><time>1</time><device><sn>121621000000</sn><software>R4.10.35</software></device></envoy_info>"
    async with plain_server(old) as server:
        await refused_then_mended(hass, gateway, f"127.0.0.1:{server.port}", "firmware_too_old")


async def test_a_new_gateway_that_answers_without_https_only_cannot_be_used(
    hass: HomeAssistant, gateway: GatewayServer
) -> None:
    new = "<envoy_info><time>1</time><device><sn>121621000000</sn><software>D8.3.1</software></device></envoy_info>"
    async with plain_server(new) as server:
        await refused_then_mended(hass, gateway, f"127.0.0.1:{server.port}", "cannot_connect")


async def test_says_that_the_gateway_is_set_up_already(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry
) -> None:
    result = await step(hass, await start_flow(hass), {"host": gateway.host})
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"


async def refused_then_mended(hass: HomeAssistant, gateway: GatewayServer, host: str, problem: str) -> None:
    """Check that an address is refused with a message, and that the right one then leads to an entry."""
    result = await step(hass, await start_flow(hass), {"host": host})
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "iq_gateway"
    assert result["errors"] == {"host": problem}
    result = await step(hass, result, {"host": gateway.host})
    result = await step(hass, result, {"next_step_id": "iq_gateway_token"})
    await finished(hass, await step(hass, result, {"token": gateway.token()}))


def plain_server(text: str, status: int = 200) -> TestServer:
    """Return a web server without encryption that answers `/info` with a text."""

    async def info(_: web.Request) -> web.Response:
        return web.Response(text=text, status=status, content_type="text/xml")

    app = web.Application()
    app.router.add_get("/info", info)
    return TestServer(app, host="127.0.0.1")


# -- accounts -----------------------------------------------------------------


async def test_says_that_the_password_is_wrong_and_goes_on(
    hass: HomeAssistant, gateway: GatewayServer, account: AccountServer
) -> None:
    result = await step(hass, await to_login(hass, gateway.host), {**LOGIN, "password": "wrong"})
    assert result["errors"] == {"base": "invalid_auth"}
    await finished(hass, await step(hass, result, LOGIN))


async def test_a_password_is_not_shown_again_after_a_mistake(
    hass: HomeAssistant, gateway: GatewayServer, account: AccountServer
) -> None:
    result = await step(hass, await to_login(hass, gateway.host), {**LOGIN, "password": "wrong"})
    schema = result["data_schema"]
    assert schema is not None
    suggested = {str(key): (key.description or {}).get("suggested_value") for key in schema.schema}
    assert suggested["username"] == LOGIN["username"]
    assert suggested["password"] is None


async def test_an_account_with_two_factors_is_asked_for_its_code(
    hass: HomeAssistant, gateway: GatewayServer, account: AccountServer
) -> None:
    account.add_account("safe@example.com", "right", two_factor=True)
    result = await step(hass, await to_login(hass, gateway.host), {**LOGIN, "username": "safe@example.com"})
    assert result["step_id"] == "iq_gateway_code"
    assert not result["errors"]
    result = await step(hass, result, {"code": "000000", "send_again": False})
    assert result["errors"] == {"code": "code_wrong"}
    code = account.mailbox.code("safe@example.com")
    entry = await finished(hass, await step(hass, result, {"code": code, "send_again": False}))
    # The password alone is of no use.
    assert "password" not in entry.data


async def test_says_that_the_gateway_is_not_in_the_account_and_goes_on(
    hass: HomeAssistant, gateway: GatewayServer, account: AccountServer
) -> None:
    account.add_account("neighbour@example.com", "right", serials=["123456789012"])
    result = await step(hass, await to_login(hass, gateway.host), {**LOGIN, "username": "neighbour@example.com"})
    assert result["errors"] == {"base": "gateway_not_in_account"}
    await finished(hass, await step(hass, result, LOGIN))


@pytest.mark.parametrize(("status", "problem"), [(429, "account_blocked"), (503, "account_unreachable")])
async def test_says_that_the_account_service_refuses_and_goes_on(
    hass: HomeAssistant, gateway: GatewayServer, account: AccountServer, status: int, problem: str
) -> None:
    account.refuse(status)
    result = await step(hass, await to_login(hass, gateway.host), LOGIN)
    assert result["errors"] == {"base": problem}
    account.accept()
    await finished(hass, await step(hass, result, LOGIN))


async def test_says_that_a_blocked_account_is_blocked(
    hass: HomeAssistant, gateway: GatewayServer, account: AccountServer
) -> None:
    account.add_account("tried@example.com", "right", blocked=True)
    result = await step(hass, await to_login(hass, gateway.host), {**LOGIN, "username": "tried@example.com"})
    assert result["errors"] == {"base": "account_blocked"}


async def test_an_installers_account_is_warned_of_the_short_life_of_its_token(
    hass: HomeAssistant, gateway: GatewayServer, account: AccountServer
) -> None:
    account.add_account("installer@example.com", "right", role="installer")
    result = await step(hass, await to_login(hass, gateway.host), {**LOGIN, "username": "installer@example.com"})
    assert result["errors"] == {"base": "token_of_installer"}
    await finished(hass, await step(hass, result, {**LOGIN, "username": "installer@example.com"}))


async def test_a_password_never_reaches_the_log(
    hass: HomeAssistant, gateway: GatewayServer, account: AccountServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", logger="custom_components.energy_site")
    secret = "correct horse battery staple"
    account.add_account("secret@example.com", secret)
    result = await step(
        hass, await to_login(hass, gateway.host), {**LOGIN, "username": "secret@example.com", "password": secret}
    )
    entry = await finished(hass, result)
    ours = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("custom_components"))
    assert "meters/readings" in ours
    for text in (secret, "secret@example.com", entry.data["token"], gateway.serial):
        assert text not in ours


# -- tokens -------------------------------------------------------------------


async def test_says_that_a_token_is_for_another_gateway_and_goes_on(
    hass: HomeAssistant, gateway: GatewayServer
) -> None:
    await token_refused_then_mended(hass, gateway, gateway.token(serial="999999999999"), "token_of_another_gateway")


async def test_says_that_a_token_has_expired_and_goes_on(hass: HomeAssistant, gateway: GatewayServer) -> None:
    old = gateway.token(issued_at=datetime.now(UTC).timestamp() - 1000, lifetime=900)
    await token_refused_then_mended(hass, gateway, old, "token_expired")


@pytest.mark.parametrize("kept", [12, 100, -1, -40])
async def test_says_that_a_token_was_cut_off_and_goes_on(
    hass: HomeAssistant, gateway: GatewayServer, kept: int
) -> None:
    await token_refused_then_mended(hass, gateway, gateway.token()[:kept], "token_malformed")


async def test_says_that_the_gateway_refuses_a_token_and_goes_on(hass: HomeAssistant, gateway: GatewayServer) -> None:
    token = gateway.token()
    gateway.revoke_tokens()
    await token_refused_then_mended(hass, gateway, token, "token_refused")


async def test_an_installers_token_is_taken_when_it_is_submitted_again(
    hass: HomeAssistant, gateway: GatewayServer
) -> None:
    token = gateway.token(role="installer", lifetime=43_200)
    result = await step(hass, await to_token(hass, gateway.host), {"token": token})
    assert result["errors"] == {"token": "token_of_installer"}
    await finished(hass, await step(hass, result, {"token": token}))


async def test_says_that_the_gateway_is_gone_while_the_token_is_checked(
    hass: HomeAssistant, gateway: GatewayServer
) -> None:
    result = await to_token(hass, gateway.host)
    gateway.faults.add(Reset(), "/auth/check_jwt", count=4)
    result = await step(hass, result, {"token": gateway.token()})
    assert result["errors"] == {"token": "cannot_connect"}
    gateway.faults.clear()
    await finished(hass, await step(hass, result, {"token": gateway.token()}))


async def test_a_gateway_that_cannot_check_tokens_is_believed(hass: HomeAssistant, gateway: GatewayServer) -> None:
    gateway.faults.add(HttpStatus(404), "/auth/check_jwt")
    await finished(hass, await step(hass, await to_token(hass, gateway.host), {"token": gateway.token()}))


async def token_refused_then_mended(hass: HomeAssistant, gateway: GatewayServer, token: str, problem: str) -> None:
    """Check that a token is refused with a message, and that a good one then leads to an entry."""
    result = await step(hass, await to_token(hass, gateway.host), {"token": token})
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "iq_gateway_token"
    assert result["errors"] == {"token": problem}
    await finished(hass, await step(hass, result, {"token": gateway.token()}))


# -- discovery ----------------------------------------------------------------


async def test_a_discovered_gateway_asks_only_for_the_token(hass: HomeAssistant, gateway: GatewayServer) -> None:
    result = await discover(hass, announced(gateway))
    assert result["type"] is FlowResultType.MENU
    assert result["step_id"] == "iq_gateway_auth"
    [flow] = hass.config_entries.flow.async_progress()
    assert flow["context"]["title_placeholders"] == {"name": f"IQ Gateway {gateway.serial[-4:]}"}
    result = await step(hass, result, {"next_step_id": "iq_gateway_token"})
    entry = await finished(hass, await step(hass, result, {"token": gateway.token()}))
    assert entry.data["host"] == gateway.host


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"address": "fe80::1"}, "not_ipv4_address"),
        ({"address": "169.254.120.1"}, "not_a_gateway"),
        ({"properties": {}}, "not_a_gateway"),
        ({"properties": {"serialnum": "[Click here](https://example.com)"}}, "not_a_gateway"),
        ({"properties": {"serialnum": "4" * 65}}, "not_a_gateway"),
    ],
)
async def test_ignores_what_cannot_be_reached_or_named(
    hass: HomeAssistant, gateway: GatewayServer, changes: dict[str, Any], reason: str
) -> None:
    result = await discover(hass, announced(gateway, **changes))
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == reason


async def test_a_discovered_gateway_with_old_firmware_is_left_alone(
    hass: HomeAssistant, gateway: GatewayServer
) -> None:
    gateway.set_firmware("R4.10.35")
    result = await discover(hass, announced(gateway))
    assert result["reason"] == "firmware_too_old"


async def test_another_serial_number_than_announced_is_refused(
    hass: HomeAssistant, gateway: GatewayServer, another_gateway: GatewayServer
) -> None:
    result = await discover(hass, announced(gateway, port=another_gateway.port))
    assert result["reason"] == "another_gateway"


# -- signing in anew ----------------------------------------------------------


async def test_new_credentials_replace_the_old_ones(
    hass: HomeAssistant, gateway: GatewayServer, account: AccountServer, entry: MockConfigEntry
) -> None:
    gateway.revoke_tokens()
    result = await entry.start_reauth_flow(hass)
    assert result["type"] is FlowResultType.MENU
    assert result["step_id"] == "iq_gateway_auth"
    result = await step(hass, result, {"next_step_id": "iq_gateway_login"})
    result = await step(hass, result, LOGIN)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reauth_successful"
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.data["password"] == LOGIN["password"]
    assert entry.state is ConfigEntryState.LOADED


async def test_signing_in_anew_says_that_the_token_is_for_another_gateway(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry
) -> None:
    result = await step(hass, await entry.start_reauth_flow(hass), {"next_step_id": "iq_gateway_token"})
    result = await step(hass, result, {"token": gateway.token(serial="999999999999")})
    assert result["errors"] == {"token": "token_of_another_gateway"}
    result = await step(hass, result, {"token": gateway.token()})
    assert result["reason"] == "reauth_successful"


async def test_signing_in_anew_says_that_the_gateway_does_not_answer_and_goes_on(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry
) -> None:
    gateway.faults.add(Reset())
    result = await step(hass, await entry.start_reauth_flow(hass), {"next_step_id": "iq_gateway_token"})
    result = await step(hass, result, {"token": gateway.token()})
    assert result["errors"] == {"token": "cannot_connect"}
    gateway.faults.clear()
    result = await step(hass, result, {"token": gateway.token()})
    assert result["reason"] == "reauth_successful"


async def test_signing_in_anew_sends_nothing_to_a_stranger(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry
) -> None:
    await gateway.rotate_certificate()
    gateway.stats.reset()
    result = await step(hass, await entry.start_reauth_flow(hass), {"next_step_id": "iq_gateway_token"})
    result = await step(hass, result, {"token": gateway.token()})
    assert result["errors"] == {"token": "certificate_changed"}
    assert gateway.stats.bearer == 0


# -- another address ----------------------------------------------------------


async def test_another_address_keeps_the_token(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry
) -> None:
    token = entry.data["token"]
    result = await entry.start_reconfigure_flow(hass)
    assert result["step_id"] == "reconfigure"
    result = await step(hass, result, {"host": f"https://{gateway.host}/"})
    assert result["reason"] == "reconfigure_successful"
    assert entry.data["host"] == gateway.host
    assert entry.data["token"] == token


async def test_a_new_address_at_which_nothing_answers_is_refused_and_goes_on(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, unused_tcp_port: int
) -> None:
    result = await entry.start_reconfigure_flow(hass)
    result = await step(hass, result, {"host": f"127.0.0.1:{unused_tcp_port}"})
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {"host": "cannot_connect"}
    result = await step(hass, result, {"host": gateway.host})
    assert result["reason"] == "reconfigure_successful"


async def test_a_gateway_announced_at_a_usual_port_is_looked_for_at_the_one_that_encrypts(
    hass: HomeAssistant, gateway: GatewayServer
) -> None:
    result = await discover(hass, announced(gateway, port=80))
    assert result["reason"] == "cannot_connect"
    assert not gateway.stats.requests


async def test_another_serial_number_at_the_address_is_refused_and_goes_on(
    hass: HomeAssistant, gateway: GatewayServer, another_gateway: GatewayServer, entry: MockConfigEntry
) -> None:
    result = await entry.start_reconfigure_flow(hass)
    result = await step(hass, result, {"host": another_gateway.host})
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {"host": "another_gateway"}
    assert another_gateway.stats.bearer == 0
    result = await step(hass, result, {"host": gateway.host})
    assert result["reason"] == "reconfigure_successful"


async def test_a_token_that_no_longer_works_is_asked_for_along_with_the_address(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry
) -> None:
    gateway.revoke_tokens()
    result = await step(hass, await entry.start_reconfigure_flow(hass), {"host": gateway.host})
    assert result["type"] is FlowResultType.MENU
    result = await step(hass, result, {"next_step_id": "iq_gateway_token"})
    token = gateway.token(lifetime=1_000_000)
    result = await step(hass, result, {"token": token})
    assert result["reason"] == "reconfigure_successful"
    assert entry.data["token"] == token


# -- options ------------------------------------------------------------------


async def test_intervals_are_changed_within_bounds(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, gateway: GatewayServer, entry: MockConfigEntry
) -> None:
    result = await open_settings(hass, entry)
    assert result["type"] is FlowResultType.FORM
    assert result["data_schema"] is not None
    usual = {str(key): key.default() for key in result["data_schema"].schema}
    assert usual == {
        "power": 10,
        "battery": 15,
        "grid": 15,
        "devices": 60,
        "inverters": 300,
        "settings": 900,
        "rare": 21600,
        "live": 1,
        "live_minutes": 15,
        "net_phases": False,
    }
    with pytest.raises(Exception, match="power"):
        await hass.config_entries.options.async_configure(result["flow_id"], {**usual, "power": 1})
    result = await hass.config_entries.options.async_configure(result["flow_id"], {**usual, "power": 30})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.options["power"] == 30
    coordinator = entry.runtime_data.poller.coordinators["meter_readings"]
    assert coordinator.update_interval == timedelta(seconds=30)


async def test_first_screen_offers_the_gateway(hass: HomeAssistant) -> None:
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": "user"})
    assert result["type"] is FlowResultType.MENU
    assert result["menu_options"] == ["iq_gateway", "enphase_account", "enphase_cloud", "enlighten", "tesla"]


async def test_options_are_a_menu_of_what_applies(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    result = await hass.config_entries.options.async_init(entry.entry_id)
    assert result["type"] is FlowResultType.MENU
    assert "settings" in result["menu_options"]


async def test_a_site_without_anything_to_change_says_so(hass: HomeAssistant) -> None:
    entry = MockConfigEntry(domain=DOMAIN, data={"source": "iq_gateway"})
    entry.add_to_hass(hass)
    # It is the menu alone, as of a vendor without settings, and the entry isn't loaded.
    menu = OptionsMenu()
    menu.hass, menu.handler = hass, entry.entry_id
    result = await menu.async_step_init()
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "no_options"


def test_an_unknown_source_has_no_options() -> None:
    entry = MockConfigEntry(domain=DOMAIN, data={"source": "of_a_later_version"})
    assert not FrontDoor.async_supports_options_flow(entry)
    with pytest.raises(LookupError):
        FrontDoor.async_get_options_flow(entry)


@pytest.mark.parametrize("data", [{}, {"source": "of_a_later_version"}])
async def test_an_entry_of_a_later_version_is_left_alone(hass: HomeAssistant, data: dict[str, Any]) -> None:
    entry = MockConfigEntry(domain=DOMAIN, data=data, unique_id="later")
    entry.add_to_hass(hass)
    for result in (await entry.start_reconfigure_flow(hass), await entry.start_reauth_flow(hass)):
        assert result["type"] is FlowResultType.ABORT
        assert result["reason"] == "unknown_source"
    assert dict(entry.data) == data
