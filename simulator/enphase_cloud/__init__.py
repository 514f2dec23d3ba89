"""Enphase's cloud on loopback: OAuth, the Monitoring API v4, the Systems API v2.

Every system is a house with a past::

    clock = ManualClock(1_781_956_800)
    system = lived(HouseConfig(battery=BatteryConfig()), now=clock.now(), days=30)
    async with CloudServer([system], clock=clock) as cloud:
        application = cloud.add_application(plan=MEGAWATT)
        headers = cloud.headers(application)
        await session.get(f"{cloud.url}/api/v4/systems", headers=headers)
"""

from simulator.cloud.archive import Archive
from simulator.cloud.consent import Consent
from simulator.cloud.stats import CloudRequest, CloudStats

from .access import Application, Owner, OwnersTokens
from .charger import ChargeSession, EvCharger, HeatPump
from .events import GRID_OUTAGE, SystemEvent
from .plans import KILOWATT, LEGACY_WATT, MEGAWATT, PARTNER, PLANS, WATT, Group, Plan
from .server import CloudServer
from .settings import WriteBehaviour
from .system import CloudSite, CloudSystem, lived
from .users import decode_user, encode_user
from .world import ConfigPaths, Policy

__all__ = [
    "GRID_OUTAGE",
    "KILOWATT",
    "LEGACY_WATT",
    "MEGAWATT",
    "PARTNER",
    "PLANS",
    "WATT",
    "Application",
    "Archive",
    "ChargeSession",
    "CloudRequest",
    "CloudServer",
    "CloudSite",
    "CloudStats",
    "CloudSystem",
    "ConfigPaths",
    "Consent",
    "EvCharger",
    "Group",
    "HeatPump",
    "Owner",
    "OwnersTokens",
    "Plan",
    "Policy",
    "SystemEvent",
    "WriteBehaviour",
    "decode_user",
    "encode_user",
    "lived",
]
