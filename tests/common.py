"""What the tests of the integration share."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.const import CONF_SOURCE, DOMAIN
from custom_components.energy_site.vendors.iq_gateway.const import CONF_FINGERPRINT, SOURCE
from homeassistant.config_entries import SOURCE_USER, ConfigEntryState, ConfigFlowResult
from homeassistant.core import HomeAssistant, State
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er, event
from homeassistant.util import dt as dt_util
from homeassistant.util.async_ import get_scheduled_timer_handles
from simulator.iq_gateway.host import GatewayHost


def gateway_entry(gateway: GatewayHost, **changes: Any) -> MockConfigEntry:
    """Return an entry as the config flow would have made it for this gateway."""
    data = {
        CONF_SOURCE: SOURCE,
        "host": gateway.host,
        CONF_FINGERPRINT: gateway.fingerprint.hex(),
        "token": gateway.token(),
        **changes.pop("data", {}),
    }
    return MockConfigEntry(
        domain=DOMAIN, title="IQ Gateway", unique_id=gateway.serial, data=data, version=1, minor_version=1, **changes
    )


async def set_up(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Set an entry up and wait until everything was asked once."""
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


async def start_flow(hass: HomeAssistant) -> ConfigFlowResult:
    """Open the flow and choose the gateway."""
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert result["type"] is FlowResultType.MENU
    assert result["step_id"] == "user"
    return await step(hass, result, {"next_step_id": "iq_gateway"})


async def step(hass: HomeAssistant, result: ConfigFlowResult, user_input: Mapping[str, Any]) -> ConfigFlowResult:
    """Answer a step of a flow."""
    return await hass.config_entries.flow.async_configure(result["flow_id"], dict(user_input))


async def open_settings(hass: HomeAssistant, entry: MockConfigEntry) -> ConfigFlowResult:
    """Open an entry's options and choose its settings."""
    menu = await hass.config_entries.options.async_init(entry.entry_id)
    assert menu["type"] is FlowResultType.MENU
    return await hass.config_entries.options.async_configure(menu["flow_id"], {"next_step_id": "settings"})


async def set_up_through_flow(hass: HomeAssistant, host: str, token: str) -> ConfigFlowResult:
    """Set a gateway up as a person does: its address, then a pasted token."""
    result = await start_flow(hass)
    result = await step(hass, result, {"host": host})
    assert result["type"] is FlowResultType.MENU, result
    assert result["step_id"] == "iq_gateway_auth"
    result = await step(hass, result, {"next_step_id": "iq_gateway_token"})
    result = await step(hass, result, {"token": token})
    await hass.async_block_till_done(wait_background_tasks=True)
    return result


def status(entry: MockConfigEntry) -> ConfigEntryState:
    """Return an entry's state, which each step may have changed."""
    found: ConfigEntryState = entry.state
    return found


def run_due_timers(hass: HomeAssistant) -> None:
    """Run what has become due, as `async_fire_time_changed` does, without its two mocks for each timer."""
    # What coordinators spread over half a second is due with the second.
    ahead = timedelta(microseconds=event.RANDOM_MICROSECOND_MAX)
    now = dt_util.utcnow() + ahead
    timestamp = now.timestamp()
    until = hass.loop.time() + ahead.total_seconds()
    with (
        patch.object(event, "time_tracker_utcnow", lambda: now),
        patch.object(event, "time_tracker_timestamp", lambda: timestamp),
    ):
        for timer in list(get_scheduled_timer_handles(hass.loop)):
            if not timer.cancelled() and timer.when() <= until:
                timer._run()
                timer.cancel()


async def tick(hass: HomeAssistant, freezer: FrozenDateTimeFactory, seconds: float) -> None:
    """Let time pass and wait for what it brings."""
    freezer.tick(timedelta(seconds=seconds))
    run_due_timers(hass)
    await hass.async_block_till_done(wait_background_tasks=True)


async def pass_time(hass: HomeAssistant, freezer: FrozenDateTimeFactory, seconds: float, step: float = 10) -> None:
    """Let time pass in steps, as a clock does."""
    for _ in range(int(seconds / step)):
        await tick(hass, freezer, step)


def entity_id(hass: HomeAssistant, platform: str, *parts: str) -> str | None:
    """Return the entity with a unique id made of these parts."""
    return er.async_get(hass).async_get_entity_id(platform, DOMAIN, "_".join(parts))


def state(hass: HomeAssistant, platform: str, *parts: str) -> State | None:
    """Return the state of the entity with a unique id made of these parts."""
    found = entity_id(hass, platform, *parts)
    return hass.states.get(found) if found else None


def number(hass: HomeAssistant, *parts: str) -> float | None:
    """Return a sensor's value in its native unit, `None` where there is none."""
    found = state(hass, "sensor", *parts)
    if found is None or found.state in ("unknown", "unavailable"):
        return None
    scale = 1000 if found.attributes.get("unit_of_measurement") == "kWh" else 1
    return float(found.state) * scale
