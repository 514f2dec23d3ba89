"""The vendor's login and token services on loopback, over plain HTTP."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
import json
from secrets import token_hex
from typing import Self

from aiohttp import web
from aiohttp.typedefs import Handler

from simulator.iq_gateway import GatewayHost
from simulator.iq_gateway.access import INSTALLER_LIFETIME, OWNER_LIFETIME

from .accounts import Account, Accounts

_LOOPBACK = "127.0.0.1"
_REFUSED_AGENT = "HomeAssistant"


@dataclass(slots=True)
class _Refusal:
    status: int
    left: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Misbehaviour:
    """What is answered in place of what is due: a page, an odd status, or a complaint of the service's own."""

    status: int = 200
    text: str = ""
    content_type: str = "text/html"
    headers: Mapping[str, str] = field(default_factory=dict)

    def answer(self) -> web.Response:
        """Return it as an answer."""
        return web.Response(
            status=self.status, text=self.text, content_type=self.content_type, headers=dict(self.headers)
        )


MAINTENANCE = Misbehaviour(text="<!DOCTYPE html><h1>We will be back soon</h1>")
SESSIONS_FULL = Misbehaviour(text='{"message": "Too many active sessions.."}', content_type="application/json")
NOT_YOURS = Misbehaviour(status=403, text='{"message": "Invalid gateway serial"}', content_type="application/json")
MFA_REQUIRED = Misbehaviour(text='{"requires_mfa": true}', content_type="application/json")


class AccountServer:
    """Logs people in and gives them tokens for the gateways it knows."""

    def __init__(self, gateways: Iterable[GatewayHost] = (), *, port: int = 0) -> None:
        """Know `gateways`; listen on `port`, or on any that is free."""
        self.accounts = Accounts()
        self.logins = 0
        self.failed_logins = 0
        self.tokens_issued = 0
        self.requests: Counter[str] = Counter()
        self._gateways = {gateway.serial: gateway for gateway in gateways}
        self._refusal: _Refusal | None = None
        self._misbehaviours: dict[str, Misbehaviour] = {}
        self._held: dict[str, asyncio.Event] = {}
        self._port = port
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        """Start to listen."""
        app = web.Application(middlewares=[self._door])
        app.router.add_post("/login/login.json", self._login)
        app.router.add_post("/tokens", self._tokens)
        app.router.add_get("/entrez-auth-token", self._entrez_token)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, _LOOPBACK, self._port).start()
        self._port = int(self._runner.addresses[0][1])
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop."""
        self.accept()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{_LOOPBACK}:{self._port}"

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._port

    def know(self, gateway: GatewayHost) -> None:
        """Give tokens for one more gateway."""
        self._gateways[gateway.serial] = gateway

    def add_account(
        self,
        email: str,
        password: str,
        role: str = "owner",
        serials: Iterable[str] | None = None,
        *,
        two_factor: bool = False,
        blocked: bool = False,
    ) -> Account:
        """Add a person; without `serials` all gateways known now are theirs."""
        account = Account(
            email=email,
            password=password,
            role=role,
            serials=frozenset(self._gateways if serials is None else serials),
            two_factor=two_factor,
            blocked=blocked,
        )
        self.accounts.add(account)
        return account

    def refuse(self, status: int, *, count: int | None = None) -> None:
        """Answer `status` (429, 503, ...) to all, or to the next `count` requests."""
        self._refusal = _Refusal(status, count)

    def misbehave(self, path: str, how: Misbehaviour) -> None:
        """Answer a path in another way than is due, until `accept`."""
        self._misbehaviours[path] = how

    def hold(self, path: str) -> asyncio.Event:
        """Answer a path only once the event that is returned is set, or after `accept`."""
        return self._held.setdefault(path, asyncio.Event())

    def accept(self) -> None:
        """End refusals and misbehaviour."""
        for event in self._held.values():
            event.set()
        self._held.clear()
        self._refusal = None
        self._misbehaviours.clear()

    @web.middleware
    async def _door(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        # It has come once all of it has: whoever asks may be gone before it is answered.
        await request.read()
        self.requests[request.path] += 1
        refusal = self._refusal
        if refusal is not None and refusal.left != 0:
            if refusal.left is not None:
                refusal.left -= 1
            wait = {"Retry-After": "60"} if refusal.status in (429, 503) else {}
            return web.Response(status=refusal.status, text="", headers=wait)
        if (held := self._held.get(request.path)) is not None:
            await held.wait()
        if (how := self._misbehaviours.get(request.path)) is not None:
            return how.answer()
        return await handler(request)

    async def _login(self, request: web.Request) -> web.StreamResponse:
        if _REFUSED_AGENT in request.headers.get("User-Agent", ""):
            return web.Response(status=406, text="")
        form = await request.post()
        email, password = form.get("user[email]"), form.get("user[password]")
        account = self.accounts.check(str(email), str(password))
        if account is None:
            self.failed_logins += 1
            return web.json_response({"message": "Invalid email or password"}, status=401)
        if account.blocked:
            return web.json_response({"success": False, "isBlocked": True, "message": "Account locked"})
        if account.two_factor:
            answer = web.json_response({"success": True, "isBlocked": False})
            answer.set_cookie("login_otp_nonce", token_hex(12), path="/", httponly=True)
            return answer
        self.logins += 1
        session = self.accounts.open_session(account)
        answer = web.json_response(
            {
                "message": "success",
                "session_id": session,
                "manager_token": token_hex(24),
                "is_consumer": account.role == "owner",
                "system_id": account.system_id,
                "redirect_url": "",
            }
        )
        answer.set_cookie("_enlighten_4_session", session, path="/", httponly=True)
        return answer

    async def _tokens(self, request: web.Request) -> web.StreamResponse:
        try:
            body = json.loads(await request.text())
            session, serial = str(body["session_id"]), str(body["serial_num"])
        except ValueError, KeyError, TypeError:
            return web.json_response({"message": "Bad request"}, status=400)
        account = self.accounts.of_session(session)
        if account is None:
            return web.json_response({"message": "Invalid session"}, status=401)
        token = self._issue(account, serial)
        if token is None:
            return web.json_response({"message": "Invalid gateway serial"}, status=403)
        return web.Response(text=token)

    async def _entrez_token(self, request: web.Request) -> web.StreamResponse:
        account = self.accounts.of_session(request.cookies.get("_enlighten_4_session"))
        if account is None:
            return web.json_response({"message": "Not logged in"}, status=401)
        serial = request.query.get("serial_num", "")
        token = self._issue(account, serial)
        if token is None:
            return web.json_response({"message": "Invalid gateway serial"}, status=403)
        now = int(self._gateways[serial].clock.now())
        lifetime = lifetime_of(account)
        return web.json_response({"token": token, "generation_time": now, "expires_at": now + lifetime})

    def _issue(self, account: Account, serial: str) -> str | None:
        gateway = self._gateways.get(serial)
        if gateway is None or serial not in account.serials:
            return None
        self.tokens_issued += 1
        return gateway.token(
            role=account.role,
            lifetime=lifetime_of(account),
            username=account.email,
        )


def lifetime_of(account: Account) -> int:
    """Return the seconds a token lives: a year for owners, half a day for others."""
    if account.token_lifetime is not None:
        return account.token_lifetime
    return OWNER_LIFETIME if account.role == "owner" else INSTALLER_LIFETIME
