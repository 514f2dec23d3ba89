"""The steps of the options flow that move another integration's entities in, and back."""

from typing import Any

import probatio

from homeassistant.config_entries import ConfigEntry, ConfigFlowResult, OptionsFlow
from homeassistant.helpers.selector import SelectOptionDict, SelectSelector, SelectSelectorConfig, SelectSelectorMode
from homeassistant.helpers.translation import async_get_translations

from ..helpers.texts import in_markdown
from ..runtime.site import loaded_site
from .journal import JOURNAL, Move, Phase
from .listing import async_list, async_tell_way_back
from .machine import MoveError, async_move_back, async_move_in
from .preparation import Preparation, async_prepare, move_of
from .sites import async_old_entries
from .way_back import async_undoable

CONF_ENTRY = "entry"


class MoveSteps(OptionsFlow):
    """Moves another integration's entities in, and back."""

    _prepared: Preparation | None = None

    def move_offers(self) -> dict[str, bool]:
        """Return which of the steps apply to the site now."""
        return {"move_in": bool(self._old_entries()), "move_back": self._last_move() is not None}

    async def async_step_move_in(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask which entry to move in from."""
        entries = {entry.entry_id: entry for entry in self._old_entries()}
        errors: dict[str, str] = {}
        if user_input is not None:
            if (runtime := loaded_site(self.config_entry)) is None or (
                old := entries.get(user_input[CONF_ENTRY])
            ) is None:
                return self.async_abort(reason="nothing_to_move")
            self._prepared = await async_prepare(runtime, old)
            if self._prepared.plan.pairs:
                return await self.async_step_move_in_confirm()
            errors[CONF_ENTRY] = "nothing_to_move"
        if not entries:
            return self.async_abort(reason="nothing_to_move")
        names = await async_get_translations(
            self.hass, self.hass.config.language, "title", {entry.domain for entry in entries.values()}
        )
        options = [
            SelectOptionDict(value=entry_id, label=_label(entry, names.get(f"component.{entry.domain}.title")))
            for entry_id, entry in entries.items()
        ]
        schema = probatio.Schema(
            {
                probatio.Required(CONF_ENTRY, default=options[0]["value"]): SelectSelector(
                    SelectSelectorConfig(options=options, mode=SelectSelectorMode.LIST)
                )
            }
        )
        return self.async_show_form(step_id="move_in", data_schema=schema, errors=errors)

    async def async_step_move_in_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show what becomes what, then move in."""
        runtime, prepared = loaded_site(self.config_entry), self._prepared
        if runtime is None or prepared is None or prepared.old not in self._old_entries():
            # The site, or the old entry, is gone or has changed since the list was shown.
            return self.async_abort(reason="nothing_to_move")
        if user_input is None:
            return self.async_show_form(
                step_id="move_in_confirm",
                data_schema=probatio.Schema({}),
                description_placeholders={
                    **in_markdown({"name": self.config_entry.title, "old": prepared.old.title}),
                    "list": await async_list(self.hass, prepared),
                },
            )
        # Values may have moved on, and entities come, while the user was reading.
        prepared = await async_prepare(runtime, prepared.old)
        try:
            await async_move_in(self.hass, self.config_entry, move_of(runtime, prepared))
        except MoveError as err:
            return self._failed(err, prepared.old.title)
        return self.async_create_entry(data=dict(self.config_entry.options))

    async def async_step_move_back(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:  # noqa: ARG002 - the menu has nothing to say.
        """Begin to undo the last move."""
        return await self.async_step_move_back_confirm()

    async def async_step_move_back_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show what goes back, then undo the move."""
        if (move := self._last_move()) is None:
            return self.async_abort(reason="nothing_to_move_back")
        if user_input is None:
            return self.async_show_form(
                step_id="move_back_confirm",
                data_schema=probatio.Schema({}),
                description_placeholders={"what": await async_tell_way_back(self.hass, self.config_entry.title, move)},
            )
        try:
            await async_move_back(self.hass, self.config_entry, move)
        except MoveError as err:
            return self._failed(err, move.title)
        return self.async_create_entry(data=dict(self.config_entry.options))

    def _failed(self, error: MoveError, old: str) -> ConfigFlowResult:
        placeholders = in_markdown({"name": self.config_entry.title, "old": old})
        return self.async_abort(reason=error.reason, description_placeholders=placeholders)

    def _old_entries(self) -> list[ConfigEntry[Any]]:
        """Return the entries that can be moved in from, without those that did already."""
        if (runtime := loaded_site(self.config_entry)) is None:
            return []
        moves = self.hass.data[JOURNAL].of(self.config_entry.entry_id)
        moved = {move.old_entry_id for move in moves if move.phase is not Phase.RETURNED}
        return [entry for entry in async_old_entries(runtime) if entry.entry_id not in moved]

    def _last_move(self) -> Move | None:
        """Return the newest move that can still be undone."""
        return next(iter(async_undoable(self.hass, self.config_entry.entry_id)), None)


def _label(entry: ConfigEntry[Any], integration: str | None) -> str:
    return entry.title if integration is None else f"{entry.title} ({integration})"
