"""Cost and limits of an application's requests."""

from collections import Counter
from dataclasses import dataclass, field

from simulator.cloud.months import month_around, month_of

_DAY = 86_400
_DATA_A_DOLLAR, _COMMANDS_A_DOLLAR = 500, 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of an application and of each site; None: no limit.

    Tesla no longer publishes any for energy requests. In 2024, they were one
    read every 300 s, 5 writes a day and one tariff a month per site, and 50,000
    requests a day.
    """

    a_minute: int | None = None
    a_day: int | None = None
    read_every: float | None = None
    writes_a_day: int | None = None
    tariffs_a_month: int | None = None


@dataclass(slots=True)
class Usage:
    """Requests of one application, in windows that begin with the epoch, and by month (UTC)."""

    data: Counter[str] = field(default_factory=Counter)
    """Billable reads by month."""
    commands: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    _windows: Counter[str] = field(default_factory=Counter)
    _last_reads: dict[str, float] = field(default_factory=dict)

    def bill(self, now: float, *, command: bool) -> None:
        """Count a billable request at `now`, epoch s."""
        (self.commands if command else self.data)[month_of(now)] += 1

    def spent(self, now: float) -> float:
        """Return what this month costs at list price, dollars."""
        month = month_of(now)
        return self.data[month] / _DATA_A_DOLLAR + self.commands[month] / _COMMANDS_A_DOLLAR

    def wait(self, limits: Limits, now: float, path: str, site: str, *, command: bool) -> int | None:
        """Count a request and return the seconds to wait if it exceeds a limit."""
        month = month_of(now)
        until_month = month_around(now)[1] - now
        waits = [
            self._over(f"minute {int(now // 60)}", limits.a_minute, 60 - now % 60),
            self._over(f"day {int(now // _DAY)}", limits.a_day, _DAY - now % _DAY),
        ]
        if command and site:
            waits.append(self._over(f"{site} day {int(now // _DAY)}", limits.writes_a_day, _DAY - now % _DAY))
            if path.endswith("/time_of_use_settings"):
                waits.append(self._over(f"{site} month {month}", limits.tariffs_a_month, until_month))
        elif site and limits.read_every is not None:
            left = self._last_reads.get(path, 0.0) + limits.read_every - now
            waits.append(left if left > 0 else None)
            if left <= 0:
                self._last_reads[path] = now
        over = [each for each in waits if each is not None]
        if not over:
            return None
        self.refused += 1
        return max(1, int(max(over)))

    def _over(self, window: str, limit: int | None, left: float) -> float | None:
        if limit is None:
            return None
        self._windows[window] += 1
        return left if self._windows[window] > limit else None
