"""How the service refuses."""

from datetime import UTC, datetime
from typing import Any

from simulator.cloud.refusal import RefusedError
from simulator.iq_gateway.reply import Reply

from .policy import SessionOver

LOGIN_PAGE = (
    "<!DOCTYPE html>\n<html><head><title>Enlighten</title><script>function OptanonWrapper(){}</script></head>"
    '<body><form action="/login/login" method="post"><input name="authenticity_token" value="abc"></form>'
    "</body></html>\n"
)
_LOGIN_ADDRESS = "https://enlighten.enphaseenergy.com/login"
_REASONS = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 409: "Conflict"}


def words(status: int, message: str, **more: Any) -> RefusedError:
    """Return a refusal in the words of the app's services."""
    return RefusedError(Reply(status=status, payload={"message": message, **more}))


def envelope(status: int, path: str, now: float, message: str = "") -> RefusedError:
    """Return a refusal of the battery's service, which only some say a message with."""
    payload: dict[str, Any] = {
        "timestamp": f"{datetime.fromtimestamp(now, UTC):%Y-%m-%dT%H:%M:%S}.000+00:00",
        "status": status,
        "error": _REASONS[status],
        **({"message": message} if message else {}),
        "path": path.removeprefix("/service/batteryConfig"),
    }
    return RefusedError(Reply(status=status, payload=payload))


def page(status: int = 200, text: str = LOGIN_PAGE, **headers: str) -> Reply:
    """Return a page."""
    return Reply(status=status, text=text, content_type="text/html; charset=utf-8", headers=headers)


def session_over(how: SessionOver) -> RefusedError:
    """Return what a request without a good session gets."""
    match how:
        case SessionOver.WALL:
            return RefusedError(page())
        case SessionOver.REDIRECT:
            return RefusedError(page(302, "", Location=_LOGIN_ADDRESS))
        case SessionOver.UNAUTHORIZED:
            return words(401, "Unauthorized")
        case SessionOver.FORBIDDEN:
            return words(403, "Forbidden")
