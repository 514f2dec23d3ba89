"""Storms, demand response and calibration: what takes over from an owner's settings for a while."""

from dataclasses import dataclass, field, replace

ACTIVE, OPTED_OUT, EXPIRED = "active", "opted-out", "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """An alert, epoch s."""

    start: float
    end: float
    storm_id: str = "a-1"
    name: str = "Severe Weather"
    status: str = ACTIVE
    critical: bool = False


@dataclass(slots=True)
class Events:
    """What goes on; `demand_response` is the mode of such an event."""

    storms: list[Storm] = field(default_factory=list)
    demand_response: str | None = None
    calibration: bool = False
    keeps_ended: bool = True
    """Whether alerts that are over are listed, as expired."""

    def storm(self, now: float) -> Storm | None:
        """Return the storm that goes on at an epoch s."""
        return next((each for each in self.storms if each.status == ACTIVE and each.start <= now < each.end), None)

    def opt_out(self, storm_id: str) -> None:
        """Take no heed of a storm."""
        self.storms = [replace(each, status=OPTED_OUT) if each.storm_id == storm_id else each for each in self.storms]

    def listed(self, now: float) -> list[Storm]:
        """Return the alerts as they are told at an epoch s."""
        found = [replace(each, status=EXPIRED) if now >= each.end else each for each in self.storms]
        return found if self.keeps_ended else [each for each in found if each.status != EXPIRED]
