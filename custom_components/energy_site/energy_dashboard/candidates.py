"""Which statistics a loaded site has for the Energy dashboard, and whether they can be used."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from homeassistant.components.recorder.models import StatisticMetaData
from homeassistant.components.recorder.statistics import get_metadata
from homeassistant.components.sensor import ATTR_STATE_CLASS, DOMAIN as SENSOR, SensorDeviceClass, SensorStateClass
from homeassistant.const import (
    ATTR_DEVICE_CLASS,
    ATTR_UNIT_OF_MEASUREMENT,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
    UnitOfEnergy,
    UnitOfPower,
)
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.recorder import get_instance
from homeassistant.util.unit_conversion import EnergyConverter, PowerConverter

from ..const import DOMAIN
from ..runtime.pairing import async_ways_to
from ..runtime.site import SiteRuntime
from ..runtime.statistics import statistic_id, statistic_name
from ..site.chargers import Chargers
from ..site.history.series import PRICED_KINDS, CostSeries, series_name
from ..site.model import Battery, CounterKind
from ..site.prices import Prices
from .plan import (
    ENERGY_KEYS,
    LEVEL_KEYS,
    POWER_KEYS,
    PRICE_KEYS,
    Candidate,
    ChargerCandidates,
    DashboardPart,
    Reason,
    SiteCandidates,
)

_COUNTERS = {f"{kind}_energy": kind for kind in CounterKind}
_ALL_CHARGERS = f"{CounterKind.CHARGER}_energy"
_PRICE_UNITS = tuple(f"/{unit}" for unit in UnitOfEnergy)

type _Statistics = Mapping[str, StatisticMetaData]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Quantity:
    """What the Energy dashboard asks of an entity: `suits` looks at its state, `unit_class` is its statistics'."""

    suits: Callable[[State], bool]
    has_statistics: bool = True
    unit_class: str | None = None
    counts: bool = False


def _is_counter(state: State) -> bool:
    attributes = state.attributes
    return (
        attributes.get(ATTR_DEVICE_CLASS) == SensorDeviceClass.ENERGY
        and attributes.get(ATTR_UNIT_OF_MEASUREMENT) in set(UnitOfEnergy)
        and attributes.get(ATTR_STATE_CLASS) in (SensorStateClass.TOTAL, SensorStateClass.TOTAL_INCREASING)
    )


def _is_power(state: State) -> bool:
    attributes = state.attributes
    return (
        attributes.get(ATTR_DEVICE_CLASS) == SensorDeviceClass.POWER
        and attributes.get(ATTR_UNIT_OF_MEASUREMENT) in set(UnitOfPower)
        and attributes.get(ATTR_STATE_CLASS) == SensorStateClass.MEASUREMENT
    )


def _is_level(state: State) -> bool:
    return state.attributes.get(ATTR_UNIT_OF_MEASUREMENT) == "%"


def _is_price(state: State) -> bool:
    return str(state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)).endswith(_PRICE_UNITS)


_ENERGY: Final = _Quantity(suits=_is_counter, unit_class=EnergyConverter.UNIT_CLASS, counts=True)
_POWER: Final = _Quantity(suits=_is_power, unit_class=PowerConverter.UNIT_CLASS)
_LEVEL: Final = _Quantity(suits=_is_level)
_PRICE: Final = _Quantity(suits=_is_price, has_statistics=False)
_QUANTITIES: Mapping[str, _Quantity] = {
    **dict.fromkeys(ENERGY_KEYS, _ENERGY),
    **dict.fromkeys(POWER_KEYS, _POWER),
    **dict.fromkeys(LEVEL_KEYS, _LEVEL),
    **dict.fromkeys(PRICE_KEYS, _PRICE),
}


