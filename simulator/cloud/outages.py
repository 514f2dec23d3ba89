"""Every time the utility failed while a house lived."""

from dataclasses import dataclass

from simulator.house import House


@dataclass(slots=True, kw_only=True)
class Outage:
    """A failure: epoch s; `running` until the utility is back."""

    start: float
    end: float
    running: bool = True


class OutageLog:
    """Watches a house; being off grid by the owner's wish is no outage."""

    def __init__(self, house: House, *, since: float) -> None:
        """Watch from now on; know what `house` is built to have gone through since then (epoch s)."""
        self._house = house
        self.all: list[Outage] = [
            Outage(start=each.start, end=min(each.end, house.time), running=house.time < each.end)
            for each in sorted(house.config.outages, key=lambda each: each.start)
            if since <= each.start < house.time
        ]
        house.watch(self._watch)

    def _watch(self, begin: float, end: float) -> None:
        last = self.all[-1] if self.all else None
        if not self._house.islanded or not self._house.switches.relay_closed:
            if last is not None:
                last.running = False
        elif last is not None and last.running:
            last.end = end
        else:
            self.all.append(Outage(start=begin, end=end))
