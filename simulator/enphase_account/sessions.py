"""Sessions: their cookies, which may change with any answer, and how long they live."""

from dataclasses import dataclass, field
from secrets import token_hex

from .xsrf import XsrfTokens

DAY = 86_400.0


@dataclass(slots=True, kw_only=True, eq=False)
class Session:
    """One sign-in, epoch s. `identifier` stays, `cookie` may change.

    The `previous` cookie is taken until `previous_until`.
    """

    email: str
    identifier: str = field(default_factory=lambda: token_hex(16))
    cookie: str
    manager_token: str = ""
    opened: float
    until: float
    previous: str = ""
    previous_until: float = 0.0
    token: str = ""
    token_until: float = 0.0
    requests: int = 0
    xsrf: XsrfTokens = field(default_factory=XsrfTokens)


@dataclass(slots=True)
class Sessions:
    """All sessions that have not been ended."""

    rotations: int = 0
    _all: list[Session] = field(default_factory=list)

    def open(self, email: str, now: float, *, days: float) -> Session:
        """Begin a session that lives so many days."""
        session = Session(email=email, cookie="", opened=now, until=now + days * DAY)
        session.cookie = session.identifier
        self._all.append(session)
        return session

    def of_cookie(self, cookie: str, now: float) -> Session | None:
        """Return the session a cookie belongs to, which may have changed a moment ago."""
        for each in self.live(now):
            if cookie == each.cookie or (cookie == each.previous and now < each.previous_until):
                return each
        return None

    def of_identifier(self, identifier: str, now: float) -> Session | None:
        """Return the session that a sign-in named so, or whose cookie it is."""
        named = (each for each in self.live(now) if identifier == each.identifier)
        return next(named, None) or self.of_cookie(identifier, now)

    def rotate(self, session: Session, now: float, *, grace: float) -> None:
        """Give a session another cookie; the one before is good for `grace` s."""
        session.previous, session.previous_until = session.cookie, now + grace
        session.cookie = token_hex(16)
        self.rotations += 1

    def live(self, now: float, email: str | None = None) -> list[Session]:
        """Return the sessions that are good, of one person or of all."""
        return [each for each in self._all if now < each.until and email in {None, each.email}]

    def end(self, email: str | None = None) -> None:
        """End all sessions, or those of one person."""
        self._all = [each for each in self._all if email not in {None, each.email}]
