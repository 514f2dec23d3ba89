"""Tesla's cloud on loopback: sign-in and the Fleet API's energy part.

Every site is a house with a past::

    clock = ManualClock(1_781_956_800)
    site = lived(HouseConfig(battery=powerwall()), now=clock.now(), days=30)
    async with TeslaServer([site], clock=clock) as cloud:
        application = cloud.add_application()
        headers = cloud.headers(application)
        await session.get(f"{cloud.url}{site.path('live_status')}", headers=headers)
        site.set_behaviour(live_cache=300)
        site.set_write_behaviour(Write.BACKUP, delay=240)
        cloud.faults.add(Refuse(540), site.path("live_status"), count=1)
"""

from simulator.cloud.consent import Consent

from .access import COMMANDS, DEVICE_DATA, OFFLINE, SCOPES, Account, Application, Registration
from .behaviour import ChargeShape, LevelDropout, MidnightEnd, OutageUnit, Refusal, SiteBehaviour, Write, WriteBehaviour
from .faults import Changed, NullResponse, Refuse, TooMany
from .partner import KEY_PATH
from .regions import Region
from .server import SIGN_IN_SCOPES, TeslaServer
from .site import EnergySite, Storm, lived, powerwall
from .site_details import SiteDetails
from .usage import Limits
from .wall_connector import Session, WallConnector
from .world import Policy

__all__ = [
    "COMMANDS",
    "DEVICE_DATA",
    "KEY_PATH",
    "OFFLINE",
    "SCOPES",
    "SIGN_IN_SCOPES",
    "Account",
    "Application",
    "Changed",
    "ChargeShape",
    "Consent",
    "EnergySite",
    "LevelDropout",
    "Limits",
    "MidnightEnd",
    "NullResponse",
    "OutageUnit",
    "Policy",
    "Refusal",
    "Refuse",
    "Region",
    "Registration",
    "Session",
    "SiteBehaviour",
    "SiteDetails",
    "Storm",
    "TeslaServer",
    "TooMany",
    "WallConnector",
    "Write",
    "WriteBehaviour",
    "lived",
    "powerwall",
]
