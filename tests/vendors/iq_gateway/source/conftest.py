"""What sources are tested with."""

import pytest


@pytest.fixture(autouse=True)
def enable_event_loop_debug() -> None:
    """Leave out the event loop's own checks, which take as long as everything else together."""
