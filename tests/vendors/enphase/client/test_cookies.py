"""A session's cookies are kept as they were sent, and sent as they were kept."""

from datetime import UTC, datetime, timedelta
import json
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.energy_site.vendors.enphase.client.cookies import Cookies
from custom_components.energy_site.vendors.enphase.client.session import AccountSession, read_claims, user_id_of

NOW = datetime(2026, 6, 20, 12, tzinfo=UTC)
HOST = "enlighten.enphaseenergy.com"
quick = settings(max_examples=300, deadline=None)


def sent(cookies: Cookies, now: datetime = NOW) -> str:
    """Return what is sent of cookies."""
    return cookies.headers(now).get("Cookie", "")


def kept(*lines: str, host: str | None = HOST) -> Cookies:
    """Return the cookies of an answer."""
    return Cookies().received(lines, NOW, host=host)


@pytest.mark.parametrize(
    "line",
    [
        "a=1",
        "a=1; path=/; HttpOnly; Secure",
        "a=1; domain=.enphaseenergy.com; path=/; Secure",
        "a=1; Domain=ENLIGHTEN.enphaseenergy.com",
        "a=1; Max-Age=300; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        "a=1; max-age=soon",
        "a=1; expires=soon",
        "a=1; expires=Wed, 21-Oct-2026 07:28:00 GMT",
        " a = 1 ;SameSite=None",
    ],
)
def test_a_cookie_is_sent_whatever_else_it_says(line: str) -> None:
    assert sent(kept(line)) == "a=1"


@pytest.mark.parametrize(
    "line",
    [
        "a=1; domain=example.com",
        "a=1; domain=.entrez.enphaseenergy.com",
        "a=1; domain=phaseenergy.com",
        "a=1; max-age=0",
        "a=1; max-age=-1",
        "a=1; expires=Thu, 01 Jan 1970 00:00:00 GMT",
        "a",
        "=1",
        "a b=1",
        "a=1\x00",
        "a=\u00e9",
        "",
    ],
)
def test_what_is_somebody_elses_or_over_or_no_cookie_is_not_sent(line: str) -> None:
    assert kept(line).headers(NOW) == {}


def test_at_an_address_of_the_environment_domains_do_not_count() -> None:
    assert sent(kept("a=1; domain=.enphaseenergy.com; Secure", host=None)) == "a=1"


def test_a_value_is_neither_unquoted_nor_decoded() -> None:
    assert sent(kept('a="1%2B2=="; path=/', "b=x y,z")) == 'a="1%2B2=="; b=x y,z'


def test_a_cookie_ends_in_time() -> None:
    cookies = kept("a=1; max-age=300", "b=2; expires=Sat, 20 Jun 2026 12:10:00 GMT", "c=3")
    assert sent(cookies, NOW + timedelta(seconds=299)) == "a=1; b=2; c=3"
    assert sent(cookies, NOW + timedelta(seconds=300)) == "b=2; c=3"
    assert sent(cookies, NOW + timedelta(days=400)) == "c=3"
    assert cookies.get("a", NOW + timedelta(seconds=300)) is None


def test_a_later_cookie_takes_the_place_of_an_earlier_one_or_ends_it() -> None:
    cookies = kept("a=1", "b=2").received(["a=3", "b=; max-age=0"], NOW)
    assert sent(cookies) == "a=3"


def test_an_answer_that_changes_nothing_is_nothing_to_store() -> None:
    cookies = kept("a=1")
    assert cookies.received([], NOW) is cookies
    assert cookies.received(["a=1; path=/"], NOW) is cookies


def test_whoever_sends_thousands_is_not_kept_them_all() -> None:
    cookies = kept(*(f"c{index}={'x' * 100}" for index in range(5000)), f"long={'x' * 10_000}")
    assert len(sent(cookies)) < 8000


def test_what_came_in_another_way_is_sent_as_a_cookie_if_it_can_be() -> None:
    assert sent(kept("a=1").with_value("b", "2")) == "a=1; b=2"
    assert sent(kept("a=1").with_value("b", "2\r\nX: y")) == "a=1"


LINES = st.lists(
    st.text(max_size=40) | st.from_regex(r"[a-z]{1,3}=[ -~]{0,9}(; ?(max-age|expires|domain)=[ -~]{0,9})*")
)


@quick
@given(LINES)
def test_whatever_is_sent_can_be_sent_back_and_stored(lines: list[str]) -> None:
    cookies = kept(*lines)
    header = sent(cookies)
    assert header.isascii()
    assert header.isprintable()
    assert Cookies.restore(json.loads(json.dumps(cookies.as_dict()))) == cookies


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6)
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
)
FIELDS = sorted(AccountSession(cookies=Cookies()).as_dict())


@quick
@given(JSON | st.fixed_dictionaries(dict.fromkeys(FIELDS, JSON)))
def test_whatever_is_in_the_store_is_a_session_or_none(stored: Any) -> None:
    session = AccountSession.restore(stored)
    if session is not None:
        session.cookies.headers(NOW)
        json.dumps(session.as_dict(), allow_nan=False)


def test_a_session_is_restored_as_it_was() -> None:
    session = AccountSession(
        cookies=kept("_enlighten_4_session=abc; max-age=60", "b=2"),
        signed_in_at=NOW,
        user_id="7654321",
        system_id="1234567",
        token="e.y.J",
        token_expires_at=NOW,
    )
    assert AccountSession.restore(json.loads(json.dumps(session.as_dict()))) == session
    assert session.session_id(NOW) == "abc"
    for secret in ("abc", "7654321", "1234567", "e.y.J"):
        assert secret not in repr(session)


@quick
@given(st.text() | st.binary().map(lambda raw: raw.decode(errors="replace")) | st.none())
def test_any_text_is_read_for_claims(text: str | None) -> None:
    read_claims(text)
    user_id_of(text)
