"""Consent, tokens, registration, regions and limits of Tesla's cloud."""

from base64 import urlsafe_b64decode
from collections.abc import AsyncIterator
import json
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
import pytest
from yarl import URL

from simulator.clock import ManualClock
from simulator.iq_gateway.faults import AnswerLost
from simulator.tesla_cloud import (
    COMMANDS,
    DEVICE_DATA,
    KEY_PATH,
    Account,
    Application,
    Consent,
    Limits,
    Refuse,
    Region,
    TeslaServer,
    TooMany,
    Write,
)

from .fleet import DAY, Fleet, serving

CALLBACK = "https://my.home-assistant.io/redirect/oauth"
SCOPE = f"openid offline_access {DEVICE_DATA} {COMMANDS}"


@pytest.fixture
async def fleet(session: aiohttp.ClientSession, clock: ManualClock) -> AsyncIterator[Fleet]:
    """Serve a site."""
    async with serving(session, clock) as fleet:
        yield fleet


@pytest.fixture
def application(fleet: Fleet) -> Application:
    """Add an application that may be answered at an address."""
    return fleet.cloud.add_application("Energy Site", redirects=[CALLBACK])


async def consent(fleet: Fleet, application: Application, **more: Any) -> tuple[int, URL]:
    """Return where an owner's browser is sent."""
    query: dict[str, Any] = {
        "response_type": "code",
        "client_id": application.client_id,
        "redirect_uri": CALLBACK,
        "scope": SCOPE,
    } | more
    url = f"{fleet.cloud.url}/oauth2/v3/authorize"
    async with fleet.session.get(url, params=query, allow_redirects=False) as response:
        return response.status, URL(response.headers.get("Location", ""))


async def token(fleet: Fleet, application: Application, **form: str) -> tuple[int, Any]:
    """Return the token endpoint's answer."""
    form = {"client_id": application.client_id, "client_secret": application.client_secret} | form
    async with fleet.session.post(f"{fleet.cloud.url}/oauth2/v3/token", data=form) as response:
        return response.status, await response.json()


async def redeem(fleet: Fleet, application: Application, code: str) -> tuple[int, Any]:
    """Return the tokens for a code."""
    return await token(fleet, application, grant_type="authorization_code", code=code, redirect_uri=CALLBACK)


async def products(fleet: Fleet, access: str, root: str | None = None) -> tuple[int, Any]:
    """Return the answer to whoever shows this token."""
    url = f"{root or fleet.cloud.url}/api/1/products"
    async with fleet.session.get(url, headers={"Authorization": f"Bearer {access}"}) as response:
        return response.status, await response.json()


def claims(access: str) -> dict[str, Any]:
    """Return what an access token says."""
    part = access.split(".")[1]
    read: dict[str, Any] = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return read


async def test_a_consent_leads_to_tokens_that_say_what_was_granted(
    fleet: Fleet, application: Application, clock: ManualClock
) -> None:
    """The code names its region, comes back with the state, and is good once, for ten minutes."""
    fleet.cloud.policy.account = Account(region=Region.EU)
    status, location = await consent(fleet, application, state="abc")
    assert (status, str(location.with_query(None)), location.query["state"]) == (302, CALLBACK, "abc")
    assert location.query["code"].startswith("EU_")
    status, tokens = await redeem(fleet, application, location.query["code"])
    assert (status, tokens["expires_in"], tokens["token_type"]) == (200, 28_800, "Bearer")
    said = claims(tokens["access_token"])
    assert said["scp"] == sorted(SCOPE.split())
    assert (said["sub"], said["ou_code"]) == (fleet.cloud.policy.account.sub, "EU")
    assert (await products(fleet, tokens["access_token"]))[0] == 200
    assert (await redeem(fleet, application, location.query["code"]))[1]["error"] == "invalid_grant"
    _, location = await consent(fleet, application)
    clock.advance(600)
    assert (await redeem(fleet, application, location.query["code"]))[0] == 400


async def test_who_is_not_who_they_say_gets_nothing(fleet: Fleet, application: Application) -> None:
    """An unknown client or address, a wrong secret, a wrong type of grant."""
    assert (await consent(fleet, application, client_id="nobody"))[0] == 400
    assert (await consent(fleet, application, redirect_uri="https://elsewhere.example"))[0] == 400
    assert (await consent(fleet, application, response_type="token"))[0] == 400
    _, location = await consent(fleet, application)
    form = {"grant_type": "authorization_code", "code": location.query["code"], "redirect_uri": CALLBACK}
    assert (await token(fleet, application, client_secret="wrong", **form))[1]["error"] == "invalid_client"
    assert (await token(fleet, application, client_id="nobody", **form))[0] == 401
    assert (await token(fleet, application, grant_type="password"))[1]["error"] == "unsupported_grant_type"
    assert (await products(fleet, "wrong"))[0] == 401


