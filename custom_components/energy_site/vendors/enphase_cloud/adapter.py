"""A system in Enphase's cloud in Home Assistant: its token, its key's quota, its plan."""

from types import MappingProxyType
from typing import Self, override

from homeassistant.const import CONF_API_KEY
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from ...api.errors import ApiAuthError, ApiError
from ...const import CONF_PLAN, CONF_REFUSED, CONF_SYSTEM_ID
from ...coordinator import SiteConfigEntry
from ...helpers.sessions import forgetful_session
from ...helpers.zones import async_find_zone
from ...site.quota.demand import Purpose
from ...sources.budget import SystemSpending
from ..adapter import text
from ..cloud_adapter import CloudAdapter
from ..cloud_oauth import async_entry_token
from ..request_budget import PLANS, KeyQuota, async_quota
from .client.errors import KeyRefusedError
from .client.v4 import EnphaseV4Client
from .flow import take_over_spending
from .source.v4.context import Context
from .source.v4.history import EnphaseHistory, history_of
from .source.v4.source import EnphaseCloudSource


class EnphaseCloudAdapter(CloudAdapter[EnphaseCloudSource]):
    """One system's config entry."""

    manufacturer = "Enphase"
    required = MappingProxyType({CONF_API_KEY: text, CONF_PLAN: PLANS.__getitem__, CONF_SYSTEM_ID: int})

    def __init__(
        self,
        hass: HomeAssistant,
        entry: SiteConfigEntry,
        client: EnphaseV4Client,
        quota: KeyQuota,
        spending: SystemSpending,
    ) -> None:
        """Build the source that the entry describes."""
        self._hass = hass
        self._entry = entry
        self.client: EnphaseV4Client = client
        self.quota = quota
        context = Context(
            client=client,
            system_id=int(entry.data[CONF_SYSTEM_ID]),
            clock=dt_util.utcnow,
            zone=dt_util.get_default_time_zone(),
        )
        self.source = EnphaseCloudSource(context, entry.unique_id or "", quota.planner, spending, async_find_zone)

    @override
    @classmethod
    async def async_create(cls, hass: HomeAssistant, entry: SiteConfigEntry) -> Self:
        data = entry.data
        quota = await async_quota(hass, data[CONF_API_KEY], data[CONF_PLAN], dt_util.utcnow())
        spending = SystemSpending(quota, entry.unique_id or "", dt_util.utcnow)
        token = await async_entry_token(hass, entry)
        client = EnphaseV4Client(forgetful_session(hass), data[CONF_API_KEY], token, spending=spending)
        # What the set-up itself asked counts as well.
        if asked := take_over_spending(hass, data[CONF_API_KEY]):
            quota.planner.spend(asked, dt_util.utcnow(), purpose=Purpose.PERSON)
        return cls(hass, entry, client, quota, spending)

    @override
    def history(self) -> EnphaseHistory:
        return history_of(self.source)

    @override
    async def async_tend(self) -> None:
        """Do nothing: the token renews itself when it is used, and a look at the firmware would cost a request."""

    @override
    async def async_examine(self, error: ApiError) -> None:
        if isinstance(error, KeyRefusedError):
            self._entry.async_start_reauth(self._hass, data={CONF_REFUSED: CONF_API_KEY})
        elif isinstance(error, ApiAuthError):
            self._entry.async_start_reauth(self._hass)
