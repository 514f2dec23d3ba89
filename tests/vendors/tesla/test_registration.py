"""How an application is registered in the region of an account, and what a person is told that is missing."""

from base64 import encodebytes
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
import json
from typing import Any

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from yarl import URL

from custom_components.energy_site.api.transport import Response, request
from custom_components.energy_site.const import DOMAIN
from custom_components.energy_site.vendors.tesla import registration
from custom_components.energy_site.vendors.tesla.key import _KEY, async_public_key, async_serve_key, read_public_key
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from simulator.iq_gateway import Reset
from simulator.tesla_cloud import DEVICE_DATA, KEY_PATH, Account, Application, Refuse, Region, TeslaServer, TooMany
from tests.cloud import location, shown
from tests.common import step

from .signing_in import CABIN, CALLBACK, REGISTER, TOKEN, asked, errors, finish, paste, sign_in, told, typed

pytestmark = pytest.mark.usefixtures("no_runtime")

DOMAIN_NAME = "home.example.com"
KEY = ec.generate_private_key(ec.SECP256R1()).public_key()
OF_CURVE, OF_NONE = bytes.fromhex("2a8648ce3d030107"), bytes.fromhex("2a8648ce3d030177")
UNKNOWN_CURVE = "".join(
    (
        "-----BEGIN PUBLIC KEY-----\n",
        encodebytes(
            KEY.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo).replace(OF_CURVE, OF_NONE)
        ).decode(),
        "-----END PUBLIC KEY-----\n",
    )
)
RSA = rsa.generate_private_key(65_537, 2048)


@dataclass(slots=True)
class Website:
    """A user's web server, and how often it was asked for the key."""

    text: str = ""
    status: int = 200
    requests: list[str] = field(default_factory=list)

    async def serve(self, request: web.Request) -> web.Response:
        """Answer with the file."""
        self.requests.append(request.path)
        return web.Response(text=self.text, status=self.status)


@pytest.fixture
async def website(fleet: TeslaServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Website]:
    """Serve a domain, to Tesla and to Home Assistant."""
    site = Website()
    app = web.Application()
    app.router.add_get(KEY_PATH, site.serve)
    async with TestServer(app) as server:
        fleet.hosts[DOMAIN_NAME] = f"http://127.0.0.1:{server.port}"

        async def on_loopback(session: ClientSession, method: str, url: URL, **more: Any) -> Response:
            # There is neither TLS nor a name server here.
            here = URL(fleet.hosts.get(url.host or "", "http://127.0.0.1:1")).with_path(url.path)
            return await request(session, method, here, **more)

        monkeypatch.setattr(registration, "request", on_loopback)
        yield site


@pytest.fixture
def unregistered(fleet: TeslaServer) -> Application:
    """Return an application that is registered nowhere."""
    return fleet.add_application(redirects=["*"], regions=[])


async def own_pem(hass: HomeAssistant) -> str:
    """Return the key that Home Assistant shows to the user."""
    return (await async_public_key(hass)).pem


def another_pem() -> str:
    """Return a key of somebody else."""
    return KEY.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


# -- the way that works ---------------------------------------------------------


async def test_an_application_is_registered_where_the_account_is_and_the_consent_stays_good(
    hass: HomeAssistant, fleet: TeslaServer, unregistered: Application, website: Website
) -> None:
    fleet.policy.account = Account(region=Region.EU)
    result = await sign_in(hass, unregistered, region="eu")
    assert errors(result, "tesla_registration") == {}
    assert told(result, "region") == "Europe, the Middle East, and Africa"
    assert told(result, "address") == f"https://example.com{KEY_PATH}"
    assert REGISTER not in asked(fleet)
    website.text = told(result, "key")
    assert website.text.startswith("-----BEGIN PUBLIC KEY-----")
    result = await step(hass, result, {"domain": DOMAIN_NAME})
    await finish(hass, result)
    assert set(unregistered.registrations) == {Region.EU}
    assert unregistered.registrations[Region.EU].public_key == (await async_public_key(hass)).point
    # One for the owner, one for the application itself.
    assert asked(fleet).count(TOKEN) == 2


