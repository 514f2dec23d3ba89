"""People with an account, and what is theirs."""

from dataclasses import dataclass, field
from enum import StrEnum

from .sessions import Session, Sessions

_FIRST_USER = 7_654_321


class SecondFactor(StrEnum):
    """How the answer to a password says that a code is wanted."""

    NONCE = "nonce"
    """`{"success": true}` and the nonce's cookie."""
    BODY = "body"
    """`{"requires_mfa": true}`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedSystem:
    """A row of the list of systems without a home behind it."""

    system_id: int
    title: str | None = "Home"


@dataclass(slots=True, kw_only=True, eq=False)
class Account:
    """One person: their role, and the gateways they may read.

    `systems` are the homes they see (`None`: all), `reads_only` those of them of which they may
    change nothing. `system_id` is where their sign-in lands. `token_lifetime` is how many seconds
    their tokens for gateways live, if another time than usual.
    """

    email: str
    password: str
    role: str = "owner"
    serials: frozenset[str] = frozenset()
    two_factor: bool = False
    second_factor: SecondFactor = SecondFactor.NONCE
    blocked: bool = False
    system_id: int = 100001
    systems: frozenset[int] | None = None
    reads_only: frozenset[int] = frozenset()
    listed: tuple[ListedSystem, ...] = ()
    token_lifetime: int | None = None
    user_id: int = 0
    logins: int = 0
    wrong_passwords: int = 0
    wrong_codes: int = 0
    codes_sent: int = 0
    blocked_until: float = 0.0
    codes_blocked_until: float = 0.0

    def sees(self, system_id: int) -> bool:
        """Whether a home is theirs."""
        return self.systems is None or system_id in self.systems


@dataclass(slots=True)
class Accounts:
    """All accounts and who is signed in."""

    by_email: dict[str, Account] = field(default_factory=dict)
    sessions: Sessions = field(default_factory=Sessions)

    def add(self, account: Account) -> None:
        """Add an account."""
        account.user_id = account.user_id or _FIRST_USER + len(self.by_email)
        self.by_email[account.email.lower()] = account

    def check(self, email: str, password: str) -> Account | None:
        """Return the account when the password is right."""
        account = self.by_email.get(email.lower())
        return account if account and account.password == password else None

    def of(self, session: Session | None) -> Account | None:
        """Return whose session it is."""
        return self.by_email.get(session.email) if session else None

    def end_sessions(self, account: Account | None = None) -> None:
        """Sign everybody out, or one person."""
        self.sessions.end(account.email.lower() if account else None)
