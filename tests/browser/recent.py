"""The last day of a house in steps of five minutes, as Home Assistant's recorder keeps it.

Home Assistant imports hours only, and a graph of today is made of shorter steps: without them it is empty until
Home Assistant has run for some hours.
"""

from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
import sqlite3

from demo.entities import Entities
from demo.statistics import MEASURED
from simulator.house import HistoryRow

_STEP, _DAY = 300.0, 86400.0
_INSERT = """
    INSERT OR IGNORE INTO statistics_short_term (created_ts, metadata_id, start_ts, mean, min, max)
    SELECT ?, id, ?, ?, ?, ? FROM statistics_meta WHERE statistic_id = ?
"""


def remember(database: Path, rows: Iterable[HistoryRow], entities: Entities) -> None:
    """Write what the sensors that measure would have recorded, into the database of a running Home Assistant."""
    steps = [row for row in rows if row.start % _STEP == 0 and row.end - row.start == _STEP]
    values = [
        (row.end, row.start, value(row), value(row), value(row), entities[key])
        for row in steps
        if row.start > steps[-1].start - _DAY
        for key, value in MEASURED.items()
        if key in entities
    ]
    with closing(sqlite3.connect(database, timeout=60)) as connection, connection:
        connection.executemany(_INSERT, values)
