"""The application of an entry, and the budget that all entries of an application share."""

from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from ...const import CONF_AUTH_IMPLEMENTATION, DOMAIN
from ...site.quota.demand import Plan
from ..oauth import stored_client
from ..request_budget import KeyQuota, async_quota, smaller
from .budget import CREDIT, PLANS, plan_of


def application_id(hass: HomeAssistant, entry: ConfigEntry[Any]) -> str:
    """Return the ID of an entry's application; the name that it is stored under if it was deleted."""
    name: str = entry.data[CONF_AUTH_IMPLEMENTATION]
    return client.client_id if (client := stored_client(hass, name)) is not None else name


def shared_plan(hass: HomeAssistant, entry: ConfigEntry[Any]) -> Plan:
    """Return the smallest budget among the entries of an application, which share it, without disabled ones."""
    name = entry.data[CONF_AUTH_IMPLEMENTATION]
    plan = plan_of(entry.options)
    for each in hass.config_entries.async_entries(DOMAIN):
        if each.data.get(CONF_AUTH_IMPLEMENTATION) == name and each.disabled_by is None:
            plan = smaller(plan, plan_of(each.options))
    return plan


async def async_entry_quota(hass: HomeAssistant, entry: ConfigEntry[Any]) -> KeyQuota:
    """Return the quota of an entry's application."""
    client_id = application_id(hass, entry)
    return await async_quota(hass, client_id, shared_plan(hass, entry), dt_util.utcnow(), fallback=PLANS[CREDIT])
