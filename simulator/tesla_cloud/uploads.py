"""What a gateway has uploaded, and when."""

from dataclasses import dataclass, field
from math import inf


@dataclass(slots=True, kw_only=True)
class Gap:
    """A time without internet (epoch s), uploaded at `uploaded_at` or never.

    Only the five-minute rows until `kept_until` are uploaded; daily sums are complete.
    """

    start: float
    end: float = inf
    uploaded_at: float = inf
    kept_until: float = inf

    def known(self, now: float) -> bool:
        """Whether it was uploaded, in part at least."""
        return now >= self.uploaded_at


@dataclass(slots=True)
class Uploads:
    """Gaps of one site."""

    gaps: list[Gap] = field(default_factory=list)

    def offline(self, now: float) -> bool:
        """Whether the gateway has no internet at `now`, epoch s."""
        return any(gap.end == inf and gap.start <= now for gap in self.gaps)

    def begin(self, since: float) -> None:
        """Start a gap at `since`, epoch s."""
        self.gaps.append(Gap(start=since))

    def end(self, at: float, *, after: float, keeps: float) -> None:
        """End the gap at `at` (epoch s) and upload it `after` s later, the first `keeps` s in five-minute rows."""
        for gap in self.gaps:
            if gap.end == inf:
                gap.end, gap.uploaded_at, gap.kept_until = at, at + after, gap.start + keeps

    def lose(self, start: float, end: float) -> None:
        """Make the rows in between (epoch s) unavailable forever."""
        self.gaps.append(Gap(start=start, end=end))

    def row_known(self, begin: float, end: float, now: float) -> bool:
        """Whether a five-minute row is available at `now`."""
        return all(
            end <= gap.start or gap.end <= begin or (gap.known(now) and end <= gap.kept_until) for gap in self.gaps
        )

    def unknown(self, begin: float, end: float, now: float) -> list[tuple[float, float]]:
        """Return the parts of a longer row that aren't available at `now`, epoch s."""
        parts = [
            (max(begin, gap.start), min(end, gap.end))
            for gap in sorted(self.gaps, key=lambda each: each.start)
            if not gap.known(now) and gap.start < end and begin < gap.end
        ]
        apart: list[tuple[float, float]] = []
        for start, stop in parts:
            begins = max(start, apart[-1][1]) if apart else start
            if begins < stop:
                apart.append((begins, stop))
        return apart
