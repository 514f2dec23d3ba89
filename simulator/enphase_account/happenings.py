"""What the account tells an owner of: problems, and that they are over."""

from dataclasses import dataclass, field, replace
from typing import Any

from .errors import words

_FIRST_ID = 123_456_789


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One event, epoch s; `cleared` is None while it stands."""

    event_id: int
    key: str
    description: str
    device: str
    serial: str
    began: float
    cleared: float | None = None
    recommended: str = "No action is required."
    type_id: int = 101

    def payload(self) -> dict[str, Any]:
        """Return it as the service shows it."""
        standing = self.cleared is None
        return {
            "id": self.event_id,
            "status": "Open" if standing else "Closed",
            "type": self.device,
            "description": self.description,
            "standing": standing,
            "event_start_date": int(self.began),
            "event_clear_date": None if self.cleared is None else int(self.cleared),
            "devices_impacted": [f"{self.device} (SNo. {self.serial})"],
            "serial_num": self.serial,
            "recommended_action": self.recommended,
            "emu_event_id": -1,
            "event_key": self.key,
            "event_date": int(self.began),
            "event_type_id": self.type_id,
        }


@dataclass(slots=True)
class Happenings:
    """All events of a home."""

    all: list[Happening] = field(default_factory=list)

    def begin(self, key: str, *, at: float, serial: str, **more: Any) -> Happening:
        """Let a problem begin at `at` (epoch s); `more` are fields of `Happening`."""
        texts = {"description": f"{key} (SNo. {serial})", "device": "IQ Gateway"} | more
        event = Happening(event_id=_FIRST_ID + len(self.all), key=key, serial=serial, began=at, **texts)
        self.all.append(event)
        return event

    def clear(self, event: Happening, at: float) -> None:
        """Let a problem be over."""
        self.all = [replace(each, cleared=at) if each.event_id == event.event_id else each for each in self.all]

    def page(self, start: str, size: int, zone: str) -> dict[str, Any]:
        """Return a page, the newest first; `start` is the cursor of the page before, or `start`."""
        newest = sorted(self.all, key=lambda each: (each.began, each.event_id), reverse=True)
        try:
            first = 0 if start == "start" else int(start)
        except ValueError:
            raise words(400, "Invalid next") from None
        rest = first + size < len(newest)
        return {
            "events": [each.payload() for each in newest[first : first + size]],
            "site_timezone": zone,
            "next": str(first + size) if rest else None,
            "page_size": size,
        }
