"""What a gateway answers, before it becomes bytes."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
import json
from typing import Any

type Json = dict[str, Any] | list[Any]

LOGIN_PAGE = (
    "<!DOCTYPE html>\n<html><head><title>401 Authorization Required</title>"
    "<script>window.location.href = '/home';</script></head>"
    "<body><center><h1>401 Authorization Required</h1></center>"
    "<hr><center>openresty/1.17.8.1</center></body></html>\n"
)
ACCEPTED_PAGE = "<!DOCTYPE html><h2>Valid token.</h2>\n"
_REASONS = {
    400: "Bad Request",
    401: "Authorization Required",
    403: "Forbidden",
    404: "Not Found",
    405: "Not Allowed",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Temporarily Unavailable",
    504: "Gateway Time-out",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A status with a JSON payload or a text, or frames that go on for ever.

    `cookies` are values of Set-Cookie, which only clouds set.
    """

    status: int = 200
    payload: Json | None = None
    text: str = ""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    cookies: tuple[str, ...] = ()
    keep: float = 1.0
    promise_all: bool = False
    frames: AsyncIterator[bytes] | None = None

    def body(self) -> bytes:
        """Return the whole body."""
        if self.payload is None:
            return self.text.encode()
        return json.dumps(self.payload).encode()

    def json(self) -> Json | None:
        """Return the payload, read from the text where there is only that."""
        if self.payload is not None:
            return self.payload
        try:
            content = json.loads(self.text)
        except ValueError:
            return None
        return content if isinstance(content, (dict, list)) else None

    def with_payload(self, payload: Json) -> Reply:
        """Return the same reply with another payload."""
        return replace(self, payload=payload)


def html(status: int, text: str | None = None) -> Reply:
    """Return a page as nginx makes it."""
    title = f"{status} {_REASONS.get(status, 'Error')}"
    page = (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n"
        f"<center><h1>{title}</h1></center>\r\n"
        "<hr><center>openresty/1.17.8.1</center>\r\n</body>\r\n</html>\r\n"
    )
    return Reply(status=status, text=text or page, content_type="text/html")


def unauthorized() -> Reply:
    """Return what a request without a good token gets."""
    return html(401, LOGIN_PAGE)


def not_found() -> Reply:
    """Return what a path gets that this firmware does not know."""
    return Reply(status=404, payload={"error": "404 - Not Found"})
