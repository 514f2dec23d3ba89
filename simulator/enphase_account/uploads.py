"""When the gateway reports to the cloud."""

from dataclasses import dataclass, field
from math import ceil, floor, inf


@dataclass(slots=True, kw_only=True)
class Uploads:
    """Reports each `interval` s, `offset` s after its multiples, but in the spans (epoch s) of silence."""

    interval: float = 300.0
    offset: float = 60.0
    silences: list[tuple[float, float]] = field(default_factory=list)

    def silence(self, since: float) -> None:
        """Report nothing from `since` on."""
        self.silences.append((since, inf))

    def speak(self, at: float) -> None:
        """Report again from `at` on, what was missed included."""
        begin, _ = self.silences.pop()
        self.silences.append((begin, at))

    def silent(self, at: float) -> bool:
        """Whether nothing is reported at a moment."""
        return any(begin <= at < end for begin, end in self.silences)

    def last(self, now: float) -> float:
        """Return the last report until `now`."""
        report = floor((now - self.offset) / self.interval) * self.interval + self.offset
        for begin, end in sorted(self.silences, reverse=True):
            if begin <= report < end:
                report = floor((begin - self.offset) / self.interval) * self.interval + self.offset
        return report

    def next(self, after: float) -> float | None:
        """Return the first report after a moment, `None` while there is no end of a silence."""
        report = floor((after - self.offset) / self.interval) * self.interval + self.offset + self.interval
        for begin, end in sorted(self.silences):
            if begin <= report < end:
                if end == inf:
                    return None
                report = ceil((end - self.offset) / self.interval) * self.interval + self.offset
        return report
