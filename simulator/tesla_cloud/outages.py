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

    def __init__(self, house: House) -> None:
        """Begin now."""
        self._house = house
        self.all: list[Outage] = []
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
