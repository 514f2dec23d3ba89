"""The error bodies of the cloud, in all their shapes."""

from typing import Any

from simulator.cloud.refusal import RefusedError
from simulator.iq_gateway.reply import Reply

_MESSAGES = {
    400: "Bad request",
    401: "Not Authorized",
    403: "Forbidden",
    404: "Not Found",
    422: "Unprocessable Entity",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
NOT_YOURS = "Not authorized to access this resource"
NOT_SIGNED_IN = "User is not authorized"
MISMATCH = "API Key -Client mismatch"


def v4(status: int, details: str, **more: Any) -> RefusedError:
    """Return v4's usual error: message, details and a numeric code."""
    body = {"message": _MESSAGES[status], "details": details, "code": status}
    return RefusedError(Reply(status=status, payload=body | more))


def v4_method(status: int) -> RefusedError:
    """Return v4's error for a method it does not know (501) or not here (405)."""
    message = "Method not allowed" if status == 405 else "Not Implemented"
    return RefusedError(Reply(status=status, payload={"reason": f"{status}", "message": [message]}))


def v4_charger(details: str) -> RefusedError:
    """Return the EV endpoints' bad request: its code is a string, its type binary."""
    body = {"message": _MESSAGES[400], "code": "400", "details": details}
    return RefusedError(Reply(status=400, payload=body, content_type="application/octet-stream"))


def v4_no_system(identifier: str, path: str) -> RefusedError:
    """Return what asks for an unknown system get: the id as Ruby prints it.

    The endpoints of meter readings have another message.
    """
    more = {"message": _MESSAGES[401]} if path.endswith("_meter_readings") else {}
    return v4(404, f'System not found for {{:id=>"{identifier}"}}', **more)


def v2(status: int, message: str) -> RefusedError:
    """Return v2's error with a list of messages."""
    return RefusedError(Reply(status=status, payload={"reason": f"{status}", "message": [message]}))


def v2_not_found(message: str) -> RefusedError:
    """Return v2's 404, which calls its list otherwise."""
    return RefusedError(Reply(status=404, payload={"reason": "404", "errorMessages": [message]}))


def v2_dates(message: str, **more: Any) -> RefusedError:
    """Return v2's 422: a text instead of a list, and the dates it is about."""
    body = {"reason": "422", "message": message, "errorMessages": [message]}
    return RefusedError(Reply(status=422, payload=body | more))


def temporarily_unavailable() -> RefusedError:
    """Return the error of data that is not ready."""
    body = {"errorCode": 7, "errorMessages": ["Data is temporarily unavailable"]}
    return RefusedError(Reply(status=500, payload=body))


def oauth(status: int, error: str, description: str) -> RefusedError:
    """Return an error of the token endpoint."""
    headers = {"WWW-Authenticate": 'Basic realm="oauth2/client"'} if status == 401 else {}
    body = {"error": error, "error_description": description}
    return RefusedError(Reply(status=status, payload=body, headers=headers))
