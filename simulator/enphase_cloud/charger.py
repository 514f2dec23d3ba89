"""An EV charger that is in the cloud alone."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeSession:
    """One charge: epoch s; energy in Wh, drawn evenly."""

    start: int
    end: int
    energy: int
    cost: float = 0.0

    def drawn(self, begin: float, end: float) -> int:
        """Return whole Wh drawn between (epoch s): parts of a session add up to it."""
        return self._until(end) - self._until(begin)

    def _until(self, at: float) -> int:
        passed = min(max(0, int(at) - self.start), self.end - self.start)
        return self.energy * passed // max(1, self.end - self.start)


@dataclass(slots=True, kw_only=True)
class EvCharger:
    """A charger and its sessions; `mode` is what latest telemetry tells."""

    serial: str = "202212345678"
    name: str = "IQ EV Charger"
    mode: str = "IDLE"
    watts: float = 0.0
    max_watts: int = 11_500
    min_watts: int = 1_440
    sessions: list[ChargeSession] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    """What was started and stopped, in order."""

    def drawn(self, begin: float, end: float) -> int:
        """Return whole Wh drawn between, epoch s."""
        return sum(each.drawn(begin, end) for each in self.sessions)
