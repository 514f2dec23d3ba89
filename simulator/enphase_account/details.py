"""What does not change about a home."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeDetails:
    """Identity and capabilities; percent."""

    site_id: int = 1_234_567
    name: str | None = "Home"
    serial: str = "122300001111"
    """The gateway's, where none is simulated."""
    firmware: str = "D8.3.6086"
    country: str = "NL"
    emea: bool = True
    reserve_min: int = 5
    reserve_max: int = 100
    shutdown_min: int = 5
    shutdown_max: int = 25
    savings: bool = True
    ai: bool = True
    full_backup: bool = True
    storm_guard: bool = True
    shutdown_level: bool = True
    disclaimer_accepted: bool = False
    battery_name: str = "IQ Battery 5P"
    cycles: int = 215
    """What each battery had been through before the house began."""
    health: int = 99
    controller: bool = True
