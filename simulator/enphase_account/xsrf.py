"""Tokens against cross-site requests: each read gives one, each write uses one up."""

from dataclasses import dataclass, field
from secrets import token_hex


@dataclass(slots=True)
class XsrfTokens:
    """The tokens of one session, epoch s."""

    latest: str = ""
    _given: dict[str, float] = field(default_factory=dict)

    def give(self, now: float) -> str:
        """Return a new token."""
        self.latest = token_hex(8)
        self._given[self.latest] = now
        return self.latest

    def known(self, token: str) -> bool:
        """Whether it was given and not used yet."""
        return token in self._given

    def fresh(self, token: str, now: float, life: float, *, latest_only: bool) -> bool:
        """Whether it is good for a write: given less than `life` s ago, and not replaced by a newer one."""
        given = self._given.get(token)
        return given is not None and now < given + life and (token == self.latest or not latest_only)

    def use(self, token: str) -> None:
        """Take a token's worth."""
        self._given.pop(token, None)
