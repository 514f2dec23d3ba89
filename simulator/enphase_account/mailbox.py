"""The e-mails that owners get."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """An e-mail with a code, sent at an epoch s."""

    to: str
    code: str
    sent: float


@dataclass(slots=True)
class Mailbox:
    """All e-mails, the oldest first."""

    mails: list[Mail] = field(default_factory=list)

    def of(self, email: str) -> list[Mail]:
        """Return the e-mails to one address."""
        return [each for each in self.mails if each.to.casefold() == email.strip().casefold()]

    def code(self, email: str) -> str:
        """Return the code of the newest e-mail to one address.

        Raises:
            LookupError: None was sent.
        """
        mails = self.of(email)
        if not mails:
            msg = f"no code was sent to {email}"
            raise LookupError(msg)
        return mails[-1].code
