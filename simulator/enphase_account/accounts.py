"""People with an account, and what is theirs."""

from dataclasses import dataclass, field
from secrets import token_hex


@dataclass(slots=True, kw_only=True)
class Account:
    """One person: their role, and the gateways they may read.

    `token_lifetime` is how many seconds their tokens live, if another time than usual.
    """

    email: str
    password: str
    role: str = "owner"
    serials: frozenset[str] = frozenset()
    two_factor: bool = False
    blocked: bool = False
    system_id: int = 100001
    logins: int = 0
    token_lifetime: int | None = None


@dataclass(slots=True)
class Accounts:
    """All accounts and who is logged in."""

    by_email: dict[str, Account] = field(default_factory=dict)
    _sessions: dict[str, Account] = field(default_factory=dict)

    def add(self, account: Account) -> None:
        """Add an account."""
        self.by_email[account.email.lower()] = account

    def check(self, email: str, password: str) -> Account | None:
        """Return the account when the password is right."""
        account = self.by_email.get(email.lower())
        return account if account and account.password == password else None

    def open_session(self, account: Account) -> str:
        """Log somebody in and return the session."""
        identifier = token_hex(16)
        self._sessions[identifier] = account
        account.logins += 1
        return identifier

    def of_session(self, identifier: str | None) -> Account | None:
        """Return who is logged in."""
        return self._sessions.get(identifier or "")

    def end_sessions(self) -> None:
        """Log everybody out."""
        self._sessions.clear()
