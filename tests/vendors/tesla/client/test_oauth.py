"""An owner agrees, and a code becomes tokens; an application registers; or there is a reason why not."""

from typing import Any

import aiohttp
import jwt
import pytest

from custom_components.energy_site.api.errors import (
    ApiAuthError,
    ApiError,
    ApiPayloadError,
    ApiQuotaError,
    ApiRefusedError,
    ApiStatusError,
)
from custom_components.energy_site.api.oauth import (
    ClientRefusedError,
    CodeRefusedError,
    ConsentDeniedError,
    OAuthError,
    RedirectRefusedError,
    SignInNeededError,
    TokenSet,
)
from custom_components.energy_site.vendors.tesla.client.addresses import Region
from custom_components.energy_site.vendors.tesla.client.claims import TokenClaims, read_claims
from custom_components.energy_site.vendors.tesla.client.errors import NotRegisteredError, PartnerTokenRefusedError
from custom_components.energy_site.vendors.tesla.client.oauth import (
    SCOPES,
    WRITE_SCOPE,
    authorize_url,
    consent_url,
    exchange_code,
    partner_token,
    refresh,
    region_of_code,
)
from custom_components.energy_site.vendors.tesla.client.partner import PartnerClient
from tests.loopback import CloudServer, RequestBudget

from .server import PARTNER, TOKEN
from .shapes import KEY

CLIENT, SECRET, CODE, REFRESH = "c11ent-id", "c11ent-s3cret", "EU_c0de", "EU_r3fresh-0ld"
REDIRECT = "https://my.home-assistant.io/redirect/oauth"
CLAIMS = {
    "sub": "acc0unt-1",
    "ou_code": "EU",
    "scp": ["openid", "offline_access", "energy_device_data"],
    "exp": 1,
}
ACCESS = jwt.encode(CLAIMS, "k" * 32, algorithm="HS256")
TOKENS = {
    "access_token": ACCESS,
    "refresh_token": "EU_r3fresh-n3w",
    "id_token": "1d",
    "token_type": "Bearer",
    "expires_in": 28800,
}


def issue(cloud: CloudServer, payload: Any = None, **how: Any) -> None:
    """Answer for the tokens."""
    cloud.answer(TOKEN, payload, method="POST", **how)


async def exchanged(session: aiohttp.ClientSession) -> TokenSet:
    """Exchange the code."""
    return await exchange_code(session, CLIENT, SECRET, CODE, REDIRECT, region=Region.EU)


async def refreshed(session: aiohttp.ClientSession) -> TokenSet:
    """Renew the tokens."""
    return await refresh(session, CLIENT, REFRESH, region=Region.EU)


# -- consent ------------------------------------------------------------------


def test_the_page_to_agree_on_names_client_redirect_and_scopes_and_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ENERGY_SITE_TESLA_AUTH", raising=False)
    url = authorize_url(CLIENT, REDIRECT, region=Region.EU, state="st4te")
    assert str(url.with_query(None)) == "https://auth.tesla.com/oauth2/v3/authorize"
    assert dict(url.query) == {
        "response_type": "code",
        "client_id": CLIENT,
        "redirect_uri": REDIRECT,
        "scope": "openid offline_access energy_device_data energy_cmds",
        "prompt": "login",
        "prompt_missing_scopes": "true",
        "state": "st4te",
    }
    assert "state" not in authorize_url(CLIENT, REDIRECT, region=Region.EU).query
    assert authorize_url(CLIENT, REDIRECT, region=Region.CN).host == "auth.tesla.cn"


def test_the_page_to_withdraw_a_consent_names_the_client_and_the_way_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ENERGY_SITE_TESLA_AUTH", raising=False)
    url = consent_url(CLIENT, "https://ha.example/?a=1&b=2", region=Region.NA)
    assert str(url.with_query(None)) == "https://auth.tesla.com/user/revoke/consent"
    assert dict(url.query) == {"revoke_client_id": CLIENT, "back_url": "https://ha.example/?a=1&b=2"}


