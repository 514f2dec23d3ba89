"""Storms that are expected."""

from dataclasses import dataclass
from datetime import datetime

from .....api.payload import Record, parse_each
from .common import expect, moment, word

_OVER = ("opted-out", "inactive", "expired", "cleared", "ended", "resolved")


@dataclass(frozen=True, slots=True, kw_only=True)
class StormAlert:
    """One alert: its state as sent, and when the storm begins and ends."""

    status: str | None
    starts_at: datetime | None
    ends_at: datetime | None

    def is_on(self, now: datetime) -> bool:
        """Return whether the storm is expected or there, and the owner didn't opt out of it."""
        return (self.status or "").casefold() not in _OVER and (self.ends_at is None or self.ends_at > now)


@dataclass(frozen=True, slots=True, kw_only=True)
class StormAlerts:
    """`stormAlert`: the alerts as sent, some of which are over, and whether a critical one is active."""

    alerts: tuple[StormAlert, ...]
    critical: bool | None


def parse_storm_alerts(endpoint: str, payload: object) -> StormAlerts:
    """Read `stormAlert`."""
    root = Record(endpoint, payload)
    expect(root, "stormAlerts", "criticalAlertActive", "criticalAlertsOverride")
    return StormAlerts(
        alerts=parse_each(
            root.records("stormAlerts"),
            lambda item: StormAlert(
                status=word(item, "status"), starts_at=moment(item, "startTime"), ends_at=moment(item, "endTime")
            ),
        ),
        critical=root.flag_or_none("criticalAlertActive"),
    )
