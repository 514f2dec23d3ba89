"""What came of a scenario in Tesla's cloud, what it has to be, and how it is printed."""

from collections import Counter
from dataclasses import dataclass, field

from custom_components.energy_site.site.quota.demand import Purpose
from custom_components.energy_site.vendors.tesla.budget import CREDIT

from .cloud_result import SystemResult, report_system
from .tesla_home import CrashPoint

_OLDEST = {1: 12.0, 2: 25.0}
"""Minutes that power may be old by day within Tesla's credit, by the number of sites."""

_LIFE = 130
"""Requests for the energy of each day of ten years."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageResult:
    """How many outages there were and weren't told, or were told more than once, or never were.

    `worst` is how far a duration was off, `late` how long after its end an outage was told, in seconds.
    """

    real: int
    untold: int
    repeated: int
    invented: int
    seen: int
    worst: float
    late: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TeslaSystem:
    """One site: what is measured of any cloud's, and what only Tesla's has."""

    system: SystemResult
    outages: OutageResult
    life: int | None
    reauths: int
    renewals: int


@dataclass(slots=True, kw_only=True)
class TeslaResult:
    """What came of a scenario."""

    name: str
    budget: str
    days: float
    limit: int
    months: dict[str, int]
    purposes: Counter[Purpose]
    endpoints: Counter[str]
    statuses: Counter[int]
    restarts: int
    crashes: Counter[CrashPoint]
    seconds: float = 0.0
    systems: list[TeslaSystem] = field(default_factory=list)

    @property
    def failed(self) -> list[str]:
        """What is not as it has to be."""
        found = [f"{sent} requests in {month}" for month, sent in self.months.items() if sent > self.limit]
        most = _OLDEST.get(len(self.systems))
        for each in self.systems:
            name, outages = each.system.name, each.outages
            found += each.system.failed
            oldest = each.system.watch.oldest.over(day=True, calm_only=True)[1]
            if self.budget == CREDIT and most is not None and oldest > most:
                found.append(f"{name}: power was {oldest:.1f} min old by day, of {most:g}")
            if each.life is None or each.life > _LIFE:
                found.append(f"{name}: the days of its life took {each.life} requests, of {_LIFE}")
            if each.reauths:
                found.append(f"{name}: {each.reauths} reauths")
            for what, count in (
                ("not told", outages.untold),
                ("told again", outages.repeated),
                ("told that never were", outages.invented),
            ):
                if count:
                    found.append(f"{name}: {count} outages {what}")
        return found


def report(result: TeslaResult) -> None:
    """Print the figures."""
    count = len(result.systems)
    crashes = ", ".join(f"{point.name.lower()} {result.crashes[point]}" for point in CrashPoint)
    print(
        f"{result.name}, {result.days:g} days, {count} site{'s' * (count > 1)} of one application, budget {result.budget}"
    )
    print(f"  {result.restarts} restarts, of which at a renewal: {crashes}")
    print(f"  most requests in a month {max(result.months.values())} of {result.limit}: {result.months}")
    print("  spent on " + ", ".join(f"{purpose.name.lower()} {result.purposes[purpose]}" for purpose in Purpose))
    print(
        "  answers " + ", ".join(f"{status or 'none'}: {number}" for status, number in sorted(result.statuses.items()))
    )
    for endpoint, number in result.endpoints.most_common():
        print(f"    {endpoint:68} {number:6}")
    for each in result.systems:
        report_system(each.system)
        outages = each.outages
        print(
            f"    outages {outages.real}: seen beginning {outages.seen}, not told {outages.untold},"
            f" told again {outages.repeated}, invented {outages.invented};"
            f" duration off by up to {outages.worst / 60:.1f} min, told up to {outages.late / 3600:.1f} h late"
        )
        print(f"    reauths {each.reauths} in {each.renewals} renewals; the days of its life: {each.life} requests")
    print(f"  took {result.seconds:.0f} s")
    for failure in result.failed:
        print(f"  FAILED: {failure}")
