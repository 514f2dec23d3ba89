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
CONF_MOVE = "move"


class MoveSteps(OptionsFlow):
    """Moves another integration's entities in, and back."""

    _prepared: Preparation | None = None

    def move_offers(self) -> dict[str, bool]:
        """Return which of the steps apply to the site now."""
        return {"move_in": bool(self._old_entries()), "move_back": bool(self._offered_moves())}

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
        moves = {move.old_entry_id: move for move in self._offered_moves()}
        if user_input is None and moves:
            return await self._async_show_way_back(list(moves.values()))
        if (move := moves.get((user_input or {}).get(CONF_MOVE, next(iter(moves), "")))) is None:
            return self.async_abort(reason="nothing_to_move_back")
        try:
            await async_move_back(self.hass, self.config_entry, move)
        except MoveError as err:
            return self._failed(err, move.title)
        return self.async_create_entry(data=dict(self.config_entry.options))

    async def _async_show_way_back(self, moves: list[Move]) -> ConfigFlowResult:
        """Show what undoing a move does, and let the user choose if there are several."""
        told = [await async_tell_way_back(self.hass, self.config_entry.title, move) for move in moves]
        choice = SelectSelectorConfig(
            options=[SelectOptionDict(value=move.old_entry_id, label=_old_title(move)) for move in moves],
            mode=SelectSelectorMode.LIST,
        )
        field = probatio.Required(CONF_MOVE, default=moves[0].old_entry_id)
        if len(moves) > 1:
            titles = [in_markdown({"old": _old_title(move)})["old"] for move in moves]
            told = [f"**{title}**\n\n{text}" for title, text in zip(titles, told, strict=True)]
        return self.async_show_form(
            step_id="move_back_confirm",
            data_schema=probatio.Schema({field: SelectSelector(choice)} if len(moves) > 1 else {}),
            description_placeholders={"what": "\n\n".join(told)},
        )

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

    def _offered_moves(self) -> list[Move]:
        """Return the newest move that can still be undone, and what moved in before a gateway that may never return."""
        moves = async_undoable(self.hass, self.config_entry.entry_id)
        if not moves or moves[0].succession is None:
            return moves[:1]
        return moves[:2]


def _label(entry: ConfigEntry[Any], integration: str | None) -> str:
    return entry.title if integration is None else f"{entry.title} ({integration})"


def _old_title(move: Move) -> str:
    if (succession := move.succession) is None:
        return move.title
    return f"{succession.before.title} ({succession.before.unique_id})"
