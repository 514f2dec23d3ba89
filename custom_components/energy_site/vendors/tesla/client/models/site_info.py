"""What a site is, and what is set there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from .....api.payload import Record
from .common import expect, firmware, moment, not_negative, percent, whole, word
from .components import Components, parse_components
from .json_value import bounded_object

# The service's way to say that there is no limit.
_NO_LIMIT = 1e9

_KNOWN = ("id", "components", "user_settings", "installation_date", "site_name", "default_real_mode")


@dataclass(frozen=True, slots=True, kw_only=True)
class UserSettings:
    """`user_settings`; Storm Watch that was never set is `None`."""

    storm_mode_enabled: bool | None
    off_grid_vehicle_charging_enabled: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TouSettings:
    """`tou_settings`: how a tariff is used, `economics` or `balanced`."""

    optimization_strategy: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteInfo:
    """`site_info`: power in W, energy in Wh, percentages as the Tesla app shows them.

    `nameplate_energy` is the usable energy of all batteries when new. `version` is the
    firmware without its build. `installation_time_zone` is an IANA name, and
    `time_zone_offset` in minutes; both may be missing. The limits of `site_meter_power` are
    `None` where there are none. In backup mode `backup_reserve_percent` keeps what
    is configured, while the battery holds 100 %.

    The tariffs are objects of JSON as they were sent, `{}` where none is set and `None`
    where none was sent or none that could be one.
    """

    site_name: str | None = field(repr=False)
    installation_date: datetime | None = field(repr=False)
    version: str | None
    installation_time_zone: str | None
    time_zone_offset: int | None
    battery_count: int | None
    nameplate_power: float | None
    nameplate_energy: float | None
    min_site_meter_power_ac: float | None
    max_site_meter_power_ac: float | None
    default_real_mode: str | None
    backup_reserve_percent: float | None
    off_grid_vehicle_charging_reserve_percent: float | None
    vpp_backup_reserve_percent: float | None
    program_name: str | None = field(repr=False)
    utility: str | None = field(repr=False)
    tariff_id: str | None = field(repr=False)
    tariff_content: Mapping[str, object] | None = field(repr=False)
    tariff_content_v2: Mapping[str, object] | None = field(repr=False)
    tou_settings: TouSettings
    user_settings: UserSettings
    components: Components


def parse_site_info(endpoint: str, payload: object) -> SiteInfo:
    """Read `site_info`, in which any field may be missing, but not all of them."""
    root = Record(endpoint, payload)
    expect(root, *_KNOWN)
    user = root.record_or_empty("user_settings")
    return SiteInfo(
        site_name=root.name_or_none("site_name"),
        installation_date=moment(root, "installation_date"),
        version=firmware(root, "version"),
        installation_time_zone=root.code_or_none("installation_time_zone"),
        time_zone_offset=whole(root, "time_zone_offset"),
        battery_count=whole(root, "battery_count"),
        nameplate_power=not_negative(root, "nameplate_power"),
        nameplate_energy=not_negative(root, "nameplate_energy"),
        min_site_meter_power_ac=_limit(root, "min_site_meter_power_ac"),
        max_site_meter_power_ac=_limit(root, "max_site_meter_power_ac"),
        default_real_mode=word(root, "default_real_mode"),
        backup_reserve_percent=percent(root, "backup_reserve_percent"),
        off_grid_vehicle_charging_reserve_percent=percent(root, "off_grid_vehicle_charging_reserve_percent"),
        vpp_backup_reserve_percent=percent(root, "vpp_backup_reserve_percent"),
        program_name=root.record_or_empty("aggregation_program").name_or_none("name"),
        utility=root.name_or_none("utility"),
        tariff_id=root.code_or_none("tariff_id"),
        tariff_content=bounded_object(root.value("tariff_content")),
        tariff_content_v2=bounded_object(root.value("tariff_content_v2")),
        tou_settings=TouSettings(
            optimization_strategy=word(root.record_or_empty("tou_settings"), "optimization_strategy")
        ),
        user_settings=UserSettings(
            storm_mode_enabled=user.flag_or_none("storm_mode_enabled"),
            off_grid_vehicle_charging_enabled=user.flag_or_none("off_grid_vehicle_charging_enabled"),
        ),
        components=parse_components(root),
    )


def _limit(root: Record, key: str) -> float | None:
    limit = root.number_or_none(key)
    return limit if limit is not None and abs(limit) < _NO_LIMIT else None
