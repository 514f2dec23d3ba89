"""The grid, a utility's program, and storms."""

from datetime import datetime
import re

from ....site.grid_services import GridServices
from ....site.model import Controller, ControllerKind, DeviceInfo, GridState, GridStatus, Storm
from ..client.models.live_status import LiveStatus, StormWatch
from ..client.models.site_info import SiteInfo
from .equipment import has_battery

# New reasons come with new firmware, so any plain word is shown.
_REASON = re.compile(r"off_grid_unintentional_([a-z_]{2,40})")


def state_of(live: LiveStatus) -> tuple[GridState | None, bool | None]:
    """Return how house and grid are connected, and whether they are meant to be.

    `island_status` is decisive. Sites without a battery report both words as unknown for
    ever, which isn't an outage.
    """
    word = (live.island_status or "").casefold()
    if word.startswith("on_grid"):
        return GridState.ON_GRID, True
    if word.startswith("off_grid"):
        running = bool(live.generator_power and live.generator_power > 0)
        meant = True if "_unintentional" in word else False if "_intentional" in word else None
        return (GridState.GENERATOR if running else GridState.OFF_GRID), meant
    if word.startswith("transitioning"):
        return (GridState.SYNCHRONIZING if word.endswith("on_grid") else None), None
    match (live.grid_status or "").casefold():
        case "active":
            return GridState.ON_GRID, True
        case "inactive":
            return GridState.OFF_GRID, None
    return None, None


def build(live: LiveStatus | None, info: SiteInfo | None, observed_at: datetime) -> GridStatus:
    """Build the grid's status and the gateways that measure it."""
    state, enabled = state_of(live) if live is not None else (None, None)
    reason = _REASON.fullmatch((live.island_status or "").casefold()) if live is not None else None
    return GridStatus(
        observed_at=observed_at,
        state=state,
        enabled=enabled,
        reason=reason.group(1) if reason else None,
        controllers={
            each.serial_number: Controller(
                kind=ControllerKind.GATEWAY,
                device=DeviceInfo(
                    serial=each.serial_number,
                    model=each.part_name,
                    model_id=each.part_number,
                    firmware=each.firmware_version,
                ),
            )
            for each in (info.components.gateways if info is not None else ())
            if each.is_active is not False
        },
    )


def build_services(live: LiveStatus | None, info: SiteInfo | None, observed_at: datetime) -> GridServices | None:
    """Build the program, `None` if nothing reports one."""
    active = live.grid_services_active if live is not None else None
    power = live.grid_services_power if live is not None else None
    reserve = info.vpp_backup_reserve_percent if info is not None else None
    if (active, power, reserve) == (None, None, None):
        return None
    return GridServices(observed_at=observed_at, active=active, power=power, reserve=reserve)


def can_guard(info: SiteInfo) -> bool:
    """Return whether the site can have Storm Watch."""
    capable, setting = info.components.storm_mode_capable, info.user_settings.storm_mode_enabled
    return has_battery(info) and (capable is True or (capable is None and setting is not None))


def build_storm(live: LiveStatus | None, *, guarded: bool | None, now: datetime, observed_at: datetime) -> Storm:
    """Build Storm Watch."""
    watch = next(iter(_ahead(live, now)), None) if live is not None else None
    charging = live.storm_mode_active if live is not None else None
    alert = None if live is None else bool(charging or watch)
    return Storm(
        observed_at=observed_at,
        guarded=guarded,
        alert=alert,
        charging=charging,
        starts_at=watch.start if watch else None,
        ends_at=watch.end if watch else None,
    )


def _ahead(live: LiveStatus, now: datetime) -> list[StormWatch]:
    """Return the windows that aren't over and that the owner didn't opt out of, the earliest first."""
    open_ = [
        each
        for each in live.storm_mode_states
        if not each.opted_out and (each.start or each.end) and (each.end is None or each.end > now)
    ]
    return sorted(open_, key=lambda each: each.start or now)