async def test_says_that_the_account_is_in_another_region_than_the_one_that_was_chosen(
    hass: HomeAssistant, fleet: TeslaServer, website: Website
) -> None:
    application = fleet.add_application(redirects=["*"], regions=[Region.NA])
    fleet.policy.account = Account(region=Region.EU)
    result = await sign_in(hass, application, region="na")
    assert errors(result, "tesla_registration") == {"base": "account_elsewhere"}
    website.text = await own_pem(hass)
    entry = await finish(hass, await step(hass, result, {"domain": DOMAIN_NAME}))
    assert entry.data["region"] == "eu"
    assert application.registrations.keys() == {Region.NA, Region.EU}


@pytest.mark.parametrize("first", [False, True])
async def test_a_region_is_asked_for_before_it_knows_the_application(
    hass: HomeAssistant, fleet: TeslaServer, unregistered: Application, website: Website, first: bool
) -> None:
    fleet.policy.region_before_registration = first
    website.text = await own_pem(hass)
    result = await sign_in(hass, unregistered)
    await finish(hass, await step(hass, result, {"domain": DOMAIN_NAME}))


@pytest.mark.parametrize(
    "entered",
    [
        "HOME.example.com",
        " home.example.com. ",
        "https://Home.Example.com",
        "https://home.example.com:443/.well-known/x",
        "http://home.example.com:80/",
        "home.example.com/path?a=b",
        "home.example.com:443",
    ],
)
async def test_a_domain_is_understood_however_it_is_written(
    hass: HomeAssistant, unregistered: Application, website: Website, entered: str
) -> None:
    website.text = await own_pem(hass)
    result = await step(hass, await sign_in(hass, unregistered), {"domain": entered})
    await finish(hass, result)
    assert unregistered.registrations[Region.NA].domain == DOMAIN_NAME


async def test_signing_in_again_registers_an_application_that_is_no_longer_registered(
    hass: HomeAssistant, fleet: TeslaServer, unregistered: Application, website: Website
) -> None:
    website.text = await own_pem(hass)
    entry = await finish(hass, await step(hass, await sign_in(hass, unregistered), {"domain": DOMAIN_NAME}))
    unregistered.registrations.clear()
    entry.async_start_reauth(hass)
    await hass.async_block_till_done()
    [flow] = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    result = await hass.config_entries.flow.async_configure(flow["flow_id"])
    result = await paste(hass, await step(hass, result, {"paste_code": True}))
    assert result["step_id"] == "tesla_registration"
    result = await step(hass, result, {"domain": DOMAIN_NAME})
    assert result["reason"] == "reauth_successful"


async def test_tesla_may_take_a_while_to_apply_a_registration(
    hass: HomeAssistant, fleet: TeslaServer, unregistered: Application, website: Website
) -> None:
    website.text = await own_pem(hass)
    result = await sign_in(hass, unregistered)
    slow = fleet.faults.add(Refuse(412), "/api/1/products")
    result = await step(hass, result, {"domain": DOMAIN_NAME})
    assert errors(result, "tesla_registration") == {"base": "registration_pending"}
    assert shown(result) == {"domain": DOMAIN_NAME}
    slow.remove()
    await finish(hass, await step(hass, result, {"domain": DOMAIN_NAME}))


async def test_says_that_tesla_registered_another_key_where_that_does_not_do(
    hass: HomeAssistant, fleet: TeslaServer, unregistered: Application, website: Website
) -> None:
    website.text = another_pem()
    result = await sign_in(hass, unregistered)
    deaf = fleet.faults.add(Refuse(412), "/api/1/products")
    result = await step(hass, result, {"domain": DOMAIN_NAME})
    assert errors(result, "tesla_registration") == {"base": "another_key"}
    assert told(result, "address") == f"https://{DOMAIN_NAME}{KEY_PATH}"
    deaf.remove()
    website.text = await own_pem(hass)
    await finish(hass, await step(hass, result, {"domain": DOMAIN_NAME}))


# -- the domain ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entered", "expected"),
    [
        (" ", "needed"),
        ("localhost", "domain_malformed"),
        ("192.168.1.5", "domain_malformed"),
        ("https://[fd00::5]/", "domain_malformed"),
        ("ftp://home.example.com", "domain_malformed"),
        ("me@home.example.com", "domain_malformed"),
        ("home_of_mine.example.com", "domain_malformed"),
        ("-home.example.com", "domain_malformed"),
        ("home.example.com:x", "domain_malformed"),
        (f"{'a' * 64}.example.com", "domain_malformed"),
        ("https://home.example.com:8123", "domain_with_port"),
        ("home.example.com:80", "domain_with_port"),
        ("mytesla.example.com", "domain_names_tesla"),
    ],
)
async def test_says_what_is_wrong_with_a_domain_without_asking_tesla(
    hass: HomeAssistant,
    fleet: TeslaServer,
    unregistered: Application,
    website: Website,
    entered: str,
    expected: str,
) -> None:
    result = await step(hass, await sign_in(hass, unregistered), {"domain": entered})
    assert errors(result, "tesla_registration") == {"domain": expected}
    assert REGISTER not in asked(fleet)
    website.text = await own_pem(hass)
    await finish(hass, await step(hass, result, {"domain": DOMAIN_NAME}))


