"""How a home's settings and answers behave, for which reports differ."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from .paths import Family


class Setting(StrEnum):
    """What can be set, by the field that says so."""

    PROFILE = "profile"
    RESERVE = "reserve"
    CHARGE_FROM_GRID = "charge_from_grid"
    CHARGE_SCHEDULE = "charge_schedule"
    SHUTDOWN_LEVEL = "shutdown_level"
    DISCHARGE_TO_GRID = "discharge_to_grid"
    RESTRICT_DISCHARGE = "restrict_discharge"
    POWER_MATCH = "power_match"
    STORM_GUARD = "storm_guard"


class Ending(StrEnum):
    """What becomes of a write."""

    ACCEPT = "accept"
    IGNORE = "ignore"
    """It is answered as a success, and nothing is pending."""
    DROP = "drop"
    """It is pending, and then it is not, and nothing changed."""
    MOVE = "move"
    """Another value comes into force."""
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteBehaviour:
    """What becomes of writes of one setting; seconds.

    The gateway applies what was accepted after `apply_after` (`None`: 15 s, and at once what only the
    cloud knows). The cloud shows it `shown_after` that (`None`: with the gateway's next report).
    A refusal has a `status` and `words`, a move its `value`.
    """

    ending: Ending = Ending.ACCEPT
    apply_after: float | None = None
    shown_after: float | None = None
    value: Any = None
    status: int = 400
    words: str = "The battery settings cannot be changed right now."


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeBehaviour:
    """How a home answers, by default as most do."""

    # -- writes
    wants_other_shape: frozenset[Family] = frozenset()
    """Families whose writes want `e-auth-token` and `X-Requested-With`, and the stored token against cross-site
    requests, which may be used again."""
    events_hold_writes: bool = True
    """Whether nothing comes into force during a demand-response event or a calibration."""
    storm_holds_writes: bool = True
    """Whether a profile or reserve that is written during a storm comes into force after it."""
    idles_below_reserve: bool = False
    """Whether a battery that may charge from the grid does not, until its profile is written again."""

    # -- energy
    arrays_left_out: frozenset[str] = frozenset({"charge", "discharge"})
    """Arrays that `today` does not have: their parts are there."""
    fill_seconds: float = 300.0
    """How long after its end the last bucket has a third of its energy."""
    empty_days: frozenset[str] = frozenset()
    """Days (ISO) for which the daily energy is null."""
    night_draw: int = 0
    """W that inverters draw while nothing is made, which latest power shows as negative."""
    power_missing: bool = False
    power_in_milliseconds: bool = False

    # -- battery
    charge_not_available: bool = False
    """Whether the level and the energy are `N/A`."""
    cycles_missing: bool = False
    excluded: frozenset[int] = frozenset()
    """Batteries, counted from 0, that do not take part."""

    # -- settings
    rbd_null: bool = False
    power_match_null: bool = False
    cfg_null: bool = False
    supports_mqtt: bool = True
    dtg_locked: bool = False
    cfg_locked: bool = False
    rbd_locked: bool = False
    restrict_cfg: bool = False
    hides: frozenset[str] = frozenset()
    """Fields that the settings, the profile and the site's settings do not have."""
    changed: dict[str, Any] = field(default_factory=dict)
    """Fields of those with other values."""

    # -- other reads
    lists_gateway: bool = True
    """Whether `devices.json` lists the gateway."""
    read_statuses: dict[str, int] = field(default_factory=dict)
    """Statuses of paths (as in `paths`) that are refused for ever, such as 401 for a service the site never had."""
