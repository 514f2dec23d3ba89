"""What is set for the batteries, what was requested, and what the site can do."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from .....api.payload import Record
from .common import data_of, moment, percent, serial, word

_MOST_PROFILES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlBlock:
    """A block such as `dtgControl`: whether it is shown, turned on, locked by the interconnection.

    `start_time` and `end_time` are minutes after the site's midnight.
    """

    show: bool | None
    enabled: bool | None
    locked: bool | None
    schedule_supported: bool | None
    start_time: int | None
    end_time: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Requested:
    """`requestedConfig`: what was taken and isn't in force, by the names of the service."""

    fields: Mapping[str, object]
    gateways: tuple[str, ...] = field(repr=False)

    def __bool__(self) -> bool:
        """Return whether anything is pending."""
        return bool(self.fields or self.gateways)


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryDetails:
    """`batterySettings`: what the service shows as set, percentages in %.

    `previous_reserves` are the reserves that each profile had last. `raw` is the whole answer as sent, for the
    one setting that is written as a whole. `accepted_itc_disclaimer` is when Enphase's statement on charging from the
    grid was accepted, or whether. A block that the site lacks is `None`.
    """

    profile: str | None
    battery_backup_percentage: float | None
    battery_backup_percentage_min: float | None
    battery_backup_percentage_max: float | None
    previous_reserves: Mapping[str, float]
    operation_mode_sub_type: str | None
    very_low_soc: float | None
    very_low_soc_min: float | None
    very_low_soc_max: float | None
    envoy_supports_vls: bool | None
    charge_from_grid: bool | None
    accepted_itc_disclaimer: bool
    storm_guard_state: str | None
    show_storm_guard_alert: bool | None
    evse_storm_enabled: bool | None
    dr_event_active: bool | None
    system_task: bool | None
    supports_mqtt: bool | None
    dtg_control: ControlBlock | None
    cfg_control: ControlBlock | None
    rbd_control: ControlBlock | None
    power_match_control: ControlBlock | None
    requested: Requested
    requested_mqtt: Requested
    raw: Mapping[str, object] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """`profile`: the selected profile, the reserve in % and what it comes with."""

    profile: str | None
    battery_backup_percentage: float | None
    previous_reserves: Mapping[str, float]
    operation_mode_sub_type: str | None
    evse_storm_enabled: bool | None
    change_pending: bool | None
    requested: Requested


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteSettings:
    """`siteSettings`: what the site can do, and who the account's user is at this site."""

    timezone: str | None = field(repr=False)
    country: str | None = field(repr=False)
    has_encharge: bool | None
    show_savings_mode: bool | None
    show_ai_savings_mode: bool | None
    show_full_backup: bool | None
    show_storm_guard: bool | None
    show_vls: bool | None
    show_reserve: bool | None
    show_charge_from_grid: bool | None
    restrict_cfg: bool | None
    calibration_progress: bool | None
    is_owner: bool | None
    is_host: bool | None
    status: str | None


_SETTINGS = (
    "profile",
    "batteryBackupPercentage",
    "requestedConfig",
    "chargeFromGrid",
    "stormGuardState",
    "dtgControl",
    "cfgControl",
    "rbdControl",
    "powerMatchControl",
    "veryLowSoc",
)


def parse_battery_details(endpoint: str, payload: object) -> BatteryDetails:
    """Read `batterySettings`, in which any field may be missing, but not all of them."""
    data = data_of(endpoint, payload, *_SETTINGS)
    return BatteryDetails(
        profile=word(data, "profile"),
        battery_backup_percentage=percent(data, "batteryBackupPercentage"),
        battery_backup_percentage_min=percent(data, "batteryBackupPercentageMin"),
        battery_backup_percentage_max=percent(data, "batteryBackupPercentageMax"),
        previous_reserves=_previous(data),
        operation_mode_sub_type=word(data, "operationModeSubType"),
        very_low_soc=percent(data, "veryLowSoc"),
        very_low_soc_min=percent(data, "veryLowSocMin"),
        very_low_soc_max=percent(data, "veryLowSocMax"),
        envoy_supports_vls=data.flag_or_none("envoySupportsVls"),
        charge_from_grid=data.flag_or_none("chargeFromGrid"),
        accepted_itc_disclaimer=_is_filled(data, "acceptedItcDisclaimer"),
        storm_guard_state=word(data, "stormGuardState"),
        show_storm_guard_alert=data.flag_or_none("showStormGuardAlert"),
        evse_storm_enabled=data.flag_or_none("evseStormEnabled"),
        dr_event_active=data.flag_or_none("drEventActive"),
        system_task=data.flag_or_none("systemTask"),
        supports_mqtt=data.flag_or_none("supportsMqtt"),
        dtg_control=_block(data, "dtgControl"),
        cfg_control=_block(data, "cfgControl"),
        rbd_control=_block(data, "rbdControl"),
        power_match_control=_block(data, "powerMatchControl"),
        requested=_requested(data, "requestedConfig"),
        requested_mqtt=_requested(data, "requestedConfigMqtt"),
        raw=dict(data.items()),
    )


