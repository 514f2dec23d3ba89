"""The only place that turns client errors into messages for the user."""

from homeassistant.exceptions import HomeAssistantError

from .api.errors import (
    AccountServiceError,
    ApiAuthError,
    ApiCertificateError,
    ApiConnectionError,
    ApiCutOffError,
    ApiError,
    ApiFramingError,
    ApiIncompleteError,
    ApiPayloadError,
    ApiQuotaError,
    ApiStatusError,
    ApiTimeoutError,
    RenewalPendingError,
    VerdictError,
)
from .const import DOMAIN
from .sources.source import AnotherSystemError

_KEYS: tuple[tuple[type[ApiError], str], ...] = (
    (AnotherSystemError, "another_gateway"),
    (ApiAuthError, "auth_refused"),
    (ApiQuotaError, "no_requests_left"),
    (ApiCertificateError, "certificate_changed"),
    (ApiTimeoutError, "no_answer"),
    (ApiCutOffError, "cut_off"),
    (ApiFramingError, "unreadable_http"),
    (ApiConnectionError, "cannot_connect"),
    (ApiStatusError, "error_status"),
    (ApiIncompleteError, "cut_off"),
    (ApiPayloadError, "unreadable_answer"),
)

# Of an account whose session is used for more than a gateway's token.
_SESSION_KEYS = {
    "account_blocked": "session_account_blocked",
    "account_client_refused": "session_account_client_refused",
    "too_many_sessions": "session_too_many_sessions",
}


def translated[E: HomeAssistantError](kind: type[E], error: ApiError) -> E:
    """Return a Home Assistant exception with the message for a client error."""
    key = _key(error)
    placeholders = {"endpoint": error.endpoint}
    if isinstance(error, ApiStatusError):
        placeholders["status"] = str(error.status)
        key = "busy" if key == "error_status" and error.busy else key
    return kind(translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders)


def _key(error: ApiError) -> str:
    if isinstance(error, RenewalPendingError):
        return error.condition.translation_key
    if isinstance(error, VerdictError):
        return error.translation_key
    if isinstance(error, AccountServiceError):
        return _SESSION_KEYS.get(error.translation_key, "session_account_unreachable")
    return next((key for error_type, key in _KEYS if isinstance(error, error_type)), "unexpected")
