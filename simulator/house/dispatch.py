"""How a house shares power between sun, battery, generator, grid and loads."""

from dataclasses import dataclass

from .battery import Battery
from .config import GeneratorConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """W over one step: battery discharge is positive, charge negative.

    `solar` is what the arrays are left to make; the grid is what remains.
    """

    solar: float
    load: float
    battery: float
    generator: float


def on_grid(
    *,
    solar: float,
    load: float,
    battery: Battery | None,
    export_limit: float | None,
    local_hour: float,
    hours: float,
) -> Shares:
    """Share power while the utility is there; `hours` is the step's length."""
    given = battery.wish(load - solar, local_hour, hours) if battery else 0.0
    if export_limit is not None:
        exported = solar + given - load
        solar -= min(solar, max(0.0, exported - export_limit))
    return Shares(solar=solar, load=load, battery=given, generator=0.0)


def off_grid(
    *,
    solar: float,
    load: float,
    battery: Battery | None,
    generator: GeneratorConfig | None,
    hours: float,
) -> Shares:
    """Share power without a grid; `generator` is given while it runs.

    A house that can form no grid of its own goes dark, its inverters too.
    """
    forms_grid = battery is not None and battery.config.backup_power
    if not forms_grid and generator is None:
        return Shares(solar=0.0, load=0.0, battery=0.0, generator=0.0)
    charge_limit = battery.charge_limit(hours) if battery and forms_grid else 0.0
    discharge_limit = battery.discharge_limit(hours, battery.settings.shutdown_level) if battery and forms_grid else 0.0
    if generator is not None:
        made = min(generator.watts, max(0.0, load - solar) + charge_limit)
        discharge_limit = min(discharge_limit, max(0.0, load - solar - made))
    else:
        made = 0.0
    supplied = min(load, solar + made + discharge_limit)
    surplus = solar + made - supplied
    if surplus <= 0:
        return Shares(solar=solar, load=supplied, battery=-surplus, generator=made)
    charge = min(charge_limit, surplus)
    return Shares(
        solar=max(0.0, solar - (surplus - charge)),
        load=supplied,
        battery=-charge,
        generator=made,
    )
