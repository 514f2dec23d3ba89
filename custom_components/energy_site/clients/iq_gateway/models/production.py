"""Production as the gateway sums it up itself."""

from dataclasses import dataclass

from ...payload import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergySums:
    """W and Wh of one way to measure.

    On metered hardware they change only every 15 minutes. `watts_now` may be
    a negative number that lost its sign in 32 bits.
    """

    watts_now: float | None
    today: float | None
    seven_days: float | None
    lifetime: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PdmEnergy:
    """`/ivp/pdm/energy`: by the inverters (pcu) and by the meters (eim)."""

    inverters: EnergySums
    production: EnergySums
    consumption: EnergySums


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductionSummary:
    """The inverters' part of `/production.json`: W, Wh, how many report, when the last did."""

    active_count: int
    watts_now: float | None
    lifetime: float | None
    reading_time: int | None


def parse_production(endpoint: str, payload: object) -> EnergySums:
    """Read `/api/v1/production`."""
    return _sums(Record(endpoint, payload))


def parse_energy(endpoint: str, payload: object) -> PdmEnergy:
    """Read `/ivp/pdm/energy`."""
    root = Record(endpoint, payload)
    production = root.record("production")
    return PdmEnergy(
        inverters=_sums(production.record_or_empty("pcu")),
        production=_sums(production.record_or_empty("eim")),
        consumption=_sums(root.record_or_empty("consumption").record_or_empty("eim")),
    )


def parse_production_summary(endpoint: str, payload: object) -> ProductionSummary:
    """Read the inverters' entry of `/production.json`."""
    for item in Record(endpoint, payload).records("production"):
        if item.text_or_none("type") == "inverters":
            return ProductionSummary(
                active_count=item.integer_or_none("activeCount") or 0,
                watts_now=item.number_or_none("wNow"),
                lifetime=item.number_or_none("whLifetime"),
                reading_time=item.integer_or_none("readingTime"),
            )
    return ProductionSummary(active_count=0, watts_now=None, lifetime=None, reading_time=None)


def _sums(item: Record) -> EnergySums:
    return EnergySums(
        watts_now=item.number_or_none("wattsNow"),
        today=item.number_or_none("wattHoursToday"),
        seven_days=item.number_or_none("wattHoursSevenDays"),
        lifetime=item.number_or_none("wattHoursLifetime"),
    )
