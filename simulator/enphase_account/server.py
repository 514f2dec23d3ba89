"""The account's services on loopback, over plain HTTP: sign-in, homes, settings, gateways' tokens."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, override

from simulator.clock import Clock
from simulator.cloud.serving import Knock, LoopbackServer
from simulator.iq_gateway import GatewayHost
from simulator.iq_gateway.reply import Reply

from . import paths, sign_in, tokens
from .accounts import Account, Accounts
from .door import Visitor, answer, identify
from .faults import Misbehaviour
from .home import AccountHome
from .mailbox import Mailbox
from .policy import Policy
from .world import World


@dataclass(slots=True)
class _Manners:
    """What is done instead of what is due, until it is ended."""

    refusal: Reply | None = None
    left: int | None = None
    misbehaviours: dict[str, Misbehaviour] = field(default_factory=dict)
    held: dict[str, asyncio.Event] = field(default_factory=dict)

    async def instead(self, path: str) -> Reply | None:
        """Wait as long as a path is held, and return what is answered instead."""
        if self.refusal is not None and self.left != 0:
            if self.left is not None:
                self.left -= 1
            return self.refusal
        if (held := self.held.get(path)) is not None:
            await held.wait()
        how = self.misbehaviours.get(path)
        return how.reply if how else None


class AccountServer(LoopbackServer[Visitor]):
    """Signs people in, shows and sets their homes, and gives them tokens for the gateways it knows."""

    def __init__(
        self,
        gateways: Iterable[GatewayHost] = (),
        *,
        homes: Iterable[AccountHome] = (),
        clock: Clock | None = None,
        port: int = 0,
    ) -> None:
        """Know `gateways` and `homes`; listen on `port`, or on any that is free.

        Without a `clock` the time is that of the first gateway, if there is one.
        """
        gateways = list(gateways)
        super().__init__(clock=clock or (gateways[0].clock if gateways else None), port=port)
        self.world = World(gateways={gateway.serial: gateway for gateway in gateways})
        self.requests: Counter[str] = Counter()
        """How often each path was asked for."""
        self._manners = _Manners()
        for each in homes:
            self.add_home(each)

    @override
    async def __aexit__(self, *_: object) -> None:
        """Stop."""
        self.accept()
        await super().__aexit__()

    # -- what it knows --------------------------------------------------------

    @property
    def policy(self) -> Policy:
        """How the service behaves."""
        return self.world.policy

    @property
    def accounts(self) -> Accounts:
        """All accounts and who is signed in."""
        return self.world.accounts

    @property
    def mailbox(self) -> Mailbox:
        """The e-mails with codes."""
        return self.world.mailbox

    @property
    def logins(self) -> int:
        """How often somebody signed in."""
        return self.world.logins

    @property
    def failed_logins(self) -> int:
        """How often the e-mail or the password was wrong."""
        return self.world.failed_logins

    @property
    def tokens_issued(self) -> int:
        """How many tokens for gateways were given."""
        return self.world.tokens_issued

    def know(self, gateway: GatewayHost) -> None:
        """Give tokens for one more gateway."""
        self.world.gateways[gateway.serial] = gateway

    def add_home(self, home: AccountHome) -> AccountHome:
        """Serve one more home, and give tokens for its gateway."""
        if home.site_id in self.world.homes:
            msg = f"there is a home {home.site_id} already"
            raise ValueError(msg)
        self.world.homes[home.site_id] = home
        if home.gateway is not None:
            self.know(home.gateway)
        return home

    def add_account(
        self,
        email: str,
        password: str,
        role: str = "owner",
        serials: Iterable[str] | None = None,
        **more: Any,
    ) -> Account:
        """Add a person; without `serials` all gateways known now are theirs.

        `more` are fields of `Account`, such as `two_factor`. They see all homes without `systems`, and
        land at the first of them.
        """
        if "system_id" not in more and self.world.homes:
            seen = more.get("systems") or self.world.homes
            more["system_id"] = min(seen)
        account = Account(
            email=email,
            password=password,
            role=role,
            serials=frozenset(self.world.gateways if serials is None else serials),
            **more,
        )
        self.accounts.add(account)
        return account

    def sell(self, home: AccountHome, account: Account) -> None:
        """Let a home no longer be an account's."""
        seen = self.world.homes if account.systems is None else account.systems
        account.systems = frozenset(seen) - {home.site_id}
        account.serials -= {home.serial}

    # -- how it misbehaves ----------------------------------------------------

    def refuse(self, status: int, *, count: int | None = None) -> None:
        """Answer `status` (429, 503, ...) to all, or to the next `count` requests."""
        wait = {"Retry-After": "60"} if status in (429, 503) else {}
        self._manners.refusal = Reply(status=status, text="", content_type="text/plain", headers=wait)
        self._manners.left = count

    def misbehave(self, path: str, how: Misbehaviour) -> None:
        """Answer a path in another way than is due, until `accept`."""
        self._manners.misbehaviours[path] = how

    def hold(self, path: str) -> asyncio.Event:
        """Answer a path only once the event that is returned is set, or after `accept`."""
        return self._manners.held.setdefault(path, asyncio.Event())

    def accept(self) -> None:
        """End refusals and misbehaviour."""
        for event in self._manners.held.values():
            event.set()
        self._manners = _Manners()

    def paths_of(self, home: AccountHome, family: paths.Family | None = None) -> list[str]:
        """Return the paths of a home's reads, of one family or all, for `faults`."""
        families = paths.Family if family is None else (family,)
        return [home.path(template) for each in families for template in paths.READS[each]]

    # -- requests -------------------------------------------------------------

    @override
    def advance(self) -> None:
        for each in self.world.homes.values():
            each.advance(self.clock.now())

    @override
    def identify(self, knock: Knock) -> Visitor:
        self.requests[knock.path] += 1
        return identify(self.world, knock)

    @override
    def answered(self, knock: Knock, visitor: Visitor, reply: Reply) -> None:
        pass

    @override
    async def respond(self, knock: Knock, visitor: Visitor) -> Reply:
        instead = await self._manners.instead(knock.path)
        if instead is not None:
            return instead
        refused = self.policy.refused_agent
        if refused and refused in knock.headers.get("User-Agent", ""):
            return Reply(status=406, text="")
        match knock.method, knock.path:
            case "POST", paths.LOGIN:
                return sign_in.login(self.world, knock)
            case "POST", paths.SEND_CODE:
                return sign_in.send_code(self.world, knock)
            case "POST", paths.ENTER_CODE:
                return sign_in.enter_code(self.world, knock)
            case "POST", paths.GATEWAY_TOKEN:
                return tokens.gateway_token(self.world, knock)
            case "GET", paths.OWNER_TOKEN:
                return tokens.owner_token(self.world, knock)
            case _:
                return answer(self.world, knock, visitor)
