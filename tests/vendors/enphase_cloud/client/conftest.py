"""What clients are tested with."""

from tests.client_fixtures import client, clock, enable_event_loop_debug, everything_is_logged, gateway, session, time

__all__ = ["client", "clock", "enable_event_loop_debug", "everything_is_logged", "gateway", "session", "time"]