async def test_says_in_teslas_words_that_a_domain_is_no_allowed_origin(
    hass: HomeAssistant, unregistered: Application, website: Website
) -> None:
    unregistered.origins = frozenset({"other.example.com"})
    result = await step(hass, await sign_in(hass, unregistered), {"domain": DOMAIN_NAME})
    assert errors(result, "tesla_registration") == {"domain": "domain_refused"}
    assert told(result, "words") == "Domain must be one of the allowed origins"


async def test_says_that_the_domain_or_key_is_of_another_application(
    hass: HomeAssistant, fleet: TeslaServer, unregistered: Application, website: Website
) -> None:
    website.text = await own_pem(hass)
    await finish(hass, await step(hass, await sign_in(hass, unregistered), {"domain": DOMAIN_NAME}))
    another = fleet.add_application("Another", redirects=["*"], regions=[])
    result = await step(hass, await sign_in(hass, another), {"domain": DOMAIN_NAME})
    assert errors(result, "tesla_registration") == {"domain": "key_taken"}
    assert told(result, "words") == "Public key hash has already been taken"
    # A new key was made, which leads on.
    new = await own_pem(hass)
    assert new != website.text
    website.text = new
    await finish(hass, await step(hass, result, {"domain": DOMAIN_NAME}), CABIN)


# -- the key ------------------------------------------------------------------------


async def test_says_that_the_key_is_not_there(hass: HomeAssistant, unregistered: Application, website: Website) -> None:
    website.status = 404
    result = await step(hass, await sign_in(hass, unregistered), {"domain": DOMAIN_NAME})
    assert errors(result, "tesla_registration") == {"domain": "key_unreachable"}
    assert told(result, "address") == f"https://{DOMAIN_NAME}{KEY_PATH}"
    assert told(result, "problem") == "status 404"
    website.status, website.text = 200, await own_pem(hass)
    await finish(hass, await step(hass, result, {"domain": DOMAIN_NAME}))


async def test_says_that_the_domain_does_not_answer(
    hass: HomeAssistant, unregistered: Application, website: Website
) -> None:
    result = await step(hass, await sign_in(hass, unregistered), {"domain": "gone.example.com"})
    assert errors(result, "tesla_registration") == {"domain": "key_unreachable"}
    assert told(result, "problem") == "ClientConnectorError"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "key_malformed"),
        ("<html>Please sign in</html>", "key_malformed"),
        ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "key_malformed"),
        (
            RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
            "key_malformed",
        ),
        (UNKNOWN_CURVE, "key_malformed"),
        ("x" * 1_000_000, "key_unreachable"),
    ],
    ids=["nothing", "a page", "a part", "another kind", "an unknown curve", "endless"],
)
async def test_says_that_what_is_served_is_no_key(
    hass: HomeAssistant, unregistered: Application, website: Website, text: str, expected: str
) -> None:
    website.text = text
    result = await step(hass, await sign_in(hass, unregistered), {"domain": DOMAIN_NAME})
    assert errors(result, "tesla_registration") == {"domain": expected}
    website.text = await own_pem(hass)
    await finish(hass, await step(hass, result, {"domain": DOMAIN_NAME}))


async def test_says_that_another_key_is_served_where_tesla_refuses_it(
    hass: HomeAssistant, fleet: TeslaServer, unregistered: Application, website: Website
) -> None:
    website.text = another_pem()
    fleet.faults.add(Refuse(424, "registration rejected", ""), "/api/1/partner_accounts", count=1)
    result = await step(hass, await sign_in(hass, unregistered), {"domain": DOMAIN_NAME})
    assert errors(result, "tesla_registration") == {"domain": "key_differs"}
    assert told(result, "words") == "registration rejected"


