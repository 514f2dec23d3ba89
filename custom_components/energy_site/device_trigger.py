"""Device triggers: the start or end of an outage or a storm."""

import probatio

from homeassistant.components.device_automation import DEVICE_TRIGGER_BASE_SCHEMA
from homeassistant.components.event import ATTR_EVENT_TYPE, DOMAIN as EVENT_DOMAIN
from homeassistant.const import CONF_DEVICE_ID, CONF_DOMAIN, CONF_ENTITY_ID, CONF_PLATFORM, CONF_TYPE, STATE_UNAVAILABLE
from homeassistant.core import CALLBACK_TYPE, Event, EventStateChangedData, HassJob, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv, entity_registry as er
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.helpers.trigger import TriggerActionType, TriggerInfo
from homeassistant.helpers.typing import ConfigType

from .const import DOMAIN
from .event import TRIGGERS

# The types of triggers, and the keys of the event entities that report them.
_TYPES = {event_type: description.key for description in TRIGGERS for event_type in description.event_types or ()}

TRIGGER_SCHEMA = DEVICE_TRIGGER_BASE_SCHEMA.extend(
    {
        probatio.Required(CONF_TYPE): probatio.In(tuple(_TYPES)),
        probatio.Required(CONF_ENTITY_ID): cv.entity_id_or_uuid,
    }
)


async def async_get_triggers(hass: HomeAssistant, device_id: str) -> list[dict[str, str]]:
    """Return the triggers of the device's event entities."""
    return [
        {
            CONF_PLATFORM: "device",
            CONF_DEVICE_ID: device_id,
            CONF_DOMAIN: DOMAIN,
            CONF_TYPE: event_type,
            CONF_ENTITY_ID: entry.id,
        }
        for entry in er.async_entries_for_device(er.async_get(hass), device_id)
        if entry.domain == EVENT_DOMAIN and entry.platform == DOMAIN
        for event_type, key in _TYPES.items()
        if entry.unique_id.endswith(f"_{key}")
    ]


async def async_attach_trigger(
    hass: HomeAssistant, config: ConfigType, action: TriggerActionType, trigger_info: TriggerInfo
) -> CALLBACK_TYPE:
    """Run `action` when the event occurs."""
    entity_id = er.async_resolve_entity_id(er.async_get(hass), config[CONF_ENTITY_ID])
    job = HassJob(action, f"device trigger {config[CONF_TYPE]}")

    @callback
    def changed(event: Event[EventStateChangedData]) -> None:
        old, new = event.data["old_state"], event.data["new_state"]
        # An event that is restored after a start has not occurred again.
        if old is None or new is None or STATE_UNAVAILABLE in (old.state, new.state) or old.state == new.state:
            return
        if new.attributes.get(ATTR_EVENT_TYPE) != config[CONF_TYPE]:
            return
        data = {
            **trigger_info["trigger_data"],
            CONF_PLATFORM: "device",
            CONF_TYPE: config[CONF_TYPE],
            CONF_ENTITY_ID: entity_id,
            "duration": new.attributes.get("duration"),
            "description": f"event {config[CONF_TYPE]}",
        }
        hass.async_run_hass_job(job, {"trigger": data}, event.context)

    return async_track_state_change_event(hass, [entity_id] if entity_id is not None else [], changed)
