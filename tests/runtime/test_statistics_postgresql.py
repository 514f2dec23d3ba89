"""A site's past in a recorder on PostgreSQL, as large installations have it, where a server is at hand."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import psycopg2
import pytest
from pytest_socket import enable_socket

from bench.postgresql import NoServerError, serving
from custom_components.energy_site.site.history.intervals import HOUR
from custom_components.energy_site.site.history.report import Stop
from custom_components.energy_site.site.history.rows import StatisticsRow
from custom_components.energy_site.site.model import CounterKind
from homeassistant.components.recorder.const import SupportedDialect
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance

from .test_statistics import NOON, Cloud, cloud, config, enable_event_loop_debug

__all__ = ["cloud", "config", "enable_event_loop_debug"]

pytestmark = [pytest.mark.usefixtures("recorder_mock"), pytest.mark.xdist_group("postgresql")]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Run a server for all tests here, or skip them."""
    enable_socket()
    try:
        with serving() as url:
            yield url
    except NoServerError as err:
        pytest.skip(str(err))


@pytest.fixture
def recorder_db_url(server: str, hass_fixture_setup: list[bool]) -> Iterator[str]:
    """Return an empty database of that server, in place of one of SQLite in memory."""
    assert not hass_fixture_setup
    yield server
    connection = psycopg2.connect(server)
    with connection, connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")
    connection.close()


@pytest.fixture
def lives() -> tuple[datetime, float]:
    """Return the time, and that the house is there for a week."""
    return NOON, 7.5


@pytest.fixture(autouse=True)
def _on_postgresql(hass: HomeAssistant) -> None:
    assert get_instance(hass).dialect_name is SupportedDialect.POSTGRESQL


async def test_a_life_is_there_by_days_and_becomes_hours(cloud: Cloud) -> None:
    """Rows take the place of those of the days, the sums behind them are shifted, and a restart goes on."""
    await cloud.run(5)
    await cloud.expect_days(date(2026, 6, 8), date(2026, 6, 14))
    cloud.start(cloud.importer.as_dict())
    report = await cloud.run()
    assert report.stopped is Stop.DONE
    await cloud.expect_hours(date(2026, 6, 8), datetime(2026, 6, 15, 9, tzinfo=UTC))
    memory = cloud.importer.as_dict()
    cloud.move_to(NOON + timedelta(days=3))
    cloud.start(memory)
    await cloud.run()
    await cloud.expect_hours(date(2026, 6, 8), datetime(2026, 6, 18, 9, tzinfo=UTC))


async def test_days_are_imported_again(cloud: Cloud) -> None:
    """Whatever was there, and nothing else changes."""
    await cloud.run()
    store = cloud.importer.store
    hour = datetime(2026, 6, 10, 12, tzinfo=UTC)
    rows, before = await store.rows(CounterKind.SOLAR, hour, hour + HOUR)
    store.write(CounterKind.SOLAR, [StatisticsRow(start=hour, energy=99.0, sum=before + 99.0)])
    store.shift(CounterKind.SOLAR, hour + HOUR, 99.0 - rows[0].energy)
    assert (await cloud.rows(CounterKind.SOLAR))[hour] == 99.0
    report = await cloud.importer.async_import(date(2026, 6, 9), date(2026, 6, 11))
    assert report.stopped is Stop.DONE
    await cloud.expect_hours(date(2026, 6, 8), datetime(2026, 6, 15, 9, tzinfo=UTC))


async def test_sums_that_a_crash_left_broken_are_mended(cloud: Cloud) -> None:
    """From the energy of each hour."""
    await cloud.run()
    store = cloud.importer.store
    store.shift(CounterKind.GRID_IMPORT, datetime(2026, 6, 11, tzinfo=UTC), 1234.5)
    await store.mend(CounterKind.GRID_IMPORT)
    await cloud.expect_hours(date(2026, 6, 8), datetime(2026, 6, 15, 9, tzinfo=UTC))
