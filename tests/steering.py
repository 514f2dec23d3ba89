"""Actions that wait for the site, while the test's clock stands still unless it is told to go on.

`tests.common.tick` waits for all that Home Assistant has under way. What looks whether a setting is
in force sleeps, and nobody wakes it up meanwhile; so here nothing is waited for but answers.
"""

import asyncio
from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.const import DOMAIN
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import Context, HomeAssistant, ServiceResponse
from tests.common import entity_id, run_due_timers

# Turns of the loop without anything under way, after which nothing more comes of itself.
_QUIET = 40
_TURNS = 20_000

_UNDER_WAY = (ConfigEntryState.SETUP_IN_PROGRESS, ConfigEntryState.UNLOAD_IN_PROGRESS)


async def settle(hass: HomeAssistant) -> None:
    """Wait until every answer that is under way has come, and what it brings is done."""
    quiet = turns = 0
    while quiet < _QUIET and turns < _TURNS:
        await asyncio.sleep(0)
        # How many turns a thread takes is up to the machine.
        if _has_thread_at_work(hass):
            quiet = 0
            continue
        turns += 1
        quiet = 0 if _asks(hass) else quiet + 1


def _has_thread_at_work(hass: HomeAssistant) -> bool:
    threads = (work for work in (*hass._tasks, *hass._background_tasks) if not isinstance(work, asyncio.Task))
    return any(not work.done() for work in threads)


def _asks(hass: HomeAssistant) -> bool:
    """Tell whether a gateway or a cloud is being asked, or an entry is on its way up or down."""
    entries = hass.config_entries.async_entries(DOMAIN)
    return any(entry.state in _UNDER_WAY for entry in entries) or any(
        _lock(entry.runtime_data.source).locked() for entry in entries if entry.state is ConfigEntryState.LOADED
    )


def _lock(source: Any) -> asyncio.Lock:
    client = source.context.client if hasattr(source, "context") else source.client
    found: asyncio.Lock = client._account._exchange._lock if hasattr(client, "_account") else client._lock
    return found


async def wait(hass: HomeAssistant, freezer: FrozenDateTimeFactory, seconds: float, *, step: float = 1.0) -> None:
    """Let time pass, also for what sleeps."""
    for _ in range(round(seconds / step)):
        freezer.tick(timedelta(seconds=step))
        run_due_timers(hass)
        await settle(hass)


async def start(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Set an entry up that goes on with what its last stop interrupted."""
    if hass.config_entries.async_get_entry(entry.entry_id) is None:
        entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)


async def begin(
    hass: HomeAssistant, domain: str, service: str, data: dict[str, Any], *, context: Context | None = None
) -> asyncio.Task[ServiceResponse]:
    """Begin an action and let it come as far as it comes without time."""
    call = hass.services.async_call(
        domain,
        service,
        data,
        blocking=True,
        context=context,
        return_response=service in ("set_mode_until", "set_tariff"),
    )
    # Home Assistant must not know of the task, or `async_block_till_done` would wait for it for ever.
    task = asyncio.get_running_loop().create_task(call)
    await settle(hass)
    return task


async def finish[T](
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, task: asyncio.Task[T], *, within: float = 90
) -> T:
    """Let time pass until an action is done, and return or raise what it does."""
    for _ in range(round(within)):
        if task.done():
            break
        await wait(hass, freezer, 1)
    assert task.done(), f"still waiting after {within:g} s"
    return await task


async def act(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    domain: str,
    service: str,
    data: dict[str, Any],
    *,
    within: float = 90,
    context: Context | None = None,
) -> ServiceResponse:
    """Carry an action out, however long that takes."""
    return await finish(hass, freezer, await begin(hass, domain, service, data, context=context), within=within)


class Handle:
    """The controls of one site, as somebody at the dashboard has them."""

    def __init__(self, hass: HomeAssistant, freezer: FrozenDateTimeFactory, site: str) -> None:
        """Hold the controls of the entities whose unique ids begin with `site`."""
        self.hass = hass
        self.freezer = freezer
        self.site = site

    def entity(self, platform: str, *key: str) -> str:
        """Return an entity that has to be there."""
        found = entity_id(self.hass, platform, self.site, *key)
        assert found is not None, key
        return found

    def shown(self, platform: str, *key: str) -> str:
        """Return what an entity shows."""
        found = self.hass.states.get(self.entity(platform, *key))
        assert found is not None, key
        return found.state

    def attribute(self, name: str, platform: str, *key: str) -> Any:
        """Return an attribute of an entity, `None` where it has none of this name."""
        found = self.hass.states.get(self.entity(platform, *key))
        assert found is not None, key
        return found.attributes.get(name)

    async def begin(
        self, platform: str, *key: str, value: float | str | bool, context: Context | None = None
    ) -> asyncio.Task[ServiceResponse]:
        """Begin to set a control."""
        service, data = {
            "number": ("set_value", {"value": value}),
            "select": ("select_option", {"option": value}),
            "switch": ("turn_on" if value else "turn_off", {}),
        }[platform]
        target = {"entity_id": self.entity(platform, *key), **data}
        return await begin(self.hass, platform, service, target, context=context)

    async def finish(self, task: asyncio.Task[ServiceResponse], *, within: float = 90) -> None:
        """Wait for the outcome."""
        await finish(self.hass, self.freezer, task, within=within)

    async def set(
        self, platform: str, *key: str, value: float | str | bool, context: Context | None = None, within: float = 90
    ) -> None:
        """Set a control and wait for the outcome."""
        await self.finish(await self.begin(platform, *key, value=value, context=context), within=within)

    async def wait(self, seconds: float, *, step: float = 1.0) -> None:
        """Let time pass, also for what sleeps."""
        await wait(self.hass, self.freezer, seconds, step=step)
