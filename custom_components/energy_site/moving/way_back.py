"""Tells which moves can still be undone."""

from homeassistant.core import HomeAssistant, callback

from ..const import DOMAIN
from .journal import JOURNAL, Move, Phase


@callback
def async_undoable(hass: HomeAssistant, entry_id: str) -> list[Move]:
    """Return the moves into an entry of ours that can be undone, the newest first."""
    # Without any site that is set up, nothing has loaded the moves.
    journal = hass.data.get(JOURNAL)
    moves = [] if journal is None else list(reversed(journal.of(entry_id)))
    moves = [move for move in moves if move.phase is not Phase.RETURNED]
    # A system that was replaced once more isn't the one that the entry could go back from.
    last = next((move for move in moves if move.succession is not None), None)
    return [
        move for move in moves if (move.succession is None or move is last) and _has_somebody_to_go_back_to(hass, move)
    ]


def _has_somebody_to_go_back_to(hass: HomeAssistant, move: Move) -> bool:
    if (succession := move.succession) is None:
        return hass.config_entries.async_get_entry(move.old_entry_id) is not None
    # A gateway that was set up again elsewhere is needed there.
    return hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, succession.before.unique_id) is None
