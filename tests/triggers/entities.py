"""Entities of a site that isn't loaded."""

from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from tests.common import run_due_timers

W = {"unit_of_measurement": "W", "device_class": "power"}
PERCENT = {"unit_of_measurement": "%", "device_class": "battery"}


def register(
    hass: HomeAssistant,
    site: MockConfigEntry,
    device: str | None,
    domain: str,
    key: str,
    *,
    serial: str = "",
    **more: Any,
) -> str:
    """Register one of the site's entities."""
    unique_id = f"S_{serial}_{key}" if serial else f"S_{key}"
    entry = er.async_get(hass).async_get_or_create(
        domain, DOMAIN, unique_id, config_entry=site, device_id=device, translation_key=key, **more
    )
    return entry.entity_id


async def show(hass: HomeAssistant, entity_id: str, *states: Any, **attributes: Any) -> None:
    """Let an entity show one state after another."""
    for state in states:
        hass.states.async_set(entity_id, str(state), attributes)
        await hass.async_block_till_done()


async def pass_by(hass: HomeAssistant, freezer: FrozenDateTimeFactory, **time: float) -> None:
    """Let time pass."""
    freezer.tick(timedelta(**time))
    run_due_timers(hass)
    await hass.async_block_till_done()
