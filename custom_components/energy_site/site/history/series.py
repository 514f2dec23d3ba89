"""The series of a site's history: the energy of each kind, and what that of the grid costs and earns."""

from dataclasses import dataclass

from ..model import CounterKind

_COST_NAMES = {
    CounterKind.GRID_IMPORT: "grid_import_cost",
    CounterKind.GRID_EXPORT: "grid_export_compensation",
}

PRICED_KINDS = tuple(_COST_NAMES)
"""The kinds of energy that have a price."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CostSeries:
    """What the energy of a priced kind costs, or earns, in a currency (ISO 4217)."""

    kind: CounterKind
    currency: str


type Series = CounterKind | CostSeries


def series_name(series: Series) -> str:
    """Return the name of a series, the same for any currency."""
    return _COST_NAMES[series.kind] if isinstance(series, CostSeries) else f"{series}_energy"
