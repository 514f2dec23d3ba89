"""Lets triggers see what changed while a site was unavailable."""

import asyncio
from typing import Any, override

from homeassistant.const import ATTR_ENTITY_ID, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import CALLBACK_TYPE, Context, HomeAssistant, State, callback
from homeassistant.helpers.trigger import (
    ATTR_BEHAVIOR,
    BEHAVIOR_EACH,
    EntityTriggerBase,
    NotTriggeredReasonReporter,
    TriggerActionRunner,
    TriggerConfig,
    TriggerNotTriggeredReporter,
)

_GAP = frozenset({STATE_UNAVAILABLE, STATE_UNKNOWN})


class AcrossGaps(EntityTriggerBase):
    """To be listed before the other base classes of a trigger.

    A gap is a time in which an entity is unavailable or unknown. What comes after it is compared with
    what was known before it, and isn't a change if nothing was. A gap starts the time of `for` again.
    """

    # Without a state before the gap, a change isn't valid.
    _excluded_from_states = frozenset()

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Start without knowing anything."""
        super().__init__(hass, config)
        # The latest known state of each entity, and the one before it.
        self._latest: dict[str, State] = {}
        self._before: dict[str, State] = {}
        # The entities with a change that hasn't lasted long enough yet.
        self._waiting: set[str] = set()

    def is_valid_change(self, before: State, to_state: State) -> bool:
        """Return whether the change between two known states triggers."""
        return super().is_valid_transition(before, to_state)

    def on_first_state(self, state: State) -> None:
        """Handle the first known state of an entity."""

    def on_fired(self, entity_ids: set[str]) -> None:
        """Handle that it triggered for entities."""

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        found = super().entity_filter(entities)
        for known in (self._latest, self._before):
            for entity_id in known.keys() - found:
                del known[entity_id]
        self._waiting &= found
        for state in map(self._hass.states.get, found):
            if state is not None:
                self._remember(state)
        return found

    @override
    def is_valid_state(self, state: State, report_not_triggered: NotTriggeredReasonReporter) -> bool:
        self._remember(state)
        valid = super().is_valid_state(state, report_not_triggered)
        if not valid and self._latest.get(state.entity_id) is state:
            self._waiting.discard(state.entity_id)
        return valid

    @override
    def is_valid_transition(self, from_state: State, to_state: State) -> bool:
        entity_id = to_state.entity_id
        is_after_gap = from_state.state in _GAP
        before = self._before.get(entity_id) if is_after_gap else from_state
        if before is None:
            return False
        valid = self.is_valid_change(before, to_state) or (is_after_gap and entity_id in self._waiting)
        if valid and self._duration:
            self._waiting.add(entity_id)
        return valid

    @override
    async def async_attach_runner(
        self, run_action: TriggerActionRunner, did_not_trigger: TriggerNotTriggeredReporter | None = None
    ) -> CALLBACK_TYPE:
        @callback
        def run(
            extra_trigger_payload: dict[str, Any], description: str, context: Context | None = None
        ) -> asyncio.Task[Any]:
            is_each = self._options.get(ATTR_BEHAVIOR, BEHAVIOR_EACH) == BEHAVIOR_EACH
            fired = {extra_trigger_payload[ATTR_ENTITY_ID]} if is_each else set(self._latest)
            self._waiting -= fired
            self.on_fired(fired)
            return run_action(extra_trigger_payload, description, context)

        return await super().async_attach_runner(run, did_not_trigger)

    def _remember(self, state: State) -> None:
        latest = self._latest.get(state.entity_id)
        if state.state in _GAP or state is latest:
            return
        if latest is None:
            self.on_first_state(state)
        elif latest.last_updated > state.last_updated:
            return
        else:
            self._before[state.entity_id] = latest
        self._latest[state.entity_id] = state
