"""Where energy came from and went to, so that the parts add up."""

from collections.abc import Mapping

from simulator.cloud.archive import Kind

PARTS = (
    "solar_home",
    "solar_battery",
    "solar_grid",
    "battery_home",
    "battery_grid",
    "grid_home",
    "grid_battery",
)


def parts(wh: Mapping[Kind, int]) -> dict[str, int]:
    """Return the parts of an interval's whole Wh.

    Import, export, charge, discharge and load are the sums of their parts; what the rounding of
    the counters leaves over is solar's.
    """
    solar = wh["solar"] + wh["generator"]
    imported, exported = wh["grid_import"], wh["grid_export"]
    charged, discharged, load = wh["battery_charge"], wh["battery_discharge"], wh["load"]
    grid_battery = min(charged, imported, max(0, charged - solar, imported - load))
    battery_grid = min(discharged, exported, max(0, discharged - load))
    # Neither grid nor battery can have fed the house with more than it used.
    surplus = max(0, discharged + imported - load - grid_battery - battery_grid)
    more = min(surplus, min(discharged, exported) - battery_grid)
    battery_grid += more
    grid_battery += min(surplus - more, min(charged, imported) - grid_battery)
    battery_home, grid_home = discharged - battery_grid, imported - grid_battery
    return {
        "solar_home": max(0, load - battery_home - grid_home),
        "solar_battery": charged - grid_battery,
        "solar_grid": exported - battery_grid,
        "battery_home": battery_home,
        "battery_grid": battery_grid,
        "grid_home": grid_home,
        "grid_battery": grid_battery,
    }
