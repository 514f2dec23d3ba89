"""Wall Connectors, which charge cars as part of the house's load."""

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
    """One charge (epoch s, W) from `start` to `end`, paused while the house is off grid.

    `energy` is the energy charged so far, Wh.
    """

    start: int
    end: int
    watts: float
    energy: float = 0.0


@dataclass(slots=True, kw_only=True)
class WallConnector:
    """A charger of a site. Its `vin` is sent while the car is plugged in.

    A car stays plugged in for `plugged_seconds` after a charge. `state` overrides
    the state derived from the sessions.
    """

    din: str = "1457768-02-G--PGT22012000001"
    device_id: str = "wc-000001"
    part_name: str = "Gen 3 Wall Connector"
    vin: str = "5YJ3E1EA7KF000001"
    plugged_seconds: float = 8 * 3600.0
    is_active: bool = True
    missing: bool = False
    """Whether live_status omits it."""
    state: int | None = None
    sessions: list[Session] = field(default_factory=list)
    _house: House = field(init=False, repr=False, compare=False)
    _watts: float = field(default=0.0, init=False, repr=False)

    def charge(self, start: float, end: float, watts: float = 7_400.0) -> Session:
        """Schedule a charge that starts and ends at a quarter of an hour, epoch s."""
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
        """Schedule a charge between these hours after each of `midnights`, epoch s."""
        for midnight in midnights:
            self.charge(midnight + hours[0] * 3600, midnight + hours[1] * 3600, watts)

    def install(self, house: House) -> None:
        """Connect it to `house`. Call this before the house lives a history that includes sessions."""
        if self.power in house.plugged:
            return
        house.plugged.append(self.power)
        self._house = house
        house.watch(self._watch)

    def power(self, moment: float) -> float:
        """Return the W its car takes at `moment` (epoch s) if the house is on grid."""
        session = self._at(moment)
        return session.watts if session and moment < session.end else 0.0

    def live(self, now: float) -> dict[str, Any]:
        """Return its entry in live_status at `now` (epoch s), with the power of the house's last step."""
        last = self._at(now)
        plugged = last is not None and now < last.end + self.plugged_seconds
        state = self.state or (CHARGING if self._watts else WAITING if plugged else UNPLUGGED)
        answer = {
            "din": self.din,
            "wall_connector_state": state,
            "wall_connector_fault_state": _FAULTS.get(state, 2),
            "wall_connector_power": self._watts,
            "ocpp_status": 1,
            "powershare_session_state": 1,
        }
        return answer | ({"vin": self.vin} if plugged else {})

    def device(self) -> dict[str, Any]:
        """Return its entry in site_info."""
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
        """Return the sessions that started in between and are over at `now`, epoch s."""
        return [each for each in self.sessions if begin <= each.start < end and each.end <= now and each.energy > 0]

    def _at(self, moment: float) -> Session | None:
        index = bisect_right(self.sessions, moment, key=lambda each: each.start)
        return self.sessions[index - 1] if index else None

    def _watch(self, begin: float, end: float) -> None:
        session = self._at(begin)
        self._watts = 0.0 if self._house.islanded else self.power(begin)
        if session is not None:
            session.energy += self._watts * (end - begin) / 3600
