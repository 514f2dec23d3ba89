"""Behaviour of a site, its writes, and its tariffs, for which reports differ."""

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
    """How an answer with status 200 rejects a write."""

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
    """A level of 0, with unchanged energy or without related fields."""

    BESIDE_ENERGY = "beside_energy"
    ALONE = "alone"


class OutageUnit(StrEnum):
    """Unit of an outage's duration."""

    SECONDS = "s"
    MILLISECONDS = "ms"


class ChargeShape(StrEnum):
    """Name of the list of charge sessions."""

    CHARGE_HISTORY = "charge_history"
    TIME_SERIES = "time_series"


class MidnightEnd(StrEnum):
    """Answer to an `end_date` at exactly 00:00:00."""

    EMPTY = "empty"
    ZEROS = "zeros"
    ROWS = "rows"


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteBehaviour:
    """Effect of one kind of write.

    An accepted write becomes active after `delay` s, or never if `ignored`. A
    `refused` one gets status 200 and a rejection. After a `hidden` one, the site
    no longer reports the setting. Lost answers are faults: `Reset` drops them
    before the write takes effect, `AnswerLost` after.
    """

    delay: float = 5.0
    ignored: bool = False
    refused: Refusal | None = None
    reason: str = "The site rejected the command"
    hidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteBehaviour:
    """Behaviour of one site, by default as documented."""

    site_info_status: int | None = None
    """Status of site_info for a stale site: 404 or 500."""
    status: int | None = None
    """Status of all endpoints: 404, 408, 500, or 540."""
    offline_status: int | None = 408
    """Status of live_status and writes without internet; None: live_status repeats the last values."""

    live_cache: float = 0.0
    """Seconds that live_status is cached."""
    live_stuck: bool = False
    """Whether live_status never changes."""
    stamp_stuck: bool = False
    """Whether only the timestamp never changes."""
    energy_sent: bool = True
    """Whether energy_left, total_pack_energy, grid services, and backup_capable are sent."""
    island_status_sent: bool = True
    live_omits: frozenset[str] = frozenset()
    level_dropout: LevelDropout | None = None
    all_zeros: bool = False
    load_without_chargers: bool = False
    """Whether load_power excludes the Wall Connectors."""
    wall_connectors_sent: bool = True
    """Whether live_status contains wall_connectors."""

    reserve_snaps: bool = True
    """Whether firmware 25.18.4 and newer turns a reserve of 81 to 99 into 80."""
    full_reserve_snaps: bool = False
    """Whether 100 becomes 80 as well."""
    mode_moves_grid_charging: bool = False
    events_block_settings: bool = False
    """Whether accepted writes have no effect during a storm or grid-services event."""
    storm_flag_null: bool = False
    """Whether storm_mode_enabled is null until it is written."""
    settings_at_top: bool = False
    """Whether the grid settings are at the top level instead of in components."""
    battery_ok_omitted: bool = False
    never_as_flag: bool = False
    """Whether the rule `never` is sent only as non_export_configured."""

    midnight_end: MidnightEnd = MidnightEnd.EMPTY
    zeros_omitted: bool = True
    totals_sent: bool = True
    fractional: bool = False
    """Whether energy isn't rounded to whole Wh."""
    yearly_loss: float = 0.04
    """Share of the energy that is missing in the periods year and lifetime."""
    day_in_one_row: bool = False
    day_stamp_hour: int = 0
    """Local hour (0 or 1) in the timestamps of days."""
    fixed_offset_hours: int | None = None
    """UTC offset in hours of a site without daylight saving time."""
    naive_stamps: bool = False
    repeated_hour_doubled: bool = False
    """Whether the rows of the repeated hour in autumn are sent twice."""
    answers_more: bool = False
    """Whether rows before the requested range are sent as well."""
    series_null: bool = False
    history_delay: float = 0.0
    """Seconds until a row is available."""
    time_zone: str | None = None
    """Time zone that is sent instead of the site's own; can be empty."""

    outage_unit: OutageUnit = OutageUnit.SECONDS
    running_outage_sent: bool = False
    charge_shape: ChargeShape = ChargeShape.CHARGE_HISTORY

    tariff_zeros_omitted: bool = True
    tariff_all_dropped: bool = True
    tariff_day_end: tuple[int, int] = (24, 0)
    """Hour and minute sent for the end of a day: (24, 0), (0, 0), or (23, 60)."""
    tariff_merged: bool = False
    """Whether adjacent periods of a label are merged over midnight and the end of the week."""
    tariff_unused_season: bool = False
    """Whether unused seasons are added, as `{}` and with zeros."""
    tariff_buy_raised: bool = True
    tariff_negative_zero: bool = True
