"""What a site has; what isn't told may be there."""

from ..client.models.components import SiteDevice
from ..client.models.site_info import SiteInfo


def has_battery(info: SiteInfo | None) -> bool:
    """Return whether there is a battery: a site that doesn't say so may list some."""
    if info is None or (info.components.battery is None and info.components.batteries):
        return True
    return info.components.battery is True


def has_solar(info: SiteInfo | None) -> bool:
    """Return whether there are panels."""
    return info is None or info.components.solar is not False


def has_grid_meter(info: SiteInfo | None) -> bool:
    """Return whether the grid is measured; no site with nothing but Wall Connectors has a meter."""
    return info is None or (info.components.grid is not False and (has_solar(info) or has_battery(info)))


def has_load_meter(info: SiteInfo | None) -> bool:
    """Return whether the power of the house is measured."""
    return info is None or (info.components.load_meter is not False and (has_solar(info) or has_battery(info)))


def chargers(info: SiteInfo | None) -> tuple[SiteDevice, ...]:
    """Return the Wall Connectors, except for replaced ones."""
    return tuple(each for each in info.components.wall_connectors if each.is_active is not False) if info else ()
