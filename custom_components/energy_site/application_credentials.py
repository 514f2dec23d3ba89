"""The OAuth clients that people registered with the vendors."""

from collections.abc import Callable, Mapping

from homeassistant.components.application_credentials import ClientCredential
from homeassistant.core import HomeAssistant
from homeassistant.helpers.config_entry_oauth2_flow import AbstractOAuth2Implementation

from .const import ENPHASE_DEVELOPER_PAGE
from .vendors.cloud_oauth import ENPHASE, EnphaseImplementation

# Every vendor's clients are named `<vendor>_<hash of the client id>`.
_VENDORS: Mapping[str, Callable[[HomeAssistant, str, ClientCredential], AbstractOAuth2Implementation]] = {
    ENPHASE: EnphaseImplementation,
}


async def async_get_auth_implementation(
    hass: HomeAssistant, auth_domain: str, credential: ClientCredential
) -> AbstractOAuth2Implementation:
    """Return a vendor's way to sign in; what a person added in Home Assistant's own dialog is taken for Enphase's."""
    vendor = _VENDORS.get(auth_domain.partition("_")[0], EnphaseImplementation)
    return vendor(hass, auth_domain, credential)


async def async_get_description_placeholders(
    hass: HomeAssistant,  # noqa: ARG001 - the signature is Home Assistant's.
) -> dict[str, str]:
    """Return what the dialog's text names."""
    return {"developer_page": ENPHASE_DEVELOPER_PAGE}