async def test_another_key_that_tesla_accepts_is_good_enough(
    hass: HomeAssistant, unregistered: Application, website: Website
) -> None:
    website.text = another_pem()
    await finish(hass, await step(hass, await sign_in(hass, unregistered), {"domain": DOMAIN_NAME}))


async def test_says_in_teslas_words_that_it_refuses_though_all_is_well(
    hass: HomeAssistant, fleet: TeslaServer, unregistered: Application, website: Website
) -> None:
    website.text = await own_pem(hass)
    words = "Not today, [friend](https://evil.example) of owner@example.com"
    fleet.faults.add(Refuse(424, "registration rejected", words), "/api/1/partner_accounts", count=1)
    result = await step(hass, await sign_in(hass, unregistered), {"domain": DOMAIN_NAME})
    assert errors(result, "tesla_registration") == {"domain": "registration_refused"}
    assert told(result, "words").startswith("Not today, friend(https //evil.example) of")
    assert "owner@" not in told(result, "words")


async def test_a_refusal_without_words_has_its_status(
    hass: HomeAssistant, fleet: TeslaServer, unregistered: Application, website: Website
) -> None:
    website.text = await own_pem(hass)
    fleet.faults.add(Refuse(424, "", ""), "/api/1/partner_accounts", count=1)
    result = await step(hass, await sign_in(hass, unregistered), {"domain": DOMAIN_NAME})
    assert told(result, "words") == "status 424"


# -- the application's own token ------------------------------------------------------


async def test_says_that_the_application_gets_no_token_of_its_own(
    hass: HomeAssistant, unregistered: Application, website: Website
) -> None:
    unregistered.open_source = True
    result = await step(hass, await sign_in(hass, unregistered), {"domain": DOMAIN_NAME})
    assert errors(result, "tesla_registration") == {"base": "no_partner_token"}


async def test_a_secret_that_turns_out_to_be_refused_is_asked_for(
    hass: HomeAssistant, fleet: TeslaServer, unregistered: Application, website: Website
) -> None:
    website.text = await own_pem(hass)
    result = await sign_in(hass, unregistered)
    secret, unregistered.client_secret = unregistered.client_secret, "changed"
    result = await step(hass, result, {"domain": DOMAIN_NAME})
    assert errors(result, "tesla") == {"base": "application_refused"}
    unregistered.client_secret = secret
    result = await step(hass, result, typed(unregistered))
    assert result["step_id"] == "tesla_registration"
    await finish(hass, await step(hass, result, {"domain": DOMAIN_NAME}))


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Reset(), "cloud_unreachable"),
        (Refuse(502), "cloud_failing"),
        (TooMany(wait_in="none"), "quota_used_up_for_now"),
        (Refuse(402), "application_disabled"),
    ],
)
async def test_says_that_tesla_cannot_register_now(
    hass: HomeAssistant,
    fleet: TeslaServer,
    unregistered: Application,
    website: Website,
    fault: Any,
    expected: str,
) -> None:
    website.text = await own_pem(hass)
    result = await sign_in(hass, unregistered)
    fleet.faults.add(fault, "/api/1/partner_accounts")
    result = await step(hass, result, {"domain": DOMAIN_NAME})
    assert errors(result, "tesla_registration") == {"base": expected}
    fleet.faults.clear()
    await finish(hass, await step(hass, result, {"domain": DOMAIN_NAME}))


# -- the key that Home Assistant serves -------------------------------------------------


async def test_home_assistant_serves_the_key_where_its_own_address_is_the_domain(
    hass: HomeAssistant, fleet: TeslaServer, unregistered: Application, hass_client_no_auth: ClientSessionGenerator
) -> None:
    await hass.config.async_update(external_url=f"https://{DOMAIN_NAME}")
    result = await sign_in(hass, unregistered)
    assert shown(result) == {"domain": DOMAIN_NAME}
    assert told(result, "address") == f"https://{DOMAIN_NAME}{KEY_PATH}"
    client = await hass_client_no_auth()
    assert isinstance(client.server, TestServer)
    fleet.hosts[DOMAIN_NAME] = f"http://127.0.0.1:{client.server.port}"
    served = await client.get(told(result, "key_link"))
    assert served.status == 200
    assert served.content_type == "application/x-pem-file"
    assert await served.text() == told(result, "key")
    await finish(hass, await step(hass, result, {"domain": DOMAIN_NAME}))


