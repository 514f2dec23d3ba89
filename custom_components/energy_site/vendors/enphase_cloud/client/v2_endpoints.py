"""The thirteen endpoints of the Enlighten Systems API v2."""

from ....api.payload import as_sent
from .endpoint import CloudEndpoint
from .models import devices, lifetime, meters, systems, telemetry, v2

_SYSTEM = "systems/{system_id}"

SYSTEMS = CloudEndpoint(path="systems", parse=v2.parse_systems)
SEARCH_SYSTEM_ID = CloudEndpoint(path="systems/search_system_id", parse=as_sent)
SUMMARY = CloudEndpoint(path=f"{_SYSTEM}/summary", parse=systems.parse_summary)
ENERGY_LIFETIME = CloudEndpoint(
    path=f"{_SYSTEM}/energy_lifetime", parse=lifetime.parse_energy_lifetime, may_be_empty=True
)
CONSUMPTION_LIFETIME = CloudEndpoint(
    path=f"{_SYSTEM}/consumption_lifetime",
    parse=lifetime.parse_consumption_lifetime,
    permission=True,
    may_be_empty=True,
)
STATS = CloudEndpoint(path=f"{_SYSTEM}/stats", parse=telemetry.parse_production)
CONSUMPTION_STATS = CloudEndpoint(
    path=f"{_SYSTEM}/consumption_stats", parse=telemetry.parse_consumption, permission=True
)
RGM_STATS = CloudEndpoint(path=f"{_SYSTEM}/rgm_stats", parse=telemetry.parse_production)
PRODUCTION_READINGS = CloudEndpoint(path=f"{_SYSTEM}/production_meter_readings", parse=meters.parse_meter_readings)
MONTHLY_PRODUCTION = CloudEndpoint(path=f"{_SYSTEM}/monthly_production", parse=as_sent)
ENVOYS = CloudEndpoint(path=f"{_SYSTEM}/envoys", parse=v2.parse_envoys)
INVENTORY = CloudEndpoint(path=f"{_SYSTEM}/inventory", parse=v2.parse_inventory)
INVERTERS = CloudEndpoint(path="systems/inverters_summary_by_envoy_or_site", parse=devices.parse_inverters)
