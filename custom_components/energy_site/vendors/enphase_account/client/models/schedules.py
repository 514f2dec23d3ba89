"""The saved windows of the batteries, by family."""

from collections.abc import Mapping
from dataclasses import dataclass

from .....api.payload import Record
from .common import expect, word

FAMILIES = ("cfg", "dtg", "rbd")


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """The windows of one family: the word for its state, and how many are saved."""

    status: str | None
    saved: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedules:
    """`schedules`: the families that were sent, and whether any change of them is pending."""

    families: Mapping[str, Windows]
    pending: bool | None

    def saved(self, family: str) -> int | None:
        """Return how many windows of a family are saved, `None` if the site doesn't say."""
        return self.families[family].saved if family in self.families else None


def parse_schedules(endpoint: str, payload: object) -> Schedules:
    """Read `schedules`; what is deleted isn't saved."""
    root = Record(endpoint, payload)
    expect(root, *FAMILIES)
    sent = {family: root.record(family) for family in FAMILIES if isinstance(root.value(family), dict)}
    return Schedules(
        families={
            family: Windows(
                status=word(windows, "scheduleStatus"),
                saved=sum(each.flag_or_none("isDeleted") is not True for each in windows.records("details")),
            )
            for family, windows in sent.items()
        },
        pending=root.flag_or_none("anySchedulePending"),
    )
