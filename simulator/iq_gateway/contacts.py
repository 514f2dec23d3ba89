"""Dry contacts of the system controller, and what they are set to do."""

from typing import Any

from simulator.house import House

CONTACTS = ("NC1", "NC2", "NO1", "NO2")
_REFLECTS_AFTER = 3.0
_FALSELY_OPEN_FOR = 45.0
_STRINGS = ("override", "manual_override")


class DryContacts:
    """Four contacts; only those of type LOAD switch anything."""

    def __init__(self, house: House, *, present: bool) -> None:
        """Set up a contact for each circuit of the house."""
        self._house = house
        self._present = present
        self._circuits = {each.contact: each for each in house.config.load.circuits}
        self._closed = dict.fromkeys(CONTACTS, present)
        self._shown = dict(self._closed)
        self._shows_from = 0.0
        self._falsely_open_until = 0.0
        self.settings = [self._initial(index, name) for index, name in enumerate(CONTACTS)]

    def states(self, now: float) -> list[dict[str, str]]:
        """Return what the gateway shows at `now`, epoch s: late, and not always true."""
        if now >= self._shows_from:
            self._shown = dict(self._closed)
        false_open = now < self._falsely_open_until
        return [
            {
                "id": name,
                "status": "closed" if self._shown[name] and not false_open else "open",
            }
            for name in CONTACTS
        ]

    def switch(self, order: Any, now: float) -> bool:
        """Take `{"id": ..., "status": ...}`; False when it is not that."""
        try:
            name, status = order["id"], order["status"]
        except KeyError, TypeError:
            return False
        if name not in CONTACTS or status not in ("open", "closed"):
            return False
        if self._setting(name)["type"] == "LOAD":
            self._closed[name] = status == "closed"
            self._shows_from = now + _REFLECTS_AFTER
            self._house.switches.shed = frozenset(each for each in CONTACTS if not self._closed[each])
        return True

    def configure(self, wanted: Any, now: float) -> bool:
        """Take the whole object of one contact; False when a part is missing."""
        if not isinstance(wanted, dict) or wanted.get("id") not in CONTACTS:
            return False
        current = self._setting(wanted["id"])
        strings = all(isinstance(wanted.get(key, "true"), str) for key in _STRINGS)
        if not strings or not {"type", "mode", "soc_low", "soc_high"} <= wanted.keys():
            return False
        current.update(wanted)
        self._falsely_open_until = now + _FALSELY_OPEN_FOR
        return True

    def _setting(self, name: str) -> dict[str, Any]:
        return next(each for each in self.settings if each["id"] == name)

    def _initial(self, index: int, name: str) -> dict[str, Any]:
        circuit = self._circuits.get(name)
        start = {
            "essential_start_time": 32400.0,
            "essential_end_time": 57600.0,
            "priority": float(index + 1),
            "black_s_start": 5.0,
        }
        actions = ("apply", "shed", "apply") if circuit else ("none", "none", "none")
        return {
            "id": name,
            "type": "LOAD" if circuit else "NONE",
            "grid_action": actions[0],
            "micro_grid_action": actions[1],
            "gen_action": actions[2],
            **(start if self._present else {}),
            "override": "true" if circuit else "false",
            **({"manual_override": "true"} if self._present else {}),
            "load_name": circuit.name if circuit else "",
            "mode": "manual",
            "soc_low": 30.0,
            "soc_high": 70.0,
            "pv_serial_nb": [],
        }
