"""Turns the clients' errors into what a person reads: the only place that does."""

from homeassistant.exceptions import HomeAssistantError

from .clients.errors import (
    ApiAuthError,
    ApiCertificateError,
    ApiConnectionError,
    ApiError,
    ApiPayloadError,
    ApiStatusError,
    ApiTimeoutError,
)
from .const import DOMAIN
from .sources.source import AnotherSystemError

_KEYS: tuple[tuple[type[ApiError], str], ...] = (
    (AnotherSystemError, "another_gateway"),
    (ApiAuthError, "auth_refused"),
    (ApiCertificateError, "certificate_changed"),
    (ApiTimeoutError, "no_answer"),
    (ApiConnectionError, "cannot_connect"),
    (ApiStatusError, "error_status"),
    (ApiPayloadError, "unreadable_answer"),
)


def translated[E: HomeAssistantError](kind: type[E], error: ApiError) -> E:
    """Return an exception of Home Assistant's with the message for a client's error."""
    key = next((key for error_type, key in _KEYS if isinstance(error, error_type)), "unexpected")
    placeholders = {"endpoint": error.endpoint}
    if isinstance(error, ApiStatusError):
        placeholders["status"] = str(error.status)
    return kind(translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders)
