"""What came of one system of a cloud, and how it is printed."""

from dataclasses import dataclass

from custom_components.energy_site.site.model import CounterKind

from .cloud_truth import WH, Ages, Verdict, Watch


@dataclass(slots=True, kw_only=True)
class SystemResult:
    """One system: ages, how far its counters are off in the end (Wh), its statistics."""

    name: str
    watch: Watch
    off: dict[CounterKind, float]
    series: dict[CounterKind, Verdict]

    @property
    def failed(self) -> list[str]:
        """What is not as it has to be."""
        found: list[str] = []
        for kind, each in self.series.items():
            for what, wh in (("missing", each.missing), ("double", each.double), ("off in its sum", each.sums)):
                if wh > WH:
                    found.append(f"{self.name} {kind}: {wh:.1f} Wh {what}")
            found += [f"{self.name} {kind} of {day}: {wh:+.1f} Wh" for day, wh in each.bad]
            if each.wrong:
                found.append(f"{self.name} {kind}: {each.wrong} hours differ by up to {each.worst:.1f} Wh")
        found += [f"{self.name} {kind}: counter {wh:+.1f} Wh" for kind, wh in self.off.items() if abs(wh) > WH]
        if self.watch.ahead > WH:
            found.append(f"{self.name}: a counter was {self.watch.ahead:.1f} Wh ahead of the house")
        return found


def report_system(system: SystemResult) -> None:
    """Print the figures."""
    watch = system.watch
    print(f"\n  {system.name}, minutes           calm: median   worst    always: median   worst     none")
    for name, ages in (
        ("age of solar power", watch.power),
        ("the same before each poll", watch.oldest),
        ("solar counter behind", watch.solar),
        ("slowest counter behind", watch.slowest),
    ):
        for day in (True, False):
            if ages.found:
                _report_ages(f"{name}, {'day' if day else 'night'}", ages, day=day)
    print(
        "  series                hours  differ  guessed   worst Wh  missing   double  ends h ago   days refined  pending  counter Wh"
    )
    for kind, each in system.series.items():
        print(
            f"    {kind:18} {each.hours:6} {each.wrong:7} {each.guessed:8} {each.worst:10.2f} {each.missing:8.2f}"
            f" {each.double:8.2f} {each.behind:11.1f}   {each.refined:5} of {each.days:<5} {each.pending:8} {system.off.get(kind, 0):+8.2f}"
        )


def _report_ages(name: str, ages: Ages, *, day: bool) -> None:
    calm, always = (ages.over(day=day, calm_only=only) for only in (True, False))
    print(
        f"    {name:32} {calm[0]:13.0f} {calm[1]:7.0f} {always[0]:16.0f} {always[1]:7.0f} {ages.none:8} ({ages.none_in_calm} calm)"
    )
