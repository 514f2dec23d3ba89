"""Carries a move out, undoes it, and after a restart finishes what was begun, in whichever direction it was."""

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry, ConfigEntryDisabler, ConfigEntryState, OperationNotAllowed
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import DeviceEntryDisabler
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN, LOGGER
from ..energy_dashboard.renaming import async_renamable, async_rename
from ..helpers.storage import site_file
from ..runtime.home import REPLACED
from ..runtime.ways import MOVED_IN
from ..site.energy.continuing import Successor, continued, moved
from ..site.energy.ledger import renewed
from ..vendors.vendor import EntryIdentity
from .evidence import in_watt_hours
from .journal import JOURNAL, Journal, Move, MovedEntity, Phase
from .registries import hand_back, hand_over, is_handed_over, new_names
from .succession import has_succeeded, remember_owner, succeed, succession_of

_LOCK: HassKey[asyncio.Lock] = HassKey(f"{DOMAIN}_move_lock")

# Written with the counters of a site that isn't loaded, so that they are never moved twice.
_MARK: Final = "continued"

# What the old gateway lacked, and its firmware, don't apply to the one that replaced it.
_FORGOTTEN = ("checks", "firmware", "meters")

_ONWARD = (Phase.STOPPING, Phase.COUNTING, Phase.HANDING_OVER, Phase.STARTING)
_BACKWARD = (Phase.RETURNING, Phase.RESTARTING)


class MoveError(Exception):
    """A move that failed; everything is as it was before. `reason` is a key of the translations."""

    def __init__(self, reason: str) -> None:
        """Tell why."""
        super().__init__(reason)
        self.reason = reason


async def async_load_journal(hass: HomeAssistant) -> None:
    """Load the moves, and finish those that a restart interrupted. No entry of ours may be loaded."""
    journal = await _async_read_journal(hass)
    for entry_id in journal.entries():
        if (entry := hass.config_entries.async_get_entry(entry_id)) is None:
            continue
        for move in journal.unsettled(entry_id):
            try:
                await _Mover(hass, entry, move).async_resume()
            except (MoveError, HomeAssistantError, ValueError) as err:
                # It is tried again with the next start, and the entry can be moved back at any time.
                LOGGER.error(
                    "The move from %s into %s could not be finished: %s", move.domain, entry.domain, type(err).__name__
                )


async def _async_read_journal(hass: HomeAssistant) -> Journal:
    journal = hass.data[JOURNAL] = Journal(hass)
    hass.data[MOVED_IN] = journal.moved_in
    hass.data[REPLACED] = journal.replaced
    await journal.async_load()
    return journal


async def async_move_in(hass: HomeAssistant, entry: ConfigEntry[Any], move: Move) -> None:
    """Carry a move out; raise `MoveError` if that fails, with everything as it was."""
    async with hass.data.setdefault(_LOCK, asyncio.Lock()):
        move = await hass.data[JOURNAL].async_begin(entry.entry_id, move)
        mover = _Mover(hass, entry, move)
        try:
            await mover.async_advance()
        except (MoveError, HomeAssistantError, ValueError) as err:
            LOGGER.warning("A move from %s failed and is undone: %s", move.domain, type(err).__name__)
            await _async_return(mover)
            raise MoveError(err.reason if isinstance(err, MoveError) else "entities_in_use") from err


async def async_replace(hass: HomeAssistant, entry: ConfigEntry[Any], successor: EntryIdentity) -> bool:
    """Let an entry go on with the system that replaced its own; return whether it does.

    If not, everything is as it was, or will be once Home Assistant was restarted.
    """
    move = Move(
        old_entry_id=entry.entry_id,
        domain=entry.domain,
        title=entry.title,
        goes_on=False,
        disabled_by=None,
        phase=Phase.STOPPING,
        entities=(),
        succession=succession_of(hass, entry, successor),
    )
    before = entry.data
    remember_owner(hass, entry, successor.data)
    try:
        await async_move_in(hass, entry, move)
    except MoveError:
        remember_owner(hass, entry, before)
        return False
    return True


async def async_move_back(hass: HomeAssistant, entry: ConfigEntry[Any], move: Move) -> None:
    """Undo a move; raise `MoveError` if that fails, and it can be tried again."""
    async with hass.data.setdefault(_LOCK, asyncio.Lock()):
        await _async_return(_Mover(hass, entry, move))


async def _async_return(mover: _Mover) -> None:
    try:
        await mover.async_return()
    except (MoveError, HomeAssistantError, ValueError) as err:
        raise MoveError("move_back_failed") from err


