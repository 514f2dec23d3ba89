"""A calendar of the storms and outages that the site knows of."""

from datetime import datetime, timedelta
from typing import override

from homeassistant.components.calendar import CalendarEntity, CalendarEntityDescription, CalendarEvent
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .runtime.site import SiteConfigEntry, SiteRuntime
from .site.model import GridStatus, Part, Storm
from .site.occurrences import Occurrence, OccurrenceKind, current_or_next
from .site.past_outages import PastOutages

PARALLEL_UPDATES = 0

STORMS_AND_OUTAGES = CalendarEntityDescription(key="storms_and_outages", translation_key="storms_and_outages")

_PARTS: tuple[type[Part], ...] = (Storm, PastOutages, GridStatus)

# What has no known end is shown until the end of the next hour, so that it is current and is written once an hour.
_AHEAD = timedelta(hours=2)

_SHORTEST = timedelta(minutes=1)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SiteConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the calendar once the site tells of storms or outages, unless another entry of it shows them in its own."""
    runtime = entry.runtime_data
    # The names of both in the language of the system are those of the entities with their events.
    texts = await async_get_translations(hass, hass.config.language, "entity", {DOMAIN})
    names = {kind: texts.get(f"component.{DOMAIN}.entity.event.{kind}.name", kind) for kind in OccurrenceKind}
    added = False

    @callback
    def add() -> None:
        nonlocal added
        if not added and not runtime.ways.hides(Platform.CALENDAR, STORMS_AND_OUTAGES.key) and _tells(runtime):
            added = True
            async_add_entities([SiteCalendar(runtime, names)])

    add()
    for part in _PARTS:
        entry.async_on_unload(runtime.poller.listen(part, add))


def _tells(runtime: SiteRuntime) -> bool:
    """Return whether the site tells of storms, outages or the grid."""
    storm, grid = runtime.part(Storm), runtime.part(GridStatus)
    return (
        runtime.part(PastOutages) is not None
        or (storm is not None and storm.alert is not None)
        or (grid is not None and grid.state is not None)
    )


class SiteCalendar(CalendarEntity):
    """The storms and outages of a site."""

    entity_description = STORMS_AND_OUTAGES
    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, runtime: SiteRuntime, names: dict[OccurrenceKind, str]) -> None:
        """Show what `runtime` knows; `names` are what storms and outages are called."""
        self.runtime = runtime
        self._names = names
        self._attr_unique_id = f"{runtime.site}_{self.entity_description.key}"
        self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, runtime.site)})

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self.async_on_remove(self.runtime.events.occurrences_changed.add(self.async_write_ha_state))

    @callback
    def async_entity_id_changed(self, old_entity_id: str) -> None:
        """Go on as before, as nothing depends on the entity's ID; without this, Home Assistant adds it anew."""

    @property
    @override
    def event(self) -> CalendarEvent | None:
        """What happens now, otherwise what comes next."""
        now = dt_util.utcnow()
        found = current_or_next(self.runtime.events.occurrences, now)
        return None if found is None else self._event(found, now)

    @override
    async def async_get_events(
        self, hass: HomeAssistant, start_date: datetime, end_date: datetime
    ) -> list[CalendarEvent]:
        now = dt_util.utcnow()
        return [
            self._event(each, now)
            for each in self.runtime.events.occurrences
            if each.overlaps(start_date, end_date) and (each.end is not None or start_date < _open_end(each, now))
        ]

    def _event(self, occurrence: Occurrence, now: datetime) -> CalendarEvent:
        end = occurrence.end or _open_end(occurrence, now)
        return CalendarEvent(
            start=occurrence.start,
            end=max(end, occurrence.start + _SHORTEST),
            summary=self._names[occurrence.kind],
            uid=f"{occurrence.kind}-{occurrence.start.isoformat()}",
        )


def _open_end(occurrence: Occurrence, now: datetime) -> datetime:
    """Return until when something without a known end is shown."""
    return max(now, occurrence.start).replace(minute=0, second=0, microsecond=0) + _AHEAD
