"""One sign-in, from the password over perhaps a code to a session."""

from base64 import b64encode
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

from ....api.errors import (
    AccountServiceError,
    ApiConnectionError,
    ApiError,
    ApiPayloadError,
    ApiStatusError,
    ApiUnreachableError,
    VerdictError,
)
from ....api.payload import Record
from ....api.transport import Response
from .addresses import ENLIGHTEN_HOST, enlighten
from .answers import NONCE_COOKIE, SessionDoubt, doubt, reply_of, says_sessions_full, set_cookies, wants_code
from .cookies import Cookies
from .errors import (
    AccountBlockedError,
    AccountClientRefusedError,
    AccountPausedError,
    AccountUnreachableError,
    CodeBlockedError,
    CodeExpiredError,
    CodeTooSoonError,
    CodeWrongError,
    CredentialsRefusedError,
    SessionOverError,
    SessionsFullError,
)
from .exchange import Ask, Exchange
from .governor import Governor
from .probe import probe
from .session import SESSION_COOKIE, AccountSession, identifier, manager_token, user_id_of

LOGIN = "login"
SEND_CODE = "generate_mfa_login_otp"
ENTER_CODE = "validate_login_otp"

_LIMIT = 64_000
_NONCE_LIFE = timedelta(seconds=300)

# How long the service locks out an account if its response doesn't say.
_BLOCKED_FOR = 3600.0
_SESSIONS_FULL_FOR = 86_400.0