async def test_an_owner_may_say_no_or_leave_a_box_empty(fleet: Fleet, application: Application) -> None:
    """Reads work without the box of commands, writes do not; asked for all, it is a no."""
    policy = fleet.cloud.policy
    policy.consent = Consent.DENY
    assert (await consent(fleet, application))[1].query["error"] == "access_denied"
    policy.consent, policy.unticked = Consent.GRANT, frozenset({COMMANDS})
    assert (await consent(fleet, application, require_requested_scopes="true"))[1].query["error"] == "access_denied"
    _, location = await consent(fleet, application)
    _, tokens = await redeem(fleet, application, location.query["code"])
    assert COMMANDS not in claims(tokens["access_token"])["scp"]
    assert (await products(fleet, tokens["access_token"]))[0] == 200
    fleet.tokens = fleet.cloud.grant(fleet.application, scopes=[DEVICE_DATA])
    status, answer = await fleet.ask(fleet.site.path(Write.BACKUP), {"backup_reserve_percent": 50})
    assert (status, answer["error"], answer["response"]) == (403, "Unauthorized missing scopes", None)


async def test_the_page_has_a_box_for_each_scope(fleet: Fleet, application: Application) -> None:
    """What is ticked is granted; what was granted before may be answered at once, until it is revoked."""
    policy = fleet.cloud.policy
    policy.consent = Consent.ASK
    assert (await consent(fleet, application))[0] == 200
    assert (await consent(fleet, application, answer="deny"))[1].query["error"] == "access_denied"
    _, location = await consent(fleet, application, answer="allow", box=DEVICE_DATA)
    _, tokens = await redeem(fleet, application, location.query["code"])
    assert claims(tokens["access_token"])["scp"] == [DEVICE_DATA]
    assert "refresh_token" not in tokens
    policy.consent_remembered = True
    assert (await consent(fleet, application))[0] == 302
    assert (await consent(fleet, application, prompt_missing_scopes="true"))[0] == 200
    query = {"revoke_client_id": application.client_id, "back_url": "https://example.com/back"}
    url = f"{fleet.cloud.url}/user/revoke/consent"
    async with fleet.session.get(url, params=query, allow_redirects=False) as response:
        assert response.headers["Location"] == "https://example.com/back"
    assert (await products(fleet, tokens["access_token"]))[0] == 401
    assert (await consent(fleet, application))[0] == 200


async def test_the_refresh_token_used_last_is_forgiven_for_a_day(fleet: Fleet, clock: ManualClock) -> None:
    """It rotates and needs no secret; one used before the last is refused, and three months are the end."""

    async def refresh(text: str) -> tuple[int, Any]:
        return await token(fleet, fleet.application, client_secret="", grant_type="refresh_token", refresh_token=text)

    first = fleet.cloud.grant(fleet.application).refresh
    status, second = await refresh(first)
    assert status == 200
    clock.advance(DAY - 1)
    status, lost = await refresh(first)
    assert status == 200
    status, third = await refresh(lost["refresh_token"])
    assert status == 200
    status, answer = await refresh(first)
    assert (status, answer["error"]) == (401, "login_required")
    clock.advance(DAY)
    assert (await refresh(lost["refresh_token"]))[0] == 401
    assert (await refresh(second["refresh_token"]))[0] == 200
    clock.advance(90 * DAY)
    assert (await refresh(third["refresh_token"]))[0] == 401


async def test_an_answer_lost_after_a_rotation_is_made_up_for(fleet: Fleet) -> None:
    """The client still has the token it sent, and gets a new pair for it."""
    form = {"grant_type": "refresh_token", "refresh_token": fleet.cloud.grant(fleet.application).refresh}
    fleet.cloud.faults.add(AnswerLost(), "/oauth2/v3/token", count=1)
    with pytest.raises(aiohttp.ClientError):
        await token(fleet, fleet.application, **form)
    assert fleet.cloud.tokens.refreshes == 1
    status, tokens = await token(fleet, fleet.application, **form)
    assert (status, (await products(fleet, tokens["access_token"]))[0]) == (200, 200)


async def test_an_access_token_lives_eight_hours(fleet: Fleet, clock: ManualClock) -> None:
    """Then it is 401."""
    fleet.tokens = fleet.cloud.grant(fleet.application)
    clock.advance(28_799)
    assert (await fleet.ask("/api/1/products"))[0] == 200
    clock.advance(1)
    assert (await fleet.ask("/api/1/products"))[0] == 401