async def async_release(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Give the entities of an entry that is being removed back to the old entries, which stay as they are."""
    # The integration isn't set up while all of its entries are disabled, and such an entry can be removed as well.
    journal = hass.data.get(JOURNAL) or await _async_read_journal(hass)
    for move in reversed(journal.of(entry.entry_id)):
        if hass.config_entries.async_get_entry(move.old_entry_id) is None:
            continue
        try:
            hand_back(hass, move)
        except ValueError:
            LOGGER.warning("The entities that came from %s are in use and could not be given back", move.domain)
    await journal.async_forget(entry.entry_id)


class _Mover:
    """One move into one entry."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any], move: Move) -> None:
        self._hass = hass
        self._entry = entry
        self._journal: Journal = hass.data[JOURNAL]
        self._move = move
        # A site that goes on with another system has no other entry to stop.
        self._old = None if move.succession else hass.config_entries.async_get_entry(move.old_entry_id)

    async def async_advance(self) -> None:
        """Move in, from wherever the move is."""
        await self._async_hand_over()
        # Home Assistant keeps trying to set up what has no working entry to go back to.
        if not await self._async_start_ours() and self._move.succession is None:
            raise MoveError("not_set_up_again")
        await self._async_start_old()
        await self._async_note(phase=Phase.MOVED)

    async def async_return(self) -> None:
        """Move back, from wherever the move is."""
        await self._async_hand_back()
        await self._async_start_old()
        await self._async_start_ours()
        await self._async_note(phase=Phase.RETURNED)

    async def async_resume(self) -> None:
        """Finish what was begun. Home Assistant sets our entry up afterwards."""
        move = self._move
        if move.phase in _BACKWARD or (move.phase is Phase.RETURNED and not self._is_assigned(back=True)):
            await self._async_hand_back()
            await self._async_start_old()
            await self._async_note(phase=Phase.RETURNED)
        elif move.phase in _ONWARD or (move.phase is Phase.MOVED and not self._is_assigned(back=False)):
            await self._async_hand_over()
            await self._async_start_old()
            await self._async_note(phase=Phase.MOVED)
        elif move.phase is Phase.MOVED:
            # Home Assistant stores the preferences of the Energy dashboard even later than its registries.
            names = new_names(self._hass, move)
            await async_rename(self._hass, {old: new for old, new in move.renamed.items() if old in names})
        else:
            await self._journal.async_end(self._entry.entry_id, move)

    async def _async_hand_over(self) -> None:
        last = await self._async_stop_old()
        await self._async_stop_ours()
        if self._move.phase is Phase.STOPPING:
            await self._async_note(phase=Phase.COUNTING, entities=tuple(last))
        if self._move.phase is Phase.COUNTING:
            await self._async_continue_counters()
            await self._async_note(phase=Phase.HANDING_OVER)
        self._assign(back=False)
        renamed = await async_renamable(self._hass, new_names(self._hass, self._move))
        await self._async_note(
            phase=Phase.STARTING, renamed={**self._move.renamed, **renamed}, handed_over_at=dt_util.utcnow()
        )
        await async_rename(self._hass, self._move.renamed)
        if self._move.goes_on:
            self._disable_devices()

    async def _async_hand_back(self) -> None:
        if self._move.phase is not Phase.RESTARTING:
            await self._async_note(phase=Phase.RETURNING)
        # One that couldn't be stopped has been given nothing, and counts as before.
        if self._move.shifts or not self._is_assigned(back=True):
            await self._async_stop_ours()
        if not self._is_assigned(back=True):
            await self._async_stop_old()
        self._assign(back=True)
        await async_rename(self._hass, {after: before for before, after in self._move.renamed.items()})
        if self._move.phase is Phase.RETURNING:
            await self._async_return_counters()
            await self._async_note(phase=Phase.RESTARTING)
        self._enable_devices()

    @callback
    def _assign(self, *, back: bool) -> None:
        """Assign all entities in one go; raise `ValueError` if one of them is in use."""
        if (succession := self._move.succession) is not None:
            succeed(self._hass, self._entry, succession, back=back)
        elif back:
            hand_back(self._hass, self._move)
        else:
            hand_over(self._hass, self._entry, self._move)

    @callback
    def _is_assigned(self, *, back: bool) -> bool:
        if (succession := self._move.succession) is not None:
            return has_succeeded(self._hass, self._entry, succession, back=back)
        return is_handed_over(self._hass, self._move, back=back)

    async def _async_stop_old(self) -> Iterable[MovedEntity]:
        """Stop the old entry, and return the entities with the last values they have shown."""
        counters = {each.entity_id: each for each in self._move.entities if each.counter is not None}
        for entity_id in counters:
            self._see(counters, entity_id)

        @callback
        def changed(event: Event[EventStateChangedData]) -> None:
            self._see(counters, event.data["entity_id"])

        unlisten = async_track_state_change_event(self._hass, counters, changed)
        try:
            await self._async_stop_old_entry()
        finally:
            unlisten()
        return [counters.get(each.entity_id, each) for each in self._move.entities]

    def _see(self, counters: dict[str, MovedEntity], entity_id: str) -> None:
        state = self._hass.states.get(entity_id)
        if state is not None and (value := in_watt_hours(state)) is not None:
            counters[entity_id] = replace(counters[entity_id], value=value, at=state.last_reported)

    async def _async_stop_old_entry(self) -> None:
        """Disable the old entry, which also waits until it is set up if that has begun."""
        if (old := self._old) is None:
            return
        await self._hass.config_entries.async_set_disabled_by(old.entry_id, ConfigEntryDisabler.USER)
        if old.state is not ConfigEntryState.NOT_LOADED:
            raise MoveError("old_entry_not_stopped")

    async def _async_start_old(self) -> None:
        """Start the old entry again if it was enabled, and goes on or gets its entities back."""
        old, before = self._old, self._move.disabled_by
        if old is not None and (self._move.goes_on or self._move.phase is Phase.RESTARTING):
            # One that couldn't be stopped runs until Home Assistant restarts, and isn't disabled then.
            with suppress(OperationNotAllowed):
                await self._hass.config_entries.async_set_disabled_by(
                    old.entry_id, ConfigEntryDisabler(before) if before is not None else None
                )

    async def _async_stop_ours(self) -> None:
        if self._entry.state is not ConfigEntryState.NOT_LOADED:
            # One that couldn't be unloaded runs until Home Assistant restarts.
            with suppress(OperationNotAllowed):
                await self._hass.config_entries.async_unload(self._entry.entry_id)
        if self._entry.state is not ConfigEntryState.NOT_LOADED:
            raise MoveError("not_stopped")

    async def _async_start_ours(self) -> bool:
        if self._entry.disabled_by is None and self._entry.state is ConfigEntryState.NOT_LOADED:
            await self._hass.config_entries.async_setup(self._entry.entry_id)
        return self._entry.state is ConfigEntryState.LOADED

    async def _async_continue_counters(self) -> None:
        """Let our counters go on from the values of the old ones, or keep their totals in front of new registers."""
        if self._move.succession is not None:
            await self._async_renew_counters()
            return
        successors = {
            each.counter: Successor(value=each.value, at=each.at, same=each.same)
            for each in self._move.entities
            if each.counter is not None and each.value is not None
        }
        stored = await site_file(self._hass, self._entry.entry_id, self._entry.title).async_load()
        if not successors or stored.get(_MARK) == "in":
            return
        _, shifts = continued(stored.get("books") or {}, successors, dt_util.utcnow())
        await self._async_note(shifts=shifts)
        await self._async_shift(shifts, "in")

    async def _async_return_counters(self) -> None:
        if self._move.succession is not None:
            await self._async_renew_counters()
        else:
            await self._async_shift({name: -shift for name, shift in self._move.shifts.items()}, "back")

    async def _async_renew_counters(self) -> None:
        file = site_file(self._hass, self._entry.entry_id, self._entry.title)
        if not (stored := await file.async_load()):
            return
        kept = {key: value for key, value in stored.items() if key not in _FORGOTTEN} | {"presence": {}}
        if isinstance(counters := kept.get("books"), Mapping):
            kept["books"] = renewed(counters)
        await file.async_save(kept)

    async def _async_shift(self, shifts: dict[str, float], mark: str) -> None:
        file = site_file(self._hass, self._entry.entry_id, self._entry.title)
        stored = await file.async_load()
        if shifts and stored.get(_MARK) != mark:
            await file.async_save({**stored, "books": moved(stored.get("books") or {}, shifts), _MARK: mark})

    @callback
    def _disable_devices(self) -> None:
        """Disable the devices of an entry that goes on without them."""
        devices = dr.async_get(self._hass)
        for device_id in self._move.disabled_devices:
            if devices.async_get(device_id) is not None:
                devices.async_update_device(device_id, disabled_by=DeviceEntryDisabler.USER)

    @callback
    def _enable_devices(self) -> None:
        """Let the devices be enabled with their entry again."""
        devices = dr.async_get(self._hass)
        for device_id in self._move.disabled_devices:
            device = devices.async_get(device_id)
            if device is not None and device.disabled_by is DeviceEntryDisabler.USER:
                devices.async_update_device(device_id, disabled_by=DeviceEntryDisabler.CONFIG_ENTRY)

    async def _async_note(self, **changes: Any) -> None:
        self._move = await self._journal.async_note(self._entry.entry_id, self._move, **changes)
