"""The vendors, one line each, in the order of the config flow's menu, and in which entries of one home show it."""

from typing import Any

from homeassistant.config_entries import ConfigEntry

from ..const import CONF_SOURCE
from ..helpers.harmless import NO_VOCABULARY, Vocabulary
from .enphase_account.vendor import ENPHASE_ACCOUNT
from .enphase_cloud.vendor import ENLIGHTEN, ENPHASE_CLOUD
from .iq_gateway.vendor import IQ_GATEWAY
from .tesla.vendor import TESLA
from .vendor import Vendor

VENDORS: tuple[Vendor, ...] = (
    IQ_GATEWAY,
    ENPHASE_ACCOUNT,
    ENPHASE_CLOUD,
    ENLIGHTEN,
    TESLA,
)


def vendor_of(entry: ConfigEntry[Any]) -> Vendor | None:
    """Return the vendor of an entry, `None` if its data contains no known one."""
    return next((vendor for vendor in VENDORS if vendor.source == entry.data.get(CONF_SOURCE)), None)


def personal_data(entry: ConfigEntry[Any]) -> dict[str, Any]:
    """Return the fields of an entry's data that may be personal."""
    vendor = vendor_of(entry)
    public = {CONF_SOURCE, *(vendor.public_data if vendor is not None else ())}
    return {key: value for key, value in entry.data.items() if key not in public}


def vocabulary(entry: ConfigEntry[Any]) -> Vocabulary:
    """Return the vocabulary for the responses that an entry receives."""
    vendor = vendor_of(entry)
    return vendor.vocabulary if vendor is not None else NO_VOCABULARY
