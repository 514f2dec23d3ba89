"""The simplest client of a gateway."""

from typing import Any, NamedTuple, Self

import aiohttp

from simulator.iq_gateway import GatewayHost


class Answer(NamedTuple):
    """What came back."""

    status: int
    text: str
    headers: Any


class Client:
    """Asks one gateway; keeps cookies unless told not to."""

    def __init__(self, gateway: GatewayHost, token: str | None = None, *, cookies: bool = True) -> None:
        """Ask `gateway` with `token`."""
        self._gateway = gateway
        jar = aiohttp.CookieJar(unsafe=True) if cookies else aiohttp.DummyCookieJar()
        self._session = aiohttp.ClientSession(
            cookie_jar=jar,
            connector=aiohttp.TCPConnector(ssl=False),
            headers={"Authorization": f"Bearer {token}"} if token else {},
        )

    async def __aenter__(self) -> Self:
        """Begin."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close."""
        await self._session.close()

    async def ask(self, path: str, method: str = "GET", **kwargs: Any) -> Answer:
        """Return the answer to one request."""
        url = f"https://{self._gateway.host}{path}"
        async with self._session.request(method, url, **kwargs) as response:
            return Answer(response.status, await response.text(), response.headers.copy())

    async def get(self, path: str) -> Any:
        """Return a payload."""
        url = f"https://{self._gateway.host}{path}"
        async with self._session.get(url) as response:
            assert response.status == 200, path
            return await response.json(content_type=None)

    async def send(self, method: str, path: str, body: object) -> Any:
        """Write, and return the payload that came back."""
        url = f"https://{self._gateway.host}{path}"
        async with self._session.request(method, url, json=body) as response:
            assert response.status == 200, await response.text()
            return await response.json(content_type=None)
