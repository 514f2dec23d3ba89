"""What each refusal means, and the renewal of a token."""

import json
from typing import Any

import pytest

from custom_components.energy_site.api.errors import (
    ApiAuthError,
    ApiConnectionError,
    ApiNotFoundError,
    ApiQuotaError,
    ApiRefusedError,
    ApiStatusError,
)
from custom_components.energy_site.api.transport import Response
from custom_components.energy_site.api.words import safe_words
from custom_components.energy_site.vendors.tesla.client.error_mapping import status_error
from custom_components.energy_site.vendors.tesla.client.errors import (
    NotRegisteredError,
    PaymentRequiredError,
    ScopeMissingError,
    SiteOfflineError,
    SiteUnavailableError,
    WrongRegionError,
)
from tests.loopback import CloudServer, Tokens

from .conftest import Make
from .server import PATH, SITE
from .shapes import BATTERY_DIN, LIVE, VIN

LIVE_PATH = f"{PATH}/live_status"
STALE = {"response": None, "error": "upstream internal error", "error_description": "", "txid": "5fb1c7"}


def refusal(
    status: int,
    payload: Any = None,
    *,
    of_site: bool = True,
    raw: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> Any:
    """Return what a refusal is called."""
    body = json.dumps(payload).encode() if raw is None else raw
    answer = Response(endpoint="e", status=status, body=body, headers=headers or {}, cookies={}, seconds=0.1)
    return status_error(answer, of_site=of_site)


@pytest.mark.parametrize(
    ("status", "payload", "of_site", "error"),
    [
        (401, {"error": "login_required"}, True, ApiAuthError),
        (402, {"error": "Payment is required"}, True, PaymentRequiredError),
        (403, {"error": "Unauthorized missing scopes"}, True, ScopeMissingError),
        (403, {"error": "forbidden"}, True, ApiStatusError),
        (403, None, True, ApiStatusError),
        (404, STALE, True, SiteUnavailableError),
        (404, STALE, False, ApiNotFoundError),
        (405, {}, True, ApiNotFoundError),
        (408, {"error": "Error incomplete data"}, True, SiteOfflineError),
        (408, {}, False, ApiStatusError),
        (412, {"error": "A condition has not been met"}, True, NotRegisteredError),
        (421, {}, True, WrongRegionError),
        (423, {"error": "locked"}, True, ApiRefusedError),
        (424, {"error": "registration rejected"}, False, ApiRefusedError),
        (429, {}, True, ApiQuotaError),
        (451, {"error": "unavailable"}, True, ApiRefusedError),
        (499, {}, True, ApiStatusError),
        (500, STALE, True, SiteUnavailableError),
        (500, STALE, False, ApiStatusError),
        (502, None, True, ApiStatusError),
        (503, {}, True, ApiStatusError),
        (504, {}, True, ApiStatusError),
        (540, {"error": "device unavailable"}, True, SiteOfflineError),
        (302, None, True, ApiStatusError),
    ],
)
def test_each_status_is_called_by_what_it_means(
    status: int, payload: Any, *, of_site: bool, error: type[ApiStatusError]
) -> None:
    caught = refusal(status, payload, of_site=of_site)
    assert type(caught) is error
    assert (caught.status, caught.endpoint) == (status, "e")


def test_a_refusal_in_html_says_no_more_than_its_status() -> None:
    assert type(refusal(403, raw=b"<html>Access denied</html>")) is ApiStatusError
    assert type(refusal(503, raw=b"<html>scopes</html>")) is ApiStatusError
    assert refusal(412, raw=b"<html></html>").words is None


@pytest.mark.parametrize(
    ("payload", "headers", "wait"),
    [
        ({}, {"Retry-After": "120"}, 120),
        ({"after": 90, "error": "too many"}, {}, 90),
        ({"response": {"after": 45.5}}, {}, 45.5),
        ({"after": 90}, {"Retry-After": "86400"}, 86400),
        ({"after": -1}, {}, None),
        ({"after": True}, {}, None),
        ({"after": 1e12}, {}, None),
        ({"after": "soon"}, {"Retry-After": "later"}, None),
        (None, {}, None),
    ],
)
def test_a_limit_tells_its_wait_in_the_header_or_in_the_body(
    payload: Any, headers: dict[str, str], wait: float | None
) -> None:
    caught = refusal(429, payload, headers=headers)
    assert isinstance(caught, ApiQuotaError)
    assert caught.retry_after == wait


async def test_a_limit_is_told_to_who_counts(cloud: CloudServer, make: Make) -> None:
    cloud.answer(LIVE_PATH, {"after": 7}, status=429)
    with pytest.raises(ApiQuotaError) as caught:
        await make().live_status(SITE)
    assert caught.value.retry_after == 7


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("Public key hash has already been taken", "Public key hash has already been taken"),
        ("Invalid domain: energy.example.com", "Invalid domain: energy.example.com"),
        ("xn--bcher-kva.example is refused", "xn--bcher-kva.example is refused"),
        ("mail\tanna.muster@example.com \x1b[31mnow", "mail … [31mnow"),
        (f"vehicle {VIN} and {BATTERY_DIN}", "vehicle … and …"),
        ("Bearer abc.def of eyJhbGciOi.J9.x", "… of …"),
        ("Account 1234abcd-0000-4000-8000-1234abcd5678 must be registered", "Account … must be registered"),
        (f"site {SITE} at 203.0.113.7, 48.13743", "site … at …, …"),
        ("x y " * 200, ("x y " * 200)[:200].strip()),
        ("  \n ", None),
        ("", None),
        (None, None),
        (["no"], None),
    ],
)
def test_teslas_words_are_shown_without_what_names_a_home(sent: object, shown: str | None) -> None:
    assert safe_words(sent) == shown


