"""All that the service knows."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from simulator.iq_gateway import GatewayHost

from .accounts import Account, Accounts
from .home import AccountHome
from .mailbox import Mailbox
from .policy import Policy


@dataclass(slots=True, kw_only=True)
class PendingSignIn:
    """A sign-in that waits for its code, epoch s."""

    account: Account
    until: float
    code: str = ""
    sent: float | None = None


@dataclass(slots=True, kw_only=True)
class World:
    """Accounts, homes, gateways, e-mails, and sign-ins that wait for a code by their nonce."""

    accounts: Accounts = field(default_factory=Accounts)
    homes: dict[int, AccountHome] = field(default_factory=dict)
    gateways: dict[str, GatewayHost] = field(default_factory=dict)
    policy: Policy = field(default_factory=Policy)
    mailbox: Mailbox = field(default_factory=Mailbox)
    nonces: dict[str, PendingSignIn] = field(default_factory=dict)
    sign_ins: list[tuple[float, str]] = field(default_factory=list)
    """When (epoch s) who signed in, whether a code was wanted or not."""
    logins: int = 0
    failed_logins: int = 0
    tokens_issued: int = 0

    def homes_of(self, account: Account) -> Iterable[AccountHome]:
        """Return the homes an account sees, by their numbers."""
        return (home for number, home in sorted(self.homes.items()) if account.sees(number))
