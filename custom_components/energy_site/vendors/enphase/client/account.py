"""A person's Enphase account: its session, over all that use it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import override

from aiohttp import ClientSession

from ....api.errors import AccountServiceError, ApiAuthError, ApiError, ApiForbiddenError, ApiNotFoundError
from ....api.transport import Response
from .answers import SessionDoubt, doubt, is_visitors, set_cookies
from .errors import AccountBlockedError, AccountPausedError, GatewayNotInAccountError, SessionOverError
from .exchange import Ask, Exchange
from .gateway_token import TOKENS, ask_for_owners_token, ask_for_token, says_not_yours, token_of
from .governor import Governor
from .probe import PROBE, probe
from .session import AccountSession, identifier
from .sign_in import account_error, cookie_host
from .sign_ins import AccountSignIns
from .user_token import ask_for_user_token, has_token, with_token

# A session as young as this serves whoever else wants to sign in.
_FRESH = timedelta(seconds=30)
# Where a new session isn't taken anywhere, another one isn't either for a while.
_FUTILE = timedelta(hours=6)
# What may be a service that turns everybody away is believed to be the session's end after this many stops.
_PATIENCE = 6
# A session that is over may still turn out not to be, which is looked for as rarely.
_LOOK_AGAIN = timedelta(hours=1)
_SOON = timedelta(minutes=5)
_NO_TOKEN = timedelta(days=1)
_BLOCKED_FOR = 3600.0


@dataclass(frozen=True, slots=True)
class Sent:
    """An answer, and which session it is about: its generation, and the number of the request."""

    answer: Response
    generation: int
    number: int


class Account:
    """Signs in as seldom as possible, and sends requests with the session.

    With a `password` it signs in by itself; without, the end of a session takes a person.
    `sign_ins` counts the successful ones, and `generation` is another one with each session.
    """

    def __init__(
        self,
        http: ClientSession,
        email: str,
        *,
        clock: Callable[[], datetime],
        save: Callable[[], Awaitable[None]],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        governor: Governor | None = None,
    ) -> None:
        """Use the account of an e-mail address.

        `http` must keep no cookies. `save` stores what `as_dict` returns; a session that
        changed isn't used again before.
        """
        self.email = email.strip()
        self.governor = governor or Governor()
        self.session: AccountSession | None = None
        self._password: str | None = None
        self.sign_ins = 0
        self._clock = clock
        self._save = save
        self._exchange = Exchange(http, self.governor, clock=clock, sleep=sleep)
        self._sign_ins = AccountSignIns(
            self._exchange,
            self.governor,
            self.email,
            clock=clock,
            save=save,
            use=self._use,
            is_fresh=self._is_fresh,
        )
        self._no_token_until: datetime | None = None
        self._held: tuple[datetime, ApiError] | None = None
        self.generation = 0
        self._seen_alive = False
        # The number of the last probe that showed the session to be alive.
        self._alive_at = 0
        self._judging = asyncio.Lock()

    @override
    def __repr__(self) -> str:
        """Tell nothing of whose account it is."""
        return f"Account(signed_in={self.session is not None})"

    @property
    def password(self) -> str | None:
        """The password to sign in with by itself."""
        return self._password

    @password.setter
    def password(self, password: str | None) -> None:
        if password != self._password:
            self._password, self._held = password, None

    async def sign_in(self, password: str, *, by_person: bool = True) -> bool:
        """Sign in; return `False` if a code is wanted, for which `send_code` and `enter_code` follow.

        The session in use stays until the new one is complete. Raises
        `CredentialsRefusedError`, and an `AccountServiceError` for any other failure.
        """
        return await self._sign_ins.sign_in(password, by_person=by_person)

    async def send_code(self) -> None:
        """Have a code sent to the person.

        Raises `CodeTooSoonError` with the seconds left, `CodeBlockedError`,
        `CodeExpiredError` where it takes the password again, and an `AccountServiceError`.
        """
        await self._sign_ins.send_code()

    async def enter_code(self, code: str) -> None:
        """Complete the sign-in with a code.

        Raises `CodeWrongError`, `CodeBlockedError`, `CodeExpiredError` where it takes the
        password again, and an `AccountServiceError`.
        """
        await self._sign_ins.enter_code(code)

    async def request(self, ask: Ask, *, record: Callable[[Response], None] | None = None) -> Response:
        """Send a request with the session, and return the endpoint's own answer, perhaps a refusal of its own.

        Where the session is proven to be over, it signs in once and repeats the request.
        Raises `ApiForbiddenError` for an endpoint that isn't for this account,
        `ApiNotFoundError` for one that gives a page in place of an answer, and what
        `send` and `renewed` raise. `record` is given each answer, whatever it is.
        """
        for _ in range(2):
            sent = await self.send(ask)
            if record is not None:
                record(sent.answer)
            if await self.renewed(sent):
                continue
            if (error := refusal(sent.answer)) is not None:
                raise error
            return sent.answer
        raise AccountPausedError(ask.endpoint, retry_after=_FRESH.total_seconds())

    async def send(self, ask: Ask) -> Sent:
        """Send a request with the session once, and return the answer, whatever it is.

        Raises `SessionOverError` or a `VerdictError` where only a person can sign in, an
        `AccountServiceError` for what may pass, and what `api.transport.request` raises.
        """
        await self._prepare(ask.endpoint)
        return await self._send(ask)

    async def renewed(self, sent: Sent) -> bool:
        """Return whether the session that a request was sent with is another one now, so that it is to be repeated.

        What the answer alone can't tell, a request that every session is answered shows.
        Raises as `send` does.
        """
        answer = sent.answer
        if answer.status == 429:
            await self._save()
            raise AccountPausedError(answer.endpoint, retry_after=self.governor.wait(self._clock()))
        if (found := doubt(answer)) is None:
            if 200 <= answer.status < 300:
                self._note_alive(sent)
            return False
        async with self._judging:
            if sent.generation != self.generation:
                return True
            if self._alive_at > sent.number:
                return False
            found = await self._probe()
            if found is not None:
                await self._renew(answer.endpoint, found)
            return found is not None

    async def user_id(self) -> str | None:
        """Return the user's ID, `None` if neither the sign-in nor a token tells it."""
        if self.session is None or self.session.user_id is None:
            await self.token()
        return None if self.session is None else self.session.user_id

    async def keep_user_id(self, user_id: object) -> None:
        """Keep a user's ID that an endpoint told."""
        if self.session is not None and (found := identifier(user_id)) is not None:
            self.session = replace(self.session, user_id=found)
            await self._save()

    @property
    def requests(self) -> int:
        """The requests since the start."""
        return self._exchange.count

    @property
    def known_token(self) -> str | None:
        """The user's token as far as it is there, without asking for it."""
        return self.session.token if self.session is not None and has_token(self.session, self._clock()) else None

    def cookie(self, name: str) -> str | None:
        """Return a cookie's value."""
        return None if self.session is None else self.session.cookies.get(name, self._clock())

    def keep_cookie(self, name: str, value: str) -> None:
        """Keep a value that came in another way than as a cookie, but is to be sent as one."""
        if self.session is not None:
            self.session = replace(self.session, cookies=self.session.cookies.with_value(name, value))

    async def token(self) -> str | None:
        """Return the user's token, `None` where the service gives none at present: the cookies have to do."""
        now = self._clock()
        if (token := self.known_token) is not None:
            return token
        if self._no_token_until is not None and now < self._no_token_until:
            return None
        for _ in range(2):
            sent = await self.send(ask_for_user_token())
            if sent.answer.status == 429 or not await self.renewed(sent):
                break
        if self.session is None or (session := with_token(self.session, sent.answer, now)) is None:
            self._no_token_until = now + _NO_TOKEN
            return None
        self.session = session
        await self._save()
        return session.token

    async def gateway_token(self, serial: str, *, as_owner: bool = False) -> str:
        """Return a token for a gateway as it was issued, `as_owner` the one of the older service.

        Raises `GatewayNotInAccountError`, `SessionOverError` or a `VerdictError` where only a
        person can sign in, and an `AccountServiceError` for any other failure.
        """
        try:
            return await self._gateway_token(serial, as_owner=as_owner)
        except ApiError as err:
            raise account_error(err) from err

    async def drain(self) -> None:
        """Wait until what was begun is completed and stored, as after the last user of the account is gone."""
        await self._sign_ins.drain()
        await self._exchange.drain()

    def as_dict(self) -> dict[str, object]:
        """Return everything for a private store, without the password."""
        verdict = self._sign_ins.verdict
        return {
            "session": None if self.session is None else self.session.as_dict(),
            "governor": self.governor.as_dict(),
            "sign_ins": self.sign_ins,
            "verdict": None if verdict is None else verdict.translation_key,
        }

    def restore(self, data: object) -> None:
        """Go on with what was stored; what can't be read starts anew."""
        if not isinstance(data, dict):
            return
        self.session = AccountSession.restore(data.get("session"))
        self._seen_alive = self.session is not None
        if isinstance(governor := data.get("governor"), dict):
            self.governor.restore(governor)
        if isinstance(count := data.get("sign_ins"), int) and count >= 0:
            self.sign_ins = int(count)
        self._sign_ins.restore_verdict(data.get("verdict"))

    def forget(self) -> None:
        """Forget the session and the password; how often the account was used is kept."""
        self.session = self.password = self._held = None
        self.generation += 1
        self._sign_ins.forget()

    async def _use(self, session: AccountSession) -> None:
        """Put a new session in the place of the present one."""
        self.session = session
        self.generation += 1
        self._seen_alive = False
        self._held = self._no_token_until = None
        self.sign_ins += 1
        await self._save()

    async def _prepare(self, endpoint: str) -> None:
        """See to a session that isn't known to be over, and after a stop to a single request before the others."""
        if self.session is not None and self._held is None and not self.governor.stops:
            return
        async with self._judging:
            if self._held is not None and self._clock() < self._held[0]:
                raise self._held[1].with_traceback(None)
            if self.session is None:
                await self._renew(endpoint, SessionDoubt.OVER)
            elif (self._held is not None or self.governor.stops) and (found := await self._probe()) is not None:
                await self._renew(endpoint, found)

    async def _send(self, ask: Ask) -> Sent:
        generation = number = 0

        def headers() -> dict[str, str]:
            nonlocal generation, number
            generation, number = self.generation, self._exchange.count
            if ask.bare or self.session is None:
                return {}
            repeated = {name: value for name, cookie in ask.repeats.items() if (value := self.cookie(cookie))}
            return repeated | self.session.cookies.headers(self._clock())

        async def received(answer: Response) -> None:
            if ask.bare or self.session is None or generation != self.generation or is_visitors(answer):
                return
            kept = self.session.cookies.received(set_cookies(answer), self._clock(), host=cookie_host())
            if kept is not self.session.cookies:
                self.session = replace(self.session, cookies=kept)
                await self._save()

        answer = await self._exchange.send(ask, headers=headers, received=received)
        return Sent(answer, generation, number)

    async def _probe(self) -> SessionDoubt | None:
        """Return `None` if the session is alive, else what an answer that every session gets shows."""
        sent: Sent | None = None

        async def send(ask: Ask) -> Response:
            nonlocal sent
            sent = await self._send(ask)
            if sent.answer.status == 429:
                await self._save()
                raise AccountPausedError(PROBE, retry_after=self.governor.wait(self._clock()))
            return sent.answer

        found = await probe(send)
        if found is None and sent is not None:
            self._note_alive(sent)
            self._alive_at, self._held = sent.number, None
        return found

    def _note_alive(self, sent: Sent) -> None:
        if sent.generation == self.generation:
            self._seen_alive = True
            self.governor.answered(self._clock())

    async def _renew(self, endpoint: str, found: SessionDoubt) -> None:
        """Sign in again if the session is over, or spare the service if that isn't certain or wouldn't help."""
        now = self._clock()
        unsure = found is SessionDoubt.FORBIDDEN or (found is SessionDoubt.WALL and self.password is None)
        futile = found is not SessionDoubt.OVER and not self._seen_alive and self._is_younger(_FUTILE)
        if futile or (unsure and self.governor.stops < _PATIENCE):
            self.governor.stop(now)
            await self._save()
            raise AccountPausedError(endpoint, retry_after=self.governor.wait(now))
        if self._is_fresh():
            raise AccountPausedError(endpoint, retry_after=_FRESH.total_seconds())
        try:
            if self.password is None and self._sign_ins.verdict is None:
                raise SessionOverError(endpoint)
            await self._sign_ins.sign_in_again(self.password or "")
        except ApiAuthError as err:
            self._held = (now + _LOOK_AGAIN, err)
            raise
        except AccountServiceError as err:
            wait = timedelta(seconds=err.retry_after) if err.retry_after else _SOON
            self._held = (now + min(wait, _LOOK_AGAIN), err)
            raise

    def _is_fresh(self) -> bool:
        return self._is_younger(_FRESH)

    def _is_younger(self, age: timedelta) -> bool:
        signed_in_at = self.session.signed_in_at if self.session is not None else None
        return signed_in_at is not None and timedelta() <= self._clock() - signed_in_at <= age

    async def _gateway_token(self, serial: str, *, as_owner: bool) -> str:
        for _ in range(2):
            await self._prepare(TOKENS)
            ask = ask_for_owners_token(serial) if as_owner else ask_for_token(self._session_id(), self.email, serial)
            sent = await self._send(ask)
            if says_not_yours(sent.answer):
                raise GatewayNotInAccountError(ask.endpoint, "the gateway is not in the account")
            if sent.answer.status == 429:
                await self._save()
                wait = sent.answer.retry_after or _BLOCKED_FOR
                raise AccountBlockedError(ask.endpoint, "too many requests", retry_after=wait)
            if not await self.renewed(sent):
                break
        return token_of(sent.answer)

    def _session_id(self) -> str:
        return (self.session.session_id(self._clock()) if self.session is not None else None) or ""


def refusal(answer: Response) -> ApiError | None:
    """Return the error for an answer that the session isn't to blame for, `None` if it is the endpoint's own."""
    match doubt(answer):
        case None:
            return None
        case SessionDoubt.WALL | SessionDoubt.PAGE:
            return ApiNotFoundError(answer.endpoint, answer.status)
    return ApiForbiddenError(answer.endpoint, answer.status)
