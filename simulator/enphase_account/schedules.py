"""Rows of schedules, which wait until their family is switched on."""

from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

FAMILIES = ("cfg", "dtg", "rbd")
ACTIVE, PENDING = "active", "pending"
_EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One window: local times as HH:MM, days from 1 (Monday); `updated` is epoch s."""

    family: str
    begin: str
    end: str
    limit: int | None = 100
    days: tuple[int, ...] = _EVERY_DAY
    status: str = ACTIVE
    deleted: bool = False
    updated: float = 0.0
    zone: str = "UTC"
    row_id: str = field(default_factory=lambda: str(uuid4()))

    def payload(self, user_id: int) -> dict[str, Any]:
        """Return it as the service shows it."""
        stamp = f"{int(self.updated * 1000)}"
        return {
            "createdBy": f"{user_id}",
            "updatedBy": f"{user_id}",
            "createdAt": stamp,
            "updatedAt": stamp,
            "scheduleId": self.row_id,
            "timezone": self.zone,
            "startTime": self.begin,
            "endTime": self.end,
            "limit": self.limit,
            "scheduleType": self.family.upper(),
            "scheduleStatus": self.status,
            "days": list(self.days),
            "isDeleted": self.deleted,
            # A row that is switched off says it is on: only its family's switch counts.
            "isEnabled": True,
        }

    def overlaps(self, other: Row) -> bool:
        """Whether both have a minute in common on a day they share."""
        return bool(_minutes(self) & _minutes(other))


def _minutes(row: Row) -> set[tuple[int, int]]:
    begin, end = _minute(row.begin), _minute(row.end)
    length = (end - begin) % 1440 or 1440
    found = set()
    for day in row.days:
        for minute in range(begin, begin + length):
            found.add(((day - 1 + minute // 1440) % 7, minute % 1440))
    return found


def _minute(text: str) -> int:
    hour, _, minute = text.partition(":")
    return int(hour) * 60 + int(minute)


@dataclass(slots=True)
class Schedules:
    """All rows of a home."""

    rows: list[Row] = field(default_factory=list)
    not_supported: frozenset[str] = frozenset()

    def of(self, family: str) -> list[Row]:
        """Return the rows of a family that are not deleted."""
        return [each for each in self.rows if each.family == family and not each.deleted]

    def add(self, row: Row) -> None:
        """Add a row."""
        self.rows.append(row)

    def replace(self, row: Row) -> None:
        """Put a row in the place of the one with its ID."""
        self.rows = [row if each.row_id == row.row_id else each for each in self.rows]

    def conflict(self, row: Row) -> Row | None:
        """Return a row that another one overlaps, of any family."""
        others = (each for each in self.rows if not each.deleted and each.row_id != row.row_id)
        return next((each for each in others if each.overlaps(row)), None)

    def activate(self, family: str) -> None:
        """Let the rows of a family count, as when it is switched on."""
        self.rows = [
            replace(each, status=ACTIVE) if each.family == family and each.status == PENDING else each
            for each in self.rows
        ]

    def payload(self, user_id: int) -> dict[str, Any]:
        """Return all of it as the service shows it."""
        found: dict[str, Any] = {"type": "BATTERY_SCHEDULES_CONFIG"}
        for family in FAMILIES:
            if family in self.not_supported:
                found[family] = {"scheduleStatus": "not_supported", "count": 0}
                continue
            rows = [each for each in self.rows if each.family == family]
            live = self.of(family)
            waits = any(each.status == PENDING for each in live)
            found[family] = {
                "scheduleStatus": PENDING if waits else ACTIVE,
                "count": len(live),
                "details": [each.payload(user_id) for each in sorted(rows, key=lambda row: row.updated)],
            }
        found["anySchedulePending"] = any(found[family]["scheduleStatus"] == PENDING for family in FAMILIES)
        return found