def parse_profile(endpoint: str, payload: object) -> Profile:
    """Read `profile`."""
    data = data_of(endpoint, payload, "profile", "batteryBackupPercentage", "requestedConfig")
    return Profile(
        profile=word(data, "profile"),
        battery_backup_percentage=percent(data, "batteryBackupPercentage"),
        previous_reserves=_previous(data),
        operation_mode_sub_type=word(data, "operationModeSubType"),
        evse_storm_enabled=data.flag_or_none("evseStormEnabled"),
        change_pending=data.flag_or_none("isBatteryChangePending"),
        requested=_requested(data, "requestedConfig"),
    )


def parse_site_settings(endpoint: str, payload: object) -> SiteSettings:
    """Read `siteSettings`."""
    data = data_of(endpoint, payload, "hasEncharge", "timezone", "userDetails", "showStormGuard", "showVLS")
    user = data.record_or_empty("userDetails")
    return SiteSettings(
        timezone=data.text_or_none("timezone"),
        country=word(data, "countryCode"),
        has_encharge=data.flag_or_none("hasEncharge"),
        show_savings_mode=data.flag_or_none("showSavingsMode"),
        show_ai_savings_mode=data.flag_or_none("showAiOptiSavingsMode"),
        show_full_backup=data.flag_or_none("showFullBackup"),
        show_storm_guard=data.flag_or_none("showStormGuard"),
        show_vls=data.flag_or_none("showVLS"),
        show_reserve=data.flag_or_none("showBatteryBackupPercentage"),
        show_charge_from_grid=data.flag_or_none("showChargeFromGrid"),
        restrict_cfg=data.flag_or_none("restrictCfg"),
        calibration_progress=data.flag_or_none("calibrationProgress"),
        is_owner=user.flag_or_none("isOwner"),
        is_host=user.flag_or_none("isHost"),
        status=word(data.record_or_empty("siteStatus"), "code"),
    )


def _previous(data: Record) -> dict[str, float]:
    """Return the reserve that each profile had last, in %."""
    previous = data.record_or_empty("previousBatteryBackupPercentage")
    listed = [key for key, _ in previous.items()][:_MOST_PROFILES]
    return {key: reserve for key in listed if (reserve := percent(previous, key)) is not None}


def _block(data: Record, key: str) -> ControlBlock | None:
    if not isinstance(data.value(key), dict):
        return None
    block = data.record(key)
    return ControlBlock(
        show=block.flag_or_none("show"),
        enabled=block.flag_or_none("enabled"),
        locked=block.flag_or_none("locked"),
        schedule_supported=block.flag_or_none("scheduleSupported"),
        start_time=_minutes(block, "startTime"),
        end_time=_minutes(block, "endTime"),
    )


def _minutes(block: Record, key: str) -> int | None:
    minutes = block.integer_or_none(key)
    return minutes if minutes is not None and 0 <= minutes <= 24 * 60 else None


def _requested(data: Record, key: str) -> Requested:
    """Return what is pending; an empty object inside is nothing."""
    sent = data.record_or_empty(key)
    fields = {name: value for name, value in sent.items() if name != "pendingGateways" and _holds_anything(value)}
    gateways = sent.value("pendingGateways")
    listed = [Record(data.endpoint, {"sn": each}) for each in gateways] if isinstance(gateways, list) else []
    return Requested(
        fields=fields, gateways=tuple(number for each in listed if (number := serial(each, "sn")) is not None)
    )


def _holds_anything(value: object) -> bool:
    """Return whether a value holds anything, however deep in it."""
    if isinstance(value, dict):
        return any(_holds_anything(each) for each in value.values())
    return value is not None and value not in ("", [])


def _is_filled(data: Record, key: str) -> bool:
    """Return whether a statement was accepted: when, or that it was."""
    return data.flag_or_none(key) is True or moment(data, key) is not None
