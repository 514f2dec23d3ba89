"""What a cloud calls the state of a whole system."""

from enum import StrEnum


class SystemStatus(StrEnum):
    """The cloud's word for a system; a word that turns up anew is `OTHER`."""

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
        """Read the cloud's word, `None` for none at all."""
        plain = "_".join((word or "").casefold().split())
        if plain in ("", "unknown"):
            return None
        return cls(plain) if plain in tuple(cls) else cls.OTHER

    @property
    def reports(self) -> bool:
        """Whether the cloud hears of the system."""
        return self not in (SystemStatus.COMM, SystemStatus.NO_DATA, SystemStatus.NSR)

    @property
    def in_trouble(self) -> bool:
        """Whether somebody should look after the system."""
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
