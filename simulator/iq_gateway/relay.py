"""The system controller's main relay: it takes its time."""

from simulator.house import House

_OPENING = 28.0
_SYNCHRONIZING = 7.0
_CLOSING = 12.0


class MainsRelay:
    """Connects the house to the grid, or takes it off."""

    def __init__(self, house: House) -> None:
        """Begin as the house is."""
        self._house = house
        self.admin_state = "closed" if house.switches.relay_closed else "open"
        # Seconds that it takes on top, as with a battery that has to be topped off first.
        self.extra = 0.0
        self._commanded = 0.0
        self._moving = False

    def command(self, admin_state: str, now: float) -> None:
        """Ask for `open` or `closed` at `now`, epoch s."""
        if admin_state == self.admin_state:
            return
        self.admin_state = admin_state
        self._commanded = now
        self._moving = True

    def advance(self, now: float) -> None:
        """Let the house live until `now`, moving the relay when it is due."""
        if self._moving:
            takes = _OPENING if self.admin_state == "open" else _CLOSING
            due = self._commanded + takes + self.extra
            if due <= now:
                self._house.advance(due)
                self._house.switches.relay_closed = self.admin_state == "closed"
                self._moving = False
        self._house.advance(now)

    def oper_state(self, now: float) -> str:
        """Return the state as the gateway names it."""
        house = self._house
        if self._moving and self.admin_state == "closed":
            elapsed = now - self._commanded
            return "open synchronizing" if elapsed < _SYNCHRONIZING else "open synchronized"
        return "closed" if house.on_grid else "open"
