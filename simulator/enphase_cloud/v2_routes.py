"""The thirteen endpoints of v2."""

from simulator.cloud.routing import Route, Routes

from . import v2_energy as energy, v2_systems as systems
from .asking import Handler
from .plans import Group

_ROOT = "/api/v2/systems"

ROUTES: Routes[Group, Handler] = Routes(
    Route("GET", f"{_ROOT}{path}", Group.SYSTEM_DETAILS, handler)
    for path, handler in (
        ("", systems.systems),
        ("/search_system_id", systems.search_system_id),
        ("/inverters_summary_by_envoy_or_site", systems.inverters),
        ("/{system_id}/summary", systems.summary),
        ("/{system_id}/envoys", systems.envoys),
        ("/{system_id}/inventory", systems.inventory),
        ("/{system_id}/energy_lifetime", energy.energy_lifetime),
        ("/{system_id}/consumption_lifetime", energy.consumption_lifetime),
        ("/{system_id}/stats", energy.stats),
        ("/{system_id}/consumption_stats", energy.consumption_stats),
        ("/{system_id}/rgm_stats", energy.rgm_stats),
        ("/{system_id}/production_meter_readings", energy.production_meter_readings),
        ("/{system_id}/monthly_production", energy.monthly_production),
    )
)
