"""The limit of the export: what holds it back, and since when."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from ....site.export_limit import ExportLimit, curtailed_power, is_limited
from ....site.model import GridState, GridStatus, Inverter, Inverters, PowerFlow
from ..client.models.export_limit import DynamicExportSettings, ExportSettings, SolarLimit
from .answers import Answers
from .feeds import DYNAMIC_EXPORT_LIMIT, EXPORT_SETTINGS, SOLAR_LIMIT

FEEDS = (EXPORT_SETTINGS, DYNAMIC_EXPORT_LIMIT, SOLAR_LIMIT)

# No home may export more than this, in W.
_LARGEST = 1_000_000.0

# The sun moves on, so that what an inverter produced longer ago says nothing.
_RECENT = timedelta(hours=1)


class Curtailment:
    """Remembers what the inverters produced before the export was limited."""

    def __init__(self) -> None:
        """Start without any memory."""
        self._before: dict[str, tuple[datetime, float]] = {}
        self._limit: float | None = None
        self._limited: bool | None = None
        self._since: datetime | None = None

    def estimate(
        self, limit: float | None, inverters: Inverters | None, now: datetime, *, limited: bool | None
    ) -> float | None:
        """Return the power in W that is lost now, `None` if that can't be told."""
        if limit != self._limit:
            # It may have held the inverters back for some minutes already.
            self._limit, self._limited = limit, None
            self._before.clear()
        if limited is not self._limited:
            self._limited, self._since = limited, now
        units = tuple(inverters.units.values()) if inverters is not None else ()
        if limited is False:
            self._before |= {unit.device.serial: (now, unit.power) for unit in self._fresh(units) if unit.power}
            return 0.0
        if not limited or inverters is None or not inverters.complete or len(self._fresh(units)) < len(units):
            return None
        return curtailed_power(
            units, {serial: power for serial, (at, power) in self._before.items() if now - at <= _RECENT}
        )

    def _fresh(self, units: Iterable[Inverter]) -> list[Inverter]:
        """Return the inverters that reported since the export is limited, or since it isn't."""
        since = self._since
        return [
            unit
            for unit in units
            if unit.last_reported is not None and since is not None and unit.last_reported > since
        ]


def build(
    answers: Answers,
    curtailment: Curtailment,
    flows: PowerFlow | None,
    inverters: Inverters | None,
    grid: GridStatus | None,
    now: datetime,
    *,
    known: bool,
) -> ExportLimit | None:
    """Build the limit; `known` is whether the site has or had one, so that it isn't limited rather than unknown."""
    at = answers.newest(*FEEDS)
    settings, dynamic = answers.current(EXPORT_SETTINGS, now), answers.current(DYNAMIC_EXPORT_LIMIT, now)
    solar = answers.current(SOLAR_LIMIT, now)
    if at is None or (settings is None and dynamic is None and solar is None):
        return None
    found = [each for each in (_set_up(settings), _dynamic(dynamic)) if each is not None]
    limit = min(found, default=None)
    off_grid = grid is not None and grid.state not in (None, GridState.ON_GRID)
    limited = (False if known else None) if limit is None or off_grid else is_limited(limit, flows)
    changeable = dynamic if dynamic is not None and limits_export(dynamic) else None
    return ExportLimit(
        observed_at=at,
        limit=limit,
        limited=limited,
        curtailed_power=curtailment.estimate(limit, inverters, now, limited=limited),
        solar_limit=solar.pv_limit_pct if solar is not None and solar.enable else None,
        setting=changeable.limit_value if changeable is not None else None,
        enabled=changeable.enable if changeable is not None else None,
    )


def is_set_up(settings: ExportSettings | None, dynamic: DynamicExportSettings | None, solar: SolarLimit | None) -> bool:
    """Return whether anything is or could be limited; gateways without a limit answer as well."""
    return bool(
        (settings is not None and settings.pel)
        or (dynamic is not None and (dynamic.enable or dynamic.limit_value))
        or (solar is not None and solar.enable)
    )


def limits_export(dynamic: DynamicExportSettings) -> bool:
    """Return whether the dynamic limit is one of the export, rather than one of the production or none at all."""
    return dynamic.export_limit is not False and _possible(dynamic.limit_value) and dynamic.enable is not None


def _set_up(settings: ExportSettings | None) -> float | None:
    """Return the limit in W; one in percent, in VA or for each phase can't be compared with the site's power."""
    if settings is None or not settings.pel or settings.percent or settings.apparent:
        return None
    whole = settings.export_limit_type in (None, "Aggregate")
    return settings.pel_limit if whole and _possible(settings.pel_limit) else None


def _dynamic(dynamic: DynamicExportSettings | None) -> float | None:
    return dynamic.limit_value if dynamic is not None and dynamic.enable and limits_export(dynamic) else None


def _possible(limit: float | None) -> bool:
    return limit is not None and 0 <= limit <= _LARGEST
