"""The services behind the owner's app, for one system of an account."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from yarl import URL

from ....api.errors import ApiForbiddenError, ApiNotFoundError, ApiPayloadError
from ....api.transport import Recorded, Response
from ...enphase.client.account import Account, Sent, refusal
from ...enphase.client.answers import SessionDoubt, doubt, set_cookies
from ...enphase.client.exchange import Ask
from . import endpoints
from .endpoint import AccountCommand, AccountEndpoint, HeaderFamily
from .error_mapping import raise_for_read, raise_for_write, words_of
from .requests import XSRF_COOKIE, XSRF_HEADER, Shape, headers_of, headers_of_write, url_of


class AccountClient:
    """Sends requests to the endpoints of `endpoints`.

    Raises `ApiForbiddenError` for what isn't for this account, `ApiNotFoundError` for what is
    gone or a page, `ApiRefusedError` for a refused write, `SessionOverError` or a `VerdictError`
    where a person has to sign in, `NotYetError` for what has to wait and isn't urgent,
    `ApiPayloadError` for what can't be read, and other `ApiError`s for what may pass.

    A write that returns was accepted, and proves nothing. An `ApiConnectionError`, an
    `ApiPayloadError` or a status of 500 or more leaves open whether it was.
    """

    def __init__(self, account: Account, site_id: str = "", *, shapes: Mapping[str, str] | None = None) -> None:
        """Use a system of an account, none where only the account itself is asked about.

        `shapes` is by family how its writes were accepted before. `recorded` holds the last
        answer by endpoint.
        """
        self._account = account
        self._site_id = site_id
        self._shapes = {
            HeaderFamily(family): Shape(shape)
            for family, shape in (shapes or {}).items()
            if family in HeaderFamily and shape in Shape
        }
        self._writing = asyncio.Lock()
        self._without_user: object = None
        self.recorded: dict[str, Recorded] = {}

    @property
    def shapes(self) -> dict[str, str]:
        """By family how writes are accepted."""
        return {family.value: shape.value for family, shape in self._shapes.items()}

    @property
    def requests(self) -> int:
        """The requests of the account since the start, those for other systems included."""
        return self._account.requests

    async def get[T](self, endpoint: AccountEndpoint[T], *, urgent: bool = False, **fields: str) -> T:
        """Return what an endpoint answers; an `urgent` request waits where there were many in the last minute."""
        answer = await self._get(endpoint, fields, urgent=urgent)
        return endpoint.parse(answer.endpoint, answer.json())

    async def write(self, command: AccountCommand, body: Mapping[str, object]) -> None:
        """Send a change, which isn't in force when this returns."""
        async with self._writing:
            sent = await self._write(command, body)
            if _is_unexplained(_telling(sent)):
                # A session that is over shows in a read, and only there.
                await self._get(endpoints.SITE_SETTINGS, {}, urgent=True)
                if sent[0].generation != self._account.generation:
                    sent = await self._write(command, body)
        answer = _telling(sent)
        if (answer.status != 403 or _is_unexplained(answer)) and (error := refusal(answer)) is not None:
            raise error
        raise_for_write(answer)

    async def drain(self) -> None:
        """Wait until what was sent is answered and stored."""
        await self._account.drain()

    async def _get(
        self, endpoint: AccountEndpoint[Any], fields: Mapping[str, str], *, urgent: bool = False
    ) -> Response:
        user_id = await self._user_id() if endpoint.family.names_user else None
        ask = Ask(
            method="GET",
            url=self._url(endpoint, user_id, fields),
            endpoint=endpoint.name,
            headers=headers_of(
                endpoint.family, site_id=self._site_id, user_id=user_id, token=self._account.known_token
            ),
            urgent=urgent,
        )
        answer = await self._account.request(ask, record=lambda answer: self._record(endpoint.name, answer))
        if endpoint.family is HeaderFamily.BATTERY_CONFIG:
            self._keep_xsrf(answer)
        raise_for_read(answer)
        return answer

    async def _write(self, command: AccountCommand, body: Mapping[str, object]) -> list[Sent]:
        """Send a change in the family's shape, and in the other one where the first is forbidden."""
        first = self._shapes.get(command.family, Shape.FRESH)
        sent: list[Sent] = []
        for shape in (first, Shape.STORED if first is Shape.FRESH else Shape.FRESH):
            sent.append(await self._write_in(shape, command, body))
            if sent[-1].answer.status != 403:
                if 200 <= sent[-1].answer.status < 300:
                    self._shapes[command.family] = shape
                break
        return sent

    async def _write_in(self, shape: Shape, command: AccountCommand, body: Mapping[str, object]) -> Sent:
        """Send a change in one shape, and once more where the session was lost on the way to it."""
        for _ in range(2):
            if shape is Shape.FRESH or self._account.cookie(XSRF_COOKIE) is None:
                await self._get(endpoints.SITE_SETTINGS, {}, urgent=True)
            token = await self._account.token() if shape is Shape.STORED else None
            user_id = await self._user_id()
            headers = headers_of(command.family, site_id=self._site_id, user_id=user_id, token=None)
            sent = await self._account.send(
                Ask(
                    method=command.method,
                    url=self._url(command, user_id, {}),
                    endpoint=command.name,
                    headers=headers | headers_of_write(shape, token=token),
                    repeats={"X-XSRF-Token": XSRF_COOKIE},
                    json=dict(body),
                    urgent=True,
                )
            )
            self._keep_xsrf(sent.answer)
            if doubt(sent.answer) is SessionDoubt.FORBIDDEN or not await self._account.renewed(sent):
                break
        return sent

    def _url(
        self, target: AccountEndpoint[Any] | AccountCommand, user_id: str | None, fields: Mapping[str, str]
    ) -> URL:
        path = target.path
        for name, value in {"site_id": self._site_id, **fields}.items():
            path = path.replace(f"{{{name}}}", value)
        return url_of(path, target.query, user_id=user_id if target.by_user else None)

    async def _user_id(self) -> str | None:
        """Return the user's ID, of which the settings' services want to be told, if anything knows it."""
        if (user_id := await self._account.user_id()) is not None:
            return user_id
        if self._without_user != self._account.generation:
            self._without_user = self._account.generation
            with suppress(ApiForbiddenError, ApiNotFoundError, ApiPayloadError):
                await self._account.keep_user_id(await self.get(endpoints.DATA, urgent=True))
        return await self._account.user_id()

    def _keep_xsrf(self, answer: Response) -> None:
        """Keep a token that some regions send as a header alone, as the cookie that it is compared with."""
        token = answer.headers.get(XSRF_HEADER)
        if token and not any(line.startswith(f"{XSRF_COOKIE}=") for line in set_cookies(answer)):
            self._account.keep_cookie(XSRF_COOKIE, token)

    def _record(self, endpoint: str, answer: Response) -> None:
        self.recorded[endpoint] = Recorded(status=answer.status, body=answer.body, seconds=answer.seconds)


def _is_unexplained(answer: Response) -> bool:
    """Return whether a write was turned away, rather than refused for a reason that the service gives."""
    return answer.status == 403 and words_of(answer) is None


def _telling(sent: list[Sent]) -> Response:
    """Return the answer that a write ends with: of two that are forbidden, the one that gives a reason."""
    last = sent[-1].answer
    if not _is_unexplained(last):
        return last
    return next((each.answer for each in sent if words_of(each.answer) is not None), last)
