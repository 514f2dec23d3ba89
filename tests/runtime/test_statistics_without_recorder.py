"""Nobody records: a site's past is nobody's business."""

from datetime import date

from custom_components.energy_site.runtime.statistics import HistoryImporter
from custom_components.energy_site.site.history.report import Stop
from custom_components.energy_site.site.model import CounterKind
from custom_components.energy_site.vendors.enphase_cloud.source.v4.history import EnphaseHistory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.util import dt as dt_util


async def test_without_a_recorder_nothing_is_asked(hass: HomeAssistant) -> None:
    """And nothing is logged; no client would even answer."""
    assert "recorder" not in hass.config.components
    async_get_clientsession(hass)
    provider = EnphaseHistory(None, 1, dt_util.UTC, set(CounterKind))  # type: ignore[arg-type]
    importer = HistoryImporter(hass, site="enphase_1", title="Home", provider=provider, allowance=lambda: 100)
    assert (await importer.async_run()).stopped is Stop.NO_RECORDER
    assert (await importer.async_import(date(2026, 1, 1), date(2026, 1, 2))).stopped is Stop.NO_RECORDER
    assert importer.progress == 0
