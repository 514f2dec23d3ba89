"""What a site adds to the preferences of the Energy dashboard: pure, without input or output."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

SOURCES = "energy_sources"
DEVICES = "device_consumption"


class DashboardPart(StrEnum):
    """What the Energy dashboard shows of a site; the values are also the types of its sources, except for the last."""

    GRID = "grid"
    SOLAR = "solar"
    BATTERY = "battery"
    HOME = "home"
    CHARGER = "charger"


class Reason(StrEnum):
    """Why something isn't added, or what to note about it."""

    BESIDE = "beside"
    DISABLED = "disabled"
    NO_HISTORY = "no_history"
    NO_STATISTICS = "no_statistics"
    NO_UNIT = "no_unit"
    NOT_RECORDED = "not_recorded"
    ONE_HOME = "one_home"
    ONE_WAY = "one_way"
    OTHER_CURRENCY = "other_currency"
    OTHER_INTEGRATION = "other_integration"
    PRICE_NEEDS_SENSOR = "price_needs_sensor"
    RENAMED = "renamed"
    TOO_OLD = "too_old"
    UNAVAILABLE = "unavailable"
    UNSUITABLE = "unsuitable"
    USED = "used"

    @property
    def passes(self) -> bool:
        """Whether it is likely to be over in a while without the user doing anything."""
        return self in (Reason.NO_HISTORY, Reason.NO_STATISTICS, Reason.UNAVAILABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A statistic of the site, and the reason why it can't be used, if there is one.

    `others` are the IDs under which the same quantity of the same home is known otherwise.
    """

    statistic_id: str
    name: str
    problem: Reason | None = None
    unit: str | None = None
    others: frozenset[str] = frozenset()

    @property
    def is_external(self) -> bool:
        """Whether the statistic was imported and has no entity."""
        return ":" in self.statistic_id

    @property
    def ids(self) -> frozenset[str]:
        """All IDs of the quantity."""
        return self.others | {self.statistic_id}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargerCandidates:
    """What is known of one charger, or of all of them together: `key` identifies it for ever."""

    key: str
    name: str
    energy: Candidate
    power: Candidate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteCandidates:
    """What could be added of a site.

    `values` are candidates by the keys of their entities. `names` are the words for the parts, `title` is
    the site's. `capacity` is the battery's, in kWh. `former` are the statistics under which parts were
    added earlier, by the part or the charger's key. `foreign` are those of other integrations for this very site.
    """

    title: str
    values: Mapping[str, Candidate]
    names: Mapping[DashboardPart, str]
    capacity: float | None = None
    chargers: tuple[ChargerCandidates, ...] = ()
    former: Mapping[str, frozenset[str]] = field(default_factory=dict)
    foreign: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """The present sources and devices of the Energy dashboard, in its own format of any version."""

    sources: tuple[Mapping[str, Any], ...] = ()
    devices: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """A source or device that is added: `item` is appended to the list with this name."""

    key: str
    name: str
    list_name: str
    item: Mapping[str, Any]
    candidates: tuple[Candidate, ...] = ()
    capacity: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Why something isn't added, or what to note: about a candidate, or about statistics that are there already."""

    name: str
    reason: Reason
    candidate: Candidate | None = None
    there: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AdditionPlan:
    """What is added. With `rivals`, the statistics of another meter of the grid, nothing should be."""

    additions: tuple[Addition, ...]
    remarks: tuple[Remark, ...]
    rivals: tuple[str, ...]

    @property
    def items(self) -> list[Mapping[str, Any]]:
        """What is appended to the preferences."""
        return [each.item for each in self.additions]

    @property
    def is_there(self) -> bool:
        """Whether the Energy dashboard shows anything of the site already."""
        there = (Reason.OTHER_INTEGRATION, Reason.RENAMED, Reason.USED)
        return any(remark.reason in there for remark in self.remarks)

    @property
    def is_waiting(self) -> bool:
        """Whether more could be added in a while."""
        return any(remark.reason.passes for remark in self.remarks)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Flow:
    """A counter of a source: its field and our sensor's key, and the same of its price if it may have one.

    An imported statistic has no price but a `cost`, which is a statistic as well.
    """

    field: str
    key: str
    price: tuple[str, str] | None = None
    cost: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """A type of source: its fields, and the keys of our sensors for them.

    All flows that the site has must be fit for use, and only a `partial` source may lack one. `power` is a field
    and a key, and so is `level`.
    """

    part: DashboardPart
    flows: tuple[_Flow, ...]
    power: tuple[str, str]
    level: tuple[str, str] | None = None
    partial: bool = False
    rest: Mapping[str, Any] = field(default_factory=dict)


_SHAPES = (
    _Shape(
        part=DashboardPart.GRID,
        flows=(
            _Flow(
                field="stat_energy_from",
                key="grid_import_energy",
                price=("entity_energy_price", "buy_price"),
                cost=("stat_cost", "grid_import_cost"),
            ),
            _Flow(
                field="stat_energy_to",
                key="grid_export_energy",
                price=("entity_energy_price_export", "sell_price"),
                cost=("stat_compensation", "grid_export_compensation"),
            ),
        ),
        power=("power_config", "grid_power"),
        partial=True,
        rest={"cost_adjustment_day": 0.0},
    ),
    _Shape(
        part=DashboardPart.SOLAR,
        flows=(_Flow(field="stat_energy_from", key="solar_energy"),),
        power=("stat_rate", "solar_power"),
        rest={"config_entry_solar_forecast": None},
    ),
    _Shape(
        part=DashboardPart.BATTERY,
        flows=(
            _Flow(field="stat_energy_from", key="battery_discharge_energy"),
            _Flow(field="stat_energy_to", key="battery_charge_energy"),
        ),
        power=("power_config", "battery_power"),
        level=("stat_soc", "battery_level"),
    ),
    _Shape(
        part=DashboardPart.HOME,
        flows=(_Flow(field="stat_energy_to", key="load_energy"),),
        power=("stat_rate", "load_power"),
    ),
)

ENERGY_KEYS = frozenset(flow.key for shape in _SHAPES for flow in shape.flows)
POWER_KEYS = frozenset(shape.power[1] for shape in _SHAPES)
LEVEL_KEYS = frozenset(shape.level[1] for shape in _SHAPES if shape.level is not None)
PRICE_KEYS = frozenset(flow.price[1] for shape in _SHAPES for flow in shape.flows if flow.price is not None)


def plan(site: SiteCandidates, preferences: Preferences, *, takes_home: bool) -> AdditionPlan:
    """Return what would be added to `preferences`; `takes_home` is whether they may have a source for the home."""
    planner = _Planner(site, preferences, takes_home=takes_home)
    for shape in _SHAPES:
        planner.add_source(shape)
    for charger in site.chargers:
        planner.add_charger(charger)
    return AdditionPlan(
        additions=tuple(planner.additions), remarks=tuple(planner.remarks), rivals=tuple(sorted(planner.rivals))
    )


def statistics_of(value: object, at: str = "") -> Iterator[tuple[str, str]]:
    """Return every ID in a source or device with the name of its field, whatever the version of the format."""
    match value:
        case str():
            yield at, value
        case Mapping():
            for key, each in value.items():
                if key not in ("type", "name"):
                    yield from statistics_of(each, str(key))
        case list() | tuple():
            for each in value:
                yield from statistics_of(each, at)


class _Planner:
    """Collects what is added and what isn't."""

    def __init__(self, site: SiteCandidates, preferences: Preferences, *, takes_home: bool) -> None:
        self._site = site
        self._sources = preferences.sources
        self._takes_home = takes_home
        self._used = {each for item in (*preferences.sources, *preferences.devices) for _, each in statistics_of(item)}
        self.additions: list[Addition] = []
        self.remarks: list[Remark] = []
        self.rivals: set[str] = set()

    def add_source(self, shape: _Shape) -> None:
        """Add a source if the site has what it needs."""
        name, values = self._site.names[shape.part], self._site.values
        flows = {flow: values[flow.key] for flow in shape.flows if flow.key in values}
        power = values.get(shape.power[1])
        if not flows or self._is_used(shape.part, name, [*flows.values(), *([power] if power is not None else [])]):
            return
        there = self._of_type(shape.part)
        if shape.part is DashboardPart.GRID:
            self.rivals.update(there)
        elif foreign := tuple(each for each in there if each in self._site.foreign):
            self.remarks.append(Remark(name=name, reason=Reason.OTHER_INTEGRATION, there=foreign))
            return
        if shape.part is DashboardPart.HOME and not self._takes_another_home(name, there):
            return
        if len(flows) < len(shape.flows) and not shape.partial:
            self.remarks.append(Remark(name=name, reason=Reason.ONE_WAY, candidate=next(iter(flows.values()))))
            return
        unfit = [candidate for candidate in flows.values() if not self._is_fit(name, candidate)]
        if unfit:
            return
        capacity = self._site.capacity if shape.level is not None else None
        found = {flow.field: candidate for flow, candidate in flows.items()} | self._extras(shape, name, flows)
        fields = {
            key: {"stat_rate": candidate.statistic_id} if key == "power_config" else candidate.statistic_id
            for key, candidate in found.items()
        }
        item = {
            "type": shape.part.value,
            **fields,
            **({} if capacity is None else {"capacity": capacity}),
            **shape.rest,
            "name": f"{name} ({self._site.title})" if there else name,
        }
        self.additions.append(
            Addition(
                key=shape.part,
                name=name,
                list_name=SOURCES,
                item=item,
                candidates=tuple(found.values()),
                capacity=capacity,
            )
        )
        if there and shape.part is not DashboardPart.GRID:
            self.remarks.append(Remark(name=name, reason=Reason.BESIDE, there=there))

    def add_charger(self, charger: ChargerCandidates) -> None:
        """Add a device for a charger that counts its energy."""
        candidates = [charger.energy, *([charger.power] if charger.power is not None else [])]
        if self._is_used(charger.key, charger.name, candidates) or not self._is_fit(charger.name, charger.energy):
            return
        fit = [
            candidate
            for candidate in candidates
            if candidate is charger.energy or self._is_fit(charger.name, candidate)
        ]
        item = dict(zip(("stat_consumption", "stat_rate"), (candidate.statistic_id for candidate in fit), strict=False))
        self.additions.append(
            Addition(
                key=charger.key,
                name=charger.name,
                list_name=DEVICES,
                item={**item, "name": charger.name},
                candidates=tuple(fit),
            )
        )

    def _of_type(self, part: DashboardPart) -> tuple[str, ...]:
        """Return what the present sources of a type count, and nothing only if there is no such source."""
        present = [source for source in self._sources if source.get("type") == part]
        found = [pair for source in present for pair in statistics_of(source)]
        counters = [each for at, each in found if at.startswith("stat_energy")]
        return tuple(dict.fromkeys(counters or [each for _, each in found] or [part.value for _ in present]))

    def _is_used(self, key: str, name: str, candidates: list[Candidate]) -> bool:
        """Return whether the dashboard shows something already, and remark it."""
        known = frozenset[str]().union(*(candidate.ids for candidate in candidates))
        if there := sorted(self._used & known):
            self.remarks.append(Remark(name=name, reason=Reason.USED, there=tuple(there)))
        elif there := sorted(self._used & self._site.former.get(key, frozenset())):
            self.remarks.append(Remark(name=name, reason=Reason.RENAMED, candidate=candidates[0], there=tuple(there)))
        return bool(there)

    def _takes_another_home(self, name: str, there: tuple[str, ...]) -> bool:
        if not self._takes_home:
            self.remarks.append(Remark(name=name, reason=Reason.TOO_OLD))
        elif there:
            self.remarks.append(Remark(name=name, reason=Reason.ONE_HOME, there=there))
        return self._takes_home and not there

    def _is_fit(self, name: str, candidate: Candidate) -> bool:
        """Return whether a candidate can be used, and remark why it can't."""
        if candidate.problem is not None:
            self.remarks.append(Remark(name=name, reason=candidate.problem, candidate=candidate))
        return candidate.problem is None

    def _extras(self, shape: _Shape, name: str, flows: Mapping[_Flow, Candidate]) -> dict[str, Candidate]:
        """Return what a source has besides its energy, by its fields."""
        values = self._site.values
        wanted = [shape.power, *([shape.level] if shape.level is not None else [])]
        for flow, candidate in flows.items():
            if candidate.is_external and flow.cost is not None and flow.cost[1] in values:
                wanted.append(flow.cost)
            elif flow.price is not None and flow.price[1] in values:
                if candidate.is_external:
                    price = values[flow.price[1]]
                    is_foreign = price.problem is Reason.OTHER_CURRENCY
                    reason = Reason.OTHER_CURRENCY if is_foreign else Reason.PRICE_NEEDS_SENSOR
                    self.remarks.append(Remark(name=name, reason=reason, candidate=price))
                else:
                    wanted.append(flow.price)
        return {
            key: values[sensor] for key, sensor in wanted if sensor in values and self._is_fit(name, values[sensor])
        }