@pytest.mark.parametrize(
    ("code", "region"), [("EU_abc", Region.EU), ("NA_x", Region.NA), ("CN_x", Region.CN), ("abc_x", None), ("eu", None)]
)
def test_a_code_may_name_its_region(code: str, region: Region | None) -> None:
    assert region_of_code(code) is region


# -- tokens -------------------------------------------------------------------


async def test_a_code_becomes_tokens_for_the_region(session: aiohttp.ClientSession, cloud: CloudServer) -> None:
    issue(cloud, TOKENS)
    tokens = await exchanged(session)
    assert cloud.last.form() == {
        "grant_type": "authorization_code",
        "client_id": CLIENT,
        "client_secret": SECRET,
        "code": CODE,
        "redirect_uri": REDIRECT,
        "audience": "https://fleet-api.prd.eu.vn.cloud.tesla.com",
    }
    assert not cloud.last.query
    assert tokens == TokenSet(
        access_token=ACCESS,
        refresh_token="EU_r3fresh-n3w",
        token_type="Bearer",
        expires_in=28800,
        account="acc0unt-1",
    )
    assert ACCESS not in repr(tokens)
    assert "acc0unt" not in repr(tokens)


async def test_a_renewal_needs_no_secret_and_brings_another_refresh_token(
    session: aiohttp.ClientSession, cloud: CloudServer
) -> None:
    issue(cloud, TOKENS)
    assert (await refreshed(session)).refresh_token == "EU_r3fresh-n3w"
    assert cloud.last.form() == {"grant_type": "refresh_token", "client_id": CLIENT, "refresh_token": REFRESH}


async def test_a_refresh_token_stays_good_where_no_other_comes(
    session: aiohttp.ClientSession, cloud: CloudServer
) -> None:
    issue(cloud, {**TOKENS, "refresh_token": None})
    assert (await refreshed(session)).refresh_token == REFRESH


@pytest.mark.parametrize(
    ("status", "payload", "error"),
    [
        (401, {"error": "login_required", "error_description": "The refresh_token is invalid"}, SignInNeededError),
        (400, {"error": "invalid_grant"}, SignInNeededError),
        (400, {"error": "invalid_request", "error_description": "bad Refresh Token"}, SignInNeededError),
        (401, {"error": "invalid_client"}, ClientRefusedError),
        (400, {"error": "unauthorized_client"}, ClientRefusedError),
        (400, {"error": "something_new"}, OAuthError),
        (403, {"error": "access_denied"}, ConsentDeniedError),
        (429, {"error": "login_required"}, ApiQuotaError),
        (500, {"error": "login_required"}, ApiStatusError),
        (503, None, ApiStatusError),
        (403, None, ApiStatusError),
        (401, {}, ApiAuthError),
    ],
)
async def test_only_what_refuses_a_refresh_token_costs_a_sign_in(
    session: aiohttp.ClientSession, cloud: CloudServer, status: int, payload: Any, error: type[ApiError]
) -> None:
    issue(cloud, payload, status=status)
    with pytest.raises(ApiError) as caught:
        await refreshed(session)
    assert type(caught.value) is error
    assert REFRESH not in str(caught.value)


@pytest.mark.parametrize(
    ("payload", "error"),
    [
        ({"error": "invalid_grant", "error_description": f"code {CODE} expired"}, CodeRefusedError),
        ({"error": "invalid_auth_code"}, CodeRefusedError),
        ({"error": "invalid_request", "error_description": "The redirect_uri does not match"}, RedirectRefusedError),
        ({"error": "invalid_client"}, ClientRefusedError),
    ],
)
async def test_a_code_that_is_refused_says_what_is_wrong(
    session: aiohttp.ClientSession, cloud: CloudServer, payload: Any, error: type[ApiError]
) -> None:
    issue(cloud, payload, status=400)
    with pytest.raises(error) as caught:
        await exchanged(session)
    assert CODE not in str(caught.value)


