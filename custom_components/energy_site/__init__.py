"""Energy Site: a home's solar and battery site, of any vendor."""

from typing import Any

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryError
from homeassistant.helpers import config_validation as cv, device_registry as dr, issue_registry as ir
from homeassistant.helpers.typing import ConfigType

from .api.errors import ApiError
from .const import CONF_SOURCE, DOMAIN
from .energy_dashboard.memory import async_memory
from .energy_dashboard.offer import async_offer
from .energy_dashboard.preferences import async_names
from .energy_dashboard.step import FOREIGN_STATISTICS
from .frontend import async_serve_dashboard
from .helpers.storage import site_file
from .moving.check import async_check
from .moving.machine import async_load_journal, async_release, async_replace
from .moving.sites import async_old_statistics
from .runtime.pairing import async_pair
from .runtime.site import SiteConfigEntry, SiteRuntime
from .services import async_setup_services
from .vendors.adapter import SourceAdapter
from .vendors.registry import VENDORS, vendor_of
from .vendors.vendor import REPLACE

PLATFORMS = [
    Platform.BINARY_SENSOR,
    Platform.CALENDAR,
    Platform.EVENT,
    Platform.NUMBER,
    Platform.SELECT,
    Platform.SENSOR,
    Platform.SWITCH,
]

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:  # noqa: ARG001 - the signature is Home Assistant's.
    """Register the actions and what is served to vendors and browsers, and load what all sites share."""
    async_setup_services(hass)
    await async_memory(hass)
    hass.data[FOREIGN_STATISTICS] = async_old_statistics
    hass.data[REPLACE] = async_replace
    await async_serve_dashboard(hass)
    await async_load_journal(hass)
    for vendor in VENDORS:
        if vendor.serve is not None:
            vendor.serve(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: SiteConfigEntry) -> bool:
    """Set up a site."""
    adapter = await _adapter_of(entry).async_create(hass, entry)
    runtime = SiteRuntime(hass, entry, adapter)
    await runtime.async_start()
    entry.runtime_data = runtime
    runtime.devices.async_register_hub()
    runtime.ways.hand_over(await async_names(hass))
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    async_pair(runtime)
    runtime.async_run()
    async_offer(hass, entry)
    async_check(hass, entry)
    return True


def _adapter_of(entry: SiteConfigEntry) -> type[SourceAdapter[Any]]:
    """Return the entry's adapter; raise `ConfigEntryError` if the entry lacks data that the adapter needs."""
    vendor = vendor_of(entry)
    if vendor is None:
        raise _damaged(entry, CONF_SOURCE)
    adapter = vendor.adapter
    if not entry.unique_id:
        raise _damaged(entry, "unique_id")
    for key, read in adapter.required.items():
        try:
            read(entry.data[key])
        except LookupError, TypeError, ValueError, ApiError:
            # Home Assistant logs the cause, which may contain the unreadable value.
            raise _damaged(entry, key) from None
    return adapter


def _damaged(entry: SiteConfigEntry, field: str) -> ConfigEntryError:
    return ConfigEntryError(
        translation_domain=DOMAIN,
        translation_key="entry_damaged",
        translation_placeholders={"name": entry.title, "field": field},
    )


async def async_unload_entry(hass: HomeAssistant, entry: SiteConfigEntry) -> bool:
    """Unload a site and store its state."""
    if unloaded := await hass.config_entries.async_unload_platforms(entry, PLATFORMS):
        await entry.runtime_data.async_stop()
    return unloaded


async def async_remove_entry(hass: HomeAssistant, entry: SiteConfigEntry) -> None:
    """Remove the stored data and issues of a removed site, and what its vendor kept elsewhere."""
    issues = ir.async_get(hass)
    for domain, issue_id in list(issues.issues):
        if domain == DOMAIN and issue_id.endswith(entry.entry_id):
            issues.async_delete(domain, issue_id)
    await async_release(hass, entry)
    await site_file(hass, entry.entry_id, entry.title).async_remove()
    await (await async_memory(hass)).async_forget(entry.entry_id)
    if (vendor := vendor_of(entry)) is not None and vendor.forget is not None:
        await vendor.forget(hass, entry)


async def async_remove_config_entry_device(
    hass: HomeAssistant,  # noqa: ARG001 - the signature is Home Assistant's.
    entry: SiteConfigEntry,
    device: dr.DeviceEntry,
) -> bool:
    """Allow the user to remove a device that the site no longer has."""
    return entry.runtime_data.devices.forget_if_gone(device)
