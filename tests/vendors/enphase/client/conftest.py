"""An owner's account and home, and an integration that knows them."""

from tests.account_home import home, integration, server
from tests.client_fixtures import clock, enable_event_loop_debug, everything_is_logged, gateway, session

__all__ = [
    "clock",
    "enable_event_loop_debug",
    "everything_is_logged",
    "gateway",
    "home",
    "integration",
    "server",
    "session",
]
