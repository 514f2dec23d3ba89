"""Events: what happened to the site, and when."""

from abc import abstractmethod
from typing import Any, override

from homeassistant.components.event import DOMAIN as EVENT_DOMAIN, EventEntity, EventEntityDescription
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DOMAIN
from .runtime.control_errors import setting_name
from .runtime.site import SiteConfigEntry, SiteRuntime
from .runtime.site_events import RelayedChange, StormEvent
from .site.circuits import Generator, LoadCircuits
from .site.control import Change, ChangeKind
from .site.model import GridStatus, Part, Settings, Storm
from .site.outage import OutageEvent

PARALLEL_UPDATES = 0

GRID_LOST = "grid_lost"
GRID_RESTORED = "grid_restored"
STORM_ENDED = "storm_ended"
STORM_STARTED = "storm_started"

SETTING = EventEntityDescription(
    key="setting",
    translation_key="setting",
    event_types=[kind for kind in ChangeKind if kind is not ChangeKind.CONFIRMED],
)
OUTAGE = EventEntityDescription(key="outage", translation_key="outage", event_types=[GRID_LOST, GRID_RESTORED])

STORM = EventEntityDescription(key="storm", translation_key="storm", event_types=[STORM_STARTED, STORM_ENDED])

EVENTS = (OUTAGE, SETTING, STORM)

# Automations wait for these; a setting has too many kinds of change for a trigger each.
TRIGGERS = (OUTAGE, STORM)


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001 - the signature is Home Assistant's.
    entry: SiteConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add an event entity for each kind of event that the site can have."""
    runtime = entry.runtime_data
    kinds: tuple[tuple[tuple[type[Part], ...], type[SiteEvent]], ...] = (
        ((Settings, LoadCircuits, Generator), SettingEvent),
        ((GridStatus,), OutageEventEntity),
        ((Storm,), StormEventEntity),
    )
    for parts, make in kinds:
        _add_once(runtime, async_add_entities, parts, make)


@callback
def _add_once(
    runtime: SiteRuntime,
    async_add_entities: AddConfigEntryEntitiesCallback,
    parts: tuple[type[Part], ...],
    make: type[SiteEvent],
) -> None:
    """Add an event entity once the site has one of its parts, unless another entry of the home tells its events."""
    key, added = make.entity_description.key, False

    @callback
    def add() -> None:
        nonlocal added
        if added or runtime.ways.hides(EVENT_DOMAIN, key):
            return
        if any(runtime.part(part) is not None for part in parts):
            added = True
            async_add_entities([make(runtime)])

    add()
    for part in parts:
        runtime.entry.async_on_unload(runtime.poller.listen(part, add))


class SiteEvent(EventEntity):
    """An event entity of the site."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, runtime: SiteRuntime) -> None:
        """Listen to the events of `runtime`."""
        self.runtime = runtime
        self._attr_unique_id = f"{runtime.site}_{self.entity_description.key}"
        self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, runtime.site)})

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self.async_on_remove(self._listen())

    @callback
    def async_entity_id_changed(self, old_entity_id: str) -> None:
        """Go on as before, as nothing depends on the entity's ID; without this, Home Assistant adds it anew."""

    @abstractmethod
    def _listen(self) -> CALLBACK_TYPE:
        """Start listening, and return what stops that."""

    @callback
    def _happened(self, event_type: str, attributes: dict[str, Any]) -> None:
        self._trigger_event(event_type, attributes)
        self.async_write_ha_state()


class SettingEvent(SiteEvent):
    """A setting that was changed, by Home Assistant or elsewhere, or failed to change."""

    entity_description = SETTING

    @override
    def _listen(self) -> CALLBACK_TYPE:
        own, relayed = (
            self.runtime.events.listen(Change, self._handle),
            self.runtime.events.listen(RelayedChange, self._report),
        )

        def stop() -> None:
            own()
            relayed()

        return stop

    @callback
    def _handle(self, change: Change) -> None:
        self._report(RelayedChange(change=change, site=self.runtime.site, contexts=self.runtime.events.contexts))

    @callback
    def _report(self, relayed: RelayedChange) -> None:
        change, contexts = relayed.change, relayed.contexts
        if change.kind is ChangeKind.CONFIRMED:
            return
        attributes: dict[str, Any] = {
            "setting": change.name.key,
            "name": setting_name(self.runtime.hass, relayed.site, change.name),
            "from": change.before,
            "to": change.after,
            "by": "moved_along" if change.along else "home_assistant" if change.ours else "elsewhere",
        }
        # A superseded command's context has already been replaced by that of the newer command.
        asked = change.ours and not change.along and change.kind is not ChangeKind.SUPERSEDED
        if asked and (context := contexts.get(change.name)) is not None:
            self.async_set_context(context)
            if change.kind is not ChangeKind.PENDING:
                del contexts[change.name]
        if change.despite is not None:
            attributes["despite"] = change.despite.value
        if change.error is not None:
            attributes |= {"wanted": change.error.wanted, "reason": change.error.failure.value}
        self._happened(change.kind, attributes)


class OutageEventEntity(SiteEvent):
    """The loss or return of the grid."""

    entity_description = OUTAGE

    @override
    def _listen(self) -> CALLBACK_TYPE:
        return self.runtime.events.listen(OutageEvent, self._handle)

    @callback
    def _handle(self, event: OutageEvent) -> None:
        duration = {} if event.lasted is None else {"duration": round(event.lasted.total_seconds())}
        self._happened(GRID_LOST if event.lost else GRID_RESTORED, duration)


class StormEventEntity(SiteEvent):
    """A storm that is expected, or no longer expected."""

    entity_description = STORM

    @override
    def _listen(self) -> CALLBACK_TYPE:
        return self.runtime.events.listen(StormEvent, self._handle)

    @callback
    def _handle(self, event: StormEvent) -> None:
        self._happened(STORM_STARTED if event.expected else STORM_ENDED, {})
