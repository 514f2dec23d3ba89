"""Wall Connectors: cars that are charged, as a part of the house's load."""

from bisect import bisect_right, insort
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from simulator.house import House

QUARTER = 900
CHARGING, UNPLUGGED, WAITING, CHARGED_FAULT, OFFLINE = 1, 2, 4, 6, 8
_FAULTS = {CHARGING: 8, CHARGED_FAULT: 3}


@dataclass(slots=True, kw_only=True, order=True)
class Session:
    """One charge: epoch s, W; it takes `watts` from `start` to `end` while the grid is there.

    `energy` is what it took so far, Wh.
    """

    start: int
    end: int
    watts: float
    energy: float = 0.0


@dataclass(slots=True, kw_only=True)
class WallConnector:
    """A charger of a site; `vin` is told while its car is plugged in.

    `plugged_seconds` are how long a car stays after its charge. `state` is told
    instead of what the charges give.
    """

    din: str = "1457768-02-G--PGT22012000001"
    device_id: str = "wc-000001"
    part_name: str = "Gen 3 Wall Connector"
    vin: str = "5YJ3E1EA7KF000001"
    plugged_seconds: float = 8 * 3600.0
    is_active: bool = True
    missing: bool = False
    """Whether live answers leave it out."""
    state: int | None = None
    sessions: list[Session] = field(default_factory=list)
    _house: House = field(init=False, repr=False, compare=False)
    _watts: float = field(default=0.0, init=False, repr=False)

    def charge(self, start: float, end: float, watts: float = 7_400.0) -> Session:
        """Plan a charge: its edges are whole quarters of an hour (epoch s), and none runs then."""
        if start % QUARTER or end % QUARTER or end <= start:
            msg = "a charge begins and ends at a quarter of an hour"
            raise ValueError(msg)
        if any(each.start < end and start < each.end for each in self.sessions):
            msg = "a charger charges one car at a time"
            raise ValueError(msg)
        session = Session(start=int(start), end=int(end), watts=watts)
        insort(self.sessions, session)
        return session

    def charge_daily(
        self, midnights: Iterable[float], hours: tuple[float, float] = (1.0, 4.0), watts: float = 7_400.0
    ) -> None:
        """Plan a charge between these hours after each of `midnights`, epoch s."""
        for midnight in midnights:
            self.charge(midnight + hours[0] * 3600, midnight + hours[1] * 3600, watts)

    def install(self, house: House) -> None:
        """Take power from `house` from now on; before its past is lived, where that has charges."""
        if self.power in house.plugged:
            return
        house.plugged.append(self.power)
        self._house = house
        house.watch(self._watch)

    def power(self, moment: float) -> float:
        """Return the W its car would take at `moment` (epoch s) on grid."""
        session = self._at(moment)
        return session.watts if session and moment < session.end else 0.0

    def live(self, now: float) -> dict[str, Any]:
        """Return its part of a live answer at `now` (epoch s); its power is that of the house's last step."""
        last = self._at(now)
        plugged = last is not None and now < last.end + self.plugged_seconds
        state = self.state or (CHARGING if self._watts else WAITING if plugged else UNPLUGGED)
        told = {
            "din": self.din,
            "wall_connector_state": state,
            "wall_connector_fault_state": _FAULTS.get(state, 2),
            "wall_connector_power": self._watts,
            "ocpp_status": 1,
            "powershare_session_state": 1,
        }
        return told | ({"vin": self.vin} if plugged else {})

    def device(self) -> dict[str, Any]:
        """Return what site_info tells of it."""
        return {
            "device_id": self.device_id,
            "din": self.din,
            "serial_number": self.din.rpartition("--")[2],
            "part_number": self.din.partition("--")[0],
            "part_type": 10,
            "part_name": self.part_name,
            "is_active": self.is_active,
        }

    def ended(self, begin: float, end: float, now: float) -> list[Session]:
        """Return the charges that began between and are over at `now`, epoch s."""
        return [each for each in self.sessions if begin <= each.start < end and each.end <= now and each.energy > 0]

    def _at(self, moment: float) -> Session | None:
        index = bisect_right(self.sessions, moment, key=lambda each: each.start)
        return self.sessions[index - 1] if index else None

    def _watch(self, begin: float, end: float) -> None:
        session = self._at(begin)
        self._watts = 0.0 if self._house.islanded else self.power(begin)
        if session is not None:
            session.energy += self._watts * (end - begin) / 3600
