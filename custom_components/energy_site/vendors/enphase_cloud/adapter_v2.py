"""A system in Enphase's cloud by the old API in Home Assistant: its key, its quota, and the API's end."""

from datetime import datetime
from types import MappingProxyType
from typing import Self, override

from homeassistant.const import CONF_API_KEY
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

from ...api.errors import ApiAuthError, ApiError
from ...const import CONF_SYSTEM_ID, CONF_USER_ID, DOMAIN, documentation
from ...coordinator import SiteConfigEntry
from ...helpers.sessions import forgetful_session
from ...helpers.zones import async_find_zone
from ...site.model import CounterKind
from ...site.quota.demand import Purpose
from ...sources.budget import SystemSpending
from ..adapter import text
from ..cloud_adapter import CloudAdapter
from ..request_budget import async_quota
from .client.v2 import EnlightenV2Client
from .flow import take_over_spending
from .source.v2.feeds import Context
from .source.v2.history import EnlightenHistory
from .source.v2.source import EnlightenSource

ISSUE_RETIRED = "api_retired"

# What a key of the old API allows; the service says so itself where it is less.
PLAN = "legacy"


class EnlightenAdapter(CloudAdapter[EnlightenSource]):
    """One system's config entry."""

    manufacturer = "Enphase"
    required = MappingProxyType({CONF_API_KEY: text, CONF_USER_ID: text, CONF_SYSTEM_ID: int})

    def __init__(
        self, hass: HomeAssistant, entry: SiteConfigEntry, client: EnlightenV2Client, source: EnlightenSource
    ) -> None:
        """Tie `source`, which asks with `client`, to the entry."""
        self._hass = hass
        self._entry = entry
        self.client: EnlightenV2Client = client
        self.source = source

    @override
    @classmethod
    async def async_create(cls, hass: HomeAssistant, entry: SiteConfigEntry) -> Self:
        data, system = entry.data, entry.unique_id or ""
        quota = await async_quota(hass, data[CONF_API_KEY], PLAN, dt_util.utcnow())
        spending = SystemSpending(quota, system, dt_util.utcnow)
        # What the set-up itself asked counts as well.
        if asked := take_over_spending(hass, data[CONF_API_KEY]):
            quota.planner.spend(asked, dt_util.utcnow(), purpose=Purpose.PERSON)
        session = forgetful_session(hass)
        client = EnlightenV2Client(session, data[CONF_API_KEY], data[CONF_USER_ID], spending=spending)
        context = Context(
            client=client,
            system_id=int(data[CONF_SYSTEM_ID]),
            clock=dt_util.utcnow,
            zone=dt_util.get_default_time_zone(),
        )
        source = EnlightenSource(context, system, quota.planner, spending, async_find_zone)
        return cls(hass, entry, client, source)

    @override
    async def async_connect(self) -> None:
        await super().async_connect()
        self._tell_of_the_end(dt_util.utcnow())

    @override
    def history(self) -> EnlightenHistory:
        source = self.source
        kinds = (CounterKind.SOLAR, CounterKind.LOAD)
        return EnlightenHistory(self.client, source.context.system_id, source.zone, kinds, meter=source.metered)

    @override
    async def async_tend(self) -> None:
        self._tell_of_the_end(dt_util.utcnow())

    @override
    async def async_examine(self, error: ApiError) -> None:
        if isinstance(error, ApiAuthError):
            self._entry.async_start_reauth(self._hass)
        self._tell_of_the_end(dt_util.utcnow())

    @callback
    def _tell_of_the_end(self, now: datetime) -> None:
        """Raise the repair where the API is gone, and take it back where it is there."""
        issue_id = f"{ISSUE_RETIRED}_{self._entry.entry_id}"
        if self.source.retired(now):
            ir.async_create_issue(
                self._hass,
                DOMAIN,
                issue_id,
                is_fixable=False,
                severity=ir.IssueSeverity.ERROR,
                translation_key=ISSUE_RETIRED,
                translation_placeholders={"name": self._entry.title},
                data={"entry_id": self._entry.entry_id},
                learn_more_url=documentation("repairs.md#api-retired"),
            )
        elif self.source.gone_since is None:
            ir.async_delete_issue(self._hass, DOMAIN, issue_id)
