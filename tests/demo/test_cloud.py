"""The demo's cloud: of the same house as its gateway, and open to its owner."""

from aiohttp import ClientSession
import pytest

from demo.account import CAREFUL, EMAIL, connect_account
from demo.api import PASSWORD, HomeAssistantError
from demo.cities import find_city
from demo.cloud import CALLBACK, SITE, agree, allow_link, connect, shown_code
from demo.home import Home, furnish, live_through
from demo.options import parse
from demo.words import ready
from simulator.clock import ManualClock
from simulator.enphase_cloud import MEGAWATT
from simulator.iq_gateway import GatewayServer

NOW = 1_781_956_800.0
CITY = find_city("Valencia")
HERE = "http://127.0.0.1:8123"


@pytest.fixture(name="home", scope="module")
def home_fixture() -> Home:
    """Return a home that nobody serves."""
    preset = furnish("home", CITY)
    life = live_through(preset.house, NOW)
    gateway = GatewayServer(life.house, preset.gateway, clock=ManualClock(NOW))
    cloud = connect(gateway, life.archive, CITY, f"{HERE}{CALLBACK}")
    account = connect_account(gateway, life.archive, "Home", gateway.clock)
    return Home(gateway=gateway, cloud=cloud, account=account, rows=life.rows)


def test_gateway_and_cloud_have_one_house(home: Home) -> None:
    """Whichever is asked, both have lived until then."""
    clock, system = home.gateway.clock, home.cloud.system
    assert isinstance(clock, ManualClock)
    assert (system.house, system.gateway) == (home.gateway.house, home.gateway)
    assert home.cloud.server.clock is clock
    clock.advance(600)
    home.cloud.server.advance()
    assert home.house.time == clock.now()
    clock.advance(600)
    assert home.house.time == clock.now()
    assert system.archive.end == clock.now() // 300 * 300


def test_the_application_can_do_everything(home: Home) -> None:
    """It may also lead people back to Home Assistant."""
    application = home.cloud.application
    assert application.plan is MEGAWATT
    assert application.redirects == {f"{HERE}/auth/external/callback"}
    assert f"enphase_{home.cloud.system.system_id}" == SITE


async def test_its_owner_agrees_and_gets_a_code(home: Home, socket_enabled: None) -> None:
    """On the pages of the cloud itself; a code is good for tokens."""
    application, server = home.cloud.application, home.cloud.server
    async with server, ClientSession() as session:
        redirect = f"{server.url}/oauth/redirect_uri"
        address = f"{server.url}/oauth/authorize?response_type=code&client_id={application.client_id}&redirect_uri="
        code = await agree(session, address + redirect)
        tokens = server.tokens.redeem(
            code, application.client_id, "https://api.enphaseenergy.com/oauth/redirect_uri", server.clock.now()
        )
    assert tokens is not None


def test_pages_are_read() -> None:
    """What is no such page is shown to whoever wonders."""
    page = '<a id="allow" href="/oauth/authorize?a=b&amp;c=true">Allow</a>'
    assert str(allow_link(page, "http://cloud/oauth/authorize?a=b")) == "http://cloud/oauth/authorize?a=b&c=true"
    assert shown_code('<p id="code">a&amp;b</p>') == "a&b"
    for read in (shown_code, lambda page: allow_link(page, "http://cloud")):
        with pytest.raises(HomeAssistantError, match="nothing here"):
            read("nothing here")


@pytest.mark.parametrize("cloud", [False, True])
def test_whoever_starts_it_is_told_everything(home: Home, *, cloud: bool) -> None:
    """In a few lines, with all that is typed; what is set up already has to be removed first."""
    text = ready(parse(["--cloud"] if cloud else []), HERE, home)
    application = home.cloud.application
    for told in (
        HERE,
        PASSWORD,
        EMAIL,
        CAREFUL,
        home.account.password,
        application.key,
        application.client_secret,
        "Megawatt",
    ):
        assert told in text
    assert application.client_id in text
    assert text.count("remove it first") == 1 + cloud
    assert len(text.splitlines()) < 22
    assert max(map(len, text.splitlines())) <= 120
    assert "configuration stays" in ready(parse(["--config", "here"]), HERE, home)
