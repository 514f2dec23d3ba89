"""Automations as their owner writes them, and what they do."""

from typing import Any

from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.energy_site.const import DOMAIN
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import condition
from homeassistant.setup import async_setup_component

_FIRED = "automation_fired"

type Config = dict[str, Any]


class Automations:
    """Runs an automation for each of some triggers, and counts how often each is triggered."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Count from now on."""
        self._events: list[Event] = async_capture_events(hass, _FIRED)

    @property
    def fired(self) -> list[str]:
        """The names of what triggered, in order."""
        return [event.data["name"] for event in self._events]

    @property
    def told(self) -> list[Config]:
        """What was told along with it."""
        return [dict(event.data) for event in self._events]

    def count(self, name: str) -> int:
        """Return how often something triggered."""
        return self.fired.count(name)


def trigger(key: str, target: Config, **options: Any) -> Config:
    """Return one of our triggers as it stands in an automation."""
    return {"trigger": f"{DOMAIN}.{key}", "target": target, **({"options": options} if options else {})}


def threshold(kind: str, number: float, unit: str | None = None) -> Config:
    """Return a threshold as the editor writes it."""
    value: Config = {"number": number, **({"unit_of_measurement": unit} if unit else {})}
    return {"type": kind, "value": value}


async def automate(hass: HomeAssistant, triggers: dict[str, Config]) -> Automations:
    """Set up an automation for each trigger."""
    made = Automations(hass)
    told = {
        "entity_id": "{{ trigger.entity_id }}",
        "from_state": "{{ trigger.from_state.state }}",
        "to_state": "{{ trigger.to_state.state }}",
        "attributes": "{{ trigger.to_state.attributes | to_json }}",
    }
    automations = [
        {
            "id": name,
            "alias": name,
            "mode": "parallel",
            "triggers": [config],
            "actions": [{"event": _FIRED, "event_data": {"name": name}, "event_data_template": told}],
        }
        for name, config in triggers.items()
    ]
    assert await async_setup_component(hass, "automation", {"automation": automations})
    await hass.async_block_till_done()
    for name in triggers:
        state = hass.states.get(f"automation.{name}")
        assert state is not None, name
        assert state.state == "on", name
    return made


class Conditions:
    """Tests some conditions whenever it is asked."""

    def __init__(self) -> None:
        """Start without any."""
        self._checkers: dict[str, condition.ConditionChecker] = {}

    async def add(self, hass: HomeAssistant, name: str, key: str, target: Config, **options: Any) -> None:
        """Add a condition as it stands in an automation."""
        config = {"condition": f"{DOMAIN}.{key}", "target": target, **({"options": options} if options else {})}
        valid = await condition.async_validate_condition_config(hass, config)
        self._checkers[name] = await condition.async_from_config(hass, valid)

    def holds(self, name: str) -> bool | None:
        """Return whether a condition holds."""
        return self._checkers[name].async_check()

    @callback
    def unload(self) -> None:
        """Stop what the conditions follow."""
        for checker in self._checkers.values():
            checker.async_unload()
