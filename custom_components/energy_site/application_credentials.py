"""The OAuth clients that users registered with the vendors."""

from homeassistant.components.application_credentials import AuthImplementation, AuthorizationServer, ClientCredential
from homeassistant.core import HomeAssistant
from homeassistant.helpers.config_entry_oauth2_flow import AbstractOAuth2Implementation

from .vendors.registry import VENDORS


async def async_get_auth_implementation(
    hass: HomeAssistant, auth_domain: str, credential: ClientCredential
) -> AbstractOAuth2Implementation:
    """Return the vendor's OAuth implementation.

    A client stored by a config flow is named `<vendor>_<hash of the client ID>`. One added in Home
    Assistant's own dialog belongs to the vendor that recognizes its format.
    """
    client_id = credential.client_id.strip().lower()
    known = [vendor.oauth for vendor in VENDORS if vendor.oauth is not None]
    named = [oauth for oauth in known if auth_domain.startswith(f"{oauth.vendor}_")]
    alike = [oauth for oauth in known if oauth.client_id.fullmatch(client_id)]
    if owners := named or alike:
        return owners[0].implementation(hass, auth_domain, credential)
    # No flow offers a client that belongs to no vendor.
    return AuthImplementation(hass, auth_domain, credential, AuthorizationServer("", ""))


async def async_get_description_placeholders(
    hass: HomeAssistant,  # noqa: ARG001 - the signature is Home Assistant's.
) -> dict[str, str]:
    """Return the placeholders of the dialog's text."""
    pages = (vendor.oauth.developer_page for vendor in VENDORS if vendor.oauth is not None)
    return {"developer_page": ", ".join(pages)}
