"""Whatever the services answer while signing in becomes a session or an error of ours, and nothing else."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
import json
import random
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.energy_site.api.errors import ApiError
from custom_components.energy_site.api.transport import Response
from custom_components.energy_site.vendors.enphase.client.account import Account, refusal
from custom_components.energy_site.vendors.enphase.client.answers import (
    doubt,
    is_visitors,
    reply_of,
    says_sessions_full,
    set_cookies,
)
from custom_components.energy_site.vendors.enphase.client.gateway_token import says_not_yours, token_of
from simulator.enphase_account import AccountServer, Misbehaviour, paths
from tests.account_home import EMAIL, PASSWORD, Integration, read_of
from tests.mangled import changed, places

REAL: dict[str, Any] = {
    paths.LOGIN: {
        "message": "success",
        "session_id": "0123456789abcdef0123456789abcdef",
        "manager_token": "eyJhbGciOiJub25lIn0.eyJkYXRhIjp7InVzZXJfaWQiOjc2NTQzMjF9fQ.c2ln",
        "is_consumer": True,
        "system_id": "1234567",
        "success": True,
        "isBlocked": False,
        "requires_mfa": False,
    },
    paths.SEND_CODE: {"success": True, "isBlocked": False},
    paths.ENTER_CODE: {"message": "success", "session_id": "0123", "isValid": True, "isBlocked": False},
    paths.SITES: {"sites": [{"id": 1234567, "title": "Home"}]},
    paths.TOKEN: {"token": "eyJhbGciOiJub25lIn0.eyJ1c2VyX2lkIjo3NjU0MzIxfQ.c2ln", "expires_at": 1785196800},
    paths.GATEWAY_TOKEN: {"message": "Invalid gateway serial"},
    paths.OWNER_TOKEN: {"token": "e.y.J", "expires_at": 1},
}
WRONG: tuple[Any, ...] = ("", "x" * 300, "\x00", "\u00e9", [], {}, [[]], None, True, 0, -1, 10**30, 1e308, "9" * 400)
STATUSES = (200, 200, 200, 204, 301, 302, 400, 401, 403, 404, 406, 409, 422, 429, 500, 503, 550)
COOKIES = ("", "login_otp_nonce=x", "_enlighten_4_session=y", "_enlighten_4_session=; max-age=0", "=;=", "a=\u00e9")
STEPS: dict[str, Callable[[Account], Awaitable[object]]] = {
    paths.LOGIN: lambda account: account.sign_in(PASSWORD),
    paths.SEND_CODE: lambda account: account.send_code(),
    paths.ENTER_CODE: lambda account: account.enter_code("123456"),
    paths.SITES: lambda account: account.request(read_of("/pv/systems/1234567/today")),
    paths.TOKEN: lambda account: account.token(),
    paths.GATEWAY_TOKEN: lambda account: account.gateway_token("482512345678"),
    paths.OWNER_TOKEN: lambda account: account.gateway_token("482512345678", as_owner=True),
}


def mangled(dice: random.Random, real: Any) -> str:
    """Return an answer that is nearly right, or nothing like it."""
    text = json.dumps(changed(real, dice.choice(list(places(real))), dice.choice(WRONG)))
    match dice.randrange(8):
        case 0:
            return text[: dice.randrange(len(text))]
        case 1:
            return dice.choice(["", "null", "[]", "<html></html>", "<form action='/login/login'>", "e.y.J", "\x00"])
    return text


def answer_of(dice: random.Random, path: str) -> Misbehaviour:
    """Return such an answer for a path."""
    cookie = dice.choice(COOKIES)
    return Misbehaviour(
        status=dice.choice(STATUSES),
        text=mangled(dice, REAL[path]),
        content_type="application/json",
        headers={"Set-Cookie": cookie} if cookie else {},
    )


@pytest.mark.parametrize("path", sorted(STEPS))
async def test_any_answer_at_all_is_understood_or_an_error_of_ours(
    integration: Integration, server: AccountServer, path: str
) -> None:
    dice = random.Random(path)
    person = server.accounts.by_email[EMAIL.lower()]
    person.two_factor = path in (paths.SEND_CODE, paths.ENTER_CODE)
    understood = 0
    told: list[str] = []
    for _ in range(60):
        server.accept()
        integration.stored = "null"
        integration.pass_time(hours=1)
        person.codes_sent = person.wrong_codes = 0
        account = integration.account()
        if path != paths.LOGIN:
            await account.sign_in(PASSWORD)
        if path == paths.SITES:
            server.misbehave("/pv/systems/1234567/today", answer_of(dice, path))
        server.misbehave(path, answer_of(dice, path))
        try:
            await STEPS[path](account)
        except ApiError as err:
            told.append(f"{err!r} {err}".lower())
        else:
            understood += 1
        # Whatever came, it can be stored and gone on with.
        json.dumps(account.as_dict(), allow_nan=False)
        integration.account().restore(json.loads(json.dumps(account.as_dict())))
    assert understood
    assert [text for text in told if PASSWORD in text or EMAIL.lower() in text] == []


BODIES = st.binary(max_size=60) | st.sampled_from([b"<html>/login", b"{", b'{"isBlocked": 1}', b" <", b"[{}]"])


@settings(max_examples=300, deadline=None)
@given(st.integers(100, 599), BODIES)
def test_any_answer_is_judged(status: int, body: bytes) -> None:
    answer = Response(endpoint="e", status=status, body=body, headers={}, cookies={}, seconds=0.0)
    found = doubt(answer)
    assert (refusal(answer) is None) == (found is None)
    if 200 <= status < 300 and body[:1] == b"{":
        assert found is None
    is_visitors(answer)
    says_sessions_full(answer)
    says_not_yours(answer)
    reply_of(answer)
    assert set_cookies(answer) == []
    with suppress(ApiError):
        token_of(answer)