class SignIn:
    """A sign-in under way, with cookies of its own: the session in use isn't touched."""

    def __init__(self, exchange: Exchange, governor: Governor, email: str, *, clock: Callable[[], datetime]) -> None:
        """Sign in with an e-mail address."""
        self._exchange = exchange
        self._governor = governor
        self._email = email
        self._clock = clock
        self._cookies = Cookies()
        self._nonce_at = clock()
        self._by_person = True

    async def enter_password(
        self, password: str, *, by_person: bool, save: Callable[[], Awaitable[None]]
    ) -> AccountSession | None:
        """Return the session, `None` where a code is asked for.

        Raises `CredentialsRefusedError`, and an `AccountServiceError` for any other failure.
        """
        self._by_person = by_person
        self._governor.signing_in(self._clock(), by_person=by_person)
        # A crash must not give back an attempt.
        await save()
        try:
            answer = await self._post(
                "login/login.json", LOGIN, {"user[email]": self._email, "user[password]": password}
            )
        except ApiUnreachableError, AccountPausedError:
            self._governor.not_served(self._clock(), by_person=by_person)
            raise
        self._check_login(answer, by_person=by_person)
        reply = reply_of(answer)
        if reply.text_or_none("session_id") is None and wants_code(reply, nonce=NONCE_COOKIE in self._cookies.by_name):
            self._nonce_at = self._clock()
            return None
        if (session := await self._session(reply, Cookies())) is not None:
            return session
        self._governor.refused(self._clock())
        raise AccountServiceError(LOGIN, "no session in the answer")

    async def send_code(self) -> None:
        """Have a code sent to the person.

        Raises `CodeTooSoonError`, `CodeBlockedError`, `CodeExpiredError`, and an
        `AccountServiceError` for any other failure.
        """
        self._check_nonce(SEND_CODE)
        if (wait := self._governor.code_wait(self._clock())) > 0:
            raise CodeTooSoonError(SEND_CODE, wait)
        self._governor.code_sent(self._clock())
        before = self._cookies.get(NONCE_COOKIE, self._clock())
        answer = await self._post(f"app-api/{SEND_CODE}", SEND_CODE, {"locale": "en"}, spare=True)
        reply = self._code_reply(answer)
        if answer.body.strip() and reply.flag_or_none("success") is not True:
            raise AccountServiceError(SEND_CODE, "no code was sent")
        if self._cookies.get(NONCE_COOKIE, self._clock()) != before:
            self._nonce_at = self._clock()

    async def enter_code(self, code: str) -> AccountSession:
        """Return the session for the code that the person got.

        Raises `CodeWrongError`, `CodeBlockedError`, `CodeExpiredError`, and an
        `AccountServiceError` for any other failure.
        """
        self._check_nonce(ENTER_CODE)
        form = {
            "email": _encoded(self._email),
            "otp": _encoded("".join(code.split())),
            "xhrFields[withCredentials]": "true",
        }
        before = self._cookies
        answer = await self._post(f"app-api/{ENTER_CODE}", ENTER_CODE, form, spare=True)
        if answer.status in (400, 404, 409, 422):
            raise CodeWrongError(ENTER_CODE, f"status {answer.status}")
        reply = self._code_reply(answer)
        if reply.flag_or_none("isValid") is False:
            raise CodeWrongError(ENTER_CODE, "refused")
        if (session := await self._session(reply, before)) is None:
            raise AccountServiceError(ENTER_CODE, "no session in the answer")
        return session

    async def send(self, ask: Ask) -> Response:
        """Send a request with the cookies of this sign-in."""
        ask = replace(ask, by_person=self._by_person)
        return await self._exchange.send(ask, headers=lambda: self._cookies.headers(self._clock()), received=self._keep)

    async def _keep(self, answer: Response) -> None:
        self._cookies = self._cookies.received(set_cookies(answer), self._clock(), host=cookie_host())

    async def _post(self, path: str, endpoint: str, form: dict[str, str], *, spare: bool = False) -> Response:
        names = (name for name in self._cookies.by_name if "xsrf" in name.lower() or "csrf" in name.lower())
        xsrf = next((value for name in names if (value := self._cookies.get(name, self._clock()))), None)
        return await self.send(
            Ask(
                method="POST",
                url=enlighten() / path,
                endpoint=endpoint,
                headers={"X-CSRF-Token": xsrf} if xsrf else {},
                form=form,
                urgent=True,
                spare=spare,
                limit=_LIMIT,
            )
        )

    def _check_login(self, answer: Response, *, by_person: bool) -> None:
        """Raise what an answer to the password says, unless it may be a session or ask for a code."""
        now, status = self._clock(), answer.status
        self._check_sessions(answer)
        blocked = reply_of(answer).flag_or_none("isBlocked") is True
        if status == 401 and not blocked:
            raise CredentialsRefusedError(LOGIN, "e-mail address or password refused")
        if status == 406:
            self._governor.refused(now, AccountClientRefusedError.translation_key)
            raise AccountClientRefusedError(LOGIN, "status 406", retry_after=answer.retry_after)
        if status == 429 or blocked:
            wait = answer.retry_after or _BLOCKED_FOR
            self._governor.blocked(now, AccountBlockedError.translation_key, wait)
            raise AccountBlockedError(LOGIN, "the account is blocked", retry_after=wait)
        if status >= 500:
            self._governor.not_served(now, by_person=by_person)
        elif not 200 <= status < 300:
            self._governor.refused(now)
        answer.raise_for_status()

    def _check_sessions(self, answer: Response) -> None:
        if says_sessions_full(answer):
            self._governor.sessions_full(self._clock(), SessionsFullError.translation_key)
            raise SessionsFullError(answer.endpoint, "too many active sessions", retry_after=_SESSIONS_FULL_FOR)

    def _code_reply(self, answer: Response) -> Record:
        """Return the object that answers a step with a code; raise what it says otherwise."""
        self._check_sessions(answer)
        reply = reply_of(answer)
        if answer.status == 429 or reply.flag_or_none("isBlocked"):
            raise CodeBlockedError(answer.endpoint, "too many codes")
        if doubt(answer) not in (None, SessionDoubt.PAGE):
            raise CodeExpiredError(answer.endpoint, "the sign-in is gone")
        answer.raise_for_status()
        return reply

    def _check_nonce(self, endpoint: str) -> None:
        now, end = self._clock(), self._nonce_at + _NONCE_LIFE
        nonce = self._cookies.by_name.get(NONCE_COOKIE)
        if now >= end or (nonce is not None and nonce.ended(now)):
            raise CodeExpiredError(endpoint, "the sign-in is too old")

    async def _session(self, reply: Record, before: Cookies) -> AccountSession | None:
        """Return the session of an answer, `None` where it brought none."""
        now = self._clock()
        cookie = self._cookies.get(SESSION_COOKIE, now)
        brought = cookie is not None and cookie != before.get(SESSION_COOKIE, now)
        if session_id := reply.text_or_none("session_id"):
            if not brought:
                self._cookies = self._cookies.with_value(SESSION_COOKIE, session_id)
        # Whoever has no session gets a cookie as well.
        elif not brought or await probe(self.send) is not None:
            return None
        return AccountSession(
            cookies=self._cookies,
            signed_in_at=now,
            user_id=user_id_of(manager_token(reply, self._cookies, now)),
            system_id=identifier(reply.value("system_id")),
        )


def cookie_host() -> str | None:
    """Return the host whose cookies are kept, `None` where an environment variable replaced it: then all are."""
    host = enlighten().host
    return host if host == ENLIGHTEN_HOST else None


def account_error(err: ApiError) -> ApiError:
    """Return the condition of the account's service behind an error while signing in."""
    if isinstance(err, VerdictError | SessionOverError | AccountServiceError):
        return err
    if isinstance(err, ApiConnectionError):
        return AccountUnreachableError(err.endpoint, err.reason)
    if isinstance(err, ApiStatusError | ApiPayloadError):
        retry_after = err.retry_after if isinstance(err, ApiStatusError) else None
        return AccountServiceError(err.endpoint, err.reason, retry_after=retry_after)
    return err


def _encoded(text: str) -> str:
    return b64encode(text.encode()).decode()
