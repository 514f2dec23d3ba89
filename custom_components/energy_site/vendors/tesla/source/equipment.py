"""What a site has: nothing until it says so, afterwards also what it doesn't deny."""

from ..client.models.components import SiteDevice
from ..client.models.site_info import SiteInfo


def has_battery(info: SiteInfo | None) -> bool:
    """Return whether there is a battery: a site that doesn't say so may list some."""
    if info is None:
        return False
    components = info.components
    return components.battery is True or (components.battery is None and bool(components.batteries))


def has_solar(info: SiteInfo | None) -> bool:
    """Return whether there are panels."""
    return info is not None and info.components.solar is not False


def measures(info: SiteInfo | None) -> bool:
    """Return whether there are panels or a battery: no site with nothing but Wall Connectors has a meter."""
    return has_solar(info) or has_battery(info)


def has_grid_meter(info: SiteInfo | None) -> bool:
    """Return whether the grid is measured."""
    return info is not None and info.components.grid is not False and measures(info)


def has_load_meter(info: SiteInfo | None) -> bool:
    """Return whether the power of the house is measured."""
    return info is not None and info.components.load_meter is not False and measures(info)


def chargers(info: SiteInfo | None) -> tuple[SiteDevice, ...]:
    """Return the Wall Connectors, except for replaced ones."""
    return tuple(each for each in info.components.wall_connectors if each.is_active is not False) if info else ()
