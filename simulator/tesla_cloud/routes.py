"""The endpoints of the Fleet API, and what each needs."""

from enum import StrEnum

from simulator.cloud.routing import Route, Routes

from . import history, info, live, partner
from .access import COMMANDS, DEVICE_DATA
from .asking import Handler
from .writes import WRITES


class Need(StrEnum):
    """Whose token an endpoint takes: an account's with a scope or any, or the application's own."""

    DATA = DEVICE_DATA
    COMMANDS = COMMANDS
    ACCOUNT = "account"
    PARTNER = "partner"


_SITE = "/api/1/energy_sites/{site_id}"
ROUTES: Routes[Need, Handler] = Routes(
    (
        Route("GET", "/api/1/products", Need.DATA, info.products),
        Route("GET", "/api/1/users/region", Need.ACCOUNT, info.region),
        Route("GET", f"{_SITE}/site_info", Need.DATA, info.site_info),
        Route("GET", f"{_SITE}/live_status", Need.DATA, live.live_status),
        Route("GET", f"{_SITE}/calendar_history", Need.DATA, history.calendar_history),
        Route("GET", f"{_SITE}/telemetry_history", Need.DATA, history.telemetry_history),
        *(Route("POST", f"{_SITE}/{write}", Need.COMMANDS, handler) for write, handler in WRITES.items()),
        Route("POST", "/api/1/partner_accounts", Need.PARTNER, partner.register),
        Route("GET", "/api/1/partner_accounts/public_key", Need.PARTNER, partner.public_key),
    )
)
