"""An owner agrees, and a code becomes tokens; or there is a reason why not."""

from base64 import b64encode
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from custom_components.energy_site.api.errors import (
    ApiConnectionError,
    ApiError,
    ApiPayloadError,
    ApiQuotaError,
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
    read_code,
)
from custom_components.energy_site.vendors.enphase_cloud.client.oauth import (
    authorize_url,
    code_page,
    exchange_code,
    refresh,
)

from .server import CloudServer, serving
from .shapes import TOKENS

CLIENT, SECRET, CODE, REFRESH = "c11ent-id", "c11ent-s3cret", "c0de-7", "r3fresh-0ld"
REDIRECT = "https://my.home-assistant.io/redirect/oauth"


@pytest.fixture
async def cloud(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[CloudServer]:
    """Serve the vendor's OAuth."""
    async with serving(monkeypatch) as server:
        yield server


async def exchanged(session: aiohttp.ClientSession) -> TokenSet:
    """Exchange the code."""
    return await exchange_code(session, CLIENT, SECRET, CODE, REDIRECT)


async def refreshed(session: aiohttp.ClientSession) -> TokenSet:
    """Renew the tokens."""
    return await refresh(session, CLIENT, SECRET, REFRESH)


def issue(cloud: CloudServer, payload: Any = None, **how: Any) -> None:
    """Answer for the tokens."""
    cloud.answer("/oauth/token", payload, method="POST", **how)


# -- consent ------------------------------------------------------------------


def test_the_page_to_agree_on_names_client_and_redirect_and_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ENERGY_SITE_ENPHASE_API", raising=False)
    url = authorize_url(CLIENT, REDIRECT, state="st4te")
    assert str(url.with_query(None)) == "https://api.enphaseenergy.com/oauth/authorize"
    assert dict(url.query) == {
        "response_type": "code",
        "client_id": CLIENT,
        "redirect_uri": REDIRECT,
        "state": "st4te",
    }
    assert "state" not in authorize_url(CLIENT, code_page()).query
    assert str(code_page()) == "https://api.enphaseenergy.com/oauth/redirect_uri"


@pytest.mark.parametrize(
    "pasted",
    ["aBc1_2", "  aBc1_2\n", f"{REDIRECT}?code=aBc1_2&state=st4te", f"{REDIRECT}?code=aBc1_2", "?code=aBc1_2"],
)
def test_a_code_is_read_from_whatever_was_pasted(pasted: str) -> None:
    assert read_code(pasted, state="st4te") == "aBc1_2"


@pytest.mark.parametrize("pasted", [f"{REDIRECT}?error=access_denied&state=s", f"{REDIRECT}?code=1&state=another"])
def test_an_owner_who_refuses_and_somebody_elses_answer_are_no_consent(pasted: str) -> None:
    with pytest.raises(ConsentDeniedError):
        read_code(pasted, state="st4te")


@pytest.mark.parametrize("pasted", ["", "   ", REDIRECT, f"{REDIRECT}?state=st4te", "http://[?code=1"])
def test_what_holds_no_code_is_told_so(pasted: str) -> None:
    with pytest.raises(CodeRefusedError):
        read_code(pasted, state="st4te")


# -- tokens -------------------------------------------------------------------


async def test_a_code_becomes_tokens_with_the_client_in_the_header_alone(
    session: aiohttp.ClientSession, cloud: CloudServer
) -> None:
    issue(cloud, TOKENS)
    tokens = await exchanged(session)
    assert cloud.last.headers["authorization"] == f"Basic {b64encode(f'{CLIENT}:{SECRET}'.encode()).decode()}"
    assert cloud.last.form() == {"grant_type": "authorization_code", "redirect_uri": REDIRECT, "code": CODE}
    assert not cloud.last.query
    assert (tokens.access_token, tokens.refresh_token, tokens.expires_in) == ("acc3ss", "r3fresh", 86393)
    assert tokens.account == "217231"


async def test_a_renewal_sends_the_refresh_token_and_brings_another(
    session: aiohttp.ClientSession, cloud: CloudServer
) -> None:
    issue(cloud, TOKENS)
    assert (await refreshed(session)).refresh_token == "r3fresh"
    assert cloud.last.form() == {"grant_type": "refresh_token", "refresh_token": REFRESH}


async def test_tokens_do_not_show(session: aiohttp.ClientSession, cloud: CloudServer) -> None:
    issue(cloud, TOKENS)
    shown = repr(await exchanged(session))
    assert not any(secret in shown for secret in ("acc3ss", "r3fresh", "217231"))


@pytest.mark.parametrize("uid", [217231, "217231"])
async def test_the_account_is_named_the_same_whether_sent_as_a_number_or_not(
    session: aiohttp.ClientSession, cloud: CloudServer, uid: object
) -> None:
    issue(cloud, {**TOKENS, "enl_uid": uid})
    assert (await exchanged(session)).account == "217231"


@pytest.mark.parametrize("odd", [[], {}, None, ""])
async def test_an_account_without_a_name_is_no_reason_to_lose_the_tokens(
    session: aiohttp.ClientSession, cloud: CloudServer, odd: object
) -> None:
    issue(cloud, {**TOKENS, "enl_uid": odd})
    assert (await exchanged(session)).account is None


# -- refusals -----------------------------------------------------------------

WRONG_CLIENT = [
    (401, {"error": "invalid_client", "error_description": "Bad client credentials"}),
    (401, {"timestamp": 1, "status": 401, "error": "Unauthorized", "path": "/oauth/token"}),
    (401, {"message": "Not Authorized", "details": "User is not authorized", "code": 401}),
    (400, {"error": "unauthorized_client"}),
    (401, None),
]


@pytest.mark.parametrize(("status", "payload"), WRONG_CLIENT)
async def test_a_wrong_client_id_or_secret_is_told_apart(
    session: aiohttp.ClientSession, cloud: CloudServer, status: int, payload: Any
) -> None:
    issue(cloud, payload, status=status)
    with pytest.raises(ClientRefusedError):
        await exchanged(session)
    with pytest.raises(ClientRefusedError):
        await refreshed(session)


@pytest.mark.parametrize(
    ("status", "payload"),
    [
        (400, {"error": "invalid_grant", "error_description": f"Invalid authorization code: {CODE}"}),
        (400, {"message": "Bad request", "details": f"Invalid authorization code: {CODE}", "code": 400}),
        (401, {"error": "invalid_grant"}),
    ],
)
async def test_a_code_that_is_wrong_too_old_or_used_is_told_apart(
    session: aiohttp.ClientSession, cloud: CloudServer, status: int, payload: Any
) -> None:
    issue(cloud, payload, status=status)
    with pytest.raises(CodeRefusedError) as caught:
        await exchanged(session)
    assert CODE not in f"{caught.value!r} {caught.value} {vars(caught.value)}"


@pytest.mark.parametrize(
    ("status", "payload"),
    [
        (401, {"error": "invalid_token", "error_description": f"Invalid refresh token (expired): {REFRESH}"}),
        (400, {"error": "invalid_grant", "error_description": f"Invalid refresh token: {REFRESH}"}),
        (400, {"message": "Bad request", "details": ["Invalid refresh token"], "code": "400"}),
    ],
)
async def test_a_refused_refresh_token_needs_the_owner_again(
    session: aiohttp.ClientSession, cloud: CloudServer, status: int, payload: Any
) -> None:
    issue(cloud, payload, status=status)
    with pytest.raises(SignInNeededError) as caught:
        await refreshed(session)
    assert REFRESH not in f"{caught.value!r} {caught.value} {vars(caught.value)}"


async def test_another_redirect_address_is_told_apart_from_a_wrong_code(
    session: aiohttp.ClientSession, cloud: CloudServer
) -> None:
    issue(cloud, {"error": "invalid_grant", "error_description": "Redirect URI mismatch."}, status=400)
    with pytest.raises(RedirectRefusedError):
        await exchanged(session)


async def test_a_refused_consent_is_told_apart(session: aiohttp.ClientSession, cloud: CloudServer) -> None:
    issue(cloud, {"error": "access_denied"}, status=403)
    with pytest.raises(ConsentDeniedError):
        await exchanged(session)


@pytest.mark.parametrize("payload", [{}, [], {"error": 7}, {"error": "unsupported_grant_type"}])
async def test_any_other_refusal_is_one_all_the_same(
    session: aiohttp.ClientSession, cloud: CloudServer, payload: Any
) -> None:
    issue(cloud, payload, status=400)
    with pytest.raises(OAuthError) as caught:
        await exchanged(session)
    assert type(caught.value) is OAuthError


@pytest.mark.parametrize(("status", "error"), [(500, ApiStatusError), (503, ApiStatusError), (429, ApiQuotaError)])
async def test_a_service_in_trouble_is_no_verdict_on_anybody(
    session: aiohttp.ClientSession, cloud: CloudServer, status: int, error: type[ApiError]
) -> None:
    issue(cloud, raw=b"<html>oops</html>", status=status)
    with pytest.raises(error) as caught:
        await refreshed(session)
    assert not isinstance(caught.value, OAuthError)


@pytest.mark.parametrize(
    "raw", [b"", b"<html></html>", b"[]", b'{"access_token": "a"}', b'{"access_token": 1, "refresh_token": 2}']
)
async def test_an_answer_without_tokens_is_refused(
    session: aiohttp.ClientSession, cloud: CloudServer, raw: bytes
) -> None:
    issue(cloud, raw=raw)
    with pytest.raises(ApiPayloadError):
        await exchanged(session)


async def test_nobody_answers(session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENERGY_SITE_ENPHASE_API", "http://127.0.0.1:1")
    with pytest.raises(ApiConnectionError):
        await exchanged(session)