@pytest.mark.parametrize("raw", [b"<html></html>", b"{}", b"null", b'{"access_token": "a"}', b'{"access_tok'])
async def test_what_holds_no_tokens_is_no_answer(
    session: aiohttp.ClientSession, cloud: CloudServer, raw: bytes
) -> None:
    issue(cloud, raw=raw)
    for get in (exchanged, refreshed):
        with pytest.raises(ApiPayloadError, match=r"^oauth/token: "):
            await get(session)


# -- claims -------------------------------------------------------------------


def test_a_token_says_who_agreed_to_what_and_where() -> None:
    claims = read_claims(ACCESS)
    assert claims.account == "acc0unt-1"
    assert claims.region is Region.EU
    assert claims.allows("energy_device_data") is True
    assert claims.allows(WRITE_SCOPE) is False
    assert "acc0unt" not in repr(claims)


def test_scopes_may_be_one_text() -> None:
    assert read_claims(jwt.encode({"scp": " ".join(SCOPES)}, "k" * 32)).scopes == frozenset(SCOPES)


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"scp": None, "sub": None, "ou_code": None},
        {"scp": 5, "sub": "", "ou_code": "MOON"},
        {"scp": {"a": 1}, "sub": "x" * 5000, "ou_code": ["EU"]},
        {"scp": ["a"] * 5000},
        {"scp": [5, None]},
    ],
)
def test_a_token_that_says_nothing_useful_says_nothing(claims: dict[str, Any]) -> None:
    assert read_claims(jwt.encode(claims, "k" * 32)) == TokenClaims()
    assert TokenClaims().allows(WRITE_SCOPE) is None


def test_a_token_may_grant_nothing() -> None:
    assert read_claims(jwt.encode({"scp": []}, "k" * 32)).allows(WRITE_SCOPE) is False


def test_what_is_no_scope_is_left_out() -> None:
    assert read_claims(jwt.encode({"scp": ["a", 5, None, "", "b\n"]}, "k" * 32)).scopes == frozenset({"a"})


@pytest.mark.parametrize("token", ["", "opaque", "a.b.c", "..", "é.é.é", "\ud800.a.b", "x" * 100_000, ACCESS[:40]])
def test_a_text_that_is_no_token_says_nothing(token: str) -> None:
    assert read_claims(token) == TokenClaims()


def test_a_token_that_is_nested_without_end_says_nothing() -> None:
    deep = jwt.api_jws.encode(b'{"scp":' + b"[" * 5500 + b"]" * 5500 + b"}", "k" * 32)
    assert read_claims(deep) == TokenClaims()


# -- registration -------------------------------------------------------------


@pytest.fixture
def partner(session: aiohttp.ClientSession, cloud: CloudServer) -> PartnerClient:
    """Return an application that Tesla gives a token of its own."""
    issue(cloud, {"access_token": "partner-1", "expires_in": 28800, "token_type": "Bearer"})
    return PartnerClient(session, CLIENT, SECRET, region=Region.EU)


async def test_an_application_gets_a_token_of_its_own_for_the_region(
    session: aiohttp.ClientSession, cloud: CloudServer
) -> None:
    issue(cloud, {"access_token": "partner-1", "expires_in": 28800})
    issued = await partner_token(session, CLIENT, SECRET, region=Region.EU)
    assert cloud.last.form() == {
        "grant_type": "client_credentials",
        "client_id": CLIENT,
        "client_secret": SECRET,
        "scope": "openid energy_device_data energy_cmds",
        "audience": "https://fleet-api.prd.eu.vn.cloud.tesla.com",
    }
    assert (issued.access_token, issued.expires_in) == ("partner-1", 28800)
    assert "partner-1" not in repr(issued)