async def test_each_region_has_its_own_accounts_and_registrations(fleet: Fleet) -> None:
    """421 in a wrong one, 412 where the application is not registered, and a way to ask."""
    cloud = fleet.cloud
    application = cloud.add_application(regions=[Region.NA, Region.EU])
    access = cloud.grant(application, Account(region=Region.EU)).access
    assert (await products(fleet, access))[0] == 200
    assert (await products(fleet, access, cloud.api_url(Region.EU)))[0] == 200
    assert (await products(fleet, access, cloud.api_url(Region.NA)))[0] == 421
    assert (await products(fleet, access, cloud.api_url(Region.CN)))[0] == 412
    cloud.policy.region_before_registration = True
    assert (await products(fleet, access, cloud.api_url(Region.CN)))[0] == 421
    cloud.policy.bare_region = Region.NA
    assert (await products(fleet, access))[0] == 421
    headers = {"Authorization": f"Bearer {access}"}
    url = f"{cloud.api_url(Region.NA)}/api/1/users/region"
    async with fleet.session.get(url, headers=headers) as response:
        answer = (await response.json())["response"]
    assert answer == {"region": "eu", "fleet_api_base_url": cloud.api_url(Region.EU)}
    assert (await products(fleet, access))[0] == 200
    cloud.policy.bare_follows_region = False
    assert (await products(fleet, access))[0] == 421
    application.registrations.clear()
    async with fleet.session.get(url, headers=headers) as response:
        assert response.status == 412
    cloud.policy.region_needs_registration = False
    async with fleet.session.get(url, headers=headers) as response:
        assert response.status == 200
    assert cloud.stats.endpoints["/api/1/users/region"] == 3


async def register(fleet: Fleet, application: Application, domain: str) -> tuple[int, Any]:
    """Register a domain in Europe with a token of the application's own."""
    root = fleet.cloud.api_url(Region.EU)
    _, tokens = await token(fleet, application, grant_type="client_credentials", audience=root, scope=SCOPE)
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    url = f"{root}/api/1/partner_accounts"
    async with fleet.session.post(url, headers=headers, json={"domain": domain}) as response:
        answer = await response.json()
    if response.status == 200:
        query = {"domain": domain}
        async with fleet.session.get(f"{url}/public_key", headers=headers, params=query) as again:
            assert (await again.json())["response"]["public_key"] == answer["response"]["public_key"]
        async with fleet.session.get(f"{url}/public_key", headers=headers, params={"domain": "x.example"}) as again:
            assert again.status == 404
    return response.status, answer


async def test_registration_fetches_the_key_from_the_domain(fleet: Fleet, socket_enabled: None) -> None:
    """Refusals say why: the domain, who may have it, the key, whose it is."""
    cloud = fleet.cloud
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    served = {"text": key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()}

    async def serve(_: web.Request) -> web.Response:
        return web.Response(text=served["text"]) if served["text"] else web.Response(status=404)

    app = web.Application()
    app.router.add_get(KEY_PATH, serve)
    async with TestServer(app) as home:
        cloud.hosts["home.example.com"] = f"http://127.0.0.1:{home.port}"
        cloud.hosts["gone.example.com"] = "http://127.0.0.1:1"
        application = cloud.add_application(regions=[], origins=frozenset({"home.example.com", "gone.example.com"}))
        access = cloud.grant(application, Account(region=Region.EU)).access
        assert (await products(fleet, access))[0] == 412
        for domain in ("https://home.example.com", "home.example.com:8123", "Home.example.com", "tesla.example.com"):
            status, answer = await register(fleet, application, domain)
            assert (status, answer["error"]) == (400, f"Invalid domain: {domain}")
        assert (await register(fleet, application, "other.example.com"))[0] == 400
        assert (await register(fleet, application, "gone.example.com"))[0] == 424
        status, answer = await register(fleet, application, "home.example.com")
        point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint).hex()
        assert (status, answer["response"]["public_key"]) == (200, point)
        assert (await products(fleet, access))[0] == 200
        status, answer = await register(fleet, cloud.add_application(regions=[]), "home.example.com")
        assert (status, answer["error"]) == (422, "Public key hash has already been taken")
        other = rsa.generate_private_key(65_537, 2048).public_key()
        for text in ("", "no key", other.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()):
            served["text"] = text
            status, answer = await register(fleet, application, "home.example.com")
            assert (status, answer["error"]) == (424, "registration rejected")


async def test_partners_and_accounts_have_tokens_of_their_own(fleet: Fleet) -> None:
    """An application's token reads no site, an account's registers nothing, open source gets none."""
    application = fleet.application
    status, _ = await fleet.ask("/api/1/partner_accounts", {"domain": "example.com"})
    assert status == 403
    _, tokens = await token(fleet, application, grant_type="client_credentials", audience="x")
    assert (await products(fleet, tokens["access_token"]))[0] == 403
    assert (await token(fleet, application, grant_type="client_credentials"))[0] == 400
    application.open_source = True
    assert (await token(fleet, application, grant_type="client_credentials", audience="x"))[0] == 403


