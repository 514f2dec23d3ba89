"""What happens to settings."""

from typing import Any

from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.core import HomeAssistant
from tests.automations import Automations, automate, trigger

from .entities import register, show


def change(setting: str, kind: str = "changed", by: str = "home_assistant", **more: Any) -> dict[str, Any]:
    """Return the attributes of an event of a setting."""
    return {"event_type": kind, "setting": setting, "by": by, "from": 20, "to": 30, **more}


async def settings(hass: HomeAssistant, site: MockConfigEntry, device: str) -> tuple[str, Automations]:
    """Return the event entity of a site's settings, and what is triggered by it."""
    event = register(hass, site, device, "event", "setting")
    target = {"device_id": device}
    seen = await automate(
        hass,
        {
            "any": trigger("setting_changed", target),
            "reserve": trigger("setting_changed", target, setting="backup_reserve"),
            "elsewhere": trigger("setting_changed", target, by=["elsewhere", "moved_along"]),
            "failed": trigger("setting_failed", target, setting=["backup_reserve", "operating_mode"]),
        },
    )
    return event, seen


async def test_a_setting_changes_or_fails_to(hass: HomeAssistant, site: MockConfigEntry, device: str) -> None:
    event, seen = await settings(hass, site, device)
    await show(hass, event, "unknown")
    await show(hass, event, "2026-06-15T16:00:00.000+00:00", **change("backup_reserve"))
    assert sorted(seen.fired) == ["any", "reserve"]
    await show(hass, event, "2026-06-15T16:01:00.000+00:00", **change("operating_mode", by="elsewhere"))
    assert seen.fired[2:] == ["any", "elsewhere"] or seen.fired[2:] == ["elsewhere", "any"]
    await show(hass, event, "2026-06-15T16:02:00.000+00:00", **change("operating_mode", "failed"))
    assert seen.fired[4:] == ["failed"]
    await show(hass, event, "2026-06-15T16:03:00.000+00:00", **change("storm_guard", "failed"))
    await show(hass, event, "2026-06-15T16:04:00.000+00:00", **change("backup_reserve", "pending"))
    assert len(seen.fired) == 5


async def test_two_settings_that_change_in_the_same_moment_are_two(
    hass: HomeAssistant, site: MockConfigEntry, device: str
) -> None:
    event, seen = await settings(hass, site, device)
    await show(hass, event, "2026-06-15T16:00:00.000+00:00", **change("storm_guard"))
    await show(hass, event, "2026-06-15T16:01:00.000+00:00", **change("operating_mode"))
    await show(hass, event, "2026-06-15T16:01:00.000+00:00", **change("backup_reserve"))
    assert seen.count("any") == 2
    assert seen.count("reserve") == 1
    await show(hass, event, "2026-06-15T16:01:00.000+00:00", **change("backup_reserve", friendly_name="Other"))
    assert seen.count("any") == 2


async def test_a_restored_event_has_not_happened_again(hass: HomeAssistant, site: MockConfigEntry, device: str) -> None:
    event, seen = await settings(hass, site, device)
    await show(hass, event, "2026-06-15T16:00:00.000+00:00", **change("backup_reserve"))
    await show(hass, event, "unavailable")
    await show(hass, event, "2026-06-15T16:00:00.000+00:00", **change("backup_reserve"))
    assert seen.fired == []
