"""What was stored may be anything: each reader takes what it can, and begins anew with the rest."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
import json
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.energy_site.site.control import PendingCommand
from custom_components.energy_site.site.energy.ledger import Ledger
from custom_components.energy_site.site.history.cursor import Cursor, Seen
from custom_components.energy_site.site.model import CounterKind, GridState, GridStatus
from custom_components.energy_site.site.outage import OutageWatch
from custom_components.energy_site.site.override import Override
from custom_components.energy_site.site.quota.demand import Plan, Purpose
from custom_components.energy_site.site.quota.planner import Planner
from custom_components.energy_site.site.tariff.model import Side
from custom_components.energy_site.site.tariff.past_prices import PastPrices, SeenTariff
from custom_components.energy_site.site.tariff.prices import PriceTable
from tests.mangled import changed, places
from tests.site.tariff.examples import DAY, NIGHT, of_year, tariff

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(
        ["", "nan", "-inf", "9999-12-31T23:59:59+00:00", "0001-01-01", "2026-06-15", "2026-06-15T12:00:00", "x"]
    )
    | st.text(max_size=6)
)
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
)
quick = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))


def _ledger() -> Ledger:
    ledger = Ledger(UTC)
    for hour in range(30):
        at = NOW + timedelta(hours=hour)
        ledger.count("solar", "meter", 1000.0 + 100 * hour, at)
        ledger.count("grid_import", "meter", 5000.0 + 10 * hour, at)
        ledger.integrate("battery", 500.0 - 40 * hour, at)
        ledger.balance("load", ("solar", "grid_import"), (), at)
    return ledger


def _planner() -> Planner:
    planner = Planner(Plan(per_month=1000, per_minute=10))
    planner.spend(3, NOW, purpose=Purpose.USER)
    return planner


def _watch() -> OutageWatch:
    watch = OutageWatch()
    watch.observe(GridStatus(observed_at=NOW, state=GridState.ON_GRID))
    watch.observe(GridStatus(observed_at=NOW, state=GridState.OFF_GRID))
    return watch


def _read_ledger(kept: Any) -> object:
    ledger = Ledger(UTC)
    ledger.restore(kept)
    later = NOW + timedelta(hours=40)
    ledger.count("solar", "meter", 6000.0, later)
    ledger.integrate("battery", 100.0, later)
    ledger.balance("load", ("solar", "grid_import"), (), later)
    ledger.counts(later)
    return ledger.as_dict()


def _read_planner(kept: Any) -> object:
    planner = Planner(Plan(per_month=1000, per_minute=10))
    planner.restore(kept)
    planner.next_allowed(Purpose.USER, 1, NOW)
    planner.spend(1, NOW, purpose=Purpose.USER)
    return planner.as_dict()


def _read_watch(kept: Any) -> object:
    watch = OutageWatch()
    watch.restore(kept)
    watch.observe(GridStatus(observed_at=NOW, state=GridState.ON_GRID))
    return watch.as_dict()


TARIFF = SeenTariff(
    name="Tariff", currency="EUR", table=PriceTable(tariff(of_year(NIGHT, DAY)), ZoneInfo("Europe/Amsterdam"))
)


def _prices() -> PastPrices:
    prices = PastPrices()
    prices.see(TARIFF, NOW)
    prices.pass_time(NOW + timedelta(hours=40))
    return prices


def _read_prices(kept: Any) -> object:
    prices = PastPrices()
    prices.restore(kept)
    prices.pass_time(NOW + timedelta(hours=41))
    for side in Side:
        assert (since := prices.since(side)) is None or since <= NOW + timedelta(hours=41)
    prices.resume(TARIFF, NOW + timedelta(hours=41))
    prices.pass_time(NOW + timedelta(hours=42))
    prices.see(TARIFF, NOW + timedelta(hours=43))
    for side in Side:
        prices.mean(side, NOW, NOW + timedelta(hours=43))
        assert prices.mean(side, NOW + timedelta(hours=43), NOW + timedelta(hours=44)) is None
    return prices.as_dict()


def _read_override(kept: Any) -> object:
    override = Override.restore(kept)
    return None if override is None else override.as_dict()


def _read_wish(kept: Any) -> object:
    wish = PendingCommand.restore(kept)
    return None if wish is None else wish.as_dict()


CURSOR = Cursor(
    first=date(2026, 1, 1),
    through=date(2026, 6, 14),
    refined={date(2026, 6, 1)},
    seen={date(2026, 6, 14): Seen(at=NOW, reported=NOW, energy=0.0, since=NOW)},
    reported=NOW,
    written={CounterKind.SOLAR: NOW},
    shares={CounterKind.SOLAR: {date(2026, 6, 13): (120.0, 80.0)}},
)
READERS: dict[str, tuple[Any, Callable[[Any], object]]] = {
    "ledger": (_ledger().as_dict(), _read_ledger),
    "planner": (_planner().as_dict(), _read_planner),
    "outage": (_watch().as_dict(), _read_watch),
    "override": (
        Override(until=NOW, before={"backup_reserve": 20.0}, imposed={"backup_reserve": 80.0}).as_dict(),
        _read_override,
    ),
    "wish": (PendingCommand(value=30.0, requested_at=NOW).as_dict(), _read_wish),
    "prices": (_prices().as_dict(), _read_prices),
    "history": (CURSOR.as_dict(), lambda kept: Cursor.restore(kept).as_dict()),
}


@pytest.mark.parametrize("name", READERS)
def test_what_was_stored_is_read_again_or_left_out(name: str) -> None:
    kept, reader = READERS[name]
    sound = json.loads(json.dumps(kept))
    everywhere = sorted(places(sound), key=repr)

    @quick
    @given(st.lists(st.tuples(st.sampled_from(everywhere), JSON), min_size=1, max_size=2))
    def hold(wrong: list[tuple[tuple[Any, ...], Any]]) -> None:
        stored = sound
        for place, value in wrong:
            try:
                stored = changed(stored, place, value)
            except KeyError, IndexError, TypeError:
                continue
        if isinstance(stored, dict):
            json.dumps(reader(stored), allow_nan=False)

    hold()


def test_no_share_of_a_day_is_anything_but_a_number() -> None:
    for odd in ("nan", "-inf", "1e999"):
        kept = json.loads(json.dumps(CURSOR.as_dict()))
        kept["shares"]["solar"]["2026-06-13"] = [odd, 1.0]
        json.dumps(Cursor.restore(kept).as_dict(), allow_nan=False)


def test_a_moment_without_a_zone_and_a_span_of_millennia_begin_the_history_anew() -> None:
    kept = CURSOR.as_dict()
    assert Cursor.restore({**kept, "idle_until": "2026-06-15T12:00:00"}) == Cursor()
    assert Cursor.restore({**kept, "refined": [["0001-01-01", "9999-12-31"]]}) == Cursor()


@pytest.mark.parametrize("name", READERS)
def test_what_was_stored_soundly_comes_back_as_it_was(name: str) -> None:
    kept, reader = READERS[name]
    if name in ("ledger", "planner", "outage", "prices"):
        assert reader(json.loads(json.dumps(kept)))
    else:
        assert reader(json.loads(json.dumps(kept))) == kept