async def test_limits_tell_their_wait_in_a_header_the_body_or_nowhere(fleet: Fleet, clock: ManualClock) -> None:
    """By minute and day of an application, by read and write of a site."""
    policy, path = fleet.cloud.policy, fleet.site.path("live_status")

    async def waits(place: str) -> tuple[int, str | None, str | None, Any]:
        policy.wait_in = place
        headers = fleet.cloud.headers(fleet.application, fleet.tokens)
        async with fleet.session.get(f"{fleet.cloud.url}{path}", headers=headers) as response:
            kept = response.headers
            return response.status, kept.get("Retry-After"), kept.get("RateLimit-Reset"), (await response.json())

    policy.limits = Limits(read_every=300)
    assert (await waits("header"))[0] == 200
    clock.advance(100)
    assert (await waits("header"))[:3] == (429, "200", None)
    assert (await waits("rate"))[:3] == (429, None, "200")
    status, *_, body = await waits("body")
    assert (status, body["after"]) == (429, 200)
    assert "after" not in (await waits("none"))[3]
    clock.advance(200)
    assert (await waits("header"))[0] == 200
    policy.limits = Limits(writes_a_day=2, tariffs_a_month=1)
    strategy = {"tou_settings": {"optimization_strategy": "balanced"}}
    assert (await fleet.ask(fleet.site.path(Write.TARIFF), strategy))[0] == 200
    assert (await fleet.ask(fleet.site.path(Write.TARIFF), strategy))[0] == 429
    clock.advance(DAY)
    assert (await fleet.ask(fleet.site.path(Write.TARIFF), strategy))[0] == 429
    policy.limits = Limits(a_minute=1)
    assert [(await fleet.ask("/api/1/products"))[0] for _ in range(2)] == [200, 429]
    assert fleet.application.usage.refused == 7
    assert fleet.cloud.stats.over_quota["My application"] == 7
    policy.limits = Limits()
    fleet.cloud.faults.add(TooMany(wait_in="body"), path, count=1)
    assert (await fleet.ask(path))[1]["after"] == 86_400


async def test_whoever_spends_the_month_s_credit_is_disabled_until_the_next(fleet: Fleet, clock: ManualClock) -> None:
    """Where energy is billed: a read is a 500th, a write a 1000th of a dollar; failures of Tesla's are free."""
    usage, policy = fleet.application.usage, fleet.cloud.policy
    await fleet.ask("/api/1/products")
    await fleet.ask(fleet.site.path(Write.BACKUP), {"backup_reserve_percent": 50})
    fleet.site.set_behaviour(status=540)
    await fleet.ask(fleet.site.path("live_status"))
    assert usage.spent(clock.now()) == pytest.approx(0.003)
    fleet.application.credit = 0.003
    assert (await fleet.ask("/api/1/products"))[0] == 200
    policy.energy_billed = True
    assert (await fleet.ask("/api/1/products"))[0] == 402
    clock.advance(31 * DAY)
    assert (await fleet.ask("/api/1/products"))[0] == 200
    fleet.application.disabled = True
    assert (await fleet.ask("/api/1/products"))[0] == 402


@pytest.mark.parametrize("status", [400, 402, 403, 404, 408, 412, 421, 422, 423, 424, 429, 451, 499, 500, 540])
async def test_failures_have_an_envelope(fleet: Fleet, status: int) -> None:
    """With null as response and words of their own."""
    fleet.cloud.faults.add(Refuse(status), fleet.site.path("live_status"))
    answered, body = await fleet.ask(fleet.site.path("live_status"))
    assert (answered, body["response"]) == (status, None)
    assert body["error"]
    assert body["txid"]


async def test_gateways_in_between_answer_pages(fleet: Fleet) -> None:
    """502, 503 and 504."""
    for status in (502, 503, 504):
        fault = fleet.cloud.faults.add(Refuse(status))
        answered, body = await fleet.ask("/api/1/products")
        assert answered == status
        assert "<html>" in body
        fault.remove()
    assert (await fleet.ask("/api/1/nothing"))[0] == 404
    assert (await fleet.ask("/api/1/products", {}))[0] == 405
    assert (await fleet.ask("/elsewhere"))[0] == 404


def test_a_site_is_there_once(fleet: Fleet) -> None:
    """Its number is its own."""
    with pytest.raises(ValueError, match="already"):
        TeslaServer([fleet.site, fleet.site])
