"""Consent, codes and tokens of Enphase's cloud."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from yarl import URL

from simulator.clock import ManualClock
from simulator.enphase_cloud import Application, CloudServer, CloudSite, Consent, Owner, lived
from simulator.house import HouseConfig

from .conftest import NOON

CALLBACK = "https://my.home-assistant.io/redirect/oauth"


@pytest.fixture
async def cloud(clock: ManualClock, socket_enabled: None) -> AsyncIterator[CloudServer]:
    """Serve two systems."""
    systems = [
        lived(HouseConfig(), now=NOON, days=0.5, site=CloudSite(system_id=number, name=f"Home {number}"))
        for number in (1, 2)
    ]
    async with CloudServer(systems, clock=clock) as server:
        yield server


@pytest.fixture
def application(cloud: CloudServer) -> Application:
    """Register an application with an address of its own."""
    return cloud.add_application("Energy Site", redirects=[CALLBACK])


async def consent(
    session: aiohttp.ClientSession, cloud: CloudServer, application: Application, **more: str
) -> tuple[int, URL]:
    """Return where an owner's browser is sent."""
    query = {"response_type": "code", "client_id": application.client_id, "redirect_uri": CALLBACK} | more
    url = f"{cloud.url}/oauth/authorize"
    async with session.get(url, params=query, allow_redirects=False) as response:
        return response.status, URL(response.headers.get("Location", ""))


async def ask_token(
    session: aiohttp.ClientSession, cloud: CloudServer, application: Application, secret: str | None = None, **form: str
) -> tuple[int, Any]:
    """Return the token endpoint's answer."""
    headers = {"Authorization": aiohttp.encode_basic_auth(application.client_id, secret or application.client_secret)}
    url = f"{cloud.url}/oauth/token"
    async with session.post(url, data=form, headers=headers) as response:
        return response.status, await response.json()


async def redeem(
    session: aiohttp.ClientSession, cloud: CloudServer, application: Application, code: str
) -> tuple[int, Any]:
    """Return the tokens for a code."""
    return await ask_token(
        session, cloud, application, grant_type="authorization_code", code=code, redirect_uri=CALLBACK
    )


async def test_a_consent_leads_to_tokens_that_open_the_api(
    session: aiohttp.ClientSession, cloud: CloudServer, application: Application
) -> None:
    """The code comes back with the state, and is good once."""
    status, location = await consent(session, cloud, application, state="abc")
    assert status == 302
    assert str(location.with_query(None)) == CALLBACK
    assert location.query["state"] == "abc"
    status, tokens = await redeem(session, cloud, application, location.query["code"])
    assert status == 200
    assert (tokens["token_type"], tokens["enl_uid"], tokens["expires_in"]) == ("bearer", "217231", 86_393)
    headers = {"key": application.key, "Authorization": f"Bearer {tokens['access_token']}"}
    async with session.get(f"{cloud.url}/api/v4/systems", headers=headers) as response:
        assert (await response.json())["total"] == 2
    status, error = await redeem(session, cloud, application, location.query["code"])
    assert (status, error["error"]) == (400, "invalid_grant")


async def test_parameters_in_the_query_do_as_well(
    session: aiohttp.ClientSession, cloud: CloudServer, application: Application
) -> None:
    """As the documents show it."""
    _, location = await consent(session, cloud, application)
    query = {"grant_type": "authorization_code", "code": location.query["code"], "redirect_uri": CALLBACK}
    headers = {"Authorization": aiohttp.encode_basic_auth(application.client_id, application.client_secret)}
    async with session.post(f"{cloud.url}/oauth/token", params=query, headers=headers) as response:
        assert response.status == 200


async def test_a_refresh_token_is_good_once(
    session: aiohttp.ClientSession, cloud: CloudServer, application: Application, clock: ManualClock
) -> None:
    """Each refresh brings the next one; a grace can be given."""
    first = cloud.grant(application)
    status, second = await ask_token(
        session, cloud, application, grant_type="refresh_token", refresh_token=first.refresh
    )
    assert status == 200
    assert second["refresh_token"] != first.refresh
    again = {"grant_type": "refresh_token", "refresh_token": first.refresh}
    assert (await ask_token(session, cloud, application, **again))[0] == 400
    cloud.tokens.refresh_grace = 60
    assert (await ask_token(session, cloud, application, **again))[0] == 200
    clock.advance(60)
    assert (await ask_token(session, cloud, application, **again))[0] == 400
    status, _ = await ask_token(
        session, cloud, application, grant_type="refresh_token", refresh_token=second["refresh_token"]
    )
    assert status == 200


