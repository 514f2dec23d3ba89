"""Gathers what a plan rests on: values, statistics, and what the Energy dashboard uses."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from homeassistant.components.recorder.db_schema import Statistics, StatisticsBase, StatisticsMeta, StatisticsShortTerm
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import ATTR_RESTORED, ATTR_UNIT_OF_MEASUREMENT, UnitOfEnergy
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers.entity_registry import RegistryEntry
from homeassistant.helpers.recorder import DATA_INSTANCE, get_instance, session_scope
from homeassistant.util import dt as dt_util
from homeassistant.util.unit_conversion import EnergyConverter

from .planner import Evidence

_TABLES: tuple[type[StatisticsBase], ...] = (StatisticsShortTerm, Statistics)

# An entity that shows nothing and has recorded nothing for this long is left from something else.
_DEAD_AFTER = timedelta(days=30)


async def async_gather(
    hass: HomeAssistant, entry: ConfigEntry[Any], old: Iterable[RegistryEntry], ours: Iterable[RegistryEntry]
) -> dict[str, Evidence]:
    """Return what is known of the entities of an old entry and of ours, by entity ID."""
    old = list(old)
    known = [entity.entity_id for entity in old if (entity.capabilities or {}).get("state_class")]
    recorded = await _async_statistics(hass, known)
    dashboard = await _async_dashboard(hass)
    newest = max((last.at for last in recorded.values() if last.at is not None), default=None)
    found = {entity.entity_id: _of_state(hass.states.get(entity.entity_id)) for entity in ours}
    for entity in old:
        state, last = hass.states.get(entity.entity_id), recorded.get(entity.entity_id)
        shown, past = _of_state(state), last or Evidence()
        found[entity.entity_id] = Evidence(
            value=past.value if shown.value is None else shown.value,
            at=past.at if shown.value is None else shown.at,
            is_alive=_is_alive(entity, entry, state, past, newest),
            since=past.since,
            in_dashboard=entity.entity_id in dashboard,
        )
    return found


def in_watt_hours(state: State | None) -> float | None:
    """Return the energy that a state shows in Wh, `None` if it isn't a number or isn't energy."""
    if state is None:
        return None
    return _watt_hours(state.state, state.attributes.get(ATTR_UNIT_OF_MEASUREMENT))


def _watt_hours(value: object, unit: str | None) -> float | None:
    if unit not in EnergyConverter.VALID_UNITS:
        return None
    try:
        return EnergyConverter.convert(float(str(value)), unit, UnitOfEnergy.WATT_HOUR)
    except ValueError:
        return None


def _of_state(state: State | None) -> Evidence:
    return Evidence(value=in_watt_hours(state), at=state.last_reported if state is not None else None)


def _is_alive(
    entity: RegistryEntry, entry: ConfigEntry[Any], state: State | None, past: Evidence, newest: datetime | None
) -> bool:
    """Return whether an entity is still provided, or was until its entry stopped."""
    if entry.state is ConfigEntryState.LOADED:
        if entity.disabled or (state is not None and not state.attributes.get(ATTR_RESTORED)):
            return True
        return past.at is not None and dt_util.utcnow() - past.at < _DEAD_AFTER
    if newest is None or not (entity.capabilities or {}).get("state_class"):
        return True
    return past.at is not None and newest - past.at < _DEAD_AFTER


async def _async_statistics(hass: HomeAssistant, entity_ids: list[str]) -> Mapping[str, Evidence]:
    """Return the last value that the statistics of some entities have, and since when they have any."""
    if DATA_INSTANCE not in hass.data or not entity_ids:
        return {}
    return await get_instance(hass).async_add_executor_job(_read_statistics, hass, entity_ids)


def _read_statistics(hass: HomeAssistant, entity_ids: list[str]) -> Mapping[str, Evidence]:
    columns = (StatisticsMeta.id, StatisticsMeta.statistic_id, StatisticsMeta.unit_of_measurement)
    found: dict[str, Evidence] = {}
    with session_scope(hass=hass, read_only=True) as session:
        metadata = session.execute(select(*columns).where(StatisticsMeta.statistic_id.in_(entity_ids))).all()
        for metadata_id, entity_id, unit in metadata:
            newest = [row for table in _TABLES if (row := _newest(session, table, metadata_id)) is not None]
            if not newest:
                continue
            state, start = max(newest, key=lambda row: row[1])
            first = select(func.min(Statistics.start_ts)).where(Statistics.metadata_id == metadata_id)
            found[entity_id] = Evidence(
                value=_watt_hours(state, unit),
                at=datetime.fromtimestamp(start, UTC),
                since=datetime.fromtimestamp(session.execute(first).scalar() or start, UTC),
            )
    return found


def _newest(session: Session, table: type[StatisticsBase], metadata_id: int) -> tuple[float | None, float] | None:
    """Return the state and the time of the newest row of one statistic."""
    rows = select(table.state, table.start_ts).where(table.metadata_id == metadata_id)
    row = session.execute(rows.order_by(table.start_ts.desc()).limit(1)).first()
    return None if row is None else (row[0], row[1])


async def _async_dashboard(hass: HomeAssistant) -> set[str]:
    """Return every statistic that the Energy dashboard uses."""
    if "energy" not in hass.config.components:
        return set()
    from homeassistant.components.energy.data import async_get_manager

    manager = await async_get_manager(hass)
    return set(_texts(manager.data))


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, Mapping):
        for value in node.values():
            yield from _texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from _texts(value)
