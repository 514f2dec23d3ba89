"""The simplest client of an owner's account: it keeps cookies whatever they say."""

from base64 import b64encode
from typing import Any, NamedTuple, Self
from uuid import uuid4

import aiohttp

from simulator.enphase_account import AccountHome, AccountServer, paths

EMAIL, PASSWORD = "owner@example.com", "sunshine"


class Answer(NamedTuple):
    """What came back."""

    status: int
    body: Any
    text: str
    headers: Any

    @property
    def data(self) -> dict[str, Any]:
        """What is in the envelope of the battery's service."""
        found: dict[str, Any] = self.body["data"]
        return found


class Owner:
    """Asks one server with a jar of its own."""

    def __init__(self, server: AccountServer, home: AccountHome | None = None) -> None:
        """Ask `server`, mostly about `home`."""
        self.server, self.home = server, home
        self.cookies: dict[str, str] = {}
        self.user_id = 0
        self.xsrf = ""
        self.token = ""
        self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        # Else aiohttp repeats by itself what was lost, with the cookies from before.
        self._session._retry_connection = False

    async def __aenter__(self) -> Self:
        """Begin."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close."""
        await self._session.close()

    async def ask(self, path: str, method: str = "GET", **kwargs: Any) -> Answer:
        """Return the answer to one request; what it sets is kept."""
        if self.home is not None:
            path = self.home.path(path)
        headers = {"User-Agent": "bench/1.0", "Username": f"{self.user_id}", "requestid": str(uuid4())}
        headers |= {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        headers |= kwargs.pop("headers", {})
        url = f"{self.server.url}{path}"
        async with self._session.request(method, url, headers=headers, allow_redirects=False, **kwargs) as response:
            text = await response.text()
            for name, morsel in response.cookies.items():
                self.cookies[name] = morsel.value
            self.xsrf = response.headers.get("x-csrf-token", self.xsrf)
            body = await response.json(content_type=None) if text[:1] in ("{", "[") else None
            return Answer(response.status, body, text, response.headers.copy())

    async def password(self, password: str = PASSWORD, email: str = EMAIL, **headers: str) -> Answer:
        """Sign in as far as a password leads."""
        form = {"user[email]": email, "user[password]": password}
        answer = await self.ask(paths.LOGIN, "POST", data=form, headers=headers)
        self._remember(email)
        return answer

    async def send_code(self) -> Answer:
        """Ask for a code."""
        return await self.ask(paths.SEND_CODE, "POST", data={"locale": "en"})

    async def code(self, code: str, email: str = EMAIL) -> Answer:
        """Enter a code."""
        form = {"email": b64encode(email.encode()).decode(), "otp": b64encode(code.encode()).decode()}
        answer = await self.ask(paths.ENTER_CODE, "POST", data=form)
        self._remember(email)
        return answer

    async def read(self, path: str) -> Any:
        """Return what a path answers."""
        answer = await self.ask(path)
        assert answer.status == 200, (path, answer.status, answer.text)
        return answer.body

    async def settings(self) -> dict[str, Any]:
        """Return the battery's settings."""
        found: dict[str, Any] = (await self.read(paths.BATTERY_SETTINGS))["data"]
        return found

    async def write(self, path: str, body: object, method: str = "PUT", **headers: str) -> Answer:
        """Write with the newest token against cross-site requests, without a read before."""
        return await self.ask(path, method, json=body, headers={"X-XSRF-Token": self.xsrf} | headers)

    async def set(self, path: str, body: object, method: str = "PUT") -> Answer:
        """Read, then write."""
        await self.ask(paths.SITE_SETTINGS)
        return await self.write(path, body, method)

    def _remember(self, email: str) -> None:
        account = self.server.accounts.by_email.get(email.lower())
        self.user_id = account.user_id if account else 0
