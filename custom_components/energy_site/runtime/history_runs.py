"""A cloud's past in Home Assistant's statistics, fetched hour by hour."""

from datetime import timedelta
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from ..sources.cloud import CloudSource
from ..sources.history import HistoryProvider
from ..sources.history_turns import HistoryTurns
from .statistics import HistoryImporter

INTERVAL = timedelta(hours=1)


class HistoryRuns(HistoryTurns):
    """Runs one system's importer within its key's quota."""

    def __init__(
        self, hass: HomeAssistant, source: CloudSource[Any], provider: HistoryProvider, site: str, title: str
    ) -> None:
        """Fetch the past of `source` by `provider`."""
        super().__init__(
            source,
            provider,
            lambda allowance, changed: HistoryImporter(
                hass, site=site, title=title, provider=provider, allowance=allowance, changed=changed
            ),
            dt_util.utcnow,
        )
