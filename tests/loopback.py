"""A service on loopback in place of a vendor's cloud, which answers what a test wants."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import parse_qsl

from aiohttp import web
import orjson

from custom_components.energy_site.api.base_client import RequestResult
from custom_components.energy_site.api.errors import ApiError


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that came."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes

    @property
    def token(self) -> str:
        """The token it came with."""
        return self.headers.get("authorization", "").removeprefix("Bearer ")

    def json(self) -> Any:
        """Return the body that came along."""
        return orjson.loads(self.body)

    def form(self) -> dict[str, str]:
        """Return the form that came along."""
        return dict(parse_qsl(self.body.decode()))


@dataclass(slots=True)
class Answer:
    """What to answer."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)


class CloudServer:
    """Answers by the path; each of several answers once, the last one for ever."""

    def __init__(self, unauthorized: Any, not_found: Any) -> None:
        """Know no path yet: whatever is asked for is not found, in the vendor's words."""
        self._unauthorized = unauthorized
        self._not_found = not_found
        self.asked: list[Asked] = []
        self.tokens: set[str] | None = None
        self.url = ""
        self._answers: dict[tuple[str, str], deque[Answer]] = {}
        self._runner: web.ServerRunner | None = None

    async def __aenter__(self) -> Self:
        """Start to listen."""
        self._runner = web.ServerRunner(web.Server(self._serve))
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop."""
        assert self._runner is not None
        await self._runner.cleanup()

    @property
    def paths(self) -> list[str]:
        """What was asked, in order, without its query."""
        return [each.path for each in self.asked]

    @property
    def last(self) -> Asked:
        """What was asked last."""
        return self.asked[-1]

    def answer(
        self,
        path: str,
        payload: Any = None,
        *,
        method: str = "GET",
        status: int = 200,
        raw: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        """Answer a path with a payload, or with bytes; further calls queue further answers."""
        body = orjson.dumps(payload) if raw is None else raw
        self._answers.setdefault((method, path), deque()).append(
            Answer(status=status, body=body, headers=headers or {})
        )

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        asked = Asked(
            method=request.method,
            path=request.path,
            query={key: request.query.getall(key) for key in request.query},
            headers={key.lower(): value for key, value in request.headers.items()},
            body=await request.read(),
        )
        self.asked.append(asked)
        if self.tokens is not None and asked.token not in self.tokens:
            return web.json_response(self._unauthorized, status=401)
        queue = self._answers.get((request.method, request.path))
        if queue is None:
            return web.json_response(self._not_found, status=404)
        answer = queue.popleft() if len(queue) > 1 else queue[0]
        return web.Response(
            body=answer.body, status=answer.status, headers=answer.headers, content_type="application/octet-stream"
        )


class Tokens:
    """Somebody who keeps tokens: gives the next one when one is refused."""

    def __init__(self, *tokens: str) -> None:
        """Have these tokens, the last one for ever."""
        self._tokens = deque(tokens or ("token-1",))
        self.renewals = 0

    async def __call__(self, *, refused: str | None = None) -> str:
        """Return the token in use, or the one after it."""
        if refused is not None:
            self.renewals += 1
            if len(self._tokens) > 1 and refused == self._tokens[0]:
                self._tokens.popleft()
        return self._tokens[0]


class RequestBudget:
    """Counts what is spent, and refuses where a test says so."""

    def __init__(self, refusal: ApiError | None = None) -> None:
        """Allow everything, or refuse with an error."""
        self.allowed: list[str] = []
        self.outcomes: list[tuple[str, RequestResult]] = []
        self.refusal = refusal

    def before(self, endpoint: str) -> None:
        """Allow a request or raise."""
        if self.refusal is not None:
            raise self.refusal
        self.allowed.append(endpoint)

    def after(self, endpoint: str, result: RequestResult) -> None:
        """Note how it ended."""
        self.outcomes.append((endpoint, result))
