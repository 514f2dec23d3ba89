"""What is set at a site, and storms."""

from datetime import datetime

from ....site.control import ControlKey
from ....site.model import OperatingMode, Settings, Storm
from ..client.models.storm import StormAlert
from .configuration import Configuration


def build(known: Configuration, observed_at: datetime, witnessed: frozenset[str]) -> Settings:
    """Build the active settings, without those that a witness shows sooner."""

    def value(key: ControlKey) -> float | bool | str | None:
        return None if key in witnessed else known.value(key)

    def number(key: ControlKey) -> float | None:
        found = value(key)
        return found if isinstance(found, float) else None

    def flag(key: ControlKey) -> bool | None:
        found = value(key)
        return found if isinstance(found, bool) else None

    mode = value(ControlKey.OPERATING_MODE)
    return Settings(
        observed_at=observed_at,
        backup_reserve=number(ControlKey.BACKUP_RESERVE),
        shutdown_level=number(ControlKey.SHUTDOWN_LEVEL),
        operating_mode=OperatingMode(mode) if mode in tuple(OperatingMode) else None,
        charge_from_grid=flag(ControlKey.CHARGE_FROM_GRID),
        discharge_to_grid=flag(ControlKey.DISCHARGE_TO_GRID),
        restrict_discharge=flag(ControlKey.RESTRICT_DISCHARGE),
        power_match=flag(ControlKey.POWER_MATCH),
    )


def build_storm(known: Configuration, now: datetime, observed_at: datetime) -> Storm | None:
    """Build Storm Guard and the storm that begins next, `None` if the site has neither."""
    alerts = known.alerts.alerts if known.alerts is not None else ()
    guarded = known.value(ControlKey.STORM_GUARD)
    if guarded is None and known.alerts is None:
        return None
    on = sorted((each for each in alerts if each.is_on(now)), key=lambda each: each.starts_at or now)
    first: StormAlert | None = on[0] if on else None
    critical = known.alerts is not None and known.alerts.critical is True
    return Storm(
        observed_at=observed_at,
        guarded=guarded if isinstance(guarded, bool) else None,
        alert=first is not None or critical or known.details.show_storm_guard_alert is True,
        starts_at=first.starts_at if first is not None else None,
        ends_at=first.ends_at if first is not None else None,
    )
