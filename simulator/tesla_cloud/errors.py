"""The error bodies of Tesla's services."""

from secrets import token_hex
from typing import Any

from simulator.cloud.refusal import RefusedError
from simulator.iq_gateway.reply import Reply, html

_ERRORS = {
    400: ("invalid_request", ""),
    401: ("token expired (401)", ""),
    402: ("payment required", "Payment is required in order to access this API"),
    403: ("Unauthorized missing scopes", ""),
    404: ("not_found", "The requested resource does not exist"),
    405: ("method_not_allowed", ""),
    406: ("not_acceptable", 'Content-Type must be "application/json"'),
    408: ("device unavailable: Error incomplete data", ""),
    412: ("A condition has not been met", "Account must be registered in the current region"),
    421: ("user out of region", "Use /api/1/users/region to find the base URL"),
    422: ("unprocessable", ""),
    423: ("locked", ""),
    424: ("registration rejected", ""),
    429: ("Rate limit exceeded", ""),
    451: ("unavailable_for_legal_reasons", ""),
    499: ("client closed request", ""),
    500: ("upstream internal error", ""),
    540: ("device unavailable", "The device is offline"),
}
_HTML = frozenset({502, 503, 504})


def failure(
    status: int, error: str | None = None, description: str | None = None, headers: dict[str, str] | None = None
) -> RefusedError:
    """Return an error of the Fleet API in its envelope, or in nginx's page."""
    if status in _HTML:
        return RefusedError(html(status))
    usual, usual_description = _ERRORS[status]
    body: dict[str, Any] = {
        "response": None,
        "error": usual if error is None else error,
        "error_description": usual_description if description is None else description,
        "txid": token_hex(16),
    }
    return RefusedError(Reply(status=status, payload=body, headers=headers or {}))


def sign_in(status: int, error: str, description: str) -> RefusedError:
    """Return an error of the authorization server."""
    body = {"error": error, "error_description": description, "error_uri": "https://auth.tesla.com/error/reference"}
    return RefusedError(Reply(status=status, payload=body))


def too_many(wait: int, wait_in: str = "header", limit: int = 60) -> RefusedError:
    """Return a 429 whose wait (s) is in a `header`, the `body`, a `rate` limit header, or not sent (`none`)."""
    refused = failure(429)
    headers: dict[str, str] = {}
    payload = dict(refused.reply.payload or {})
    if wait_in == "header":
        headers = {"Retry-After": str(wait)}
    elif wait_in == "rate":
        headers = {"RateLimit-Limit": str(limit), "RateLimit-Remaining": "0", "RateLimit-Reset": str(wait)}
    elif wait_in == "body":
        payload["after"] = wait
    return RefusedError(Reply(status=429, payload=payload, headers=headers))
