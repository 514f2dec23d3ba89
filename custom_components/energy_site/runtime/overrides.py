"""Temporary settings, restored at their end even if Home Assistant was down at that time."""

from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_track_point_in_utc_time
from homeassistant.util import dt as dt_util

from ..const import LOGGER
from ..helpers.issues import EntryIssues
from ..site.control import ControlError, ControlKey, ControlName, Value
from ..site.override import ORDER, Override
from ..sources.control_queue import ControlQueue
from ..sources.listeners import Listeners
from .issues import OVERRIDE_NOT_RESTORED
from .site_events import SiteEvents

# A failed restore is retried, and reported to the user if that goes on.
_RETRY = timedelta(minutes=5)
_REPORTED_AFTER = timedelta(hours=1)
_GIVEN_UP_AFTER = timedelta(days=1)


class Overrides:
    """The override of one site; a new one replaces the previous one."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        controls: ControlQueue,
        events: SiteEvents,
        issues: EntryIssues,
        save: Callable[[], Awaitable[None]],
    ) -> None:
        """Override `controls` of the site of `entry`; `save` stores the override."""
        self._hass = hass
        self._entry = entry
        self._controls = controls
        self._events = events
        self._issues = issues
        self._save = save
        self._current: Override | None = None
        self._cancel: CALLBACK_TYPE | None = None
        self.changed: Listeners[[]] = Listeners()

    @property
    def current(self) -> Override | None:
        """The active override."""
        return self._current

    def until(self, name: ControlName) -> datetime | None:
        """Return when the override of a control ends, `None` if it isn't overridden."""
        override = self._current
        return override.until if override is not None and name.serial is None and override.changes(name.key) else None

    def moves_along(self, wanted: Collection[str]) -> Iterator[str]:
        """Yield the keys of controls that change, or whose end changes, when `wanted` are overridden."""
        if ControlKey.OPERATING_MODE in wanted and self._controls.control(ControlName(None, ControlKey.BACKUP_RESERVE)):
            yield ControlKey.BACKUP_RESERVE
        if self._current is not None:
            yield from (key for key in ORDER if self._current.changes(key))

    async def async_impose(self, wanted: Mapping[str, Value], until: datetime) -> Override:
        """Set some controls until a given time.

        Raises `ControlError` if one of them cannot be set; those set before it are then restored.
        """
        controls = self._controls
        for key in wanted:
            name = ControlName(None, key)
            if controls.control(name) is None:
                raise controls.missing(name, wanted[key])
        # While an earlier override is active, the values from before it are restored after this one.
        earlier, before = self._current, self._in_force()
        override = Override(
            until=until, before={**before, **(earlier.before if earlier is not None else {})}, imposed=dict(wanted)
        )
        self._keep(override)
        try:
            for key in ORDER:
                if key in wanted:
                    await controls.set(ControlName(None, key), wanted[key])
        except ControlError:
            if self._current is override:
                # An earlier override continues unchanged; otherwise the previous values are restored.
                self._current = replace(override, before=before)
                await self._async_end(earlier)
            raise
        override = replace(override, imposed={**self._in_force(), **wanted})
        self._keep(override)
        await self._save()
        return override

    @callback
    def async_resume(self) -> None:
        """Resume after a restart; an override that expired in the meantime ends now."""
        if self._current is not None:
            self._keep(self._current)

    def as_dict(self) -> dict[str, Any]:
        """Return the state to store across restarts, as plain JSON data."""
        return self._current.as_dict() if self._current is not None else {}

    def restore(self, data: Mapping[str, Any]) -> None:
        """Restore the data of `as_dict`."""
        self._current = Override.restore(data)

    def _in_force(self) -> dict[str, Value]:
        controls = {key: self._controls.control(ControlName(None, key)) for key in ORDER}
        return {
            key: control.value for key, control in controls.items() if control is not None and control.value is not None
        }

    @callback
    def _keep(self, override: Override) -> None:
        self._current = override
        self._schedule(override.until)
        self.changed.notify()

    @callback
    def _schedule(self, at: datetime) -> None:
        if self._cancel is not None:
            self._cancel()
        else:
            self._entry.async_on_unload(self._stop)
        self._cancel = async_track_point_in_utc_time(self._hass, self._async_due, at)

    @callback
    def _stop(self) -> None:
        if self._cancel is not None:
            self._cancel()
            self._cancel = None

    async def _async_due(self, _: datetime) -> None:
        await self._async_end()

    async def _async_end(self, then: Override | None = None) -> None:
        """Restore the previous values, retrying later if that fails, and continue with the override `then`."""
        if (override := self._current) is None:
            return
        # A value that was changed a moment ago is kept, but may not be known yet.
        await self._controls.look(*(ControlName(None, key) for key in override.imposed))
        if self._current is not override:
            return
        # Restoring the mode may restore the reserve as well.
        for key in ORDER:
            due = dict(override.to_restore(self._in_force()))
            if key not in due:
                continue
            name = ControlName(None, key)
            # This change isn't requested by a user, so it has no context.
            self._events.contexts.pop(name, None)
            try:
                # A few minutes of failures must not end the retries.
                await self._controls.set(name, due[key], insistent=True)
            except ControlError as err:
                LOGGER.debug("%s could not be restored yet: %s", key, err)
                self._put_off(override)
                return
            if self._current is not override:
                return
            if self._controls.pending(name) is not None:
                # It is unknown whether the value becomes active, so the override ends only once it does.
                self._put_off(override)
                return
        self._current = None
        if then is not None:
            self._keep(then)
        self.changed.notify()
        self._issues.show(OVERRIDE_NOT_RESTORED, None)
        await self._save()

    @callback
    def _put_off(self, override: Override) -> None:
        """Retry later; raise an issue if that goes on for long."""
        late = dt_util.utcnow() - override.until
        if late >= _REPORTED_AFTER:
            self._issues.show(OVERRIDE_NOT_RESTORED, {})
        if late >= _GIVEN_UP_AFTER:
            LOGGER.warning("%s: the previous settings couldn't be restored within a day", self._entry.title)
            self._current = None
            self.changed.notify()
            return
        self._schedule(dt_util.utcnow() + _RETRY)
