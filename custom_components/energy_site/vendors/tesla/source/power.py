"""What flows at a site now, as far as it can be believed."""

from datetime import datetime

from ....site.model import Flow, PowerFlow
from ..client.models.live_status import LiveStatus
from ..client.models.site_info import SiteInfo
from .equipment import has_battery, has_grid_meter, has_load_meter, has_solar, measures

# What no home moves, in W.
_MOST_POWER = 200_000.0

# A battery charges and discharges at up to this many times its rating for a moment.
_OVERLOAD = 1.5

# The terms are measured at different moments, so a balance is off by up to this share, or W.
_IMBALANCE = 0.5
_MEASURED_APART = 2_000.0


def is_believable(live: LiveStatus, info: SiteInfo | None) -> bool:
    """Return whether the powers of an answer can be those of one site at one moment.

    A gateway that is offline sends zeros, as a site with nothing but panels does at night. At
    night, samples with solar power and without any load were seen as well.
    """
    terms = (live.solar_power, live.battery_power, live.grid_power, live.generator_power)
    known = [power for power in (*terms, live.load_power) if power is not None]
    measured = info is None or has_load_meter(info)
    if any(abs(power) > _MOST_POWER for power in known) or (measured and not any(known)):
        return False
    if live.load_power is not None and live.load_power < 0:
        return False
    rated = info.nameplate_power if info is not None else None
    if rated and live.battery_power is not None and abs(live.battery_power) > _OVERLOAD * rated:
        return False
    return _is_balanced(live)


def _is_balanced(live: LiveStatus) -> bool:
    if None in (live.solar_power, live.battery_power, live.grid_power) or live.load_power is None:
        return True
    incoming = sum(
        power or 0.0 for power in (live.solar_power, live.battery_power, live.grid_power, live.generator_power)
    )
    chargers = sum(each.wall_connector_power or 0.0 for each in live.wall_connectors or ())
    if live.load_power == 0 and (live.solar_power or 0.0) > 0 and abs(incoming) < 1:
        return False
    # Whether the load includes the chargers differs between sites.
    missing = min(abs(incoming - live.load_power), abs(incoming - live.load_power - chargers))
    largest = max(
        abs(power or 0.0) for power in (live.solar_power, live.battery_power, live.grid_power, live.load_power)
    )
    return missing <= max(_MEASURED_APART, _IMBALANCE * largest)


def build(live: LiveStatus, info: SiteInfo | None, observed_at: datetime, *, generator: bool) -> PowerFlow | None:
    """Build the power, positive toward the house, without flows that the site doesn't have or measure.

    Return `None` for a site that has none of them.
    """
    if not measures(info):
        return None

    def flow(power: float | None, *, exists: bool) -> Flow | None:
        return Flow(power=power, observed_at=observed_at) if power is not None and exists else None

    return PowerFlow(
        observed_at=observed_at,
        solar=flow(live.solar_power, exists=has_solar(info)),
        grid=flow(live.grid_power, exists=has_grid_meter(info)),
        battery=flow(live.battery_power, exists=has_battery(info)),
        load=flow(live.load_power, exists=has_load_meter(info)),
        generator=flow(live.generator_power, exists=generator),
    )
