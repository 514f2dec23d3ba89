"""The home's simulated cloud, and what an owner does on its pages."""

from dataclasses import dataclass
from html import unescape
import re

from aiohttp import ClientSession
from yarl import URL

from simulator.enphase_cloud import MEGAWATT, Application, Archive, CloudServer, CloudSite, CloudSystem, Consent
from simulator.iq_gateway import GatewayServer

from .api import HomeAssistantError
from .cities import City

# What has room for everything, controls included.
PLAN = MEGAWATT
SYSTEM_ID = 2607041
# The system as the integration's unique ids have it.
SITE = f"enphase_{SYSTEM_ID}"
# Where Home Assistant awaits who comes back from a sign-in.
CALLBACK = "/auth/external/callback"

_ALLOW = re.compile(r'id="allow" href="([^"]+)"')
_CODE = re.compile(r'id="code">([^<]+)<')


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """A cloud with the home's system, and an application that may see it."""

    server: CloudServer
    system: CloudSystem
    application: Application

    @property
    def archive(self) -> Archive:
        """All that the gateway has reported."""
        return self.system.archive


def connect(gateway: GatewayServer, archive: Archive, city: City, redirect: str) -> Cloud:
    """Return a cloud that the gateway reports to, and that steers the same house through it."""
    site = CloudSite(system_id=SYSTEM_ID, country=city.country, city=city.name, state="", postal_code="")
    system = CloudSystem(gateway.house, site, gateway=gateway, archive=archive)
    server = CloudServer([system], clock=gateway.clock)
    server.policy.consent = Consent.ASK
    application = server.add_application("Home Assistant", plan=PLAN, redirects=[redirect])
    return Cloud(server=server, system=system, application=application)


async def agree(session: ClientSession, address: str) -> str:
    """Allow access on the page at `address`, as its owner, and return the code that is shown then."""
    allow = allow_link(await _page(session, URL(address)), address)
    return shown_code(await _page(session, allow))


def allow_link(page: str, address: str) -> URL:
    """Return where the page at `address` leads whoever allows access."""
    return URL(address).join(URL(_only(_ALLOW, page)))


def shown_code(page: str) -> str:
    """Return the code on a page."""
    return _only(_CODE, page)


async def _page(session: ClientSession, address: URL) -> str:
    async with session.get(address) as response:
        return await response.text()


def _only(pattern: re.Pattern[str], page: str) -> str:
    if (found := pattern.search(page)) is None:
        raise HomeAssistantError(f"The cloud's page is not what was expected: {page}")
    return unescape(found[1])
