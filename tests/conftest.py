"""What every test stands on."""

from asyncio import BaseEventLoop, get_running_loop
from collections.abc import Callable, Iterator
import logging
import os
from pathlib import Path
from typing import cast
from unittest.mock import PropertyMock, patch

import pytest

# Whoever imports this package first decides where it is: Home Assistant's tests have a folder of that name too.
import custom_components  # noqa: F401
from homeassistant.helpers.entity import Entity
from homeassistant.util.executor import InterruptibleThreadPoolExecutor
from simulator.iq_gateway.certificate import certificate

from .frozen_dates import spare_copies
from .translation_guard import translation_guard

pytest_plugins = ("tests.houses",)


_join_threads_or_timeout = InterruptibleThreadPoolExecutor.join_threads_or_timeout


def _join_all_threads(executor: InterruptibleThreadPoolExecutor) -> None:
    """Wait for threads that were interrupted as well: on a busy machine they end a moment after they were told to."""
    _join_threads_or_timeout(executor)
    for thread in executor._threads:
        thread.join(60)


def pytest_configure() -> None:
    """Keep the recorder's own log out of a failed test's report, speed dates up, and make a first certificate.

    The library that makes them keeps the class of dates it sees first, and a
    frozen clock would put its own in that place.
    """
    certificate("first")
    spare_copies()
    pytest.MonkeyPatch().setattr(InterruptibleThreadPoolExecutor, "join_threads_or_timeout", _join_all_threads)
    for name in ("sqlalchemy.engine.Engine", "homeassistant.components.recorder"):
        logging.getLogger(name).setLevel(logging.WARNING)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that no worker is left alone with it at the end."""
    items.sort(key=lambda item: not item.path.name.startswith(("test_bench", "test_soak")))


@pytest.fixture(autouse=True)
def _home_assistant(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let a test with a Home Assistant find the integration, and hold it to translated texts.

    Tests of the clients, the site, the sources and the simulator need none and pay for none.
    """
    if "hass" not in request.fixturenames:
        # Their servers are on loopback.
        request.getfixturevalue("socket_enabled")
        yield
        return
    # Where a test wants the recorder, it has to be there before Home Assistant, which the other one brings.
    if "recorder_mock" in request.fixturenames:
        request.getfixturevalue("recorder_mock")
    request.getfixturevalue("enable_custom_integrations")
    with translation_guard() as guard:
        yield
    if guard.problems:
        pytest.fail("\n".join(["Texts that translations/en.json lacks:", *guard.problems]), pytrace=False)


@pytest.fixture(autouse=True)
async def enable_event_loop_debug() -> None:
    """Refuse what another thread asks of the loop, as the loop's debug mode does, which the plugin switches on here.

    That mode also keeps the stack of each future, task and timer, which was a third of the time of a test.
    PYTHONASYNCIODEBUG=1 brings it back for whoever looks for where something began.
    """
    loop = cast(BaseEventLoop, get_running_loop())

    def held_to_the_thread[**P, T](method: Callable[P, T]) -> Callable[P, T]:
        def call(*args: P.args, **kwargs: P.kwargs) -> T:
            loop._check_thread()  # type: ignore[attr-defined]  # Typeshed leaves it out.
            return method(*args, **kwargs)

        return call

    for name in ("call_soon", "call_at"):
        setattr(loop, name, held_to_the_thread(getattr(loop, name)))


@pytest.fixture
def entity_registry_enabled_by_default() -> Iterator[None]:
    """Enable every entity, also those that are disabled when they are new."""
    with patch.object(Entity, "entity_registry_enabled_default", new_callable=PropertyMock, return_value=True):
        yield


@pytest.fixture(scope="session")
def recordings() -> dict[str, Path]:
    """Return the folders of recorded gateways by name, from where RECORDED_GATEWAYS points."""
    if not (folder := os.environ.get("RECORDED_GATEWAYS")):
        pytest.skip("RECORDED_GATEWAYS is not set")
    return {path.name: path for path in sorted(Path(folder).iterdir()) if path.is_dir()}
