"""The owner's account of the home: who signs in to it, and what its services know."""

from dataclasses import dataclass, replace
from secrets import token_urlsafe

from simulator.clock import Clock
from simulator.enphase_account import AccountHome, AccountServer, HomeDetails
from simulator.enphase_cloud import Archive
from simulator.iq_gateway import GatewayServer
from simulator.presets import Preset

EMAIL = "owner@example.com"
# Who is asked for a code as well.
CAREFUL = "careful@example.com"

SYSTEM_ID = 2607043
# The system as the integration's unique ids have it.
ACCOUNT_SITE = f"enphase_account_{SYSTEM_ID}"

# Gateways with this firmware ignore what is set on the local network.
_FIRMWARE = "D8.3.6086"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnersAccount:
    """The account's services, the home as they know it, and the password of both owners."""

    server: AccountServer
    home: AccountHome
    password: str


def governed(preset: Preset) -> Preset:
    """Return a preset whose gateway leaves the battery to the cloud."""
    return replace(preset, gateway=replace(preset.gateway, firmware=_FIRMWARE))


def connect_account(gateway: GatewayServer, archive: Archive, name: str, clock: Clock) -> OwnersAccount:
    """Return an account that the gateway reports to, and takes settings from if it leaves the battery to the cloud."""
    follows = gateway.config.firmware == _FIRMWARE
    details = HomeDetails(
        site_id=SYSTEM_ID,
        name=name,
        serial=gateway.serial,
        firmware=gateway.config.firmware,
        disclaimer_accepted=follows,
    )
    home = AccountHome(gateway.house, details, archive=archive, gateway=gateway if follows else None)
    if follows:
        gateway.set_cloud_profile()
    server = AccountServer([gateway], homes=[home], clock=clock)
    password = token_urlsafe(9)
    server.add_account(EMAIL, password, system_id=SYSTEM_ID)
    server.add_account(CAREFUL, password, system_id=SYSTEM_ID, two_factor=True)
    return OwnersAccount(server=server, home=home, password=password)