async def test_an_application_that_was_registered_as_open_source_gets_no_token(
    session: aiohttp.ClientSession, cloud: CloudServer
) -> None:
    issue(cloud, {"error": "unauthorized_client"}, status=400)
    with pytest.raises(PartnerTokenRefusedError):
        await partner_token(session, CLIENT, SECRET, region=Region.EU)


async def test_a_domain_is_registered_with_the_applications_own_token(
    cloud: CloudServer, partner: PartnerClient
) -> None:
    cloud.answer(PARTNER, {"response": {"account_id": "x", "domain": "a.example", "public_key": KEY}}, method="POST")
    registered = await partner.register("a.example")
    assert registered.public_key == KEY
    assert cloud.last.json() == {"domain": "a.example"}
    assert cloud.last.token == "partner-1"
    cloud.answer(f"{PARTNER}/public_key", {"response": {"public_key": KEY.upper()}})
    assert await partner.public_key("a.example") == KEY
    assert cloud.last.query == {"domain": ["a.example"]}
    # One token is good for both.
    assert cloud.paths.count(TOKEN) == 1


@pytest.mark.parametrize(
    ("status", "payload", "words"),
    [
        (400, {"error": "Public key hash has already been taken"}, "Public key hash has already been taken"),
        (422, {"error": "invalid", "error_description": "Invalid domain: a.example"}, "Invalid domain: a.example"),
        (424, {"error": "registration rejected"}, "registration rejected"),
        (404, {"error": "not found"}, "not found"),
        (403, {"error": "domain not allowed"}, "domain not allowed"),
        (412, {"error": "no allowed origin"}, "no allowed origin"),
        (200, {"response": None, "error": "could not read the key"}, "could not read the key"),
    ],
)
async def test_a_registration_that_is_refused_says_why_in_teslas_words(
    cloud: CloudServer, partner: PartnerClient, status: int, payload: Any, words: str
) -> None:
    cloud.answer(PARTNER, payload, method="POST", status=status)
    with pytest.raises(ApiRefusedError) as caught:
        await partner.register("a.example")
    assert (caught.value.status, caught.value.words) == (status, words)
    assert not isinstance(caught.value, NotRegisteredError)


async def test_a_registration_that_tesla_has_no_time_for_is_no_refusal(
    cloud: CloudServer, partner: PartnerClient
) -> None:
    cloud.answer(PARTNER, {"after": 5}, method="POST", status=429)
    cloud.answer(PARTNER, {}, method="POST", status=503)
    with pytest.raises(ApiQuotaError):
        await partner.register("a.example")
    with pytest.raises(ApiStatusError) as caught:
        await partner.register("a.example")
    assert not isinstance(caught.value, ApiRefusedError)


async def test_an_own_token_that_ended_is_requested_again(session: aiohttp.ClientSession, cloud: CloudServer) -> None:
    issue(cloud, {"access_token": "partner-1", "expires_in": 28800})
    issue(cloud, {"access_token": "partner-2", "expires_in": 28800})
    cloud.answer(f"{PARTNER}/public_key", {"response": {"public_key": KEY}})
    cloud.answer(f"{PARTNER}/public_key", {"error": "token expired"}, status=401)
    cloud.answer(f"{PARTNER}/public_key", {"response": {"public_key": KEY}})
    budget = RequestBudget()
    partner = PartnerClient(session, CLIENT, SECRET, region=Region.EU, budget=budget)
    for _ in range(2):
        await partner.public_key("a.example")
    assert cloud.last.token == "partner-2"
    assert budget.allowed == ["partner_public_key"] * 3


@pytest.mark.parametrize("key", [None, "", "nothing", 5, "04zz", "04" * 500])
async def test_what_is_no_key_is_no_answer(cloud: CloudServer, partner: PartnerClient, key: Any) -> None:
    cloud.answer(f"{PARTNER}/public_key", {"response": {"public_key": key}})
    with pytest.raises(ApiPayloadError, match=r"^partner_public_key: "):
        await partner.public_key("a.example")