# -- tokens -------------------------------------------------------------------


async def test_a_token_that_ended_is_renewed_once_and_the_request_repeated(cloud: CloudServer, make: Make) -> None:
    cloud.answer(LIVE_PATH, {"response": LIVE})
    cloud.tokens = {"new"}
    tokens = Tokens("old", "new")
    await make(tokens).live_status(SITE)
    assert [asked.token for asked in cloud.asked] == ["old", "new"]
    assert tokens.renewals == 1


async def test_a_token_that_is_refused_even_when_renewed_is_given_up(cloud: CloudServer, make: Make) -> None:
    cloud.tokens = set()
    tokens = Tokens("old", "new")
    client = make(tokens)
    for _ in range(3):
        with pytest.raises(ApiAuthError):
            await client.live_status(SITE)
    # Each further request is one, and the token isn't renewed again.
    assert [asked.token for asked in cloud.asked] == ["old", "new", "new", "new"]
    assert tokens.renewals == 1


async def test_who_has_no_other_token_asks_no_second_time(cloud: CloudServer, make: Make) -> None:
    cloud.tokens = set()
    with pytest.raises(ApiAuthError):
        await make(Tokens("only")).live_status(SITE)
    assert len(cloud.asked) == 1


async def test_a_new_consent_ends_the_refusal(cloud: CloudServer, make: Make) -> None:
    cloud.answer(LIVE_PATH, {"response": LIVE})
    cloud.tokens = set()
    tokens = Tokens("old", "new")
    client = make(tokens)
    with pytest.raises(ApiAuthError):
        await client.live_status(SITE)
    tokens._tokens.append("newest")
    tokens._tokens.popleft()
    cloud.tokens = {"newest"}
    await client.live_status(SITE)


async def test_a_scope_that_was_not_granted_never_costs_the_token(cloud: CloudServer, make: Make) -> None:
    cloud.answer(f"{PATH}/backup", {"error": "Unauthorized missing scopes"}, method="POST", status=403)
    tokens = Tokens("good", "spare")
    with pytest.raises(ScopeMissingError):
        await make(tokens).set_backup_reserve(SITE, 20)
    assert (len(cloud.asked), tokens.renewals) == (1, 0)


async def test_a_renewal_that_fails_is_for_the_caller_to_know(cloud: CloudServer, make: Make) -> None:
    async def broken(*, refused: str | None = None) -> str:
        if refused is not None:
            raise ApiConnectionError("oauth/token", "refused")
        return "old"

    cloud.tokens = set()
    with pytest.raises(ApiConnectionError):
        await make(broken).live_status(SITE)