async def async_candidates(
    runtime: SiteRuntime,
    names: Mapping[DashboardPart, str],
    former: Mapping[str, frozenset[str]],
    foreign: frozenset[str],
) -> SiteCandidates:
    """Return what a loaded site could add; the recorder has to be there.

    Of a site whose energy another entry counts, these are only its chargers.
    """
    finder = _CandidateFinder(runtime)
    keys = tuple(_QUANTITIES) if runtime.ways.counting is None else ()
    chargers = finder.chargers(names[DashboardPart.CHARGER])
    found = {key: candidate for key in keys if (candidate := finder.candidate(key)) is not None}
    statistics = await _async_statistics(
        runtime.hass,
        {
            *(candidate.statistic_id for candidate in found.values()),
            *(each.energy.statistic_id for each in chargers),
            *(each.power.statistic_id for each in chargers if each.power is not None),
            *(statistic_id(runtime.site, kind) for kind in CounterKind),
            *(statistic_id(runtime.site, series) for series in _costs(runtime)),
        },
    )
    battery = runtime.part(Battery)
    return SiteCandidates(
        title=runtime.entry.title,
        values=finder.checked(found, keys, statistics) | (finder.costs(statistics) if keys else {}),
        names=names,
        capacity=round(battery.capacity / 1000, 2) if battery is not None and battery.capacity else None,
        chargers=finder.checked_chargers(chargers, names[DashboardPart.CHARGER], statistics),
        former=former,
        foreign=foreign,
    )


async def _async_statistics(hass: HomeAssistant, ids: set[str]) -> _Statistics:
    """Return the metadata of the statistics that exist."""
    found = await get_instance(hass).async_add_executor_job(partial(get_metadata, hass, statistic_ids=ids))
    return {name: metadata for name, (_, metadata) in found.items()}


def _costs(runtime: SiteRuntime) -> list[CostSeries]:
    """Return the series of costs in the only currency in which the Energy dashboard shows any."""
    return [CostSeries(kind=kind, currency=runtime.hass.config.currency) for kind in PRICED_KINDS]


def _is_priced(prices: Prices | None, series: CostSeries) -> bool:
    if prices is None or prices.currency != series.currency:
        return False
    return (prices.buy if series.kind is CounterKind.GRID_IMPORT else prices.sell) is not None


