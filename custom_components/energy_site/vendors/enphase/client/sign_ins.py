"""All sign-ins to one account: one at a time, and none that another has made unneeded."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from datetime import datetime
from hashlib import sha256
from hmac import compare_digest
from secrets import token_bytes
from typing import Any

from ....api.errors import ApiError, VerdictError
from .errors import (
    AccountBlockedError,
    AccountPausedError,
    CodeError,
    CodeExpiredError,
    CredentialsRefusedError,
    SecondFactorError,
)
from .exchange import Exchange
from .governor import Governor
from .session import AccountSession
from .sign_in import ENTER_CODE, LOGIN, SEND_CODE, SignIn, account_error

_VERDICTS: Mapping[str, type[VerdictError]] = {
    kind.translation_key: kind for kind in (CredentialsRefusedError, SecondFactorError)
}


class AccountSignIns:
    """Signs in with a password, and where it is wanted with a code.

    `verdict` is why the remembered password is of no use until a person signs in.
    """

    def __init__(
        self,
        exchange: Exchange,
        governor: Governor,
        email: str,
        *,
        clock: Callable[[], datetime],
        save: Callable[[], Awaitable[None]],
        use: Callable[[AccountSession], Awaitable[None]],
        is_fresh: Callable[[], bool],
    ) -> None:
        """Hand a session that is complete to `use`; none is asked for while `is_fresh` says that it was a moment ago."""
        self._exchange = exchange
        self._governor = governor
        self._email = email
        self._clock = clock
        self._save = save
        self._use = use
        self._is_fresh = is_fresh
        self._pending: SignIn | None = None
        self._salt = token_bytes(16)
        self._digest: bytes | None = None
        self._lock = asyncio.Lock()
        self._tasks: set[asyncio.Task[Any]] = set()
        self.verdict: type[VerdictError] | None = None

    async def sign_in(self, password: str, *, by_person: bool) -> bool:
        """Sign in; return `False` if a code is wanted."""
        return await self._finish(self._sign_in(password, by_person=by_person))

    async def sign_in_again(self, password: str) -> None:
        """Sign in without a person; raise the `VerdictError` that an earlier attempt met, or meets now."""
        if self.verdict is not None:
            raise self.verdict(LOGIN, "refused before")
        try:
            if await self.sign_in(password, by_person=False):
                return
        except CredentialsRefusedError:
            await self._keep_verdict(CredentialsRefusedError)
            raise
        self._pending = None
        await self._keep_verdict(SecondFactorError)
        raise SecondFactorError(LOGIN, "the account asks for a second factor")

    async def send_code(self) -> None:
        """Have a code sent to the person."""
        await self._finish(self._step(SEND_CODE, SignIn.send_code))

    async def enter_code(self, code: str) -> None:
        """Complete the sign-in with a code."""
        await self._finish(self._enter_code(code))

    async def drain(self) -> None:
        """Wait until what was begun is completed."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    def forget(self) -> None:
        """Forget the sign-in under way, and what came of earlier ones."""
        self._pending = self._digest = self.verdict = None

    def restore_verdict(self, key: object) -> None:
        """Go on with a stored verdict."""
        self.verdict = _VERDICTS.get(key) if isinstance(key, str) else None

    async def _finish[T](self, work: Coroutine[Any, Any, T]) -> T:
        """Complete what was begun, even where the caller is cancelled: a session would be lost otherwise."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return await asyncio.shield(task)

    async def _sign_in(self, password: str, *, by_person: bool) -> bool:
        async with self._lock:
            now, digest = self._clock(), sha256(self._salt + password.encode()).digest()
            if self._is_fresh() and self._digest is not None and compare_digest(digest, self._digest):
                return True
            if self._governor.stopped(now) and not by_person:
                raise AccountPausedError(LOGIN, retry_after=self._governor.wait(now))
            if (wait := self._governor.sign_in_wait(now, by_person=by_person)) > 0:
                reason = AccountBlockedError.translation_key if by_person else self._governor.pause_reason
                raise AccountPausedError(LOGIN, retry_after=wait, translation_key=reason)
            attempt = SignIn(self._exchange, self._governor, self._email, clock=self._clock)
            try:
                session = await attempt.enter_password(password, by_person=by_person, save=self._save)
            except ApiError as err:
                await self._save()
                raise account_error(err) from err
            if session is None:
                self._pending = attempt
                return False
            self._digest = digest
            await self._complete(session)
            return True

    async def _enter_code(self, code: str) -> None:
        await self._complete(await self._step(ENTER_CODE, lambda pending: pending.enter_code(code)))

    async def _step[T](self, endpoint: str, step: Callable[[SignIn], Awaitable[T]]) -> T:
        """Take a step of the sign-in that waits for a code."""
        async with self._lock:
            if self._pending is None:
                raise CodeExpiredError(endpoint, "no sign-in is under way")
            try:
                return await step(self._pending)
            except CodeExpiredError:
                self._pending = None
                raise
            except CodeError:
                raise
            except ApiError as err:
                raise account_error(err) from err
            finally:
                await self._save()

    async def _complete(self, session: AccountSession) -> None:
        self._pending, self.verdict = None, None
        self._governor.signed_in(self._clock())
        await self._use(session)

    async def _keep_verdict(self, verdict: type[VerdictError]) -> None:
        self.verdict = verdict
        await self._save()
