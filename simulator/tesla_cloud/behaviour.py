"""How a site, its writes and its tariffs behave where the reports differ."""

from dataclasses import dataclass
from enum import StrEnum

from simulator.iq_gateway.reply import Json


class Write(StrEnum):
    """The six writes, by the last part of their paths."""

    BACKUP = "backup"
    VEHICLE_RESERVE = "off_grid_vehicle_charging_reserve"
    OPERATION = "operation"
    STORM_MODE = "storm_mode"
    GRID = "grid_import_export"
    TARIFF = "time_of_use_settings"


class Refusal(StrEnum):
    """How a status of 200 says no."""

    RESULT_FALSE = "result_false"
    NULL = "null"
    CODE = "code"

    def payload(self, reason: str) -> Json:
        """Return the answer."""
        if self is Refusal.NULL:
            return {"response": None}
        if self is Refusal.CODE:
            return {"response": {"code": 400, "message": reason}}
        return {"response": {"result": False, "reason": reason}}


class LevelDropout(StrEnum):
    """A level told as 0: beside unchanged energy, or with all that belongs to it gone."""

    BESIDE_ENERGY = "beside_energy"
    ALONE = "alone"


class OutageUnit(StrEnum):
    """What an outage's duration is counted in."""

    SECONDS = "s"
    MILLISECONDS = "ms"


class ChargeShape(StrEnum):
    """The list charge sessions are in."""

    CHARGE_HISTORY = "charge_history"
    TIME_SERIES = "time_series"


class MidnightEnd(StrEnum):
    """What an `end_date` at exactly 00:00:00 is answered by."""

    EMPTY = "empty"
    ZEROS = "zeros"
    ROWS = "rows"


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteManner:
    """What becomes of one kind of write.

    Accepted ones are in force after `delay` s, or never when `ignored`;
    `refused` ones answer 200 and say no. After one that is `hidden` the site
    does not tell the setting any more. Lost answers are faults: `Reset` drops
    it before acting, `AnswerLost` after.
    """

    delay: float = 5.0
    ignored: bool = False
    refused: Refusal | None = None
    reason: str = "The site rejected the command"
    hidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteBehaviour:
    """How one site answers; by default as Tesla documents it."""

    site_info_status: int | None = None
    """A stale site's answer to site_info: 404 or 500."""
    status: int | None = None
    """A sold or broken site's answer to everything: 404, 408, 500, 540."""
    offline_status: int | None = 408
    """Answer of the live path and of writes without internet; None: the last values stand still."""

    live_cache: float = 0.0
    """Seconds for which the same live answer is given."""
    live_stuck: bool = False
    """Whether the live answer stands still as it is."""
    stamp_stuck: bool = False
    """Whether the stamp stands still while values move."""
    energy_told: bool = True
    """Whether energy_left, grid services and backup_capable are told, which some sites never do."""
    island_told: bool = True
    live_omits: frozenset[str] = frozenset()
    level_dropout: LevelDropout | None = None
    all_zeros: bool = False
    load_without_chargers: bool = False
    """Whether load_power leaves wall connectors out."""
    chargers_told: bool = True
    """Whether wall connectors are in the live answer at all."""

    reserve_snaps: bool = True
    """Whether firmware 25.18.4 and newer makes 80 of a reserve of 81 to 99."""
    full_reserve_snaps: bool = False
    """Whether 100 ends as 80 as well."""
    mode_moves_grid_charging: bool = False
    events_hold_settings: bool = False
    """Whether a storm or a grid-service event keeps accepted writes from being in force."""
    storm_flag_null: bool = False
    """Whether the storm setting is null until it was written."""
    settings_at_top: bool = False
    """Whether grid settings are told beside components instead of in it."""
    battery_ok_omitted: bool = False
    never_as_flag: bool = False
    """Whether the rule `never` is told as non_export_configured alone."""

    midnight_end: MidnightEnd = MidnightEnd.EMPTY
    zeros_omitted: bool = True
    totals_told: bool = True
    fractional: bool = False
    """Whether rows are told in parts of a Wh instead of rounded."""
    yearly_loss: float = 0.04
    """Share that years and lifetime lack against their days."""
    day_in_one_row: bool = False
    day_stamp_hour: int = 0
    """Local hour (0 or 1) of the stamps of days."""
    fixed_offset_hours: int | None = None
    """Hours from UTC of a site whose zone knows no summer time."""
    naive_stamps: bool = False
    repeated_hour_doubled: bool = False
    """Whether the rows of autumn's second hour come twice."""
    answers_more: bool = False
    """Whether history before the one asked for is told too."""
    series_null: bool = False
    history_delay: float = 0.0
    """Seconds until a row is told."""
    zone_told: str | None = None
    """Time zone told instead of the site's own; may be empty."""

    outage_unit: OutageUnit = OutageUnit.SECONDS
    running_outage_told: bool = False
    charge_shape: ChargeShape = ChargeShape.CHARGE_HISTORY

    tariff_zeros_omitted: bool = True
    tariff_all_dropped: bool = True
    tariff_day_end: tuple[int, int] = (24, 0)
    """Hour and minute told for midnight at a day's end: (24, 0), (0, 0) or (23, 60)."""
    tariff_merged: bool = False
    """Whether periods of a label that touch at midnight or at the week's end are told as one."""
    tariff_unused_season: bool = False
    """Whether a season that is not used is told besides, as `{}`."""
    tariff_buy_raised: bool = True
    tariff_negative_zero: bool = True
