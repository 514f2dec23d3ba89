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
    """A charger and its sessions; `mode` is what latest telemetry tells between them."""

    serial: str = "202212345678"
    name: str = "IQ EV Charger"
    mode: str = "IDLE"
    watts: float = 0.0
    max_watts: int = 11_500
    min_watts: int = 1_440
    sessions: list[ChargeSession] = field(default_factory=list)
    newest_first: bool = False
    """Which end its list of sessions begins with."""
    commands: list[str] = field(default_factory=list)
    """What was started and stopped, in order."""

    def drawn(self, begin: float, end: float) -> int:
        """Return whole Wh drawn between, epoch s."""
        return sum(each.drawn(begin, end) for each in self.sessions)

    def doing(self, at: float) -> tuple[str, float]:
        """Return the word for what it does at a time (epoch s), and its W."""
        for each in self.sessions:
            if each.start < at <= each.end:
                return "CHARGING", each.energy * 3600 / max(1, each.end - each.start)
        return self.mode, self.watts

    def until(self, at: float) -> list[ChargeSession]:
        """Return the sessions that have begun, in the order of its list."""
        return sorted(
            (each for each in self.sessions if each.start <= at),
            key=lambda each: each.start,
            reverse=self.newest_first,
        )


@dataclass(slots=True, kw_only=True)
class HeatPump:
    """A heat pump that always draws the same `watts`; `mode` is what latest telemetry tells."""

    serial: str = "302312345678"
    mode: str = "MODE_2"
    watts: int = 1_200

    def drawn(self, begin: float, end: float) -> int:
        """Return whole Wh drawn between, epoch s."""
        return int(end) * self.watts // 3600 - int(begin) * self.watts // 3600
