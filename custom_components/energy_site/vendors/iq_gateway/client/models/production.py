"""The production as summed up by the gateway itself."""

from dataclasses import dataclass

from .....api.payload import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergySums:
    """The sums of one way of measuring, in W and Wh.

    On metered hardware, they only change every 15 minutes. `watts_now` may be a negative number
    that lost its sign in 32 bits.
    """

    watts_now: float | None
    today: float | None
    lifetime: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PdmEnergy:
    """`/ivp/pdm/energy`: sums of the inverters (pcu) and of the meters (eim)."""

    inverters: EnergySums
    production: EnergySums


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageSums:
    """All AC Batteries together in `/production.json`: W, Wh, %, and the word for their state.

    The sign of the power isn't reliable, but the word is.
    """

    watts_now: float | None = None
    watt_hours_now: float | None = None
    percent_full: float | None = None
    state: str | None = None

    @property
    def power(self) -> float | None:
        """The power in W, positive for discharge, 0 while idle."""
        if self.watts_now is None:
            return None
        return {"charging": -abs(self.watts_now), "discharging": abs(self.watts_now), "idle": 0.0}.get(self.state or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductionSummary:
    """The inverters' part of `/production.json`: W, Wh, and how many report; and its storage."""

    active_count: int
    watts_now: float | None
    lifetime: float | None
    storage: StorageSums = StorageSums()


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
    )


def parse_production_summary(endpoint: str, payload: object) -> ProductionSummary:
    """Read the inverters' and the storage's entry of `/production.json`."""
    root = Record(endpoint, payload)
    storage = _storage(root)
    for item in root.records("production"):
        if item.code_or_none("type") == "inverters":
            return ProductionSummary(
                active_count=item.integer_or_none("activeCount") or 0,
                watts_now=item.number_or_none("wNow"),
                lifetime=item.number_or_none("whLifetime"),
                storage=storage,
            )
    return ProductionSummary(active_count=0, watts_now=None, lifetime=None, storage=storage)


def _storage(root: Record) -> StorageSums:
    for item in root.records("storage"):
        if item.code_or_none("type") == "acb" and item.integer_or_none("activeCount"):
            return StorageSums(
                watts_now=item.number_or_none("wNow"),
                watt_hours_now=item.number_or_none("whNow"),
                percent_full=item.number_or_none("percentFull"),
                state=item.code_or_none("state"),
            )
    return StorageSums()


def _sums(item: Record) -> EnergySums:
    return EnergySums(
        watts_now=item.number_or_none("wattsNow"),
        today=item.number_or_none("wattHoursToday"),
        lifetime=item.number_or_none("wattHoursLifetime"),
    )
