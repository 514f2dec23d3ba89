"""What an application may ask, and how often."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Group(StrEnum):
    """A group of endpoints that a plan holds or lacks."""

    SYSTEM_DETAILS = "System Details"
    PRODUCTION = "Site Level Production Monitoring"
    CONSUMPTION = "Site Level Consumption Monitoring"
    EV_MONITORING = "EV Charger Monitoring"
    DEVICE_LEVEL = "Device Level Monitoring"
    STREAMING = "Streaming APIs"
    CONFIGURATION = "System Configurations"
    COMMISSIONING = "Commissioning"
    EV_CONTROL = "EV Charger Control"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Requests a minute and a calendar month, and the groups it holds.

    Without `hard_month` more requests than `per_month` are billed, not refused.
    By each HTTP method of changes there are `changes` a month, without a limit for None.
    """

    name: str
    per_minute: int
    per_month: int
    groups: frozenset[Group]
    hard_month: bool = False
    changes: int | None = None


_FREE = frozenset({Group.SYSTEM_DETAILS, Group.PRODUCTION, Group.CONSUMPTION, Group.EV_MONITORING})
_DEVICES = _FREE | {Group.DEVICE_LEVEL, Group.STREAMING}

WATT = Plan(name="Watt", per_minute=10, per_month=1000, groups=_FREE, hard_month=True)
KILOWATT = Plan(name="Kilowatt", per_minute=50, per_month=50_000, groups=_DEVICES)
MEGAWATT = Plan(name="Megawatt", per_minute=100, per_month=300_000, groups=_DEVICES | {Group.CONFIGURATION})
PARTNER = Plan(name="Partner", per_minute=300, per_month=1_500_000, groups=frozenset(Group), changes=200)
LEGACY_WATT = Plan(name="Watt", per_minute=10, per_month=10_000, groups=frozenset(), hard_month=True)
"""The free plan of v2."""

PLANS: Mapping[str, Plan] = {plan.name: plan for plan in (WATT, KILOWATT, MEGAWATT, PARTNER)}
