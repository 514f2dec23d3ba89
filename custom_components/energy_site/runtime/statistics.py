"""A site's history in Home Assistant's statistics, fetched from a cloud and kept consistent."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import override

from homeassistant.components.recorder.core import Recorder
from homeassistant.components.recorder.models import StatisticData, StatisticMeanType, StatisticMetaData
from homeassistant.components.recorder.statistics import (
    async_add_external_statistics,
    get_last_statistics,
    get_metadata,
    statistics_during_period,
)
from homeassistant.components.recorder.tasks import RecorderTask
from homeassistant.const import UnitOfEnergy
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.recorder import DATA_INSTANCE, get_instance
from homeassistant.util import dt as dt_util, slugify
from homeassistant.util.unit_conversion import EnergyConverter

from ..const import DOMAIN
from ..site.history.rows import StatisticsRow, mended
from ..site.history.series import CostSeries, Series, series_name
from ..sources.history import HistoryFetcher
from ..sources.history_provider import Allowance, HistoryProvider, StatisticsStore

# Rows are written in chunks of this size, so that the recorder can do other work in between.
_CHUNK = 500

# The last hour before a period is rarely longer ago.
_NEAR = timedelta(days=2)
_EVER = datetime(1970, 1, 1, tzinfo=UTC)

_KWH = {EnergyConverter.UNIT_CLASS: UnitOfEnergy.KILO_WATT_HOUR}


class HistoryImporter(HistoryFetcher):
    """Imports a site's history into its own statistics, which remain when the entry is removed."""

    def __init__(
        self,
        hass: HomeAssistant,
        *,
        site: str,
        title: str,
        provider: HistoryProvider,
        allowance: Allowance,
        clock: Callable[[], datetime] = dt_util.utcnow,
        today_every: timedelta = timedelta(hours=6),
        changed: Callable[[], None] | None = None,
    ) -> None:
        """Import the history of `provider`, with as many requests as `allowance` returns at each moment.

        `site` is the site's part in the statistic IDs, and `title` in their names. The current day
        is fetched again after `today_every`. `changed` is called when there is progress.
        """
        super().__init__(
            provider,
            RecorderStatistics(hass, site, title),
            allowance=allowance,
            clock=clock,
            today_every=today_every,
            changed=changed,
            title=title,
        )


class RecorderStatistics(StatisticsStore):
    """External statistics, one for each series."""

    def __init__(self, hass: HomeAssistant, site: str, title: str) -> None:
        """Name the statistics after a site."""
        self._hass = hass
        self._site = site
        self._title = title

    @override
    def available(self) -> bool:
        return DATA_INSTANCE in self._hass.data and not self._hass.is_stopping

    @override
    async def rows(self, series: Series, start: datetime, end: datetime) -> tuple[list[StatisticsRow], float]:
        return await self._async_read(self._read, series, start, end)

    @override
    async def last(self, series: Series) -> datetime | None:
        return await self._async_read(self._read_last, series)

    @override
    async def unit(self, series: Series) -> str | None:
        return await self._async_read(self._read_unit, series)

    @override
    async def mend(self, series: Series) -> None:
        self.write(series, await self._async_read(self._read_broken, series))

    @override
    @callback
    def write(self, series: Series, rows: Sequence[StatisticsRow]) -> None:
        metadata = StatisticMetaData(
            has_sum=True,
            mean_type=StatisticMeanType.NONE,
            name=statistic_name(self._title, series),
            source=DOMAIN,
            statistic_id=statistic_id(self._site, series),
            unit_class=None if isinstance(series, CostSeries) else EnergyConverter.UNIT_CLASS,
            unit_of_measurement=_unit(series),
        )
        for number in range(0, len(rows), _CHUNK):
            data = [
                StatisticData(start=row.start, state=row.energy, sum=row.sum) for row in rows[number : number + _CHUNK]
            ]
            async_add_external_statistics(self._hass, metadata, data)

    @override
    @callback
    def shift(self, series: Series, since: datetime, amount: float) -> None:
        if amount:
            instance = get_instance(self._hass)
            instance.async_adjust_statistics(statistic_id(self._site, series), since, amount, _unit(series))

    async def _async_read[*A, T](self, ask: Callable[[*A], T], *args: *A) -> T:
        """Read from the database once everything written before has been stored."""
        instance = get_instance(self._hass)
        done = self._hass.loop.create_future()
        instance.queue_task(_Reached(done))
        await done
        return await instance.async_add_executor_job(ask, *args)

    def _read(self, series: Series, start: datetime, end: datetime) -> tuple[list[StatisticsRow], float]:
        near = self._period(series, start - _NEAR, end)
        before = [row for row in near if row.start < start] or self._period(series, _EVER, start)
        return [row for row in near if row.start >= start], before[-1].sum if before else 0.0

    def _read_last(self, series: Series) -> datetime | None:
        name = statistic_id(self._site, series)
        found = get_last_statistics(self._hass, 1, name, convert_units=False, types={"sum"}).get(name)
        return datetime.fromtimestamp(found[0]["start"], UTC) if found else None

    def _read_unit(self, series: Series) -> str | None:
        name = statistic_id(self._site, series)
        found = get_metadata(self._hass, statistic_ids={name}).get(name)
        return found[1]["unit_of_measurement"] if found is not None else None

    def _read_broken(self, series: Series) -> list[StatisticsRow]:
        return mended(self._period(series, _EVER, None))

    def _period(self, series: Series, start: datetime, end: datetime | None) -> list[StatisticsRow]:
        name = statistic_id(self._site, series)
        found = statistics_during_period(self._hass, start, end, {name}, "hour", dict(_KWH), {"state", "sum"})
        return [
            StatisticsRow(
                start=datetime.fromtimestamp(row["start"], UTC),
                energy=row.get("state") or 0.0,
                sum=row.get("sum") or 0.0,
            )
            for row in found.get(name, [])
        ]


@dataclass(slots=True)
class _Reached(RecorderTask):
    """Notifies when the recorder has completed all earlier tasks."""

    done: asyncio.Future[None]

    @override
    def run(self, instance: Recorder) -> None:
        instance.hass.loop.call_soon_threadsafe(self._notify)

    def _notify(self) -> None:
        if not self.done.done():
            self.done.set_result(None)


def statistic_id(site: str, series: Series) -> str:
    """Return the statistic ID of one of a site's series."""
    return f"{DOMAIN}:{slugify(site)}_{series_name(series)}"


def statistic_name(title: str, series: Series) -> str:
    """Return the name of the statistic of one of a site's series."""
    return f"{title} {series_name(series).replace('_', ' ')}"


def _unit(series: Series) -> str:
    return series.currency if isinstance(series, CostSeries) else UnitOfEnergy.KILO_WATT_HOUR
