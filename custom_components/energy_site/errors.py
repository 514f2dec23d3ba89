"""Turns errors of clients and controls into what a person reads: the only place that does."""

from typing import TYPE_CHECKING

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er

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
from .site.control import Choice, ControlError, ControlName, Failure, Obstacle, Range, Value
from .sources.source import AnotherSystemError
from .vendors.iq_gateway.client.account import (
    AccountBlockedError,
    ClientRefusedError,
    CredentialsRefusedError,
    GatewayNotInAccountError,
    SessionsFullError,
    TwoFactorError,
)

if TYPE_CHECKING:
    from .coordinator import SiteRuntime

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

# What Enphase's sign-in service says, the same in a form, an exception and a repair.
_ACCOUNT_KEYS: tuple[tuple[type[ApiError], str], ...] = (
    (CredentialsRefusedError, "invalid_auth"),
    (TwoFactorError, "two_factor"),
    (GatewayNotInAccountError, "gateway_not_in_account"),
    (AccountBlockedError, "account_blocked"),
    (SessionsFullError, "account_sessions_full"),
    (ClientRefusedError, "account_client_refused"),
)


def account_key(error: VerdictError | AccountServiceError) -> str:
    """Return the key of the text for what Enphase's sign-in service said, or failed to say."""
    return next((key for error_type, key in _ACCOUNT_KEYS if isinstance(error, error_type)), "account_unreachable")


def translated[E: HomeAssistantError](kind: type[E], error: ApiError) -> E:
    """Return an exception of Home Assistant's with the message for a client's error."""
    key = _key(error)
    placeholders = {"endpoint": error.endpoint}
    if isinstance(error, ApiStatusError):
        placeholders["status"] = str(error.status)
        key = "busy" if key == "error_status" and error.busy else key
    return kind(translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders)


def _key(error: ApiError) -> str:
    if isinstance(error, RenewalPendingError):
        return account_key(error.condition)
    if isinstance(error, VerdictError):
        return account_key(error)
    return next((key for error_type, key in _KEYS if isinstance(error, error_type)), "unexpected")


_FAILURES = {
    Failure.MISSING: "control_missing",
    Failure.OUT_OF_RANGE: "control_out_of_range",
    Failure.NOT_AN_OPTION: "control_not_an_option",
    Failure.REFUSED: "control_refused",
    Failure.QUOTA: "control_quota",
    Failure.NO_CHANGES: "control_no_changes",
    Failure.IGNORED: "control_ignored",
    Failure.NO_ANSWER: "control_no_answer",
}
_OBSTACLES = {
    Obstacle.GOVERNED_REMOTELY: "control_not_now_governed_remotely",
    Obstacle.OFF_GRID: "control_not_now_off_grid",
    Obstacle.GRID_EVENT: "control_not_now_grid_event",
    Obstacle.STORM: "control_not_now_storm",
    Obstacle.FULL_BACKUP: "control_not_now_full_backup",
    Obstacle.NOT_KNOWN: "control_not_now_not_known",
    Obstacle.IGNORED: "control_not_now_ignored",
    Obstacle.REFUSED: "control_not_now_refused",
}

# These are mistakes of whoever asked, or of the moment; the others are the site's.
_MISTAKES = (Failure.MISSING, Failure.OUT_OF_RANGE, Failure.NOT_AN_OPTION, Failure.NOT_NOW)


def refusal(runtime: SiteRuntime, error: ControlError) -> HomeAssistantError:
    """Return an exception of Home Assistant's that says why a setting was not changed, and what is in force."""
    kind = ServiceValidationError if error.failure in _MISTAKES else HomeAssistantError
    placeholders = {
        "setting": setting_name(runtime, error.name),
        "wanted": _readable(error.wanted),
        "in_force": _readable(error.in_force),
    }
    key = _OBSTACLES[error.obstacle] if error.obstacle is not None else _FAILURES[error.failure]
    match error.limits:
        case Range(minimum=minimum, maximum=maximum) if error.failure is Failure.OUT_OF_RANGE:
            placeholders |= {"minimum": _readable(minimum), "maximum": _readable(maximum)}
        case Choice(options=options) if error.failure is Failure.NOT_AN_OPTION:
            placeholders["options"] = ", ".join(options)
    if error.failure is Failure.REFUSED:
        placeholders["status"] = str(error.answer)
    if error.failure is Failure.IGNORED:
        placeholders["seconds"] = _readable(error.seconds)
    return kind(translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders)


def setting_name(runtime: SiteRuntime, name: ControlName) -> str:
    """Return what a person knows a control as: its entity's name."""
    registry = er.async_get(runtime.hass)
    unique_id = "_".join(part for part in (runtime.site, *name) if part is not None)
    for platform in ("number", "select", "switch"):
        if (entity_id := registry.async_get_entity_id(platform, DOMAIN, unique_id)) is not None:
            entry = registry.async_get(entity_id)
            return (entry.name or entry.original_name if entry is not None else None) or name.key
    return name.key


def _readable(value: Value | None) -> str:
    match value:
        case None:
            return "?"
        case bool():
            return "on" if value else "off"
        case str():
            return value
    return f"{value:g}"
