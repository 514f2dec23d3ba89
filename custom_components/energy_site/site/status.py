"""The state of a whole system and its problems, as reported by a cloud."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A problem that stands: its key, since when, and what the vendor recommends in the owner's language."""

    key: str | None = None
    since: datetime | None = None
    recommended_action: str | None = None


class SystemStatus(StrEnum):
    """The cloud's word for the state of a system; `OTHER` for an unknown word."""

    NORMAL = "normal"
    COMM = "comm"
    NO_DATA = "no_data"
    NSR = "nsr"
    POWER = "power"
    MICRO = "micro"
    METER = "meter"
    METER_ISSUE = "meter_issue"
    BATTERY = "battery"
    STORAGE_IDLE = "storage_idle"
    ENCHARGE = "encharge"
    ENCHARGE_ISSUE = "encharge_issue"
    ENPOWER = "enpower"
    ENPOWER_ISSUE = "enpower_issue"
    IQ_COLLAR = "iq_collar"
    EVSE_NOT_REPORTING = "evse_not_reporting"
    EVSE_FAULTED = "evse_faulted"
    WARNING = "warning"
    ERROR = "error"
    RMA = "rma"
    RETIRED = "retired"
    DEACTIVATED = "deactivated"
    DISABLED = "disabled"
    UNUSED = "unused"
    NOT_MONITORED = "not_monitored"
    MONITORED = "monitored"
    MUTED = "muted"
    DATA_UPLOAD = "data_upload"
    ON_GRID = "on_grid"
    OFF_GRID = "off_grid"
    GRID_UNKNOWN = "grid_unknown"
    OTHER = "other"

    @classmethod
    def of(cls, word: str | None) -> SystemStatus | None:
        """Return the state for the cloud's word, `None` if there is none."""
        plain = "_".join((word or "").casefold().split())
        if plain in ("", "unknown"):
            return None
        return cls(plain) if plain in tuple(cls) else cls.OTHER

    @property
    def reports(self) -> bool:
        """Whether the system reports to the cloud."""
        return self not in (SystemStatus.COMM, SystemStatus.NO_DATA, SystemStatus.NSR)

    @property
    def in_trouble(self) -> bool:
        """Whether the system needs attention."""
        return self not in _FINE


_FINE = frozenset(
    {
        SystemStatus.NORMAL,
        SystemStatus.UNUSED,
        SystemStatus.NOT_MONITORED,
        SystemStatus.MONITORED,
        SystemStatus.MUTED,
        SystemStatus.DATA_UPLOAD,
        SystemStatus.ON_GRID,
        SystemStatus.OFF_GRID,
        SystemStatus.GRID_UNKNOWN,
        SystemStatus.OTHER,
    }
)