async def test_tokens_end(
    session: aiohttp.ClientSession, cloud: CloudServer, application: Application, clock: ManualClock
) -> None:
    """Access after a day, refresh after some more, and both when consent is withdrawn."""
    assert cloud.tokens.refresh_lifetime == 30 * 86_400
    cloud.tokens.refresh_lifetime = 3 * 86_400
    tokens = cloud.grant(application)
    headers = cloud.headers(application, tokens)

    async def works() -> bool:
        async with session.get(f"{cloud.url}/api/v4/systems", headers=headers) as response:
            return response.status == 200

    assert await works()
    clock.advance(86_400)
    assert not await works()
    refresh = {"grant_type": "refresh_token", "refresh_token": tokens.refresh}
    clock.advance(2 * 86_400)
    assert (await ask_token(session, cloud, application, **refresh))[0] == 400
    tokens = cloud.grant(application)
    headers = cloud.headers(application, tokens)
    cloud.tokens.revoke()
    assert not await works()
    refresh["refresh_token"] = tokens.refresh
    assert (await ask_token(session, cloud, application, **refresh))[0] == 400


async def test_who_is_not_who_they_say_gets_nothing(
    session: aiohttp.ClientSession, cloud: CloudServer, application: Application
) -> None:
    """Wrong secrets, somebody else's code, an unknown address, no grant type."""
    form = {"grant_type": "refresh_token", "refresh_token": cloud.grant(application).refresh}
    status, error = await ask_token(session, cloud, application, secret="wrong", **form)
    assert (status, error["error"]) == (401, "invalid_client")
    async with session.post(f"{cloud.url}/oauth/token", data=form) as response:
        assert response.status == 401
    other = cloud.add_application("Other", redirects=[CALLBACK])
    assert (await ask_token(session, cloud, other, **form))[0] == 400
    _, location = await consent(session, cloud, application)
    assert (await redeem(session, cloud, other, location.query["code"]))[0] == 400
    assert (await consent(session, cloud, application, redirect_uri="https://elsewhere.example"))[0] == 400
    anywhere = cloud.add_application("Demo", redirects=["*"])
    assert (await consent(session, cloud, anywhere, redirect_uri="https://elsewhere.example"))[0] == 302
    assert (await consent(session, cloud, application, client_id="nobody"))[0] == 401
    assert (await consent(session, cloud, application, response_type="token"))[0] == 400
    assert (await ask_token(session, cloud, application))[1]["error"] == "invalid_request"
    status, error = await ask_token(session, cloud, application, grant_type="password")
    assert (status, error["error"]) == (400, "unsupported_grant_type")


async def test_a_code_lives_ten_minutes(
    session: aiohttp.ClientSession, cloud: CloudServer, application: Application, clock: ManualClock
) -> None:
    """Then it is invalid."""
    _, location = await consent(session, cloud, application)
    clock.advance(600)
    assert (await redeem(session, cloud, application, location.query["code"]))[0] == 400


async def test_an_owner_may_say_no(
    session: aiohttp.ClientSession, cloud: CloudServer, application: Application
) -> None:
    """At once, or on the page that asks."""
    cloud.policy.consent = Consent.DENY
    _, location = await consent(session, cloud, application, state="abc")
    assert dict(location.query) == {"error": "access_denied", "state": "abc"}
    cloud.policy.consent = Consent.ASK
    status, _ = await consent(session, cloud, application)
    assert status == 200
    _, location = await consent(session, cloud, application, user_oauth_approval="false")
    assert location.query["error"] == "access_denied"
    _, location = await consent(session, cloud, application, user_oauth_approval="true")
    assert "code" in location.query


async def test_without_an_address_of_its_own_a_page_shows_the_code(
    session: aiohttp.ClientSession, cloud: CloudServer
) -> None:
    """Which is redeemed at the vendor's address or at this one."""
    application = cloud.add_application()
    for redirect in ("https://api.enphaseenergy.com/oauth/redirect_uri", f"{cloud.url}/oauth/redirect_uri"):
        query = {"response_type": "code", "client_id": application.client_id, "redirect_uri": redirect}
        async with session.get(f"{cloud.url}/oauth/authorize", params=query) as response:
            code = response.url.query["code"]
            assert f'<p id="code">{code}</p>' in await response.text()
        status, _ = await ask_token(
            session, cloud, application, grant_type="authorization_code", code=code, redirect_uri=redirect
        )
        assert status == 200


async def test_keys_and_clients_belong_together(
    session: aiohttp.ClientSession, cloud: CloudServer, application: Application
) -> None:
    """A mismatch has words of its own; owners see their own systems."""
    other = cloud.add_application("Other")
    url = f"{cloud.url}/api/v4/systems"
    headers = cloud.headers(application) | {"key": other.key}
    async with session.get(url, headers=headers) as response:
        assert response.status == 401
        assert (await response.json())["details"] == "API Key -Client mismatch"
    owner = Owner(uid="9", systems=frozenset({2}))
    headers = cloud.headers(application, cloud.grant(application, owner))
    async with session.get(url, headers=headers) as response:
        assert [each["system_id"] for each in (await response.json())["systems"]] == [2]
    for number, status in ((2, 200), (1, 403), (3, 404)):
        async with session.get(f"{url}/{number}", headers=headers) as response:
            assert response.status == status