class _CandidateFinder:
    """Finds a site's statistics by the unique IDs of its entities."""

    def __init__(self, runtime: SiteRuntime) -> None:
        self._runtime = runtime
        self._registry = er.async_get(runtime.hass)
        self._recorded = get_instance(runtime.hass).entity_filter
        self._ways = async_ways_to(runtime)

    def candidate(self, key: str) -> Candidate | None:
        """Return the sensor with a key, unchecked."""
        entity_id = self._entity_id(self._runtime, key)
        if entity_id is None and key in PRICE_KEYS:
            # Energy and its price may be known by different ways.
            entity_id = next((found for way in self._ways if (found := self._entity_id(way, key)) is not None), None)
        if entity_id is None:
            return None
        return Candidate(statistic_id=entity_id, name=self._name(entity_id), others=self._others(key))

    def checked(
        self, found: Mapping[str, Candidate], keys: Iterable[str], statistics: _Statistics
    ) -> dict[str, Candidate]:
        """Return the candidates with their problems, and the imported statistics in place of counters that have them."""
        candidates: dict[str, Candidate] = {}
        for key in keys:
            external = self._external(key, statistics, found.get(key)) if key in ENERGY_KEYS else None
            if external is not None:
                candidates[key] = external
            elif key in found:
                candidates[key] = self._checked(found[key], _QUANTITIES[key], statistics)
        return candidates

    def costs(self, statistics: _Statistics) -> dict[str, Candidate]:
        """Return the imported statistics of costs in Home Assistant's currency, also those that the site will have."""
        return {
            series_name(series): candidate
            for series in _costs(self._runtime)
            if (candidate := self._cost(series, statistics)) is not None
        }

    def chargers(self, word: str) -> list[ChargerCandidates]:
        """Return the chargers that have a counter, unchecked; the statistic of all of them is another way to add each."""
        together = self._others(_ALL_CHARGERS)
        chargers = self._runtime.part(Chargers)
        found: list[ChargerCandidates] = []
        for serial in chargers.units if chargers is not None else ():
            energy, power = self.candidate(f"{serial}_energy"), self.candidate(f"{serial}_power")
            if energy is not None:
                key = f"{self._runtime.site}_{serial}"
                counter = replace(energy, others=energy.others | together)
                found.append(
                    ChargerCandidates(key=key, name=self._device_name(key) or word, energy=counter, power=power)
                )
        return found

    def checked_chargers(
        self, found: Iterable[ChargerCandidates], word: str, statistics: _Statistics
    ) -> tuple[ChargerCandidates, ...]:
        """Return the chargers with their problems, or all of them together if their statistics were imported so."""
        checked = tuple(
            replace(
                each,
                energy=self._checked(each.energy, _ENERGY, statistics),
                power=None if each.power is None else self._checked(each.power, _POWER, statistics),
            )
            for each in found
        )
        if checked or (all_of_them := self._external(_ALL_CHARGERS, statistics, None)) is None:
            return checked
        return (ChargerCandidates(key=DashboardPart.CHARGER, name=word, energy=all_of_them),)

    def _external(self, key: str, statistics: _Statistics, sensor: Candidate | None) -> Candidate | None:
        """Return the imported statistic of a counter, `None` if the site has or will have none."""
        name = statistic_id(self._runtime.site, _COUNTERS[key])
        if (metadata := statistics.get(name)) is not None:
            return Candidate(statistic_id=name, name=metadata["name"] or name, others=self._others(key, sensor))
        if self._runtime.history is None or sensor is None:
            return None
        return replace(sensor, problem=Reason.NO_HISTORY, others=self._others(key, sensor))

    def _cost(self, series: CostSeries, statistics: _Statistics) -> Candidate | None:
        name = statistic_id(self._runtime.site, series)
        if (metadata := statistics.get(name)) is not None:
            is_ours = metadata["unit_of_measurement"] == series.currency
            return Candidate(statistic_id=name, name=metadata["name"] or name) if is_ours else None
        if self._runtime.history is None or not _is_priced(self._runtime.part(Prices), series):
            return None
        title = statistic_name(self._runtime.entry.title, series)
        return Candidate(statistic_id=name, name=title, problem=Reason.NO_HISTORY)

    def _checked(self, candidate: Candidate, quantity: _Quantity, statistics: _Statistics) -> Candidate:
        problem, unit = self._problem(candidate.statistic_id, quantity, statistics)
        return replace(candidate, problem=problem, unit=unit)

    def _problem(
        self, entity_id: str, quantity: _Quantity, statistics: _Statistics
    ) -> tuple[Reason | None, str | None]:
        """Return why an entity can't be used, and the unit that it has now."""
        entry, state = self._registry.async_get(entity_id), self._runtime.hass.states.get(entity_id)
        if entry is not None and entry.disabled:
            return Reason.DISABLED, None
        if quantity.has_statistics and self._recorded is not None and not self._recorded(entity_id):
            return Reason.NOT_RECORDED, None
        if state is None or state.state in (STATE_UNAVAILABLE, STATE_UNKNOWN):
            return Reason.UNAVAILABLE, None
        unit = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
        if not quantity.suits(state):
            return (Reason.NO_UNIT if unit is None else Reason.UNSUITABLE), unit
        if not quantity.has_statistics:
            # Home Assistant shows what a price in any currency makes as costs in its own.
            currency = str(unit).partition("/")[0]
            return (None if currency == self._runtime.hass.config.currency else Reason.OTHER_CURRENCY), unit
        if (metadata := statistics.get(entity_id)) is None:
            return Reason.NO_STATISTICS, unit
        if quantity.counts != metadata["has_sum"] or quantity.unit_class not in (None, metadata["unit_class"]):
            return Reason.UNSUITABLE, metadata["unit_of_measurement"]
        return None, unit

    def _others(self, key: str, sensor: Candidate | None = None) -> frozenset[str]:
        """Return the other IDs of the same quantity: this site's imported statistic, and those of the home's other entries."""
        kind = _COUNTERS.get(key)
        ways = (self._runtime, *self._ways)
        return frozenset(
            {
                *((statistic_id(way.site, kind) for way in ways) if kind is not None else ()),
                *(found for way in self._ways if (found := self._entity_id(way, key)) is not None),
                *((sensor.statistic_id,) if sensor is not None else ()),
            }
        )

    def _entity_id(self, runtime: SiteRuntime, key: str) -> str | None:
        return self._registry.async_get_entity_id(SENSOR, DOMAIN, f"{runtime.site}_{key}")

    def _name(self, entity_id: str) -> str:
        if (state := self._runtime.hass.states.get(entity_id)) is not None:
            return state.name
        entry = self._registry.async_get(entity_id)
        return (entry.name or entry.original_name or entity_id) if entry is not None else entity_id

    def _device_name(self, identifier: str) -> str | None:
        devices = dr.async_get(self._runtime.hass)
        device = devices.async_get_device_by_identifier((DOMAIN, identifier), self._runtime.entry.entry_id)
        return (device.name_by_user or device.name) if device is not None else None
