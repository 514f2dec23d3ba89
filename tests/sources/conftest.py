"""Real gateways on loopback need sockets."""

import pytest


@pytest.fixture(autouse=True)
def _loopback(socket_enabled: None) -> None:
    """Let a test talk to its own machine."""


@pytest.fixture(autouse=True)
def enable_event_loop_debug() -> None:
    """Leave out the event loop's own checks, which take as long as everything else together."""