async def test_a_frontend_is_led_from_the_form_to_the_site_with_a_registration_on_the_way(
    hass: HomeAssistant,
    fleet: TeslaServer,
    unregistered: Application,
    hass_client: ClientSessionGenerator,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    await hass.config.async_update(external_url=f"https://{DOMAIN_NAME}")
    for component in ("config", "application_credentials", DOMAIN):
        # A test's web server takes no views once it runs.
        assert await async_setup_component(hass, component, {})
    frontend, flows = await hass_client(), "/api/config/config_entries/flow"
    assert isinstance(frontend.server, TestServer)
    fleet.hosts[DOMAIN_NAME] = f"http://127.0.0.1:{frontend.server.port}"

    async def post(path: str, **answer: Any) -> Any:
        reply = await frontend.post(path, json=answer, headers={"HA-Frontend-Base": "https://example.com"})
        assert reply.status == 200, await reply.text()
        return await reply.json()

    flow = f"{flows}/{(await post(flows, handler=DOMAIN))['flow_id']}"
    result = await post(flow, next_step_id="tesla")
    assert result["description_placeholders"]["redirect_uri"] == CALLBACK
    assert result["description_placeholders"]["origin"] == f"https://{DOMAIN_NAME}"
    fields = {each["name"]: each for each in result["data_schema"]}
    assert fields["client_secret"]["selector"]["text"]["type"] == "password"
    assert fields["region"]["selector"]["select"]["options"] == ["na", "eu", "cn"]
    assert {name for name, each in fields.items() if each.get("required")} == {"client_id", "client_secret", "region"}
    fleet.policy.unticked = frozenset({DEVICE_DATA})
    result = await post(flow, **typed(unregistered, paste_code=False))
    assert result["type"] == "external"
    back = await location(result["url"])
    assert (await (await hass_client_no_auth()).get(back.path_qs)).status == 200
    result = await (await frontend.get(flow)).json()
    assert result["errors"] == {"base": "scope_missing"}
    fleet.policy.unticked = frozenset()
    result = await post(flow, **typed(unregistered, paste_code=False))
    back = await location(result["url"])
    assert (await (await hass_client_no_auth()).get(back.path_qs)).status == 200
    result = await (await frontend.get(flow)).json()
    assert result["step_id"] == "tesla_registration"
    result = await post(flow, domain=DOMAIN_NAME)
    assert result["step_id"] == "site"
    result = await post(flow, site="100001")
    assert result["type"] == "create_entry"


async def test_an_address_with_a_port_is_none_that_tesla_reads(hass: HomeAssistant, unregistered: Application) -> None:
    await hass.config.async_update(external_url=f"https://{DOMAIN_NAME}:8123")
    assert shown(await sign_in(hass, unregistered)) == {"domain": None}


async def test_the_key_is_served_after_a_restart_too_and_there_is_none_before_it_is_needed(
    hass: HomeAssistant, hass_client_no_auth: ClientSessionGenerator
) -> None:
    assert await async_setup_component(hass, DOMAIN, {})
    client = await hass_client_no_auth()
    assert (await client.get(KEY_PATH)).status == 404
    pem = await own_pem(hass)
    assert await (await client.get(KEY_PATH)).text() == pem
    assert read_public_key(pem.encode()).point == (await async_public_key(hass)).point
    # It can't be served twice.
    async_serve_key(hass)


async def test_the_private_key_is_kept_from_others(hass: HomeAssistant, hass_storage: dict[str, Any]) -> None:
    pem = await own_pem(hass)
    [stored] = [each for name, each in hass_storage.items() if name == "energy_site.tesla_key"]
    assert stored["data"].keys() == {"private_key"}
    assert pem not in json.dumps(stored)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"private_key": 5},
        {"private_key": "no key"},
        {"private_key": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"},
        {"private_key": RSA.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()},
    ],
)
async def test_a_stored_key_that_cannot_be_read_is_kept_and_replaced(
    hass: HomeAssistant, hass_storage: dict[str, Any], data: dict[str, Any]
) -> None:
    hass_storage["energy_site.tesla_key"] = {"version": 1, "key": "energy_site.tesla_key", "data": data}
    assert (await own_pem(hass)).startswith("-----BEGIN PUBLIC KEY-----")
    assert hass_storage["energy_site.tesla_key"]["data"] != data


async def test_a_key_stays_the_same(hass: HomeAssistant, hass_storage: dict[str, Any]) -> None:
    pem = await own_pem(hass)
    hass.data.pop(_KEY)
    assert await own_pem(hass) == pem
